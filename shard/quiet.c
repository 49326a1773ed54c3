/* SPDX-License-Identifier: MIT */
#include "shard/quiet.h"

#include "shared/base/clock.h"

static void
wait_from(struct quiet *q, uint64_t from_ms)
{
	uint64_t now = clock_boot_ms(), due = from_ms + QUIET_MS;

	timer_set(&q->timer, due > now ? (double)(due - now) / 1000 : 0);
}

static void
on_timer(struct timer *t)
{
	struct quiet *q = container_of(t, struct quiet, timer);
	uint64_t now = clock_boot_ms();

	if (now < q->last_ms + QUIET_MS)
		wait_from(q, q->last_ms);
	else if (!q->give(q))
		wait_from(q, now);
}

void
quiet_init(struct quiet *q, struct timers *timers, quiet_fn *give)
{
	timer_init(timers, &q->timer, on_timer);
	q->give = give;
	q->last_ms = 0;
}

void
quiet_stop(struct quiet *q)
{
	timer_stop(&q->timer);
}

void
quiet_turn(struct quiet *q, uint64_t last_ms)
{
	if (last_ms == 0 || last_ms == q->last_ms)
		return;
	q->last_ms = last_ms;
	if (!timer_pending(&q->timer))
		wait_from(q, last_ms);
}
