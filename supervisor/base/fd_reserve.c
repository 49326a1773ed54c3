/* SPDX-License-Identifier: MIT */
/* See fd_reserve.h. */
#include "supervisor/base/fd_reserve.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "shared/base/base.h"
#include "shared/base/log.h"

void
fd_reserve_init(struct fd_reserve *r)
{
	for (int i = 0; i < FD_RESERVE_FDS; i++)
		r->fd[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	r->low = false;
	r->spent = 0;
}

static int
give_back(struct fd_reserve *r)
{
	int n = 0;

	for (int i = 0; i < FD_RESERVE_FDS; i++) {
		if (r->fd[i] == -1)
			continue;
		close(r->fd[i]);
		r->fd[i] = -1;
		n++;
	}
	return n;
}

bool
fd_reserve_spend(struct fd_reserve *r, int failed_errno)
{
	if (r == NULL || (failed_errno != EMFILE && failed_errno != ENFILE)
	    || give_back(r) == 0)
		return false;
	r->spent++;
	return true;
}

void
fd_reserve_need(struct fd_reserve *r, int n)
{
	int fd[FD_RESERVE_FDS], got = 0;

	must(n <= FD_RESERVE_FDS);
	while (got < n
	    && (fd[got] = open("/dev/null", O_RDONLY | O_CLOEXEC)) != -1)
		got++;
	if (got < n)
		fd_reserve_spend(r, errno);
	while (got > 0)
		close(fd[--got]);
}

void
fd_reserve_refill(struct fd_reserve *r)
{
	bool whole = true;

	for (int i = 0; i < FD_RESERVE_FDS; i++) {
		if (r->fd[i] == -1)
			r->fd[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
		whole &= r->fd[i] != -1;
	}
	if (whole == !r->low)
		return;
	r->low = !whole;
	if (r->low)
		log_error(
		    "The supervisor has run out of file descriptors and lives "
		    "on its reserve: raise the limit (LimitNOFILE= in the "
		    "unit, \"ulimit -n\" in a shell) and start it anew.");
	else
		log_notice("There are file descriptors again: the reserve is "
			   "whole.");
}

void
fd_reserve_close(struct fd_reserve *r)
{
	give_back(r);
}
