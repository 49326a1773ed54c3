/* SPDX-License-Identifier: MIT */
/*
 * A session and a server that means no good, or is broken for good: URLs that
 * would lead the token astray, heartbeats by the millisecond, connections that
 * never last, the same refusal for ever.
 */
#include "tests/unit/shard/session/session_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* ---- where RESUME goes ---------------------------------------------- */

static void
ready_with(const char *url, const char *api, const char *kept)
{
	rig_api = api;
	rig_resume = url;
	rig_identifying();
	rig_ready(0);
	rig_is(SHARD_READY);
	assert_string_equal(rig_seen.saved.url, kept);
	assert_int_equal(rig_stats.urls_refused, kept[0] == '\0');
	rig_closed(1001);
	fake_time_advance(2000);
	assert_string_equal(rig_seen.url, kept[0] ? kept : RIG_MAIN);
}

/* READY's, and that of a record: neither leads the token out in the clear. */
static void
f_b6_a_plain_resume_url_is_refused(void **state)
{
	const char *api = rig_api, *resume = rig_resume;

	ready_with("ws://resume.example", api, "");
	ready_with("ws://127.0.0.1:4", api, "");
	ready_with("ws://127.0.0.1:4", "http://127.0.0.1:3",
	    "ws://127.0.0.1:4");
	ready_with("wss://resume.example", "http://127.0.0.1:3",
	    "wss://resume.example");
	rig_api = api;
	rig_resume = "ws://127.0.0.1:4";
	rig_begin("abc", CAUSE_NO_SESSION);
	assert_string_equal(rig_seen.url, RIG_MAIN);
	assert_int_equal(rig_stats.urls_refused, 1);
	rig_resume = resume;
}

/* ---- heartbeats ----------------------------------------------------- */

static unsigned
beats_in_a_minute(uint64_t interval_ms)
{
	unsigned before;

	rig_begin("abc", CAUSE_NO_SESSION);
	rig_in(SESSION_EV_DIALED);
	rig_in_value(SESSION_EV_HELLO, interval_ms);
	rig_in(SESSION_EV_RESUMED);
	before = rig_seen.beats;
	rig_lives(60000);
	rig_is(SHARD_READY);
	return rig_seen.beats - before;
}

/* A few milliseconds would be obeyed until 120 sends a minute are spent. */
static void
f_b11_heartbeats_have_a_floor(void **state)
{
	unsigned most = 60000 / SESSION_INTERVAL_MIN_MS + 1;

	for (uint64_t ms = 1; ms <= SESSION_INTERVAL_MIN_MS; ms = ms * 2 + 1)
		assert_in_range(beats_in_a_minute(ms), most - 2, most);
	assert_int_equal(rig_stats.interval_ms, SESSION_INTERVAL_MIN_MS);
	assert_in_range(beats_in_a_minute(20000), 3, 4);
	/* It is said, and once, however many connections follow. */
	assert_int_equal(beats_in_a_minute(3) > 0, 1);
	assert_int_equal(rig_seen.warnings, 1);
	assert_non_null(strstr(rig_seen.warning,
	    "every 3 ms: it gets one every "
	    "1000 ms"));
	rig_in(SESSION_EV_RECONNECT);
	fake_time_advance(fake_time_next());
	rig_in(SESSION_EV_DIALED);
	rig_in_value(SESSION_EV_HELLO, 3);
	assert_int_equal(rig_seen.warnings, 1);
}

/* ---- connections that never last ------------------------------------ */

/* How many connections come in a minute, each broken after so long. */
static unsigned
connects_in_a_minute(uint64_t life_ms)
{
	uint64_t end = clock_boot_ms() + 60000;
	unsigned before = rig_seen.dials;

	while (clock_boot_ms() < end) {
		rig_lives(life_ms);
		rig_closed(0);
		fake_time_advance(fake_time_next());
		rig_hello();
		rig_in(SESSION_EV_RESUMED);
	}
	assert_int_equal(rig_seen.asks, 0);
	return rig_seen.dials - before;
}

static void
f_b11_a_server_that_breaks_behind_resumed_is_backed_off_from(void **state)
{
	static const uint64_t lives[] = {0, 2000, RIG_INTERVAL - 1000};

	for (size_t i = 0; i < nitems(lives); i++) {
		rig_live();
		assert_in_range(connects_in_a_minute(lives[i]), 1, 20);
		for (int k = 0; k < SESSION_EARLY_MAX; k++)
			(void)connects_in_a_minute(lives[i]);
		assert_in_range(connects_in_a_minute(lives[i]), 1, 3);
	}
	/* Once a connection lasted, the next loss is an ordinary one. */
	rig_lives(RIG_INTERVAL);
	rig_closed(0);
	assert_true(fake_time_next() <= 1000);
}

/* The IDENTIFYs a shard spends in an hour when each gets this answer. */
static unsigned
spent_in_an_hour(void (*answer)(void))
{
	uint64_t end;

	rig_begin("", CAUSE_NO_SESSION);
	end = clock_boot_ms() + 3600000;
	while (clock_boot_ms() < end) {
		if (rig_stats.state == SHARD_PERMIT)
			rig_grant();
		rig_hello();
		answer();
		fake_time_advance(fake_time_next());
	}
	return rig_seen.identifies;
}

static void
answer_invalid(void)
{
	rig_in_flag(SESSION_EV_INVALID, false);
}

static void
answer_1011(void)
{
	rig_closed(1011);
}

/* 8.8, 8.12, 8.18: whatever the answer, for ever: no loop burns the budget. */
static void
test_identify_loop(void **state)
{
	unsigned n = spent_in_an_hour(answer_invalid);

	assert_in_range(n, 6, 12);
	n = spent_in_an_hour(answer_1011);
	assert_in_range(n, 6, 12);
}

static void
answer_ready_then_void(void)
{
	rig_ready(0);
	rig_closed(4009);
}

/* A session that is void behind READY was an IDENTIFY in vain, too. */
static void
f_b11_a_session_void_at_once_was_an_identify_in_vain(void **state)
{
	assert_in_range(spent_in_an_hour(answer_ready_then_void), 6, 12);
}

/* ---- final answers -------------------------------------------------- */

/* 8.11: 4013 and 4014 are final, whatever comes after them. */
static void
f_e5_8_11_disallowed_intents_are_never_tried_again(void **state)
{
	static const unsigned codes[] = {4013, 4014};

	for (size_t i = 0; i < nitems(codes); i++) {
		rig_identifying();
		rig_closed(codes[i]);
		rig_is(SHARD_HELD);
		assert_int_equal(rig_seen.fatals, 1);
		assert_int_equal(rig_seen.fatal_code, codes[i]);
		for (int hour = 0; hour < 48; hour++) {
			rig_in(SESSION_EV_ORDER);
			rig_in(SESSION_EV_ROOM);
			rig_grant();
			fake_time_advance(3600000);
		}
		rig_is(SHARD_HELD);
		assert_int_equal(rig_seen.identifies, 1);
		assert_int_equal(rig_seen.asks, 1);
		assert_int_equal(rig_seen.dials, 1);
	}
}

/* 8.17: the server's 1000 is not our stop; behind our own it is nothing. */
static void
f_e5_8_17_only_our_own_stop_is_final(void **state)
{
	rig_live();
	rig_closed(1000);
	rig_is(SHARD_WAITING);
	fake_time_advance(1000);
	rig_hello();
	assert_int_equal(rig_seen.resumes, 2);
	assert_int_equal(rig_seen.forgets + rig_seen.asks, 0);
	rig_in(SESSION_EV_RESUMED);
	rig_in_flag(SESSION_EV_STOP, false);
	assert_int_equal(rig_seen.hangup_code, 4900);
	rig_closed(1000);
	fake_time_advance(86400000);
	assert_int_equal(rig_seen.dials, 2);
	rig_is(SHARD_DRAINING);
}

static int
teardown(void **state)
{
	rig_end();
	return 0;
}

int
main(void)
{
#define T(f) cmocka_unit_test_teardown(f, teardown)
	const struct CMUnitTest tests[] = {
	    T(f_b6_a_plain_resume_url_is_refused),
	    T(f_b11_heartbeats_have_a_floor),
	    T(f_b11_a_server_that_breaks_behind_resumed_is_backed_off_from),
	    T(test_identify_loop),
	    T(f_b11_a_session_void_at_once_was_an_identify_in_vain),
	    T(f_e5_8_11_disallowed_intents_are_never_tried_again),
	    T(f_e5_8_17_only_our_own_stop_is_final),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
