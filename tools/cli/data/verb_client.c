/* SPDX-License-Identifier: MIT */
/*
 * client: the bots that connect to the gate, and their tokens.  Works on config
 * and store themselves, whether the fleet runs or not; a new token counts at
 * once, and the one before it no longer.
 */
#include "shared/json/json.h"
#include "shared/view/status_json.h"
#include "shared/store/client_token.h"
#include "tools/cli/base/client_rows.h"
#include "tools/cli/base/form.h"
#include "tools/cli/base/load.h"
#include "tools/cli/base/names.h"
#include "tools/cli/base/option.h"
#include "tools/cli/data/client_lines.h"
#include "tools/cli/data/verb.h"
#include "tools/cli/orders/verb.h"
#include "tools/cli/why/verb.h"

#include <string.h>

/* ---- list ----------------------------------------------------------- */

static struct json_object *
fields(const struct view *v, const struct page_client *p, bool has)
{
	struct json_object *o = json_object_new_object();

	status_json_client(o, v, p);
	json_put_bool(o, "token", has);
	return o;
}

static void
add_row(struct table *t, const struct view *v, const struct page_client *p,
    bool has)
{
	char note[PAGE_WORDS + 64];

	client_rows_add(t, v, p);
	client_rows_note(v, p, note, sizeof(note));
	if (has)
		table_add(t, "%s", note);
	else
		table_add(t, "no token: \"shardherd client add %s\"", p->name);
}

static int
gather(struct cli *c, const struct store *s, const struct view *v,
    struct table *t, struct json_object *all)
{
	for (size_t i = 0; i < c->config.clients; i++) {
		const char *name = c->config.client[i].name;
		int has = client_token_has(s, name, &c->err);
		const struct page_client *p = client_rows_find(v, name);
		struct page_client unknown = {0};

		if (has == -1)
			return -1;
		str_copy(unknown.name, name, sizeof(unknown.name));
		p = p != NULL ? p : &unknown;
		json_object_array_add(all, fields(v, p, has));
		add_row(t, v, p, has);
	}
	return 0;
}

static int
list(struct cli *c, const struct store *s)
{
	struct json_object *all = json_object_new_array();
	struct view v = {0};
	struct table t;
	int rc;

	/* What never ran has clients all the same. */
	if (view_read(&v, &c->config, &c->err) == -1)
		v = (struct view) {0};
	table_init(&t, CLIENT_ROWS_HEADINGS);
	t.fit = table_room(stdout);
	rc = gather(c, s, &v, &t, all);
	if (rc == 0 && c->json)
		cli_print_json(json_object_get(all));
	else if (rc == 0)
		table_print(&t, stdout, table_may_colour(stdout));
	table_free(&t);
	view_free(&v);
	json_object_put(all);
	return rc == 0 ? EXIT_FINE : cli_fail(c);
}

/* ---- tokens --------------------------------------------------------- */

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

static void
show_lines(const struct config *c, const char *name)
{
	struct client_lines l;

	client_lines_find(c, &l);
	printf(
	    "\nThis is the token of client %s, shown this once: it goes where "
	    "Discord's was.\nGateway: %s\nREST:    %s\n\n",
	    name, l.gateway,
	    l.rest[0] != '\0' ? l.rest
			      : "none: set [gate] rest_listen, libraries need "
				"it");
	if (l.rest[0] != '\0')
		(void)client_lines_print(&l, NULL, stdout);
}

/* lines: what is to be changed in the bot as well. */
static void
show(const struct cli *c, const char *name, const char *token, bool lines)
{
	struct json_object *o;
	struct client_lines l;

	if (!c->json) {
		printf("%s\n", token);
		return;
	}
	client_lines_find(&c->config, &l);
	o = json_object_new_object();
	json_put_text(o, "name", name);
	json_put_text(o, "token", token);
	json_put_text(o, "gateway", l.gateway);
	json_put_text(o, "rest", l.rest);
	if (lines && l.rest[0] != '\0')
		json_object_object_add(o, "lines", client_lines_json(&l));
	cli_print_json(o);
}

/* Shown first: one that nobody saw must not end the one in use. */
static int
hand_over(struct cli *c, const struct store *s, const char *name,
    const char *token, bool lines)
{
	show(c, name, token, lines);
	if (fflush(stdout) == EOF || ferror(stdout)) {
		cli_say("No token was made, as it cannot be shown: what client "
			"%s has is as it was.",
		    name);
		return EXIT_DEGRADED;
	}
	if (client_token_keep(s, name, token, &c->err) == -1)
		return cli_error(c, c->err.code,
		    "The token above does not count: %s", c->err.text);
	if (lines && !c->json)
		show_lines(&c->config, name);
	return EXIT_FINE;
}

static int
make(struct cli *c, const struct store *s, const char *name, bool again)
{
	char token[CLIENT_TOKEN_MAX];
	uint64_t bot;
	int has, code;

	if (names_find(c, name, NAMES_CLIENT) == 0)
		return cli_error(c, c->err.code,
		    "%s A line [client \"%s\"] there, and \"shardherd reload\", "
		    "make one.",
		    c->err.text, name);
	if ((has = client_token_has(s, name, &c->err)) == -1
	    || bot_id(c, s, &bot) == -1)
		return cli_fail(c);
	if (has && !again)
		return cli_error(c, EXIT_USAGE,
		    "Client %s has a token, of which only a hash is kept: "
		    "\"shardherd client token %s\" makes another one in its "
		    "place.",
		    name, name);
	if (client_token_make(name, bot, token, &c->err) == -1)
		return cli_fail(c);
	code = hand_over(c, s, name, token, !again);
	explicit_bzero(token, sizeof(token));
	return code;
}

/* The lines alone, of one library or all. */
static int
lines(struct cli *c, const char *library)
{
	struct client_lines l;
	char names[256];

	client_lines_find(&c->config, &l);
	if (l.rest[0] == '\0' || !config_gate(&c->config))
		return cli_error(c, EXIT_CONFIG,
		    "%s has no gate with listen, rest_listen and a [client]: "
		    "clients have nowhere to go.",
		    c->config.path);
	if (c->json) {
		cli_print_json(client_lines_json(&l));
		return EXIT_FINE;
	}
	if (client_lines_print(&l, library, stdout))
		return EXIT_FINE;
	client_lines_names(names, sizeof(names));
	return cli_error(c, EXIT_USAGE,
	    "No lines are known for %s. There are those of %s; what else "
	    "there is needs its REST base at %s/api and its gateway at %s.",
	    library, names, l.rest, l.gateway);
}

int
verb_client(struct cli *c)
{
	bool end = false;
	const struct option opts[] = {{"--end", &end}};
	const char *name;
	struct store s;

	if (option_take(c, opts, nitems(opts)) == -1 || load_look(c) == -1)
		return cli_fail(c);
	name = c->argc > 1 ? c->argv[1] : NULL;
	if (form_is(c, "lines"))
		return lines(c, name);
	if ((form_is(c, "restart") || form_is(c, "kick") || form_is(c, "why"))
	    && names_find(c, name, NAMES_CLIENT) == 0)
		return cli_fail(c);
	if (form_is(c, "restart"))
		return verb_client_restart(c, name);
	if (form_is(c, "kick"))
		return verb_client_kick(c, name, end);
	if (form_is(c, "why"))
		return verb_why_client(c, name);
	if (store_open(&s, c->config.state_dir, &c->err) == -1)
		return cli_fail(c);
	return form_is(c, "list") ? list(c, &s)
				  : make(c, &s, name, form_is(c, "token"));
}
