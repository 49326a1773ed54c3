/* SPDX-License-Identifier: MIT */
/*
 * A shard's place goes from one process to the next while both live.  The old
 * one stops reading between two messages, leaves what the handler has not
 * acknowledged in the spool, and lets the lock of the place go; only then does
 * the successor read cursor and spool, and RESUME.  Whoever has not the lock
 * writes neither page nor record nor spool, so a process killed at any moment
 * of this leaves what an ordinary start accepts.
 */
#include "shard/takeover.h"

#include "shard/ending.h"
#include "shard/handler_switch.h"
#include "shard/session_record.h"
#include "shard/shard_impl.h"
#include "shared/base/clock.h"

#include <string.h>

#define GOODBYE_S 2.0	     /* after handing over, for Discord's close frame */
#define LONELY_LOOK_S 0.05   /* between two looks at the lock */
#define LONELY_TAKE_MS 3000u /* for an old process to finish its handing over */

/* ---- the old process ------------------------------------------------ */

static void
answer(struct process *p, const struct msg_handed *m)
{
	(void)ipc_send(&p->ipc, MSG_HANDED, (int32_t)p->args->id, 0, m,
	    sizeof(*m), -1);
}

/* An IDENTIFY that is out, or about to be, would be spent for nothing; so would
 * a session that the successor does not find in the store. */
static bool
may_hand_over(struct process *p, struct msg_handed *m)
{
	if (p->due != SESSION_RECORD_CLEAN)
		session_record_retry(p);
	if (p->stopping)
		(void)str_copy(m->text, "it is stopping", sizeof(m->text));
	else if (!p->session.held)
		(void)str_format(m->text, sizeof(m->text),
		    "it has no session to hand over, it is %s",
		    page_shard_state_name[session_state(&p->session)]);
	else if (p->due != SESSION_RECORD_CLEAN)
		(void)str_copy(m->text,
		    "its session is not yet in the store, which another "
		    "process is writing to or which fails",
		    sizeof(m->text));
	else
		return true;
	return false;
}

/* All that is not acknowledged goes to disk, and nothing of it is ours then. */
static void
let_go(struct process *p, struct msg_handed *m)
{
	must(!p->standby && !p->handed);
	m->seq = p->session.seq;
	if (p->due != SESSION_RECORD_CLEAN)
		session_record_retry(p); /* what ending it changed */
	m->events = (uint32_t)p->pending.queue.events;
	if (!outbox_none(&p->pending) && outbox_flush(&p->pending, false) != 0)
		log_warn("%u events are not in the spool: the replay brings "
			 "them again",
		    m->events);
	handler_switch_free(p);
	uplink_free(p->uplink);
	p->uplink = NULL;
	outbox_close(&p->pending);
	(void)str_copy(p->stats.note, "handed over to its successor",
	    sizeof(p->stats.note));
	shard_publish(p);
	p->handed = true;
	page_slot_drop(p->args->page, p->args->slot);
}

void
takeover_hand_over(struct process *p)
{
	struct session_in in = {.text = ""};
	struct msg_handed m = {.ok = 1};

	if (p->standby || p->handed)
		return;
	if (!may_hand_over(p, &m)) {
		m.ok = 0;
		answer(p, &m);
		return;
	}
	ending_drain(p, GOODBYE_S);
	session_input(&p->session, SESSION_EV_STOP, &in);
	/* The results of commands that were not sent any more. */
	uplink_turn(p->uplink);
	let_go(p, &m);
	answer(p, &m);
	log_info("handed over at seq %llu", (unsigned long long)m.seq);
}

/* ---- the successor -------------------------------------------------- */

/* The counters are the slot's, the connection is ours. */
static void
merge_stats(struct process *p)
{
	struct page_shard mine = p->stats, *st = &p->stats;

	shard_take_stats(p);
	st->state = mine.state;
	st->state_since_ms = mine.state_since_ms;
	st->rtt_ms = mine.rtt_ms;
	st->heartbeat_ms = mine.heartbeat_ms;
	st->ack_ms = mine.ack_ms;
	st->frame_ms = mine.frame_ms;
	st->interval_ms = mine.interval_ms;
	st->bytes_wire += mine.bytes_wire;
	st->bytes_raw += mine.bytes_raw;
	st->connects += mine.connects;
	st->connect_fails += mine.connect_fails;
	st->urls_refused += mine.urls_refused;
	for (size_t i = 0; i < RECONNECTS; i++)
		st->reconnects[i] += mine.reconnects[i];
	st->reconnects[RECONNECT_ROLLOUT]++;
	(void)str_copy(st->note, mine.note, sizeof(st->note));
}

static void
go_on(struct process *p)
{
	enum identify_cause cause;
	struct store_session rec;

	/* Half a message would stand where the spool's events belong. */
	if (queue_open_len(&p->pending.queue) > 0)
		session_standby_drop(&p->session);
	must(p->standby);
	p->standby = false;
	merge_stats(p);
	outbox_take(&p->pending);
	if (session_record_load(p, &rec, &cause) != 0) {
		p->exit_code = EXIT_DEGRADED;
		ending_leave(p);
		return;
	}
	session_take(&p->session, &rec, cause);
	receive_recall(&p->receive);
	shard_name_session(p, &rec);
	timer_set(&p->away, p->args->config->spool_after_s);
	shard_publish(p);
}

void
takeover_take_over(struct process *p)
{
	if (!p->standby || p->stopping)
		return;
	if (page_slot_take(p->args->page, p->args->slot)) {
		go_on(p);
		return;
	}
	log_error("cannot take over: another process has this shard's place");
	p->exit_code = EXIT_TRY_LATER;
	ending_leave(p);
}

static void
on_lonely(struct timer *t)
{
	struct process *p = container_of(t, struct process, lonely);

	if (p->stopping)
		return;
	if (page_slot_take(p->args->page, p->args->slot)) {
		log_notice("the supervisor is gone, and so is the process "
			   "before this one: taking over");
		go_on(p);
		shard_orphaned(p, "ended while this one waited");
	} else if (clock_boot_ms() < p->lonely_ends_ms) {
		timer_set(&p->lonely, LONELY_LOOK_S);
	} else {
		log_info("the supervisor is gone: the process before goes on");
		ending_leave(p);
	}
}

void
takeover_alone(struct process *p)
{
	ipc_close(&p->ipc);
	p->lonely_ends_ms = clock_boot_ms() + LONELY_TAKE_MS;
	timer_set(&p->lonely, 0);
}

void
takeover_init(struct process *p)
{
	timer_init(p->timers, &p->lonely, on_lonely);
}
