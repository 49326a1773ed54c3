/* SPDX-License-Identifier: MIT */
/*
 * The policy of a rollout, as a table of states and events: a few canaries one
 * by one, a pause in which they are watched, then the rest, some at a time, and
 * a last watch.  Too many failures stop it where it is.  Knows numbers only;
 * which shard, and how, is its actions' business (rollout_effects.c).
 */
#ifndef SUPERVISOR_OPERATION_ROLLOUT_H
#define SUPERVISOR_OPERATION_ROLLOUT_H

#include "shared/base/err.h"
#include "shared/base/machine.h"
#include "shared/base/timer.h"

#define ROLLOUT_STATES(X)                                                      \
	X(IDLE, "idle")                                                        \
	X(CANARY, "canary") /* the first ones, one by one */                   \
	X(PAUSE, "pause")   /* those are watched */                            \
	X(REST, "rest")                                                        \
	X(WATCH, "watch") /* all are replaced, and watched */                  \
	X(STOPPING,                                                            \
	    "stopping") /* begins nothing more, finishes what it began */

enum rollout_state {
#define X(n, s) ROLLOUT_##n,
	ROLLOUT_STATES(X)
#undef X
	    ROLLOUT_STATE_COUNT
};
extern const char *const rollout_state_name[ROLLOUT_STATE_COUNT];

#define ROLLOUT_EVENTS(X)                                                      \
	X(BEGIN, "begin")                                                      \
	X(MOVED, "moved")   /* a shard was replaced */                         \
	X(FAILED, "failed") /* it was not */                                   \
	X(TIMER, "timer")   /* the pause is over */                            \
	X(TICK, "tick")	    /* time to look at those replaced */               \
	X(HALT, "halt")	    /* an operator stops it */                         \
	X(ABORT, "abort")   /* the fleet stops */

enum rollout_event {
#define X(n, s) ROLLOUT_ON_##n,
	ROLLOUT_EVENTS(X)
#undef X
	    ROLLOUT_EVENT_COUNT
};

#define ROLLOUT_TICK_S 0.5 /* between two looks */
#define ROLLOUT_WAITS_MAX                                                      \
	60 /* ticks a pause is prolonged for a shard that
				   reconnects */
#define ROLLOUT_WORDS 512

struct rollout_plan {
	uint32_t total;	       /* shards to replace */
	uint32_t canary;       /* 0: no canary, no pause */
	uint32_t parallel;     /* at once, of the rest */
	uint32_t max_failures; /* more stop it; one canary's always does */
	double pause_s;
};

enum rollout_step {
	ROLLOUT_BEGUN,	 /* MOVED or FAILED follows */
	ROLLOUT_SKIPPED, /* it needs no replacing any more */
	ROLLOUT_LATER,	 /* not now: asked again at the next tick */
	ROLLOUT_REFUSED, /* failed at once; it was said */
};

enum rollout_verdict { ROLLOUT_GOOD, ROLLOUT_WAIT, ROLLOUT_BAD };

/*
 * They run within a transition and may raise the rollout's own events, which
 * then wait; done is told when the rollout is idle and may begin the next one.
 */
struct rollout_actions {
	/* Begins with the next shard. */
	enum rollout_step (*next)(void *);
	/* Of those replaced: BAD once for each that got sick; words say it. */
	enum rollout_verdict (*judge)(void *, char *words, size_t size);
	void (*tell)(void *, const char *sentence);
	/* The end: EXIT_FINE, or why not. */
	void (*done)(void *, int code, const char *sentence);
};

struct rollout {
	const struct rollout_actions *do_;
	void *arg;
	struct machine machine;
	struct rollout_plan plan;
	enum rollout_state state;
	struct timer deadline, tick;
	uint32_t begun, moved, failed;
	unsigned waits;
	char why[ROLLOUT_WORDS]; /* STOPPING: what stopped it */
	int code;		 /* of the end, and its sentence */
	char words[ROLLOUT_WORDS + 256];
};

void rollout_init(struct rollout *, struct timers *,
    const struct rollout_actions *, void *arg);
/* None is under way; plan->total > 0. */
void rollout_begin(struct rollout *, const struct rollout_plan *);
/* At once; from within an action: after the transition that called it. */
void rollout_event(struct rollout *, enum rollout_event);
static inline bool
rollout_busy(const struct rollout *r)
{
	return r->state != ROLLOUT_IDLE;
}

#endif
