/* SPDX-License-Identifier: MIT */
/*
 * Replacing the handler, as a table of states and events: the next one is
 * started and must prove itself ready, the shards switch over to it, the
 * present one leaves, and for a probation the way back stays open.  Decides
 * when and whether; how a step is done is its actions' business
 * (reload_effects.c).
 */
#ifndef SUPERVISOR_OPERATION_RELOAD_H
#define SUPERVISOR_OPERATION_RELOAD_H

#include "shared/base/err.h"
#include "shared/base/machine.h"
#include "shared/base/timer.h"

#define RELOAD_STATES(X)                                                       \
	X(IDLE, "idle")                                                        \
	X(STARTING, "starting")	  /* the new one is not ready yet */           \
	X(SWITCHING, "switching") /* shards drain to the old one, then   \
					   go over */     \
	X(STOPPING_OLD, "stopping-old")                                        \
	X(PROBATION, "probation") /* it serves alone, and is watched */        \
	X(ROLLING_BACK, "rolling-back")

enum reload_state {
#define X(n, s) RELOAD_##n,
	RELOAD_STATES(X)
#undef X
	    RELOAD_STATE_COUNT
};
extern const char *const reload_state_name[RELOAD_STATE_COUNT];

#define RELOAD_EVENTS(X)                                                       \
	X(BEGIN, "begin")                                                      \
	X(READY, "ready")	/* a handler can take events */                \
	X(NEW_GONE, "new-gone") /* its process ended */                        \
	X(OLD_GONE, "old-gone")                                                \
	X(MOVED, "moved") /* some shard went over, or died */                  \
	X(TIMER, "timer") /* the deadline of this state */                     \
	X(TICK, "tick")	  /* time to judge the new one */                      \
	X(ABORT, "abort") /* the fleet stops */

enum reload_event {
#define X(n, s) RELOAD_ON_##n,
	RELOAD_EVENTS(X)
#undef X
	    RELOAD_EVENT_COUNT
};

#define RELOAD_TICK_S 0.5 /* between two looks at the new handler */
#define RELOAD_WORDS 512

/* Deadlines of the states, in seconds; the glue takes them from the config. */
struct reload_limits {
	double ready_s;	    /* STARTING: fork to READY */
	double switch_s;    /* SWITCHING: until all shards went over */
	double stop_s;	    /* STOPPING_OLD: until its process is gone */
	double probation_s; /* PROBATION; 0: none */
	double back_s;	    /* ROLLING_BACK: until all shards are back */
};

enum reload_verdict {
	RELOAD_GOOD,
	RELOAD_WAIT, /* not proved either way: look again */
	RELOAD_BAD,  /* words say why */
};

/*
 * They run within a transition and may raise the reload's own events, which
 * then wait; done is told when the reload is idle and may begin the next one.
 */
struct reload_actions {
	/* Starts the new handler beside the old one: 0, or -1 and nothing
	 * else of a reload follows. */
	int (*start)(void *, struct err *);
	/* Before anything is switched: can it do what the old one does?  If
	 * not, words say what not. */
	bool (*fit)(void *, char *words, size_t size);
	/* The new one is in service: every shard is told to go over. */
	void (*promote)(void *);
	/* Shards that have not gone over to the one in service yet. */
	uint32_t (*behind)(void *);
	/* Asks the old one to leave: false when it is gone already. */
	bool (*retire)(void *);
	/* last: probation is over, it is now or never. */
	enum reload_verdict (
	    *judge)(void *, bool last, char *words, size_t size);
	/* How the new one ended, one clause for the operator. */
	void (*obituary)(void *, char *words, size_t size);
	/* Ends the new one at once; puts the old one and its config back. */
	void (*restore)(void *, const char *why);
	/* Does the old one serve every shard again, the new one gone? */
	bool (*restored)(void *);
	/* Then: how it is with the old one now, a sentence. */
	void (*aftermath)(void *, char *words, size_t size);
	/* Deaths are handled by ordinary rules from here on. */
	void (*settle)(void *, bool rolled_back);
	void (*tell)(void *, const char *sentence);
	/* The end: EXIT_FINE, or why not. */
	void (*done)(void *, int code, const char *sentence);
};

struct reload {
	const struct reload_actions *do_;
	void *arg;
	struct machine machine;
	struct reload_limits limits;
	enum reload_state state;
	struct timer deadline, tick;
	bool old_gone;
	struct err *refusal; /* of the start; while it begins */
	bool refused;
	char why[RELOAD_WORDS]; /* ROLLING_BACK: what was wrong */
	int code;		/* of the end, and its sentence */
	char words[RELOAD_WORDS + 256];
};

void reload_init(struct reload *, struct timers *,
    const struct reload_actions *, void *arg);
/*
 * EXIT_TRY_LATER when one is under way; -1 also when it could not start.  0: it
 * is under way, or even over and done().
 */
int reload_begin(struct reload *, const struct reload_limits *, struct err *);
/* At once; from within an action: after the transition that called it. */
void reload_event(struct reload *, enum reload_event);
static inline bool
reload_busy(const struct reload *r)
{
	return r->state != RELOAD_IDLE;
}

#endif
