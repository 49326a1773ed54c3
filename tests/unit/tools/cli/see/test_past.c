/* SPDX-License-Identifier: MIT */
/* What happened to the fleet and to one of it, from a page made by hand. */
#include "tools/cli/see/past.h"

#include "tests/unit/rig/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define SHARDS 4

static struct {
	char dir[SCRATCH_MAX];
	struct page page;
	struct view v;
	struct past past;
	struct err err;
} t;

static int
set_up(void **state)
{
	memset(&t, 0, sizeof(t));
	if (scratch_make(t.dir, sizeof(t.dir)) == -1)
		return -1;
	t.v.n = SHARDS;
	return page_create(&t.page, t.dir, SHARDS, &t.err);
}

static int
tear_down(void **state)
{
	page_close(&t.page);
	return scratch_remove(t.dir);
}

static struct page_client_past *
place(struct page_client_past *p, const char *name)
{
	str_copy(p->name, name, sizeof(p->name));
	return p;
}

/* Is it the i-th line, without its time? */
static void
check(size_t i, const char *want)
{
	char words[PAST_LINE];

	assert_true(i < t.past.n);
	past_words(&t.past.event[i], words, sizeof(words));
	assert_string_equal(words, want);
}

/* The same of many shards is one line, another one stays its own. */
static void
test_folded(void **state)
{
	for (uint32_t i = 0; i < SHARDS; i++)
		page_past_add(&t.page.slot[i].past, (int32_t)i,
		    i == 2 ? "waiting: no answer" : "ready: RESUME answered");
	page_fleet_past_add(&t.page.head->past, -1, "reload asked for by me");
	past_of_fleet(&t.past, t.dir, &t.v);
	assert_int_equal(t.past.n, 3);
	check(0, "fleet: reload asked for by me");
	check(1, "shard 0 and others, 3 times: ready: RESUME answered");
	check(2, "shard 2: waiting: no answer");
}

/* What happens to one again and again happened to no other. */
static void
test_again(void **state)
{
	for (int i = 0; i < 5; i++)
		page_past_add(&t.page.slot[1].past, 1, "waiting: no answer");
	past_of_fleet(&t.past, t.dir, &t.v);
	assert_int_equal(t.past.n, 1);
	check(0, "shard 1, 5 times: waiting: no answer");
}

/* Of a plugin: its own, and the orders about it by its whole name. */
static void
test_of_a_plugin(void **state)
{
	struct page_head *h = t.page.head;

	page_client_past_at(place(&h->plugin_past[0], "poll"), 1000, "started");
	page_client_past_at(&h->plugin_past[0], 3000, "ended: signal 11");
	page_client_past_at(place(&h->plugin_past[1], "pollard"), 2000, "no");
	page_fleet_past_add(&h->past, -1, "plugin unload poll asked for by me");
	page_fleet_past_add(&h->past, -1,
	    "plugin load pollard asked for by me");
	page_fleet_past_add(&h->past, -1, "reload asked for by poll");
	past_of_plugin(&t.past, t.dir, "poll");
	assert_int_equal(t.past.n, 3);
	check(0, "plugin poll: started");
	check(1, "plugin poll: ended: signal 11");
	check(2, "fleet: plugin unload poll asked for by me");
	/* A name that is also the first word. */
	past_of_plugin(&t.past, t.dir, "plugin");
	assert_int_equal(t.past.n, 0);
}

/* However much it is, the last things stay, in their order. */
static void
test_the_last_stay(void **state)
{
	char text[32];

	for (int i = 0; i < PAGE_FLEET_PAST; i++) {
		str_format(text, sizeof(text), "thing %d", i);
		page_fleet_past_add(&t.page.head->past, -1, text);
	}
	for (uint32_t p = 0; p < 8; p++)
		for (int i = 0; i < PAGE_CLIENT_PAST; i++) {
			str_format(text, sizeof(text), "p%u %d", p, i);
			page_client_past_at(place(&t.page.head->plugin_past[p],
						text),
			    1000 + i, text);
		}
	past_of_fleet(&t.past, t.dir, &t.v);
	assert_int_equal(t.past.n, PAST_KEPT);
	for (size_t i = 1; i < t.past.n; i++)
		assert_true(t.past.event[i - 1].at_ms <= t.past.event[i].at_ms);
	check(PAST_KEPT - 1, "fleet: thing 63");
}

/* A page is a file: it may hold anything. */
static void
test_hostile(void **state)
{
	struct page_head *h = t.page.head;
	struct page_event *e = h->past.event;

	memset(e, 'A', sizeof(*e));
	e[1].at_ms = 5;
	e[1].shard = INT32_MAX;
	memcpy(e[1].text, "\033[2Jplugin x", 12);
	memset(&h->plugin_past[3].name, 'p', sizeof(h->plugin_past[3].name));
	h->plugin_past[3].next = UINT32_MAX;
	memset(h->plugin_past[3].event, 0xff, sizeof(h->plugin_past[3].event));
	past_of_fleet(&t.past, t.dir, &t.v);
	for (size_t i = 0; i < t.past.n; i++) {
		char line[PAST_LINE];

		past_line(&t.past.event[i], line, sizeof(line));
		assert_null(strchr(line, '\033'));
	}
	past_of_plugin(&t.past, t.dir, "x");
	past_of_client(&t.past, t.dir, "x");
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	static const struct CMUnitTest tests[] = {
	    T(test_folded),
	    T(test_again),
	    T(test_of_a_plugin),
	    T(test_the_last_stay),
	    T(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
