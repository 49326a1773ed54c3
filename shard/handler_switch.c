/* SPDX-License-Identifier: MIT */
/*
 * The handler's end of a shard: uplinks come, are switched to and go away,
 * acknowledgements move the cursor.  A higher generation takes over at a cut:
 * nothing new goes to the old handler, and the new one begins when everything
 * the old one was sent is acknowledged, or when that takes too long.  A lower
 * one than was ever seen is fenced off.
 */
#include "shard/handler_switch.h"

#include "shared/base/clock.h"
#include "shared/base/version.h"

#include <string.h>
#include <unistd.h>

/* ---- what the handler says ------------------------------------------ */

void
handler_switch_room(struct process *p)
{
	if (!p->session.blocked || !outbox_room(&p->pending))
		return;
	session_input(&p->session, SESSION_EV_ROOM, NULL);
}

static int
on_ack(void *arg, uint64_t ord)
{
	struct process *p = arg;
	struct queue_acked a;

	if (outbox_ack(&p->pending, ord, &a) != 0)
		return -1;
	if (a.seq != 0 && a.session != 0) {
		page_cursor_set(p->slot, a.session, a.seq);
		p->stats.acked_seq = a.seq;
	}
	handler_switch_room(p);
	return 0;
}

static void
on_down_send(void *arg, uint64_t id, const char *text, size_t len)
{
	struct process *p = arg;

	if (text == NULL) {
		p->stats.sends_refused++;
		uplink_result(p->uplink, id, SEND_TOO_LONG);
		return;
	}
	send_queue_request(p->sends, id, text, len);
}

/* ---- uplinks -------------------------------------------------------- */

static void
report_switched(struct process *p)
{
	struct msg_event m = {.report = REPORT_SWITCHED};

	(void)str_format(m.text, sizeof(m.text),
	    "sends to handler generation %u", p->handler_generation);
	(void)ipc_send(&p->ipc, MSG_EVENT, (int32_t)p->args->id,
	    p->handler_generation, &m, sizeof(m), -1);
}

static void
adopt(struct process *p, int fd, uint32_t generation)
{
	struct up_hello hello = {.version = CONTRACT_VERSION,
	    .shard = p->args->id,
	    .shard_count = p->args->count,
	    .generation = p->args->generation,
	    .pid = getpid()};

	(void)str_copy(hello.build, SHARDHERD_VERSION, sizeof(hello.build));
	timer_stop(&p->away);
	p->stats.uplinks++;
	p->handler_generation = generation;
	p->had_handler = true;
	log_debug("uplink to handler generation %u", generation);
	/* The one that asked is not the one that is there from now on. */
	send_queue_disown(p->sends);
	uplink_adopt(p->uplink, fd, &hello);
	outbox_connected(&p->pending, true);
	report_switched(p);
}

/* The uplink that waits for the cut is used now; false: none waits. */
static bool
switch_now(struct process *p)
{
	int fd = p->next_fd;

	timer_stop(&p->cut);
	if (fd < 0)
		return false;
	p->next_fd = -1;
	adopt(p, fd, p->next_generation);
	return true;
}

static void
on_drained(void *arg)
{
	log_debug("everything sent is acknowledged: switching handlers");
	(void)switch_now(arg);
}

static void
on_cut_late(struct timer *t)
{
	struct process *p = container_of(t, struct process, cut);

	log_warn(
	    "handler generation %u did not acknowledge everything within "
	    "[handler] drain_timeout: the next one gets those events again",
	    p->handler_generation);
	(void)switch_now(p);
}

static void
on_gone(void *arg, const char *why)
{
	struct process *p = arg;
	struct msg_event m = {.report = REPORT_UPLINK_LOST};

	send_queue_disown(p->sends);
	log_notice("the handler is gone (%s): %llu events wait for the next",
	    why, (unsigned long long)p->pending.queue.events);
	if (switch_now(p))
		return;
	/* While that handler lives, only a new pair brings us together. */
	(void)str_copy(m.text, why, sizeof(m.text));
	(void)ipc_send(&p->ipc, MSG_EVENT, (int32_t)p->args->id,
	    p->handler_generation, &m, sizeof(m), -1);
	outbox_connected(&p->pending, false);
	timer_set(&p->away, p->args->config->spool_after_s);
}

static void
on_away(struct timer *t)
{
	struct process *p = container_of(t, struct process, away);

	outbox_spool(&p->pending, "is away");
}

const struct uplink_ops handler_switch_ops = {
    .ack = on_ack,
    .send = on_down_send,
    .gone = on_gone,
    .drained = on_drained,
};

/* Is it from a handler that has been replaced already? */
static bool
fenced(const struct process *p, uint32_t generation)
{
	return (p->had_handler && generation < p->handler_generation)
	    || (p->next_fd >= 0 && generation < p->next_generation);
}

void
handler_switch_uplink(struct process *p, uint32_t generation, int fd)
{
	if (fenced(p, generation)) {
		log_notice("an uplink to handler generation %u comes too late",
		    generation);
		close(fd);
		return;
	}
	if (!uplink_connected(p->uplink)
	    || (p->next_fd < 0 && generation == p->handler_generation)) {
		adopt(p, fd, generation);
		return;
	}
	if (p->next_fd >= 0)
		close(p->next_fd);
	else
		timer_set(&p->cut, p->args->config->handler_drain_timeout_s);
	must(fd >= 0);
	p->next_fd = fd;
	p->next_generation = generation;
	uplink_cut(p->uplink);
}

void
handler_switch_describe(const struct process *p, struct msg_adopt *m)
{
	m->uplink = uplink_connected(p->uplink) ? p->handler_generation : 0;
	m->next_uplink = p->next_fd >= 0 ? p->next_generation : 0;
	m->newest = p->next_fd >= 0 ? p->next_generation
	    : p->had_handler	    ? p->handler_generation
				    : 0;
}

/* ---- life ----------------------------------------------------------- */

void
handler_switch_init(struct process *p)
{
	timer_init(p->timers, &p->cut, on_cut_late);
	timer_init(p->timers, &p->away, on_away);
	p->next_fd = -1;
	timer_set(&p->away, p->args->config->spool_after_s);
}

void
handler_switch_free(struct process *p)
{
	timer_stop(&p->cut);
	timer_stop(&p->away);
	if (p->next_fd >= 0)
		close(p->next_fd);
	p->next_fd = -1;
}
