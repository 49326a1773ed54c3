/* SPDX-License-Identifier: MIT */
/*
 * A Unix socket in run_dir: ours alone by its mode, made in the place of one
 * nobody listens on, and made again when somebody has deleted it.  Only our own
 * user and root get through; a shortage of descriptors makes nobody spin.
 */
#ifndef SUPERVISOR_BASE_LISTENER_H
#define SUPERVISOR_BASE_LISTENER_H

#include <ev.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "shared/base/err.h"
#include "supervisor/base/fd_reserve.h"

struct listener;
struct ucred;

/*
 * A connection, non-blocking, which is the callee's; peer is the kernel's word
 * on who called connect().  One at most on a turn of the loop, and never from
 * within a call of this module.
 */
typedef void listener_fn(struct listener *, int fd, const struct ucred *peer);

struct listener {
	struct ev_loop *loop;
	struct fd_reserve *reserve;
	listener_fn *fn;
	int type, backlog;     /* of socket(2) and listen(2) */
	struct sockaddr_un at; /* sun_path "": nowhere */
	struct stat made;      /* of the socket, to see it replaced */
	int fd;		       /* -1: not listening */
	ev_io rd;
};

void listener_init(struct listener *, struct ev_loop *, struct fd_reserve *,
    int type, int backlog, listener_fn *);
/* Where: 0, or -1 when the path is too long for a socket. */
int listener_place(struct listener *, const char *run_dir, const char *name,
    struct err *);
/*
 * The pid that listens there, 0: nobody, -1: somebody, pid not known.  Does
 * not wait.
 */
pid_t listener_there(const struct listener *);
/* Takes the place, whoever has it.  what: its name in the error. */
int listener_open(struct listener *, const char *what, struct err *);
/* false: there is none, or another has its place; ours is closed then.  True
 * also makes one go on that has stopped for want of descriptors. */
bool listener_check(struct listener *);
/* Its file goes, too; harmless when it does not listen. */
void listener_close(struct listener *);

#endif
