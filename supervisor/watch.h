/* SPDX-License-Identifier: MIT */
/*
 * The regular look around: samples of /proc, shards and a handler that claim
 * to be ready and are not, the batch of cursors, what runs out (resources.h).
 * A bounded amount of it per tick.
 */
#ifndef SUPERVISOR_WATCH_H
#define SUPERVISOR_WATCH_H

#include "shared/page/page.h"
#include "shared/base/timer.h"
#include "supervisor/resources.h"
#include "supervisor/child/liveness.h"

struct fleet;

#define WATCH_TICK_S 2
#define WATCH_SAMPLES 32 /* shards sampled per tick */
#define WATCH_CURSORS_MS 5000

struct watch {
	struct fleet *fleet;
	struct timer timer;
	uint32_t next_sample;
	uint64_t cursors_ms; /* of the last batch */
	uint64_t *saved_seq; /* per slot, what the store has */
	uint64_t *saved_session;
	struct liveness_loop handler, gate, web;
	struct resources limits;
	uint64_t done_ms; /* boot stamp: the last look came to its end */
};

void watch_init(struct watch *, struct fleet *);
void watch_start(struct watch *);  /* the layout is known */
void watch_forget(struct watch *); /* and is no more */
void watch_stop(struct watch *);
/* The cursors of all shards that moved, in one transaction. */
void watch_cursors(struct watch *);

#endif
