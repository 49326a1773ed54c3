/* SPDX-License-Identifier: MIT */
/*
 * The brake for deaths with a common cause, where restarting everybody at once
 * would only repeat them: one canary goes first.  Pure arithmetic on stamps, no
 * timers.
 */
#ifndef SUPERVISOR_CHILD_CRASH_BRAKE_H
#define SUPERVISOR_CHILD_CRASH_BRAKE_H

#include "shared/base/base.h"

#define CRASH_BRAKE_WINDOW_MS 10000 /* deaths this close count as one event */
#define CRASH_BRAKE_LEAST 3	    /* fewer never brake a small fleet */
#define CRASH_BRAKE_CANARY_MS                                                  \
	30000 /* a canary alive that long is proof enough */
#define CRASH_BRAKE_NOBODY UINT32_MAX

struct crash_brake {
	uint32_t count;	   /* shards of the fleet */
	uint32_t *cause;   /* per shard, of its last death */
	uint64_t *died_ms; /* 0: not lately */
	bool on;
	uint32_t canary;    /* CRASH_BRAKE_NOBODY: to be chosen */
	uint64_t canary_ms; /* its start, 0: not started */
};

void crash_brake_init(struct crash_brake *, uint32_t count);
void crash_brake_free(struct crash_brake *);
/* Returns true when this death is the one that sets the brake. */
bool crash_brake_died(struct crash_brake *, uint32_t shard, uint32_t cause,
    uint64_t now_ms);
/* May this shard start now?  The first to ask becomes the canary. */
bool crash_brake_may_start(struct crash_brake *, uint32_t shard,
    uint64_t now_ms);
/* A shard is ready, or time passed: true when the brake is released by it. */
bool crash_brake_ready(struct crash_brake *, uint32_t shard);
bool crash_brake_tick(struct crash_brake *, uint64_t now_ms);

#endif
