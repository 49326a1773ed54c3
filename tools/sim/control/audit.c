/* SPDX-License-Identifier: MIT */
#include "tools/sim/control/audit.h"

#include "tools/sim/book/journal.h"
#include "tools/sim/control/ctl.h"
#include "tools/sim/base/sbuf.h"

#include "shared/json/envelope.h"

#include <errno.h>
#include <openssl/evp.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define AUDIT_READ 262144
#define AUDIT_FLUSHES_MAX 64 /* unconfirmed batches; then reading stops */
#define AUDIT_LINE_MAX (200u << 20)

struct audit {
	int sock;
	struct sbuf in;	   /* of stdin */
	size_t seen;	   /* bytes of in without a newline */
	struct sbuf batch; /* for the simulator */
	struct sbuf back;  /* from the simulator */
	uint64_t upto;	   /* highest event id taken */
	unsigned flushes;  /* not yet confirmed */
	bool eof;
};

struct value {
	const char *p;
	size_t len;
};

static struct value
get(struct value in, const char *key)
{
	size_t off, len;

	if (!in.p || envelope_find(in.p, in.len, key, &off, &len) < 0)
		return (struct value) {NULL, 0};
	return (struct value) {in.p + off, len};
}

static bool
is(struct value v, const char *text)
{
	return v.p && v.len == strlen(text) && memcmp(v.p, text, v.len) == 0;
}

static struct value
unquote(struct value v)
{
	if (!v.p || v.len < 2 || *v.p != '"')
		return (struct value) {NULL, 0};
	return (struct value) {v.p + 1, v.len - 2};
}

/* The checksum of the event's bytes, which are base64 when not JSON. */
static uint32_t
checksum(struct value params)
{
	struct value event = get(params, "event");
	struct value raw = unquote(get(params, "raw"));
	unsigned char *bytes;
	uint32_t crc;
	int n;

	if (!raw.p || !is(event, "null"))
		return journal_crc(event.p ? event.p : "", event.len);
	bytes = base_alloc(raw.len + 4);
	n = EVP_DecodeBlock(bytes, (const unsigned char *)raw.p, (int)raw.len);
	for (size_t i = raw.len; n > 0 && i > 0 && raw.p[i - 1] == '='; i--)
		n--;
	crc = journal_crc(bytes, n > 0 ? (size_t)n : 0);
	free(bytes);
	return crc;
}

static void
take_event(struct audit *a, struct value line, struct value id)
{
	struct value params = get(line, "params");
	struct value session = unquote(get(params, "session"));
	struct value seq = get(params, "seq");
	char number[24] = "";
	uint64_t n;

	if (id.len < sizeof(number)) {
		memcpy(number, id.p, id.len);
		number[id.len] = '\0';
	}
	if (str_to_u64(number, &n) && n > a->upto)
		a->upto = n;
	sbuf_fmt(&a->batch, "e %.*s %.*s %08x\n",
	    session.p && session.len > 0 ? (int)session.len : 1,
	    session.p && session.len > 0 ? session.p : "-",
	    !seq.p || is(seq, "null") ? 1 : (int)seq.len,
	    !seq.p || is(seq, "null") ? "-" : seq.p, checksum(params));
}

static int
say(const char *text, size_t len)
{
	return fd_write_all(STDOUT_FILENO, text, len);
}

static int
take_line(struct audit *a, struct value line)
{
	struct value method = get(line, "method"), id = get(line, "id");
	struct sbuf t = {0};
	int r = 0;

	if (is(method, "\"event\"") && id.p) {
		take_event(a, line, id);
	} else if (is(method, "\"initialize\"") && id.p) {
		sbuf_fmt(&t,
		    "{\"jsonrpc\":\"2.0\",\"id\":%.*s,\"result\":"
		    "{\"plugin\":\"shardherd-sim audit\"}}\n",
		    (int)id.len, id.p);
		r = say(t.p, t.len);
		sbuf_free(&t);
	}
	return r;
}

/* Whole lines of in, then one batch to the simulator. */
static int
take_input(struct audit *a)
{
	size_t done = 0;
	char *nl;

	while ((nl = memchr(a->in.p + a->seen, '\n', a->in.len - a->seen))) {
		size_t end = (size_t)(nl - a->in.p);

		if (take_line(a, (struct value) {a->in.p + done, end - done}))
			return -1;
		done = a->seen = end + 1;
	}
	sbuf_drop(&a->in, done);
	a->seen = a->in.len;
	if (a->batch.len == 0)
		return a->in.len > AUDIT_LINE_MAX ? -1 : 0;
	sbuf_fmt(&a->batch, "flush %llu\n", (unsigned long long)a->upto);
	a->flushes++;
	if (fd_write_all(a->sock, a->batch.p, a->batch.len) < 0)
		return -1;
	sbuf_reset(&a->batch);
	return 0;
}

static int
read_input(struct audit *a)
{
	ssize_t n;

	sbuf_reserve(&a->in, AUDIT_READ);
	n = read(STDIN_FILENO, a->in.p + a->in.len, AUDIT_READ);
	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? 0 : -1;
	a->eof = n == 0;
	a->in.len += (size_t)n;
	return n > 0 ? take_input(a) : 0;
}

/* "ok N": everything up to N is known over there. */
static int
confirm(struct audit *a, const char *upto, size_t len)
{
	struct sbuf t = {0};
	int r;

	a->flushes--;
	sbuf_fmt(&t,
	    "{\"jsonrpc\":\"2.0\",\"method\":\"done\",\"params\":"
	    "{\"upto\":%.*s}}\n",
	    (int)len, upto);
	r = say(t.p, t.len);
	sbuf_free(&t);
	return r;
}

static int
read_back(struct audit *a)
{
	ssize_t n;
	char *nl;

	sbuf_reserve(&a->back, 4096);
	n = read(a->sock, a->back.p + a->back.len, 4096);
	if (n <= 0)
		return n < 0 && errno == EINTR ? 0 : -1;
	a->back.len += (size_t)n;
	while ((nl = memchr(a->back.p, '\n', a->back.len))) {
		size_t len = (size_t)(nl - a->back.p);

		if (len < 4 || memcmp(a->back.p, "ok ", 3) != 0
		    || confirm(a, a->back.p + 3, len - 3) < 0)
			return -1;
		sbuf_drop(&a->back, len + 1);
	}
	return 0;
}

static int
turn(struct audit *a)
{
	struct pollfd p[2] = {
	    {.fd = a->sock, .events = POLLIN},
	    {.fd = a->eof || a->flushes >= AUDIT_FLUSHES_MAX ? -1
							     : STDIN_FILENO,
		.events = POLLIN},
	};

	if (poll(p, 2, -1) < 0)
		return errno == EINTR ? 0 : -1;
	if (p[0].revents && read_back(a) < 0)
		return -1;
	return p[1].revents ? read_input(a) : 0;
}

int
audit_main(int argc, char **argv)
{
	static const char hello[] = "[\"audit\"]\n";
	const char *dir = ctl_dir(&argc, &argv);
	struct audit a = {0};
	struct err err;
	int r;

	if (!dir || argc > 0) {
		fprintf(stderr, "usage: shardherd-sim audit --dir DIR\n");
		return EXIT_USAGE;
	}
	a.sock = ctl_connect(dir, &err);
	if (a.sock < 0) {
		fprintf(stderr, "shardherd-sim: %s\n", err.text);
		return err.code;
	}
	r = fd_write_all(a.sock, hello, sizeof(hello) - 1);
	while (r == 0 && !(a.eof && a.flushes == 0))
		r = turn(&a);
	if (r < 0)
		fprintf(stderr,
		    "shardherd-sim: audit: the simulator or the handler is "
		    "gone.\n");
	sbuf_free(&a.in);
	sbuf_free(&a.batch);
	sbuf_free(&a.back);
	close(a.sock);
	return r < 0 ? EXIT_DEGRADED : EXIT_FINE;
}
