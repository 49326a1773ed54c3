/* SPDX-License-Identifier: MIT */
/* A line that is slower than ours; see paced.h. */
#include "tools/sim/net/paced.h"

#include "shared/base/clock.h"

#include <sys/socket.h>

#define PACED_BURST_S 0.02 /* of bandwidth that leaves in one write */
#define PACED_PIECE_MS 1   /* between two segments */

#define SETUP_TRIPS 2 /* TCP's and TLS's, before anything is read */

static struct paced *
paced_of(struct wire *w)
{
	return container_of(w, struct paced, wire);
}

/* ---- latency -------------------------------------------------------- */

/* Bytes up to end of the stream may leave at due_ms. */
struct late {
	struct list link;
	uint64_t due_ms, end;
};

static double
rtt_s(const struct paced *p)
{
	return p->line->latency_s;
}

static void
hold_for(struct paced *p, double seconds)
{
	ev_timer_stop(p->wire.loop, &p->hold);
	ev_timer_set(&p->hold, seconds, 0);
	ev_timer_start(p->wire.loop, &p->hold);
}

/*
 * The whole round trip is put on what we send: the peer can't tell.  What
 * leaves in one millisecond leaves together.
 */
static void
mark_late(struct wire *w)
{
	struct paced *p = paced_of(w);
	uint64_t due = clock_boot_ms() + (uint64_t)(rtt_s(p) * 1000);
	struct late *l = container_of(p->late.prev, struct late, link);

	if (rtt_s(p) <= 0 && list_empty(&p->late))
		return;
	if (list_empty(&p->late) || l->due_ms < due) {
		l = base_alloc(sizeof(*l));
		l->due_ms = due;
		list_append(&p->late, &l->link);
	}
	l->end = w->put;
}

/* Bytes of the backlog that may leave now. */
static size_t
may_leave(struct paced *p)
{
	uint64_t now = clock_boot_ms(), until = p->wire.gone;
	size_t behind = wire_backlog(&p->wire);

	if (list_empty(&p->late))
		return behind;
	list_each_safe (&p->late, e, next) {
		struct late *l = container_of(e, struct late, link);

		if (l->due_ms > now) {
			hold_for(p, (double)(l->due_ms - now) / 1000);
			break;
		}
		until = l->end;
		if (p->wire.gone >= l->end) {
			list_remove(e);
			free(l);
		}
	}
	/* A fault may have cut the end off. */
	if (list_empty(&p->late) || until - p->wire.gone > behind)
		return behind;
	return (size_t)(until - p->wire.gone);
}

static void
end(struct wire *w)
{
	struct paced *p = paced_of(w);

	ev_timer_stop(w->loop, &p->hold);
	list_each_safe (&p->late, e, next) {
		list_remove(e);
		free(container_of(e, struct late, link));
	}
}

/* ---- bandwidth and segments ----------------------------------------- */

/* Bytes that must have come together before any leaves. */
static double
burst(const struct sim_line *l)
{
	double n = l->bandwidth * PACED_BURST_S;

	return n < 1 ? 1 : n;
}

/* Of len bytes those that may leave at once; 0: later, and hold is set. */
static size_t
by_bandwidth(struct paced *p, size_t len)
{
	const struct sim_line *l = p->line;
	uint64_t now = clock_boot_ms();
	double need;

	if (len == 0 || (l->bandwidth == 0 && l->segment == 0))
		return len;
	if (l->segment > 0 && len > l->segment)
		len = l->segment;
	if (l->segment > 0 && now < p->piece_ms) {
		hold_for(p, PACED_PIECE_MS / 1000.0);
		return 0;
	}
	p->piece_ms = now + PACED_PIECE_MS;
	if (l->bandwidth == 0)
		return len;
	p->credit += (double)(now - p->credit_ms) * l->bandwidth / 1000;
	p->credit_ms = now;
	if (p->credit > burst(l))
		p->credit = burst(l);
	need = (double)len < burst(l) ? (double)len : burst(l);
	if (p->credit < need) {
		hold_for(p, (need - p->credit) / l->bandwidth);
		return 0;
	}
	return need < (double)len ? (size_t)need : len;
}

static size_t
allow(struct wire *w)
{
	struct paced *p = paced_of(w);

	p->credit -= (double)(w->gone - p->counted);
	p->counted = w->gone;
	return by_bandwidth(p, may_leave(p));
}

static void
on_hold_over(struct ev_loop *loop, ev_timer *t, int revents)
{
	struct paced *p = t->data;

	wire_read(&p->wire, true);
	wire_flush(&p->wire);
}

int
paced_open(struct paced *p, struct ev_loop *loop, int fd, SSL_CTX *tls)
{
	static const struct wire_pace pace = {mark_late, allow, end};
	int buffer = (int)p->line->send_buffer;

	list_init(&p->late);
	p->credit = 0;
	p->credit_ms = clock_boot_ms();
	p->counted = p->piece_ms = 0;
	ev_timer_init(&p->hold, on_hold_over, 0, 0);
	p->hold.data = p;
	if (buffer > 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof(buffer));
	p->wire.pace = &pace;
	if (wire_open(&p->wire, loop, fd, tls) < 0)
		return -1;
	if (rtt_s(p) > 0) {
		wire_read(&p->wire, false);
		hold_for(p, rtt_s(p) * SETUP_TRIPS);
	}
	return 0;
}

void
paced_changed(struct paced *p)
{
	p->credit = 0;
	p->credit_ms = clock_boot_ms();
	p->counted = p->wire.gone;
	wire_flush(&p->wire);
}
