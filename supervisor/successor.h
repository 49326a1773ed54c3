/* SPDX-License-Identifier: MIT */
/*
 * `upgrade`: the supervisor becomes another program, by exec, in the same
 * process.  First that program says, as a process of its own, whether it can
 * take over (examine.h); then the exec, through which only the lock, the config,
 * the token and the waiting client pass (arrive.h).  The children see their
 * channels end and call, as after a death, and are taken over (adopt.h).  Until
 * the exec has succeeded nothing is given up; and a program that can't start
 * after all makes way for the one before.
 */
#ifndef SUPERVISOR_SUCCESSOR_H
#define SUPERVISOR_SUCCESSOR_H

#include <ev.h>

#include "shared/config/config.h"
#include "shared/base/timer.h"
#include "supervisor/arrive.h"
#include "supervisor/examine.h"
#include "supervisor/child/program.h"

struct fleet;

#define SUCCESSOR_EXAMINE_S 20	/* for the next program's answer */

struct successor_wish {
	char path[CONFIG_PATH_MAX];	/* absolute; "": where ours is from */
	bool check;		/* only look */
	bool force;		/* though everything must be restarted */
	bool keep_handler;	/* leave it as it is */
};

struct successor {
	struct fleet *fleet;
	struct successor_wish wish;
	uint32_t ticket;	/* of the client that waits; 0: none */
	/* while it is examined: */
	struct program program;	/* fd -1: nothing under way */
	struct timer deadline;
	pid_t pid;		/* 0: reaped */
	int status;
	int fd;			/* -1: it has said all */
	ev_io rd;
	char said[EXAMINE_OUTPUT_MAX + 1];
	size_t said_len;
	struct examined examined;
	bool cold;		/* everything is stopped, then the exec */
	/* after it, until all is taken over: */
	bool arrived;
	struct arrival from;
};

void successor_init(struct successor *, struct fleet *);
/* 0 and the client is answered later; or -1. */
int successor_begin(struct successor *, uint32_t ticket,
    const struct successor_wish *, struct err *);
static inline bool
successor_busy(const struct successor *s)
{
	return s->program.fd != -1 || s->arrived;
}
/* Was this the examiner?  Called with every pid reaped. */
bool successor_reaped(struct successor *, pid_t, int status);
/* The fleet is to stop, and that is all. */
void successor_cancel(struct successor *);
/*
 * Everything has ended: becomes the other program, if that is what it ended
 * for.  Returns when there is nothing to become.
 */
void successor_leave(struct successor *);
void successor_free(struct successor *);

/* After the exec, from the start on. */
void successor_arrive(struct successor *, const struct arrival *);
/* Who could be taken over is, n of the shards among them. */
void successor_settled(struct successor *, uint32_t shards);
/* This program can't start: becomes the one before again.  Returns if not. */
void successor_return(struct fleet *, const struct arrival *,
    const struct err *);

#endif
