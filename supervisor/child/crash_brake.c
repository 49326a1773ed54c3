/* SPDX-License-Identifier: MIT */
/* See crash_brake.h. */
#include "supervisor/child/crash_brake.h"

#include <string.h>

void
crash_brake_init(struct crash_brake *b, uint32_t count)
{
	memset(b, 0, sizeof(*b));
	b->count = count;
	b->cause = base_alloc(count * sizeof(*b->cause));
	b->died_ms = base_alloc(count * sizeof(*b->died_ms));
	b->canary = CRASH_BRAKE_NOBODY;
}

void
crash_brake_free(struct crash_brake *b)
{
	free(b->cause);
	free(b->died_ms);
	memset(b, 0, sizeof(*b));
}

static uint32_t
alike(const struct crash_brake *b, uint32_t cause, uint64_t now)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < b->count; i++)
		n += b->died_ms[i] != 0 && b->cause[i] == cause
		    && now - b->died_ms[i] <= CRASH_BRAKE_WINDOW_MS;
	return n;
}

bool
crash_brake_died(struct crash_brake *b, uint32_t shard, uint32_t cause,
    uint64_t now)
{
	uint32_t n;

	must(shard < b->count);
	b->cause[shard] = cause;
	b->died_ms[shard] = now;
	if (b->on) {
		if (b->canary == shard)
			b->canary = CRASH_BRAKE_NOBODY;
		return false;
	}
	n = alike(b, cause, now);
	b->on = n >= CRASH_BRAKE_LEAST && n * 3 > b->count;
	b->canary = CRASH_BRAKE_NOBODY;
	return b->on;
}

bool
crash_brake_may_start(struct crash_brake *b, uint32_t shard, uint64_t now)
{
	if (!b->on)
		return true;
	if (b->canary == CRASH_BRAKE_NOBODY) {
		b->canary = shard;
		b->canary_ms = now;
	}
	return b->canary == shard;
}

static bool
release(struct crash_brake *b)
{
	b->on = false;
	memset(b->died_ms, 0, b->count * sizeof(*b->died_ms));
	return true;
}

bool
crash_brake_ready(struct crash_brake *b, uint32_t shard)
{
	return b->on && b->canary == shard && release(b);
}

bool
crash_brake_tick(struct crash_brake *b, uint64_t now)
{
	return b->on && b->canary != CRASH_BRAKE_NOBODY
	    && now - b->canary_ms >= CRASH_BRAKE_CANARY_MS && release(b);
}
