/* SPDX-License-Identifier: MIT */
/* token: whose is it, and another one for the fleet. */
#include "shared/base/secret.h"
#include "shared/json/json.h"
#include "tools/cli/base/form.h"
#include "tools/cli/base/load.h"
#include "tools/cli/base/option.h"
#include "tools/cli/data/token_who.h"
#include "tools/cli/data/verb.h"

/* quiet: a good token is not worth a word (cron). */
static int
check(struct cli *c, bool quiet)
{
	struct token_who who;
	struct json_object *o;
	char *token;
	int r;

	if (load_config(c) == -1
	    || (token = config_read_token(c->config.token_file, &c->err))
		== NULL)
		return cli_fail(c);
	r = token_who_ask(c, token, &who, &c->err);
	secret_free(token);
	if (r == -1)
		return cli_fail(c);
	if (quiet && !c->json)
		return EXIT_FINE;
	if (!c->json) {
		printf("the token of %s (id %s) is good at %s\n", who.name,
		    who.id, c->config.api);
		return EXIT_FINE;
	}
	o = json_object_new_object();
	json_put_bool(o, "ok", true);
	json_put_text(o, "username", who.name);
	json_put_text(o, "id", who.id);
	cli_print_json(o);
	return EXIT_FINE;
}

int
verb_token(struct cli *c)
{
	struct verb_token_reload o = {0};
	bool quiet = false;
	const struct option opts[] = {
	    {"--quiet", &quiet},
	    {"--token-file", &o.file},
	    {"--dry-run", &o.dry},
	    {"--yes", &o.yes},
	    {"--force", &o.force},
	    {"--no-wait", &o.no_wait},
	};

	if (option_take(c, opts, nitems(opts)) == -1)
		return cli_fail(c);
	return form_is(c, "check") ? check(c, quiet) : verb_token_reload(c, &o);
}
