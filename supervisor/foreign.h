/* SPDX-License-Identifier: MIT */
/*
 * A process that works for us and is not our child: a pidfd tells when it ends
 * and takes its signals, so that no other process ever gets them.  How it ended
 * only its parent knows.
 */
#ifndef SUPERVISOR_FOREIGN_H
#define SUPERVISOR_FOREIGN_H

#include "shared/base/base.h"

#include <ev.h>
#include <sys/types.h>

struct foreign {
	struct ev_loop *loop;
	ev_io rd;
	int fd;			/* -1: none */
	void (*gone)(struct foreign *);
};

/* A pidfd of it, CLOEXEC; -1 with errno. */
int foreign_pidfd(pid_t);
void foreign_init(struct foreign *);
/* Takes the pidfd over; gone is called once, when the process has ended. */
void foreign_watch(struct foreign *, struct ev_loop *, int pidfd,
    void (*gone)(struct foreign *));
/* It is another owner's, which is told instead. */
void foreign_move(struct foreign *to, struct foreign *from);
void foreign_forget(struct foreign *);	/* idempotent */
void foreign_signal(const struct foreign *, int sig);
/*
 * One signal to a process known by its number only: sent through a pidfd, and
 * only if it still is the one that is meant, which `is` says of the process
 * that has the number now.  false: it is not, or it is gone.
 */
bool foreign_signal_if(pid_t, int sig, bool (*is)(pid_t, const void *),
    const void *arg);
static inline bool
foreign_is(const struct foreign *x)
{
	return x->fd != -1;
}

#endif
