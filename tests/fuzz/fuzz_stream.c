/* SPDX-License-Identifier: MIT */
/*
 * All a gateway may send on a shard's connection once TLS is off it: frames,
 * messages in pieces, compressed or not, their envelopes, and what a session
 * makes of them on a clock of the test's.  The input tells what is sent: the
 * mode, then steps: a frame as such, a message that is packed as the mode
 * wants it, bytes as they are, time, a handler that acknowledges.
 * Covers: shard/net/websocket.c shard/net/close_frame.c shard/events/receive.c
 * shard/events/inflate.c shard/events/queue.c shard/events/outbox.c
 * shard/session/session.c shard/session/session_end.c
 * shard/session/payload.c shared/json/envelope.c
 */
#include "tests/fuzz/kit.h"

#include "shard/events/receive.h"
#include "shard/net/websocket.h"
#include "shared/base/buf.h"
#include "shared/base/log.h"
#include "tests/unit/rig/fake_time.h"
#include "tests/unit/shard/session/session_rig.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#define MESSAGE_MAX 65536
#define WINDOW_MAX (2u << 20) /* of zstd, as by default */
#define STEPS 200

static struct {
	struct ev_loop *loop;
	struct timers *timers;
	struct websocket *ws;
	struct ws_linger farewell;
	int peer;
	bool down; /* the server's end said its last */
	struct receive in;
	struct outbox pending;
	struct page_slot slot;
	struct page_cluster fleet;
	enum config_compress mode;
	z_stream z;
	ZSTD_CCtx *zstd;
	struct buf out; /* not yet written to the socket */
	uint64_t acked, seq;
} t;

/* ---- around it ------------------------------------------------------ */

static int
on_ack(void *arg, uint64_t ord)
{
	return 0;
}

static void
on_down(void *arg, uint64_t id, const char *text, size_t len)
{
}

static void
on_lost(void *arg, const char *why)
{
}

static void
on_drained(void *arg)
{
}

static bool
on_write(void *arg, const char *text, size_t len)
{
	return t.ws != NULL && websocket_send(t.ws, text, len) == 0;
}

static void
on_result(void *arg, uint64_t id, enum send_status status)
{
}

static const struct uplink_ops uplink_ops = {on_ack, on_down, on_lost,
    on_drained};
static const struct send_queue_ops send_queue_ops = {on_write, on_result};

/* ---- the connection ------------------------------------------------- */

static void
hang_up(void)
{
	websocket_close(t.ws, rig_seen.hangup_code);
	t.ws = NULL;
	receive_close(&t.in);
}

static void
ended(enum session_event what, unsigned code, const char *why)
{
	struct session_in in = {.code = code, .text = why};

	must(strlen(why) < 600 && strchr(why, '\n') == NULL);
	session_wire(&rig_session, t.in.generation, what, &in);
	hang_up();
}

static void
on_data(void *arg, const void *data, size_t len)
{
	receive_data(&t.in, data, len);
}

static void
on_message(void *arg)
{
	receive_end(&t.in);
}

static void
on_closed(void *arg, unsigned code, const char *why)
{
	ended(SESSION_EV_CLOSED, code, why);
}

static void
on_broken(void *arg, const char *why)
{
	ended(SESSION_EV_BROKEN, 0, why);
}

static void
on_read(void *arg, size_t n)
{
	receive_read(&t.in, n);
}

/* A session never goes back, and no event is kept that it did not have. */
static void
on_turn(void *arg)
{
	must(!rig_session.held || rig_session.seq == rig_stats.seq);
}

static void
connect_now(void)
{
	static const struct websocket_events events = {on_data, on_message,
	    on_closed, on_broken, on_read, on_turn};
	int fd[2];

	must(socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == 0);
	must(fd_nonblock(fd[0]) == 0 && fd_nonblock(fd[1]) == 0);
	t.peer = fd[1];
	t.down = false;
	ws_linger_init(&t.farewell, t.loop, t.timers);
	t.ws = websocket_open(t.loop, tls_socket_new(fd[0]), &t.farewell,
	    MESSAGE_MAX, &events, NULL);
	must(receive_open(&t.in, rig_session.generation, t.mode, MESSAGE_MAX,
		 WINDOW_MAX)
	    == 0);
	must(deflateInit(&t.z, 1) == Z_OK);
	t.zstd = ZSTD_createCCtx();
	must(t.zstd != NULL);
	rig_in(SESSION_EV_DIALED);
}

static void
disconnect(void)
{
	if (t.ws != NULL)
		hang_up();
	ws_linger_drop(&t.farewell);
	close(t.peer);
	(void)deflateEnd(&t.z);
	ZSTD_freeCCtx(t.zstd);
	buf_eat(&t.out, buf_len(&t.out));
}

/* What the session asked for meanwhile. */
static void
obey(void)
{
	if (t.ws != NULL && rig_seen.hangups > 0)
		hang_up();
	rig_seen.hangups = 0;
	if (rig_seen.asks > 0) {
		rig_seen.asks = 0;
		rig_grant();
	}
	if (rig_seen.dials > 0) {
		rig_seen.dials = 0;
		disconnect();
		connect_now();
	}
}

static void
turn(void)
{
	for (int i = 0; i < 8; i++) {
		if (!t.down && buf_len(&t.out) > 0) {
			ssize_t n = send(t.peer, buf_data(&t.out),
			    buf_len(&t.out), MSG_NOSIGNAL);

			if (n > 0)
				buf_eat(&t.out, (size_t)n);
		}
		ev_run(t.loop, EVRUN_NOWAIT);
		if (buf_len(&t.out) == 0)
			break;
	}
	obey();
}

/* ---- what is sent --------------------------------------------------- */

static void
frame(unsigned first, const void *data, size_t n)
{
	uint8_t head[4] = {(uint8_t)first, (uint8_t)n};

	if (n < 126) {
		buf_add(&t.out, head, 2);
	} else {
		head[1] = 126;
		head[2] = (uint8_t)(n >> 8);
		head[3] = (uint8_t)n;
		buf_add(&t.out, head, 4);
	}
	buf_add(&t.out, data, n);
}

/* One gateway message; as one frame, or in three. */
static void
message(const uint8_t *data, size_t n, bool split)
{
	uint8_t *to = base_alloc(n * 2 + 1024);
	size_t len = n;

	if (t.mode == COMPRESS_ZLIB) {
		t.z.next_in = (uint8_t *)(uintptr_t)data;
		t.z.avail_in = (unsigned)n;
		t.z.next_out = to;
		t.z.avail_out = (unsigned)(n * 2 + 1024);
		must(deflate(&t.z, Z_SYNC_FLUSH) != Z_STREAM_ERROR);
		len = (size_t)(t.z.next_out - to);
	} else if (t.mode == COMPRESS_ZSTD) {
		ZSTD_inBuffer in = {data, n, 0};
		ZSTD_outBuffer out = {to, n * 2 + 1024, 0};

		must(
		    ZSTD_compressStream2(t.zstd, &out, &in, ZSTD_e_flush) == 0);
		len = out.pos;
	} else {
		memcpy(to, data, n);
	}
	len = len < UINT16_MAX ? len : UINT16_MAX;
	if (!split || len < 3) {
		frame(t.mode == COMPRESS_NONE ? 0x81 : 0x82, to, len);
	} else {
		frame(t.mode == COMPRESS_NONE ? 0x01 : 0x02, to, len / 3);
		frame(0x89, "ping", 4);
		frame(0x00, to + len / 3, len / 3);
		frame(0x80, to + 2 * (len / 3), len - 2 * (len / 3));
	}
	free(to);
}

/* A dispatch with the next s, or the same, or one that is not next. */
static void
event(struct kit *k)
{
	static const char *const names[] = {"MESSAGE_CREATE", "GUILD_CREATE",
	    "RESUMED", "RATE_LIMITED", "INTERACTION_CREATE", "READY"};
	char text[512];
	unsigned n = kit_byte(k);

	t.seq += n % 7 == 0 ? 0 : n % 11 == 0 ? 3 : 1;
	must(str_format(text, sizeof(text),
	    "{\"t\":\"%s\",\"s\":%llu,\"op\":0,\"d\":{\"session_id\":\"abc\","
	    "\"resume_gateway_url\":\"" RIG_RESUME "\",\"guilds\":[{}],"
	    "\"opcode\":8,\"retry_after\":%u}}",
	    names[n % nitems(names)], (unsigned long long)t.seq, n));
	message((uint8_t *)text, strlen(text), n > 128);
}

static void
step(struct kit *k)
{
	static const char *const usual[] = {
	    "{\"t\":null,\"op\":10,\"d\":{\"heartbeat_interval\":41250}}",
	    "{\"op\":11}", "{\"op\":1,\"d\":null}", "{\"op\":7,\"d\":null}",
	    "{\"op\":9,\"d\":true}", "{\"op\":9,\"d\":false}"};
	unsigned what = kit_byte(k);
	const char *u = usual[what / 8 % nitems(usual)];
	size_t n;

	switch (what % 8) {
	case 0:
		message((const uint8_t *)u, strlen(u), what > 128);
		break;
	case 1:
	case 2:
		event(k);
		break;
	case 3:
		n = kit_number(k, 2);
		u = (const char *)kit_take(k, &n);
		message((const uint8_t *)u, n, what > 128);
		break;
	case 4:
		n = kit_byte(k);
		what = kit_byte(k);
		u = (const char *)kit_take(k, &n);
		frame(what, u, n);
		break;
	case 5:
		n = kit_byte(k);
		u = (const char *)kit_take(k, &n);
		buf_add(&t.out, u, n);
		break;
	case 6:
		fake_time_advance(kit_number(k, 2));
		break;
	default:
		t.down = what > 200;
		if (t.down)
			(void)shutdown(t.peer, SHUT_WR);
		outbox_connected(&t.pending, what % 16 == 7);
		outbox_tick(&t.pending);
		break;
	}
	turn();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct outbox_limits l = {.queue_bytes = 1 << 20};
	struct receive_to to = {.session = &rig_session,
	    .pending = &t.pending,
	    .stats = &rig_stats,
	    .slot = &t.slot,
	    .fleet = &t.fleet};
	struct kit k = {data, size};
	unsigned how = kit_byte(&k);

	if (t.loop == NULL) {
		log_init(LOG_TO_HOOK, LOG_L_ERROR);
		t.loop = ev_loop_new(EVFLAG_AUTO);
		l.dir = base_strdup(kit_path("spool"));
	}
	kit_empty();
	memset(&t.slot, 0, sizeof(t.slot));
	t.mode = (enum config_compress)(how % 3);
	l.spool_bytes = how & 64 ? 4096 : 0;
	t.seq = 7;
	rig_begin(how & 128 ? "abc" : "", CAUSE_NO_SESSION);
	rig_seen.dials = 0;
	t.timers = timer_base_new(t.loop);
	outbox_init(&t.pending, &l, &rig_stats);
	outbox_take(&t.pending);
	to.uplink = uplink_new(t.loop, &t.pending.queue, &uplink_ops, NULL);
	to.sends = send_queue_new(t.timers, &send_queue_ops, NULL);
	receive_init(&t.in, &to);
	connect_now();
	for (int i = 0; i < STEPS && k.left > 0; i++)
		step(&k);
	disconnect();
	receive_close(&t.in);
	send_queue_free(to.sends);
	uplink_free(to.uplink);
	outbox_close(&t.pending);
	rig_end();
	timer_base_free(t.timers);
	return 0;
}
