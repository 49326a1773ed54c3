/* SPDX-License-Identifier: MIT */
/* token: whose is it, and another one for the fleet. */
#include "shared/base/secret.h"
#include "shared/json/json.h"
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
	r = token_who_ask(&c->config, token, &who, &c->err);
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
	static const char *const names[] = {"check", "reload"};
	struct verb_token_reload o = {0};
	bool quiet = false;
	const struct option opts[] = {
	    {"--quiet", 'q', OPTION_FLAG, &quiet},
	    {"--token-file", 0, OPTION_TEXT, &o.file},
	    {"--dry-run", 0, OPTION_FLAG, &o.dry},
	    {"--yes", 0, OPTION_FLAG, &o.yes},
	    {"--force", 0, OPTION_FLAG, &o.force},
	    {"--no-wait", 0, OPTION_FLAG, &o.no_wait},
	};
	int i;

	if (option_take(c, opts, nitems(opts)) == -1)
		return cli_fail(c);
	if (c->argc > 1)
		return cli_usage(c);
	if ((i = option_word(c, "check", names, nitems(names))) == -1)
		return cli_fail(c);
	if (i == 0
	    && (o.file != NULL || o.dry || o.yes || o.force || o.no_wait))
		return cli_usage(c);
	return i == 0 ? check(c, quiet) : verb_token_reload(c, &o);
}
