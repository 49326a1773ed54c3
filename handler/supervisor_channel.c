/* SPDX-License-Identifier: MIT */
/* The supervisor's channel; see supervisor_channel.h. */
#include "handler/supervisor_channel.h"

#include "handler/plugin_orders.h"
#include "shared/base/log.h"
#include "shared/base/version.h"
#include "shared/wire/inherit.h"

#include <unistd.h>

/* ---- what it orders ------------------------------------------------- */

static void
on_uplink(struct handler *h, const struct msg_hdr *hdr, const void *payload,
    int fd)
{
	const struct msg_uplink *up = payload;

	if (fd < 0) {
		supervisor_channel_uplink_refused(&h->intake,
		    (uint32_t)hdr->shard,
		    "the handler has no file descriptor left for it");
		return;
	}
	/* After a rollback the one before returns as the newest. */
	if (up->generation > h->generation)
		h->generation = h->intake.generation = up->generation;
	intake_uplink(&h->intake, (uint32_t)hdr->shard, up->shard_count, fd);
	handler_serve(h);
}

static void
on_plugin(struct handler *h, const struct msg_hdr *hdr, const void *payload,
    int fd)
{
	plugin_orders_take(&h->plugins, payload, hdr->serial, fd);
}

static void
on_gate_lane(struct handler *h, const struct msg_hdr *hdr, const void *payload,
    int fd)
{
	const struct msg_gate_lane *m = payload;

	if (fd < 0)
		supervisor_channel_gate_lost(&h->gate);
	else if (h->gate.wanted)
		gate_lane_open(&h->gate, fd, h->generation, m->shard_count);
	else
		close(fd);
}

static void
on_events(struct handler *h, const struct msg_hdr *hdr, const void *payload,
    int fd)
{
	const struct msg_events *m = payload;

	if (fd >= 0)
		listeners_add(&h->listeners, fd, m, h->generation);
}

static void
on_probe(struct handler *h, const struct msg_hdr *hdr, const void *payload,
    int fd)
{
	roundtrip_begin(&h->probe, payload, hdr->serial);
}

static void
on_log_level(struct handler *h, const struct msg_hdr *hdr, const void *payload,
    int fd)
{
	contract_log_level(payload);
}

/* Leaves room in the supervisor's deadline for plugins that must be killed. */
static double
drain_within(double deadline_s)
{
	double left = deadline_s - PLUGIN_STOP_S - PLUGIN_TERM_S - 1;

	return left > deadline_s / 4 ? left : deadline_s / 4;
}

static void
on_stop(struct handler *h, const struct msg_hdr *hdr, const void *payload,
    int fd)
{
	const struct msg_stop *stop = payload;

	handler_stop(h, drain_within(stop->deadline_ms / 1000.0));
}

static const struct {
	size_t size;
	bool keeps; /* its fd is taken over */
	bool shard; /* it is about one */
	void (*fn)(struct handler *, const struct msg_hdr *, const void *,
	    int fd);
} known[MSG_TYPES] = {
    [MSG_UPLINK] = {sizeof(struct msg_uplink), true, true, on_uplink},
    [MSG_GATE_LANE] = {sizeof(struct msg_gate_lane), true, false, on_gate_lane},
    [MSG_PLUGIN] = {sizeof(struct msg_plugin), false, false, on_plugin},
    [MSG_EVENTS] = {sizeof(struct msg_events), true, false, on_events},
    [MSG_PROBE] = {sizeof(struct msg_probe), false, false, on_probe},
    [MSG_LOG_LEVEL] = {sizeof(struct msg_log_level), false, false,
	on_log_level},
    [MSG_STOP] = {sizeof(struct msg_stop), false, false, on_stop},
};

static void
on_message(struct ipc *ipc, const struct msg_hdr *hdr, const void *payload,
    int fd)
{
	struct handler *h = container_of(ipc, struct handler, ipc);
	bool keeps = known[hdr->type].keeps;

	if (known[hdr->type].fn != NULL && hdr->len == known[hdr->type].size
	    && (!known[hdr->type].shard || hdr->shard >= 0)) {
		known[hdr->type].fn(h, hdr, payload, fd);
	} else {
		keeps = false;
		log_error("the supervisor sends %s, which makes no sense here",
		    contract_msg_name(hdr->type));
	}
	if (fd >= 0 && !keeps)
		close(fd);
}

/* ---- without it ----------------------------------------------------- */

/* The shards go on without a supervisor, so their handler does (I4). */
static void
on_gone(struct ipc *ipc, const char *why)
{
	struct handler *h = container_of(ipc, struct handler, ipc);

	log_debug("handler: the supervisor is gone (%s)", why);
	if (h->stopping == STOP_NOT
	    && (!orphan_begin(&h->orphan) || h->intake.open == 0))
		handler_stop_configured(h);
}

static void
describe(struct orphan *o, struct msg_adopt *m)
{
	const struct handler *h = container_of(o, struct handler, orphan);

	m->generation = h->generation;
	m->ready = h->ready;
}

/* What the earlier supervisor kept open is handed to this one. */
static void
on_adopted(struct orphan *o)
{
	const struct handler *h = container_of(o, struct handler, orphan);
	struct msg_keep m = {.what = KEPT_REST_LISTEN};
	struct msg_keep all = {0};

	if (h->clients.listen_fd != -1)
		ipc_send(o->ipc, MSG_KEEP, -1, 0, &m, sizeof(m),
		    h->clients.listen_fd);
	ipc_send(o->ipc, MSG_KEEP, -1, 0, &all, sizeof(all), -1);
	log_debug("a supervisor has taken over");
}

static void
on_leave(struct orphan *o, const char *why)
{
	struct handler *h = container_of(o, struct handler, orphan);

	log_notice("the handler stops as an orphan: %s", why);
	handler_stop_configured(h);
}

static const struct orphan_ops orphan_ops = {.describe = describe,
    .adopted = on_adopted,
    .leave = on_leave};

/* ---- what it is told ------------------------------------------------ */

void
supervisor_channel_plugin_answer(struct plugin_set *s, uint32_t serial,
    enum plugin_set_end end, const char *text)
{
	struct handler *h = container_of(s, struct handler, plugins);
	struct msg_plugin_answer m = {.ok = end == PLUGIN_SET_DONE
		|| end == PLUGIN_SET_DONE_BEFORE,
	    .section = end == PLUGIN_SET_DONE || end == PLUGIN_SET_TRIES
		? PLUGIN_SECTION_TAKEN
		: PLUGIN_SECTION_LEFT,
	    .unknown = end == PLUGIN_SET_UNKNOWN};

	str_copy(m.text, text, sizeof(m.text));
	ipc_send(&h->ipc, MSG_PLUGIN_ANSWER, -1, serial, &m, sizeof(m), -1);
}

void
supervisor_channel_probe_answer(void *arg, uint32_t serial,
    const struct msg_probe_answer *m)
{
	struct handler *h = arg;

	ipc_send(&h->ipc, MSG_PROBE_ANSWER, -1, serial, m, sizeof(*m), -1);
}

void
supervisor_channel_uplink_refused(struct intake *in, uint32_t shard,
    const char *why)
{
	struct handler *h = container_of(in, struct handler, intake);
	struct msg_event m = {.report = REPORT_UPLINK_REFUSED};

	str_copy(m.text, why, sizeof(m.text));
	ipc_send(&h->ipc, MSG_EVENT, (int32_t)shard, h->generation, &m,
	    sizeof(m), -1);
}

void
supervisor_channel_gate_lost(struct gate_lane *g)
{
	struct handler *h = container_of(g, struct handler, gate);
	struct msg_event m = {.report = REPORT_GATE_LOST,
	    .text = "the lane to the gate ended"};

	ipc_send(&h->ipc, MSG_EVENT, -1, h->generation, &m, sizeof(m), -1);
}

/* What the supervisor weighs before it lets the shards come over. */
static void
tell_down(void *arg, const char *name, const char *why)
{
	struct handler *h = arg;
	struct msg_event m = {.report = REPORT_PLUGIN_DOWN};

	str_format(m.text, sizeof(m.text), "%s (%s)", name, why);
	ipc_send(&h->ipc, MSG_EVENT, -1, h->generation, &m, sizeof(m), -1);
}

void
supervisor_channel_ready(struct handler *h)
{
	plugin_set_each_down(&h->plugins, tell_down, h);
	ipc_send(&h->ipc, MSG_READY, -1, h->generation, NULL, 0, -1);
}

void
supervisor_channel_open(struct handler *h)
{
	struct msg_hello hello = {.pid = (int32_t)getpid(),
	    .generation = h->generation};

	str_copy(hello.build, SHARDHERD_VERSION, sizeof(hello.build));
	ipc_open(&h->ipc, h->loop, CONTRACT_FD_CONTROL, "supervisor",
	    on_message, on_gone);
	orphan_init(&h->orphan, h->timers, &h->ipc, &h->config,
	    CONTRACT_HANDLER, -1, inherit_log(), h->known ? &h->nonce : NULL,
	    &orphan_ops);
	ipc_send(&h->ipc, MSG_HELLO, -1, h->generation, &hello, sizeof(hello),
	    -1);
}
