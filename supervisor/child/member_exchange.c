/* SPDX-License-Identifier: MIT */
/* Two members change places: the process, its channel and its timer go from
 * one to the other; what belongs to the place stays.  See member.h. */
#include "supervisor/child/member.h"

#include "shared/base/clock.h"
#include "supervisor/base/fleet_state.h"

static void
move_timer(struct timer *to, struct timer *from)
{
	uint64_t now = clock_boot_ms();

	timer_stop(to);
	if (timer_pending(from))
		timer_set(to,
		    from->due_ms > now ? (double)(from->due_ms - now) / 1000
				       : 0);
	timer_stop(from);
}

/* What belongs to the process and not to its place. */
static void
move_process(struct member *to, struct member *from)
{
	to->state = from->state;
	to->pid = from->pid;
	to->reaped = from->reaped;
	to->generation = from->generation;
	to->status = from->status;
	to->unknown = from->unknown;
	to->ready_ms = from->ready_ms;
	to->signalled = from->signalled;
	to->again = from->again;
	to->fatal = from->fatal;
	to->killed_for = from->killed_for;
	to->oom_before = from->oom_before;
	to->guest = from->guest;
	str_copy(to->words, from->words, sizeof(to->words));
	to->paired = from->paired;
	to->switched = from->switched;
	to->pair_due = to->braked = to->end_sessions = false;
	to->evict_ms = 0;
	ipc_move(&to->ipc, &from->ipc, to->name);
	child_output_move(&to->lines, &from->lines);
	pidfd_move(&to->foreign, &from->foreign);
	move_timer(&to->timer, &from->timer);
}

void
member_exchange(struct member *c, struct member *other)
{
	struct member *spare = base_alloc(sizeof(*spare));

	must(!machine_inside(&c->machine) && !machine_inside(&other->machine));
	member_init(spare, c->fleet, c->role, c->slot);
	move_process(spare, c);
	move_process(c, other);
	move_process(other, spare);
	free(spare);
	/* It is started again in c only. */
	other->again = false;
	if (other->pid == 0) {
		timer_stop(&other->timer);
		other->state = MEMBER_DOWN;
	}
	member_note_start(c);
	member_version(c, member_watch(other)->version);
}

void
member_leaves(struct member *c)
{
	must(!machine_inside(&c->machine));
	if (c->pid == 0)
		return;
	c->state = MEMBER_STOPPING;
	c->signalled = 0;
	c->again = c->second == NULL;
	timer_set(&c->timer, c->fleet->config->stop_timeout_s);
}

bool
member_outdated(const struct member *c)
{
	return member_is_shard(c) && c->identity != c->fleet->identity;
}
