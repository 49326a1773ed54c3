/* SPDX-License-Identifier: MIT */
/* See pidfd.h. */
#include "shared/process/pidfd.h"

#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int
pidfd_pidfd(pid_t pid)
{
	/* CLOEXEC is the kernel's own choice here. */
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

void
pidfd_init(struct pidfd *x)
{
	memset(x, 0, sizeof(*x));
	x->fd = -1;
}

static void
on_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct pidfd *x = w->data;

	pidfd_forget(x);
	x->gone(x);
}

void
pidfd_watch(struct pidfd *x, struct ev_loop *loop, int pidfd,
    void (*gone)(struct pidfd *))
{
	must(x->fd == -1);
	x->loop = loop;
	x->fd = pidfd;
	x->gone = gone;
	ev_io_init(&x->rd, on_readable, pidfd, EV_READ);
	x->rd.data = x;
	ev_io_start(loop, &x->rd);
}

void
pidfd_move(struct pidfd *to, struct pidfd *from)
{
	if (from->fd == -1)
		return;
	ev_io_stop(from->loop, &from->rd);
	pidfd_watch(to, from->loop, from->fd, from->gone);
	from->fd = -1;
}

void
pidfd_forget(struct pidfd *x)
{
	if (x->fd == -1)
		return;
	ev_io_stop(x->loop, &x->rd);
	close(x->fd);
	x->fd = -1;
}

void
pidfd_signal(const struct pidfd *x, int sig)
{
	syscall(SYS_pidfd_send_signal, x->fd, sig, NULL, 0);
}

bool
pidfd_signal_if(pid_t pid, int sig, bool (*is)(pid_t, const void *),
    const void *arg)
{
	bool sent;
	int fd;

	must(pid > 1);
	fd = pidfd_pidfd(pid);
	/* Asked with the pidfd open: the number can't change hands now. */
	sent = fd != -1 && is(pid, arg)
	    && syscall(SYS_pidfd_send_signal, fd, sig, NULL, 0) == 0;
	if (fd != -1)
		close(fd);
	return sent;
}
