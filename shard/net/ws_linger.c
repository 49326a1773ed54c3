/* SPDX-License-Identifier: MIT */
#include "shard/net/ws_linger.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

static void
on_io(struct ev_loop *loop, ev_io *w, int revents)
{
	struct ws_linger *l = container_of(w, struct ws_linger, io);
	char sink[4096];
	ssize_t n = recv(l->fd, sink, sizeof(sink), 0);

	if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return;
	ws_linger_drop(l);
}

static void
on_timer(struct timer *t)
{
	ws_linger_drop(container_of(t, struct ws_linger, timer));
}

void
ws_linger_init(struct ws_linger *l, struct ev_loop *loop, struct timers *timers)
{
	l->loop = loop;
	l->fd = -1;
	ev_init(&l->io, on_io);
	timer_init(timers, &l->timer, on_timer);
}

void
ws_linger_take(struct ws_linger *l, int fd)
{
	ws_linger_drop(l);
	l->fd = fd;
	(void)shutdown(fd, SHUT_WR);
	ev_io_set(&l->io, fd, EV_READ);
	ev_io_start(l->loop, &l->io);
	timer_set(&l->timer, WS_LINGER_S);
}

void
ws_linger_drop(struct ws_linger *l)
{
	if (l->fd < 0)
		return;
	ev_io_stop(l->loop, &l->io);
	timer_stop(&l->timer);
	close(l->fd);
	l->fd = -1;
}
