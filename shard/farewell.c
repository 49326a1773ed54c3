/* SPDX-License-Identifier: MIT */
#include "shard/farewell.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

static void
on_io(struct ev_loop *loop, ev_io *w, int revents)
{
	struct farewell *l = container_of(w, struct farewell, io);
	char sink[4096];
	ssize_t n = recv(l->fd, sink, sizeof(sink), 0);

	if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return;
	farewell_drop(l);
}

static void
on_timer(struct timer *t)
{
	farewell_drop(container_of(t, struct farewell, timer));
}

void
farewell_init(struct farewell *l, struct ev_loop *loop, struct timers *timers)
{
	l->loop = loop;
	l->fd = -1;
	ev_init(&l->io, on_io);
	timer_init(timers, &l->timer, on_timer);
}

void
farewell_take(struct farewell *l, int fd)
{
	farewell_drop(l);
	l->fd = fd;
	(void)shutdown(fd, SHUT_WR);
	ev_io_set(&l->io, fd, EV_READ);
	ev_io_start(l->loop, &l->io);
	timer_set(&l->timer, FAREWELL_S);
}

void
farewell_drop(struct farewell *l)
{
	if (l->fd < 0)
		return;
	ev_io_stop(l->loop, &l->io);
	timer_stop(&l->timer);
	close(l->fd);
	l->fd = -1;
}
