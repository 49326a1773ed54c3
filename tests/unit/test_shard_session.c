/* SPDX-License-Identifier: MIT */
/*
 * The session state machine on a fake clock: every close code, and every row
 * of discord-protocol.md section 8 that is decided there.
 */
#include "shard/reaction.h"
#include "shard/session.h"
#include "tests/unit/fake_time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define MAIN "wss://main.example"
#define RESUME "wss://resume.example"
#define INTERVAL 40000u

/* What the session asked for, in numbers. */
static struct seen {
	unsigned dials, hangups, beats, identifies, resumes, asks, dones,
	    saves, forgets, reports, fatals;
	char url[128];
	uint32_t generation, serial;
	unsigned hangup_code, fatal_code, ask_code;
	bool beat_has;
	uint64_t beat_seq, resume_seq, ledger;
	enum identify_cause cause;
	enum identify_outcome outcome;
	struct store_session saved;
} seen;

static struct page_shard stats;
static struct session ses;
static struct timers *timers;

static void
do_dial(void *arg, const char *url, uint32_t generation)
{
	seen.dials++;
	str_copy(seen.url, url, sizeof(seen.url));
	seen.generation = generation;
}

static void
do_hangup(void *arg, unsigned code)
{
	seen.hangups++;
	seen.hangup_code = code;
}

static void
do_heartbeat(void *arg, bool has, uint64_t seq)
{
	seen.beats++;
	seen.beat_has = has;
	seen.beat_seq = seq;
}

static void
do_identify(void *arg)
{
	seen.identifies++;
}

static void
do_resume(void *arg, const char *id, uint64_t seq)
{
	assert_string_equal(id, "abc");
	seen.resumes++;
	seen.resume_seq = seq;
}

static void
do_tune(void *arg, uint64_t ms)
{
}

static void
do_ask(void *arg, uint32_t serial, enum identify_cause cause, unsigned code)
{
	seen.asks++;
	seen.serial = serial;
	seen.cause = cause;
	seen.ask_code = code;
}

static void
do_done(void *arg, uint32_t serial, uint64_t ledger,
    enum identify_outcome outcome, unsigned code)
{
	seen.dones++;
	seen.ledger = ledger;
	seen.outcome = outcome;
}

static void
do_save(void *arg, const struct store_session *rec)
{
	seen.saves++;
	seen.saved = *rec;
}

static void
do_forget(void *arg)
{
	seen.forgets++;
}

static void
do_begun(void *arg, uint64_t hash, const char *id)
{
}

static void
do_report(void *arg, enum shard_report r, unsigned code, const char *text)
{
	seen.reports++;
}

static void
do_fatal(void *arg, unsigned code, const char *text)
{
	seen.fatals++;
	seen.fatal_code = code;
}

static void
do_say(void *arg, enum log_level level, const char *text)
{
}

static const struct session_ops ops = { do_dial, do_hangup, do_heartbeat,
	do_identify, do_resume, do_tune, do_ask, do_done, do_save, do_forget,
	do_begun, do_report, do_fatal, do_say };

/* ---- steps ------------------------------------------------------------ */

static void
begin(const char *id, enum identify_cause cause)
{
	struct session_limits lim = { MAIN, 15, 20, 60, 5, 0 };
	struct store_session rec = { .shard_count = 1 };

	fake_time_reset();
	memset(&seen, 0, sizeof(seen));
	memset(&stats, 0, sizeof(stats));
	timers = timers_new(NULL);
	str_copy(rec.id, id, sizeof(rec.id));
	if (id[0] != '\0') {
		str_copy(rec.url, RESUME, sizeof(rec.url));
		rec.seq = 7;
	}
	session_init(&ses, timers, &ops, NULL, &lim, &stats, &rec, cause);
	session_input(&ses, SESSION_EV_START, NULL);
}

static void
in(enum session_event ev)
{
	session_wire(&ses, ses.generation, ev, NULL);
}

static void
in_value(enum session_event ev, uint64_t value)
{
	struct session_in i = { .value = value, .text = "", .url = "" };

	session_wire(&ses, ses.generation, ev, &i);
}

static void
in_flag(enum session_event ev, bool flag)
{
	struct session_in i = { .flag = flag, .text = "", .url = "" };

	session_wire(&ses, ses.generation, ev, &i);
}

static void
closed(unsigned code)
{
	struct session_in i = { .code = code, .text = "" };

	session_wire(&ses, ses.generation, SESSION_EV_CLOSED, &i);
}

static void
dial_failed(unsigned status, uint64_t retry_after)
{
	struct session_in i = { .code = status, .value = retry_after,
		.text = "no" };

	session_wire(&ses, ses.generation, SESSION_EV_DIAL_FAILED, &i);
}

static void
hello(void)
{
	in(SESSION_EV_DIALED);
	in_value(SESSION_EV_HELLO, INTERVAL);
}

static void
grant(void)
{
	struct session_in i = { .code = seen.serial, .value = 99 };

	session_input(&ses, SESSION_EV_GRANT, &i);
}

static void
ready(uint32_t guilds)
{
	struct session_in i = { .value = 1, .text = "abc", .url = RESUME,
		.guilds = guilds };

	session_wire(&ses, ses.generation, SESSION_EV_READY, &i);
}

static void
event(uint64_t seq, const char *t)
{
	struct envelope e = { .op = 0, .s = seq, .has_s = true,
		.t_len = strlen(t) };

	session_bytes(&ses, clock_boot_ms());
	(void)session_dispatch(&ses, &e, t);
}

static void
is(enum shard_state state)
{
	assert_string_equal(page_shard_state_name[stats.state],
	    page_shard_state_name[state]);
}

/* A session that was resumed and runs. */
static void
live(void)
{
	begin("abc", CAUSE_NO_SESSION);
	hello();
	is(SHARD_RESUMING);
	in(SESSION_EV_RESUMED);
	is(SHARD_READY);
}

/* An IDENTIFY that is out. */
static void
identifying(void)
{
	begin("", CAUSE_NO_SESSION);
	is(SHARD_PERMIT);
	grant();
	hello();
	is(SHARD_IDENTIFYING);
}

/* ---- starting --------------------------------------------------------- */

static void
test_first_start(void **state)
{
	begin("", CAUSE_OTHER_INTENTS);
	is(SHARD_PERMIT);
	assert_int_equal(seen.asks, 1);
	assert_int_equal(seen.cause, CAUSE_OTHER_INTENTS);
	assert_int_equal(seen.dials, 0);
	grant();
	is(SHARD_CONNECTING);
	assert_string_equal(seen.url, MAIN);
	hello();
	assert_int_equal(seen.identifies, 1);
	ready(3);
	is(SHARD_READY);
	assert_int_equal(seen.outcome, OUTCOME_READY);
	assert_int_equal(seen.ledger, 99);
	assert_string_equal(seen.saved.id, "abc");
	assert_string_equal(seen.saved.url, RESUME);
	assert_int_equal(seen.saved.seq, 1);
	assert_int_equal(stats.guilds, 3);
}

static void
test_resume_start(void **state)
{
	begin("abc", CAUSE_NO_SESSION);
	assert_string_equal(seen.url, RESUME);
	hello();
	assert_int_equal(seen.resumes, 1);
	assert_int_equal(seen.resume_seq, 7);
	assert_int_equal(seen.asks + seen.identifies, 0);
	event(8, "MESSAGE_CREATE");
	event(9, "RESUMED");
	in(SESSION_EV_RESUMED);
	is(SHARD_READY);
	assert_int_equal(stats.replayed, 2);
	assert_int_equal(ses.seq, 9);
	assert_int_equal(seen.saves, 0);
}

static void
test_stale_generation(void **state)
{
	struct session_in i = { .text = "" };
	uint32_t old;

	live();
	old = ses.generation;
	closed(4000);
	session_wire(&ses, old, SESSION_EV_CLOSED, &i);
	session_wire(&ses, old, SESSION_EV_ACK, NULL);
	is(SHARD_WAITING);
	assert_int_equal(seen.hangups, 1);
}

/* ---- close codes ------------------------------------------------------ */

static void
expect_resume(unsigned code, uint64_t at_least)
{
	live();
	event(20, "MESSAGE_CREATE");
	closed(code);
	is(SHARD_WAITING);
	assert_int_equal(seen.hangup_code, REACTION_OUR_CLOSE);
	assert_true(fake_time_next() >= at_least);
	assert_int_equal(seen.asks, 0);
	fake_time_advance(fake_time_next());
	is(SHARD_CONNECTING);
	hello();
	assert_int_equal(seen.resume_seq, 20);
	assert_int_equal(seen.forgets, 0);
}

static void
expect_identify(unsigned code)
{
	live();
	closed(code);
	is(SHARD_WAITING);
	assert_int_equal(seen.forgets, 1);
	fake_time_advance(60000);
	is(SHARD_PERMIT);
	assert_int_equal(seen.cause, CAUSE_CLOSE_CODE);
	assert_int_equal(seen.ask_code, code);
	grant();
	assert_string_equal(seen.url, MAIN);
}

static void
expect_fatal(unsigned code)
{
	identifying();
	closed(code);
	is(SHARD_HELD);
	assert_int_equal(seen.fatals, 1);
	assert_int_equal(seen.fatal_code, code);
	assert_int_equal(seen.outcome, OUTCOME_CLOSED);
	fake_time_advance(3600000);
	assert_int_equal(seen.dials, 1);
	assert_int_equal(seen.identifies, 1);
}

static void
test_close_codes(void **state)
{
	static const unsigned resume[] = { 0, 1000, 1001, 1002, 1003, 1005,
		1006, 1007, 1009, 1012, 1013, 1014, 4000, 4001, 4002, 4005,
		4015, 4016, 4020, 4999, 3000 };
	static const unsigned slow[] = { 1008, 1010, 1011, 1015, 4008 };
	static const unsigned identify[] = { 4003, 4006, 4007, 4009 };
	static const unsigned fatal[] = { 4004, 4010, 4011, 4012, 4013, 4014 };

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
	begin("abc", CAUSE_NO_SESSION);
	in(SESSION_EV_DIALED);
	closed(4003);
	assert_int_equal(seen.forgets, 0);
	is(SHARD_WAITING);
}

/* ---- op 9 ------------------------------------------------------------- */

static void
test_invalid_after_resume(void **state)
{
	begin("abc", CAUSE_NO_SESSION);
	hello();
	in_flag(SESSION_EV_INVALID, false);
	is(SHARD_WAITING);
	assert_int_equal(seen.forgets, 1);
	assert_int_equal(seen.hangup_code, REACTION_OUR_CLOSE);
	assert_int_equal(fake_time_next(), 3000);
	fake_time_advance(3000);
	is(SHARD_PERMIT);
	assert_int_equal(seen.cause, CAUSE_INVALID_SESSION);
}

static void
test_invalid_true_once(void **state)
{
	begin("abc", CAUSE_NO_SESSION);
	hello();
	in_flag(SESSION_EV_INVALID, true);
	assert_int_equal(seen.forgets, 0);
	fake_time_advance(3000);
	hello();
	is(SHARD_RESUMING);
	in_flag(SESSION_EV_INVALID, true);
	assert_int_equal(seen.forgets, 1);
	fake_time_advance(10000);
	is(SHARD_PERMIT);
}

static void
test_invalid_live(void **state)
{
	live();
	in_flag(SESSION_EV_INVALID, true);
	is(SHARD_WAITING);
	assert_int_equal(seen.forgets, 0);
	live();
	in_flag(SESSION_EV_INVALID, false);
	assert_int_equal(seen.forgets, 1);
}

/* 8.8: spacing of failed IDENTIFYs grows: 5, 10, 20 ... 600 s. */
static void
test_invalid_after_identify(void **state)
{
	uint64_t base = 5000, next;

	identifying();
	for (int i = 0; i < 9; i++) {
		in_flag(SESSION_EV_INVALID, false);
		is(SHARD_WAITING);
		assert_int_equal(seen.outcome, OUTCOME_INVALID);
		next = fake_time_next();
		assert_true(next >= base && next <= base * 5 / 4);
		fake_time_advance(next);
		is(SHARD_PERMIT);
		grant();
		hello();
		base = base * 2 > 600000 ? 600000 : base * 2;
	}
	assert_int_equal(seen.identifies, 10);
	ready(0);
	closed(4007);
	assert_true(fake_time_next() <= 1000);
}

static void
test_early_op7_op9(void **state)
{
	begin("abc", CAUSE_NO_SESSION);
	in(SESSION_EV_DIALED);
	in(SESSION_EV_RECONNECT);
	is(SHARD_WAITING);
	fake_time_advance(2000);
	in(SESSION_EV_DIALED);
	in_flag(SESSION_EV_INVALID, false);
	is(SHARD_WAITING);
	assert_int_equal(seen.forgets, 0);
}

static void
test_op7(void **state)
{
	live();
	in(SESSION_EV_RECONNECT);
	is(SHARD_WAITING);
	assert_int_equal(seen.hangup_code, REACTION_OUR_CLOSE);
	assert_true(fake_time_next() <= 1000);
	fake_time_advance(1000);
	assert_string_equal(seen.url, RESUME);
	hello();
	in(SESSION_EV_RECONNECT);
	assert_int_equal(ses.rec.strikes, 0);
}

/* ---- deadlines -------------------------------------------------------- */

static void
test_no_hello(void **state)
{
	begin("abc", CAUSE_NO_SESSION);
	fake_time_advance(4000);
	in(SESSION_EV_DIALED);
	is(SHARD_HELLO);
	fake_time_advance(15999);
	is(SHARD_HELLO);
	fake_time_advance(1);
	is(SHARD_WAITING);
	assert_int_equal(stats.connect_fails, 1);
	assert_int_equal(ses.rec.strikes, 0);
}

static void
test_no_connection(void **state)
{
	begin("abc", CAUSE_NO_SESSION);
	fake_time_advance(15000);
	is(SHARD_WAITING);
	assert_int_equal(seen.hangups, 1);
}

static void
test_bad_hello(void **state)
{
	begin("abc", CAUSE_NO_SESSION);
	in(SESSION_EV_DIALED);
	in_value(SESSION_EV_HELLO, 0);
	is(SHARD_WAITING);
	assert_int_equal(seen.resumes, 0);
	fake_time_advance(2000);
	in(SESSION_EV_DIALED);
	in_value(SESSION_EV_HELLO, 99999999999u);
	assert_int_equal(stats.interval_ms, SESSION_INTERVAL_MAX_MS);
}

/* 8.5: silence after RESUME; the deadline counts from the last byte. */
static void
test_no_answer(void **state)
{
	begin("abc", CAUSE_NO_SESSION);
	fake_time_random(0.99);
	hello();
	for (int i = 0; i < 10; i++) {
		fake_time_advance(30000);
		in(SESSION_EV_ACK);
		event(10 + (uint64_t)i, "MESSAGE_CREATE");
	}
	is(SHARD_RESUMING);
	begin("abc", CAUSE_NO_SESSION);
	hello();
	fake_time_advance(20000);
	in(SESSION_EV_ACK);
	session_bytes(&ses, clock_boot_ms());
	fake_time_advance(50000);
	in(SESSION_EV_ACK);
	is(SHARD_RESUMING);
	fake_time_advance(10000);
	is(SHARD_WAITING);
	assert_int_equal(seen.saved.strikes, 1);
}

/* ACKs alone do not keep a handshake alive for ever. */
static void
test_only_acks(void **state)
{
	identifying();
	for (int i = 0; i < 40 && stats.state == SHARD_IDENTIFYING; i++) {
		fake_time_advance(20000);
		in(SESSION_EV_ACK);
		session_bytes(&ses, clock_boot_ms());
	}
	is(SHARD_WAITING);
	assert_int_equal(seen.outcome, OUTCOME_TIMEOUT);
}

/* ---- heartbeats ------------------------------------------------------- */

static void
test_beats(void **state)
{
	begin("abc", CAUSE_NO_SESSION);
	fake_time_random(0.25);
	hello();
	in(SESSION_EV_RESUMED);
	fake_time_advance(9999);
	assert_int_equal(seen.beats, 0);
	fake_time_advance(1);
	assert_int_equal(seen.beats, 1);
	assert_int_equal(seen.beat_seq, 7);
	fake_time_advance(80);
	in(SESSION_EV_ACK);
	assert_int_equal(stats.rtt_ms, 80);
	event(12, "X");
	for (unsigned i = 2; i < 20; i++) {
		fake_time_advance(INTERVAL);
		assert_int_equal(seen.beats, i);
		in(SESSION_EV_ACK);
	}
	assert_int_equal(seen.beat_seq, 12);
	is(SHARD_READY);
}

static void
test_beat_before_any_dispatch(void **state)
{
	identifying();
	fake_time_advance(INTERVAL / 2);
	assert_int_equal(seen.beats, 1);
	assert_false(seen.beat_has);
}

static void
test_zombie(void **state)
{
	live();
	fake_time_advance(INTERVAL / 2);
	assert_int_equal(seen.beats, 1);
	session_bytes(&ses, clock_boot_ms() + 5);
	fake_time_advance(INTERVAL);
	is(SHARD_WAITING);
	assert_int_equal(stats.zombies, 1);
	assert_int_equal(seen.hangup_code, REACTION_OUR_CLOSE);
	/* 8.13: the flag belongs to the connection that is gone. */
	fake_time_advance(1000);
	hello();
	in(SESSION_EV_RESUMED);
	fake_time_advance(INTERVAL / 2 + 10);
	is(SHARD_READY);
	assert_int_equal(seen.beats, 2);
}

/* 8.19: one extra interval while the guilds of READY pour in. */
static void
test_flood(void **state)
{
	identifying();
	ready(1000);
	fake_time_advance(INTERVAL / 2 + 1000);
	event(2, "GUILD_CREATE");
	fake_time_advance(INTERVAL - 1000);
	is(SHARD_READY);
	assert_int_equal(seen.beats, 2);
	fake_time_advance(1000);
	event(3, "GUILD_CREATE");
	fake_time_advance(INTERVAL - 1000);
	is(SHARD_WAITING);
	assert_int_equal(stats.zombies, 1);
}

static void
test_flood_is_over(void **state)
{
	identifying();
	ready(1);
	event(2, "GUILD_CREATE");
	assert_int_equal(stats.guilds_pending, 0);
	fake_time_advance(INTERVAL / 2 + 1000);
	event(3, "MESSAGE_CREATE");
	fake_time_advance(INTERVAL - 1000);
	assert_int_equal(stats.zombies, 1);
}

static void
test_server_asks(void **state)
{
	live();
	in(SESSION_EV_BEAT);
	assert_int_equal(seen.beats, 1);
	/* It must not count as the unanswered one. */
	fake_time_advance(INTERVAL / 2);
	is(SHARD_READY);
	assert_int_equal(seen.beats, 2);
}

/* 8.29: the host slept. */
static void
test_suspend(void **state)
{
	live();
	fake_time_advance(INTERVAL / 2);
	in(SESSION_EV_ACK);
	fake_time_sleep(INTERVAL * 3);
	assert_int_equal(seen.hangups, 1);
	assert_int_equal(seen.hangup_code, REACTION_OUR_CLOSE);
	is(SHARD_CONNECTING);
	assert_int_equal(stats.zombies, 0);
}

/* ---- attempts --------------------------------------------------------- */

static void
test_backoff(void **state)
{
	static const uint64_t caps[] = { 1000, 1000, 2000, 4000, 8000, 16000,
		32000, 60000, 60000 };

	live();
	fake_time_random(0.999999);
	closed(0);
	for (size_t i = 0; i < nitems(caps); i++) {
		assert_in_range(fake_time_next(), caps[i] - 1, caps[i]);
		fake_time_advance(fake_time_next());
		dial_failed(0, 0);
	}
	/* HELLO does not reset it, RESUMED does. */
	fake_time_advance(fake_time_next());
	hello();
	closed(4000);
	assert_in_range(fake_time_next(), 59999, 60000);
	fake_time_advance(fake_time_next());
	hello();
	in(SESSION_EV_RESUMED);
	closed(4000);
	assert_in_range(fake_time_next(), 999, 1000);
}

/* 8.7: a dead resume host does not pin the shard. */
static void
test_dead_host(void **state)
{
	live();
	closed(0);
	fake_time_advance(1000);
	assert_string_equal(seen.url, RESUME);
	dial_failed(0, 0);
	fake_time_advance(fake_time_next());
	assert_string_equal(seen.url, MAIN);
	dial_failed(520, 0);
	fake_time_advance(fake_time_next());
	assert_string_equal(seen.url, RESUME);
	dial_failed(0, 0);
	fake_time_advance(fake_time_next());
	assert_string_equal(seen.url, MAIN);
	assert_int_equal(seen.saves, 0);
	hello();
	assert_true(seen.saved.host_fails > 0);
	in(SESSION_EV_RESUMED);
	closed(0);
	fake_time_advance(fake_time_next());
	assert_string_equal(seen.url, MAIN);
	assert_int_equal(ses.rec.strikes, 0);
	assert_int_equal(seen.asks, 0);
}

/* 8.23 */
static void
test_http_status(void **state)
{
	live();
	closed(0);
	fake_time_advance(1000);
	dial_failed(429, 120);
	assert_int_equal(fake_time_next(), 120000);
	fake_time_advance(120000);
	dial_failed(403, 0);
	assert_int_equal(fake_time_next(), 60000);
	fake_time_advance(60000);
	dial_failed(503, 999999999);
	assert_int_equal(fake_time_next(), 86400000);
}

/* 8.6: three strikes, each kept on disk. */
static void
test_poisoned(void **state)
{
	begin("abc", CAUSE_NO_SESSION);
	for (unsigned i = 1; i <= 3; i++) {
		hello();
		closed(i == 2 ? 1005 : 0);
		if (i < 3)
			assert_int_equal(seen.saved.strikes, i);
		fake_time_advance(fake_time_next());
	}
	assert_int_equal(seen.forgets, 1);
	is(SHARD_PERMIT);
	assert_int_equal(seen.cause, CAUSE_POISONED);
	assert_int_equal(stats.resumes_failed, 3);
}

static void
test_no_strike_without_hello(void **state)
{
	begin("abc", CAUSE_NO_SESSION);
	for (int i = 0; i < 20; i++) {
		dial_failed(i % 2 ? 520 : 0, 0);
		fake_time_advance(fake_time_next());
	}
	assert_int_equal(seen.forgets + seen.asks, 0);
}

/* A replay cut short has made progress: the next one goes on from there. */
static void
test_no_strike_with_progress(void **state)
{
	begin("abc", CAUSE_NO_SESSION);
	for (uint64_t i = 0; i < 10; i++) {
		hello();
		event(100 + i, "MESSAGE_CREATE");
		closed(0);
		fake_time_advance(fake_time_next());
	}
	hello();
	assert_int_equal(seen.resume_seq, 109);
	assert_int_equal(seen.forgets, 0);
}

static void
test_strikes_reset(void **state)
{
	begin("abc", CAUSE_NO_SESSION);
	hello();
	closed(0);
	assert_int_equal(seen.saved.strikes, 1);
	fake_time_advance(fake_time_next());
	hello();
	in(SESSION_EV_RESUMED);
	assert_int_equal(seen.saved.strikes, 0);
}

static void
test_broken_stream(void **state)
{
	struct session_in i = { .text = "the compressed stream is broken" };

	live();
	session_wire(&ses, ses.generation, SESSION_EV_BROKEN, &i);
	is(SHARD_WAITING);
	assert_int_equal(seen.hangup_code, REACTION_OUR_CLOSE);
	assert_int_equal(seen.forgets, 0);
}

/* ---- permits ---------------------------------------------------------- */

static void
test_permit_given_back(void **state)
{
	begin("", CAUSE_NO_SESSION);
	grant();
	dial_failed(0, 0);
	assert_int_equal(seen.outcome, OUTCOME_UNUSED);
	assert_int_equal(seen.ledger, 99);
	fake_time_advance(fake_time_next());
	is(SHARD_PERMIT);
	assert_int_equal(seen.asks, 2);
	assert_int_equal(seen.identifies, 0);
}

static void
test_permit_too_old(void **state)
{
	begin("", CAUSE_NO_SESSION);
	ses.lim.connect_s = 60;
	ses.lim.hello_s = 60;
	grant();
	fake_time_advance(SESSION_PERMIT_WINDOW_MS + 1);
	hello();
	assert_int_equal(seen.identifies, 0);
	assert_int_equal(seen.outcome, OUTCOME_UNUSED);
	is(SHARD_WAITING);
}

/* Discord counts from the IDENTIFY: a late one keeps its key for longer. */
static void
test_permit_late(void **state)
{
	begin("", CAUSE_NO_SESSION);
	grant();
	fake_time_advance(3000);
	hello();
	ready(0);
	assert_int_equal(seen.dones, 0);
	fake_time_advance(5499);
	assert_int_equal(seen.dones, 0);
	fake_time_advance(1);
	assert_int_equal(seen.dones, 1);
	assert_int_equal(seen.outcome, OUTCOME_READY);
}

static void
test_permit_stale(void **state)
{
	struct session_in i = { .code = 77, .value = 5 };

	live();
	session_input(&ses, SESSION_EV_GRANT, &i);
	assert_int_equal(seen.outcome, OUTCOME_UNUSED);
	assert_int_equal(seen.ledger, 5);
	is(SHARD_READY);
}

static void
test_ready_unusable(void **state)
{
	struct session_in i = { .value = 1, .text = "", .url = "" };

	identifying();
	session_wire(&ses, ses.generation, SESSION_EV_READY, &i);
	is(SHARD_WAITING);
	assert_int_equal(seen.outcome, OUTCOME_CLOSED);
	assert_true(fake_time_next() >= 5000);
	assert_int_equal(seen.saves, 0);
}

static void
test_ready_without_url(void **state)
{
	struct session_in i = { .value = 1, .text = "abc", .url = "" };

	identifying();
	session_wire(&ses, ses.generation, SESSION_EV_READY, &i);
	is(SHARD_READY);
	closed(0);
	fake_time_advance(1000);
	assert_string_equal(seen.url, MAIN);
	hello();
	is(SHARD_RESUMING);
}

static void
test_identify_closed(void **state)
{
	identifying();
	closed(0);
	assert_int_equal(seen.outcome, OUTCOME_CLOSED);
	assert_true(fake_time_next() >= 5000);
}

/* ---- orders ----------------------------------------------------------- */

static void
test_stop(void **state)
{
	live();
	in_flag(SESSION_EV_STOP, false);
	is(SHARD_DRAINING);
	assert_int_equal(seen.hangup_code, REACTION_OUR_CLOSE);
	assert_int_equal(seen.forgets, 0);
	assert_int_equal(fake_time_next(), UINT64_MAX);
	live();
	in_flag(SESSION_EV_STOP, true);
	assert_int_equal(seen.hangup_code, 1000);
	assert_int_equal(seen.forgets, 1);
}

static void
test_stop_while_asking(void **state)
{
	begin("", CAUSE_NO_SESSION);
	in_flag(SESSION_EV_STOP, false);
	assert_int_equal(seen.dones, 1);
	assert_int_equal(seen.outcome, OUTCOME_UNUSED);
	assert_int_equal(seen.ledger, 0);
}

static void
test_stop_everywhere(void **state)
{
	for (int i = 0; i < SHARD_STATES; i++) {
		live();
		stats.state = (uint32_t)i;
		in_flag(SESSION_EV_STOP, false);
		assert_true(seen.hangup_code == 0 ||
		    seen.hangup_code == REACTION_OUR_CLOSE);
		session_free(&ses);
	}
}

static void
test_order(void **state)
{
	live();
	in(SESSION_EV_ORDER);
	fake_time_advance(0);
	is(SHARD_CONNECTING);
	dial_failed(0, 0);
	is(SHARD_WAITING);
	in(SESSION_EV_ORDER);
	is(SHARD_CONNECTING);
	assert_int_equal(seen.dials, 3);
}

static void
test_full(void **state)
{
	live();
	session_input(&ses, SESSION_EV_FULL, NULL);
	is(SHARD_WAITING);
	assert_int_equal(seen.hangup_code, REACTION_OUR_CLOSE);
	fake_time_advance(600000);
	is(SHARD_WAITING);
	in(SESSION_EV_ORDER);
	is(SHARD_WAITING);
	session_input(&ses, SESSION_EV_ROOM, NULL);
	is(SHARD_CONNECTING);
	assert_int_equal(stats.queue_full, 1);
	assert_int_equal(ses.rec.strikes, 0);
}

/* 8.15: any event in any state; nothing but a permit leads to IDENTIFY, and
 * only an order to end the session closes with 1000. */
static void
test_any_event_in_any_state(void **state)
{
	uint64_t rnd = 88172645463325252u;

	begin("abc", CAUSE_NO_SESSION);
	for (int i = 0; i < 20000; i++) {
		struct session_in x = { .text = "abc", .url = RESUME };
		enum session_event ev;
		unsigned ids = seen.identifies, asks = seen.asks;

		rnd ^= rnd << 13;
		rnd ^= rnd >> 7;
		rnd ^= rnd << 17;
		ev = (enum session_event)(rnd % SESSION_EV_COUNT);
		if (ev == SESSION_EV_STOP || ev == SESSION_EV_START)
			continue;
		x.flag = (rnd >> 20) & 1;
		x.code = ev == SESSION_EV_GRANT ? seen.serial
		    : 4000 + (unsigned)((rnd >> 24) % 4);
		x.value = ev == SESSION_EV_HELLO ? 100 : 1;
		session_input(&ses, ev, &x);
		fake_time_advance((rnd >> 32) % 3000);
		if (seen.identifies > ids)
			assert_true(seen.identifies <= seen.asks && asks > 0);
		assert_true(seen.hangup_code == 0 ||
		    seen.hangup_code == REACTION_OUR_CLOSE);
		session_bytes(&ses, clock_boot_ms());
	}
	print_message("%u resumes, %u identifies\n", seen.resumes,
	    seen.identifies);
	assert_true(seen.resumes > 0 && seen.identifies > 0);
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
		cmocka_unit_test(test_backoff),
		cmocka_unit_test(test_dead_host),
		cmocka_unit_test(test_http_status),
		cmocka_unit_test(test_poisoned),
		cmocka_unit_test(test_no_strike_without_hello),
		cmocka_unit_test(test_no_strike_with_progress),
		cmocka_unit_test(test_strikes_reset),
		cmocka_unit_test(test_broken_stream),
		cmocka_unit_test(test_permit_given_back),
		cmocka_unit_test(test_permit_too_old),
		cmocka_unit_test(test_permit_late),
		cmocka_unit_test(test_permit_stale),
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

	return cmocka_run_group_tests(tests, NULL, NULL);
}
