/* SPDX-License-Identifier: MIT */
/*
 * File descriptors kept for the moment when there are none left: then they
 * are given back, so that whoever asks can be answered, a dead process be
 * replaced and the log be opened, and taken again when there is room.
 */
#ifndef SUPERVISOR_RESERVE_H
#define SUPERVISOR_RESERVE_H

#include <stdbool.h>
#include <stdint.h>

#define RESERVE_FDS 8	/* a child takes 6 for a moment, its handler 8 */

struct reserve {
	int fd[RESERVE_FDS];	/* -1: spent */
	bool low;		/* said already */
	uint64_t spent;		/* times */
};

void reserve_init(struct reserve *);
/*
 * After a call that failed with this errno: true when it was for want of fds
 * and there are some now.  r may be NULL.
 */
bool reserve_spend(struct reserve *, int failed_errno);
/* Before several calls that shall not fail half way: room for n fds. */
void reserve_need(struct reserve *, int n);
/* Takes back what it can; says when it was needed and when that is over. */
void reserve_refill(struct reserve *);
void reserve_close(struct reserve *);

#endif
