/* SPDX-License-Identifier: MIT */
/* See adopt_leave.h. */
#include "supervisor/upgrade/adopt_leave.h"

#include <signal.h>

#include "shared/process/pidfd.h"
#include "shared/process/process.h"
#include "supervisor/base/fleet_state.h"
#include "supervisor/child/member.h"
#include "supervisor/upgrade/adopt.h"

static bool
same_process(pid_t pid, uint64_t start)
{
	return pid > 0 && start != 0 && process_start(pid) == start;
}

static bool
started_at(pid_t pid, const void *start)
{
	return same_process(pid, *(const uint64_t *)start);
}

/* The process the page names and, of a shard, the one that holds its place. */
pid_t
adopt_leave_behind(const struct member *c)
{
	const struct page_watch *w = member_watch(c);

	if (!same_process(w->pid, w->pid_start))
		return 0;
	if (member_is_shard(c)
	    && page_slot_holder(&c->fleet->page, c->slot) != w->pid)
		return 0;
	return w->pid;
}

const char *
adopt_leave_words(enum contract_role role)
{
	static const char *const words[CONTRACT_ROLES] = {
	    [CONTRACT_SHARD] = "shard",
	    [CONTRACT_HANDLER] = "handler",
	    [CONTRACT_GATE] = "gate",
	    [CONTRACT_RUNNER] = "parent of a client's process",
	    [CONTRACT_WEB] = "web process",
	};

	return role < CONTRACT_ROLES ? words[role] : "process";
}

void
adopt_leave_late(struct timer *t)
{
	struct adopt *a = container_of(t, struct adopt, leave);

	for (size_t i = 0; i < nitems(a->leaving); i++) {
		if (!same_process(a->leaving[i], a->leaving_start[i]))
			continue;
		log_warn("The %s %d of an earlier supervisor did not leave: "
			 "killing it.",
		    adopt_leave_words(i < CONTRACT_ROLES ? (enum contract_role)i
							 : CONTRACT_RUNNER),
		    (int)a->leaving[i]);
		pidfd_signal_if(a->leaving[i], SIGKILL, started_at,
		    &a->leaving_start[i]);
	}
}

void
adopt_dismiss(struct member *c)
{
	struct adopt *a = c->fleet->adopt;

	if (c->orphan != 0 && adopt_leave_behind(c) == c->orphan) {
		pidfd_signal_if(c->orphan, SIGTERM, started_at,
		    &member_watch(c)->pid_start);
		/* Shards are seen to by their lock, when they are started. */
		if (!member_is_shard(c)) {
			size_t i = c->role == CONTRACT_RUNNER
			    ? CONTRACT_ROLES + c->slot
			    : c->role;

			a->leaving[i] = c->orphan;
			a->leaving_start[i] = member_watch(c)->pid_start;
			timer_set(&a->leave, MEMBER_EVICT_MS / 1000);
		}
	}
	c->orphan = 0;
	timer_set(&a->settled, 0);
}
