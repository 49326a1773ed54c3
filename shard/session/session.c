/* SPDX-License-Identifier: MIT */
#include "shard/session/session_impl.h"

#include "shared/base/clock.h"
#include "shared/base/text.h"

#include <string.h>

#define INVALID_WAIT_MIN_S 1.0 /* op 9: a random 1 to 5 s (2.8) */
#define INVALID_WAIT_VAR_S 4.0

static const char *const event_name[SESSION_EV_COUNT] = {
#define X(n) [SESSION_EV_##n] = #n,
    SESSION_EVENTS(X)
#undef X
};

static void
on_start(struct session *s, const struct session_in *in)
{
	double delay = backoff_start_spread(&s->attempt) * s->lim.start_spread;

	if (!s->held || delay <= 0) {
		session_attempt(s);
		return;
	}
	session_become(s, SHARD_WAITING, "will RESUME in %.1f s", delay);
	session_wait(s, delay);
}

static void
on_wait_over(struct session *s, const struct session_in *in)
{
	session_attempt(s);
}

static void
on_order_waiting(struct session *s, const struct session_in *in)
{
	if (s->blocked)
		return;
	timer_stop(&s->wait);
	session_attempt(s);
}

/* The main URL is another one: nobody need wait because the old one was dead,
 * but a whole fleet hears of it at once. */
static void
on_moved(struct session *s, const struct session_in *in)
{
	if (s->blocked || !s->unreached)
		return;
	backoff_main_new(&s->attempt);
	timer_set(&s->wait,
	    backoff_delay(&s->attempt, s->attempt.shard_count, false));
}

static void
on_room(struct session *s, const struct session_in *in)
{
	uint64_t gone = clock_boot_ms() - s->blocked_ms;

	if (!s->blocked)
		return;
	s->blocked = false;
	session_say(s, LOG_L_NOTICE,
	    "there is room for events again: reconnecting");
	timer_set(&s->wait,
	    gone < SESSION_FULL_MS ? (double)(SESSION_FULL_MS - gone) / 1000
				   : 0);
}

static void
on_grant(struct session *s, const struct session_in *in)
{
	if (s->permit != PERMIT_ASKED || in->code != s->serial) {
		s->ops->permit_done(s->arg, in->code, in->value, OUTCOME_UNUSED,
		    0);
		return;
	}
	s->permit = PERMIT_HELD;
	s->ledger_id = in->value;
	s->granted_ms = clock_boot_ms();
	session_dial(s, s->lim.main_url);
}

static void
on_stale_grant(struct session *s, const struct session_in *in)
{
	s->ops->permit_done(s->arg, in->code, in->value, OUTCOME_UNUSED, 0);
}

/* ---- the handshake's answer ----------------------------------------- */

static void
on_answer_late(struct session *s, const struct session_in *in)
{
	uint64_t now = clock_boot_ms(), last = s->byte_ms, life;
	uint64_t limit = (uint64_t)(s->lim.ready_s * 1000);
	struct session_ending e;

	/* Silence with ACKs is an outage; dispatches are a long replay. */
	life = s->dispatch_ms > s->answer_ms ? s->dispatch_ms : s->answer_ms;
	if (now - last < limit && now - life < limit * SESSION_SILENCE_FACTOR) {
		timer_set(&s->deadline, (double)(last + limit - now) / 1000);
		return;
	}
	e = session_ending(OUTCOME_TIMEOUT, "no answer to %s",
	    session_state(s) == SHARD_RESUMING ? "RESUME" : "IDENTIFY");
	session_say(s, LOG_L_WARN, "%s", e.why);
	session_end(s, &e);
}

static void
established(struct session *s)
{
	timer_stop(&s->deadline);
	s->up_ms = clock_boot_ms();
	s->invalid_true = 0;
	s->ops->report(s->arg, REPORT_READY, 0, "");
}

static void
ready_unusable(struct session *s)
{
	struct session_ending e = session_ending(OUTCOME_CLOSED,
	    "READY without a usable session_id");

	session_say(s, LOG_L_WARN, "%s", e.why);
	session_end(s, &e);
}

static void
on_ready(struct session *s, const struct session_in *in)
{
	struct store_session *r = &s->rec;

	if (in->text[0] == '\0' || strlen(in->text) >= sizeof(r->id)) {
		ready_unusable(s);
		return;
	}
	str_copy(r->id, in->text, sizeof(r->id));
	session_take_url(s, in->url);
	/* Up to READY, without it: it counts as received once it is kept, and
	 * refused, or lost with this process, it has to come again. */
	r->seq = in->value != 0 ? in->value - 1 : 0;
	r->ready_ms = r->seen_ms = clock_wall_ms();
	/* When, and which: a clock may be set back, a ledger restored. */
	r->epoch = (uint64_t)r->ready_ms << 16 | (s->ledger_id & 0xffff);
	r->strikes = 0;
	backoff_host_new(&s->attempt);
	s->held = s->fresh = true;
	s->seq = r->seq;
	s->has_seq = s->seq != 0;
	s->hash = store_session_key(r);
	s->stats->session = s->hash;
	s->stats->seq = s->seq;
	s->stats->guilds = s->stats->guilds_pending = in->guilds;
	s->sync_ms = clock_boot_ms();
	session_settle(s, OUTCOME_READY, 0);
	established(s);
	s->ops->begun(s->arg, s->hash, r->id);
	session_save(s);
	session_become(s, SHARD_READY, "IDENTIFY answered, %u guilds",
	    in->guilds);
	session_say(s, LOG_L_INFO, "ready after IDENTIFY, %u guilds",
	    in->guilds);
}

static void
on_resumed(struct session *s, const struct session_in *in)
{
	established(s);
	if (s->rec.strikes != 0) {
		s->rec.strikes = 0;
		session_save(s);
	}
	session_become(s, SHARD_READY, "RESUME answered");
	session_say(s, LOG_L_INFO, "ready after RESUME, seq %llu",
	    (unsigned long long)s->seq);
}

/* ---- what ends a live connection ------------------------------------ */

static void
on_closed(struct session *s, const struct session_in *in)
{
	const struct close_codes_rule *r = close_codes_find(in->code);
	struct session_ending e = session_ending(OUTCOME_CLOSED,
	    "closed with %u, %s%s%s", in->code ? in->code : CLOSE_CODES_NO_CODE,
	    r->words, in->text && in->text[0] ? ": " : "",
	    TEXT_OF(in->text ? in->text : "", 90));

	page_count_close(s->stats, in->code ? in->code : CLOSE_CODES_NO_CODE);
	e.react = (enum close_codes_reaction)r->react;
	e.wait_s = r->wait_s;
	e.code = in->code;
	e.cause = CAUSE_CLOSE_CODE;
	if (in->code == 0)
		e.kind = RECONNECT_LOST;
	/* Nothing names our session yet: it can't be void. */
	if (e.react == REACT_IDENTIFY
	    && (session_state(s) == SHARD_HELLO
		|| session_state(s) == SHARD_STANDBY))
		e.react = REACT_RESUME;
	if (session_state(s) == SHARD_HELLO) {
		s->stats->connect_fails++;
		session_host_result(s, BACKOFF_ANSWER);
	}
	session_say(s,
	    r->our_bug || r->react != REACT_RESUME ? LOG_L_WARN : LOG_L_INFO,
	    "%s", e.why);
	session_end(s, &e);
}

/* Our side can't go on with it: inflate error, framing, size (5.1, 8.9). */
static void
on_broken(struct session *s, const struct session_in *in)
{
	struct session_ending e = session_ending(OUTCOME_CLOSED, "%s",
	    in->text);

	e.kind = RECONNECT_BROKEN;
	session_say(s, LOG_L_WARN, "%s: closing, the session is kept", e.why);
	session_end(s, &e);
}

static void
on_reconnect(struct session *s, const struct session_in *in)
{
	struct session_ending e = session_ending(OUTCOME_CLOSED,
	    "op 7: Discord asks to reconnect");

	e.polite = true;
	e.kind = RECONNECT_OP7;
	session_say(s, LOG_L_INFO, "%s", e.why);
	session_end(s, &e);
}

static void
on_order(struct session *s, const struct session_in *in)
{
	struct session_ending e = session_ending(OUTCOME_CLOSED,
	    "reconnect was ordered");

	e.polite = e.at_once = true;
	e.kind = RECONNECT_ORDER;
	session_end(s, &e);
}

/* Of one that lives only: any other IDENTIFYs, or finds its way back. */
static void
on_renew(struct session *s, const struct session_in *in)
{
	struct session_ending e = session_ending(OUTCOME_CLOSED,
	    "an operator wants its guilds again");

	e.at_once = true;
	e.kind = RECONNECT_ORDER;
	e.react = REACT_IDENTIFY;
	e.cause = CAUSE_ENDED;
	session_end(s, &e);
}

static void
on_invalid(struct session *s, const struct session_in *in)
{
	bool keep = in->flag && ++s->invalid_true < 2;
	struct session_ending e = session_ending(OUTCOME_INVALID, "op 9 %s",
	    in->flag ? "true" : "false");

	e.wait_s = INVALID_WAIT_MIN_S + INVALID_WAIT_VAR_S * clock_random();
	e.polite = keep;
	e.react = keep ? REACT_RESUME : REACT_IDENTIFY;
	e.cause = CAUSE_INVALID_SESSION;
	session_say(s, LOG_L_NOTICE, "%s in state %s", e.why,
	    page_shard_state_name[session_state(s)]);
	session_end(s, &e);
}

/* ---- heartbeats ----------------------------------------------------- */

static void
beat(struct session *s)
{
	s->ops->heartbeat(s->arg, s->has_seq && !s->standby, s->seq);
}

/* While guilds or a replay pour in, an ACK may be behind them (2.4, 8.19). */
static bool
flooded(const struct session *s, uint64_t now)
{
	bool syncing = s->stats->guilds_pending > 0
	    && now - s->sync_ms < SESSION_QUIET_MS;

	return !s->extended && s->byte_ms > s->beat_ms
	    && (syncing || session_state(s) == SHARD_RESUMING);
}

static void
zombie(struct session *s, uint64_t now)
{
	struct session_ending e = session_ending(OUTCOME_CLOSED,
	    "no ACK for the heartbeat of %.1f s ago",
	    (double)(now - s->beat_ms) / 1000);

	e.kind = RECONNECT_ZOMBIE;
	s->stats->zombies++;
	session_say(s, LOG_L_WARN, "%s: the connection is dead", e.why);
	session_end(s, &e);
}

static void
on_beat_due(struct session *s, const struct session_in *in)
{
	uint64_t now = clock_boot_ms(), interval = s->stats->interval_ms;

	if (now > s->beat_due_ms + interval) {
		struct session_ending e = session_ending(OUTCOME_CLOSED,
		    "the host slept for %.1f s",
		    (double)(now - s->beat_due_ms) / 1000);
		e.polite = e.at_once = true;
		e.kind = RECONNECT_PAUSE;
		session_say(s, LOG_L_NOTICE, "%s: reconnecting", e.why);
		session_end(s, &e);
		return;
	}
	if (s->unacked && !flooded(s, now)) {
		zombie(s, now);
		return;
	}
	s->extended = s->unacked;
	/* Exactly every interval: lateness must not add up. */
	s->beat_due_ms += interval;
	timer_set(&s->beat,
	    s->beat_due_ms > now ? (double)(s->beat_due_ms - now) / 1000
				 : 0.001);
	s->unacked = true;
	s->beat_ms = s->stats->heartbeat_ms = now;
	beat(s);
}

static void
on_beat_asked(struct session *s, const struct session_in *in)
{
	beat(s);
}

static void
on_ack(struct session *s, const struct session_in *in)
{
	uint64_t now = clock_boot_ms();

	s->stats->ack_ms = now;
	if (s->unacked) /* 0 would mean that there was none yet */
		s->stats->rtt_ms = now > s->beat_ms
		    ? (uint32_t)(now - s->beat_ms)
		    : 1;
	s->unacked = s->extended = false;
}

/* ---- orders --------------------------------------------------------- */

static void
on_stop(struct session *s, const struct session_in *in)
{
	unsigned code = in->flag ? 1000 : CLOSE_CODES_OUR_CLOSE;

	session_conn_stop(s, code);
	session_settle(s, OUTCOME_CLOSED, 0);
	if (s->permit != PERMIT_NONE)
		session_settle_now(s);
	if (in->flag) {
		s->held = false;
		s->ops->forget(s->arg);
	}
	session_become(s, SHARD_DRAINING, "stopping%s",
	    in->flag ? ", session ended" : ", session kept");
}

static void
on_full(struct session *s, const struct session_in *in)
{
	struct session_ending e = session_ending(OUTCOME_CLOSED, "%s",
	    in->text);

	e.polite = true;
	s->blocked = true;
	s->blocked_ms = clock_boot_ms();
	s->stats->queue_full++;
	e.kind = RECONNECT_FULL;
	session_say(s, LOG_L_WARN, "%s: closing, the session is kept", e.why);
	session_end(s, &e);
}

/* ---- the table ------------------------------------------------------ */

#define EV(n) [SESSION_EV_##n]
#define LIVE                                                                   \
	EV(BEAT) = on_beat_asked, EV(RECONNECT) = on_reconnect,                \
	EV(INVALID) = on_invalid, EV(ACK) = on_ack, EV(CLOSED) = on_closed,    \
	EV(BROKEN) = on_broken, EV(T_BEAT) = on_beat_due,                      \
	EV(GRANT) = on_stale_grant, EV(STOP) = on_stop, EV(FULL) = on_full

static session_fn *const table[SHARD_STATES][SESSION_EV_COUNT] = {
    [SHARD_STARTING] = {EV(START) = on_start, EV(STOP) = on_stop,
	EV(GRANT) = on_stale_grant},
    [SHARD_WAITING] = {EV(T_WAIT) = on_wait_over, EV(STOP) = on_stop,
	EV(ORDER) = on_order_waiting, EV(ROOM) = on_room, EV(MOVED) = on_moved,
	EV(GRANT) = on_stale_grant, EV(TAKE) = session_on_take_waiting},
    [SHARD_PERMIT] = {EV(GRANT) = on_grant, EV(STOP) = on_stop},
    [SHARD_CONNECTING] = {EV(DIALED) = session_on_dialed,
	EV(DIAL_FAILED) = session_on_dial_failed,
	EV(T_DEADLINE) = session_on_dial_late, EV(GRANT) = on_stale_grant,
	EV(STOP) = on_stop, EV(TAKE) = session_on_take_early},
    [SHARD_HELLO] = {EV(HELLO) = session_on_hello,
	EV(T_DEADLINE) = session_on_hello_late,
	EV(RECONNECT) = session_on_reconnect_early,
	EV(INVALID) = session_on_invalid_early, EV(CLOSED) = on_closed,
	EV(BROKEN) = on_broken, EV(FULL) = on_full, EV(GRANT) = on_stale_grant,
	EV(STOP) = on_stop, EV(TAKE) = session_on_take_early},
    /* READY anywhere else is an event like any other: it must not replace
	 * a session that lives. */
    [SHARD_IDENTIFYING] = {LIVE, EV(READY) = on_ready,
	EV(T_DEADLINE) = on_answer_late},
    [SHARD_RESUMING] = {LIVE, EV(RESUMED) = on_resumed,
	EV(T_DEADLINE) = on_answer_late, EV(ORDER) = on_order},
    [SHARD_READY] = {LIVE, EV(ORDER) = on_order, EV(RENEW) = on_renew},
    [SHARD_DRAINING] = {EV(GRANT) = on_stale_grant},
    [SHARD_HELD] = {EV(GRANT) = on_stale_grant, EV(STOP) = on_stop},
    [SHARD_STANDBY] = {EV(BEAT) = on_beat_asked,
	EV(RECONNECT) = session_on_standby_reconnect,
	EV(INVALID) = session_on_standby_invalid, EV(ACK) = on_ack,
	EV(CLOSED) = on_closed, EV(BROKEN) = on_broken,
	EV(T_BEAT) = on_beat_due, EV(T_DEADLINE) = session_on_standby_over,
	EV(FULL) = on_full, EV(STOP) = on_stop,
	EV(TAKE) = session_on_take_ready},
};

void
session_input(struct session *s, enum session_event ev,
    const struct session_in *in)
{
	static const struct session_in nothing = {.text = "", .url = ""};
	session_fn *fn;

	must(s->stats->state < SHARD_STATES && ev < SESSION_EV_COUNT);
	must(!s->inside);
	s->inside = true;
	fn = table[s->stats->state][ev];
	if (fn == NULL)
		session_say(s, LOG_L_DEBUG, "%s is ignored in state %s",
		    event_name[ev], page_shard_state_name[s->stats->state]);
	else
		fn(s, in ? in : &nothing);
	s->inside = false;
}

void
session_wire(struct session *s, uint32_t generation, enum session_event ev,
    const struct session_in *in)
{
	if (generation == s->generation)
		session_input(s, ev, in);
}

void
session_dispatch(struct session *s, const struct envelope *e, const char *t)
{
	s->dispatch_ms = s->byte_ms;
	if (session_replaying(s)) {
		/* Without a new seq the next RESUME begins where this did. */
		if (e->has_s && e->s > s->seq)
			s->progress = true;
		s->stats->replayed++;
	}
	if (e->t_len < 12 || memcmp(t, "GUILD_", 6) != 0)
		return;
	if (e->t_len == 12 && memcmp(t + 6, "CREATE", 6) == 0) {
		if (s->stats->guilds_pending == 0)
			s->stats->guilds++;
	} else if (e->t_len == 12 && memcmp(t + 6, "DELETE", 6) == 0) {
		/* Unavailable ones count as arrived (2.3). */
		if (s->stats->guilds > 0)
			s->stats->guilds--;
	} else {
		return;
	}
	if (s->stats->guilds_pending > 0)
		s->stats->guilds_pending--;
	s->sync_ms = s->byte_ms;
}

/* ---- life ----------------------------------------------------------- */

static void
on_wait_timer(struct timer *t)
{
	session_input(container_of(t, struct session, wait), SESSION_EV_T_WAIT,
	    NULL);
}

static void
on_deadline_timer(struct timer *t)
{
	session_input(container_of(t, struct session, deadline),
	    SESSION_EV_T_DEADLINE, NULL);
}

static void
on_beat_timer(struct timer *t)
{
	session_input(container_of(t, struct session, beat), SESSION_EV_T_BEAT,
	    NULL);
}

void
session_init(struct session *s, struct timers *timers,
    const struct session_ops *ops, void *arg, const struct session_limits *lim,
    struct page_shard *stats, const struct store_session *rec,
    enum identify_cause cause)
{
	memset(s, 0, sizeof(*s));
	s->ops = ops;
	s->arg = arg;
	s->lim = *lim;
	s->stats = stats;
	s->cause = cause;
	timer_init(timers, &s->wait, on_wait_timer);
	timer_init(timers, &s->deadline, on_deadline_timer);
	timer_init(timers, &s->beat, on_beat_timer);
	timer_init(timers, &s->settle, session_on_settle);
	backoff_init(&s->attempt, rec->shard_count, lim->identify_interval_s,
	    rec->host_fails);
	stats->state = SHARD_STARTING;
	stats->state_since_ms = clock_boot_ms();
	session_adopt(s, rec);
}

void
session_free(struct session *s)
{
	timer_stop(&s->wait);
	timer_stop(&s->deadline);
	timer_stop(&s->beat);
	timer_stop(&s->settle);
}
