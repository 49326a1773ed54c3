/* SPDX-License-Identifier: MIT */
/*
 * One-shot timers on CLOCK_BOOTTIME, so that a suspended host wakes to timers
 * that are due and not to timers that slept with it.  They come last in a turn
 * of the loop: what arrived is heard before a deadline counts.  A timer is
 * embedded in its owner's struct; its callback finds the owner with
 * container_of, and may set, stop and free any timer.  Nothing here calls back
 * at once, waits, or fails but for timer_base_new().
 * tests/unit/rig/fake_time.c implements the same names on a clock tests move.
 */
#ifndef SHARED_BASE_TIMER_H
#define SHARED_BASE_TIMER_H

#include "shared/base/base.h"

struct ev_loop;
struct timers;
struct timer;

typedef void timer_fn(struct timer *);

struct timer {
	struct list link;    /* in base's list while pending */
	struct timers *base; /* NULL before timer_init */
	timer_fn *fn;
	uint64_t due_ms; /* clock_boot_ms() at which it fires */
	bool pending;
};

/* One per loop; one timerfd.  NULL with errno set when out of fds. */
struct timers *timer_base_new(struct ev_loop *loop);
void timer_base_free(struct timers *); /* every timer must be stopped */

void timer_init(struct timers *, struct timer *, timer_fn *);
#define TIMER_MAX_S 1e9 /* thirty years */
/* (Re)arms: fires once, after_s seconds from now; 0 and less fires on the next
 * turn, more than TIMER_MAX_S is that: how long may come from outside. */
void timer_set(struct timer *, double after_s);

static inline double
timer_clamp(double after_s)
{
	return after_s < 0 ? 0 : after_s < TIMER_MAX_S ? after_s : TIMER_MAX_S;
}

void timer_stop(struct timer *); /* harmless when not pending */
static inline bool
timer_pending(const struct timer *t)
{
	return t->pending;
}

#endif
