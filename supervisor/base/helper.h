/* SPDX-License-Identifier: MIT */
/*
 * A short-lived child of our own for what may wait: a name, a socket, a disk,
 * another program.  One pipe for what it says, one deadline, one callback; the
 * supervisor's loop never waits for it.  It is a session of its own, so that
 * what it has started can be ended with it.
 */
#ifndef SUPERVISOR_BASE_HELPER_H
#define SUPERVISOR_BASE_HELPER_H

#include <ev.h>
#include <sys/types.h>

#include "shared/base/err.h"
#include "shared/base/timer.h"

#define HELPER_SAID_MAX 8192 /* kept of what it says: at least the last half */
#define HELPER_FDS 2

struct helper;

/*
 * Exactly once after a helper_start() that returned 0, unless helper_stop()
 * comes before; never from within either.  late: the deadline is over and its
 * process with the whole group, unless it was reaped before, was killed; it may
 * be there for a moment still.  Else
 * it was reaped and everybody has closed its pipe: status is waitpid's, said
 * all that it said.  The helper is idle by then and may be started again.
 */
typedef void helper_fn(struct helper *, bool late);

/* Runs in the child, where it may wait; what it returns is its exit code. */
typedef int helper_run_fn(const void *arg, int out);

/*
 * The child has every signal at its default but SIGPIPE, which is ignored, and
 * of our descriptors 0 to 2, out and those in fds (0: none).  Our log is not
 * its log: it says what it has to say into out.
 */
struct helper_job {
	helper_run_fn *run;
	const void *arg; /* the child has a copy of all we have */
	int fds[HELPER_FDS];
	double deadline_s;
	const char *aim; /* " to ..." ends the error's words; NULL */
};

struct helper {
	struct ev_loop *loop;
	helper_fn *done;
	struct timer deadline;
	ev_io rd;
	int fd;	   /* -1: it has said all, or none runs */
	pid_t pid; /* leader of its session; 0: reaped, or none */
	int status;
	struct list link; /* of those not reaped, while pid is not 0 */
	bool busy;	  /* done is to come */
	char said[HELPER_SAID_MAX + 1]; /* ends with a NUL of ours */
	size_t len;
};

void helper_init(struct helper *, struct ev_loop *, struct timers *,
    helper_fn *);
/* 0, or -1: no process, and done does not come.  Must not be busy. */
int helper_start(struct helper *, const struct helper_job *, struct err *);
static inline bool
helper_busy(const struct helper *h)
{
	return h->busy;
}
/* Kills it, without a callback; harmless when idle. */
void helper_stop(struct helper *);
/*
 * Was this a helper, of whomever?  For each pid that is reaped; the callback
 * may come at once.
 */
bool helper_reaped(pid_t, int status);

#endif
