/* SPDX-License-Identifier: MIT */
/*
 * When a shard may give back what it holds for what comes next: once nothing
 * has come for a while.  A connection that is silent is never woken for it
 * again; while events come a timer looks once in QUIET_MS, and that is all it
 * costs.
 */
#ifndef SHARD_QUIET_H
#define SHARD_QUIET_H

#include "shared/base/timer.h"

#define QUIET_MS 3000u

struct quiet;
/* Gives it back: false when some of it is in use yet, so that it has to be
 * asked again. */
typedef bool quiet_fn(struct quiet *);

struct quiet {
	struct timer timer;
	quiet_fn *give;
	uint64_t last_ms; /* when something came last, boot stamp */
};

/* Embedded in its owner's struct, as a timer. */
void quiet_init(struct quiet *, struct timers *, quiet_fn *);
void quiet_stop(struct quiet *);
/* Once in each turn of the loop: when something came last, 0: never. */
void quiet_turn(struct quiet *, uint64_t last_ms);

#endif
