/* SPDX-License-Identifier: MIT */
/*
 * deadletter: events that ended a plugin more than once.  They are read and
 * dropped in the store directly, whether the fleet runs or not; only a replay
 * needs the handler.
 */
#include "shared/base/text.h"
#include "shared/json/json.h"
#include "shared/store/deadletter.h"
#include "shared/wire/contract.h"
#include "tools/cli/base/control_ask.h"
#include "tools/cli/base/follow.h"
#include "tools/cli/base/form.h"
#include "tools/cli/base/load.h"
#include "tools/cli/base/option.h"
#include "tools/cli/base/table.h"
#include "shared/view/view.h"
#include "tools/cli/data/verb.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>
#include <time.h>

static int
open_store(struct cli *c, struct store *s)
{
	return store_open(s, c->config.state_dir, &c->err);
}

/* The number of a dead letter, or "all" where that is allowed. */
static int
parse_id(struct cli *c, bool may_all, uint64_t *id)
{
	if (may_all && strcmp(c->argv[1], "all") == 0) {
		*id = CONTRACT_PLUGIN_ALL;
		return 0;
	}
	if (str_to_u64(c->argv[1], id) && *id <= INT64_MAX)
		return 0;
	return err_set(&c->err, EXIT_USAGE,
	    "expected the number of a dead letter%s, got \"%s\"",
	    may_all ? " or \"all\"" : "", c->argv[1]);
}

static int
no_such(struct cli *c, uint64_t id)
{
	return cli_error(c, EXIT_DEGRADED,
	    "There is no dead letter %" PRIu64
	    "; \"shardherd deadletter list\" shows those there are.",
	    id);
}

static void
when(int64_t wall_ms, char out[32])
{
	time_t t = (time_t)(wall_ms / 1000);
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

/* ---- list and show -------------------------------------------------- */

static struct json_object *
to_json(const struct deadletter *d)
{
	struct json_object *o = json_object_new_object();
	char at[32];

#define PUT_TEXT(key, text)                                                    \
	json_put_text(o, key, TEXT_OF(text, 4 * sizeof(d->words)))
	when(d->at_ms, at);
	json_put_int(o, "id", d->id);
	PUT_TEXT("at", at);
	PUT_TEXT("plugin", d->plugin);
	PUT_TEXT("event", d->event);
	json_put_int(o, "shard", d->shard);
	PUT_TEXT("session", d->session_id);
	json_put_int(o, "seq", d->seq);
	json_put_int(o, "received_ms", d->recv_ms);
	json_put_int(o, "strikes", d->strikes);
	PUT_TEXT("why", d->why);
	PUT_TEXT("last_words", d->words);
	json_put_int(o, "bytes", d->raw_len);
	json_put_int(o, "bytes_kept", d->raw_kept);
#undef PUT_TEXT
	return o;
}

struct listing {
	struct cli *cli;
	struct table table;
	struct json_object *all;
	size_t n;
	uint64_t last;
};

/* They are told of until somebody has looked.  Who may only read the store has
 * not the say. */
static void
looked_at(const struct store *s, uint64_t id, bool alone)
{
	struct err none;

	if (id != 0)
		(void)deadletter_seen(s, id, alone, &none);
}

static int
list_one(const struct deadletter *d, const char *raw, void *arg)
{
	struct listing *l = arg;
	char at[32];

	l->n++;
	l->last = d->id;
	if (l->cli->json) {
		json_object_array_add(l->all, to_json(d));
		return 0;
	}
	when(d->at_ms, at);
	table_add(&l->table, "%" PRIu64, d->id);
	table_add(&l->table, "%s", at);
	table_add(&l->table, "%s", d->plugin);
	table_add(&l->table, "%u", d->shard);
	table_add(&l->table, "%s", d->event);
	table_add(&l->table, "%" PRIu64, d->seq);
	table_add(&l->table, "%" PRIu64, d->raw_len);
	table_add(&l->table, "%s", d->why);
	return 0;
}

static int
list(struct cli *c)
{
	struct listing l = {.cli = c};
	struct store s;
	int rc;

	if (c->argc != 1)
		return cli_usage(c);
	if (open_store(c, &s) == -1)
		return cli_fail(c);
	l.all = json_object_new_array();
	table_init(&l.table, ">ID WHEN PLUGIN >SHARD EVENT >SEQ >BYTES WHY");
	rc = deadletter_each(&s, list_one, &l, &c->err);
	if (rc != -1 && c->json) {
		struct json_object *o = json_object_new_object();

		json_object_object_add(o, "dead_letters",
		    json_object_get(l.all));
		cli_print_json(o);
	} else if (rc != -1 && l.n > 0) {
		table_print(&l.table, stdout, table_may_colour(stdout));
	} else if (rc != -1) {
		puts("there are no dead letters");
	}
	json_object_put(l.all);
	table_free(&l.table);
	if (rc != -1 && fflush(stdout) == 0)
		looked_at(&s, l.last, false);
	return rc == -1 ? cli_fail(c) : EXIT_FINE;
}

static void
show_text(const struct deadletter *d, const char *raw)
{
	struct json_object *o = to_json(d);

	json_object_object_foreach (o, key, val)
		cli_print("%-12s %s", key, json_object_get_string(val));
	json_object_put(o);
	putchar('\n');
	/* A terminal would obey what may stand in it; a file gets it whole. */
	if (isatty(STDOUT_FILENO))
		cli_print("%.*s", (int)d->raw_kept, raw);
	else
		fwrite(raw, 1, d->raw_kept, stdout);
	putchar('\n');
}

static int
show(struct cli *c)
{
	struct deadletter d;
	struct json_object *o;
	struct store s;
	char *raw = NULL;
	uint64_t id;
	int rc;

	if (parse_id(c, false, &id) == -1 || open_store(c, &s) == -1
	    || (rc = deadletter_get(&s, id, &d, &raw, &c->err)) == -1)
		return cli_fail(c);
	if (rc == 0)
		return no_such(c, id);
	if (c->json) {
		o = to_json(&d);
		json_object_object_add(o, "raw",
		    json_object_new_string_len(raw, (int)d.raw_kept));
		cli_print_json(o);
	} else {
		show_text(&d, raw);
	}
	free(raw);
	if (fflush(stdout) == 0)
		looked_at(&s, id, true);
	return EXIT_FINE;
}

/* ---- replay and drop ------------------------------------------------ */

static int
replay(struct cli *c)
{
	struct json_object *q;
	uint64_t id;

	if (parse_id(c, true, &id) == -1)
		return cli_fail(c);
	q = control_ask_new("plugin");
	json_put_text(q, "action", "replay");
	if (id != CONTRACT_PLUGIN_ALL)
		json_put_int(q, "id", (int64_t)id);
	return follow_order(c, q, "The plugin is waited for",
	    view_patience(&c->config, PATIENCE_PLUGIN));
}

static int
drop(struct cli *c)
{
	struct store s;
	uint64_t id, n = 1;
	int rc;

	if (parse_id(c, true, &id) == -1 || open_store(c, &s) == -1)
		return cli_fail(c);
	rc = id == CONTRACT_PLUGIN_ALL ? deadletter_drop_all(&s, &n, &c->err)
				       : deadletter_drop(&s, id, &c->err);
	if (rc == -1)
		return cli_fail(c);
	if (rc == 0 && id != CONTRACT_PLUGIN_ALL)
		return no_such(c, id);
	if (c->json)
		cli_print_json(json_put_int(json_object_new_object(), "dropped",
		    (int64_t)n));
	else
		printf("%" PRIu64 " dropped\n", n);
	return EXIT_FINE;
}

int
verb_deadletter(struct cli *c)
{
	static const struct form_act acts[] = {{"list", list}, {"show", show},
	    {"replay", replay}, {"drop", drop}};

	if (option_take(c, NULL, 0) == -1 || load_look(c) == -1)
		return cli_fail(c);
	return form_act(c, acts, nitems(acts));
}
