/* SPDX-License-Identifier: MIT */
/*
 * This room: one child process, from fork to burial.
 *
 * One child process slot, of a shard, handler, gate, web or runner: start, handshake, stop
 * ladder, death, growing delay.  A table of states and events decides; how a
 * process is made is spawn.c's business, what its messages mean messages.c's.
 */
#ifndef SUPERVISOR_CHILD_MEMBER_H
#define SUPERVISOR_CHILD_MEMBER_H

#include "shared/wire/ipc.h"
#include "shared/base/machine.h"
#include "shared/base/timer.h"
#include "supervisor/base/restart_delay.h"
#include "shared/process/pidfd.h"
#include "supervisor/log/child_output.h"
#include "supervisor/child/death_report.h"
#include "supervisor/child/program.h"

struct fleet;
struct member;

#define MEMBER_STATES(X)                                                       \
	X(DOWN, "down")		/* no process, none wanted */                  \
	X(STARTING, "starting") /* process, HELLO not yet received */          \
	X(UP, "up")                                                            \
	X(STOPPING, "stopping") /* asked to stop, on the ladder */             \
	X(WAITING, "waiting")	/* dead, will be restarted */                  \
	X(FAILED, "failed")	/* dead, only an operator starts it again */

enum member_state {
#define X(n, s) MEMBER_##n,
	MEMBER_STATES(X)
#undef X
	    MEMBER_STATE_COUNT
};
extern const char *const member_state_name[MEMBER_STATE_COUNT];

#define MEMBER_EVENTS(X)                                                       \
	X(START, "start")                                                      \
	X(HELLO, "hello")                                                      \
	X(READY, "ready")                                                      \
	X(EXIT, "exit")                                                        \
	X(TIMER, "timer")                                                      \
	X(STOP, "stop")                                                        \
	X(RESTART, "restart")                                                  \
	X(AGAIN, "again") /* its process is gone: the next one? */             \
	X(ADOPT, "adopt") /* a process of an earlier supervisor is ours */

enum member_event {
#define X(n, s) MEMBER_ON_##n,
	MEMBER_EVENTS(X)
#undef X
	    MEMBER_EVENT_COUNT
};

#define MEMBER_HELLO_S 10    /* fork to HELLO */
#define MEMBER_EVICT_S 0.1   /* between two looks whether an orphan left */
#define MEMBER_EVICT_MS 8000 /* SIGTERM to SIGKILL of an orphan */
#define MEMBER_TERM_S 1	     /* SIGTERM to SIGKILL */
#define MEMBER_MAGIC 0x6368696cu

/* What members tell the top floor, and ask of it; never from within a
 * transition, but for awaits, dismiss and greet. */
struct member_ops {
	/* It is up, new or taken over: is sent what it may not know. */
	void (*greet)(struct member *);
	void (*ready)(struct member *);
	void (*ended)(struct member *);
	/* Its process said this; nothing of it was looked at.  fd: -1, or it
	 * is closed when this returns. */
	void (*message)(struct member *, const struct msg_hdr *,
	    const void *payload, int fd);
	/* The shards that could have an uplink have one. */
	void (*paired)(struct fleet *);
	/* Is its orphan (adopt.h) still to call?  Ends the wait if not. */
	bool (*awaits)(struct member *);
	/* Its orphan is not wanted any more. */
	void (*dismiss)(struct member *);
	/* Another config is in force. */
	void (*configured)(struct fleet *);
	/* For every place of a process, those of second ones included. */
	void (*each)(struct fleet *, void (*fn)(struct member *));
};

struct member {
	uint32_t magic;
	struct fleet *fleet;
	struct machine machine;
	enum contract_role role;
	uint32_t slot; /* of a shard, its id */
	char name[80]; /* "shard 3", "new handler", "gate", "client x" */
	enum member_state state;
	pid_t pid;	     /* 0: no process */
	bool reaped;	     /* pid is nobody's any more: never signal it */
	bool started;	     /* at least once */
	uint32_t generation; /* of the process, see contract.h */
	uint64_t identity;   /* of the token it was started with */
	int status;	     /* of waitpid, with MEMBER_ON_EXIT */
	bool unknown;	     /* only its parent had been told that */
	struct ipc ipc;
	struct child_output lines;
	struct timer timer; /* the one wait of the present state */
	struct restart_delay delay;
	uint64_t ready_ms;  /* boot stamp of its first READY; 0: not yet */
	unsigned signalled; /* rungs climbed: 1 TERM, 2 KILL */
	bool again;	    /* STOPPING: start anew when it is gone */
	bool end_sessions;
	bool braked;		     /* WAITING: due, but the brake holds it */
	bool fatal;		     /* it said it can't go on */
	enum crash_cause killed_for; /* CRASHES: not killed by us */
	int64_t oom_before;
	pid_t orphan;		/* may still call, see adopt.h; 0: none */
	struct pidfd foreign;	/* its process, when it is not our child */
	uint64_t evict_ms;	/* an orphan is to leave; 0: none */
	bool pair_due;		/* an uplink is still to be made */
	uint32_t paired;	/* generation of the last uplink, 0: none yet */
	uint32_t switched;	/* generation its events go to */
	struct program program; /* of all but shards */
	const char *client;	/* of a runner, whose; borrowed */
	struct page_watch *own; /* of a runner that is not in service: a
				   private part of the page; else NULL */
	pid_t guest;		/* of a runner: the bot's; 0 */
	char words[160];	/* ... which it has said last; "" */
	uint64_t ends_before;	/* of plugins, on the page at its first READY */
	bool trial;		/* a death is reload.c's business: no restart
				   but by member_revive() */
	bool presence;		/* it shows one that was changed */
	struct page_watch *second; /* the other process of a shard whose place
				   goes from one to the next: in the place of
				   its part of the page; else NULL */
};

void member_init(struct member *, struct fleet *, enum contract_role,
    uint32_t slot);
/*
 * At once, and what follows is told to member_ops before it returns; from
 * within one of its own transitions: after that.
 */
void member_event(struct member *, enum member_event);
bool member_running(const struct member *); /* has a process */
/* A shard that was started with a token that is not in force any more: what
 * Discord says of that one holds for nobody. */
bool member_outdated(const struct member *);
static inline bool
member_is_shard(const struct member *c)
{
	return c->role == CONTRACT_SHARD;
}
/* Can it take its part in the fleet's work? */
static inline bool
member_serves(const struct member *c)
{
	return c->state == MEMBER_UP && c->ready_ms != 0;
}
/* Of a shard its number; -1: as messages name the others. */
static inline int32_t
member_shard(const struct member *c)
{
	return member_is_shard(c) ? (int32_t)c->slot : -1;
}
/* Its part of the page; of a handler that is not in service, a private one. */
struct page_watch *member_watch(const struct member *);
/* The handler slot that is not in service. */
struct member *member_spare(const struct fleet *);
/* A fresh process soon, whatever it is doing, on trial or not: no long
 * farewell. */
void member_revive(struct member *);
/* Ends a process that does not behave, at once, counted as cause. */
void member_kill(struct member *, enum crash_cause, const char *why);
/* From SIGCHLD: the process of this child is gone with status. */
void member_reaped(struct member *, int status);
/* Takes over our end of the channel to its process. */
void member_listen(struct member *, int fd);
/* Reads what it has said before its end. */
void member_drain(struct member *);
/* Its process was an earlier supervisor's: takes the pidfd over. */
void member_adopted(struct member *, int pidfd);
/* For the page: its process is new, and the program that it runs; how it
 * ended, when it is started again (boot stamp; 0: it is not). */
void member_note_start(struct member *);
void member_version(struct member *, const char *build);
void member_note_end(struct member *, enum crash_cause, const char *words);
void member_note_restart(struct member *, uint64_t at_ms);
/* The brake was released: whoever waits for it goes. */
void member_unbrake(struct member *);
void member_free(struct member *); /* its process is gone */
/* The processes of the two, channel and all, change places; other's is not
 * restarted.  Neither may be within a transition. */
void member_exchange(struct member *, struct member *other);
/* It ends by itself, and is seen off if it does not; then another one is
 * started in its place, unless the place has changed hands. */
void member_leaves(struct member *);

#endif
