/* SPDX-License-Identifier: MIT */
/*
 * One child process slot, a shard's or the handler's: start, handshake, stop
 * ladder, death, growing delay.  A table of states and events decides; how a
 * process is made is spawn.c's business, what its messages mean messages.c's.
 */
#ifndef SUPERVISOR_CHILD_H
#define SUPERVISOR_CHILD_H

#include "shared/ipc.h"
#include "shared/timer.h"
#include "supervisor/delay.h"
#include "supervisor/lines.h"
#include "supervisor/obituary.h"

struct fleet;

#define CHILD_STATES(X)                                                        \
	X(DOWN, "down")		/* no process, none wanted */                  \
	X(STARTING, "starting")	/* process, HELLO not yet received */          \
	X(UP, "up")                                                            \
	X(STOPPING, "stopping")	/* asked to stop, on the ladder */             \
	X(WAITING, "waiting")	/* dead, will be restarted */                  \
	X(FAILED, "failed")	/* dead, only an operator starts it again */

enum child_state {
#define X(n, s) CHILD_##n,
	CHILD_STATES(X)
#undef X
	CHILD_STATE_COUNT
};
extern const char *const child_state_name[CHILD_STATE_COUNT];

#define CHILD_EVENTS(X)                                                        \
	X(START, "start") X(HELLO, "hello") X(READY, "ready")                  \
	X(EXIT, "exit") X(TIMER, "timer") X(STOP, "stop")                      \
	X(RESTART, "restart")

enum child_event {
#define X(n, s) CHILD_ON_##n,
	CHILD_EVENTS(X)
#undef X
	CHILD_EVENT_COUNT
};

#define CHILD_HELLO_S 10	/* fork to HELLO */
#define CHILD_TERM_S 1		/* SIGTERM to SIGKILL */
#define CHILD_MAGIC 0x6368696cu

struct child {
	uint32_t magic;
	struct fleet *fleet;
	bool handler;
	uint32_t slot, id;	/* of a shard */
	char name[32];		/* "shard 3", "handler" */
	enum child_state state;
	pid_t pid;		/* 0: no process */
	uint32_t generation;	/* of the process; 0: never started */
	int status;		/* of waitpid, with CHILD_ON_EXIT */
	struct ipc ipc;
	struct lines lines;
	struct timer timer;	/* the one wait of the present state */
	struct delay delay;
	uint64_t ready_ms;	/* boot stamp of its first READY; 0: not yet */
	unsigned signalled;	/* rungs climbed: 1 TERM, 2 KILL */
	bool again;		/* STOPPING: start anew when it is gone */
	bool end_sessions;
	bool braked;		/* WAITING: due, but the brake holds it */
	bool fatal;		/* it said it can't go on */
	enum crash_cause killed_for;	/* CRASHES: not killed by us */
	int64_t oom_before;
	bool pair_due;		/* an uplink is still to be made */
};

void child_init(struct child *, struct fleet *, bool handler, uint32_t slot);
void child_event(struct child *, enum child_event);
bool child_running(const struct child *);	/* has a process */
/* Ends a process that does not behave, at once, counted as cause. */
void child_kill(struct child *, enum crash_cause, const char *why);
/* From SIGCHLD: the process of this child is gone with status. */
void child_reaped(struct child *, int status);
/* The brake was released: whoever waits for it goes. */
void child_unbrake(struct child *);
void child_free(struct child *);	/* its process is gone */

#endif
