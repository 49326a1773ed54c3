/* SPDX-License-Identifier: MIT */
/*
 * The floor of tools/bench: what nobody who reads a gateway can do without.
 * TLS, the websocket frame's head, zlib or zstd as they come, and a count; it
 * looks at no event.
 *
 *	floor_client PORT MODE SHARDS [FILE]
 *
 * MODE: none, zlib or zstd.  A process for each shard, as a fleet has them; it
 * reads with one call as much as its buffer holds, and waits in it.  A
 * connection that is cut is resumed, one that is closed begins anew.  FILE gets
 * the u64 of events that each has read, in memory that is shared.
 */
#include "shared/base/base.h"
#include "shared/base/buf.h"
#include "tests/bench/floor.h"
#include "tests/bench/frame.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#define READ 65536
#define OUT (1u << 16)

struct reader {
	SSL *ssl;
	int fd;
	unsigned shard, shards;
	struct buf in;
	z_stream z;
	ZSTD_DStream *zstd;
	char session[40];
	uint64_t *events; /* of this session */
	size_t out;	  /* bytes of the message in text */
	unsigned char text[OUT];
};

static enum floor_mode mode;
static uint16_t port;
static SSL_CTX *tls;

static noreturn_fn void
die(const char *what)
{
	fprintf(stderr, "floor_client: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void
say(struct reader *r, const char *text)
{
	size_t len = strlen(text);
	struct buf out = {0};
	unsigned char head[8] = {0x81, 0x80 | 126, (unsigned char)(len >> 8),
	    (unsigned char)len};

	buf_add(&out, head, sizeof(head));
	buf_add(&out, text, len);
	if (SSL_write(r->ssl, buf_data(&out), (int)buf_len(&out)) <= 0)
		die("write");
	buf_free(&out);
}

static bool
more(struct reader *r)
{
	int n = SSL_read(r->ssl, buf_space(&r->in, READ), READ);

	if (n > 0)
		buf_filled(&r->in, (size_t)n);
	return n > 0;
}

static bool
dial(struct reader *r)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
	    .sin_port = htons(port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	static const char *const words[] = {"", "&compress=zlib-stream",
	    "&compress=zstd-stream"};
	char ask[400];
	const char *end;
	int one = 1;

	r->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (r->fd == -1
	    || connect(r->fd, (struct sockaddr *)&a, sizeof(a)) != 0)
		return false;
	setsockopt(r->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	r->ssl = SSL_new(tls);
	if (r->ssl == NULL || SSL_set_fd(r->ssl, r->fd) != 1
	    || SSL_connect(r->ssl) != 1)
		return false;
	snprintf(ask, sizeof(ask),
	    "GET /?v=10&encoding=json%s HTTP/1.1\r\nHost: localhost:%u\r\n"
	    "Upgrade: websocket\r\nConnection: Upgrade\r\n"
	    "Sec-WebSocket-Version: 13\r\n"
	    "Sec-WebSocket-Key: c2hhcmRoZXJkIGJlbmNoIQ==\r\n\r\n",
	    words[mode], port);
	buf_eat(&r->in, buf_len(&r->in));
	if (SSL_write(r->ssl, ask, (int)strlen(ask)) <= 0)
		return false;
	do
		if (!more(r))
			return false;
	while ((end = memmem(buf_data(&r->in), buf_len(&r->in), "\r\n\r\n", 4))
	    == NULL);
	buf_eat(&r->in, (size_t)(end - buf_data(&r->in)) + 4);
	return true;
}

static void
unpack_zlib(struct reader *r, unsigned char *data, size_t len)
{
	int rc;

	r->z.next_in = data;
	r->z.avail_in = (unsigned)len;
	r->out = 0;
	do {
		r->z.next_out = r->text;
		r->z.avail_out = OUT;
		rc = inflate(&r->z, Z_SYNC_FLUSH);
		if (rc != Z_OK && rc != Z_BUF_ERROR)
			die("inflate");
		r->out += OUT - r->z.avail_out;
	} while (r->z.avail_out == 0);
}

static void
unpack_zstd(struct reader *r, unsigned char *data, size_t len)
{
	ZSTD_inBuffer in = {data, len, 0};
	ZSTD_outBuffer out;

	r->out = 0;
	do {
		out = (ZSTD_outBuffer) {r->text, OUT, 0};
		if (ZSTD_isError(ZSTD_decompressStream(r->zstd, &out, &in)))
			die("zstd");
		r->out += out.pos;
	} while (in.pos < in.size || out.pos == out.size);
}

/* Of READY alone it is looked at what it says. */
static void
heard(struct reader *r, const unsigned char *text, size_t len)
{
	static const char key[] = "\"session_id\":\"";
	const char *id;

	if (r->session[0] != '\0' || len == 0)
		return;
	id = memmem(text, len, key, sizeof(key) - 1);
	if (id == NULL)
		return;
	memcpy(r->session, id + sizeof(key) - 1, 32);
	*r->events = 0;
}

static void
message(struct reader *r, unsigned char *data, size_t len)
{
	if (mode == FLOOR_ZLIB)
		unpack_zlib(r, data, len);
	else if (mode == FLOOR_ZSTD)
		unpack_zstd(r, data, len);
	++*r->events;
	if (r->session[0] == '\0')
		heard(r, mode == FLOOR_NONE ? data : r->text,
		    mode == FLOOR_NONE ? len : r->out);
}

/* Until the connection ends: true, it was closed for good. */
static bool
listen_to(struct reader *r)
{
	size_t head, len;

	do {
		while ((head = frame_head(&r->in, &len)) > 0) {
			unsigned char *p = (unsigned char *)buf_data(&r->in);

			if ((p[0] & 15) == 8)
				return true;
			message(r, p + head, len);
			buf_eat(&r->in, head + len);
		}
	} while (more(r));
	return false;
}

static void
begin(struct reader *r)
{
	char text[600];

	/* What HELLO counts for, and RESUMED, is not an event. */
	if (mode == FLOOR_ZLIB && inflateInit2(&r->z, 15) != Z_OK)
		die("zlib");
	if (mode == FLOOR_ZSTD)
		r->zstd = ZSTD_createDStream();
	if (r->session[0] == '\0')
		snprintf(text, sizeof(text),
		    "{\"op\":2,\"d\":{\"token\":\"floor\",\"intents\":0,"
		    "\"shard\":[%u,%u],\"properties\":{\"os\":\"linux\","
		    "\"browser\":\"floor\",\"device\":\"floor\"}}}",
		    r->shard, r->shards);
	else
		snprintf(text, sizeof(text),
		    "{\"op\":6,\"d\":{\"token\":\"floor\",\"session_id\":"
		    "\"%.32s\",\"seq\":%llu,\"properties\":\"as they were, of "
		    "the same length as a frame of two bytes more\"}}",
		    r->session, (unsigned long long)*r->events + FLOOR_SEQ - 1);
	say(r, text);
}

static void
end(struct reader *r)
{
	SSL_free(r->ssl);
	r->ssl = NULL;
	close(r->fd);
	if (mode == FLOOR_ZLIB)
		inflateEnd(&r->z);
	ZSTD_freeDStream(r->zstd);
	r->zstd = NULL;
}

static noreturn_fn void
read_for_good(struct reader *r)
{
	for (;;) {
		if (dial(r)) {
			begin(r);
			if (r->session[0] != '\0')
				*r->events -= 1; /* HELLO */
			if (listen_to(r))
				r->session[0] = '\0';
		}
		end(r);
		memset(&r->z, 0, sizeof(r->z));
		nanosleep(&(struct timespec) {0, 20000000}, NULL);
	}
}

int
main(int argc, char **argv)
{
	static const char *const names[] = FLOOR_WORDS;
	static struct reader r;
	pid_t parent = getpid();
	uint64_t *events;
	int fd = -1;

	if (argc < 4) {
		fprintf(stderr, "floor_client: started by tools/bench\n");
		return 64;
	}
	signal(SIGPIPE, SIG_IGN);
	port = (uint16_t)atoi(argv[1]);
	while (mode < FLOOR_MODES && strcmp(argv[2], names[mode]) != 0)
		mode++;
	r.shards = (unsigned)atoi(argv[3]);
	tls = SSL_CTX_new(TLS_client_method());
	SSL_CTX_set_read_ahead(tls, 1);
	SSL_CTX_set_default_read_buffer_len(tls, READ);
	if (argc > 4)
		fd = open(argv[4], O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (fd != -1
	    && ftruncate(fd, (off_t)(r.shards * sizeof(*events))) == -1)
		die(argv[4]);
	events = mmap(NULL, r.shards * sizeof(*events), PROT_READ | PROT_WRITE,
	    fd == -1 ? MAP_SHARED | MAP_ANONYMOUS : MAP_SHARED, fd, 0);
	if (events == MAP_FAILED)
		die("mmap");
	for (; r.shard < r.shards; r.shard++)
		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			if (getppid() != parent)
				exit(0);
			r.events = &events[r.shard];
			read_for_good(&r);
		}
	while (wait(NULL) > 0)
		continue;
	return 0;
}
