/* SPDX-License-Identifier: MIT */
/* budget: what the IDENTIFYs were spent on, from the ledger and the page. */
#include "shared/clock.h"
#include "shared/store.h"
#include "tools/cli_status.h"
#include "tools/cli_table.h"
#include "tools/cli_verbs.h"

#include <string.h>
#include <time.h>

#define DAY_MS ((int64_t)24 * 3600 * 1000)
#define ENTRIES_MAX 1000

struct ledger {
	uint64_t count[CAUSES][OUTCOMES];
	uint64_t sent;		/* UNUSED ones were not */
	struct store_identify last[ENTRIES_MAX];
	size_t n, keep;		/* of last, a ring */
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
	struct cli_table t;

	cli_table_init(&t, "CAUSE OUTCOME >COUNT");
	for (unsigned c = 0; c < CAUSES; c++) {
		for (unsigned o = 0; o < OUTCOMES; o++) {
			if (l->count[c][o] == 0)
				continue;
			cli_table_add(&t, "%s", contract_cause_name(c));
			cli_table_add(&t, "%s", contract_outcome_name(o));
			cli_table_add(&t, "%llu",
			    (unsigned long long)l->count[c][o]);
		}
	}
	if (t.rows > t.columns)
		cli_table_print(&t, stdout, false);
	cli_table_free(&t);
}

static void
stamp(int64_t ms, char out[32])
{
	time_t s = (time_t)(ms / 1000);
	struct tm tm;

	out[0] = '\0';
	if (ms != 0 && localtime_r(&s, &tm) != NULL)
		strftime(out, 32, "%Y-%m-%d %H:%M:%S", &tm);
}

static void
print_entries(const struct ledger *l)
{
	struct cli_table t;
	char when[32];

	cli_table_init(&t, "WHEN >SHARD >KEY CAUSE OUTCOME >CLOSE");
	for (size_t i = 0; i < kept_count(l); i++) {
		const struct store_identify *e = kept(l, i);

		stamp(e->sent_ms, when);
		cli_table_add(&t, "%s", when);
		cli_table_add(&t, "%u/%u", e->shard, e->shard_count);
		cli_table_add(&t, "%u", e->key);
		cli_table_add(&t, "%s", contract_cause_name(e->cause));
		cli_table_add(&t, "%s", contract_outcome_name(e->outcome));
		if (e->close_code != 0)
			cli_table_add(&t, "%u", e->close_code);
		else
			cli_table_add(&t, "-");
	}
	if (t.rows > t.columns) {
		putchar('\n');
		cli_table_print(&t, stdout, false);
	}
	cli_table_free(&t);
}

static void
print_text(const struct cli_view *v, const struct ledger *l)
{
	const struct page_cluster *c = &v->cluster;
	int64_t reset = c->reset_wall_ms - v->wall_ms;
	char age[24];

	if (c->fetched_wall_ms != 0 && c->remaining >= 0)
		printf("left      %lld of %lld, %u kept back\n",
		    (long long)c->remaining, (long long)c->total, c->reserve);
	else
		puts("left      not known: /gateway/bot was not answered yet");
	if (reset > 0)
		printf("resets    in %s\n", cli_age(reset, age));
	printf("spent     %llu in 24 h", (unsigned long long)l->sent);
	if (c->foreign_24h > 0)
		printf(", and %llu by somebody else with this token",
		    (unsigned long long)c->foreign_24h);
	putchar('\n');
	if (c->forecast_s >= 0)
		printf("forecast  used up in %s at this rate\n",
		    cli_age(c->forecast_s * 1000, age));
	if (c->permits_waiting > 0)
		printf("waiting   %u shards; %u may IDENTIFY at once\n",
		    c->permits_waiting, c->max_concurrency);
	if (l->sent > 0)
		putchar('\n');
	print_counts(l);
	print_entries(l);
}

static struct json_object *
entry_json(const struct store_identify *e)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "id", json_object_new_int64((int64_t)e->id));
	json_object_object_add(o, "sent_ms", json_object_new_int64(e->sent_ms));
	json_object_object_add(o, "settled_ms", e->settled_ms == 0 ? NULL :
	    json_object_new_int64(e->settled_ms));
	json_object_object_add(o, "shard", json_object_new_int64(e->shard));
	json_object_object_add(o, "key", json_object_new_int64(e->key));
	json_object_object_add(o, "cause",
	    json_object_new_string(contract_cause_name(e->cause)));
	json_object_object_add(o, "outcome",
	    json_object_new_string(contract_outcome_name(e->outcome)));
	json_object_object_add(o, "close_code", e->close_code == 0 ? NULL :
	    json_object_new_int64(e->close_code));
	return o;
}

static void
print_json(const struct cli_view *v, const struct ledger *l)
{
	struct json_object *o = json_object_new_object(), *causes, *by, *list;

	json_object_object_add(o, "schema", json_object_new_int(1));
	json_object_object_add(o, "budget", cli_status_json_budget(v));
	json_object_object_add(o, "sent_24h",
	    json_object_new_int64((int64_t)l->sent));
	causes = json_object_new_object();
	for (unsigned c = 0; c < CAUSES; c++) {
		by = json_object_new_object();
		for (unsigned i = 0; i < OUTCOMES; i++)
			if (l->count[c][i] > 0)
				json_object_object_add(by,
				    contract_outcome_name(i),
				    json_object_new_int64(
				    (int64_t)l->count[c][i]));
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
	cli_print_json(o);
}

int
cli_budget(struct cli *c)
{
	static struct ledger l;
	int64_t entries = 10;
	const struct cli_opt opts[] = {
		{"--entries", 'n', CLI_NUMBER, &entries},
	};
	struct store store;
	struct cli_view v;

	if (cli_options(c, opts, nitems(opts)) == -1)
		return cli_fail(c);
	if (c->argc > 0 || entries > ENTRIES_MAX)
		return cli_usage(c);
	l.keep = (size_t)entries;
	if (cli_load(c) == -1 ||
	    cli_view_read(&v, &c->config, &c->err) == -1)
		return cli_fail(c);
	if (store_open(&store, c->config.state_dir, &c->err) == -1 ||
	    store_identify_each(&store, clock_wall_ms() - DAY_MS, add, &l,
	    &c->err) == -1) {
		cli_view_free(&v);
		return cli_fail(c);
	}
	if (c->json)
		print_json(&v, &l);
	else
		print_text(&v, &l);
	cli_view_free(&v);
	return EXIT_FINE;
}
