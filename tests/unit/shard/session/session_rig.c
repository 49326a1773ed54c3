/* SPDX-License-Identifier: MIT */
#include "tests/unit/shard/session/session_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct rig_seen rig_seen;
const char *rig_api = "https://api.example", *rig_resume = RIG_RESUME;

struct page_shard rig_stats;
struct session rig_session;
char rig_main[64];
static struct timers *timers;

static void
do_dial(void *arg, const char *url, uint32_t generation)
{
	rig_seen.dials++;
	str_copy(rig_seen.url, url, sizeof(rig_seen.url));
	rig_seen.generation = generation;
}

static void
do_hangup(void *arg, unsigned code)
{
	rig_seen.hangups++;
	rig_seen.hangup_code = code;
}

static void
do_heartbeat(void *arg, bool has, uint64_t seq)
{
	rig_seen.beats++;
	rig_seen.beat_has = has;
	rig_seen.beat_seq = seq;
}

static void
do_identify(void *arg)
{
	rig_seen.identifies++;
}

static void
do_resume(void *arg, const char *id, uint64_t seq)
{
	assert_string_equal(id, "abc");
	rig_seen.resumes++;
	rig_seen.resume_seq = seq;
}

static void
do_tune(void *arg, uint64_t ms)
{
}

static void
do_ask(void *arg, uint32_t serial, enum identify_cause cause, unsigned code)
{
	rig_seen.asks++;
	rig_seen.serial = serial;
	rig_seen.cause = cause;
	rig_seen.ask_code = code;
}

static void
do_done(void *arg, uint32_t serial, uint64_t ledger,
    enum identify_outcome outcome, unsigned code)
{
	rig_seen.dones++;
	rig_seen.ledger = ledger;
	rig_seen.outcome = outcome;
}

static void
do_save(void *arg, const struct store_session *rec)
{
	rig_seen.saves++;
	rig_seen.saved = *rec;
}

static void
do_forget(void *arg)
{
	rig_seen.forgets++;
}

static void
do_begun(void *arg, uint64_t hash, const char *id)
{
}

static void
do_report(void *arg, enum shard_report r, unsigned code, const char *text)
{
	rig_seen.reports++;
	rig_seen.standbys += r == REPORT_STANDBY;
}

static unsigned
do_lost_beside(void *arg)
{
	return rig_seen.lost_beside;
}

static void
do_fatal(void *arg, unsigned code, const char *text)
{
	rig_seen.fatals++;
	rig_seen.fatal_code = code;
}

static void
do_say(void *arg, enum log_level level, const char *text)
{
	if (level != LOG_L_WARN)
		return;
	rig_seen.warnings++;
	str_copy(rig_seen.warning, text, sizeof(rig_seen.warning));
}

static const struct session_ops ops = {do_dial, do_hangup, do_heartbeat,
    do_identify, do_resume, do_tune, do_ask, do_done, do_save, do_forget,
    do_begun, do_report, do_lost_beside, do_fatal, do_say};

/* ---- steps ---------------------------------------------------------- */

static void
begin(const char *id, enum identify_cause cause, bool standby)
{
	struct session_limits lim = {rig_main, 15, 20, 60, 5, 0, rig_api};
	struct store_session rec = {.shard_count = 1};

	str_copy(rig_main, RIG_MAIN, sizeof(rig_main));
	fake_time_reset();
	memset(&rig_seen, 0, sizeof(rig_seen));
	memset(&rig_stats, 0, sizeof(rig_stats));
	if (timers == NULL)
		timers = timer_base_new(NULL);
	str_copy(rec.id, id, sizeof(rec.id));
	if (id[0] != '\0') {
		str_copy(rec.url, rig_resume, sizeof(rec.url));
		rec.seq = 7;
	}
	session_init(&rig_session, timers, &ops, NULL, &lim, &rig_stats, &rec,
	    cause);
	if (standby)
		session_standby(&rig_session);
	session_input(&rig_session, SESSION_EV_START, NULL);
}

void
rig_begin(const char *id, enum identify_cause cause)
{
	begin(id, cause, false);
}

void
rig_begin_standby(const char *id)
{
	begin(id, CAUSE_NO_SESSION, true);
}

void
rig_in(enum session_event ev)
{
	session_wire(&rig_session, rig_session.generation, ev, NULL);
}

void
rig_in_value(enum session_event ev, uint64_t value)
{
	struct session_in i = {.value = value, .text = "", .url = ""};

	session_wire(&rig_session, rig_session.generation, ev, &i);
}

void
rig_in_flag(enum session_event ev, bool flag)
{
	struct session_in i = {.flag = flag, .text = "", .url = ""};

	session_wire(&rig_session, rig_session.generation, ev, &i);
}

void
rig_closed(unsigned code)
{
	struct session_in i = {.code = code, .text = ""};

	session_wire(&rig_session, rig_session.generation, SESSION_EV_CLOSED,
	    &i);
}

void
rig_dial_failed(unsigned status, uint64_t retry_after)
{
	struct session_in i = {.code = status,
	    .value = retry_after,
	    .flag = status != 0,
	    .text = "no"};

	session_wire(&rig_session, rig_session.generation,
	    SESSION_EV_DIAL_FAILED, &i);
}

void
rig_hello(void)
{
	rig_in(SESSION_EV_DIALED);
	rig_in_value(SESSION_EV_HELLO, RIG_INTERVAL);
}

void
rig_grant(void)
{
	struct session_in i = {.code = rig_seen.serial, .value = 99};

	session_input(&rig_session, SESSION_EV_GRANT, &i);
}

void
rig_ready(uint32_t guilds)
{
	struct session_in i = {.value = 1,
	    .text = "abc",
	    .url = rig_resume,
	    .guilds = guilds};

	session_wire(&rig_session, rig_session.generation, SESSION_EV_READY,
	    &i);
}

void
rig_event(uint64_t seq, const char *t)
{
	struct envelope e = {.op = 0,
	    .s = seq,
	    .has_s = true,
	    .t_len = strlen(t)};

	session_bytes(&rig_session, clock_boot_ms());
	session_dispatch(&rig_session, &e, t);
	session_kept(&rig_session, &e);
}

void
rig_is(enum shard_state state)
{
	assert_string_equal(page_shard_state_name[rig_stats.state],
	    page_shard_state_name[state]);
}

/* A session that was resumed and runs. */
void
rig_live(void)
{
	rig_begin("abc", CAUSE_NO_SESSION);
	rig_hello();
	rig_is(SHARD_RESUMING);
	rig_in(SESSION_EV_RESUMED);
	rig_is(SHARD_READY);
}

void
rig_lives(uint64_t ms)
{
	uint64_t end = clock_boot_ms() + ms;

	while (clock_boot_ms() < end) {
		uint64_t left = end - clock_boot_ms(), next = fake_time_next();

		fake_time_advance(next < left ? next : left);
		rig_in(SESSION_EV_ACK);
	}
}

/* An IDENTIFY that is out. */
void
rig_identifying(void)
{
	rig_begin("", CAUSE_NO_SESSION);
	rig_is(SHARD_PERMIT);
	rig_grant();
	rig_hello();
	rig_is(SHARD_IDENTIFYING);
}

void
rig_end(void)
{
	session_free(&rig_session);
	timer_base_free(timers);
	timers = NULL;
}
