/* SPDX-License-Identifier: MIT */
/*
 * The session's connection: handshake, every close code, op 7 and 9, deadlines
 * and heartbeats (discord-protocol.md 2.3 to 2.11 and section 8).
 */
#include "shard/session/close_codes.h"
#include "shard/session/session_impl.h"
#include "shared/base/clock.h"
#include "tests/unit/shard/session/session_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* ---- starting ------------------------------------------------------- */

static void
test_first_start(void **state)
{
	rig_begin("", CAUSE_OTHER_INTENTS);
	rig_is(SHARD_PERMIT);
	assert_int_equal(rig_seen.asks, 1);
	assert_int_equal(rig_seen.cause, CAUSE_OTHER_INTENTS);
	assert_int_equal(rig_seen.dials, 0);
	rig_grant();
	rig_is(SHARD_CONNECTING);
	assert_string_equal(rig_seen.url, RIG_MAIN);
	rig_hello();
	assert_int_equal(rig_seen.identifies, 1);
	rig_ready(3);
	rig_is(SHARD_READY);
	assert_int_equal(rig_seen.outcome, OUTCOME_READY);
	assert_int_equal(rig_seen.ledger, 99);
	assert_string_equal(rig_seen.saved.id, "abc");
	assert_string_equal(rig_seen.saved.url, RIG_RESUME);
	/* READY counts once it is kept, which is for others to say. */
	assert_int_equal(rig_seen.saved.seq, 0);
	assert_int_equal(rig_stats.guilds, 3);
}

static void
test_resume_start(void **state)
{
	rig_begin("abc", CAUSE_NO_SESSION);
	assert_string_equal(rig_seen.url, RIG_RESUME);
	rig_hello();
	assert_int_equal(rig_seen.resumes, 1);
	assert_int_equal(rig_seen.resume_seq, 7);
	assert_int_equal(rig_seen.asks + rig_seen.identifies, 0);
	rig_event(8, "MESSAGE_CREATE");
	rig_event(9, "RESUMED");
	rig_in(SESSION_EV_RESUMED);
	rig_is(SHARD_READY);
	assert_int_equal(rig_stats.replayed, 2);
	assert_int_equal(rig_session.seq, 9);
	assert_int_equal(rig_seen.saves, 0);
}

static void
test_stale_generation(void **state)
{
	struct session_in i = {.text = ""};
	uint32_t old;

	rig_live();
	old = rig_session.generation;
	rig_closed(4000);
	session_wire(&rig_session, old, SESSION_EV_CLOSED, &i);
	session_wire(&rig_session, old, SESSION_EV_ACK, NULL);
	rig_is(SHARD_WAITING);
	assert_int_equal(rig_seen.hangups, 1);
}

/* ---- close codes ---------------------------------------------------- */

static void
expect_resume(unsigned code, uint64_t at_least)
{
	rig_live();
	rig_event(20, "MESSAGE_CREATE");
	rig_closed(code);
	rig_is(SHARD_WAITING);
	assert_int_equal(rig_seen.hangup_code, CLOSE_CODES_OUR_CLOSE);
	assert_true(fake_time_next() >= at_least);
	assert_int_equal(rig_seen.asks, 0);
	fake_time_advance(fake_time_next());
	rig_is(SHARD_CONNECTING);
	rig_hello();
	assert_int_equal(rig_seen.resume_seq, 20);
	assert_int_equal(rig_seen.forgets, 0);
}

static void
expect_identify(unsigned code)
{
	rig_live();
	rig_closed(code);
	rig_is(SHARD_WAITING);
	assert_int_equal(rig_seen.forgets, 1);
	fake_time_advance(60000);
	rig_is(SHARD_PERMIT);
	assert_int_equal(rig_seen.cause, CAUSE_CLOSE_CODE);
	assert_int_equal(rig_seen.ask_code, code);
	rig_grant();
	assert_string_equal(rig_seen.url, RIG_MAIN);
}

static void
expect_fatal(unsigned code)
{
	rig_identifying();
	rig_closed(code);
	rig_is(SHARD_HELD);
	assert_int_equal(rig_seen.fatals, 1);
	assert_int_equal(rig_seen.fatal_code, code);
	assert_int_equal(rig_seen.outcome, OUTCOME_CLOSED);
	fake_time_advance(3600000);
	assert_int_equal(rig_seen.dials, 1);
	assert_int_equal(rig_seen.identifies, 1);
}

static void
test_close_codes(void **state)
{
	static const unsigned resume[] = {0, 1000, 1001, 1002, 1003, 1005, 1006,
	    1007, 1009, 1012, 1013, 1014, 4000, 4001, 4002, 4005, 4015, 4016,
	    4020, 4999, 3000};
	static const unsigned slow[] = {1008, 1010, 1011, 1015, 4008};
	static const unsigned identify[] = {4003, 4006, 4007, 4009};
	static const unsigned fatal[] = {4004, 4010, 4011, 4012, 4013, 4014};

	for (size_t i = 0; i < nitems(resume); i++)
		expect_resume(resume[i], 0);
	for (size_t i = 0; i < nitems(slow); i++)
		expect_resume(slow[i], 5000);
	for (size_t i = 0; i < nitems(identify); i++)
		expect_identify(identify[i]);
	for (size_t i = 0; i < nitems(fatal); i++)
		expect_fatal(fatal[i]);
}

static void
test_void_code_before_hello(void **state)
{
	rig_begin("abc", CAUSE_NO_SESSION);
	rig_in(SESSION_EV_DIALED);
	rig_closed(4003);
	assert_int_equal(rig_seen.forgets, 0);
	rig_is(SHARD_WAITING);
}

/* ---- op 9 ----------------------------------------------------------- */

static void
test_invalid_after_resume(void **state)
{
	rig_begin("abc", CAUSE_NO_SESSION);
	rig_hello();
	rig_in_flag(SESSION_EV_INVALID, false);
	rig_is(SHARD_WAITING);
	assert_int_equal(rig_seen.forgets, 1);
	assert_int_equal(rig_seen.hangup_code, CLOSE_CODES_OUR_CLOSE);
	assert_int_equal(fake_time_next(), 3000);
	fake_time_advance(3000);
	rig_is(SHARD_PERMIT);
	assert_int_equal(rig_seen.cause, CAUSE_INVALID_SESSION);
}

static void
test_invalid_true_once(void **state)
{
	rig_begin("abc", CAUSE_NO_SESSION);
	rig_hello();
	rig_in_flag(SESSION_EV_INVALID, true);
	assert_int_equal(rig_seen.forgets, 0);
	fake_time_advance(3000);
	rig_hello();
	rig_is(SHARD_RESUMING);
	rig_in_flag(SESSION_EV_INVALID, true);
	assert_int_equal(rig_seen.forgets, 1);
	fake_time_advance(10000);
	rig_is(SHARD_PERMIT);
}

static void
test_invalid_live(void **state)
{
	rig_live();
	rig_in_flag(SESSION_EV_INVALID, true);
	rig_is(SHARD_WAITING);
	assert_int_equal(rig_seen.forgets, 0);
	rig_live();
	rig_in_flag(SESSION_EV_INVALID, false);
	assert_int_equal(rig_seen.forgets, 1);
}

/* 8.8: spacing of failed IDENTIFYs grows: 5, 10, 20 ... 600 s. */
static void
test_invalid_after_identify(void **state)
{
	uint64_t base = 5000, next;

	rig_identifying();
	for (int i = 0; i < 9; i++) {
		rig_in_flag(SESSION_EV_INVALID, false);
		rig_is(SHARD_WAITING);
		assert_int_equal(rig_seen.outcome, OUTCOME_INVALID);
		next = fake_time_next();
		assert_true(next >= base && next <= base * 5 / 4);
		fake_time_advance(next);
		rig_is(SHARD_PERMIT);
		rig_grant();
		rig_hello();
		base = base * 2 > 600000 ? 600000 : base * 2;
	}
	assert_int_equal(rig_seen.identifies, 10);
	rig_ready(0);
	rig_lives(RIG_INTERVAL);
	rig_closed(4007);
	assert_true(fake_time_next() <= 1000);
}

static void
test_early_op7_op9(void **state)
{
	rig_begin("abc", CAUSE_NO_SESSION);
	rig_in(SESSION_EV_DIALED);
	rig_in(SESSION_EV_RECONNECT);
	rig_is(SHARD_WAITING);
	fake_time_advance(2000);
	rig_in(SESSION_EV_DIALED);
	rig_in_flag(SESSION_EV_INVALID, false);
	rig_is(SHARD_WAITING);
	assert_int_equal(rig_seen.forgets, 0);
}

static void
test_op7(void **state)
{
	rig_live();
	rig_in(SESSION_EV_RECONNECT);
	rig_is(SHARD_WAITING);
	assert_int_equal(rig_seen.hangup_code, CLOSE_CODES_OUR_CLOSE);
	assert_true(fake_time_next() <= 1000);
	fake_time_advance(1000);
	assert_string_equal(rig_seen.url, RIG_RESUME);
	rig_hello();
	rig_in(SESSION_EV_RECONNECT);
	assert_int_equal(rig_session.rec.strikes, 0);
}

/* ---- deadlines ------------------------------------------------------ */

static void
test_no_hello(void **state)
{
	rig_begin("abc", CAUSE_NO_SESSION);
	fake_time_advance(4000);
	rig_in(SESSION_EV_DIALED);
	rig_is(SHARD_HELLO);
	fake_time_advance(15999);
	rig_is(SHARD_HELLO);
	fake_time_advance(1);
	rig_is(SHARD_WAITING);
	assert_int_equal(rig_stats.connect_fails, 1);
	assert_int_equal(rig_session.rec.strikes, 0);
}

static void
test_no_connection(void **state)
{
	rig_begin("abc", CAUSE_NO_SESSION);
	fake_time_advance(15000);
	rig_is(SHARD_WAITING);
	assert_int_equal(rig_seen.hangups, 1);
}

static void
test_bad_hello(void **state)
{
	rig_begin("abc", CAUSE_NO_SESSION);
	rig_in(SESSION_EV_DIALED);
	rig_in_value(SESSION_EV_HELLO, 0);
	rig_is(SHARD_WAITING);
	assert_int_equal(rig_seen.resumes, 0);
	fake_time_advance(2000);
	rig_in(SESSION_EV_DIALED);
	rig_in_value(SESSION_EV_HELLO, 99999999999u);
	assert_int_equal(rig_stats.interval_ms, SESSION_INTERVAL_MAX_MS);
}

/* 8.5: silence after RESUME; the deadline counts from the last byte. */
static void
test_no_answer(void **state)
{
	rig_begin("abc", CAUSE_NO_SESSION);
	fake_time_random(0.99);
	rig_hello();
	for (int i = 0; i < 10; i++) {
		fake_time_advance(30000);
		rig_in(SESSION_EV_ACK);
		rig_event(10 + (uint64_t)i, "MESSAGE_CREATE");
	}
	rig_is(SHARD_RESUMING);
	rig_begin("abc", CAUSE_NO_SESSION);
	rig_hello();
	fake_time_advance(20000);
	rig_in(SESSION_EV_ACK);
	session_bytes(&rig_session, clock_boot_ms());
	fake_time_advance(50000);
	rig_in(SESSION_EV_ACK);
	rig_is(SHARD_RESUMING);
	fake_time_advance(10000);
	rig_is(SHARD_WAITING);
	assert_int_equal(rig_seen.saved.strikes, 1);
}

/* ACKs alone do not keep a handshake alive for ever. */
static void
test_only_acks(void **state)
{
	rig_identifying();
	for (int i = 0; i < 40 && rig_stats.state == SHARD_IDENTIFYING; i++) {
		fake_time_advance(20000);
		rig_in(SESSION_EV_ACK);
		session_bytes(&rig_session, clock_boot_ms());
	}
	rig_is(SHARD_WAITING);
	assert_int_equal(rig_seen.outcome, OUTCOME_TIMEOUT);
}

/* ---- heartbeats ----------------------------------------------------- */

static void
test_beats(void **state)
{
	rig_begin("abc", CAUSE_NO_SESSION);
	fake_time_random(0.25);
	rig_hello();
	rig_in(SESSION_EV_RESUMED);
	fake_time_advance(9999);
	assert_int_equal(rig_seen.beats, 0);
	fake_time_advance(1);
	assert_int_equal(rig_seen.beats, 1);
	assert_int_equal(rig_seen.beat_seq, 7);
	fake_time_advance(80);
	rig_in(SESSION_EV_ACK);
	assert_int_equal(rig_stats.rtt_ms, 80);
	rig_event(12, "X");
	for (unsigned i = 2; i < 20; i++) {
		fake_time_advance(RIG_INTERVAL);
		assert_int_equal(rig_seen.beats, i);
		rig_in(SESSION_EV_ACK);
	}
	assert_int_equal(rig_seen.beat_seq, 12);
	rig_is(SHARD_READY);
}

static void
test_beat_before_any_dispatch(void **state)
{
	rig_identifying();
	fake_time_advance(RIG_INTERVAL / 2);
	assert_int_equal(rig_seen.beats, 1);
	assert_false(rig_seen.beat_has);
}

static void
test_zombie(void **state)
{
	rig_live();
	fake_time_advance(RIG_INTERVAL / 2);
	assert_int_equal(rig_seen.beats, 1);
	session_bytes(&rig_session, clock_boot_ms() + 5);
	fake_time_advance(RIG_INTERVAL);
	rig_is(SHARD_CONNECTING);
	assert_int_equal(rig_stats.zombies, 1);
	assert_int_equal(rig_stats.reconnects[RECONNECT_ZOMBIE], 1);
	assert_int_equal(rig_seen.hangup_code, CLOSE_CODES_OUR_CLOSE);
	/* 8.13: the flag belongs to the connection that is gone. */
	fake_time_advance(1000);
	rig_hello();
	assert_int_equal(rig_stats.resumed_for[RECONNECT_ZOMBIE], 1);
	rig_in(SESSION_EV_RESUMED);
	fake_time_advance(RIG_INTERVAL / 2 + 10);
	rig_is(SHARD_READY);
	assert_int_equal(rig_seen.beats, 2);
}

/* 8.19: one extra interval while the guilds of READY pour in. */
static void
test_flood(void **state)
{
	rig_identifying();
	rig_ready(1000);
	fake_time_advance(RIG_INTERVAL / 2 + 1000);
	rig_event(2, "GUILD_CREATE");
	fake_time_advance(RIG_INTERVAL - 1000);
	rig_is(SHARD_READY);
	assert_int_equal(rig_seen.beats, 2);
	fake_time_advance(1000);
	rig_event(3, "GUILD_CREATE");
	fake_time_advance(RIG_INTERVAL - 1000);
	rig_is(SHARD_CONNECTING);
	assert_int_equal(rig_stats.zombies, 1);
}

static void
test_flood_is_over(void **state)
{
	rig_identifying();
	rig_ready(1);
	rig_event(2, "GUILD_CREATE");
	assert_int_equal(rig_stats.guilds_pending, 0);
	fake_time_advance(RIG_INTERVAL / 2 + 1000);
	rig_event(3, "MESSAGE_CREATE");
	fake_time_advance(RIG_INTERVAL - 1000);
	assert_int_equal(rig_stats.zombies, 1);
}

static void
test_server_asks(void **state)
{
	rig_live();
	rig_in(SESSION_EV_BEAT);
	assert_int_equal(rig_seen.beats, 1);
	/* It must not count as the unanswered one. */
	fake_time_advance(RIG_INTERVAL / 2);
	rig_is(SHARD_READY);
	assert_int_equal(rig_seen.beats, 2);
}

/* 8.29: the host slept. */
static void
test_suspend(void **state)
{
	rig_live();
	fake_time_advance(RIG_INTERVAL / 2);
	rig_in(SESSION_EV_ACK);
	fake_time_sleep(RIG_INTERVAL * 3);
	assert_int_equal(rig_seen.hangups, 1);
	assert_int_equal(rig_seen.hangup_code, CLOSE_CODES_OUR_CLOSE);
	rig_is(SHARD_CONNECTING);
	assert_int_equal(rig_stats.zombies, 0);
}

/* A server that gives the id again: what belonged to it before is another's. */
static void
f_b1_the_same_id_after_an_identify_is_a_new_epoch(void **state)
{
	struct store_session first;
	uint64_t key;

	rig_identifying();
	rig_ready(0);
	first = rig_seen.saved;
	key = rig_stats.session;
	assert_int_equal(key, store_session_key(&first));
	rig_event(2, "MESSAGE_CREATE");
	rig_in_flag(SESSION_EV_INVALID, false);
	assert_int_equal(rig_stats.session, 0);
	fake_time_advance(6000);
	rig_grant();
	rig_hello();
	rig_ready(0);
	assert_string_equal(rig_seen.saved.id, first.id);
	assert_int_not_equal(rig_stats.session, key);
	assert_int_equal(rig_stats.session, rig_session.hash);
	assert_int_equal(rig_stats.session, store_session_key(&rig_seen.saved));
	/* It lasts over a RESUME, and for who takes the record over. */
	key = rig_stats.session;
	rig_in(SESSION_EV_RECONNECT);
	fake_time_advance(3000);
	rig_hello();
	rig_in(SESSION_EV_RESUMED);
	assert_int_equal(rig_stats.session, key);
	first = rig_seen.saved;
	rig_begin("abc", CAUSE_NO_SESSION);
	assert_int_not_equal(rig_stats.session, key);
	session_adopt(&rig_session, &first);
	assert_int_equal(rig_stats.session, key);
}

/* Two READYs of one moment, as after a clock was set back. */
static void
f_b1_two_identifies_of_one_moment_are_two_epochs(void **state)
{
	struct store_session a = {.id = "abc", .epoch = 7ull << 16 | 1};
	struct store_session b = {.id = "abc", .epoch = 7ull << 16 | 2};

	rig_identifying();
	rig_ready(0);
	assert_int_equal(rig_seen.saved.epoch & 0xffff, 99);
	assert_int_equal(rig_seen.saved.epoch >> 16, rig_seen.saved.ready_ms);
	assert_int_not_equal(store_session_key(&a), store_session_key(&b));
}

/* The server moved: both hosts are dead, the supervisor learns the new one. */
static void
f_b12_a_new_gateway_url_reaches_a_session_that_waits(void **state)
{
	rig_begin("abc", CAUSE_NO_SESSION);
	for (unsigned i = 0; i < 8; i++) {
		rig_dial_failed(0, 0);
		rig_is(SHARD_WAITING);
		for (unsigned ms = 0;
		     ms < 61000 && rig_stats.state != SHARD_CONNECTING;
		     ms += 100)
			fake_time_advance(100);
		rig_is(SHARD_CONNECTING);
	}
	rig_dial_failed(0, 0);
	str_copy(rig_main, "wss://moved.example", sizeof(rig_main));
	session_input(&rig_session, SESSION_EV_MOVED, NULL);
	/* No back-off of a minute: nothing is known of the new one. */
	fake_time_advance(1001);
	rig_is(SHARD_CONNECTING);
	assert_string_equal(rig_seen.url, "wss://moved.example");
	rig_hello();
	assert_int_equal(rig_seen.resumes, 1);
	assert_int_equal(rig_seen.asks, 0);
}

/* It shortens no wait that Discord asked for, and moves nobody who is well. */
static void
f_b12_a_new_gateway_url_hurries_nobody_else(void **state)
{
	rig_live();
	session_input(&rig_session, SESSION_EV_MOVED, NULL);
	rig_is(SHARD_READY);
	rig_in(SESSION_EV_RECONNECT);
	fake_time_advance(3000);
	assert_string_equal(rig_seen.url, RIG_RESUME);
	rig_identifying();
	rig_in_flag(SESSION_EV_INVALID, false);
	rig_is(SHARD_WAITING);
	session_input(&rig_session, SESSION_EV_MOVED, NULL);
	fake_time_advance(900);
	rig_is(SHARD_WAITING);
}

/* fake_time_advance() is named, so the fake clock is linked. */
static int
tear_down(void **state)
{
	rig_end();
	fake_time_advance(0);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_first_start),
	    cmocka_unit_test(test_resume_start),
	    cmocka_unit_test(test_stale_generation),
	    cmocka_unit_test(test_close_codes),
	    cmocka_unit_test(test_void_code_before_hello),
	    cmocka_unit_test(test_invalid_after_resume),
	    cmocka_unit_test(test_invalid_true_once),
	    cmocka_unit_test(test_invalid_live),
	    cmocka_unit_test(test_invalid_after_identify),
	    cmocka_unit_test(test_early_op7_op9),
	    cmocka_unit_test(test_op7),
	    cmocka_unit_test(test_no_hello),
	    cmocka_unit_test(test_no_connection),
	    cmocka_unit_test(test_bad_hello),
	    cmocka_unit_test(test_no_answer),
	    cmocka_unit_test(test_only_acks),
	    cmocka_unit_test(test_beats),
	    cmocka_unit_test(test_beat_before_any_dispatch),
	    cmocka_unit_test(test_zombie),
	    cmocka_unit_test(test_flood),
	    cmocka_unit_test(test_flood_is_over),
	    cmocka_unit_test(test_server_asks),
	    cmocka_unit_test(test_suspend),
	    cmocka_unit_test(f_b1_the_same_id_after_an_identify_is_a_new_epoch),
	    cmocka_unit_test(f_b1_two_identifies_of_one_moment_are_two_epochs),
	    cmocka_unit_test(
		f_b12_a_new_gateway_url_reaches_a_session_that_waits),
	    cmocka_unit_test(f_b12_a_new_gateway_url_hurries_nobody_else),
	};

	return cmocka_run_group_tests(tests, NULL, tear_down);
}
