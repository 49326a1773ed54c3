/* SPDX-License-Identifier: MIT */
/* See uplinks.h. */
#include "supervisor/child/uplinks.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "shared/base/clock.h"
#include "supervisor/base/fleet_state.h"
#include "supervisor/child/member.h"

static bool
handler_ready(const struct fleet *f)
{
	return f->handler->state == MEMBER_UP && f->handler->ready_ms != 0;
}

/* It is tried again each second, for as long as there are no fds. */
static void
say_once(struct fleet *f, const struct member *shard, int error)
{
	uint64_t now = clock_boot_ms();

	if (f->uplinks->said_ms != 0
	    && now - f->uplinks->said_ms < UPLINKS_SAY_MS)
		return;
	f->uplinks->said_ms = now;
	log_warn("No uplink for %s yet: %s.  It is tried again until there is "
		 "one; its events are kept meanwhile.",
	    shard->name, strerror(error));
}

/* 0, or the seconds until it is worth another try. */
static double
pair(struct fleet *f, struct member *shard)
{
	struct msg_uplink m = {.generation = f->handler->generation,
	    .shard_count = f->count};
	int fds[2], rc = -1;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
		fds)
	    == -1) {
		say_once(f, shard, errno);
		return UPLINKS_AGAIN_S;
	}
	if (ipc_send(&f->handler->ipc, MSG_UPLINK, (int32_t)shard->slot,
		m.generation, &m, sizeof(m), fds[0])
	    == 0)
		rc = ipc_send(&shard->ipc, MSG_UPLINK, (int32_t)shard->slot,
		    m.generation, &m, sizeof(m), fds[1]);
	close(fds[0]);
	close(fds[1]);
	if (rc == -1)
		return UPLINKS_RETRY_S;
	/* Its first one: there is nothing to drain to anybody. */
	if (shard->paired == 0)
		shard->switched = m.generation;
	shard->paired = m.generation;
	return 0;
}

static void
pump(struct uplinks *u)
{
	struct fleet *f = u->fleet;
	double wait;

	if (!handler_ready(f))
		return;
	for (uint32_t i = 0; i < f->local; i++) {
		struct member *c = &f->shard[i];

		if (!c->pair_due || c->state != MEMBER_UP)
			continue;
		wait = f->handler->ipc.queued >= UPLINKS_QUEUED_MAX
		    ? UPLINKS_RETRY_S
		    : pair(f, c);
		if (wait > 0) {
			timer_set(&u->timer, wait);
			return;
		}
		c->pair_due = false;
	}
	f->member_ops->paired(f);
}

static void
on_timer(struct timer *t)
{
	pump(container_of(t, struct uplinks, timer));
}

void
uplinks_init(struct uplinks *u, struct fleet *f)
{
	u->fleet = f;
	timer_init(f->timers, &u->timer, on_timer);
}

void
uplinks_lost(struct uplinks *u, struct member *c, uint32_t generation)
{
	/* A handler that is gone gets new ones for all once it is back. */
	if (generation != u->fleet->handler->generation || c->pair_due)
		return;
	c->pair_due = true;
	if (!timer_pending(&u->timer))
		timer_set(&u->timer, UPLINKS_AGAIN_S);
}

void
uplinks_add(struct uplinks *u, struct member *c)
{
	struct fleet *f = u->fleet;

	if (member_is_shard(c))
		c->pair_due = true;
	for (uint32_t i = 0; !member_is_shard(c) && i < f->local; i++)
		f->shard[i].pair_due = true;
	pump(u);
}
