/* SPDX-License-Identifier: MIT */
/*
 * One shard's place goes from its process to a fresh one, as a table of states
 * and events: the successor connects up to HELLO, the old one hands over, the
 * successor takes the place and RESUMEs.  Until the hand-over the old one is
 * untouched; from there on whatever happens ends in an ordinary start with
 * RESUME.  How a step is done is its actions' business (handover_effects.c).
 */
#ifndef SUPERVISOR_OPERATION_HANDOVER_H
#define SUPERVISOR_OPERATION_HANDOVER_H

#include "shared/base/err.h"
#include "shared/base/machine.h"
#include "shared/base/timer.h"

#define HANDOVER_STATES(X)                                                     \
	X(FREE, "free")                                                        \
	X(DIALLING, "dialling") /* the successor is not connected yet */       \
	X(HANDING, "handing")	/* the old one was asked to hand over */       \
	X(TAKING, "taking")	/* the successor has the place, not READY */   \
	X(LEAVING, "leaving")	/* decided; the other process still ends */

enum handover_state {
#define X(n, s) HANDOVER_##n,
	HANDOVER_STATES(X)
#undef X
	    HANDOVER_STATE_COUNT
};

#define HANDOVER_EVENTS(X)                                                     \
	X(BEGIN, "begin")                                                      \
	X(STANDBY, "standby")	/* the successor got HELLO */                  \
	X(HANDED, "handed")	/* the place is free */                        \
	X(REFUSED, "refused")	/* the old one keeps it: words */              \
	X(READY, "ready")	/* the successor was RESUMED */                \
	X(OLD_GONE, "old-gone") /* its process ended */                        \
	X(NEW_GONE, "new-gone")                                                \
	X(TIMER, "timer") /* the deadline of this state */                     \
	X(ABORT, "abort") /* the fleet stops */

enum handover_event {
#define X(n, s) HANDOVER_ON_##n,
	HANDOVER_EVENTS(X)
#undef X
	    HANDOVER_EVENT_COUNT
};

#define HANDOVER_HAND_S 5.0 /* asked to hand over; then killed */
#define HANDOVER_WORDS 256

/* Deadlines of the states in seconds. */
struct handover_limits {
	double dial_s; /* DIALLING: fork to HELLO */
	double take_s; /* TAKING: hand-over to RESUMED */
};

/*
 * They run within a transition and may raise the succession's own events,
 * which then wait; done is told when it is over and may begin the next one.
 */
struct handover_actions {
	/* Starts the successor beside the old one: 0, or -1 and nothing else
	 * of a succession follows. */
	int (*start)(void *, struct err *);
	/* Asks the old one to hand over: -1 when it can't be asked. */
	int (*ask)(void *);
	/* The place is the successor's; it is told so. */
	void (*take)(void *);
	/* Ends the successor, which has not taken the place. */
	void (*drop)(void *);
	/* The old one neither handed over nor refused. */
	void (*kill_old)(void *);
	/* Does the process that has not the place still run? */
	bool (*other_runs)(void *);
	/* Once for each succession begun; why is "" when ok. */
	void (*done)(void *, bool ok, const char *why);
};

struct handover {
	const struct handover_actions *do_;
	void *arg;
	struct machine machine;
	struct handover_limits limits;
	enum handover_state state;
	struct timer deadline;
	bool handed, killed;
	struct err *refusal; /* of the start; while it begins */
	bool refused;
	char words[HANDOVER_WORDS]; /* last trouble of the successor */
	bool ok;		    /* how it ended, and why not well */
	char why[HANDOVER_WORDS + 128];
};

void handover_init(struct handover *, struct timers *,
    const struct handover_actions *, void *arg);
/* 0, or -1 when the successor could not be started; then not done(). */
int handover_begin(struct handover *, const struct handover_limits *,
    struct err *);
/* At once; from within an action: after the transition that called it. */
void handover_event(struct handover *, enum handover_event);
/* Why the next REFUSED, NEW_GONE or TIMER is: a clause for the operator. */
void handover_trouble(struct handover *, const char *words);
static inline bool
handover_free(const struct handover *s)
{
	return s->state == HANDOVER_FREE;
}

#endif
