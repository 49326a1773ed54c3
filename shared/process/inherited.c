/* SPDX-License-Identifier: MIT */
/* See inherited.h. */
#include "shared/process/inherited.h"

#include "shared/base/base.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#define STACK_USUAL ((rlim_t)8 << 20) /* the kernel's own default */
#define NOFILE_USUAL ((rlim_t)1024)   /* that too */

/* open() gives the lowest free one, and those below are open by then. */
static void
settle_stdio(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) != -1)
			continue;
		/* Nobody can read what goes to a closed stdout, which has to
		 * be an error: it is not open for writing.  Without a /dev/null
		 * the place must be taken all the same. */
		if (open("/dev/null", fd == STDERR_FILENO ? O_WRONLY : O_RDONLY)
		    == -1)
			(void)open("/", O_PATH | O_DIRECTORY);
	}
}

/* The soft limit goes up to least, as far as the hard one lets it. */
static void
raise_to(int what, rlim_t least)
{
	struct rlimit r;

	if (getrlimit(what, &r) == -1 || r.rlim_cur >= least)
		return;
	r.rlim_cur = least < r.rlim_max ? least : r.rlim_max;
	setrlimit(what, &r);
}

/*
 * Memory and stack: we would end by SIGSEGV, or at the first map.  Descriptors:
 * a child of ours needs some before it can load its libraries.  No stack
 * without a limit, which lays the memory of each exec out in the old way.
 */
static void
settle_limits(void)
{
	raise_to(RLIMIT_AS, RLIM_INFINITY);
	raise_to(RLIMIT_DATA, RLIM_INFINITY);
	raise_to(RLIMIT_NPROC, RLIM_INFINITY);
	raise_to(RLIMIT_STACK, STACK_USUAL);
	raise_to(RLIMIT_NOFILE, NOFILE_USUAL);
}

static void
unblock_all(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

void
inherited_take(int sig)
{
	signal(sig, SIG_DFL);
}

void
inherited_signals_default(void)
{
	/* Default first: what was pending must find it so. */
	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	unblock_all();
}

static bool
is_word(int sig)
{
	struct sigaction was;

	return (sig == SIGHUP || sig == SIGINT || sig == SIGQUIT)
	    && sigaction(sig, NULL, &was) == 0 && was.sa_handler == SIG_IGN;
}

void
inherited_settle(bool blocked)
{
	static const int clocks[] = {ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF};
	static const struct itimerval off;

	settle_stdio();
	settle_limits();
	for (size_t i = 0; i < nitems(clocks); i++)
		setitimer(clocks[i], &off, NULL);
	for (int sig = 1; sig < NSIG; sig++)
		if (!is_word(sig))
			signal(sig, SIG_DFL);
	if (!blocked)
		unblock_all();
}

void
inherited_daemon(const int *keep, size_t n)
{
	raise_to(RLIMIT_CPU, RLIM_INFINITY);
	raise_to(RLIMIT_FSIZE, RLIM_INFINITY);
	signal(SIGXFSZ, SIG_IGN);
	umask(077);
	fd_close_from(STDERR_FILENO + 1, keep, n);
}
