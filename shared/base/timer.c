/* SPDX-License-Identifier: MIT */
/*
 * Pending timers sit in a list sorted by due time; one timerfd is armed for
 * the first.  A process has a few dozen at the most, except the supervisor,
 * whose timers per shard are rarely pending.
 */
#include "shared/base/timer.h"

#include "shared/base/clock.h"

#include <errno.h>
#include <ev.h>
#include <math.h>
#include <sys/timerfd.h>
#include <unistd.h>

struct timers {
	struct ev_loop *loop;
	ev_io io;
	int fd;
	struct list pending; /* of struct timer, earliest first */
	uint64_t armed_ms;   /* what the timerfd is set to, 0: nothing */
};

static void
arm(struct timers *ts)
{
	struct itimerspec when = {0};
	uint64_t due = 0;

	if (!list_empty(&ts->pending)) {
		due =
		    container_of(ts->pending.next, struct timer, link)->due_ms;
		if (due == 0)
			due = 1;
	}
	if (due == ts->armed_ms)
		return;
	/* A later end of an armed timer costs one early wake-up, no syscall. */
	if (ts->armed_ms != 0 && due > ts->armed_ms)
		return;
	when.it_value.tv_sec = (time_t)(due / 1000);
	when.it_value.tv_nsec = (long)(due % 1000) * 1000000;
	must(timerfd_settime(ts->fd, TFD_TIMER_ABSTIME, &when, NULL) == 0);
	ts->armed_ms = due;
}

static void
on_tick(struct ev_loop *loop, ev_io *w, int revents)
{
	struct timers *ts = w->data;
	uint64_t n, now;

	if (read(ts->fd, &n, sizeof(n)) < 0 && errno != EAGAIN)
		bug("cannot read a timerfd");
	ts->armed_ms = 0;
	now = clock_boot_ms();
	while (!list_empty(&ts->pending)) {
		struct timer *t = container_of(ts->pending.next, struct timer,
		    link);
		if (t->due_ms > now)
			break;
		must(t->pending && t->base == ts);
		timer_stop(t);
		t->fn(t);
	}
	arm(ts);
}

struct timers *
timer_base_new(struct ev_loop *loop)
{
	int fd = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	struct timers *ts;

	if (fd < 0)
		return NULL;
	ts = base_alloc(sizeof(*ts));
	ts->loop = loop;
	ts->fd = fd;
	list_init(&ts->pending);
	ev_io_init(&ts->io, on_tick, fd, EV_READ);
	ts->io.data = ts;
	/*
	 * What arrived is read before a deadline counts.  After the process had
	 * stood still for a minute, a shard's timer came before its socket and
	 * ended a live connection whose ACK lay there unread.
	 */
	ev_set_priority(&ts->io, EV_MINPRI);
	ev_io_start(loop, &ts->io);
	return ts;
}

void
timer_base_free(struct timers *ts)
{
	if (ts == NULL)
		return;
	must(list_empty(&ts->pending));
	ev_io_stop(ts->loop, &ts->io);
	close(ts->fd);
	free(ts);
}

void
timer_init(struct timers *ts, struct timer *t, timer_fn *fn)
{
	t->base = ts;
	t->fn = fn;
	t->pending = false;
	list_init(&t->link);
}

void
timer_set(struct timer *t, double after_s)
{
	struct timers *ts = t->base;
	struct list *at;

	must(ts != NULL && t->fn != NULL && !isnan(after_s));
	timer_stop(t);
	after_s = timer_clamp(after_s);
	t->due_ms = clock_boot_ms() + (uint64_t)(after_s * 1000.0 + 0.5);
	/* From the back: most new timers are the latest. */
	for (at = ts->pending.prev; at != &ts->pending; at = at->prev) {
		if (container_of(at, struct timer, link)->due_ms <= t->due_ms)
			break;
	}
	list_append(at->next, &t->link);
	t->pending = true;
	arm(ts);
}

void
timer_stop(struct timer *t)
{
	if (!t->pending)
		return;
	list_remove(&t->link);
	t->pending = false;
}
