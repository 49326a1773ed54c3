/* SPDX-License-Identifier: MIT */
/*
 * How long a dead child stays dead: a delay that doubles with each early death
 * and starts over once the child has proved itself.  And the brake for deaths
 * with a common cause, where restarting everybody at once would only repeat
 * them: one canary goes first.  Pure arithmetic on stamps, no timers.
 */
#ifndef SUPERVISOR_CHILD_RESTART_DELAY_H
#define SUPERVISOR_CHILD_RESTART_DELAY_H

#include "shared/base/base.h"

#define RESTART_DELAY_PROOF_MS 60000	/* ready that long: the past is forgotten */
#define RESTART_DELAY_JITTER 0.25	/* of the delay, either way */

struct restart_delay {
	double min_s, max_s;
	double next_s;		/* of the next death, before jitter */
};

void restart_delay_init(struct restart_delay *, double min_s, double max_s);
/* Other limits from now on; what was learned stays within them. */
void restart_delay_limits(struct restart_delay *, double min_s, double max_s);
/*
 * The child died after ready_ms of being ready (0: it never was).  Seconds to
 * wait; random is uniform in [0,1).
 */
double restart_delay_next(struct restart_delay *, uint64_t ready_ms, double random);

#define BRAKE_WINDOW_MS 10000	/* deaths this close count as one event */
#define BRAKE_LEAST 3		/* fewer never brake a small fleet */
#define BRAKE_CANARY_MS 30000	/* a canary alive that long is proof enough */
#define BRAKE_NOBODY UINT32_MAX

struct brake {
	uint32_t count;		/* shards of the fleet */
	uint32_t *cause;	/* per shard, of its last death */
	uint64_t *died_ms;	/* 0: not lately */
	bool on;
	uint32_t canary;	/* BRAKE_NOBODY: to be chosen */
	uint64_t canary_ms;	/* its start, 0: not started */
};

void brake_init(struct brake *, uint32_t count);
void brake_free(struct brake *);
/* Returns true when this death is the one that sets the brake. */
bool brake_died(struct brake *, uint32_t shard, uint32_t cause,
    uint64_t now_ms);
/* May this shard start now?  The first to ask becomes the canary. */
bool brake_may_start(struct brake *, uint32_t shard, uint64_t now_ms);
/* A shard is ready, or time passed: true when the brake is released by it. */
bool brake_ready(struct brake *, uint32_t shard);
bool brake_tick(struct brake *, uint64_t now_ms);

#endif
