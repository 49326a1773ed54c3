/* SPDX-License-Identifier: MIT */
#include "shard/net/websocket.h"

#include "shard/net/close_frame.h"
#include "shared/base/text.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/rand.h>
#include <string.h>
#include <sys/socket.h>
#include <wslay/wslay.h>

#define NO_STATUS 1005 /* a close frame without a code (RFC 6455 7.1.5) */

/*
 * A frame of ours: wslay keeps a copy of what it sends, and gives that back to
 * the heap as it is.  Masked, as the wire has it, it says nothing.
 */
struct secret_frame {
	size_t len, at;
	bool begun; /* TLS may have some of it: it is the next to be written */
	unsigned char bytes[];
};

struct websocket {
	struct ev_loop *loop;
	const struct websocket_events *events;
	void *arg;
	struct tls_socket *wire;
	struct ws_linger *farewell;
	wslay_event_context_ptr ws;
	ev_io io;
	ev_idle more; /* bytes are left over from this wake-up */
	size_t message_max, message_len;
	const unsigned char *p; /* what wslay has not taken of buf */
	size_t left;
	bool control;		     /* the present frame is a control frame */
	struct close_frame goodbye;  /* whatever wslay thinks of its reason */
	bool busy;		     /* within on_ready: freeing must wait */
	bool dead;		     /* websocket_close was called */
	bool over;		     /* closed or broken was reported */
	struct secret_frame *secret; /* waits, or is on its way; NULL: none */
	unsigned char buf[WEBSOCKET_READ];
};

/* ---- the end -------------------------------------------------------- */

static void
conn_free(struct websocket *c)
{
	ev_io_stop(c->loop, &c->io);
	ev_idle_stop(c->loop, &c->more);
	wslay_event_context_free(c->ws);
	tls_socket_free(c->wire);
	free(c->secret);
	free(c);
}

/* Written by hand: wslay would not let us choose after an error of its own. */
static void
send_close(struct websocket *c, unsigned code)
{
	unsigned char f[8] = {0x88, 0x82};

	if (wslay_event_want_write(c->ws) || c->secret != NULL
	    || RAND_bytes(f + 2, 4) != 1)
		return;
	f[6] = (unsigned char)(f[2] ^ (code >> 8));
	f[7] = (unsigned char)(f[3] ^ (code & 0xff));
	(void)tls_socket_write(c->wire, f, sizeof(f));
	if (c->wire->ssl != NULL)
		(void)SSL_shutdown(c->wire->ssl);
}

void
websocket_close(struct websocket *c, unsigned code)
{
	if (c == NULL || c->dead)
		return;
	c->dead = true;
	ev_io_stop(c->loop, &c->io);
	ev_idle_stop(c->loop, &c->more);
	if (code != 0 && !c->wire->eof) {
		send_close(c, code);
		ws_linger_take(c->farewell, c->wire->fd);
		c->wire->fd = -1;
	}
	wslay_event_shutdown_read(c->ws);
	if (!c->busy)
		conn_free(c);
}

static void
report_closed(struct websocket *c, unsigned code, const char *why)
{
	if (c->over || c->dead)
		return;
	c->over = true;
	c->events->closed(c->arg, code, why);
}

static void
report_broken(struct websocket *c, const char *why)
{
	if (c->over || c->dead)
		return;
	c->over = true;
	c->events->broken(c->arg, why);
}

/* ---- wslay's callbacks ---------------------------------------------- */

static ssize_t
on_recv(wslay_event_context_ptr ws, uint8_t *buf, size_t len, int flags,
    void *arg)
{
	struct websocket *c = arg;

	if (c->left == 0 || c->dead) {
		wslay_event_set_error(ws, WSLAY_ERR_WOULDBLOCK);
		return -1;
	}
	if (len > c->left)
		len = c->left;
	memcpy(buf, c->p, len);
	close_frame_see(&c->goodbye, buf, len);
	c->p += len;
	c->left -= len;
	return (ssize_t)len;
}

static ssize_t
on_send(wslay_event_context_ptr ws, const uint8_t *data, size_t len, int flags,
    void *arg)
{
	struct websocket *c = arg;
	ssize_t n = c->dead ? -1 : tls_socket_write(c->wire, data, len);

	if (n > 0)
		return n;
	wslay_event_set_error(ws,
	    n == 0 ? WSLAY_ERR_WOULDBLOCK : WSLAY_ERR_CALLBACK_FAILURE);
	return -1;
}

static int
on_mask(wslay_event_context_ptr ws, uint8_t *buf, size_t len, void *arg)
{
	return RAND_bytes(buf, (int)len) == 1 ? 0 : -1;
}

static void
on_frame(wslay_event_context_ptr ws,
    const struct wslay_event_on_frame_recv_start_arg *f, void *arg)
{
	struct websocket *c = arg;

	c->control = wslay_is_ctrl_frame(f->opcode);
	if (c->control)
		return;
	if (f->payload_length > c->message_max - c->message_len) {
		wslay_event_shutdown_read(ws);
		report_broken(c,
		    "a message is larger than [limits] wire_message_bytes");
		return;
	}
	c->message_len += f->payload_length;
}

static void
on_chunk(wslay_event_context_ptr ws,
    const struct wslay_event_on_frame_recv_chunk_arg *f, void *arg)
{
	struct websocket *c = arg;

	/* Control frames come here too, but wslay keeps them for on_message. */
	if (!c->dead && !c->over && !c->control)
		c->events->data(c->arg, f->data, f->data_length);
}

static void
on_close_frame(struct websocket *c, const struct wslay_event_on_msg_recv_arg *m)
{
	char why[4 * 123 + 1]; /* each byte may become an escape */
	size_t n = m->msg_length > 2 ? m->msg_length - 2 : 0;

	text_clean(why, sizeof(why), m->msg + m->msg_length - n, n);
	wslay_event_shutdown_read(c->ws);
	report_closed(c, m->msg_length < 2 ? NO_STATUS : m->status_code, why);
}

static void
on_message(wslay_event_context_ptr ws,
    const struct wslay_event_on_msg_recv_arg *m, void *arg)
{
	struct websocket *c = arg;

	if (m->opcode == WSLAY_CONNECTION_CLOSE) {
		on_close_frame(c, m);
		return;
	}
	if (wslay_is_ctrl_frame(m->opcode) || c->dead || c->over)
		return;
	c->message_len = 0;
	c->events->message(c->arg);
}

/* ---- the loop's callbacks ------------------------------------------- */

/* As much of it as goes; false: writing failed. */
static bool
write_secret(struct websocket *c)
{
	struct secret_frame *f = c->secret;
	ssize_t n = 1;

	f->begun = true;
	while (f->at < f->len && n > 0) {
		n = tls_socket_write(c->wire, f->bytes + f->at, f->len - f->at);
		f->at += n > 0 ? (size_t)n : 0;
	}
	if (f->at == f->len || n < 0) {
		free(f);
		c->secret = NULL;
	}
	return n >= 0;
}

static bool
write_all(struct websocket *c)
{
	bool begun = c->secret != NULL && c->secret->begun;

	if (begun && (!write_secret(c) || c->secret != NULL))
		return c->secret != NULL;
	if (wslay_event_want_write(c->ws) && wslay_event_send(c->ws) != 0)
		return false;
	/* Between two frames of wslay's is the place for one of ours. */
	return c->secret == NULL || wslay_event_want_write(c->ws)
	    || write_secret(c);
}

static bool
writes(const struct websocket *c)
{
	return c->secret != NULL || wslay_event_want_write(c->ws);
}

static void
flush(struct websocket *c)
{
	int events = EV_READ;

	if (!c->dead && writes(c) && !write_all(c))
		/* The next read tells what happened to it. */
		(void)shutdown(c->wire->fd, SHUT_RDWR);
	if (c->dead)
		return;
	if (tls_socket_needs_room(c->wire, writes(c)))
		events |= EV_WRITE;
	if ((c->io.events & (EV_READ | EV_WRITE)) == events)
		return;
	ev_io_stop(c->loop, &c->io);
	ev_io_set(&c->io, c->wire->fd, events);
	ev_io_start(c->loop, &c->io);
}

/*
 * wslay ends reading upon what RFC 6455 forbids.  That includes close codes it
 * does not know, 1012 to 1014 among them, which proxies do send, and reasons
 * that are no UTF-8.
 */
static void
report_refused(struct websocket *c)
{
	char why[4 * CLOSE_FRAME_MAX + 1];

	close_frame_reason(&c->goodbye, why, sizeof(why));
	if (close_frame_code(&c->goodbye) != 0)
		report_closed(c, close_frame_code(&c->goodbye), why);
	else
		report_broken(c, "websocket protocol error");
}

/* Feeds what is in buf; false when the connection is done with. */
static bool
feed(struct websocket *c)
{
	int rc = wslay_event_recv(c->ws);

	if (c->dead || c->over)
		return false;
	if (rc != 0 || !wslay_event_get_read_enabled(c->ws)) {
		report_refused(c);
		return false;
	}
	if (wslay_event_get_queued_msg_count(c->ws) > WEBSOCKET_QUEUE_MAX) {
		report_broken(c, "the server does not read our answers");
		return false;
	}
	return true;
}

static void
read_some(struct websocket *c)
{
	ev_idle_stop(c->loop, &c->more);
	for (int i = 0; i < WEBSOCKET_READS_MAX; i++) {
		ssize_t n = tls_socket_read(c->wire, c->buf, sizeof(c->buf));

		if (n == 0)
			return;
		if (n < 0) {
			report_closed(c, 0, c->wire->why);
			return;
		}
		c->p = c->buf;
		c->left = (size_t)n;
		c->events->read(c->arg, (size_t)n);
		if (!feed(c))
			return;
	}
	/* Others have their turn; the kernel may not call us again. */
	ev_idle_start(c->loop, &c->more);
}

static void
wake(struct websocket *c)
{
	c->busy = true;
	read_some(c);
	if (!c->dead)
		flush(c);
	if (!c->dead)
		c->events->turn(c->arg);
	c->busy = false;
	if (c->dead)
		conn_free(c);
}

static void
on_io(struct ev_loop *loop, ev_io *w, int revents)
{
	struct websocket *c = container_of(w, struct websocket, io);

	tls_socket_wake(c->wire);
	wake(c);
}

static void
on_more(struct ev_loop *loop, ev_idle *w, int revents)
{
	wake(container_of(w, struct websocket, more));
}

/* ---- public --------------------------------------------------------- */

struct websocket *
websocket_open(struct ev_loop *loop, struct tls_socket *wire,
    struct ws_linger *farewell, size_t message_max,
    const struct websocket_events *events, void *arg)
{
	static const struct wslay_event_callbacks callbacks = {
	    .recv_callback = on_recv,
	    .send_callback = on_send,
	    .genmask_callback = on_mask,
	    .on_frame_recv_start_callback = on_frame,
	    .on_frame_recv_chunk_callback = on_chunk,
	    .on_msg_recv_callback = on_message,
	};
	struct websocket *c = base_alloc(sizeof(*c));

	c->loop = loop;
	c->events = events;
	c->arg = arg;
	c->wire = wire;
	c->farewell = farewell;
	c->message_max = message_max;
	must(wslay_event_context_client_init(&c->ws, &callbacks, c) == 0);
	wslay_event_config_set_no_buffering(c->ws, 1);
	/* on_frame checks it: wslay's own check says less. */
	wslay_event_config_set_max_recv_msg_length(c->ws, INT64_MAX);
	ev_io_init(&c->io, on_io, wire->fd, EV_READ);
	ev_io_start(loop, &c->io);
	ev_idle_init(&c->more, on_more);
	/* Above all else pending, so that it runs once per turn of the loop. */
	ev_set_priority(&c->more, EV_MAXPRI);
	/* HELLO may have come with the upgrade's answer. */
	ev_idle_start(loop, &c->more);
	return c;
}

int
websocket_send(struct websocket *c, const char *text, size_t len)
{
	struct wslay_event_msg m = {WSLAY_TEXT_FRAME, (const uint8_t *)text,
	    len};

	if (c->dead || c->over
	    || wslay_event_get_queued_msg_count(c->ws) >= WEBSOCKET_QUEUE_MAX
	    || wslay_event_queue_msg(c->ws, &m) != 0)
		return -1;
	if (!c->busy)
		flush(c);
	return 0;
}

int
websocket_send_secret(struct websocket *c, const char *text, size_t len)
{
	struct secret_frame *f;
	size_t head = len < 126 ? 2 : 4;
	unsigned char *mask;

	if (c->dead || c->over || c->secret != NULL || len > UINT16_MAX)
		return -1;
	f = base_alloc(sizeof(*f) + head + 4 + len);
	f->len = head + 4 + len;
	f->bytes[0] = 0x81; /* whole, a text (RFC 6455 5.2) */
	f->bytes[1] = (unsigned char)(0x80 | (head == 2 ? len : 126));
	if (head == 4) {
		f->bytes[2] = (unsigned char)(len >> 8);
		f->bytes[3] = (unsigned char)len;
	}
	mask = f->bytes + head;
	if (RAND_bytes(mask, 4) != 1) {
		free(f);
		return -1;
	}
	for (size_t i = 0; i < len; i++)
		mask[4 + i] = (unsigned char)text[i] ^ mask[i % 4];
	c->secret = f;
	if (!c->busy)
		flush(c);
	return 0;
}

void
websocket_tune(struct websocket *c, uint64_t interval_ms)
{
	unsigned ms = (unsigned)interval_ms;

	(void)setsockopt(c->wire->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms,
	    sizeof(ms));
}
