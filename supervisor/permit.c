/* SPDX-License-Identifier: MIT */
/*
 * One pass over the slots decides everything: pump() grants what may go now
 * and arms one timer for the next moment at which the outcome could differ.
 * Key times are derived from the slots' own stamps, so a max_concurrency that
 * changes between answers needs no translation.
 */
#include "supervisor/permit.h"

#include <stdarg.h>
#include <string.h>

#include "shared/clock.h"

/* 10 % more than Discord asks: it measures on arrival (4.3). */
#define MARGIN 0.1
#define MARGIN_MIN_MS 50
/* Unasked IDENTIFYs (3.3 rule 4), in intervals: an hour, ten minutes. */
#define WINDOW_INTERVALS 720
#define PACE_INTERVALS 120
#define BRAKE_SPARE 10
#define RESET_JITTER_MS 5000

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
	p->spacing_ms = (uint64_t)(ms + (margin > MARGIN_MIN_MS ? margin
	    : MARGIN_MIN_MS));
	p->pace_ms = (uint64_t)(ms * PACE_INTERVALS);
	p->window_ms = (uint64_t)(ms * WINDOW_INTERVALS);
	p->reserve_wanted = reserve;
	p->slot = base_alloc(count * sizeof(*p->slot));
	p->brake_after = count + BRAKE_SPARE;
	p->recent = base_alloc(p->brake_after * sizeof(*p->recent));
	timer_init(timers, &p->timer, on_timer);
}

void
permit_free(struct permit *p)
{
	if (p->slot == NULL)
		return;
	timer_stop(&p->timer);
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
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (strcmp(text, p->said) == 0)
		return;
	str_copy(p->said, text, sizeof(p->said));
	p->act->say(p->arg, p->said);
}

/* ---- budget ---------------------------------------------------------- */

int64_t
permit_remaining(const struct permit *p)
{
	int64_t left = p->answer.remaining - (int64_t)p->spent;

	if (!p->known)
		return -1;
	return left > 0 ? left : 0;
}

int64_t
permit_reserve(const struct permit *p)
{
	int64_t rule = 2 * (int64_t)p->count, cap = p->answer.total / 4;

	if (rule < 25)
		rule = 25;
	if (p->reserve_wanted > 0)
		rule = p->reserve_wanted;
	return p->known && rule > cap ? cap : rule;
}

void
permit_budget(struct permit *p, const struct permit_answer *a)
{
	uint32_t keys = a->max_concurrency;

	p->answer = *a;
	p->keys = keys < 1 ? 1 : keys > PERMIT_KEYS_MAX ? PERMIT_KEYS_MAX : keys;
	p->known = p->fresh = true;
	p->asked = false;
	p->spent = 0;
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

/* ---- the hour's brake ------------------------------------------------ */

static void
note_sent(struct permit *p, uint64_t at_ms)
{
	p->recent[p->recent_at] = at_ms;
	p->recent_at = (p->recent_at + 1) % p->brake_after;
}

uint32_t
permit_recent(const struct permit *p)
{
	uint64_t now = clock_boot_ms();
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->brake_after; i++)
		if (p->recent[i] != 0 && now - p->recent[i] < p->window_ms)
			n++;
	return n;
}

static bool
braked(const struct permit *p)
{
	return permit_recent(p) >= p->brake_after;
}

/* ---- keys and order -------------------------------------------------- */

static bool
passed(uint64_t stamp, uint64_t ms, uint64_t now)
{
	return stamp == 0 || now >= stamp + ms;
}

/*
 * When key k may send again.  hold: wait for the shard that used it last, as
 * long as that may take; the ETA assumes that it answers in time.
 */
static uint64_t
key_free_ms(const struct permit *p, uint32_t k, bool hold)
{
	uint64_t at = 0;

	for (uint32_t i = k; i < p->count; i += p->keys) {
		const struct permit_slot *s = &p->slot[i];
		uint64_t t = s->sent_ms ? s->sent_ms + p->spacing_ms : 0;

		if (hold && s->holds && s->since_ms + PERMIT_HOLD_MS > t)
			t = s->since_ms + PERMIT_HOLD_MS;
		if (t > at)
			at = t;
	}
	return at;
}

/* Earliest moment shard i itself may go; the brake paces each shard. */
static uint64_t
slot_free_ms(const struct permit *p, uint32_t i, bool brake)
{
	uint64_t key = key_free_ms(p, i % p->keys, true);
	uint64_t own = brake && p->slot[i].sent_ms
	    ? p->slot[i].sent_ms + p->pace_ms : 0;

	return own > key ? own : key;
}

static void
take(struct permit *p, uint32_t i, uint64_t now)
{
	struct permit_slot *s = &p->slot[i];
	struct permit_request r = { .shard = i, .key = i % p->keys,
	    .cause = s->cause, .close_code = s->close_code,
	    .asked_boot_ms = s->since_ms };
	uint64_t id = p->act->record(p->arg, &r);

	if (id == 0) {
		p->retry_ms = now + PERMIT_RERECORD_MS;
		say(p, "No IDENTIFY can be permitted: the ledger in state_dir "
		    "can't be written.");
		return;
	}
	s->state = PERMIT_GRANTED;
	s->ledger_id = id;
	s->since_ms = now;
	s->before_ms = s->sent_ms;
	s->sent_ms = now;
	s->holds = true;
	p->spent++;
	note_sent(p, now);
	if (!p->act->grant(p->arg, i, s->serial, id))
		permit_lost(p, i);
}

/* Grants in order of buckets; returns when to look again, 0: never. */
static uint64_t
grant_ready(struct permit *p, uint64_t now)
{
	bool brake = braked(p);
	uint64_t next = 0;
	uint32_t stop = UINT32_MAX;	/* first bucket that must wait */

	for (uint32_t i = 0; i < p->count && i / p->keys <= stop; i++) {
		struct permit_slot *s = &p->slot[i];
		uint64_t at = now;

		if (s->state == PERMIT_EXPECTED)
			at = s->since_ms + PERMIT_EXPECT_MS;
		else if (s->state == PERMIT_WAITING)
			at = slot_free_ms(p, i, brake);
		else
			continue;
		if (s->state == PERMIT_WAITING && at <= now) {
			take(p, i, now);
			if (p->retry_ms > now)
				return p->retry_ms;
			brake = braked(p);
			continue;
		}
		if (s->state == PERMIT_EXPECTED && at <= now) {
			s->state = PERMIT_IDLE;
			continue;
		}
		/* A shard the brake paces must not stop the others. */
		if (!brake && stop == UINT32_MAX)
			stop = i / p->keys;
		if (next == 0 || at < next)
			next = at;
	}
	return next;
}

/* ---- the pump -------------------------------------------------------- */

uint32_t
permit_waiting(const struct permit *p)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->count; i++)
		n += p->slot[i].state == PERMIT_WAITING;
	return n;
}

/* false: nobody may go before *at (0: until something is told us). */
static bool
allowed(struct permit *p, uint64_t now, uint64_t *at)
{
	int64_t left = permit_remaining(p), reserve = permit_reserve(p);

	*at = 0;
	if (p->held[0] != '\0') {
		say(p, "%s", p->held);
		return false;
	}
	if (!p->known || (!p->fresh
	    && passed(p->answer.fetched_boot_ms, PERMIT_FRESH_MS, now))) {
		refresh(p);
		return false;
	}
	p->fresh = true;
	if (p->retry_ms > now) {
		*at = p->retry_ms;
		return false;
	}
	if (left > reserve)
		return true;
	if (now >= p->answer.reset_boot_ms) {
		refresh(p);
		return false;
	}
	*at = p->answer.reset_boot_ms;
	say(p, "Only %lld of %lld IDENTIFYs are left and %lld are kept in "
	    "reserve: shards without a session wait %llu min for the reset.",
	    (long long)left, (long long)p->answer.total, (long long)reserve,
	    (unsigned long long)(*at - now + 59999) / 60000);
	return false;
}

static void
arm(struct permit *p, uint64_t at, uint64_t now, bool jitter)
{
	if (at == 0) {
		timer_stop(&p->timer);
		return;
	}
	timer_set(&p->timer, (at > now ? (double)(at - now) : 0) / 1000
	    + (jitter ? clock_random() * RESET_JITTER_MS / 1000 : 0));
}

static void
pump(struct permit *p)
{
	uint64_t now = clock_boot_ms(), at;
	uint32_t waiting = permit_waiting(p);

	if (waiting == 0) {
		p->fresh = false;	/* the next one begins a new batch */
		timer_stop(&p->timer);
		if (p->held[0] == '\0')
			say(p, "%s", "");
		return;
	}
	if (!allowed(p, now, &at)) {
		arm(p, at, now, at == p->answer.reset_boot_ms);
		return;
	}
	if (braked(p))
		say(p, "%u IDENTIFYs within an hour that nobody asked for: each "
		    "shard may send one per %llu s until that stops. Look for "
		    "what ends the sessions.", permit_recent(p),
		    (unsigned long long)p->pace_ms / 1000);
	else
		say(p, "%s", "");
	at = grant_ready(p, now);
	arm(p, at, now, false);
}

static void
on_timer(struct timer *t)
{
	pump(container_of(t, struct permit, timer));
}

/* ---- told from outside ----------------------------------------------- */

void
permit_remember(struct permit *p, uint32_t shard, uint64_t age_ms, bool forced)
{
	uint64_t now = clock_boot_ms(), at = now > age_ms ? now - age_ms : 1;
	struct permit_slot *s = &p->slot[shard % p->count];

	if (at > s->sent_ms)
		s->sent_ms = at;
	if (!forced && age_ms < p->window_ms)
		note_sent(p, at);
}

void
permit_expect(struct permit *p, uint32_t shard)
{
	must(shard < p->count);
	if (p->slot[shard].state != PERMIT_IDLE)
		return;
	p->slot[shard].state = PERMIT_EXPECTED;
	p->slot[shard].since_ms = clock_boot_ms();
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
	if (p->spent > 0)
		p->spent--;
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
		return;			/* about an earlier grant */
	if (s->state == PERMIT_GRANTED && outcome == OUTCOME_UNUSED)
		take_back(p, s);
	s->state = PERMIT_IDLE;
	s->holds = false;
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
	s->holds = false;
	timer_set(&p->timer, 0);
}

void
permit_hold(struct permit *p, const char *why)
{
	if (p->held[0] == '\0')
		str_copy(p->held, why, sizeof(p->held));
	timer_set(&p->timer, 0);
}

/* Under the brake: when the last of key k has sat out its own pace. */
static uint64_t
paced_ms(const struct permit *p, uint32_t k)
{
	uint64_t last = 0;

	for (uint32_t i = k; i < p->count; i += p->keys) {
		const struct permit_slot *s = &p->slot[i];

		if (s->state == PERMIT_WAITING && s->sent_ms != 0
		    && s->sent_ms + p->pace_ms > last)
			last = s->sent_ms + p->pace_ms;
	}
	return last;
}

uint64_t
permit_eta_ms(const struct permit *p)
{
	uint64_t now = clock_boot_ms(), eta = 0;
	bool brake = braked(p);

	for (uint32_t k = 0; k < p->keys && k < p->count; k++) {
		uint64_t at = key_free_ms(p, k, false), n = 0;

		for (uint32_t i = k; i < p->count; i += p->keys)
			n += p->slot[i].state == PERMIT_WAITING
			    || p->slot[i].state == PERMIT_EXPECTED;
		if (n == 0)
			continue;
		at = (at > now ? at : now) + (n - 1) * p->spacing_ms;
		if (brake && paced_ms(p, k) > at)
			at = paced_ms(p, k);
		if (at > eta)
			eta = at;
	}
	return eta;
}
