/* SPDX-License-Identifier: MIT */
/*
 * A bot's process is replaced, as a table of states and events: the new one
 * starts beside the old one and has to be READY at the gate with all its
 * shards; then the old one is ended, and the new one is the client's.  Until
 * then the old one is untouched, and it is what there is when the new one does
 * not come up: that is the way back.  How a step is done is its actions'
 * business (clients.c).
 */
#ifndef SUPERVISOR_CLIENT_CLIENT_CHANGE_H
#define SUPERVISOR_CLIENT_CLIENT_CHANGE_H

#include "shared/base/err.h"
#include "shared/base/machine.h"

#define CLIENT_CHANGE_STATES(X)                                                \
	X(NONE, "none")                                                        \
	X(STARTING, "starting") /* the new one is not READY */                 \
	X(LEAVING, "leaving")	/* it is; the old one still ends */            \
	X(BACK, "back")		/* the new one ends, the old one stays */      \
	X(BACK_LATE,                                                           \
	    "back-late") /* it ended, and the old one does too: that  \
				     comes back */

enum client_change_state {
#define X(n, s) CLIENT_CHANGE_##n,
	CLIENT_CHANGE_STATES(X)
#undef X
	    CLIENT_CHANGE_STATE_COUNT
};

#define CLIENT_CHANGE_EVENTS(X)                                                \
	X(BEGIN, "begin")                                                      \
	X(ARRIVED, "arrived")	/* the new one is READY at the gate */         \
	X(LATE, "late")		/* ... and is not, in time */                  \
	X(NEW_GONE, "new-gone") /* its process ended */                        \
	X(OLD_GONE, "old-gone")

enum client_change_event {
#define X(n, s) CLIENT_CHANGE_ON_##n,
	CLIENT_CHANGE_EVENTS(X)
#undef X
	    CLIENT_CHANGE_EVENT_COUNT
};

#define CLIENT_CHANGE_WORDS 256

/* They run within a transition and may raise the change's own events, which
 * then wait; done is told when it is over and may begin the next one. */
struct client_change_actions {
	/* false: it could not be made; nothing follows but done. */
	bool (*start)(void *);
	void (*end_new)(void *);
	void (*end_old)(void *);
	bool (*old_runs)(void *);
	/* The new one is the client's from now on. */
	void (*promote)(void *);
	/* The old one is started again, which has ended meanwhile. */
	void (*revive)(void *);
	/* How the new one ended: a clause. */
	const char *(*obituary)(void *);
	/* Once for each that was begun; why: a clause, "" when it is well. */
	void (*done)(void *, const char *why);
};

struct client_change {
	const struct client_change_actions *do_;
	void *arg;
	struct machine machine;
	enum client_change_state state;
	char why[CLIENT_CHANGE_WORDS]; /* it does not go well */
};

void client_change_init(struct client_change *,
    const struct client_change_actions *, void *arg);
/* At once; from within an action: after the transition that called it. */
void client_change_event(struct client_change *, enum client_change_event);
static inline bool
client_change_busy(const struct client_change *c)
{
	return c->state != CLIENT_CHANGE_NONE;
}

#endif
