/* SPDX-License-Identifier: MIT */
#include "tools/sim/gateway/strike.h"

#include "tools/sim/gateway/fault.h"
#include "shared/websocket/frame.h"
#include "tools/sim/gateway/gateway.h"

#include <string.h>

#define STRIKE_HUGE_MAX (256u << 20)
#define STRIKE_BOMB (128u << 20) /* twice what a careful client inflates */
#define STRIKE_FLOODS_MAX 1000

static const struct fault *
take(struct conn *c, enum fault_kind kind)
{
	return fault_take(c->sim, kind, c->shard, c->count, c->host);
}

/* ---- ACCEPT --------------------------------------------------------- */

bool
strike_accept(struct sim *sim, enum conn_host host)
{
	return fault_take(sim, FAULT_K_CONNECT_REFUSE, -1, 0, host) != NULL;
}

int
strike_upgrade(struct conn *c, unsigned *retry_after)
{
	const struct fault *f = take(c, FAULT_K_UPGRADE_STATUS);

	*retry_after = f ? f->retry_after : 0;
	return f ? (int)f->arg : 0;
}

/* ---- HELLO ---------------------------------------------------------- */

bool
strike_before_hello(struct conn *c)
{
	const struct fault *f;

	if (take(c, FAULT_K_NO_HELLO))
		return true;
	f = take(c, FAULT_K_SLOW_HELLO);
	if (f)
		timer_set(&c->deadline, (double)f->arg / 1000);
	return f != NULL;
}

bool
strike_glued(struct conn *c)
{
	return take(c, FAULT_K_HELLO_GLUED) != NULL;
}

bool
strike_hello(struct conn *c)
{
	const struct fault *f;

	if (take(c, FAULT_K_OP7_HELLO))
		conn_send_op(c, 7, "null");
	else if ((f = take(c, FAULT_K_HELLO_FILE)))
		conn_send(c, f->text, f->len);
	else
		return false;
	return true;
}

/* ---- SESSION -------------------------------------------------------- */

bool
strike_ack(struct conn *c)
{
	const struct fault *f;

	if (take(c, FAULT_K_NO_ACK))
		return true;
	f = take(c, FAULT_K_DELAY_ACK);
	if (f) {
		c->acks_due++;
		timer_set(&c->ack, (double)f->arg / 1000);
	}
	return f != NULL;
}

bool
strike_identify(struct conn *c)
{
	const struct fault *f;

	if ((f = take(c, FAULT_K_CLOSE_IDENTIFY)))
		conn_close(c, (unsigned)f->arg, "");
	else if (take(c, FAULT_K_OP9_IDENTIFY))
		conn_invalid(c, false);
	else if (take(c, FAULT_K_NO_READY))
		c->state = CONN_LIMBO;
	else
		return false;
	return true;
}

bool
strike_resume(struct conn *c, struct session *s)
{
	const struct fault *f;

	if ((f = take(c, FAULT_K_CLOSE_RESUME)))
		conn_close(c, (unsigned)f->arg, "");
	else if ((f = take(c, FAULT_K_OP9_RESUME))) {
		if (s && !f->arg)
			session_end(s);
		conn_invalid(c, f->arg != 0);
	} else if (take(c, FAULT_K_NO_READY))
		c->state = CONN_LIMBO;
	else
		return false;
	return true;
}

uint64_t
strike_replay(struct conn *c)
{
	const struct fault *f = take(c, FAULT_K_DROP_REPLAY);

	return f ? f->arg : UINT64_MAX;
}

bool
strike_members_lost(struct conn *c)
{
	return take(c, FAULT_K_LOSE_MEMBERS) != NULL;
}

bool
strike_members_limited(struct conn *c, uint64_t *wait_ms)
{
	const struct fault *f = take(c, FAULT_K_LIMIT_MEMBERS);

	*wait_ms = f ? f->arg : 0;
	return f != NULL;
}

/* ---- DATA ----------------------------------------------------------- */

static void
huge(struct conn *c, size_t size)
{
	static const char head[] = "{\"guild_id\":\"1\",\"padding\":\"";
	size_t n = sizeof(head) - 1;
	char *d;

	if (size > STRIKE_HUGE_MAX)
		size = STRIKE_HUGE_MAX;
	if (size < sizeof(head) + 2)
		size = sizeof(head) + 2;
	d = base_alloc(size);
	memcpy(d, head, n);
	for (size_t i = n; i < size - 2; i++)
		d[i] = (char)('a' + (i * 7 + i / 100) % 26);
	memcpy(d + size - 2, "\"}", 2);
	gateway_next(c->sim);
	session_dispatch(c->session, "GUILD_UPDATE", d, size, JOURNAL_COUNTED);
	free(d);
}

static void
flood(struct conn *c, uint64_t times)
{
	struct session *s = c->session;

	if (times < 1)
		times = 1;
	s->sync_floods = times > STRIKE_FLOODS_MAX ? STRIKE_FLOODS_MAX
						   : (unsigned)times;
	s->sync_next = 0;
	s->syncing = true;
	conn_work(c);
}

static void
bomb(struct conn *c, size_t size)
{
	static const char head[] = "{\"t\":null,\"s\":null,\"op\":0,\"d\":\"";
	static char blanks[65536];
	struct buf out = {0};

	if (!conn_can_send(c))
		return;
	memset(blanks, ' ', sizeof(blanks));
	compress_part(c->compress, head, sizeof(head) - 1, false, &out);
	for (size_t n = 0; n < size; n += sizeof(blanks))
		compress_part(c->compress, blanks, sizeof(blanks), false, &out);
	compress_part(c->compress, "\"}", 2, true, &out);
	conn_put(c,
	    FRAME_FIN | (c->compress ? WSLAY_BINARY_FRAME : WSLAY_TEXT_FRAME),
	    buf_data(&out), buf_len(&out));
	buf_free(&out);
}

static void
commit(struct conn *c, const struct fault *f)
{
	switch (f->kind) {
	case FAULT_K_BAD_DEFLATE:
		c->spoil = true;
		break;
	case FAULT_K_HALF_MESSAGE:
		c->halve = true;
		c->halve_hang = f->hang;
		break;
	case FAULT_K_FRAGMENT:
		c->fragment = true;
		break;
	case FAULT_K_HUGE_MESSAGE:
		huge(c, f->arg);
		break;
	case FAULT_K_BOMB:
		bomb(c, f->arg ? f->arg : STRIKE_BOMB);
		break;
	case FAULT_K_FLOOD_GUILDS:
		flood(c, f->arg);
		break;
	default:
		bug("not a fault of the data stage");
	}
}

void
strike_live(struct conn *c)
{
	for (unsigned k = 0; k < FAULT_KINDS && conn_is_live(c); k++) {
		const struct fault *f = fault_stage(k) == FAULT_DATA
		    ? take(c, k)
		    : NULL;

		if (f)
			commit(c, f);
	}
}

void
strike_all(struct sim *sim)
{
	list_each_safe (&sim->gateway->conns, e, next) {
		struct conn *c = container_of(e, struct conn, link);

		if (conn_is_live(c))
			strike_live(c);
	}
}

/* ---- DATA: the next message ----------------------------------------- */

/* Three frames for one message. */
static void
put_fragments(struct conn *c, unsigned opcode, const char *p, size_t len)
{
	size_t a = len / 3, b = len / 3 * 2;

	conn_put(c, opcode, p, a);
	conn_put(c, WSLAY_CONTINUATION_FRAME, p + a, b - a);
	conn_put(c, FRAME_FIN | WSLAY_CONTINUATION_FRAME, p + b, len - b);
}

/* Half of the frame, then the end or silence. */
static void
put_half(struct conn *c, unsigned opcode, const char *p, size_t len)
{
	size_t start = wire_backlog(&c->paced.wire);

	conn_put(c, FRAME_FIN | opcode, p, len);
	wire_cut(&c->paced.wire, (wire_backlog(&c->paced.wire) - start) / 2);
	if (c->halve_hang)
		c->stuck = true;
	else
		conn_eof(c);
}

/* What commit() has asked for: BAD_DEFLATE, HALF_MESSAGE, FRAGMENT. */
bool
strike_message(struct conn *c, unsigned opcode, char *p, size_t len)
{
	if (c->spoil) {
		/* A reserved block type in deflate and in zstd alike, and no
		 * JSON: the inflater or the parser must notice. */
		c->spoil = false;
		p[0] = 0x07;
	}
	if (c->halve) {
		c->halve = false;
		put_half(c, opcode, p, len);
	} else if (c->fragment) {
		c->fragment = false;
		put_fragments(c, opcode, p, len);
	} else {
		return false;
	}
	return true;
}

/* ---- ONCE ----------------------------------------------------------- */

/* FAULT_K_STORM: as when Discord's front end restarts. */
void
strike_once(struct sim *sim)
{
	list_each_safe (&sim->gateway->conns, e, next) {
		struct conn *c = container_of(e, struct conn, link);

		if (conn_is_open(c))
			conn_close(c, 1001,
			    "CloudFlare WebSocket proxy restarting");
	}
}
