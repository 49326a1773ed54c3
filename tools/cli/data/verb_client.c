/* SPDX-License-Identifier: MIT */
/*
 * client: the bots that connect to the gate, and their tokens.  Works on config
 * and store themselves, whether the fleet runs or not; a new token counts at
 * once, and the one before it no longer.
 */
#include "shared/json/json.h"
#include "shared/store/client_token.h"
#include "tools/cli/base/load.h"
#include "tools/cli/base/option.h"
#include "tools/cli/base/table.h"
#include "tools/cli/data/verb.h"
#include "tools/cli/orders/verb.h"
#include "tools/cli/see/verb.h"

#include <string.h>

static int
gather(struct cli *c, const struct store *s, struct table *t,
    struct json_object *all)
{
	for (size_t i = 0; i < c->config.clients; i++) {
		const char *name = c->config.client[i].name;
		int has = client_token_has(s, name, &c->err);
		struct json_object *o;

		if (has == -1)
			return -1;
		o = json_object_new_object();
		json_put_text(o, "name", name);
		json_put_bool(o, "token", has);
		json_object_array_add(all, o);
		table_add(t, "%s", name);
		table_add(t, "%s", has ? "yes" : "none");
	}
	return 0;
}

static int
list(struct cli *c, const struct store *s)
{
	struct json_object *all = json_object_new_array();
	struct table t;
	int rc;

	table_init(&t, "NAME TOKEN");
	rc = gather(c, s, &t, all);
	if (rc == 0 && c->json)
		cli_print_json(json_object_get(all));
	else if (rc == 0)
		table_print(&t, stdout, false);
	table_free(&t);
	json_object_put(all);
	return rc == 0 ? EXIT_FINE : cli_fail(c);
}

/* Whose user id the fleet's token is of. */
static int
bot_id(struct cli *c, const struct store *s, uint64_t *id)
{
	int rc = client_token_bot(s, id, &c->err);

	if (rc == 0)
		return err_set(&c->err, EXIT_TRY_LATER,
		    "The bot's user id is not known yet, which is a part of "
		    "each token: start the fleet once, and ask again.");
	return rc == -1 ? -1 : 0;
}

static int
make(struct cli *c, const struct store *s, bool again)
{
	const char *name = c->argv[1];
	char token[CLIENT_TOKEN_MAX];
	uint64_t bot;
	int has;

	if (config_client(&c->config, name) == NULL)
		return cli_error(c, EXIT_CONFIG,
		    "There is no [client \"%s\"] in %s: add that line, and run "
		    "\"shardherd reload\".",
		    name, c->config.path);
	if ((has = client_token_has(s, name, &c->err)) == -1
	    || bot_id(c, s, &bot) == -1)
		return cli_fail(c);
	if (has && !again)
		return cli_error(c, EXIT_USAGE,
		    "Client %s has a token, of which only a hash is kept: "
		    "\"shardherd client token %s\" makes another one in its "
		    "place.",
		    name, name);
	if (client_token_new(s, name, bot, token, &c->err) == -1)
		return cli_fail(c);
	if (c->json) {
		struct json_object *o = json_object_new_object();

		json_put_text(o, "name", name);
		json_put_text(o, "token", token);
		cli_print_json(o);
	} else {
		printf("%s\n", token);
	}
	explicit_bzero(token, sizeof(token));
	return EXIT_FINE;
}

static int
add(struct cli *c, const struct store *s)
{
	return make(c, s, false);
}

static int
token(struct cli *c, const struct store *s)
{
	return make(c, s, true);
}

/* What the store has no part in. */
enum { LIST, ADD, TOKEN, RESTART, KICK, WHY };

static int
order(struct cli *c, int what, bool end)
{
	if (what == RESTART)
		return verb_client_restart(c, c->argv[1]);
	if (what == KICK)
		return verb_client_kick(c, c->argv[1], end);
	return verb_client_why(c, c->argv[1]);
}

int
verb_client(struct cli *c)
{
	static int (*const act[])(struct cli *, const struct store *) = {list,
	    add, token};
	static const char *const names[] = {"list", "add", "token", "restart",
	    "kick", "why"};
	bool end = false;
	const struct option opts[] = {{"--end", 0, OPTION_FLAG, &end}};
	struct store s;
	int i;

	if (option_take(c, opts, nitems(opts)) == -1
	    || (i = option_word(c, "list", names, nitems(names))) == -1)
		return cli_fail(c);
	if (c->argc != (i == LIST ? 1 : 2) || (end && i != KICK))
		return cli_usage(c);
	if (load_look(c) == -1)
		return cli_fail(c);
	if (i >= RESTART)
		return order(c, i, end);
	if (store_open(&s, c->config.state_dir, &c->err) == -1)
		return cli_fail(c);
	return act[i](c, &s);
}
