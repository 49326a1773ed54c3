/* SPDX-License-Identifier: MIT */
/* A successor's session: up to HELLO, and not a step further, until it is told
 * that the session is its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/shard/session/session_rig.h"

static struct store_session
record(const char *id, const char *url, uint64_t seq)
{
	struct store_session r = {.shard_count = 1, .seq = seq};

	str_copy(r.id, id, sizeof(r.id));
	str_copy(r.url, url, sizeof(r.url));
	return r;
}

static void
take(const char *id, const char *url, uint64_t seq)
{
	struct store_session r = record(id, url, seq);

	session_take(&rig_session, &r, CAUSE_NO_SESSION);
}

static void
standing_by(void)
{
	rig_begin_standby("abc");
	assert_string_equal(rig_seen.url, RIG_RESUME);
	rig_hello();
	rig_is(SHARD_STANDBY);
	assert_int_equal(rig_seen.standbys, 1);
	assert_int_equal(rig_seen.resumes, 0);
}

static void
test_one_resume_is_left(void **state)
{
	standing_by();
	take("abc", RIG_RESUME, 4711);
	rig_is(SHARD_RESUMING);
	assert_int_equal(rig_seen.resumes, 1);
	assert_int_equal(rig_seen.resume_seq, 4711);
	assert_int_equal(rig_seen.dials, 1);
	rig_in(SESSION_EV_RESUMED);
	rig_is(SHARD_READY);
	assert_int_equal(rig_stats.resumed_for[RECONNECT_ROLLOUT], 1);
	rig_end();
}

static void
test_heartbeats_name_no_seq(void **state)
{
	standing_by();
	fake_time_advance(RIG_INTERVAL / 4);
	assert_int_equal(rig_seen.beats, 0);
	/* Random is 0.5, but the wait is shorter than that interval. */
	session_input(&rig_session, SESSION_EV_BEAT, NULL);
	assert_int_equal(rig_seen.beats, 1);
	assert_false(rig_seen.beat_has);
	take("abc", RIG_RESUME, 9);
	session_input(&rig_session, SESSION_EV_BEAT, NULL);
	assert_true(rig_seen.beat_has);
	assert_int_equal(rig_seen.beat_seq, 9);
	rig_end();
}

static void
test_a_long_wait_renews_the_connection(void **state)
{
	standing_by();
	fake_time_advance((uint64_t)(SESSION_STANDBY_S * 1000) + 10);
	assert_int_equal(rig_seen.hangup_code, 4900);
	assert_int_equal(rig_seen.dials, 2);
	rig_hello();
	rig_is(SHARD_STANDBY);
	assert_int_equal(rig_seen.standbys, 2);
	rig_end();
}

static void
test_what_ends_it_costs_nothing(void **state)
{
	static const enum session_event ends[] = {SESSION_EV_RECONNECT,
	    SESSION_EV_INVALID};
	static const unsigned codes[] = {4009, 4007, 4000, 1001};

	for (size_t i = 0; i < nitems(ends); i++) {
		standing_by();
		rig_in_flag(ends[i], false);
		rig_is(SHARD_WAITING);
		assert_true(rig_session.held);
		rig_end();
	}
	for (size_t i = 0; i < nitems(codes); i++) {
		standing_by();
		rig_closed(codes[i]);
		rig_is(SHARD_WAITING);
		assert_true(rig_session.held);
		assert_int_equal(rig_stats.resumes_failed, 0);
		assert_int_equal(rig_session.rec.strikes, 0);
		fake_time_advance(2000);
		assert_int_equal(rig_seen.dials, 2);
		rig_end();
	}
}

static void
test_taken_before_hello(void **state)
{
	rig_begin_standby("abc");
	take("abc", RIG_RESUME, 12);
	rig_is(SHARD_CONNECTING);
	rig_hello();
	rig_is(SHARD_RESUMING);
	assert_int_equal(rig_seen.resume_seq, 12);
	assert_int_equal(rig_seen.standbys, 0);
	rig_end();
}

static void
test_taken_between_attempts(void **state)
{
	rig_begin_standby("abc");
	rig_dial_failed(0, 0);
	rig_is(SHARD_WAITING);
	take("abc", RIG_RESUME, 12);
	rig_is(SHARD_CONNECTING);
	rig_hello();
	rig_is(SHARD_RESUMING);
	rig_end();
}

static void
test_another_session_meanwhile(void **state)
{
	standing_by();
	take("abc", "wss://elsewhere.example", 3);
	assert_int_equal(rig_seen.hangup_code, 4900);
	rig_is(SHARD_CONNECTING);
	assert_string_equal(rig_seen.url, "wss://elsewhere.example");
	rig_hello();
	assert_int_equal(rig_seen.resumes, 1);
	rig_end();
}

static void
test_no_session_any_more(void **state)
{
	standing_by();
	take("", "", 0);
	rig_is(SHARD_PERMIT);
	assert_int_equal(rig_seen.asks, 1);
	assert_int_equal(rig_seen.resumes, 0);
	rig_end();
}

static void
test_stop(void **state)
{
	standing_by();
	rig_in_flag(SESSION_EV_STOP, false);
	rig_is(SHARD_DRAINING);
	assert_int_equal(rig_seen.hangup_code, 4900);
	assert_int_equal(rig_seen.forgets, 0);
	rig_end();
}

int
main(void)
{
#define T(f) cmocka_unit_test(f)
	const struct CMUnitTest tests[] = {
	    T(test_one_resume_is_left),
	    T(test_heartbeats_name_no_seq),
	    T(test_a_long_wait_renews_the_connection),
	    T(test_what_ends_it_costs_nothing),
	    T(test_taken_before_hello),
	    T(test_taken_between_attempts),
	    T(test_another_session_meanwhile),
	    T(test_no_session_any_more),
	    T(test_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
