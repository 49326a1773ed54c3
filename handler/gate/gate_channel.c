/* SPDX-License-Identifier: MIT */
/* The gate's channel to the supervisor; see gate_impl.h. */
#include "handler/gate/gate_impl.h"

#include "shared/base/clock.h"
#include "shared/base/log.h"
#include "shared/base/version.h"
#include "shared/wire/inherit.h"

#include <unistd.h>

/* ---- what it orders ------------------------------------------------- */

static void
on_take_over(struct gate *g, const void *payload, int fd)
{
	gate_setup_take_over(g);
}

static void
on_lane(struct gate *g, const void *payload, int fd)
{
	const struct msg_gate_lane *m = payload;

	if (fd == -1)
		log_error("the gate has no file descriptor left for a lane");
	else if (g->log == NULL || g->state == GATE_STOPPING)
		close(fd);
	else
		feed_lane(&g->feed, fd, m->generation, m->shard_count);
}

static void
on_log_level(struct gate *g, const void *payload, int fd)
{
	contract_log_level(payload);
}

static void
on_stop(struct gate *g, const void *payload, int fd)
{
	const struct msg_stop *m = payload;
	double s = m->deadline_ms / 1000.0;

	gate_stop(g, s / 2 < GATE_LAST_S ? s / 2 : GATE_LAST_S);
}

static void
on_kick(struct gate *g, const void *payload, int fd)
{
	struct msg_kick m = *(const struct msg_kick *)payload;
	struct msg_kicked answer = {.connections = 0};

	m.name[sizeof(m.name) - 1] = '\0';
	if (g->clients != NULL)
		answer.connections = gate_clients_kick(g->clients, m.name,
		    m.sessions != 0, &answer.sessions);
	ipc_send(&g->ipc, MSG_KICKED, -1, g->kick, &answer, sizeof(answer), -1);
}

static const struct {
	size_t size;
	bool lane; /* its fd is taken over */
	void (*fn)(struct gate *, const void *payload, int fd);
} known[MSG_TYPES] = {
    [MSG_TAKE_OVER] = {0, false, on_take_over},
    [MSG_GATE_LANE] = {sizeof(struct msg_gate_lane), true, on_lane},
    [MSG_LOG_LEVEL] = {sizeof(struct msg_log_level), false, on_log_level},
    [MSG_STOP] = {sizeof(struct msg_stop), false, on_stop},
    [MSG_KICK] = {sizeof(struct msg_kick), false, on_kick},
};

static void
on_message(struct ipc *ipc, const struct msg_hdr *h, const void *payload,
    int fd)
{
	struct gate *g = container_of(ipc, struct gate, ipc);
	bool ours = known[h->type].fn != NULL && h->len == known[h->type].size;
	bool lane = ours && known[h->type].lane;

	if (h->type == MSG_KICK)
		g->kick = h->serial;
	if (ours)
		known[h->type].fn(g, payload, fd);
	else
		log_error("the supervisor sends %s, which makes no sense here",
		    contract_msg_name(h->type));
	if (fd != -1 && !lane)
		close(fd);
}

/* ---- without it ----------------------------------------------------- */

/* Is it the gate of the fleet, for the supervisor that is gone? */
static bool
is_named(const struct gate *g)
{
	return g->page.head->gate_watch.pid == (int32_t)getpid();
}

static void
on_gone(struct ipc *ipc, const char *why)
{
	struct gate *g = container_of(ipc, struct gate, ipc);

	log_debug("the supervisor is gone (%s)", why);
	if (g->state == GATE_STOPPING)
		return;
	/* One that was to take another's place is nobody's; one that has not
	 * come so far holds the log, as nobody else may now. */
	if (!is_named(g) || !orphan_begin(&g->orphan))
		gate_stop(g, GATE_LAST_S);
}

static void
describe(struct orphan *o, struct msg_adopt *m)
{
	const struct gate *g = container_of(o, struct gate, orphan);

	m->generation = g->generation;
	m->ready = g->log != NULL;
}

/* What the earlier supervisor kept open is handed to this one. */
static void
on_adopted(struct orphan *o)
{
	struct gate *g = container_of(o, struct gate, orphan);
	struct msg_keep log = {.what = KEPT_GATE_LOG};
	struct msg_keep socket = {.what = KEPT_GATE_LISTEN};
	struct msg_keep all = {0};

	ipc_send(&g->ipc, MSG_KEEP, -1, 0, &log, sizeof(log), g->log_fd);
	ipc_send(&g->ipc, MSG_KEEP, -1, 0, &socket, sizeof(socket),
	    g->listen_fd);
	ipc_send(&g->ipc, MSG_KEEP, -1, 0, &all, sizeof(all), -1);
	/* That was not heard, or by who is gone. */
	if (g->state == GATE_STANDBY)
		gate_channel_ready(g);
}

static void
on_leave(struct orphan *o, const char *why)
{
	log_notice("the gate stops as an orphan: %s", why);
	gate_stop(container_of(o, struct gate, orphan), GATE_LAST_S);
}

static const struct orphan_ops orphan_ops = {.describe = describe,
    .adopted = on_adopted,
    .leave = on_leave};

/* ---- what it is told ------------------------------------------------ */

void
gate_channel_ready(struct gate *g)
{
	ipc_send(&g->ipc, MSG_READY, -1, g->generation, NULL, 0, -1);
}

void
gate_channel_open(struct gate *g)
{
	struct msg_hello hello = {.pid = (int32_t)getpid(),
	    .generation = g->generation};

	str_copy(hello.build, SHARDHERD_VERSION, sizeof(hello.build));
	ipc_open(&g->ipc, g->loop, CONTRACT_FD_CONTROL, "supervisor",
	    on_message, on_gone);
	orphan_init(&g->orphan, g->timers, &g->ipc, &g->config, CONTRACT_GATE,
	    -1, inherit_log(), &g->nonce, &orphan_ops);
	ipc_send(&g->ipc, MSG_HELLO, -1, g->generation, &hello, sizeof(hello),
	    -1);
}
