/* SPDX-License-Identifier: MIT */
/* What the gate's part of the page amounts to: who is here, who is about to
 * lose events, and what is said of it. */
#include "shared/page/verdict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define NOW 10000000u
#define MINUTE 60000u

/* 1 000 records in half of the log's bytes. */
static struct page_gate
gate(void)
{
	return (struct page_gate) {.state = GATE_READY,
	    .log_oldest = 1001,
	    .log_last = 2000,
	    .log_used = 50,
	    .log_size = 100,
	    .log_age_ms = 30 * MINUTE,
	    .clients = 1,
	    .client[0] = {.name = "bot", .position = 2000}};
}

static void
test_states(void **state)
{
	static const struct {
		uint32_t sessions, connected;
		uint64_t position, heard_ago, away_ago;
		const char *word;
		unsigned fill;
	} row[] = {
	    {0, 0, 0, 0, 0, "never", 0},
	    {2, 2, 2000, 5000, 0, "here", 0},
	    {2, 1, 1990, 5000, 0, "partly", 0},
	    {1, 1, 1000, 5000, 0, "here", 50}, /* all there is */
	    {1, 1, 900, 5000, 0, "slow", 100},
	    {1, 0, 1990, MINUTE, MINUTE, "away", 3},
	    {0, 0, 1990, 24 * MINUTE, 24 * MINUTE, "late", 80},
	    {0, 0, 2000, 29 * MINUTE, 29 * MINUTE, "away", 0},
	    {0, 0, 999, 29 * MINUTE, 29 * MINUTE, "losing", 100},
	    /* its sessions are over, and it is not to catch up */
	    {0, 0, 0, 29 * MINUTE, 29 * MINUTE, "away", 0},
	};

	for (size_t i = 0; i < nitems(row); i++) {
		struct page_gate g = gate();
		struct page_client *c = &g.client[0];
		struct verdict_client v;

		c->sessions = row[i].sessions;
		c->connected = row[i].connected;
		c->position = row[i].position;
		c->lag_events = c->position != 0 ? g.log_last - c->position : 0;
		c->heard_ms = row[i].heard_ago != 0 ? NOW - row[i].heard_ago
						    : 0;
		c->away_ms = row[i].away_ago != 0 ? NOW - row[i].away_ago : 0;
		v = verdict_client(&g, c, NOW);
		assert_string_equal(verdict_client_name[v.state], row[i].word);
		assert_int_equal(v.fill, row[i].fill);
		assert_int_equal(v.away_ms,
		    row[i].away_ago != 0 ? (int64_t)row[i].away_ago : -1);
	}
}

/* A log that is full of bytes long before it is old. */
static void
test_full(void **state)
{
	struct page_gate g = gate();
	struct page_client *c = &g.client[0];

	g.log_used = 100;
	c->away_ms = c->heard_ms = NOW - MINUTE;
	c->position = 1300;
	c->lag_events = 700;
	assert_int_equal(verdict_client(&g, c, NOW).state, VERDICT_CLIENT_AWAY);
	c->position = 1200;
	c->lag_events = 800;
	assert_int_equal(verdict_client(&g, c, NOW).state,
	    VERDICT_CLIENT_FALLING);
	c->connected = c->sessions = 1;
	c->away_ms = 0;
	assert_int_equal(verdict_client(&g, c, NOW).state, VERDICT_CLIENT_SLOW);
}

static void
judge(const struct page_gate *g, struct verdict_fleet *v)
{
	static struct page_cluster cluster = {.pid = 1};
	static struct page_handler handler = {.state = HANDLER_READY};
	static const struct verdict_shards shards = {.n = 1, .ready = 1};
	struct verdict_facts f = {.cluster = &cluster,
	    .handler = &handler,
	    .alive = true,
	    .handler_alive = true,
	    .gate = g,
	    .gate_alive = true,
	    .shards = &shards,
	    .now_ms = NOW,
	    .wall_ms = 1};

	verdict_fleet(&f, v);
}

static bool
says(const struct verdict_fleet *v, const char *what)
{
	for (size_t i = 0; i < v->n; i++)
		if (strstr(v->found[i].text, what) != NULL
		    || strstr(v->found[i].detail, what) != NULL)
			return true;
	return false;
}

static void
test_fleet(void **state)
{
	static struct verdict_fleet v;
	struct page_gate g = gate();
	struct page_client *c = &g.client[0];

	c->connected = c->sessions = 1;
	judge(&g, &v);
	assert_int_equal(v.n, 0);
	assert_int_equal(v.state, VERDICT_READY);

	/* Away is no illness; what it will lose is. */
	c->connected = 0;
	c->away_ms = c->heard_ms = NOW - 6 * MINUTE;
	c->position = 1990;
	c->lag_events = 10;
	judge(&g, &v);
	assert_int_equal(v.state, VERDICT_READY);
	assert_true(says(&v, "client bot away"));
	c->away_ms = c->heard_ms = NOW - 25 * MINUTE;
	judge(&g, &v);
	assert_int_equal(v.state, VERDICT_DEGRADED);
	assert_true(says(&v, "client bot late"));
	assert_true(says(&v, "away for 25 min and behind by 83 % of the log"));
	g.clients = 2;
	g.client[1] = *c;
	str_copy(g.client[1].name, "two", sizeof(g.client[1].name));
	g.client[1].heard_ms = g.client[1].away_ms = NOW - 26 * MINUTE;
	judge(&g, &v);
	assert_true(says(&v, "client two late"));
	assert_true(says(&v, "; so are 1 more"));

	/* An overrun is told for a while. */
	g = gate();
	c->connected = c->sessions = 1;
	c->overrun_ms = NOW - 9 * MINUTE;
	judge(&g, &v);
	assert_true(says(&v, "client bot fell off the log"));
	assert_true(says(&v, "9 min ago"));
	c->overrun_ms = NOW - 10 * MINUTE;
	judge(&g, &v);
	assert_int_equal(v.n, 0);

	g.cache_damaged = 1;
	judge(&g, &v);
	assert_true(says(&v, "damaged and begins empty"));
	g.cache_damaged = 0;
	g.cache_cold = 1;
	judge(&g, &v);
	assert_true(says(&v, "there is none"));
	g.cache_missing = 2; /* a new one on a fleet that runs */
	g.cache_missing_ms = NOW - MINUTE;
	judge(&g, &v);
	assert_true(says(&v, "it lacks 2 shards"));
	g.cache_missing_ms = NOW;
	judge(&g, &v);
	assert_int_equal(v.n, 0);
	g.cache_cold = g.cache_missing = 0;
	g.refused_now = VERDICT_GATE_REFUSED - 1;
	g.refused_end = PAGE_GATE_END_TOKEN;
	judge(&g, &v);
	assert_int_equal(v.n, 0);
	g.refused_now++;
	judge(&g, &v);
	assert_true(says(&v,
	    "10 connections within a minute, most: wrong token "
	    "(4004)"));
	g.refused_end = 999;
	judge(&g, &v);
	assert_true(says(&v, "most: unknown"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_states),
	    cmocka_unit_test(test_full), cmocka_unit_test(test_fleet)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
