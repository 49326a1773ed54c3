/* SPDX-License-Identifier: MIT */
/* See gate_lane.h. */
#include "handler/delivery/gate_lane.h"

#include "shared/base/clock.h"
#include "shared/base/log.h"

#include <string.h>

static struct gate_lane *
gate_of(struct gate_wire *w)
{
	return container_of(w, struct gate_lane, wire);
}

/* ---- out ------------------------------------------------------------ */

static void
put_event(struct gate_lane *g, const struct delivery *d)
{
	const struct event *e = d->event;
	struct gate_hdr h = {.len = e->len,
	    .type = GATE_EVENT,
	    .shard = e->shard_id,
	    .shard_count = g->intake->shard_count,
	    .ord = d->id,
	    .seq = e->seq,
	    .session = e->session,
	    .recv_ms = e->recv_ms};

	gate_wire_put(&g->wire, &h, e->raw);
}

void
gate_lane_pump(struct gate_lane *g)
{
	struct delivery *d;
	bool bulk;

	if (!gate_wire_is_open(&g->wire) || !g->wire.greeted)
		return;
	bulk = lane_open(&g->lane);
	if (bulk)
		lane_fill(&g->lane);
	while (!gate_wire_full(&g->wire)
	    && (d = window_next(&g->window, bulk)) != NULL)
		put_event(g, d);
	gate_wire_flush(&g->wire);
}

void
gate_lane_push(struct gate_lane *g, struct delivery *d)
{
	lane_push(&g->lane, d);
}

/* ---- in ------------------------------------------------------------- */

static void
on_greeted(struct gate_wire *w, const struct gate_hello *hello)
{
	log_debug("the gate %d takes events", hello->pid);
}

static void
on_settled(struct gate_wire *w)
{
}

struct sent {
	struct gate_lane *lane;
	uint32_t wire;
	uint32_t shard;
	uint64_t ord;
};

static void
answer(struct gate_lane *g, uint32_t shard, uint64_t ord, uint32_t status)
{
	struct up_result result = {.status = status};
	struct gate_hdr h = {.len = sizeof(result),
	    .type = GATE_SENT,
	    .shard = shard,
	    .ord = ord};

	gate_wire_put(&g->wire, &h, &result);
	gate_wire_flush(&g->wire);
}

static void
on_sent(void *arg, uint32_t status)
{
	struct sent *s = arg;

	if (s->wire == s->lane->wires)
		answer(s->lane, s->shard, s->ord,
		    status == INTAKE_SEND_LOST	     ? GATE_SENT_LOST
			: status == INTAKE_SEND_LATE ? GATE_SENT_LATE
						     : status);
	free(s);
}

static void
carry(struct gate_lane *g, const struct gate_hdr *h, const char *payload)
{
	struct sent *s = base_alloc(sizeof(*s));
	const char *why;

	*s = (struct sent) {g, g->wires, h->shard, h->ord};
	if (h->len <= GATE_SEND_MAX
	    && intake_send(g->intake, h->shard, payload, h->len, on_sent, s,
		   &why)
		== 0)
		return;
	free(s);
	answer(g, h->shard, h->ord,
	    h->len > GATE_SEND_MAX ? SEND_TOO_LONG : SEND_NOT_CONNECTED);
}

static void
on_frame(struct gate_wire *w, const struct gate_hdr *h, const char *payload)
{
	struct gate_lane *g = gate_of(w);
	struct delivery *d;

	if (h->type == GATE_SEND) {
		carry(g, h, payload);
		return;
	}
	if (h->type == GATE_ANSWER) {
		gate_question_answered(&g->questions, h, payload);
		return;
	}
	while ((d = window_upto(&g->window, h->ord)) != NULL)
		lane_finish(&g->lane, d);
}

/* What is out goes back to the front, and nobody is to blame. */
static void
recall(struct gate_lane *g)
{
	struct list aside;

	list_init(&aside);
	window_reset(&g->window, 0, 0, &aside);
	must(list_empty(&aside));
	g->wires++;
	gate_question_lost(&g->questions, "the gate went away");
}

static void
on_gone(struct gate_wire *w, const char *why)
{
	struct gate_lane *g = gate_of(w);

	log_info("the gate is away (%s): its events wait, and hold "
		 "up nothing",
	    why);
	recall(g);
	g->lost(g);
}

static const struct gate_wire_ops wire_ops = {
    .types = 1u << GATE_ACK | 1u << GATE_SEND | 1u << GATE_ANSWER,
    .greeted = on_greeted,
    .frame = on_frame,
    .settled = on_settled,
    .gone = on_gone,
};

void
gate_lane_open(struct gate_lane *g, int fd, uint32_t generation,
    uint32_t shard_count)
{
	if (gate_wire_is_open(&g->wire)) {
		gate_wire_close(&g->wire);
		recall(g);
	}
	gate_wire_open(&g->wire, &wire_ops, g->intake->loop, fd, generation,
	    shard_count);
}

void
gate_lane_look(struct gate_lane *g, struct gate_lane_state *s)
{
	const struct lane *l = &g->lane;

	*s = (struct gate_lane_state) {.open = gate_wire_is_open(&g->wire),
	    .waiting = lane_waiting(l) + lane_out(l),
	    .backlog = lane_on_disk(l),
	    .dropped = l->dropped,
	    .lag_ms = lane_lag_ms(&g->lane, (uint64_t)clock_wall_ms())};
}

/* ---- life ----------------------------------------------------------- */

void
gate_lane_init(struct gate_lane *g, struct timers *timers, struct lanes *all,
    struct intake *in, const struct config *c)
{
	/* What a lane asks of a section. */
	struct config_plugin as = {.name = GATE_LANE_NAME,
	    .backlog_events = GATE_LANE_WAITING,
	    .backlog_bytes = c->gate_log_bytes,
	    .backlog_age_s = c->gate_log_age_s};

	g->intake = in;
	g->wire.fd = -1;
	g->wanted = config_gate(c);
	gate_question_init(&g->questions, timers, g->wanted ? &g->wire : NULL);
	lane_init(&g->lane, all, CONFIG_PLUGINS_MAX, &as);
	str_copy(g->lane.who, "the gate", sizeof(g->lane.who));
	window_init(&g->window, GATE_LANE_WINDOW, &g->lane.waiting);
	g->lane.window[0] = &g->window;
	in->all = g->wanted;
}

void
gate_lane_free(struct gate_lane *g)
{
	gate_wire_close(&g->wire);
	recall(g);
	gate_question_free(&g->questions);
	window_free(&g->window);
	g->lane.window[0] = NULL;
	lane_free(&g->lane);
}
