/* SPDX-License-Identifier: MIT */
/*
 * Questions that wait for the cache to have what the log had when they came,
 * or for room on their lane.  Bounded in number and time.
 */
#ifndef HANDLER_GATE_ASK_ASK_QUEUE_H
#define HANDLER_GATE_ASK_ASK_QUEUE_H

#include "handler/gate/ask/ask.h"
#include "shared/base/list.h"
#include "shared/base/timer.h"

#define ASK_QUEUE_MAX 512
#define ASK_QUEUE_WAIT_MS 1000 /* for the cache */
#define ASK_QUEUE_LOOK_S 0.02  /* whether it has come so far */
#define ASK_QUEUE_PLACES 4096u /* of guilds; two may share one */

struct ask_queue {
	struct list waiting;
	unsigned n;
	struct timer look;
	/* By guild: where in the log its last change is. */
	uint64_t changed[ASK_QUEUE_PLACES];
	uint64_t last; /* ... any guild's */
	uint64_t asked, late;

	/* Filled in by the owner.  How far the cache is; NULL cache: cold. */
	struct guild_cache *(*cache)(struct ask_queue *, uint64_t *position);
	uint64_t (*self)(struct ask_queue *);
	/* Is there room for an answer on that lane?  A lane that is gone has. */
	bool (*room)(struct ask_queue *, uint64_t lane);
	void (*answer)(struct ask_queue *, uint64_t lane, uint64_t id,
	    const struct ask_answer *);
};

/* last: of the log, whose end the cache may not have yet. */
void ask_queue_init(struct ask_queue *, struct timers *, uint64_t last);
/* What is in the log at that position is for the cache. */
void ask_queue_changed(struct ask_queue *, uint64_t guild, uint64_t position);
/* May answer at once.  payload: a gate_ask and what is behind it. */
void ask_queue_take(struct ask_queue *, uint64_t lane, uint64_t id,
    const char *payload, size_t len);
/* Nobody is answered any more. */
void ask_queue_free(struct ask_queue *);

#endif
