/* SPDX-License-Identifier: MIT */
#include "shard/claim.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Far behind the page: locks need no bytes under them. */
#define LOCK_BASE ((off_t)1 << 40)
#define TRIES 3

static struct flock
range(uint32_t slot)
{
	return (struct flock) { .l_type = F_WRLCK, .l_whence = SEEK_SET,
		.l_start = LOCK_BASE + (off_t)slot, .l_len = 1 };
}

static int
wait_gone(int pidfd, int ms)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };
	int rc;

	do
		rc = poll(&p, 1, ms);
	while (rc < 0 && errno == EINTR);
	return rc == 1 ? 0 : -1;
}

static int
pidfd_signal(int pidfd, int sig)
{
	return (int)syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0);
}

static void
evict(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (fd < 0)
		return;		/* gone already */
	if (pidfd_signal(fd, SIGTERM) == 0 &&
	    wait_gone(fd, CLAIM_TERM_MS) != 0 &&
	    pidfd_signal(fd, SIGKILL) == 0)
		(void)wait_gone(fd, CLAIM_KILL_MS);
	close(fd);
}

int
claim_take(int page_fd, uint32_t slot, int32_t *evicted, struct err *e)
{
	*evicted = 0;
	for (int i = 0; i < TRIES; i++) {
		struct flock l = range(slot);

		if (fcntl(page_fd, F_SETLK, &l) == 0)
			return 0;
		if (errno != EAGAIN && errno != EACCES)
			return err_sys(e, EXIT_DEGRADED,
			    "cannot lock the shard's place in the stats page");
		if (fcntl(page_fd, F_GETLK, &l) != 0 || l.l_type == F_UNLCK ||
		    l.l_pid <= 0)
			continue;
		*evicted = l.l_pid;
		evict(l.l_pid);
	}
	return err_set(e, EXIT_DEGRADED, "process %d serves this shard and "
	    "does not go away", (int)*evicted);
}
