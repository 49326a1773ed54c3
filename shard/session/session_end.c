/* SPDX-License-Identifier: MIT */
/*
 * How a session's connections end and the next ones begin: permits, the
 * record, strikes, back-off.
 */
#include "shard/session/session_impl.h"

#include "shared/base/clock.h"
#include "shared/discord/gateway_url.h"
#include "shared/base/text.h"

#include <stdarg.h>
#include <string.h>

/* The permits' own margin (4.3), as a share of the interval, within bounds. */
#define POLITE_MAX 10 /* op 7 instead of RESUMED for ever is a refusal, too */
#define SETTLE_MARGIN 0.1
#define SETTLE_MARGIN_MIN_MS 50
#define SETTLE_MARGIN_MAX_MS 500

void
session_say(struct session *s, enum log_level level, const char *fmt, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	text_vformat(line, sizeof(line), fmt, ap);
	va_end(ap);
	s->ops->say(s->arg, level, line);
}

void
session_become(struct session *s, enum shard_state state, const char *fmt, ...)
{
	va_list ap;

	must(state < SHARD_STATES);
	va_start(ap, fmt);
	text_vformat(s->stats->note, sizeof(s->stats->note), fmt, ap);
	va_end(ap);
	if (s->stats->state != (uint32_t)state) {
		s->stats->state = (uint32_t)state;
		s->stats->state_since_ms = clock_boot_ms();
	}
	s->stats->until_ms = 0;
	session_say(s, LOG_L_DEBUG, "%s: %s", page_shard_state_name[state],
	    s->stats->note);
}

/* ---- permits -------------------------------------------------------- */

void
session_settle_now(struct session *s)
{
	must(s->permit != PERMIT_NONE); /* an outcome is told once */
	timer_stop(&s->settle);
	s->ops->permit_done(s->arg, s->serial, s->ledger_id, s->outcome,
	    s->outcome_code);
	s->permit = PERMIT_NONE;
}

void
session_on_settle(struct timer *t)
{
	session_settle_now(container_of(t, struct session, settle));
}

static double
settle_margin_ms(const struct session *s)
{
	double ms = s->lim.identify_interval_s * 1000 * SETTLE_MARGIN;

	if (ms < SETTLE_MARGIN_MIN_MS)
		return SETTLE_MARGIN_MIN_MS;
	return ms < SETTLE_MARGIN_MAX_MS ? ms : SETTLE_MARGIN_MAX_MS;
}

/*
 * The issuer counts the key's 5 s from its grant and Discord from our IDENTIFY.
 * When connecting took long, holding the outcome back keeps the key ours until
 * both have passed.
 */
void
session_settle(struct session *s, enum identify_outcome outcome, unsigned code)
{
	double margin = settle_margin_ms(s);
	double interval = s->lim.identify_interval_s * 1000 + margin;
	uint64_t now = clock_boot_ms(), free_ms;

	if (s->permit == PERMIT_NONE || timer_pending(&s->settle))
		return;
	s->outcome = outcome;
	s->outcome_code = code;
	if (s->permit == PERMIT_ASKED)
		s->ledger_id = 0;
	if (s->permit != PERMIT_SPENT)
		s->outcome = OUTCOME_UNUSED;
	free_ms = s->sent_ms + (uint64_t)interval;
	if (s->permit == PERMIT_SPENT && free_ms > now
	    && (double)(s->sent_ms - s->granted_ms) > margin / 2)
		timer_set(&s->settle, (double)(free_ms - now) / 1000);
	else
		session_settle_now(s);
}

/* ---- the session record --------------------------------------------- */

void
session_save(struct session *s)
{
	s->rec.host_fails = s->attempt.host_fails;
	s->ops->save(s->arg, &s->rec);
}

/* Without one of its own a session is resumed on the main URL as well. */
void
session_take_url(struct session *s, const char *url)
{
	char why[GATEWAY_URL_WHY_MAX];

	/* A cut URL would be a wrong one. */
	if (str_copy(s->rec.url, url, sizeof(s->rec.url)) >= sizeof(s->rec.url))
		s->rec.url[0] = '\0';
	if (s->rec.url[0] == '\0'
	    || gateway_url_ok(s->rec.url, s->lim.api, why))
		return;
	s->rec.url[0] = '\0';
	s->stats->urls_refused++;
	session_say(s, LOG_L_WARN,
	    "resume_gateway_url is refused: %s; RESUMEs go to the main URL",
	    why);
}

static void
void_session(struct session *s, const struct session_ending *e)
{
	s->cause = e->cause;
	s->cause_code = e->cause == CAUSE_CLOSE_CODE ? e->code : 0;
	if (!s->held)
		return;
	session_say(s, LOG_L_NOTICE,
	    "the session is void (%s): it will IDENTIFY", e->why);
	s->held = s->has_seq = false;
	s->seq = s->hash = s->stats->session = s->stats->seq = 0;
	s->rec.id[0] = s->rec.url[0] = '\0';
	s->rec.strikes = 0;
	s->invalid_true = 0;
	if (!s->fresh)
		s->attempt.fails = s->attempt.identify_fails = 0;
	s->fresh = false;
	backoff_host_new(&s->attempt);
	s->ops->forget(s->arg);
}

/* A RESUME that reached Discord came to nothing. */
static void
strike(struct session *s, struct session_ending *e)
{
	bool excused = e->polite && s->attempt.fails < POLITE_MAX;

	s->stats->resumes_failed++;
	if (excused || s->progress || e->react != REACT_RESUME)
		return;
	if (++s->rec.strikes < SESSION_STRIKES) {
		session_save(s);
		return;
	}
	e->react = REACT_IDENTIFY;
	e->cause = CAUSE_POISONED;
	session_say(s, LOG_L_WARN,
	    "%d RESUMEs in a row reached Discord and failed", SESSION_STRIKES);
}

/* ---- the end of a connection ---------------------------------------- */

/*
 * READY or RESUMED alone says little: a server that broke each connection right
 * behind it was given 100 a minute.  One that lasted for a heartbeat_interval
 * is a success, a few that did not are a bad day of many deploys; from then on
 * the back-off grows as if they had failed.  True when it has lasted.
 */
static bool
judge_life(struct session *s)
{
	if (session_state(s) != SHARD_READY)
		return false;
	if (clock_boot_ms() - s->up_ms >= s->stats->interval_ms) {
		s->early = 0;
		s->fresh = false;
		backoff_succeeded(&s->attempt);
		return true;
	}
	if (s->early < SESSION_EARLY_MAX) {
		s->early++;
		s->attempt.fails = 0;
	}
	return false;
}

static double
next_delay(struct session *s, const struct session_ending *e, bool vain,
    bool lasted)
{
	double delay;

	if (e->at_once)
		return 0;
	delay = vain
	    ? backoff_identify_delay(&s->attempt)
	    : backoff_delay(&s->attempt, s->ops->lost_beside(s->arg), lasted);
	return delay > e->wait_s ? delay : e->wait_s;
}

void
session_conn_stop(struct session *s, unsigned code)
{
	timer_stop(&s->deadline);
	timer_stop(&s->beat);
	timer_stop(&s->wait);
	s->unacked = s->extended = false;
	s->generation++;
	s->ops->hangup(s->arg, code);
}

void
session_wait(struct session *s, double delay_s)
{
	s->stats->until_ms = clock_boot_ms() + (uint64_t)(delay_s * 1000);
	timer_set(&s->wait, delay_s);
}

static void
wait_for(struct session *s, double delay, const char *why)
{
	if (s->blocked) {
		session_become(s, SHARD_WAITING,
		    "%s: reading stops until half of that is free again",
		    TEXT_OF(why, 120));
		return;
	}
	session_become(s, SHARD_WAITING, "%s; next attempt in %.1f s",
	    TEXT_OF(why, 140), delay);
	session_wait(s, delay);
}

static void
give_up(struct session *s, const struct session_ending *e)
{
	const char *advice = close_codes_find(e->code)->advice;

	session_become(s, SHARD_HELD, "%s", advice);
	s->ops->fatal(s->arg, e->code, advice);
}

void
session_end(struct session *s, struct session_ending *e)
{
	enum shard_state was = session_state(s);
	bool spent = was == SHARD_IDENTIFYING, vain;
	bool lasted = judge_life(s);

	session_conn_stop(s, e->hangup ? e->hangup : CLOSE_CODES_OUR_CLOSE);
	if (spent)
		e->cause = s->cause;
	if (was != SHARD_READY)
		session_settle(s, e->outcome, e->code);
	if (was == SHARD_RESUMING)
		strike(s, e);
	if (was == SHARD_READY || spent || was == SHARD_RESUMING)
		s->ops->report(s->arg, REPORT_CLOSED, e->code, e->why);
	else
		s->ops->report(s->arg, REPORT_CONNECT_FAILED, e->code, e->why);
	if (e->react == REACT_FATAL) {
		give_up(s, e);
		return;
	}
	s->unreached = e->kind == RECONNECT_CONNECT;
	s->stats->reconnects[e->kind]++;
	if (e->kind != RECONNECT_CONNECT)
		s->ended_by = e->kind;
	/* The session it made was void at once: the next one as late as if
	 * there had been none. */
	vain = spent || (s->fresh && e->react == REACT_IDENTIFY);
	if (e->react == REACT_IDENTIFY)
		void_session(s, e);
	wait_for(s, next_delay(s, e, vain, lasted), e->why);
}

/* An attempt that ended before HELLO says something about the host. */
void
session_host_result(struct session *s, enum backoff_reach reach)
{
	if (s->held && s->rec.url[0] != '\0'
	    && backoff_host_result(&s->attempt, s->on_main, reach))
		session_save(s);
}

struct session_ending
session_ending(enum identify_outcome outcome, const char *fmt, ...)
{
	static const enum page_reconnect kinds[OUTCOMES] = {
	    [OUTCOME_UNUSED] = RECONNECT_CONNECT,
	    [OUTCOME_INVALID] = RECONNECT_OP9,
	    [OUTCOME_TIMEOUT] = RECONNECT_LATE,
	    [OUTCOME_CLOSED] = RECONNECT_CLOSE,
	};
	struct session_ending e = {.react = REACT_RESUME,
	    .outcome = outcome,
	    .kind = kinds[outcome]};
	va_list ap;

	va_start(ap, fmt);
	text_vformat(e.why, sizeof(e.why), fmt, ap);
	va_end(ap);
	return e;
}

/* ---- attempts ------------------------------------------------------- */

void
session_dial(struct session *s, const char *url)
{
	uint64_t now = clock_boot_ms();

	s->generation++;
	s->dialled_ms = s->byte_ms = s->dispatch_ms = now;
	s->progress = s->unacked = s->extended = false;
	s->stats->connects++;
	s->stats->interval_ms = 0;
	session_become(s, SHARD_CONNECTING, "connecting to %s",
	    TEXT_OF(url, 150));
	timer_set(&s->deadline, s->lim.connect_s);
	s->ops->dial(s->arg, url, s->generation);
}

void
session_attempt(struct session *s)
{
	if (!s->held) {
		s->on_main = true;
		if (timer_pending(&s->settle))
			session_settle_now(s);
		s->permit = PERMIT_ASKED;
		s->serial++;
		session_become(s, SHARD_PERMIT,
		    "waits for a permit to IDENTIFY (%s)",
		    contract_cause_name(s->cause));
		s->ops->permit_ask(s->arg, s->serial, s->cause, s->cause_code);
		return;
	}
	s->on_main = s->rec.url[0] == '\0' || backoff_use_main(&s->attempt);
	session_dial(s, s->on_main ? s->lim.main_url : s->rec.url);
}
