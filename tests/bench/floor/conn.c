/* SPDX-License-Identifier: MIT */
#include "tests/bench/floor/conn.h"

#include "shared/websocket/frame.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <stdarg.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

const char *conn_prefix;
int conn_epoll;

static struct stream streams[FLOOR_MODES];

void
conn_die(const char *what)
{
	fprintf(stderr, "floor_server: %s: %s\n", what, strerror(errno));
	exit(1);
}

const struct stream *
conn_stream(enum floor_mode mode)
{
	static const char *const names[] = FLOOR_WORDS;
	struct stream *s = &streams[mode];
	char path[4096];
	struct stat st;
	int fd;

	if (s->head != NULL)
		return s;
	snprintf(path, sizeof(path), "%s.%s", conn_prefix, names[mode]);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1 || fstat(fd, &st) == -1)
		conn_die(path);
	s->head = mmap(NULL, (size_t)st.st_size, PROT_READ,
	    MAP_SHARED | MAP_POPULATE, fd, 0);
	if (s->head == MAP_FAILED || s->head->magic != FLOOR_MAGIC)
		conn_die(path);
	close(fd);
	s->offsets = (const void *)(s->head + 1);
	s->data = (const char *)(s->offsets + s->head->count + 1);
	return s;
}

void
conn_watch(struct conn *c, bool want)
{
	struct epoll_event e = {.events = EPOLLIN | (want ? EPOLLOUT : 0u),
	    .data.ptr = c};

	if (c->want != want)
		epoll_ctl(conn_epoll, EPOLL_CTL_MOD, c->fd, &e);
	c->want = want;
}

void
conn_record(struct conn *c, const void *data, size_t len)
{
	if (SSL_write(c->ssl, data, (int)len) != (int)len)
		c->dead = true;
	else if (c->session != NULL)
		c->session->group->bytes += len;
}

/* One websocket message, which is one TLS record as far as it fits. */
static void
conn_frame(struct conn *c, const void *data, size_t len)
{
	static unsigned char *frame;
	static size_t size;
	unsigned char head[FRAME_HEAD_MAX];
	size_t n = frame_head(head,
	    FRAME_FIN | (c->mode == FLOOR_NONE ? 1u : 2u), len);

	if (size < n + len)
		frame = base_realloc(frame, size = n + len + 65536);
	memcpy(frame, head, n);
	memcpy(frame + n, data, len);
	conn_record(c, frame, n + len);
}

/* Its compressor ends: what follows is ready made, or another one's. */
static void
live_end(struct conn *c)
{
	if (c->lives && c->mode == FLOOR_ZLIB)
		deflateEnd(&c->z);
	if (c->lives && c->mode == FLOOR_ZSTD)
		ZSTD_freeCStream(c->zstd);
	c->lives = false;
}

void
conn_lives(struct conn *c)
{
	if (c->mode == FLOOR_ZLIB
	    && deflateInit2(&c->z, FLOOR_ZLIB_LEVEL, Z_DEFLATED, -MAX_WBITS, 8,
		   Z_DEFAULT_STRATEGY)
		!= Z_OK)
		conn_die("deflate");
	if (c->mode == FLOOR_ZSTD) {
		must(!c->ready_made);
		c->zstd = ZSTD_createCStream();
		ZSTD_CCtx_setParameter(c->zstd, ZSTD_c_compressionLevel,
		    FLOOR_ZSTD_LEVEL);
		ZSTD_CCtx_setParameter(c->zstd, ZSTD_c_windowLog,
		    FLOOR_ZSTD_WINDOW);
	}
	c->lives = c->fresh = true;
}

static void
pack_zlib(struct conn *c, const void *text, size_t len, struct buf *out)
{
	if (!c->begun)
		buf_add(out, "\x78\x9c", 2);
	c->z.next_in = (Bytef *)(uintptr_t)text;
	c->z.avail_in = (uInt)len;
	do {
		c->z.next_out = (Bytef *)buf_space(out, 65536);
		c->z.avail_out = 65536;
		deflate(&c->z, Z_SYNC_FLUSH);
		buf_filled(out, 65536 - c->z.avail_out);
	} while (c->z.avail_out == 0);
}

static void
pack_zstd(struct conn *c, const void *text, size_t len, struct buf *out)
{
	ZSTD_inBuffer in = {text, len, 0};
	size_t left;

	do {
		ZSTD_outBuffer o = {buf_space(out, 65536), 65536, 0};

		left = ZSTD_compressStream2(c->zstd, &o, &in, ZSTD_e_flush);
		must(!ZSTD_isError(left));
		buf_filled(out, o.pos);
	} while (left > 0);
	if (c->fresh && c->begun)
		buf_eat(out, FLOOR_ZSTD_HEAD);
	c->fresh = false;
}

/* Raw blocks, of up to 128 KiB each (RFC 8878 section 3.1.1.2). */
static void
store_zstd(struct conn *c, const char *text, size_t len, struct buf *out)
{
	if (!c->begun)
		buf_add(out, conn_stream(FLOOR_ZSTD)->head->zstd,
		    FLOOR_ZSTD_HEAD);
	for (size_t n; len > 0; text += n, len -= n) {
		n = len < (128u << 10) ? len : 128u << 10;
		buf_add(out,
		    (const unsigned char[]) {(unsigned char)(n << 3),
			(unsigned char)(n >> 5), (unsigned char)(n >> 13)},
		    3);
		buf_add(out, text, n);
	}
}

/* Compressed now, and no look back at what went before. */
static void
conn_live(struct conn *c, const char *text, size_t len)
{
	static struct buf out;

	buf_eat(&out, buf_len(&out));
	if (c->mode == FLOOR_ZLIB && !c->lives)
		conn_lives(c);
	if (c->mode == FLOOR_NONE)
		buf_add(&out, text, len);
	else if (c->mode == FLOOR_ZLIB)
		pack_zlib(c, text, len, &out);
	else if (c->lives)
		pack_zstd(c, text, len, &out);
	else
		store_zstd(c, text, len, &out);
	c->begun = true;
	conn_frame(c, buf_data(&out), buf_len(&out));
}

void
conn_say(struct conn *c, const char *fmt, ...)
{
	char text[1024];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	must(n > 0 && (size_t)n < sizeof(text));
	conn_live(c, text, (size_t)n);
}

void
conn_event(struct conn *c)
{
	uint64_t i = c->session->next++;
	const struct stream *s;

	if (c->mode == FLOOR_ZLIB && i % FLOOR_RESTART == 0)
		live_end(c);
	s = conn_stream(c->lives ? FLOOR_NONE : c->mode);
	if (c->lives)
		conn_live(c, s->data + s->offsets[i],
		    s->offsets[i + 1] - s->offsets[i]);
	else
		conn_frame(c, s->data + s->offsets[i],
		    s->offsets[i + 1] - s->offsets[i]);
	c->ready_made = !c->lives;
	c->session->group->sent++;
}

/* ---- out ------------------------------------------------------------ */

struct conn *
conn_new(int fd, SSL_CTX *tls)
{
	struct conn *c = base_alloc(sizeof(*c));
	struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};

	c->fd = fd;
	c->ssl = SSL_new(tls);
	c->out = BIO_new(BIO_s_mem());
	if (c->ssl == NULL || c->out == NULL)
		conn_die("TLS");
	SSL_set_bio(c->ssl, BIO_new_socket(fd, BIO_NOCLOSE), c->out);
	SSL_set_accept_state(c->ssl);
	if (epoll_ctl(conn_epoll, EPOLL_CTL_ADD, fd, &e) == -1)
		conn_die("epoll_ctl");
	return c;
}

void
conn_free(struct conn *c, bool reset)
{
	struct linger l = {1, 0};

	if (reset)
		setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	if (c->session != NULL)
		c->session->conn = NULL;
	live_end(c);
	SSL_free(c->ssl);
	close(c->fd);
	buf_free(&c->in);
	free(c);
}

size_t
conn_backlog(const struct conn *c)
{
	return BIO_ctrl_pending(c->out) - c->gone;
}

size_t
conn_unread(const struct conn *c)
{
	int n = 0;

	(void)ioctl(c->fd, SIOCOUTQ, &n);
	return conn_backlog(c) + (size_t)n;
}

bool
conn_flush(struct conn *c, size_t most)
{
	char *data;
	size_t len, part;
	ssize_t n;

	while (!c->dead && (len = conn_backlog(c)) > 0) {
		(void)BIO_get_mem_data(c->out, &data);
		part = most > 0 && len > most ? most : len;
		n = send(c->fd, data + c->gone, part, MSG_NOSIGNAL);
		if (n < 0) {
			c->dead = errno != EAGAIN;
			conn_watch(c, !c->dead);
			return false;
		}
		c->gone += (size_t)n;
		if (conn_backlog(c) == 0) {
			(void)BIO_reset(c->out);
			c->gone = 0;
		}
		if (most > 0)
			return false;
	}
	return true;
}
