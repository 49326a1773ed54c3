/* SPDX-License-Identifier: MIT */
/* Restart delays and the correlated brake; see restart_delay.h. */
#include "supervisor/child/restart_delay.h"

#include <string.h>

void
restart_delay_init(struct restart_delay *d, double min_s, double max_s)
{
	d->min_s = min_s;
	d->max_s = max_s > min_s ? max_s : min_s;
	d->next_s = d->min_s;
}

void
restart_delay_limits(struct restart_delay *d, double min_s, double max_s)
{
	d->min_s = min_s;
	d->max_s = max_s > min_s ? max_s : min_s;
	if (d->next_s < d->min_s)
		d->next_s = d->min_s;
	if (d->next_s > d->max_s)
		d->next_s = d->max_s;
}

double
restart_delay_next(struct restart_delay *d, uint64_t ready_ms, double random)
{
	double proof = d->next_s * 1000, s;

	if (proof < RESTART_DELAY_PROOF_MS)
		proof = RESTART_DELAY_PROOF_MS;
	if ((double)ready_ms >= proof)
		d->next_s = d->min_s;
	s = d->next_s * (1 - RESTART_DELAY_JITTER + 2 * RESTART_DELAY_JITTER * random);
	d->next_s *= 2;
	if (d->next_s > d->max_s)
		d->next_s = d->max_s;
	return s;
}

void
brake_init(struct brake *b, uint32_t count)
{
	memset(b, 0, sizeof(*b));
	b->count = count;
	b->cause = base_alloc(count * sizeof(*b->cause));
	b->died_ms = base_alloc(count * sizeof(*b->died_ms));
	b->canary = BRAKE_NOBODY;
}

void
brake_free(struct brake *b)
{
	free(b->cause);
	free(b->died_ms);
	memset(b, 0, sizeof(*b));
}

static uint32_t
alike(const struct brake *b, uint32_t cause, uint64_t now)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < b->count; i++)
		n += b->died_ms[i] != 0 && b->cause[i] == cause
		    && now - b->died_ms[i] <= BRAKE_WINDOW_MS;
	return n;
}

bool
brake_died(struct brake *b, uint32_t shard, uint32_t cause, uint64_t now)
{
	uint32_t n;

	must(shard < b->count);
	b->cause[shard] = cause;
	b->died_ms[shard] = now;
	if (b->on) {
		if (b->canary == shard)
			b->canary = BRAKE_NOBODY;
		return false;
	}
	n = alike(b, cause, now);
	b->on = n >= BRAKE_LEAST && n * 3 > b->count;
	b->canary = BRAKE_NOBODY;
	return b->on;
}

bool
brake_may_start(struct brake *b, uint32_t shard, uint64_t now)
{
	if (!b->on)
		return true;
	if (b->canary == BRAKE_NOBODY) {
		b->canary = shard;
		b->canary_ms = now;
	}
	return b->canary == shard;
}

static bool
release(struct brake *b)
{
	b->on = false;
	memset(b->died_ms, 0, b->count * sizeof(*b->died_ms));
	return true;
}

bool
brake_ready(struct brake *b, uint32_t shard)
{
	return b->on && b->canary == shard && release(b);
}

bool
brake_tick(struct brake *b, uint64_t now)
{
	return b->on && b->canary != BRAKE_NOBODY
	    && now - b->canary_ms >= BRAKE_CANARY_MS && release(b);
}
