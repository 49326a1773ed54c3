/* SPDX-License-Identifier: MIT */
/*
 * Takes over the processes an earlier supervisor left, or this one before it
 * became another program.  They call at run_dir/adopt.sock (orphan.h); who they
 * are the kernel says (user and pid of the socket, start time, the lock of the
 * place in the page), whose they are the nonce.  Nobody who is not awaited,
 * calls too late, or was started with what does not fit any more is taken:
 * those are replaced as ever, their sessions kept.
 */
#ifndef SUPERVISOR_UPGRADE_ADOPT_H
#define SUPERVISOR_UPGRADE_ADOPT_H

#include "shared/page/page.h"
#include "shared/wire/ipc.h"
#include "shared/base/timer.h"
#include "supervisor/base/listener.h"

struct fleet;
struct member;

#define ADOPT_WAIT_MS 10000 /* from our start to an orphan's call */
#define ADOPT_LOOK_S 0.005  /* between two looks whether all have started */
#define ADOPT_CALLERS 64    /* calls under way; more wait their turn */
#define ADOPT_LEAVING (CONTRACT_ROLES + PAGE_CLIENTS)
#define ADOPT_CALL_S 5	   /* from the connection to its one message */
#define ADOPT_HAND_MS 5000 /* until all it was given to keep has come */

struct adopt_caller {
	struct adopt *adopt;
	struct ipc ipc;
	struct timer timer;
	pid_t pid; /* as the kernel says */
};

struct adopt {
	struct fleet *fleet;
	struct listener listener; /* placed by a launch */
	struct adopt_caller caller[ADOPT_CALLERS];
	struct timer settled;	/* nobody is awaited any more */
	bool busy;		/* until then */
	uint64_t until_ms;	/* boot stamp: then nobody is awaited */
	uint32_t shards, stale; /* taken over; with an older config */
	bool handler, handler_stale, gate;
	unsigned handing;	/* 1 << role: what it keeps is on its way */
	uint64_t hand_until_ms; /* boot stamp: then that is not awaited */
	uint32_t newest;	/* handler generation the shards know of */
	uint32_t runners;	/* taken over */
	/* Others than shards that were told to end: by role, then runners by
	 * their place; 0: none. */
	pid_t leaving[ADOPT_LEAVING];
	uint64_t leaving_start[ADOPT_LEAVING];
	struct timer leave; /* then it is killed */
};

void adopt_init(struct adopt *, struct fleet *);
/*
 * The members are known, the page is there and as it was left: finds out who
 * is to be awaited, and listens.
 */
int adopt_launch(struct adopt *, struct err *);
/* Is this member's process one that may still call?  Ends the wait if not. */
bool adopt_awaits(struct member *);
/* After an exec they are our children: was this one awaited? */
bool adopt_reaped(struct adopt *, pid_t, int status);
/* It is not wanted any more: told to end. */
void adopt_dismiss(struct member *);
/* From adopt_call.c: true when it is taken over, and fd with it. */
bool adopt_called(struct adopt_caller *, const struct msg_hdr *,
    const struct msg_adopt *, int log_fd);
/* All that an earlier supervisor gave that one to keep has come. */
void adopt_handed(struct member *);
void adopt_close(struct adopt *);
/* After a launch that failed: nobody is awaited any more; they go on. */
void adopt_forget(struct adopt *);

#endif
