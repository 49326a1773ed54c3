/* SPDX-License-Identifier: MIT */
#include "tests/unit/tools/web/history/watched.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* ---- time ----------------------------------------------------------- */

static void
test_nothing_is_known_before_the_second_look(void **state)
{
	assert_string_equal(history_note(w.h), "");
	assert_int_equal(history_taken_ms(w.h), 0);
	assert_int_equal(watched_today()->known_ms, 0);
	history_take(w.h, &w.v);
	assert_int_equal(watched_today()->known_ms, 0);
	assert_int_equal(history_taken_ms(w.h), clock_wall_ms());
	assert_int_equal(watched_incidents(), 0);
}

static void
test_a_well_hour(void **state)
{
	struct history_time slot[5];

	history_take(w.h, &w.v);
	watched_for(HOUR);
	assert_int_equal(watched_today()->known_ms, HOUR);
	assert_int_equal(watched_today()->less_ms, 0);
	assert_int_equal(watched_today()->lost_ms, 0);
	assert_int_equal(watched_today()->rtt_ms, 52);
	history_slots(w.h, clock_wall_ms() - 1, nitems(slot), slot);
	assert_int_equal(slot[0].known_ms, 0);
	for (size_t i = 1; i < nitems(slot); i++)
		assert_int_equal(slot[i].known_ms, HISTORY_SLOT_MS);
}

static void
test_shares_of_service(void **state)
{
	history_take(w.h, &w.v);
	watched_down(1);
	watched_for(40 * MINUTE);
	assert_int_equal(watched_today()->lost_ms, 10 * MINUTE);
	assert_int_equal(watched_today()->less_ms, 0);
	w.v.handler.state = HANDLER_DOWN;
	w.v.handler_alive = false;
	watched_for(20 * MINUTE);
	assert_int_equal(watched_today()->lost_ms, 30 * MINUTE);
	assert_int_equal(watched_today()->known_ms, HOUR);
}

static void
test_the_worse_of_two_looks(void **state)
{
	history_take(w.h, &w.v);
	watched_down(0);
	watched_for(TICK_MS);
	watched_up(0);
	watched_for(TICK_MS);
	watched_for(TICK_MS);
	assert_int_equal(watched_today()->lost_ms, 2 * TICK_MS / SHARDS);
}

static void
test_what_was_not_watched_is_not_known(void **state)
{
	history_take(w.h, &w.v);
	watched_for(HOUR);
	fake_time_pass(HOUR);
	history_take(w.h, &w.v);
	assert_int_equal(watched_today()->known_ms, HOUR);
	watched_for(HOUR);
	assert_int_equal(watched_today()->known_ms, 2 * HOUR);
	/* Nor is what could not be read. */
	for (int i = 0; i < 100; i++) {
		fake_time_pass(TICK_MS);
		history_take(w.h, NULL);
	}
	watched_for(TICK_MS);
	assert_int_equal(watched_today()->known_ms, 2 * HOUR);
}

/* A hundred days, looked at as rarely as is allowed. */
static void
test_a_hundred_days(void **state)
{
	int64_t bad = -1;

	history_take(w.h, &w.v);
	for (int d = 0; d < 100; d++) {
		if (d == 50)
			watched_down(2);
		for (int64_t t = 0; t < HISTORY_DAY_MS; t += HISTORY_GAP_MS) {
			fake_time_pass(HISTORY_GAP_MS);
			history_take(w.h, &w.v);
		}
		if (d == 50) {
			watched_up(2);
			bad = clock_wall_ms() / HISTORY_DAY_MS;
		}
	}
	watched_reopen();
	watched_today();
	for (int i = 0; i < HISTORY_DAYS - 1; i++) {
		int64_t that = clock_wall_ms() / HISTORY_DAY_MS
		    - (HISTORY_DAYS - 1) + i;

		assert_int_equal(w.day[i].known_ms, HISTORY_DAY_MS);
		if (that != bad && that != bad - 1)
			assert_int_equal(w.day[i].lost_ms, 0);
		else
			assert_in_range(w.day[i].lost_ms,
			    HISTORY_DAY_MS / 8 - MINUTE,
			    HISTORY_DAY_MS / 8 + MINUTE);
	}
	assert_int_equal(w.day[HISTORY_DAYS - 1].known_ms, HISTORY_DAY_MS / 2);
	assert_int_equal(watched_incidents(), 1);
	assert_int_equal(w.incident[0].kind, OUTAGE_SHARDS);
	/* Then nobody looks for 90 days. */
	fake_time_pass(HISTORY_DAYS * (uint64_t)HISTORY_DAY_MS);
	watched_today();
	for (int i = 0; i < HISTORY_DAYS; i++)
		assert_int_equal(w.day[i].known_ms, 0);
	assert_int_equal(watched_incidents(), 0);
}

static void
test_clock_steps(void **state)
{
	history_take(w.h, &w.v);
	watched_for(HOUR);
	/* Back into what is known: it was all well, and is no more than all. */
	fake_time_set_wall(-HOUR);
	watched_down(0);
	watched_for(HOUR);
	assert_int_equal(watched_today()->known_ms, HOUR);
	assert_int_equal(watched_today()->lost_ms, HOUR / SHARDS);
	assert_int_equal(watched_incidents(), 1);
	/* Far forward and back again: what the ring lost is not known, and what
	 * it has of a time to come is not shown. */
	fake_time_set_wall(45 * HISTORY_DAY_MS);
	watched_for(HOUR);
	fake_time_set_wall(-45 * HISTORY_DAY_MS);
	watched_for(TICK_MS);
	watched_today();
	assert_int_equal(w.day[HISTORY_DAYS - 1].known_ms, HOUR + TICK_MS);
	for (int i = 0; i < HISTORY_DAYS - 1; i++)
		assert_int_equal(w.day[i].known_ms, 0);
	/* What goes on went with the clock. */
	assert_int_equal(watched_incidents(), 1);
	assert_int_equal(w.incident[0].end_ms, 0);
	assert_in_range(clock_wall_ms() - w.incident[0].begin_ms, 2 * HOUR,
	    2 * HOUR + MINUTE);
	/* Before there was a clock nothing is noted. */
	fake_time_set_wall(-clock_wall_ms());
	watched_for(HOUR);
	assert_int_equal(watched_today()->known_ms, 0);
}

/* ---- incidents ------------------------------------------------------ */

static void
test_an_incident(void **state)
{
	int64_t began;

	history_take(w.h, &w.v);
	watched_for(HOUR);
	watched_down(1);
	began = clock_wall_ms();
	watched_for(50000);
	assert_int_equal(watched_incidents(), 0);
	watched_for(20000);
	assert_int_equal(watched_incidents(), 1);
	assert_int_equal(w.incident[0].kind, OUTAGE_SHARDS);
	assert_int_equal(w.incident[0].end_ms, 0);
	assert_in_range(w.incident[0].begin_ms, began, began + TICK_MS);
	watched_down(3);
	watched_for(HOUR);
	watched_up(1);
	watched_up(3);
	watched_for(TICK_MS);
	assert_int_equal(watched_incidents(), 1);
	assert_int_equal(w.incident[0].end_ms, clock_wall_ms());
	assert_int_equal(w.incident[0].until_ms, 0);
	assert_int_equal(w.incident[0].out, 2);
	assert_int_equal(w.incident[0].shards, SHARDS);
	/* Again, soon: it goes on; and long after: another one. */
	watched_for(4 * MINUTE);
	watched_down(1);
	watched_for(2 * MINUTE);
	watched_up(1);
	watched_for(MINUTE);
	assert_int_equal(watched_incidents(), 2);
	watched_for(HOUR);
	watched_down(1);
	watched_for(2 * MINUTE);
	watched_up(1);
	watched_for(MINUTE);
	assert_int_equal(watched_incidents(), 3);
	assert_true(w.incident[0].begin_ms > w.incident[1].begin_ms);
	assert_true(w.incident[1].begin_ms > w.incident[2].begin_ms);
}

static void
test_back_at_once_is_the_same(void **state)
{
	history_take(w.h, &w.v);
	for (int i = 0; i < 20; i++) {
		watched_down(1);
		watched_for(2 * MINUTE);
		watched_up(1);
		watched_for(2 * MINUTE);
	}
	assert_int_equal(watched_incidents(), 1);
	assert_int_equal(w.incident[0].end_ms,
	    clock_wall_ms() - 2 * MINUTE + TICK_MS);
}

/* One after the other, each for seconds: no incident. */
static void
test_shards_that_reconnect(void **state)
{
	history_take(w.h, &w.v);
	for (uint32_t i = 0; i < 400; i++) {
		made_view_shard(&w.v, i % SHARDS, SHARD_RESUMING, 0);
		watched_for(TICK_MS);
		watched_up(i % SHARDS);
	}
	assert_int_equal(watched_incidents(), 0);
	assert_true(watched_today()->lost_ms > 0);
}

static void
test_an_end_nobody_saw(void **state)
{
	int64_t seen;

	history_take(w.h, &w.v);
	w.v.handler.state = HANDLER_DOWN;
	w.v.handler_alive = false;
	watched_for(10 * MINUTE);
	seen = clock_wall_ms();
	watched_reopen();
	fake_time_pass(HOUR);
	w.v.handler.state = HANDLER_READY;
	w.v.handler_alive = true;
	made_view_now(&w.v);
	history_take(w.h, &w.v);
	assert_int_equal(watched_incidents(), 1);
	assert_int_equal(w.incident[0].kind, OUTAGE_HANDLER);
	assert_int_equal(w.incident[0].end_ms, seen);
	assert_int_equal(w.incident[0].until_ms, clock_wall_ms());
}

/* A new process is told by the page for how long it has been so. */
static void
test_goes_on_over_a_restart(void **state)
{
	int64_t began;

	history_take(w.h, &w.v);
	watched_for(HOUR);
	watched_down(2);
	watched_for(10 * MINUTE);
	watched_incidents();
	began = w.incident[0].begin_ms;
	watched_reopen();
	fake_time_pass(2 * HOUR);
	watched_for(10 * MINUTE);
	assert_int_equal(watched_incidents(), 1);
	assert_int_equal(w.incident[0].begin_ms, began);
	assert_int_equal(w.incident[0].end_ms, 0);
}

static void
test_the_oldest_incident_makes_room(void **state)
{
	int64_t first = 0;

	history_take(w.h, &w.v);
	for (int i = 0; i < HISTORY_INCIDENTS + 9; i++) {
		watched_down(0);
		watched_for(2 * MINUTE);
		watched_up(0);
		watched_for(6 * MINUTE);
		if (i == 9) {
			watched_incidents();
			first = w.incident[0].begin_ms;
		}
	}
	assert_int_equal(watched_incidents(), HISTORY_INCIDENTS);
	assert_int_equal(w.incident[HISTORY_INCIDENTS - 1].begin_ms, first);
	assert_int_equal(history_incidents(w.h, clock_wall_ms(), w.incident, 5),
	    5);
	assert_true(w.incident[0].begin_ms > clock_wall_ms() - 10 * MINUTE);
}

int
main(void)
{
#define T(name)                                                                \
	cmocka_unit_test_setup_teardown(name, watched_begin, watched_end)
	const struct CMUnitTest tests[] = {
	    T(test_nothing_is_known_before_the_second_look),
	    T(test_a_well_hour),
	    T(test_shares_of_service),
	    T(test_the_worse_of_two_looks),
	    T(test_what_was_not_watched_is_not_known),
	    T(test_a_hundred_days),
	    T(test_clock_steps),
	    T(test_an_incident),
	    T(test_back_at_once_is_the_same),
	    T(test_shards_that_reconnect),
	    T(test_an_end_nobody_saw),
	    T(test_goes_on_over_a_restart),
	    T(test_the_oldest_incident_makes_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
