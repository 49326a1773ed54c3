/* SPDX-License-Identifier: MIT */
/* See clockset.h. */
#include "handler/timer/clockset.h"

#include <errno.h>
#include <stdint.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define FAR_S 4000000000 /* 2096: it is never due, only cancelled */

static void
arm(struct clockset *c)
{
	struct itimerspec when = {.it_value.tv_sec = FAR_S};

	timerfd_settime(c->fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET,
	    &when, NULL);
}

static void
on_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct clockset *c = w->data;
	uint64_t n;

	if (read(c->fd, &n, sizeof(n)) == -1 && errno != ECANCELED)
		return;
	arm(c);
	c->fn(c);
}

void
clockset_open(struct clockset *c, struct ev_loop *loop, clockset_fn *fn)
{
	c->loop = loop;
	c->fn = fn;
	c->fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	if (c->fd == -1)
		return;
	arm(c);
	ev_io_init(&c->rd, on_readable, c->fd, EV_READ);
	c->rd.data = c;
	ev_io_start(loop, &c->rd);
}

void
clockset_close(struct clockset *c)
{
	/* Zeroed, never opened: its fd is not 0. */
	if (c->loop == NULL || c->fd == -1)
		return;
	ev_io_stop(c->loop, &c->rd);
	close(c->fd);
	c->fd = -1;
}
