/* SPDX-License-Identifier: MIT */
/*
 * A clock that moves only when a test says so.  Linked before the library, it
 * takes the place of shared/clock.c and shared/timer.c.
 */
#ifndef TESTS_UNIT_RIG_FAKE_TIME_H
#define TESTS_UNIT_RIG_FAKE_TIME_H

#include "shared/base/clock.h"
#include "shared/base/timer.h"

/* Back to the start: no timers, 1 000 000 ms since boot, random 0.5. */
void fake_time_reset(void);
/* Moves on, firing what falls due in order, each at its own moment. */
void fake_time_advance(uint64_t ms);
/* Moves on as a suspended host does: what was due fires late, at the end. */
void fake_time_sleep(uint64_t ms);
/* From within a timer or a call: it takes so long, nothing fires meanwhile. */
void fake_time_pass(uint64_t ms);
/* Somebody sets the wall clock, forward or back. */
void fake_time_set_wall(int64_t step_ms);
/* What clock_random() returns from now on. */
void fake_time_random(double value);
/* Milliseconds until the next timer; UINT64_MAX when there is none. */
uint64_t fake_time_next(void);

#endif
