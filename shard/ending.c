/* SPDX-License-Identifier: MIT */
/*
 * How a shard process ends: it drains what the handler still takes, keeps the
 * rest for the next start, and says why when it can't go on.
 */
#include "shard/ending.h"

#include <string.h>

void
ending_leave(struct process *p)
{
	ev_break(p->loop, EVBREAK_ALL);
}

void
ending_leave_if_drained(struct process *p)
{
	if (p->stopping && !ws_linger_active(&p->farewell)
	    && (p->standby || p->handed || outbox_none(&p->pending)
		|| !uplink_connected(p->uplink)))
		ending_leave(p);
}

void
ending_drain_over(struct timer *t)
{
	ending_leave(container_of(t, struct process, drain));
}

void
ending_keep_pending(struct process *p)
{
	if (p->standby || p->handed || outbox_none(&p->pending))
		return;
	if (outbox_flush(&p->pending, true) == 0)
		log_notice("stopped with %llu events not acknowledged: they "
			   "wait in the spool",
		    (unsigned long long)p->stats.spool_events);
	else
		log_warn("stopped with %llu events not acknowledged: RESUME "
			 "brings them again",
		    (unsigned long long)p->pending.queue.events);
}

void
ending_drain(struct process *p, double seconds)
{
	p->stopping = true;
	timer_set(&p->drain, seconds);
}

void
ending_stop(struct process *p, bool end_session, double seconds)
{
	struct session_in in = {.flag = end_session && !p->standby, .text = ""};

	if (p->stopping)
		return;
	log_info("stopping, the session is %s",
	    p->standby	      ? "another's"
		: end_session ? "ended"
			      : "kept");
	p->alone |= orphan_is(&p->orphan);
	orphan_end(&p->orphan);
	ending_drain(p, seconds);
	session_input(&p->session, SESSION_EV_STOP, &in);
}

void
ending_fatal(struct process *p, unsigned close_code, const char *text)
{
	struct msg_fatal m = {.close_code = close_code};

	/* The supervisor says it in full, once for all shards. */
	if (close_code != 0)
		log_error("this shard cannot go on (close code %u)",
		    close_code);
	else
		log_error("this shard cannot go on: %s", text);
	(void)str_copy(m.text, text, sizeof(m.text));
	(void)ipc_send(&p->ipc, MSG_FATAL, (int32_t)p->args->id, 0, &m,
	    sizeof(m), -1);
	p->exit_code = EXIT_CONFIG;
	orphan_end(&p->orphan);
	if (!p->stopping)
		ending_drain(p, ENDING_FATAL_S);
}
