/* SPDX-License-Identifier: MIT */
/* See ending.h. */
#include "tools/cli/backup/ending.h"

#include <signal.h>

static const int ends[] = {SIGINT, SIGTERM, SIGHUP};

static void
mask(int how)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < nitems(ends); i++)
		sigaddset(&set, ends[i]);
	sigprocmask(how, &set, NULL);
}

void
ending_hold(void)
{
	mask(SIG_BLOCK);
	signal(SIGXFSZ,
	    SIG_IGN); /* a file too long is an error, as a full disk */
}

void
ending_release(void)
{
	mask(SIG_UNBLOCK);
}

bool
ending_asked(void)
{
	sigset_t set;

	sigpending(&set);
	for (size_t i = 0; i < nitems(ends); i++)
		if (sigismember(&set, ends[i]) == 1)
			return true;
	return false;
}
