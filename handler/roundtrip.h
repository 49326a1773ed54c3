/* SPDX-License-Identifier: MIT */
/*
 * `probe`: reacts on a message through REST and watches the intake for that
 * reaction, so that the way out and the way back are both seen to work.  One
 * at a time.  It never holds anything up: it only looks at events, and its
 * calls wait in a queue of their own.
 */
#ifndef HANDLER_ROUNDTRIP_H
#define HANDLER_ROUNDTRIP_H

#include "handler/intake/intake.h"
#include "handler/rest/rest.h"
#include "shared/base/timer.h"

/* What is under way; the order is that of a probe. */
#define ROUNDTRIP_STEPS(X)                                                     \
	X(IDLE, "nothing")                                                     \
	X(ME, "who the bot is")                                                \
	X(CHANNEL, "the channel")                                              \
	X(MESSAGE, "the message")                                              \
	X(CLEAN, "removing an earlier reaction")                               \
	X(REACT, "reacting")                                                   \
	X(REMOVE, "removing the reaction")                                     \
	X(POST, "posting a message")

enum roundtrip_step {
#define X(n, s) ROUNDTRIP_##n,
	ROUNDTRIP_STEPS(X)
#undef X
	    ROUNDTRIP_STEP_COUNT
};

#define ROUNDTRIP_STEP_MS 50 /* the wall clock may drift so far from ours */

struct roundtrip {
	struct rest *rest;
	struct intake *intake;
	uint64_t intents; /* of the fleet */
	/* Called once per roundtrip_begin. */
	void (*answer)(void *arg, uint32_t serial,
	    const struct msg_probe_answer *);
	void *arg;
	struct timer deadline;
	struct intake_tap tap; /* while the reaction is awaited */
	enum roundtrip_step step;
	uint32_t serial;
	uint32_t run; /* tells a late REST answer from ours */
	struct msg_probe ask;
	struct msg_probe_answer result;
	char emoji[400];       /* percent-encoded */
	char me[24];	       /* own user id, once it is known */
	uint64_t known, guild; /* this channel is of that guild, 0: a DM */
	bool accepted, seen, done;
	uint64_t sent_ms, seen_ms;
	int64_t skew_ms;       /* wall clock minus ours, when sent */
	uint64_t session, seq; /* of the event */
};

void roundtrip_init(struct roundtrip *, struct timers *);
void roundtrip_begin(struct roundtrip *, const struct msg_probe *,
    uint32_t serial);
/* A delivery of this event is about to be finished. */
void roundtrip_finished(struct roundtrip *, const struct event *);
/* The handler ends: nothing is answered any more. */
void roundtrip_stop(struct roundtrip *);

#endif
