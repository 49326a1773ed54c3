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
	return w->rtt_s != NULL ? *w->rtt_s : 0;
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
	int one = 1;

	w->loop = loop;
	w->fd = fd;
	w->ssl = NULL;
	w->handshaking = tls != NULL;
	list_init(&w->dirty);
	list_init(&w->late);
	w->put = w->gone = 0;
	ev_timer_init(&w->hold, on_hold_over, 0, 0);
	w->hold.data = w;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
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
		n = SSL_write(w->ssl, p,
		    (int)(len > WIRE_WRITE_MAX ? WIRE_WRITE_MAX : len));
		if (n > 0)
			return n;
		if (tls_waits(w, (int)n))
			return 0;
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

static void
flush(struct wire *w)
{
	bool had = wire_backlog(w) > 0;
	size_t len;
	ssize_t n;

	list_remove(&w->dirty);
	if (w->fd < 0 || w->handshaking || w->corked)
		return;
	while ((len = may_leave(w)) > 0) {
		n = write_some(w, len);
		if (n <= 0)
			return;
		w->out_off += (size_t)n;
		w->gone += (uint64_t)n;
	}
	ev_io_stop(w->loop, &w->wr);
	if (wire_backlog(w) > 0)
		return;
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
