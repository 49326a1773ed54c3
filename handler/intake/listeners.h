/* SPDX-License-Identifier: MIT */
/*
 * Who looks at the events as they pass (`shardherd events -f`).  Such a one gets
 * a copy of each new event it asked for, over a socket of its own.  Nothing
 * waits for it: what its socket does not take is kept up to a bound and left
 * out beyond it, with a count that is told as soon as there is room.  While
 * nobody looks an event costs nothing here; what is asked for is looked at
 * before anything is copied.
 */
#ifndef HANDLER_INTAKE_LISTENERS_H
#define HANDLER_INTAKE_LISTENERS_H

#include "handler/intake/intake.h"
#include "shared/wire/live_wire.h"

#define LISTENERS_MAX 4
#define LISTENERS_BYTES (1u << 20) /* kept for one beside its socket */
/* A longer event is shown to nobody; one between is, when nothing waits. */
#define LISTENERS_EVENT_MAX (8u << 20)

struct listener {
	struct listeners *all;
	int fd; /* -1: free */
	ev_io rd, wr;
	struct buf out;
	struct msg_events want;
	bool every;	 /* whatever its name */
	uint64_t missed; /* left out since it was told last */
};

struct listeners {
	struct intake *intake;
	struct intake_tap tap;
	ev_prepare turn;
	unsigned n;
	struct listener one[LISTENERS_MAX];
	uint64_t shown, missed; /* in all */
};

void listeners_init(struct listeners *, struct intake *);
/* Takes fd over, which another process made; one too many is told so. */
void listeners_add(struct listeners *, int fd, const struct msg_events *,
    uint32_t generation);
/* All of them are let go. */
void listeners_end(struct listeners *);

#endif
