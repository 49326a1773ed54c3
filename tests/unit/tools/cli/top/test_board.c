/* SPDX-License-Identifier: MIT */
/* The rows of top and their order. */
#include "tools/cli/top/board.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define SHARDS 5

static struct {
	struct view v;
	struct view_shard shard[SHARDS];
	struct rates rates;
	struct board board;
} t;

static int
set_up(void **state)
{
	struct view *v = &t.v;

	memset(&t, 0, sizeof(t));
	v->now_ms = 100000;
	v->alive = v->handler_alive = true;
	v->handler_state = v->gate_state = "ready";
	v->shard = t.shard;
	v->n = SHARDS;
	for (uint32_t i = 0; i < SHARDS; i++) {
		t.shard[i].id = i;
		t.shard[i].alive = true;
		t.shard[i].s.state = SHARD_READY;
		t.shard[i].state = "ready";
		t.shard[i].s.state_since_ms = 1000;
		t.shard[i].s.rtt_ms = 40 + i;
		t.shard[i].w.restarts = 1;
	}
	v->plugins.count = 2;
	str_copy(v->plugins.plugin[0].name, "greeter", 64);
	v->plugins.plugin[0].state = PLUGIN_UP;
	str_copy(v->plugins.plugin[1].name, "poll", 64);
	v->plugins.plugin[1].state = PLUGIN_HELD;
	return 0;
}

static int
tear_down(void **state)
{
	board_free(&t.board);
	rates_free(&t.rates);
	return 0;
}

static void
fill(enum board_tab tab, int column, bool reverse)
{
	board_fill(&t.board, tab, &t.v, &t.rates, false);
	board_sort(&t.board, column, reverse);
}

static void
check_order(const char *want)
{
	char got[SHARDS + 1] = "";

	assert_int_equal(t.board.n, SHARDS);
	for (size_t i = 0; i < SHARDS; i++)
		got[i] = (char)('0' + t.board.row[i].id);
	assert_string_equal(got, want);
}

static void
test_order(void **state)
{
	t.shard[2].deaf = true;
	t.shard[2].state = "deaf";
	t.shard[4].s.state = SHARD_RESUMING;
	t.shard[4].state = "resuming";
	t.shard[1].w.restarts = 9;
	fill(BOARD_SHARDS, -1, false);
	check_order("24013"); /* worst first, the others as they are */
	assert_int_equal(t.board.row[0].mood, BOARD_BAD);
	assert_int_equal(t.board.row[1].mood, BOARD_ODD);
	assert_int_equal(t.board.row[2].mood, BOARD_WELL);
	fill(BOARD_SHARDS, 0, false);
	check_order("43210");
	fill(BOARD_SHARDS, 0, true);
	check_order("01234");
	fill(BOARD_SHARDS, 7, false);
	check_order("10234");
}

static void
test_rates(void **state)
{
	board_count(&t.rates, &t.v);
	t.v.now_ms += 2000;
	t.shard[3].s.events += 500;
	t.v.plugins.plugin[0].events += 20;
	board_count(&t.rates, &t.v);
	fill(BOARD_SHARDS, 3, false);
	check_order("30124");
	assert_string_equal(t.board.row[0].cell[3], "250");
	assert_string_equal(t.board.row[1].cell[3], "0.0");
	assert_string_equal(t.board.row[0].spark, "           @");
	assert_true(rates_now(&t.rates.of[0]) == 250); /* the fleet's */
	fill(BOARD_PLUGINS, -1, false);
	assert_int_equal(t.board.n, 2);
	assert_string_equal(t.board.row[0].name, "poll");
	assert_string_equal(t.board.row[1].cell[3], "10");
}

/* What an event costs a plugin; of one that has answered none, nothing. */
static void
test_each(void **state)
{
	static const struct {
		uint64_t worked_ms, answered;
		const char *cell;
	} rows[] = {{0, 0, "-"}, {0, 7, "0.0ms"}, {5, 2, "2.5ms"},
	    {4200, 10, "420ms"}, {6000, 2, "3.0s"}};

	for (size_t i = 0; i < nitems(rows); i++) {
		t.v.plugins.plugin[0].worked_ms = rows[i].worked_ms;
		t.v.plugins.plugin[0].answered = rows[i].answered;
		fill(BOARD_PLUGINS, 0, true);
		assert_string_equal(t.board.row[0].name, "greeter");
		assert_string_equal(t.board.row[0].cell[5], rows[i].cell);
	}
}

/* No view is wider than a terminal of 80 columns. */
static void
test_fits(void **state)
{
	for (unsigned tab = 0; tab < BOARD_TABS_N; tab++) {
		int sum = -1;

		fill((enum board_tab)tab, -1, false);
		for (size_t i = 0; i < board_columns(&t.board); i++)
			sum += abs(t.board.column[i].width) + 1;
		assert_true(sum > 40 && sum <= 80);
	}
}

/* Of one that is down nothing is shown as if it were. */
static void
test_down(void **state)
{
	t.shard[1].alive = false;
	t.shard[1].s.state = SHARD_DOWN;
	t.shard[1].state = "down";
	t.shard[1].w.uss_kb = 400;
	fill(BOARD_SHARDS, -1, false);
	assert_int_equal(t.board.row[0].id, 1);
	assert_string_equal(t.board.row[0].cell[2], "-");
	assert_string_equal(t.board.row[0].cell[5], "-");
	assert_string_equal(t.board.row[0].cell[8], "-");
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	static const struct CMUnitTest tests[] = {
	    T(test_order),
	    T(test_rates),
	    T(test_each),
	    T(test_fits),
	    T(test_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
