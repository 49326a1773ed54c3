/* SPDX-License-Identifier: MIT */
/* See reserve.h. */
#include "supervisor/reserve.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "shared/base/base.h"
#include "shared/base/log.h"

void
reserve_init(struct reserve *r)
{
	for (int i = 0; i < RESERVE_FDS; i++)
		r->fd[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	r->low = false;
	r->spent = 0;
}

static int
give_back(struct reserve *r)
{
	int n = 0;

	for (int i = 0; i < RESERVE_FDS; i++) {
		if (r->fd[i] == -1)
			continue;
		close(r->fd[i]);
		r->fd[i] = -1;
		n++;
	}
	return n;
}

bool
reserve_spend(struct reserve *r, int failed_errno)
{
	if (r == NULL || (failed_errno != EMFILE && failed_errno != ENFILE)
	    || give_back(r) == 0)
		return false;
	r->spent++;
	return true;
}

void
reserve_need(struct reserve *r, int n)
{
	int fd[RESERVE_FDS], got = 0;

	must(n <= RESERVE_FDS);
	while (got < n && (fd[got] = open("/dev/null", O_RDONLY | O_CLOEXEC))
	    != -1)
		got++;
	if (got < n)
		reserve_spend(r, errno);
	while (got > 0)
		close(fd[--got]);
}

void
reserve_refill(struct reserve *r)
{
	bool whole = true;

	for (int i = 0; i < RESERVE_FDS; i++) {
		if (r->fd[i] == -1)
			r->fd[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
		whole &= r->fd[i] != -1;
	}
	if (whole == !r->low)
		return;
	r->low = !whole;
	if (r->low)
		log_error("The supervisor has run out of file descriptors and "
		    "lives on its reserve: raise the limit (LimitNOFILE= in "
		    "the unit, \"ulimit -n\" in a shell) and start it anew.");
	else
		log_notice("There are file descriptors again: the reserve is "
		    "whole.");
}

void
reserve_close(struct reserve *r)
{
	give_back(r);
}
