/* SPDX-License-Identifier: MIT */
/*
 * The questions about permits that grant nothing: budget, brake, spacing,
 * the queue's end.  Key times are derived from the slots' own stamps, so a
 * max_concurrency that changes between answers needs no translation.
 */
#include "supervisor/identify/permit.h"

#include "shared/base/clock.h"

#define DOUBLINGS_MAX 16 /* far above the cap */

/* ---- budget --------------------------------------------------------- */

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

bool
permit_above_reserve(const struct permit *p)
{
	return permit_remaining(p) > permit_reserve(p);
}

uint32_t
permit_leave_left(const struct permit *p)
{
	return clock_boot_ms() < p->leave_ms ? p->leave : 0;
}

/* ---- the hour's brake ----------------------------------------------- */

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

bool
permit_braked(const struct permit *p)
{
	return permit_recent(p) >= p->brake_after;
}

bool
permit_sent_lately(const struct permit *p, uint32_t shard)
{
	const struct permit_slot *s = &p->slot[shard];

	return s->sent_ms != 0 && clock_boot_ms() - s->sent_ms < p->window_ms;
}

/* ---- keys and spacing ----------------------------------------------- */

uint64_t
permit_key_free_ms(const struct permit *p, uint32_t k, bool hold)
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

/* Doubles with each IDENTIFY whose session did not last (8.8). */
static uint64_t
spacing_of(const struct permit *p, const struct permit_slot *s)
{
	uint32_t n = s->tries > 0 ? s->tries - 1 : 0;
	uint64_t ms = p->spacing_ms << (n < DOUBLINGS_MAX ? n : DOUBLINGS_MAX);

	return ms < p->pace_ms ? ms : p->pace_ms;
}

uint64_t
permit_own_free_ms(const struct permit *p, uint32_t i, bool brake)
{
	const struct permit_slot *s = &p->slot[i];

	if (s->sent_ms == 0 || s->forced)
		return 0;
	return s->sent_ms + (brake ? p->pace_ms : spacing_of(p, s));
}

/* ---- the queue ------------------------------------------------------ */

static uint32_t
in_state(const struct permit *p, enum permit_state state)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->count; i++)
		n += p->slot[i].state == state;
	return n;
}

uint32_t
permit_waiting(const struct permit *p)
{
	return in_state(p, PERMIT_WAITING);
}

uint32_t
permit_pending(const struct permit *p)
{
	return in_state(p, PERMIT_GRANTED);
}

/* When the last of key k has sat out its own pace. */
static uint64_t
paced_ms(const struct permit *p, uint32_t k, bool brake)
{
	uint64_t last = 0;

	for (uint32_t i = k; i < p->count; i += p->keys) {
		uint64_t at;

		if (p->slot[i].state != PERMIT_WAITING)
			continue;
		at = permit_own_free_ms(p, i, brake);
		if (at > last)
			last = at;
	}
	return last;
}

uint64_t
permit_eta_ms(const struct permit *p)
{
	uint64_t now = clock_boot_ms(), eta = 0;
	bool brake = permit_braked(p);

	for (uint32_t k = 0; k < p->keys && k < p->count; k++) {
		uint64_t at = permit_key_free_ms(p, k, false), n = 0, paced;

		for (uint32_t i = k; i < p->count; i += p->keys)
			n += p->slot[i].state == PERMIT_WAITING
			    || p->slot[i].state == PERMIT_EXPECTED;
		if (n == 0)
			continue;
		at = (at > now ? at : now) + (n - 1) * p->spacing_ms;
		paced = paced_ms(p, k, brake);
		if (paced > at)
			at = paced;
		if (at > eta)
			eta = at;
	}
	return eta;
}

/* ---- what is only noted --------------------------------------------- */

void
permit_ended(struct permit *p, uint64_t age_ms)
{
	uint64_t now = clock_boot_ms();

	p->ended_ms = now > age_ms ? now - age_ms : 0;
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
