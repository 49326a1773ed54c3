/* SPDX-License-Identifier: MIT */
/*
 * The session between connections: back-off, hosts, strikes, orders
 * (discord-protocol.md 2.12, 3.3, 4.3 and section 8).
 */
#include "shard/session/close_codes.h"
#include "shared/base/clock.h"
#include "tests/unit/shard/session/session_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* ---- attempts ------------------------------------------------------- */

static void
test_backoff(void **state)
{
	static const uint64_t caps[] = {1000, 1000, 2000, 4000, 8000, 16000,
	    32000, 60000, 60000};

	rig_live();
	fake_time_random(0.999999);
	rig_closed(0);
	for (size_t i = 0; i < nitems(caps); i++) {
		assert_in_range(fake_time_next(), caps[i] - 1, caps[i]);
		fake_time_advance(fake_time_next());
		rig_dial_failed(0, 0);
	}
	/* HELLO does not reset it, RESUMED does. */
	fake_time_advance(fake_time_next());
	rig_hello();
	rig_closed(4000);
	assert_in_range(fake_time_next(), 59999, 60000);
	fake_time_advance(fake_time_next());
	rig_hello();
	rig_in(SESSION_EV_RESUMED);
	rig_closed(4000);
	assert_in_range(fake_time_next(), 999, 1000);
}

/* 2.7, 8.2: alone at once, many apart from each other, and none for longer than
 * the spread; but a connection that broke at once is no such loss. */
static void
test_spread(void **state)
{
	static const struct {
		unsigned beside;
		uint64_t ms;
	} cases[] = {{0, 0}, {2, 100}, {40, 2000}, {90, 4500}, {999, 4500}};

	for (size_t i = 0; i < nitems(cases); i++) {
		rig_live();
		rig_lives(60000);
		rig_seen.lost_beside = cases[i].beside;
		fake_time_random(0.999999);
		rig_closed(0);
		rig_is(SHARD_WAITING);
		assert_in_range(fake_time_next(),
		    cases[i].ms > 0 ? cases[i].ms - 1 : 0, cases[i].ms);
		fake_time_advance(fake_time_next());
		rig_is(SHARD_CONNECTING);
		rig_dial_failed(0, 0);
		assert_in_range(fake_time_next(), 999, 1000);
		rig_end();
	}
	rig_live();
	fake_time_random(0.999999);
	rig_closed(0);
	assert_in_range(fake_time_next(), 999, 1000);
	rig_end();
	rig_live();
	rig_seen.lost_beside = 40;
	fake_time_random(0.999999);
	rig_closed(0);
	assert_in_range(fake_time_next(), 1999, 2000);
}

/* 8.7: a dead resume host does not pin the shard. */
static void
test_dead_host(void **state)
{
	rig_live();
	rig_closed(0);
	fake_time_advance(1000);
	assert_string_equal(rig_seen.url, RIG_RESUME);
	rig_dial_failed(0, 0);
	fake_time_advance(fake_time_next());
	assert_string_equal(rig_seen.url, RIG_MAIN);
	rig_dial_failed(520, 0);
	fake_time_advance(fake_time_next());
	assert_string_equal(rig_seen.url, RIG_RESUME);
	rig_dial_failed(0, 0);
	fake_time_advance(fake_time_next());
	assert_string_equal(rig_seen.url, RIG_MAIN);
	assert_int_equal(rig_seen.saves, 0);
	rig_hello();
	assert_true(rig_seen.saved.host_fails > 0);
	rig_in(SESSION_EV_RESUMED);
	rig_closed(0);
	fake_time_advance(fake_time_next());
	assert_string_equal(rig_seen.url, RIG_MAIN);
	assert_int_equal(rig_session.rec.strikes, 0);
	assert_int_equal(rig_seen.asks, 0);
}

/* 8.23 */
static void
test_http_status(void **state)
{
	rig_begin("", CAUSE_NO_SESSION);
	rig_grant();
	rig_dial_failed(429, 120);
	assert_int_equal(fake_time_next(), 120000);
	fake_time_advance(120000);
	rig_grant();
	rig_dial_failed(403, 0);
	assert_int_equal(fake_time_next(), 60000);
	fake_time_advance(60000);
	rig_grant();
	rig_dial_failed(503, 999999999);
	assert_int_equal(fake_time_next(), 86400000);
}

/* 8.7 and 8.23: what one host asks for does not bind the other. */
static void
test_retry_after_of_one_host(void **state)
{
	rig_live();
	rig_closed(0);
	fake_time_advance(1000);
	assert_string_equal(rig_seen.url, RIG_RESUME);
	rig_dial_failed(503, 3600);
	assert_true(fake_time_next() <= 1000);
	for (int i = 0; i < 5; i++) {
		fake_time_advance(fake_time_next());
		rig_is(SHARD_CONNECTING);
		assert_string_equal(rig_seen.url, RIG_MAIN);
		rig_dial_failed(0, 0);
	}
	fake_time_advance(fake_time_next());
	/* Both: the one that may be asked first. */
	rig_dial_failed(429, 600);
	assert_int_equal(fake_time_next(), 600000);
	fake_time_advance(600000);
	assert_string_equal(rig_seen.url, RIG_MAIN);
	rig_dial_failed(429, 7200);
	assert_in_range(fake_time_next(), 2900000, 3000000);
	fake_time_advance(fake_time_next());
	assert_string_equal(rig_seen.url, RIG_RESUME);
	rig_hello();
	rig_is(SHARD_RESUMING);
}

/* 8.7: when nobody answers, the network is ours and no host is to blame. */
static void
test_local_outage(void **state)
{
	rig_live();
	rig_closed(0);
	for (int i = 0; i < 20; i++) {
		fake_time_advance(fake_time_next());
		rig_dial_failed(0, 0);
	}
	do
		fake_time_advance(fake_time_next());
	while (strcmp(rig_seen.url, RIG_MAIN) != 0
	    && (rig_dial_failed(0, 0), true));
	rig_hello();
	rig_in(SESSION_EV_RESUMED);
	assert_int_equal(rig_session.rec.host_fails, 0);
	assert_int_equal(rig_session.rec.strikes + rig_seen.asks, 0);
	rig_closed(0);
	fake_time_advance(fake_time_next());
	assert_string_equal(rig_seen.url, RIG_RESUME);
}

/* A host that was dead once is not avoided for the life of the session. */
static void
test_dead_host_again(void **state)
{
	rig_live();
	rig_closed(0);
	fake_time_advance(1000);
	rig_dial_failed(0, 0);
	fake_time_advance(fake_time_next());
	rig_hello();
	rig_in(SESSION_EV_RESUMED);
	for (int i = 0; i < 30; i++) {
		session_bytes(&rig_session, clock_boot_ms());
		rig_in(SESSION_EV_ACK);
		fake_time_advance(RIG_INTERVAL);
	}
	rig_in(SESSION_EV_ACK);
	rig_closed(0);
	fake_time_advance(fake_time_next());
	assert_string_equal(rig_seen.url, RIG_RESUME);
	rig_dial_failed(0, 0);
	fake_time_advance(fake_time_next());
	assert_string_equal(rig_seen.url, RIG_MAIN);
}

/* 8.6: three strikes, each kept on disk. */
static void
test_poisoned(void **state)
{
	rig_begin("abc", CAUSE_NO_SESSION);
	for (unsigned i = 1; i <= 3; i++) {
		rig_hello();
		rig_closed(i == 2 ? 1005 : 0);
		if (i < 3)
			assert_int_equal(rig_seen.saved.strikes, i);
		fake_time_advance(fake_time_next());
	}
	assert_int_equal(rig_seen.forgets, 1);
	rig_is(SHARD_PERMIT);
	assert_int_equal(rig_seen.cause, CAUSE_POISONED);
	assert_int_equal(rig_stats.resumes_failed, 3);
}

static void
test_no_strike_without_hello(void **state)
{
	rig_begin("abc", CAUSE_NO_SESSION);
	for (int i = 0; i < 20; i++) {
		rig_dial_failed(i % 2 ? 520 : 0, 0);
		fake_time_advance(fake_time_next());
	}
	assert_int_equal(rig_seen.forgets + rig_seen.asks, 0);
}

/* A replay cut short has made progress: the next one goes on from there. */
static void
test_no_strike_with_progress(void **state)
{
	rig_begin("abc", CAUSE_NO_SESSION);
	for (uint64_t i = 0; i < 10; i++) {
		rig_hello();
		rig_event(100 + i, "MESSAGE_CREATE");
		rig_closed(0);
		fake_time_advance(fake_time_next());
	}
	rig_hello();
	assert_int_equal(rig_seen.resume_seq, 109);
	assert_int_equal(rig_seen.forgets, 0);
}

/* A dispatch without a new seq is none: the next RESUME starts as this one. */
static void
test_strike_without_progress(void **state)
{
	rig_begin("abc", CAUSE_NO_SESSION);
	for (int i = 0; i < 3; i++) {
		rig_hello();
		rig_event(7, "MESSAGE_CREATE");
		rig_closed(0);
		fake_time_advance(fake_time_next());
	}
	rig_is(SHARD_PERMIT);
	assert_int_equal(rig_seen.cause, CAUSE_POISONED);
}

/* 8.15: op 7 in answer to RESUME is routine, but not for ever. */
static void
test_op7_for_ever(void **state)
{
	int rounds = 0;

	rig_begin("abc", CAUSE_NO_SESSION);
	while (rig_seen.forgets == 0 && rounds < 100) {
		rig_hello();
		rig_in(SESSION_EV_RECONNECT);
		fake_time_advance(fake_time_next());
		rounds++;
	}
	assert_in_range(rounds, 10, 15);
	rig_is(SHARD_PERMIT);
}

/* 8.29: that the host slept amid a RESUME is not the session's fault. */
static void
test_sleep_amid_resume(void **state)
{
	rig_begin("abc", CAUSE_NO_SESSION);
	for (int i = 0; i < 5; i++) {
		rig_hello();
		rig_is(SHARD_RESUMING);
		fake_time_sleep(RIG_INTERVAL * 3);
		fake_time_advance(fake_time_next());
		rig_is(SHARD_WAITING);
		fake_time_advance(fake_time_next());
	}
	rig_is(SHARD_CONNECTING);
	assert_int_equal(rig_seen.forgets + rig_session.rec.strikes, 0);
}

/* 8.18: 1011 for days on a session that lives: RESUMEs only, spaced; then,
 * when they fail as well, the session is given up and IDENTIFYs grow rare. */
static void
test_1011_for_days(void **state)
{
	uint64_t start;

	rig_live();
	start = clock_boot_ms();
	for (int i = 0; i < 1000; i++) {
		rig_closed(1011);
		assert_true(fake_time_next() >= 10000);
		fake_time_advance(fake_time_next());
		rig_hello();
		rig_in(SESSION_EV_RESUMED);
	}
	assert_int_equal(rig_seen.asks, 0);
	assert_true(clock_boot_ms() - start >= 10000000);
	for (int i = 0; i < 3; i++) {
		rig_closed(1011);
		fake_time_advance(fake_time_next());
		rig_hello();
	}
	rig_closed(1011);
	fake_time_advance(fake_time_next());
	rig_is(SHARD_PERMIT);
	for (int i = 0; i < 20; i++) {
		rig_grant();
		rig_hello();
		rig_closed(1011);
		fake_time_advance(fake_time_next());
	}
	rig_grant();
	rig_hello();
	rig_closed(1011);
	assert_true(fake_time_next() >= 600000);
}

static void
test_strikes_reset(void **state)
{
	rig_begin("abc", CAUSE_NO_SESSION);
	rig_hello();
	rig_closed(0);
	assert_int_equal(rig_seen.saved.strikes, 1);
	fake_time_advance(fake_time_next());
	rig_hello();
	rig_in(SESSION_EV_RESUMED);
	assert_int_equal(rig_seen.saved.strikes, 0);
}

static void
test_broken_stream(void **state)
{
	struct session_in i = {.text = "the compressed stream is broken"};

	rig_live();
	session_wire(&rig_session, rig_session.generation, SESSION_EV_BROKEN,
	    &i);
	rig_is(SHARD_WAITING);
	assert_int_equal(rig_seen.hangup_code, CLOSE_CODES_OUR_CLOSE);
	assert_int_equal(rig_seen.forgets, 0);
}

/* ---- answers -------------------------------------------------------- */

static void
test_ready_unusable(void **state)
{
	struct session_in i = {.value = 1, .text = "", .url = ""};

	rig_identifying();
	session_wire(&rig_session, rig_session.generation, SESSION_EV_READY,
	    &i);
	rig_is(SHARD_WAITING);
	assert_int_equal(rig_seen.outcome, OUTCOME_CLOSED);
	assert_true(fake_time_next() >= 5000);
	assert_int_equal(rig_seen.saves, 0);
}

static void
test_ready_without_url(void **state)
{
	struct session_in i = {.value = 1, .text = "abc", .url = ""};

	rig_identifying();
	session_wire(&rig_session, rig_session.generation, SESSION_EV_READY,
	    &i);
	rig_is(SHARD_READY);
	rig_closed(0);
	fake_time_advance(1000);
	assert_string_equal(rig_seen.url, RIG_MAIN);
	rig_hello();
	rig_is(SHARD_RESUMING);
}

static void
test_identify_closed(void **state)
{
	rig_identifying();
	rig_closed(0);
	assert_int_equal(rig_seen.outcome, OUTCOME_CLOSED);
	assert_true(fake_time_next() >= 5000);
}

/* ---- orders --------------------------------------------------------- */

static void
test_stop(void **state)
{
	rig_live();
	rig_in_flag(SESSION_EV_STOP, false);
	rig_is(SHARD_DRAINING);
	assert_int_equal(rig_seen.hangup_code, CLOSE_CODES_OUR_CLOSE);
	assert_int_equal(rig_seen.forgets, 0);
	assert_int_equal(fake_time_next(), UINT64_MAX);
	rig_live();
	rig_in_flag(SESSION_EV_STOP, true);
	assert_int_equal(rig_seen.hangup_code, 1000);
	assert_int_equal(rig_seen.forgets, 1);
}

static void
test_stop_while_asking(void **state)
{
	rig_begin("", CAUSE_NO_SESSION);
	rig_in_flag(SESSION_EV_STOP, false);
	assert_int_equal(rig_seen.dones, 1);
	assert_int_equal(rig_seen.outcome, OUTCOME_UNUSED);
	assert_int_equal(rig_seen.ledger, 0);
}

static void
test_stop_everywhere(void **state)
{
	for (int i = 0; i < SHARD_STATES; i++) {
		rig_live();
		rig_stats.state = (uint32_t)i;
		rig_in_flag(SESSION_EV_STOP, false);
		assert_true(rig_seen.hangup_code == 0
		    || rig_seen.hangup_code == CLOSE_CODES_OUR_CLOSE);
		session_free(&rig_session);
	}
}

static void
test_order(void **state)
{
	rig_live();
	rig_in(SESSION_EV_ORDER);
	fake_time_advance(0);
	rig_is(SHARD_CONNECTING);
	rig_dial_failed(0, 0);
	rig_is(SHARD_WAITING);
	rig_in(SESSION_EV_ORDER);
	rig_is(SHARD_CONNECTING);
	assert_int_equal(rig_seen.dials, 3);
	/* A failed attempt between does not hide what it was all about. */
	assert_int_equal(rig_stats.reconnects[RECONNECT_ORDER], 1);
	assert_int_equal(rig_stats.reconnects[RECONNECT_CONNECT], 1);
	rig_hello();
	assert_int_equal(rig_stats.resumed_for[RECONNECT_ORDER], 1);
}

static void
test_full(void **state)
{
	rig_live();
	session_input(&rig_session, SESSION_EV_FULL, NULL);
	rig_is(SHARD_WAITING);
	assert_int_equal(rig_seen.hangup_code, CLOSE_CODES_OUR_CLOSE);
	fake_time_advance(600000);
	rig_is(SHARD_WAITING);
	rig_in(SESSION_EV_ORDER);
	rig_is(SHARD_WAITING);
	session_input(&rig_session, SESSION_EV_ROOM, NULL);
	fake_time_advance(0);
	rig_is(SHARD_CONNECTING);
	assert_int_equal(rig_stats.queue_full, 1);
	assert_int_equal(rig_stats.reconnects[RECONNECT_FULL], 1);
	assert_int_equal(rig_session.rec.strikes, 0);
	/* Room at once: a replay that is too fast must not become a storm. */
	rig_hello();
	session_input(&rig_session, SESSION_EV_FULL, NULL);
	session_input(&rig_session, SESSION_EV_ROOM, NULL);
	fake_time_advance(SESSION_FULL_MS - 1);
	rig_is(SHARD_WAITING);
	fake_time_advance(1);
	rig_is(SHARD_CONNECTING);
}

/* 8.15: any event in any state; nothing but a permit leads to IDENTIFY, and
 * only an order to end the session closes with 1000. */
static void
test_any_event_in_any_state(void **state)
{
	uint64_t rnd = 88172645463325252u;

	rig_begin("abc", CAUSE_NO_SESSION);
	for (int i = 0; i < 20000; i++) {
		struct session_in x = {.text = "abc", .url = RIG_RESUME};
		enum session_event ev;
		unsigned ids = rig_seen.identifies, asks = rig_seen.asks;

		rnd ^= rnd << 13;
		rnd ^= rnd >> 7;
		rnd ^= rnd << 17;
		ev = (enum session_event)(rnd % SESSION_EV_COUNT);
		if (ev == SESSION_EV_STOP || ev == SESSION_EV_START)
			continue;
		x.flag = (rnd >> 20) & 1;
		x.code = ev == SESSION_EV_GRANT
		    ? rig_seen.serial
		    : 4000 + (unsigned)((rnd >> 24) % 4);
		x.value = ev == SESSION_EV_HELLO ? 100 : 1;
		session_input(&rig_session, ev, &x);
		fake_time_advance((rnd >> 32) % 3000);
		if (rig_seen.identifies > ids)
			assert_true(
			    rig_seen.identifies <= rig_seen.asks && asks > 0);
		assert_true(rig_seen.hangup_code == 0
		    || rig_seen.hangup_code == CLOSE_CODES_OUR_CLOSE);
		session_bytes(&rig_session, clock_boot_ms());
	}
	print_message("%u resumes, %u identifies\n", rig_seen.resumes,
	    rig_seen.identifies);
	assert_true(rig_seen.resumes > 0 && rig_seen.identifies > 0);
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
	    cmocka_unit_test(test_backoff),
	    cmocka_unit_test(test_spread),
	    cmocka_unit_test(test_dead_host),
	    cmocka_unit_test(test_http_status),
	    cmocka_unit_test(test_retry_after_of_one_host),
	    cmocka_unit_test(test_local_outage),
	    cmocka_unit_test(test_dead_host_again),
	    cmocka_unit_test(test_poisoned),
	    cmocka_unit_test(test_no_strike_without_hello),
	    cmocka_unit_test(test_no_strike_with_progress),
	    cmocka_unit_test(test_strike_without_progress),
	    cmocka_unit_test(test_op7_for_ever),
	    cmocka_unit_test(test_sleep_amid_resume),
	    cmocka_unit_test(test_1011_for_days),
	    cmocka_unit_test(test_strikes_reset),
	    cmocka_unit_test(test_broken_stream),
	    cmocka_unit_test(test_ready_unusable),
	    cmocka_unit_test(test_ready_without_url),
	    cmocka_unit_test(test_identify_closed),
	    cmocka_unit_test(test_stop),
	    cmocka_unit_test(test_stop_while_asking),
	    cmocka_unit_test(test_stop_everywhere),
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_full),
	    cmocka_unit_test(test_any_event_in_any_state),
	};

	return cmocka_run_group_tests(tests, NULL, tear_down);
}
