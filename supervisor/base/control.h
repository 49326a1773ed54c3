/* SPDX-License-Identifier: MIT */
/*
 * The control socket in run_dir: the CLI's requests, one JSON object per line.
 * Only our own user and root are heard; a client that is slow, silent or talks
 * too much is dropped, never waited for.  Nor is who lives in a cage that we
 * are not in, as a shard or web does: who took one of them over gets nothing
 * done by us.
 */
#ifndef SUPERVISOR_BASE_CONTROL_H
#define SUPERVISOR_BASE_CONTROL_H

#include "shared/base/timer.h"
#include "supervisor/base/listener.h"

struct fleet;
struct control;
struct request;

#define CONTROL_CLIENTS_MAX 16
#define CONTROL_WHO 96	      /* bytes of who asked, in words */
#define CONTROL_IDLE_S 10     /* without a whole request */
#define CONTROL_SAY_MS 60000  /* between two lines that say the same */
#define CONTROL_OUT_MAX 65536 /* answers not yet read by the client */

struct control_ops {
	/*
	 * Carries it out: 0 done, 1 when the answer comes later by
	 * control_done() of this ticket (it may have come already), -1.
	 * passed: the fd that came with it, -1: none; borrowed.  Never waits;
	 * may write to disk where the operation does.
	 */
	int (*carry_out)(struct fleet *, const struct request *, int passed,
	    uint32_t ticket, struct err *);
	/* An answer goes out: whoever reads it may look at the page next. */
	void (*answering)(struct fleet *);
};

struct control_client {
	struct control *control;
	int fd; /* -1: free */
	ev_io rd;
	struct timer idle;
	char *in; /* REQUEST_LINE_MAX + 1 */
	size_t in_len;
	bool caged;	 /* under more seccomp filters than we are */
	int passed;	 /* fd that came with a request; -1: none */
	uint32_t ticket; /* its answer comes later, in lines; 0: none */
};

struct control {
	struct fleet *fleet;
	const struct control_ops *ops;
	struct listener listener;
	bool lost; /* said already that there is none */
	struct control_client client[CONTROL_CLIENTS_MAX];
	uint64_t refused_ms;   /* when it was said; 0: never */
	uint32_t tickets;      /* given out */
	char who[CONTROL_WHO]; /* asked what is carried out now */
};

/*
 * EXIT_TRY_LATER when another live process answers there; a socket nobody
 * listens on is replaced.
 */
int control_open(struct control *, struct fleet *, struct err *);
/*
 * To the client with this ticket, if it is still there: a line {key: text},
 * and the last one, which is an error unless e is NULL.
 */
void control_say(struct control *, uint32_t ticket, const char *key,
    const char *text);
void control_done(struct control *, uint32_t ticket, uint32_t generation,
    const struct err *e);
/* The fd of the client with this ticket, which stays the control's; -1. */
int control_fd(struct control *, uint32_t ticket);
/* Such a client of before an exec: takes fd over (-1: none), its ticket now. */
uint32_t control_take(struct control *, int fd);
/* Re-creates run_dir and socket when they vanished. */
void control_check(struct control *);
void control_close(struct control *);

#endif
