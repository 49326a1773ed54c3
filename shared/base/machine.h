/* SPDX-License-Identifier: MIT */
/*
 * One event at a time, the rule of every state machine here.  An event that
 * is raised in the middle of a transition of its own machine waits until that
 * transition is over; and what a transition has to tell its owner is told when
 * it is over, with the machine at rest, so that whoever hears it may raise
 * events at once.  A reload once ended itself within its own first step
 * because an action called back: that can't be written any more.
 */
#ifndef SHARED_BASE_MACHINE_H
#define SHARED_BASE_MACHINE_H

#include "shared/base/base.h"

#define MACHINE_QUEUE_MAX 32 /* raised within one transition */

struct machine;

typedef void machine_fn(struct machine *, unsigned what);

/* Embedded in the struct whose states it is about; container_of finds that. */
struct machine {
	machine_fn *step; /* the transition of one event */
	machine_fn *tell; /* one piece of news; NULL: there is none */
	bool inside;	  /* a transition runs */
	unsigned queued;
	struct {
		uint8_t what;
		bool news;
	} queue[MACHINE_QUEUE_MAX];
};

void machine_init(struct machine *, machine_fn *step, machine_fn *tell);
/*
 * Outside of a transition: runs it at once, and all that it leads to.  Inside:
 * runs after what was raised before.  The struct must outlive the call; news
 * may initialise it again.
 */
void machine_event(struct machine *, unsigned event);
/* From a transition only: told as soon as it is over. */
void machine_tell(struct machine *, unsigned news);
/* Nobody may change its struct but the transition that runs. */
static inline bool
machine_inside(const struct machine *m)
{
	return m->inside;
}

#endif
