/* SPDX-License-Identifier: MIT */
#include "tools/sim/net/wire.h"

#include "shared/base/clock.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define WIRE_READ 16384	       /* bytes per read */
#define WIRE_READS_MAX 8       /* reads per wake-up */
#define WIRE_WRITE_MAX 65536   /* bytes handed to one SSL_write */
#define WIRE_KEEP (256u << 10) /* larger empty buffers are given back */
#define WIRE_BURST_S 0.02      /* of bandwidth that leaves in one write */
#define WIRE_PIECE_MS 1	       /* between two segments */

#define SETUP_TRIPS 2 /* TCP's and TLS's, before anything is read */

/* ---- latency -------------------------------------------------------- */

/* Bytes up to end of the stream may leave at due_ms. */
struct late {
	struct list link;
	uint64_t due_ms, end;
};

static double
rtt_s(const struct wire *w)
{
	return w->line->latency_s;
}

static void
hold_for(struct wire *w, double seconds)
{
	ev_timer_stop(w->loop, &w->hold);
	ev_timer_set(&w->hold, seconds, 0);
	ev_timer_start(w->loop, &w->hold);
}

/*
 * The whole round trip is put on what we send: the peer can't tell.  What
 * leaves in one millisecond leaves together.
 */
static void
mark_late(struct wire *w)
{
	uint64_t due = clock_boot_ms() + (uint64_t)(rtt_s(w) * 1000);
	struct late *l = container_of(w->late.prev, struct late, link);

	if (list_empty(&w->late) || l->due_ms < due) {
		l = base_alloc(sizeof(*l));
		l->due_ms = due;
		list_append(&w->late, &l->link);
	}
	l->end = w->put;
}

/* Bytes of the backlog that may leave now. */
static size_t
may_leave(struct wire *w)
{
	uint64_t now = clock_boot_ms(), until = w->gone;
	size_t behind = wire_backlog(w);

	if (list_empty(&w->late))
		return behind;
	list_each_safe (&w->late, e, next) {
		struct late *l = container_of(e, struct late, link);

		if (l->due_ms > now) {
			hold_for(w, (double)(l->due_ms - now) / 1000);
			break;
		}
		until = l->end;
		if (w->gone >= l->end) {
			list_remove(e);
			free(l);
		}
	}
	/* A fault may have cut the end off. */
	if (list_empty(&w->late) || until - w->gone > behind)
		return behind;
	return (size_t)(until - w->gone);
}

static void
drop_late(struct wire *w)
{
	list_each_safe (&w->late, e, next) {
		list_remove(e);
		free(container_of(e, struct late, link));
	}
}

/* ---- bandwidth and segments ----------------------------------------- */

/* Bytes that must have come together before any leaves. */
static double
burst(const struct sim_line *l)
{
	double n = l->bandwidth * WIRE_BURST_S;

	return n < 1 ? 1 : n;
}

/* Of len bytes those that may leave at once; 0: later, and hold is set. */
static size_t
pace(struct wire *w, size_t len)
{
	const struct sim_line *l = w->line;
	uint64_t now = clock_boot_ms();
	double need;

	if (len == 0 || (l->bandwidth == 0 && l->segment == 0))
		return len;
	if (l->segment > 0 && len > l->segment)
		len = l->segment;
	if (l->segment > 0 && now < w->piece_ms) {
		hold_for(w, WIRE_PIECE_MS / 1000.0);
		return 0;
	}
	w->piece_ms = now + WIRE_PIECE_MS;
	if (l->bandwidth == 0)
		return len;
	w->credit += (double)(now - w->credit_ms) * l->bandwidth / 1000;
	w->credit_ms = now;
	if (w->credit > burst(l))
		w->credit = burst(l);
	need = (double)len < burst(l) ? (double)len : burst(l);
	if (w->credit < need) {
		hold_for(w, (need - w->credit) / l->bandwidth);
		return 0;
	}
	return need < (double)len ? (size_t)need : len;
}

static void flush(struct wire *);

static void
on_hold_over(struct ev_loop *loop, ev_timer *t, int revents)
{
	struct wire *w = t->data;

	ev_io_start(loop, &w->rd);
	flush(w);
}

/* ---- bytes ---------------------------------------------------------- */

static void
lose(struct wire *w, const char *why)
{
	wire_end(w, false);
	w->on_gone(w, why);
}

/* What an SSL call that returned n <= 0 wants: true when it just must wait. */
static bool
tls_waits(struct wire *w, int n)
{
	int e = SSL_get_error(w->ssl, n);

	if (e == SSL_ERROR_WANT_WRITE)
		ev_io_start(w->loop, &w->wr);
	return e == SSL_ERROR_WANT_READ || e == SSL_ERROR_WANT_WRITE;
}

/* 1 shaken hands, 0 not yet, -1 lost. */
static int
handshake(struct wire *w)
{
	int n;

	if (!w->handshaking)
		return 1;
	ERR_clear_error();
	n = SSL_do_handshake(w->ssl);
	if (n == 1) {
		w->handshaking = false;
		ev_io_stop(w->loop, &w->wr);
		return 1;
	}
	if (tls_waits(w, n))
		return 0;
	lose(w, "TLS handshake failed");
	return -1;
}

/* Bytes, 0 when there are none now, -1 when the wire was lost. */
static ssize_t
read_some(struct wire *w, char *buf, size_t size)
{
	ssize_t n;

	if (w->ssl) {
		ERR_clear_error();
		n = SSL_read(w->ssl, buf, (int)size);
		if (n > 0)
			return n;
		if (tls_waits(w, (int)n))
			return 0;
		lose(w, n == 0 ? "closed by the peer" : "TLS read failed");
		return -1;
	}
	n = read(w->fd, buf, size);
	if (n > 0)
		return n;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	lose(w, n == 0 ? "closed by the peer" : strerror(errno));
	return -1;
}

static void
on_readable(struct ev_loop *loop, ev_io *io, int revents)
{
	struct wire *w = io->data;
	char buf[WIRE_READ];
	ssize_t n;

	if (handshake(w) != 1)
		return;
	for (int i = 0;
	     i < WIRE_READS_MAX || (w->ssl && SSL_has_pending(w->ssl)); i++) {
		n = read_some(w, buf, sizeof(buf));
		if (n <= 0)
			return;
		w->on_bytes(w, buf, (size_t)n);
		if (w->fd < 0)
			return;
	}
}

static void
on_writable(struct ev_loop *loop, ev_io *io, int revents)
{
	struct wire *w = io->data;

	if (w->handshaking) {
		handshake(w);
		return;
	}
	flush(w);
}

int
wire_open(struct wire *w, struct ev_loop *loop, int fd, SSL_CTX *tls)
{
	int one = 1, buffer = (int)w->line->send_buffer;

	w->loop = loop;
	w->fd = fd;
	w->ssl = NULL;
	w->handshaking = tls != NULL;
	list_init(&w->dirty);
	list_init(&w->late);
	w->put = w->gone = 0;
	w->credit = 0;
	w->credit_ms = clock_boot_ms();
	w->piece_ms = 0;
	w->retry = 0;
	ev_timer_init(&w->hold, on_hold_over, 0, 0);
	w->hold.data = w;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (buffer > 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof(buffer));
	if (tls) {
		w->ssl = SSL_new(tls);
		if (!w->ssl || SSL_set_fd(w->ssl, fd) != 1) {
			SSL_free(w->ssl);
			close(fd);
			w->fd = -1;
			return -1;
		}
		SSL_set_accept_state(w->ssl);
	}
	ev_io_init(&w->rd, on_readable, fd, EV_READ);
	ev_io_init(&w->wr, on_writable, fd, EV_WRITE);
	w->rd.data = w->wr.data = w;
	if (rtt_s(w) > 0)
		hold_for(w, rtt_s(w) * SETUP_TRIPS);
	else
		ev_io_start(loop, &w->rd);
	return 0;
}

void
wire_put(struct wire *w, const void *data, size_t len, struct list *dirty)
{
	if (w->fd < 0)
		return;
	sbuf_add(&w->out, data, len);
	w->put += len;
	if (rtt_s(w) > 0 || !list_empty(&w->late))
		mark_late(w);
	if (list_empty(&w->dirty))
		list_append(dirty, &w->dirty);
}

uint64_t
wire_arrived_ms(const struct wire *w)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);
	uint64_t now = clock_boot_ms();

	if (getsockopt(w->fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0
	    || info.tcpi_last_data_recv > now)
		return now;
	return now - info.tcpi_last_data_recv;
}

bool
wire_unread(const struct wire *w)
{
	int n;

	return w->fd >= 0 && ioctl(w->fd, FIONREAD, &n) == 0 && n > 0;
}

size_t
wire_backlog(const struct wire *w)
{
	return w->out.len - w->out_off;
}

static ssize_t
write_some(struct wire *w, size_t len)
{
	const char *p = w->out.p + w->out_off;
	ssize_t n;

	if (w->ssl) {
		ERR_clear_error();
		if (len > WIRE_WRITE_MAX)
			len = WIRE_WRITE_MAX;
		n = SSL_write(w->ssl, p, (int)len);
		w->retry = 0;
		if (n > 0)
			return n;
		if (tls_waits(w, (int)n)) {
			w->retry = len;
			return 0;
		}
		lose(w, "TLS write failed");
		return -1;
	}
	n = send(w->fd, p, len, MSG_NOSIGNAL);
	if (n >= 0)
		return n;
	if (errno == EAGAIN || errno == EINTR) {
		ev_io_start(w->loop, &w->wr);
		return 0;
	}
	lose(w, strerror(errno));
	return -1;
}

/* A TLS write that waited is tried again as it was. */
static size_t
next_piece(struct wire *w)
{
	if (w->retry > 0 && w->retry <= wire_backlog(w))
		return w->retry;
	return pace(w, may_leave(w));
}

/* A slow client's buffer may never be empty, and must not grow for that. */
static void
forget_written(struct wire *w)
{
	if (w->out_off < WIRE_KEEP || w->out_off < wire_backlog(w))
		return;
	sbuf_drop(&w->out, w->out_off);
	w->out_off = 0;
}

static void
flush(struct wire *w)
{
	bool had = wire_backlog(w) > 0;
	size_t len;
	ssize_t n;

	list_remove(&w->dirty);
	if (w->fd < 0 || w->handshaking || w->corked)
		return;
	while ((len = next_piece(w)) > 0) {
		n = write_some(w, len);
		if (n <= 0)
			return;
		w->out_off += (size_t)n;
		w->gone += (uint64_t)n;
		w->credit -= (double)n;
	}
	ev_io_stop(w->loop, &w->wr);
	if (wire_backlog(w) > 0) {
		forget_written(w);
		return;
	}
	w->out_off = 0;
	sbuf_reset(&w->out);
	if (w->out.cap > WIRE_KEEP)
		sbuf_free(&w->out);
	if (w->shut)
		shutdown(w->fd, SHUT_WR);
	if (had && w->on_drained)
		w->on_drained(w);
}

void
wire_flush_all(struct list *dirty)
{
	struct list mine;

	/* A drained wire may be filled again: its turn is the next one. */
	list_init(&mine);
	while (!list_empty(dirty)) {
		struct list *e = dirty->next;
		list_remove(e);
		list_append(&mine, e);
	}
	while (!list_empty(&mine))
		flush(container_of(mine.next, struct wire, dirty));
}

void
wire_line_changed(struct wire *w)
{
	w->credit = 0;
	w->credit_ms = clock_boot_ms();
	flush(w);
}

void
wire_cork(struct wire *w, bool on)
{
	w->corked = on;
	if (!on)
		flush(w);
}

void
wire_shut(struct wire *w)
{
	w->shut = true;
	flush(w);
}

void
wire_end(struct wire *w, bool reset)
{
	struct linger hard = {.l_onoff = 1, .l_linger = 0};

	if (w->fd < 0)
		return;
	list_remove(&w->dirty);
	ev_io_stop(w->loop, &w->rd);
	ev_io_stop(w->loop, &w->wr);
	ev_timer_stop(w->loop, &w->hold);
	drop_late(w);
	if (reset)
		setsockopt(w->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	SSL_free(w->ssl);
	w->ssl = NULL;
	close(w->fd);
	w->fd = -1;
	sbuf_free(&w->out);
	w->out_off = 0;
}
