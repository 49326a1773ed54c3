/* SPDX-License-Identifier: MIT */
/* See machine.h. */
#include "shared/base/machine.h"

#include <string.h>

void
machine_init(struct machine *m, machine_fn *step, machine_fn *tell)
{
	memset(m, 0, sizeof(*m));
	m->step = step;
	m->tell = tell;
}

static void
append(struct machine *m, unsigned what, bool news)
{
	must(m->step != NULL && what <= UINT8_MAX);
	must(m->queued < MACHINE_QUEUE_MAX);
	m->queue[m->queued].what = (uint8_t)what;
	m->queue[m->queued++].news = news;
}

/* News may raise events, which then are done when this returns to them. */
static void
run_first(struct machine *m)
{
	unsigned what = m->queue[0].what;
	bool news = m->queue[0].news;

	must(!m->inside && m->queued > 0);
	m->queued--;
	memmove(m->queue, m->queue + 1, m->queued * sizeof(m->queue[0]));
	if (news) {
		m->tell(m, what);
		return;
	}
	m->inside = true;
	m->step(m, what);
	must(m->inside); /* else it was initialised by its own hands */
	m->inside = false;
}

void
machine_event(struct machine *m, unsigned event)
{
	append(m, event, false);
	while (!m->inside && m->queued > 0)
		run_first(m);
}

void
machine_tell(struct machine *m, unsigned news)
{
	must(m->inside && m->tell != NULL);
	append(m, news, true);
}
