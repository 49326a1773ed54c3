/* SPDX-License-Identifier: MIT */
/* A connection as bytes; see wire.h. */
#include "shared/websocket/wire.h"

#include "shared/base/clock.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define WIRE_READ 16384	     /* bytes per read */
#define WIRE_READS_MAX 8     /* reads per wake-up */
#define WIRE_WRITE_MAX 65536 /* bytes handed to one SSL_write */

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
	wire_flush(w);
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
	w->put = w->gone = 0;
	w->retry = 0;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (tls) {
		w->ssl = SSL_new(tls);
		if (!w->ssl || SSL_set_fd(w->ssl, fd) != 1) {
			SSL_free(w->ssl);
			close(fd);
			w->fd = -1;
			return -1;
		}
		/* A buffer that grows moves. */
		SSL_set_mode(w->ssl, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
		SSL_set_accept_state(w->ssl);
	}
	ev_io_init(&w->rd, on_readable, fd, EV_READ);
	ev_io_init(&w->wr, on_writable, fd, EV_WRITE);
	w->rd.data = w->wr.data = w;
	ev_io_start(loop, &w->rd);
	return 0;
}

void
wire_read(struct wire *w, bool on)
{
	if (w->fd < 0)
		return;
	if (on)
		ev_io_start(w->loop, &w->rd);
	else
		ev_io_stop(w->loop, &w->rd);
}

void
wire_put(struct wire *w, const void *data, size_t len, struct list *dirty)
{
	if (w->fd < 0)
		return;
	buf_add(&w->out, data, len);
	w->put += len;
	if (w->pace)
		w->pace->put(w);
	if (list_empty(&w->dirty))
		list_append(dirty, &w->dirty);
}

void
wire_cut(struct wire *w, size_t n)
{
	must(n <= wire_backlog(w));
	w->out.end -= n;
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
	return buf_len(&w->out);
}

static ssize_t
write_some(struct wire *w, size_t len)
{
	const char *p = buf_data(&w->out);
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
	return w->pace ? w->pace->allow(w) : wire_backlog(w);
}

void
wire_flush(struct wire *w)
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
		buf_eat(&w->out, (size_t)n);
		w->gone += (uint64_t)n;
	}
	ev_io_stop(w->loop, &w->wr);
	if (wire_backlog(w) > 0)
		return;
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
		wire_flush(container_of(mine.next, struct wire, dirty));
}

void
wire_cork(struct wire *w, bool on)
{
	w->corked = on;
	if (!on)
		wire_flush(w);
}

void
wire_shut(struct wire *w)
{
	w->shut = true;
	wire_flush(w);
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
	if (w->pace)
		w->pace->end(w);
	if (reset)
		setsockopt(w->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	SSL_free(w->ssl);
	w->ssl = NULL;
	close(w->fd);
	w->fd = -1;
	buf_free(&w->out);
}
