/* SPDX-License-Identifier: MIT */
#include "tools/sim/gateway/conn.h"

#include "tools/sim/gateway/opcode.h"
#include "tools/sim/gateway/strike.h"
#include "shared/websocket/frame.h"
#include "tools/sim/gateway/gateway.h"
#include "shared/websocket/upgrade.h"
#include "tools/sim/book/stats.h"

#include "shared/base/clock.h"

#include <string.h>

#define CONN_MESSAGE_MAX (1u << 20) /* from a client; 4096 is the rule */

/* ---- the end -------------------------------------------------------- */

/* Codes after which Discord has no such session any more (section 2.11). */
static bool
voids_session(unsigned code)
{
	return code == 4003 || code == 4004 || code == 4006 || code == 4007
	    || code == 4009 || (code >= 4010 && code <= 4014);
}

void
conn_part(struct conn *c, bool end)
{
	struct session *s = c->session;

	if (!s)
		return;
	c->session = NULL;
	session_detach(s);
	if (end)
		session_end(s);
}

static void
bury(struct conn *c)
{
	if (c->state == CONN_DEAD)
		return;
	c->state = CONN_DEAD;
	conn_part(c, false);
	timer_stop(&c->deadline);
	timer_stop(&c->heartbeat);
	timer_stop(&c->ack);
	list_remove(&c->busy);
	list_remove(&c->link);
	list_append(&c->sim->gateway->dead, &c->link);
	if (c->ws.ws)
		stats_close(stats_of(c->sim, c->key), c->code ? c->code : 1006,
		    1);
}

void
conn_free(struct conn *c)
{
	must(c->state == CONN_DEAD);
	list_remove(&c->link);
	c->sim->gateway->conn_count--;
	wire_end(&c->paced.wire, false);
	ws_server_free(&c->ws);
	compress_free(c->compress);
	buf_free(&c->head);
	free(c);
}

void
conn_drop(struct conn *c)
{
	wire_end(&c->paced.wire, true);
	bury(c);
}

static void
begin_closing(struct conn *c)
{
	conn_part(c, false);
	c->state = CONN_CLOSING;
	timer_stop(&c->heartbeat);
	timer_stop(&c->ack);
	list_remove(&c->busy);
	timer_set(&c->deadline, CONN_CLOSE_S);
}

void
conn_eof(struct conn *c)
{
	if (c->state >= CONN_CLOSING)
		return;
	begin_closing(c);
	wire_shut(&c->paced.wire);
}

void
conn_close(struct conn *c, unsigned code, const char *reason)
{
	if (c->state >= CONN_CLOSING)
		return;
	if (code == 1006 || !c->ws.ws) {
		conn_drop(c);
		return;
	}
	c->code = code;
	conn_part(c, voids_session(code));
	ws_server_close(&c->ws, code == 1005 ? 0 : code, reason);
	begin_closing(c);
}

static void
on_gone(struct wire *w, const char *why)
{
	struct conn *c = container_of(w, struct conn, paced.wire);

	stats_of(c->sim, STATS_NONE)->refused += w->handshaking;
	bury(c);
}

/* ---- sending -------------------------------------------------------- */

void
conn_put(struct conn *c, unsigned first, const void *data, size_t len)
{
	ws_server_put(&c->ws, first, data, len);
}

bool
conn_can_send(struct conn *c)
{
	size_t behind = wire_backlog(&c->paced.wire);

	if (c->stuck || c->state >= CONN_CLOSING || c->paced.wire.fd < 0)
		return false;
	if (behind < c->paced.line->backlog)
		return true;
	stats_of(c->sim, c->key)->unread++;
	stats_violation(c->sim, c->key, "does not read: %zu bytes behind",
	    behind);
	conn_drop(c);
	return false;
}

void
conn_send(struct conn *c, const void *data, size_t len)
{
	static struct buf packed;
	bool plain = !c->compress
	    || (c->transport == COMPRESS_KIND_NONE && len < CONN_PAYLOAD_MIN);
	unsigned opcode;

	if (!conn_can_send(c))
		return;
	buf_eat(&packed, buf_len(&packed));
	if (plain)
		buf_add(&packed, data, len);
	else
		compress_part(c->compress, data, len, true, &packed);
	opcode = plain ? WSLAY_TEXT_FRAME : WSLAY_BINARY_FRAME;
	if (!strike_message(c, opcode, buf_data(&packed), buf_len(&packed)))
		conn_put(c, FRAME_FIN | opcode, buf_data(&packed),
		    buf_len(&packed));
}

void
conn_send_op(struct conn *c, int op, const char *d)
{
	char text[256];

	must(str_format(text, sizeof(text),
	    "{\"t\":null,\"s\":null,\"op\":%d,\"d\":%s}", op, d));
	conn_send(c, text, strlen(text));
}

/* ---- HELLO and heartbeats ------------------------------------------- */

static void
send_hello(struct conn *c)
{
	char d[128];

	must(str_format(d, sizeof(d),
	    "{\"heartbeat_interval\":%.0f,"
	    "\"_trace\":[\"[\\\"shardherd-sim\\\",{\\\"micros\\\":0.0}]\"]}",
	    c->sim->cfg.heartbeat_s * 1000));
	conn_send_op(c, 10, d);
}

static void
say_hello(struct conn *c)
{
	c->hello_due = false;
	if (!strike_hello(c))
		send_hello(c);
	if (c->state >= CONN_CLOSING)
		return;
	/* Who did not wait for it may be further. */
	if (c->state == CONN_SILENT)
		c->state = CONN_GREETED;
	timer_stop(&c->deadline);
	timer_set(&c->heartbeat, c->sim->cfg.heartbeat_s * CONN_LATE);
}

static void
on_deadline(struct timer *t)
{
	struct conn *c = container_of(t, struct conn, deadline);

	if (c->state != CONN_UPGRADE && c->state != CONN_CLOSING) {
		say_hello(c);
		return;
	}
	if (c->state == CONN_UPGRADE) {
		stats_of(c->sim, STATS_NONE)->refused++;
		stats_violation(c->sim, STATS_NONE, "no upgrade within %d s",
		    CONN_UPGRADE_S);
	}
	wire_end(&c->paced.wire, false);
	bury(c);
}

static void
on_late(struct timer *t)
{
	struct conn *c = container_of(t, struct conn, heartbeat);

	/* Who is late may be we: what came in time was not read yet. */
	if (wire_unread(&c->paced.wire) && c->excuses++ < CONN_EXCUSES) {
		timer_set(t, CONN_EXCUSE_S);
		return;
	}
	if (!c->stuck)
		stats_violation(c->sim, c->key, "heartbeat late or missing");
	conn_close(c, 4000, "Heartbeat missed.");
}

static void
on_ack(struct timer *t)
{
	struct conn *c = container_of(t, struct conn, ack);

	for (; c->acks_due > 0; c->acks_due--)
		conn_send_op(c, 11, "null");
}

void
conn_heartbeat(struct conn *c)
{
	c->excuses = 0;
	if (timer_pending(&c->heartbeat))
		timer_set(&c->heartbeat, c->sim->cfg.heartbeat_s * CONN_LATE);
	stats_of(c->sim, c->key)->heartbeats++;
	if (strike_ack(c))
		return;
	c->acks_due++;
	if (!timer_pending(&c->ack))
		on_ack(&c->ack);
}

/* ---- websocket input ------------------------------------------------ */

/* The client closes: 1000 and 1001 end the session (section 2.10). */
static void
client_closes(struct conn *c, unsigned code)
{
	if (c->state >= CONN_CLOSING)
		return;
	c->code = code ? code : 1005;
	conn_part(c, code == 1000 || code == 1001);
	begin_closing(c);
}

static void
ws_closes(struct ws_server *ws, unsigned code, bool half)
{
	struct conn *c = container_of(ws, struct conn, ws);

	if (half)
		stats_violation(c->sim, c->key, "half a close code");
	client_closes(c, code);
}

/* HELLO goes out before any answer: serenity, which does not wait for it
 * before it resumes, begins anew when it comes after RESUMED. */
static void
ws_message(struct ws_server *ws, bool binary, const char *text, size_t len)
{
	struct conn *c = container_of(ws, struct conn, ws);

	c->early = c->hello_due;
	if (c->hello_due)
		say_hello(c);
	if (c->state < CONN_CLOSING)
		opcode_message(c, binary, text, len);
}

/* wslay reads no more: a close frame came, or it refused a broken frame. */
static void
ws_ended(struct conn *c)
{
	if (c->state < CONN_CLOSING) {
		stats_violation(c->sim, c->key, "broken websocket frame");
		c->code = ws_server_code_sent(&c->ws);
		begin_closing(c);
	}
	if (ws_server_closed(&c->ws))
		wire_shut(&c->paced.wire);
}

static void
ws_bytes(struct conn *c, const char *data, size_t len)
{
	enum ws_server_read got = ws_server_bytes(&c->ws, data, len);

	if (got == WS_SERVER_BROKEN && c->state < CONN_CLOSING) {
		stats_violation(c->sim, c->key, "broken websocket frame");
		conn_drop(c);
	}
	if (c->state == CONN_DEAD)
		return;
	if (!c->stuck)
		ws_server_answer(&c->ws);
	/* Who sends pings and reads no pong is dropped as well. */
	if (!conn_can_send(c) && c->state == CONN_DEAD)
		return;
	if (got != WS_SERVER_MORE)
		ws_ended(c);
}

/* ---- upgrade -------------------------------------------------------- */

static void
put_answer(struct conn *c, int status, const char *accept, unsigned after)
{
	struct buf t = {0};

	upgrade_answer(&t, status, accept, after,
	    "CF-RAY: 0123456789abcdef-SIM\r\n");
	wire_put(&c->paced.wire, buf_data(&t), buf_len(&t),
	    &c->sim->gateway->dirty);
	buf_free(&t);
}

static void
refuse(struct conn *c, int status, const char *why, unsigned retry_after)
{
	if (why) {
		stats_of(c->sim, STATS_NONE)->refused++;
		stats_violation(c->sim, STATS_NONE,
		    "upgrade refused with %d: %s", status, why);
	}
	put_answer(c, status, "", retry_after);
	begin_closing(c);
	wire_shut(&c->paced.wire);
}

static void
open_ws(struct conn *c, const struct upgrade *u)
{
	static const struct ws_server_calls calls = {ws_message, ws_closes};

	put_answer(c, 101, u->accept, 0);
	ws_server_begin(&c->ws, &calls, &c->paced.wire, &c->sim->gateway->dirty,
	    CONN_MESSAGE_MAX);
	stats_of(c->sim, STATS_NONE)->connects++;
	c->transport = u->compress;
	c->compress = compress_new(u->compress);
	/* Deflating was a third of what the simulator did for an event. */
	compress_quick(c->compress);
	c->state = CONN_SILENT;
	if (u->odd)
		stats_odd(c->sim, STATS_NONE, "%s", u->odd);
	if (u->close) {
		stats_violation(c->sim, STATS_NONE, "%u: %s", u->close, u->why);
		conn_close(c, u->close, u->why);
		return;
	}
	timer_stop(&c->deadline);
	if (strike_before_hello(c))
		return;
	if (strike_glued(c))
		say_hello(c);
	else {
		c->hello_due = true;
		timer_set(&c->deadline, CONN_HELLO_S);
	}
}

static void
read_upgrade(struct conn *c, const char *data, size_t len)
{
	unsigned retry_after;
	struct upgrade u;
	size_t head;
	int status;

	buf_add(&c->head, data, len);
	head = upgrade_head(buf_data(&c->head), buf_len(&c->head));
	if (head == 0) {
		if (buf_len(&c->head) > UPGRADE_MAX)
			refuse(c, 400, "the request's head is too long", 0);
		return;
	}
	status = strike_upgrade(c, &retry_after);
	if (status != 0) {
		refuse(c, status, NULL, retry_after);
		return;
	}
	status = upgrade_read(buf_data(&c->head), head, &u);
	if (status != 101) {
		refuse(c, status, u.why, 0);
		return;
	}
	if (u.compress == COMPRESS_KIND_ZSTD
	    && c->sim->cfg.zstd == SIM_ZSTD_REFUSED) {
		refuse(c, 400, NULL, 0);
		return;
	}
	if (u.compress == COMPRESS_KIND_ZSTD
	    && c->sim->cfg.zstd == SIM_ZSTD_NONE)
		u.compress = COMPRESS_KIND_NONE;
	open_ws(c, &u);
	buf_eat(&c->head, head);
	if (buf_len(&c->head) > 0 && c->state < CONN_CLOSING)
		ws_bytes(c, buf_data(&c->head), buf_len(&c->head));
	buf_free(&c->head);
}

static void
on_bytes(struct wire *w, const char *data, size_t len)
{
	struct conn *c = container_of(w, struct conn, paced.wire);

	if (c->state == CONN_UPGRADE)
		read_upgrade(c, data, len);
	else if (c->ws.ws)
		ws_bytes(c, data, len);
}

static void
on_drained(struct wire *w)
{
	struct conn *c = container_of(w, struct conn, paced.wire);

	if (!list_empty(&c->busy))
		conn_work(c);
}

void
conn_accept(struct sim *sim, int fd, enum conn_host host)
{
	struct gateway *g = sim->gateway;
	struct conn *c = base_alloc(sizeof(*c));

	c->sim = sim;
	c->host = host;
	c->shard = -1;
	c->key = STATS_NONE;
	c->paced.wire.on_bytes = on_bytes;
	c->paced.wire.on_gone = on_gone;
	c->paced.wire.on_drained = on_drained;
	list_init(&c->busy);
	list_init(&c->link);
	c->paced.line = &sim->cfg.line;
	timer_init(sim->timers, &c->deadline, on_deadline);
	timer_init(sim->timers, &c->heartbeat, on_late);
	timer_init(sim->timers, &c->ack, on_ack);
	if (paced_open(&c->paced, sim->loop, fd, g->tls) < 0) {
		free(c);
		return;
	}
	list_append(&g->conns, &c->link);
	g->conn_count++;
	timer_set(&c->deadline, CONN_UPGRADE_S);
}
