/* SPDX-License-Identifier: MIT */
/* budget: what the IDENTIFYs were spent on, from the ledger and the page. */
#include "shared/base/clock.h"
#include "shared/json/json.h"
#include "shared/page/days.h"
#include "shared/store/store.h"
#include "tools/cli/base/control_ask.h"
#include "tools/cli/base/human.h"
#include "tools/cli/base/load.h"
#include "tools/cli/base/option.h"
#include "tools/cli/base/progress.h"
#include "tools/cli/base/table.h"
#include "shared/view/status_json.h"
#include "tools/cli/see/status.h"
#include "tools/cli/see/verb.h"

#include <string.h>

#define DAY_MS ((int64_t)24 * 3600 * 1000)
#define ENTRIES_MAX 1000
#define ASK_MS 40000 /* the questions' own deadline, and some more */

struct ledger {
	uint64_t count[CAUSES][OUTCOMES];
	uint64_t sent; /* UNUSED ones were not */
	struct store_identify last[ENTRIES_MAX];
	size_t n, keep; /* of last, a ring */
};

static int
add(const struct store_identify *e, void *arg)
{
	struct ledger *l = arg;

	if (e->cause < CAUSES && e->outcome < OUTCOMES)
		l->count[e->cause][e->outcome]++;
	l->sent += e->outcome != OUTCOME_UNUSED;
	if (l->keep > 0)
		l->last[l->n++ % l->keep] = *e;
	return 0;
}

/* The i-th kept entry, oldest first. */
static const struct store_identify *
kept(const struct ledger *l, size_t i)
{
	return &l->last[l->n > l->keep ? (l->n + i) % l->keep : i];
}

static size_t
kept_count(const struct ledger *l)
{
	return l->n < l->keep ? l->n : l->keep;
}

static void
print_counts(const struct ledger *l)
{
	struct table t;

	table_init(&t, "CAUSE OUTCOME >COUNT");
	for (unsigned c = 0; c < CAUSES; c++) {
		for (unsigned o = 0; o < OUTCOMES; o++) {
			if (l->count[c][o] == 0)
				continue;
			table_add(&t, "%s", contract_cause_name(c));
			table_add(&t, "%s", contract_outcome_name(o));
			table_add(&t, "%llu",
			    (unsigned long long)l->count[c][o]);
		}
	}
	if (t.rows > t.columns)
		table_print(&t, stdout, false);
	table_free(&t);
}

static void
print_entries(const struct ledger *l)
{
	struct table t;
	char when[32];

	table_init(&t, "WHEN >SHARD >KEY CAUSE OUTCOME >CLOSE");
	for (size_t i = 0; i < kept_count(l); i++) {
		const struct store_identify *e = kept(l, i);

		human_when(e->sent_ms, when);
		table_add(&t, "%s", when);
		table_add(&t, "%u/%u", e->shard, e->shard_count);
		table_add(&t, "%u", e->key);
		table_add(&t, "%s", contract_cause_name(e->cause));
		table_add(&t, "%s", contract_outcome_name(e->outcome));
		if (e->close_code != 0)
			table_add(&t, "%u", e->close_code);
		else
			table_add(&t, "-");
	}
	if (t.rows > t.columns) {
		putchar('\n');
		table_print(&t, stdout, false);
	}
	table_free(&t);
}

static void
print_left(const struct view *v)
{
	const struct page_cluster *c = &v->cluster;
	int64_t reset = c->reset_wall_ms - v->wall_ms;
	char age[24];

	if (c->fetched_wall_ms == 0 || c->remaining < 0) {
		puts("left      not known: /gateway/bot was not answered yet");
		return;
	}
	if (!v->alive && reset <= 0) {
		printf(
		    "left      not known: %lld of %lld were, and there was a "
		    "reset since; the next start asks\n",
		    (long long)c->remaining, (long long)c->total);
		return;
	}
	printf("left      %lld of %lld, %u kept in reserve",
	    (long long)c->remaining, (long long)c->total, c->reserve);
	if (c->remaining <= (int64_t)c->reserve)
		fputs(c->remaining == 0
			? ": nobody may IDENTIFY before the "
			  "reset"
			: ": only an operator may spend more (--force N)",
		    stdout);
	printf("\nasked     %s ago\n",
	    human_age(v->wall_ms - c->fetched_wall_ms, age));
	if (reset > 0)
		printf("resets    in %s\n", human_age(reset, age));
}

static void
print_foreign(const struct view *v)
{
	const struct page_cluster *c = &v->cluster;
	char age[24];

	if (c->foreign_ever == 0) {
		puts("foreign   none");
		return;
	}
	printf("foreign   %llu in 24 h, %llu in all, last noticed %s ago: "
	       "something else uses this token. Look for a second copy of the "
	       "bot; if there is none, reset the token.\n",
	    (unsigned long long)c->foreign_24h,
	    (unsigned long long)c->foreign_ever,
	    human_age(v->wall_ms - c->foreign_found_ms, age));
}

static void
print_forecast(const struct page_cluster *c)
{
	char age[24];

	if (c->fetched_wall_ms == 0)
		return;
	if (c->forecast_s < 0)
		puts("forecast  lasts until the reset");
	else if (c->forecast_s == 0)
		puts("forecast  the reserve is reached");
	else
		printf("forecast  at this rate down to the reserve in %s\n",
		    human_age(c->forecast_s * 1000, age));
}

static void
print_days(const struct days *d, int64_t now_ms)
{
	const struct days_day *day = days_find(d, now_ms);
	struct table t;

	if (day == NULL)
		return;
	table_init(&t, "TODAY(UTC) >RECONNECTS >RESUMES");
	for (unsigned i = 0; i < RECONNECTS; i++) {
		if (day->reconnects[i] == 0 && day->resumed_for[i] == 0)
			continue;
		table_add(&t, "%s", page_reconnect_name[i]);
		table_add(&t, "%llu", (unsigned long long)day->reconnects[i]);
		table_add(&t, "%llu", (unsigned long long)day->resumed_for[i]);
	}
	if (t.rows > t.columns) {
		putchar('\n');
		table_print(&t, stdout, false);
	}
	table_free(&t);
}

static void
print_text(const struct view *v, const struct ledger *l, const struct days *d)
{
	const struct page_cluster *c = &v->cluster;

	if (!v->alive)
		printf("fleet     %s: nothing is spent, and this is what was "
		       "known last\n",
		    verdict_fleet_name[v->verdict.state]);
	print_left(v);
	printf("spent     %llu in 24 h\n", (unsigned long long)l->sent);
	print_foreign(v);
	if (v->alive)
		print_forecast(c);
	if (c->leave > 0)
		printf("forced    %u may pass the reserve\n", c->leave);
	if (c->held)
		printf("held      %s\n", c->note[0].text);
	else if (c->braked && v->alive)
		puts("slowed    too many IDENTIFYs or failures: see status");
	if (c->permits_waiting > 0)
		printf("waiting   %u shards; %u may IDENTIFY at once\n",
		    c->permits_waiting, c->max_concurrency);
	if (l->sent > 0)
		putchar('\n');
	print_counts(l);
	print_entries(l);
	print_days(d, v->wall_ms);
}

static struct json_object *
entry_json(const struct store_identify *e)
{
	struct json_object *o = json_object_new_object();

	json_put_int(o, "id", (int64_t)e->id);
	json_put_int(o, "sent_ms", e->sent_ms);
	json_object_object_add(o, "settled_ms",
	    e->settled_ms == 0 ? NULL : json_object_new_int64(e->settled_ms));
	json_put_int(o, "shard", e->shard);
	json_put_int(o, "key", e->key);
	json_put_bool(o, "forced", (e->flags & STORE_IDENTIFY_FORCED) != 0);
	json_put_text(o, "cause", contract_cause_name(e->cause));
	json_put_text(o, "outcome", contract_outcome_name(e->outcome));
	json_object_object_add(o, "close_code",
	    e->close_code == 0 ? NULL : json_object_new_int64(e->close_code));
	return o;
}

static struct json_object *
day_json(const struct days_day *day)
{
	struct json_object *o = json_object_new_object();
	const struct days_day none = {0};

	if (day == NULL)
		day = &none;
	json_object_object_add(o, "reconnects",
	    status_json_causes(day->reconnects));
	json_object_object_add(o, "resumed_for",
	    status_json_causes(day->resumed_for));
	json_put_int(o, "identifies", (int64_t)day->identifies);
	json_put_int(o, "resumes", (int64_t)day->resumes);
	json_put_int(o, "resumes_failed", (int64_t)day->resumes_failed);
	return o;
}

static void
print_json(const struct view *v, const struct ledger *l, const struct days *d)
{
	struct json_object *o = json_object_new_object(), *causes, *by, *list;

	json_put_int(o, "schema", 1);
	json_object_object_add(o, "budget", status_json_budget(v));
	json_put_int(o, "sent_24h", (int64_t)l->sent);
	causes = json_object_new_object();
	for (unsigned c = 0; c < CAUSES; c++) {
		by = json_object_new_object();
		for (unsigned i = 0; i < OUTCOMES; i++)
			if (l->count[c][i] > 0)
				json_put_int(by, contract_outcome_name(i),
				    (int64_t)l->count[c][i]);
		if (json_object_object_length(by) > 0)
			json_object_object_add(causes, contract_cause_name(c),
			    by);
		else
			json_object_put(by);
	}
	json_object_object_add(o, "causes", causes);
	list = json_object_new_array();
	for (size_t i = 0; i < kept_count(l); i++)
		json_object_array_add(list, entry_json(kept(l, i)));
	json_object_object_add(o, "entries", list);
	json_object_object_add(o, "today", day_json(days_find(d, v->wall_ms)));
	cli_print_json(o);
}

/* ---- actions -------------------------------------------------------- */

static int
ask(struct cli *c, struct json_object *q)
{
	struct json_object *a = control_ask(&c->config, q, &c->err);

	json_object_put(a);
	return a == NULL ? -1 : 0;
}

static int
force(struct cli *c, int64_t n)
{
	struct json_object *q = control_ask_new("leave");

	json_put_int(q, "identifies", n);
	return ask(c, q);
}

/* Discord is asked, and the page waited for: no older answer will do. */
static int
reconcile(struct cli *c)
{
	uint64_t until = clock_boot_ms() + ASK_MS;
	uint64_t since = clock_boot_ms();
	struct view v;

	if (ask(c, control_ask_new("reconcile")) == -1)
		return -1;
	progress_begin(c, PROGRESS_PLAIN, "Discord is asked", ASK_MS / 1000);
	do {
		if (view_read(&v, &c->config, &c->err) == -1)
			return -1;
		view_free(&v);
		if (v.cluster.answered_ms >= since) {
			progress_end();
			return 0;
		}
	} while (cli_step(until));
	progress_end();
	return err_set(&c->err, EXIT_TRY_LATER, "Discord has not answered. %s",
	    view_note(&v));
}

/* ---- the verb ------------------------------------------------------- */

static int
exit_code(const struct view *v)
{
	const struct page_cluster *c = &v->cluster;

	if (c->fetched_wall_ms == 0 || c->remaining < 0)
		return EXIT_FINE;
	if (c->remaining == 0)
		return EXIT_DOWN;
	return c->remaining <= (int64_t)c->reserve ? EXIT_DEGRADED : EXIT_FINE;
}

static int
show(struct cli *c, struct ledger *l)
{
	struct days days;
	struct store store;
	struct view v;
	int code;

	if (view_read(&v, &c->config, &c->err) == -1)
		return cli_fail(c);
	if (store_open(&store, c->config.state_dir, &c->err) == -1
	    || store_identify_each(&store, clock_wall_ms() - DAY_MS, add, l,
		   &c->err)
		== -1) {
		view_free(&v);
		return cli_fail(c);
	}
	days_get(&store, &days);
	if (c->json)
		print_json(&v, l, &days);
	else
		print_text(&v, l, &days);
	code = exit_code(&v);
	view_free(&v);
	return code;
}

int
verb_budget(struct cli *c)
{
	static struct ledger l;
	int64_t entries = 10, leave = -1;
	bool now = false;
	const struct option opts[] = {
	    {"--entries", &entries},
	    {"--force", &leave},
	    {"--ask", &now},
	};

	if (option_take(c, opts, nitems(opts)) == -1)
		return cli_fail(c);
	if (entries > ENTRIES_MAX)
		return cli_usage(c);
	l.keep = (size_t)entries;
	if (load_look(c) == -1 || (leave >= 0 && force(c, leave) == -1)
	    || (now && reconcile(c) == -1))
		return cli_fail(c);
	return show(c, &l);
}
