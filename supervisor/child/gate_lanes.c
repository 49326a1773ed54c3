/* SPDX-License-Identifier: MIT */
/* See gate_lanes.h. */
#include "supervisor/child/gate_lanes.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "supervisor/base/fleet_state.h"
#include "supervisor/child/member.h"

/* The receiver's copy is made within sendmsg, so both ends are ours to close.
 */
static bool
introduce(struct fleet *f, struct member *handler)
{
	struct msg_gate_lane m = {.generation = handler->generation,
	    .shard_count = f->count};
	int fds[2];
	bool ok;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
		fds)
	    == -1) {
		log_error("The %s gets no lane to the gate: %s. It is tried "
			  "again; what is for the gate waits on disk.",
		    handler->name, strerror(errno));
		return false;
	}
	ok = ipc_send(&f->gate->ipc, MSG_GATE_LANE, -1, handler->generation, &m,
		 sizeof(m), fds[0])
		== 0
	    && ipc_send(&handler->ipc, MSG_GATE_LANE, -1, handler->generation,
		   &m, sizeof(m), fds[1])
		== 0;
	close(fds[0]);
	close(fds[1]);
	return ok;
}

static void
pair_due(struct timer *t)
{
	struct gate_lanes *g = container_of(t, struct gate_lanes, timer);
	struct fleet *f = g->fleet;

	for (size_t i = 0; i < FLEET_HANDLERS; i++) {
		struct member *h = &f->handler_slot[i];

		if (!h->pair_due)
			continue;
		/* A death, or a READY, comes by here again. */
		h->pair_due = member_serves(h) && member_serves(f->gate)
		    && !introduce(f, h);
		if (h->pair_due)
			timer_set(t, GATE_LANES_AGAIN_S);
	}
}

void
gate_lanes_init(struct gate_lanes *g, struct fleet *f)
{
	g->fleet = f;
	timer_init(f->timers, &g->timer, pair_due);
}

void
gate_lanes_add(struct gate_lanes *g, struct member *c)
{
	for (size_t i = 0; i < FLEET_HANDLERS; i++)
		if (c == &g->fleet->handler_slot[i] || c->role == CONTRACT_GATE)
			g->fleet->handler_slot[i].pair_due = true;
	pair_due(&g->timer);
}

void
gate_lanes_lost(struct gate_lanes *g, struct member *c)
{
	c->pair_due = true;
	if (!timer_pending(&g->timer))
		timer_set(&g->timer, GATE_LANES_AGAIN_S);
}
