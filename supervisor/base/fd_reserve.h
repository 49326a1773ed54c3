/* SPDX-License-Identifier: MIT */
/*
 * File descriptors kept for the moment when there are none left: then they
 * are given back, so that whoever asks can be answered, a dead process be
 * replaced and the log be opened, and taken again when there is room.
 */
#ifndef SUPERVISOR_BASE_FD_RESERVE_H
#define SUPERVISOR_BASE_FD_RESERVE_H

#include <stdbool.h>
#include <stdint.h>

#define FD_RESERVE_FDS 8 /* a child takes 6 for a moment, its handler 8 */

struct fd_reserve {
	int fd[FD_RESERVE_FDS]; /* -1: spent */
	bool low;		/* said already */
	uint64_t spent;		/* times */
};

void fd_reserve_init(struct fd_reserve *);
/*
 * After a call that failed with this errno: true when it was for want of fds
 * and there are some now.  r may be NULL.
 */
bool fd_reserve_spend(struct fd_reserve *, int failed_errno);
/* Before several calls that shall not fail half way: room for n fds. */
void fd_reserve_need(struct fd_reserve *, int n);
/* Takes back what it can; says when it was needed and when that is over. */
void fd_reserve_refill(struct fd_reserve *);
void fd_reserve_close(struct fd_reserve *);

#endif
