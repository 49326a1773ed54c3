/* SPDX-License-Identifier: MIT */
/*
 * One pass over the slots decides everything: pump() grants what may go now
 * and arms one timer for the next moment at which the outcome could differ.
 */
#include "supervisor/identify/permit.h"

#include <stdarg.h>
#include <string.h>

#include "shared/base/clock.h"
#include "shared/base/text.h"

/* 10 % more than Discord asks: it measures on arrival (4.3). */
#define MARGIN 0.1
#define MARGIN_MIN_MS 50
/* Unasked IDENTIFYs (3.3 rule 4), in intervals: an hour, ten minutes. */
#define WINDOW_INTERVALS 720
#define PACE_INTERVALS 120
#define BRAKE_SPARE 10
#define RESET_JITTER_MS 5000
#define PERMIT_REST 4 /* times as long as a write took, none follows */

static void on_timer(struct timer *);

void
permit_init(struct permit *p, struct timers *timers, uint32_t count,
    double interval_s, int64_t reserve, const struct permit_actions *act,
    void *arg)
{
	double ms = interval_s * 1000, margin = ms * MARGIN;

	memset(p, 0, sizeof(*p));
	p->act = act;
	p->arg = arg;
	p->count = count;
	p->keys = 1;
	p->spacing_ms = (uint64_t)(ms
	    + (margin > MARGIN_MIN_MS ? margin : MARGIN_MIN_MS));
	p->pace_ms = (uint64_t)(ms * PACE_INTERVALS);
	p->window_ms = (uint64_t)(ms * WINDOW_INTERVALS);
	p->reserve_wanted = reserve;
	p->slot = base_alloc(count * sizeof(*p->slot));
	p->brake_after = count + BRAKE_SPARE;
	p->recent = base_alloc(p->brake_after * sizeof(*p->recent));
	crash_brake_init(&p->alike, count);
	timer_init(timers, &p->timer, on_timer);
}

void
permit_free(struct permit *p)
{
	if (p->slot == NULL)
		return;
	timer_stop(&p->timer);
	crash_brake_free(&p->alike);
	free(p->slot);
	free(p->recent);
	memset(p, 0, sizeof(*p));
}

static void say(struct permit *, const char *, ...) printflike(2, 3);

static void
say(struct permit *p, const char *fmt, ...)
{
	char text[PERMIT_WORDS];
	va_list ap;

	va_start(ap, fmt);
	text_vformat(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (strcmp(text, p->said) == 0)
		return;
	str_copy(p->said, text, sizeof(p->said));
	p->act->say(p->arg, p->said);
}

/* ---- budget --------------------------------------------------------- */

void
permit_budget(struct permit *p, const struct permit_answer *a)
{
	uint32_t keys = a->max_concurrency;

	p->answer = *a;
	p->keys = keys < 1	     ? 1
	    : keys > PERMIT_KEYS_MAX ? PERMIT_KEYS_MAX
				     : keys;
	p->known = p->fresh = true;
	p->asked = false;
	p->spent = a->unsure;
	timer_set(&p->timer, 0);
}

static void
refresh(struct permit *p)
{
	p->fresh = false;
	if (p->asked)
		return;
	p->asked = true;
	p->act->refresh(p->arg);
}

/* ---- the hour's brake ----------------------------------------------- */

static void
note_sent(struct permit *p, uint64_t at_ms)
{
	p->recent[p->recent_at] = at_ms;
	p->recent_at = (p->recent_at + 1) % p->brake_after;
}

/* ---- granting ------------------------------------------------------- */

/* Did the session before this one last? */
static void
count_try(struct permit *p, struct permit_slot *s, uint64_t at_ms)
{
	if (s->ready_ms != 0 && at_ms - s->ready_ms >= p->pace_ms)
		s->tries = 0;
	s->tries++;
	s->ready_ms = 0;
	s->before_ms = s->sent_ms;
	s->sent_ms = at_ms;
}

/* Uses up a part of the operator's leave where the reserve asks for it. */
static bool
forced(struct permit *p, struct permit_slot *s)
{
	if (!s->forced && !permit_above_reserve(p)) {
		must(p->leave > 0);
		p->leave--;
		return true;
	}
	return s->forced;
}

/* What one pass over the slots knows. */
struct pass {
	uint64_t now, next; /* next: when to look again, 0: never */
	bool brake;
	uint32_t stop; /* first bucket that must wait */
	uint32_t n;    /* slots taken, not yet recorded */
	struct permit_request ask[PERMIT_PASS_MAX];
	struct permit_slot was[PERMIT_PASS_MAX];
	uint64_t ring[PERMIT_PASS_MAX]; /* what note_sent wrote over */
	uint32_t leave;			/* as it was */
	struct crash_brake alike;
};

/* Does it count against the hour's brake? */
static bool
unasked(const struct permit_request *r)
{
	return !r->forced && r->cause != CAUSE_ENDED;
}

/* Counts as granted from here on.  One write for a pass: with one for each, 64
 * shards and a slow disk the loop stood for seconds. */
static void
take(struct permit *p, uint32_t i, struct pass *w)
{
	struct permit_slot *s = &p->slot[i];
	struct permit_request r = {.shard = i,
	    .key = i % p->keys,
	    .cause = s->cause,
	    .close_code = s->close_code,
	    .asked_boot_ms = s->since_ms,
	    .forced = forced(p, s),
	    .again = permit_sent_lately(p, i)};

	w->ask[w->n] = r;
	w->was[w->n] = *s;
	w->ring[w->n++] = p->recent[p->recent_at];
	count_try(p, s, w->now);
	s->state = PERMIT_GRANTED;
	s->since_ms = w->now;
	s->holds = true;
	s->forced = false;
	p->spent++;
	if (unasked(&r))
		note_sent(p, w->now);
}

/* Nothing was written: as if nobody had been taken. */
static void
untake(struct permit *p, const struct pass *w)
{
	for (uint32_t k = w->n; k-- > 0;) {
		if (unasked(&w->ask[k])) {
			p->recent_at = (p->recent_at + p->brake_after - 1)
			    % p->brake_after;
			p->recent[p->recent_at] = w->ring[k];
		}
		p->slot[w->ask[k].shard] = w->was[k];
		p->spent--;
	}
	p->leave = w->leave;
	p->alike = w->alike;
}

static void
grant(struct permit *p, const struct permit_request *r, uint64_t now)
{
	struct permit_slot *s = &p->slot[r->shard];

	s->ledger_id = r->id;
	s->since_ms = s->sent_ms = now;
	if (!p->act->grant(p->arg, r->shard, s->serial, r->id))
		permit_lost(p, r->shard);
}

/* Records, then tells the shards.  A slow disk gets a rest of some times as
 * long, or writing would be all the loop does. */
static void
settle_pass(struct permit *p, struct pass *w)
{
	uint32_t wait = w->n == 0 ? 0 : p->act->record(p->arg, w->ask, w->n);
	uint64_t now = clock_boot_ms();

	if (wait != 0) {
		untake(p, w);
		p->retry_ms = now + wait;
		say(p, "No IDENTIFY can be permitted: %s.",
		    wait == PERMIT_BUSY_MS
			? "another process is writing to the "
			  "store in state_dir"
			: "the ledger in state_dir can't be "
			  "written");
		return;
	}
	p->rest_ms = now + (now - w->now) * PERMIT_REST;
	/* The shards send no sooner than now, behind the fsync. */
	for (uint32_t k = 0; k < p->brake_after; k++)
		if (p->recent[k] == w->now)
			p->recent[k] = now;
	for (uint32_t k = 0; k < w->n; k++)
		grant(p, &w->ask[k], now);
}

static void
look_again(struct pass *w, uint64_t at)
{
	if (w->next == 0 || at < w->next)
		w->next = at;
}

static void
pass_expected(struct permit *p, uint32_t i, struct pass *w)
{
	struct permit_slot *s = &p->slot[i];
	uint64_t at = s->since_ms + PERMIT_EXPECT_MS;

	if (at <= w->now) {
		s->state = PERMIT_IDLE;
		return;
	}
	if (!w->brake && w->stop == UINT32_MAX)
		w->stop = i / p->keys;
	look_again(w, at);
}

static void
pass_waiting(struct permit *p, uint32_t i, struct pass *w)
{
	struct permit_slot *s = &p->slot[i];
	uint64_t key, own;

	if (!s->forced
	    && (i / p->keys > w->stop
		|| (!permit_above_reserve(p) && permit_leave_left(p) == 0)))
		return;
	if (p->alike.on && p->alike.canary != CRASH_BRAKE_NOBODY)
		return; /* what becomes of it wakes us */
	key = permit_key_free_ms(p, i % p->keys, true);
	own = permit_own_free_ms(p, i, w->brake);
	if (key <= w->now && own <= w->now) {
		crash_brake_may_start(&p->alike, i, w->now);
		take(p, i, w);
		w->brake = permit_braked(p);
		return;
	}
	/* A shard that sits out its own pace must not stop the others. */
	if (own <= w->now && w->stop == UINT32_MAX)
		w->stop = i / p->keys;
	look_again(w, own > key ? own : key);
}

/* Grants in order of buckets; returns when to look again, 0: never. */
static uint64_t
grant_ready(struct permit *p, uint64_t now)
{
	struct pass w = {.now = now,
	    .brake = permit_braked(p),
	    .stop = UINT32_MAX,
	    .leave = p->leave,
	    .alike = p->alike};

	for (uint32_t i = 0; i < p->count && permit_remaining(p) > 0; i++) {
		if (w.n == PERMIT_PASS_MAX) {
			look_again(&w, now);
			break;
		}
		if (p->slot[i].state == PERMIT_EXPECTED)
			pass_expected(p, i, &w);
		else if (p->slot[i].state == PERMIT_WAITING)
			pass_waiting(p, i, &w);
	}
	settle_pass(p, &w);
	return p->retry_ms > now ? p->retry_ms : w.next;
}

/* ---- the pump ------------------------------------------------------- */

static bool
anybody_forced(const struct permit *p)
{
	for (uint32_t i = 0; i < p->count; i++)
		if (p->slot[i].state == PERMIT_WAITING && p->slot[i].forced)
			return true;
	return permit_leave_left(p) > 0;
}

static void
say_budget(struct permit *p, uint64_t now)
{
	long long left = permit_remaining(p), keep = permit_reserve(p);
	unsigned long long min = (p->answer.reset_boot_ms - now + 59999)
	    / 60000;

	if (left == 0)
		say(p,
		    "No IDENTIFY of %lld is left: shards without a session "
		    "wait %llu min for the reset; live sessions go on.",
		    (long long)p->answer.total, min);
	else
		say(p,
		    "Only %lld of %lld IDENTIFYs are left and %lld are kept in "
		    "reserve: shards without a session wait %llu min for the "
		    "reset, or for \"shardherd budget --force N\".",
		    left, (long long)p->answer.total, keep, min);
}

/* false: nobody may go before *at (0: until something is told us). */
static bool
allowed(struct permit *p, uint64_t now, uint64_t *at)
{
	*at = 0;
	if (p->held[0] != '\0') {
		say(p, "%s", p->held);
		return false;
	}
	if (!p->known
	    || (!p->fresh
		&& now >= p->answer.fetched_boot_ms + PERMIT_FRESH_MS)) {
		refresh(p);
		return false;
	}
	p->fresh = true;
	if (p->retry_ms > now || p->rest_ms > now) {
		*at = p->retry_ms > p->rest_ms ? p->retry_ms : p->rest_ms;
		return false;
	}
	if (permit_above_reserve(p))
		return true;
	if (now >= p->answer.reset_boot_ms) {
		if (p->answer.reset_boot_ms <= p->answer.fetched_boot_ms)
			say(p,
			    "Discord says that no IDENTIFY is left and that "
			    "the reset is now: shards without a session wait "
			    "while it is asked again, less and less often.");
		refresh(p);
		return false;
	}
	*at = p->answer.reset_boot_ms;
	say_budget(p, now);
	return permit_remaining(p) > 0 && anybody_forced(p);
}

/* A canary that gave up, or that nothing is heard of, makes room. */
static void
check_canary(struct permit *p, uint64_t now)
{
	uint32_t i = p->alike.canary;

	if (p->alike.on && i != CRASH_BRAKE_NOBODY
	    && (p->slot[i].state != PERMIT_GRANTED
		|| now >= p->slot[i].since_ms + PERMIT_HOLD_MS))
		p->alike.canary = CRASH_BRAKE_NOBODY;
}

static void
say_brakes(struct permit *p)
{
	if (p->alike.on)
		say(p,
		    "A third of the shards failed alike at IDENTIFY within 10 "
		    "s: one at a time tries until one succeeds.");
	else if (permit_braked(p))
		say(p,
		    "%u IDENTIFYs within an hour that nobody asked for: each "
		    "shard may send one per %llu s until that stops. Look for "
		    "what ends the sessions.",
		    permit_recent(p), (unsigned long long)p->pace_ms / 1000);
	else if (permit_above_reserve(p))
		say(p, "%s", "");
}

static void
arm(struct permit *p, uint64_t at, uint64_t now, bool jitter)
{
	if (at == 0) {
		timer_stop(&p->timer);
		return;
	}
	timer_set(&p->timer,
	    (at > now ? (double)(at - now) : 0) / 1000
		+ (jitter ? clock_random() * RESET_JITTER_MS / 1000 : 0));
}

static void
pump(struct permit *p)
{
	uint64_t now = clock_boot_ms(), at, next;

	if (permit_waiting(p) == 0) {
		p->fresh = false; /* the next one begins a new batch */
		timer_stop(&p->timer);
		if (p->held[0] == '\0')
			say(p, "%s", "");
		return;
	}
	check_canary(p, now);
	if (!allowed(p, now, &at)) {
		arm(p, at, now, at == p->answer.reset_boot_ms);
		return;
	}
	next = grant_ready(p, now);
	if (p->retry_ms <= now)
		say_brakes(p);
	if (p->alike.on && (next == 0 || next > now + PERMIT_HOLD_MS))
		next = now + PERMIT_HOLD_MS;
	if (at != 0 && (next == 0 || at < next))
		next = at;
	arm(p, next, now, false);
}

static void
on_timer(struct timer *t)
{
	pump(container_of(t, struct permit, timer));
}

/* ---- told from outside ---------------------------------------------- */

void
permit_remember(struct permit *p, uint32_t shard, uint64_t age_ms,
    uint32_t outcome, bool asked)
{
	uint64_t now = clock_boot_ms(), at = now > age_ms ? now - age_ms : 1;
	struct permit_slot *s = &p->slot[shard % p->count];

	if (at >= s->sent_ms)
		count_try(p, s, at);
	if (outcome == OUTCOME_READY)
		s->ready_ms = at;
	if (!asked && age_ms < p->window_ms)
		note_sent(p, at);
}

void
permit_ask(struct permit *p, uint32_t shard, uint32_t serial, uint32_t cause,
    uint32_t close_code)
{
	struct permit_slot *s = &p->slot[shard];

	must(shard < p->count);
	/* An earlier grant it never settled: the new ask replaces it. */
	if (s->state == PERMIT_GRANTED)
		permit_lost(p, shard);
	s->state = PERMIT_WAITING;
	s->serial = serial;
	s->cause = cause;
	if (cause == CAUSE_NO_SESSION && s->sent_ms < p->ended_ms) {
		s->cause = CAUSE_ENDED;
		s->tries = 0; /* the session did not fail */
	}
	s->close_code = close_code;
	s->since_ms = clock_boot_ms();
	timer_set(&p->timer, 0);
}

/* The IDENTIFY was never sent: as if it had not been granted. */
static void
take_back(struct permit *p, struct permit_slot *s)
{
	for (uint32_t i = 0; i < p->brake_after; i++)
		if (p->recent[i] == s->sent_ms) {
			p->recent[i] = 0;
			break;
		}
	s->sent_ms = s->before_ms;
	s->tries--;
	if (p->spent > 0)
		p->spent--;
}

/* What one IDENTIFY's end says about the others'. */
static void
judge(struct permit *p, uint32_t shard, uint32_t outcome, uint32_t code)
{
	uint64_t now = clock_boot_ms();

	if (outcome == OUTCOME_READY) {
		p->slot[shard].ready_ms = now;
		p->alike.canary = shard; /* whoever it is: it works */
		crash_brake_ready(&p->alike, shard);
	} else if (outcome != OUTCOME_UNUSED && outcome != OUTCOME_LOST) {
		crash_brake_died(&p->alike, shard,
		    outcome << 16 | (code & 0xffff), now);
	}
}

void
permit_done(struct permit *p, uint32_t shard, uint64_t ledger_id,
    uint32_t outcome, uint32_t close_code)
{
	struct permit_slot *s = &p->slot[shard];

	must(shard < p->count);
	if (ledger_id != 0)
		p->act->settle(p->arg, ledger_id, outcome, close_code);
	if (s->state == PERMIT_GRANTED ? s->ledger_id != ledger_id
				       : ledger_id != 0)
		return; /* about an earlier grant */
	if (s->state == PERMIT_GRANTED) {
		judge(p, shard, outcome, close_code);
		if (outcome == OUTCOME_UNUSED)
			take_back(p, s);
	}
	s->state = PERMIT_IDLE;
	s->holds = s->forced = false;
	timer_set(&p->timer, 0);
}

void
permit_lost(struct permit *p, uint32_t shard)
{
	struct permit_slot *s = &p->slot[shard];

	must(shard < p->count);
	if (s->state == PERMIT_GRANTED)
		p->act->settle(p->arg, s->ledger_id, OUTCOME_LOST, 0);
	else if (s->state == PERMIT_IDLE)
		return;
	s->state = PERMIT_IDLE;
	s->holds = s->forced = false;
	timer_set(&p->timer, 0);
}

void
permit_hold(struct permit *p, const char *why)
{
	if (p->held[0] == '\0')
		str_copy(p->held, why, sizeof(p->held));
	timer_set(&p->timer, 0);
}

void
permit_release(struct permit *p)
{
	p->held[0] = '\0';
	p->asked = false; /* a question may have been given up */
	timer_set(&p->timer, 0);
}

bool
permit_force(struct permit *p, uint32_t shard)
{
	must(shard < p->count);
	if (p->slot[shard].state != PERMIT_WAITING)
		return false;
	p->slot[shard].forced = true;
	timer_set(&p->timer, 0);
	return true;
}

void
permit_leave(struct permit *p, uint32_t n)
{
	p->leave = n;
	p->leave_ms = clock_boot_ms() + PERMIT_FORCE_MS;
	timer_set(&p->timer, 0);
}
