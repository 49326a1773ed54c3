/* SPDX-License-Identifier: MIT */
/*
 * A process that works for us and is not our child: a pidfd tells when it ends
 * and takes its signals, so that no other process ever gets them.  How it ended
 * only its parent knows.
 */
#ifndef SHARED_PROCESS_PIDFD_H
#define SHARED_PROCESS_PIDFD_H

#include "shared/base/base.h"

#include <ev.h>
#include <sys/types.h>

struct pidfd {
	struct ev_loop *loop;
	ev_io rd;
	int fd; /* -1: none */
	void (*gone)(struct pidfd *);
};

/* A pidfd of it, CLOEXEC; -1 with errno. */
int pidfd_pidfd(pid_t);
void pidfd_init(struct pidfd *);
/* Takes the pidfd over; gone is called once, when the process has ended. */
void pidfd_watch(struct pidfd *, struct ev_loop *, int pidfd,
    void (*gone)(struct pidfd *));
/* It is another owner's, which is told instead. */
void pidfd_move(struct pidfd *to, struct pidfd *from);
void pidfd_forget(struct pidfd *); /* idempotent */
void pidfd_signal(const struct pidfd *, int sig);
/*
 * One signal to a process known by its number only: sent through a pidfd, and
 * only if it still is the one that is meant, which `is` says of the process
 * that has the number now.  false: it is not, or it is gone.
 */
bool pidfd_signal_if(pid_t, int sig, bool (*is)(pid_t, const void *),
    const void *arg);
static inline bool
pidfd_is(const struct pidfd *x)
{
	return x->fd != -1;
}

#endif
