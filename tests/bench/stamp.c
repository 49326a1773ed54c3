/* SPDX-License-Identifier: MIT */
/*
 * When which message is read, for tools/bench: by a bot at a gateway, by a
 * plugin, and by the end of a way on which there is nothing but an idle
 * process.  They do no more than that, so that what is measured is the way.
 *
 *	stamp bot HOST PORT TOKEN FILE
 *	stamp plugin FILE
 *	stamp way FILE RATE SECONDS HOPS
 *
 * FILE gets pairs of u64 in memory both share: the message's id and the
 * nanoseconds of CLOCK_MONOTONIC.  way sends messages to two readers, the first
 * of them itself in FILE, the other behind HOPS processes in FILE.far.
 */
#include "shared/base/base.h"
#include "shared/base/buf.h"
#include "shared/base/err.h"
#include "shared/json/walk.h"
#include "tests/bench/frame.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define STAMPS 1000000 /* at most: then the last is written over */
#define READ 262144    /* bytes */
#define HEARTBEAT_S 20 /* below every interval that is asked of it */
#define AGAIN_MS 300   /* until another IDENTIFY */
#define DEPTH 64       /* of JSON */
#define MESSAGE 800    /* bytes: what one of the simulator's has */
#define INTENTS 33281  /* guilds, their messages, and what these say */

struct stamp {
	uint64_t id, ns;
};

static struct stamp *stamps;
static size_t stamped;

static void
die(const char *what)
{
	fprintf(stderr, "stamp: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void
stamp(uint64_t id, uint64_t ns)
{
	stamps[stamped] = (struct stamp) {id, ns};
	if (stamped < STAMPS - 1)
		stamped++;
}

static void
open_stamps(const char *file)
{
	int fd = open(file, O_RDWR | O_CREAT | O_TRUNC, 0600);

	if (fd == -1 || ftruncate(fd, STAMPS * sizeof(struct stamp)) == -1)
		die(file);
	stamps = mmap(NULL, STAMPS * sizeof(struct stamp),
	    PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (stamps == MAP_FAILED)
		die(file);
	close(fd);
}

/* What there is, waited for; false: no more comes. */
static bool
more(int fd, struct buf *in)
{
	ssize_t n = read(fd, buf_space(in, READ), READ);

	if (n > 0)
		buf_filled(in, (size_t)n);
	return n > 0;
}

static void
put(int fd, const void *data, size_t len)
{
	const char *p = data;
	ssize_t n;

	for (; len > 0; p += n, len -= (size_t)n)
		if ((n = write(fd, p, len)) <= 0)
			die("write");
}

/* ---- a bot ---------------------------------------------------------- */

static int
dial(const char *host, const char *port)
{
	struct addrinfo hint = {.ai_socktype = SOCK_STREAM}, *a;
	int fd, one = 1;

	if (getaddrinfo(host, port, &hint, &a) != 0)
		die(host);
	fd = socket(a->ai_family, SOCK_STREAM, 0);
	if (fd == -1 || connect(fd, a->ai_addr, a->ai_addrlen) == -1)
		die(port);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	freeaddrinfo(a);
	return fd;
}

/* A text frame; its mask is 0. */
static void
say(int fd, const char *text)
{
	struct buf out = {0};
	size_t len = strlen(text);
	unsigned char head[8] = {0x81, 0x80 | 126, (unsigned char)(len >> 8),
	    (unsigned char)len};

	buf_add(&out, head, sizeof(head));
	buf_puts(&out, text);
	put(fd, buf_data(&out), buf_len(&out));
	buf_free(&out);
}

static void
upgrade(int fd, struct buf *in)
{
	const char *ask = "GET /?v=10&encoding=json HTTP/1.1\r\nHost: bench\r\n"
			  "Upgrade: websocket\r\nConnection: Upgrade\r\n"
			  "Sec-WebSocket-Version: 13\r\n"
			  "Sec-WebSocket-Key: c2hhcmRoZXJkIGJlbmNoIQ==\r\n\r\n";
	const char *end;

	put(fd, ask, strlen(ask));
	while (buf_len(in) == 0
	    || (end = memmem(buf_data(in), buf_len(in), "\r\n\r\n", 4)) == NULL)
		if (!more(fd, in))
			die("the upgrade");
	buf_eat(in, (size_t)(end - buf_data(in)) + 4);
}

/* Its s, when it has one; a message is stamped, READY said. */
static void
heard(const char *text, size_t len, uint64_t at, uint64_t *seq)
{
	static const char what[] = "\"MESSAGE_CREATE\"", ready[] = "\"READY\"";
	struct walk_item t, d, s;

	if (!walk_find(text, len, "t", &t) || !walk_find(text, len, "d", &d))
		return;
	if (walk_find(text, len, "s", &s) && s.value[0] != 'n')
		*seq = strtoull(s.value, NULL, 10);
	if (t.len == sizeof(what) - 1 && memcmp(t.value, what, t.len) == 0)
		stamp(walk_id(d.value, d.len, "id"), at);
	if (t.len == sizeof(ready) - 1 && memcmp(t.value, ready, t.len) == 0) {
		puts("there");
		fflush(stdout);
	}
}

/* Op 9: this IDENTIFY came too soon after another one. */
static bool
refused(const char *text, size_t len)
{
	struct walk_item op;

	return walk_find(text, len, "op", &op) && op.len == 1
	    && op.value[0] == '9';
}

static void
beat(int fd, uint64_t seq)
{
	static uint64_t last;
	char text[160];

	if (now_ns() / 1000000000 - last < HEARTBEAT_S)
		return;
	last = now_ns() / 1000000000;
	/* Not shorter than what say() frames. */
	snprintf(text, sizeof(text), "{\"op\":1,\"d\":%llu%130s",
	    (unsigned long long)seq, "}");
	if (seq > 0)
		say(fd, text);
}

static void
bot(const char *host, const char *port, const char *token)
{
	struct buf in = {0}, identify = {0};
	struct pollfd p = {.fd = dial(host, port), .events = POLLIN};
	uint64_t at, seq = 0;
	size_t head, len;

	upgrade(p.fd, &in);
	buf_printf(&identify,
	    "{\"op\":2,\"d\":{\"token\":\"%s\",\"intents\":%d,"
	    "\"shard\":[0,1],\"properties\":{\"os\":\"linux\","
	    "\"browser\":\"bench\",\"device\":\"bench\"}}}",
	    token, INTENTS);
	buf_add(&identify, "", 1);
	say(p.fd, buf_data(&identify));
	for (;;) {
		poll(&p, 1, HEARTBEAT_S * 1000);
		if ((p.revents & POLLIN) != 0 && !more(p.fd, &in))
			die("the connection ended");
		at = now_ns();
		while ((head = frame_head(&in, &len)) > 0) {
			if ((buf_data(&in)[0] & 15) == 8)
				die("the connection was closed");
			heard(buf_data(&in) + head, len, at, &seq);
			if (refused(buf_data(&in) + head, len)) {
				poll(NULL, 0, AGAIN_MS);
				say(p.fd, buf_data(&identify));
			}
			buf_eat(&in, head + len);
		}
		beat(p.fd, seq);
	}
}

/* ---- a plugin ------------------------------------------------------- */

/* What it is told; an answer to what asks for one. */
static void
told(const char *line, size_t len, uint64_t at, struct buf *out)
{
	struct walk_item method, id, in, event, d;

	if (walk_find(line, len, "method", &method)
	    && walk_find(line, len, "params", &in)
	    && walk_find(in.value, in.len, "event", &event)
	    && walk_find(event.value, event.len, "d", &d))
		stamp(walk_id(d.value, d.len, "id"), at);
	if (walk_find(line, len, "id", &id))
		buf_printf(out,
		    "{\"jsonrpc\":\"2.0\",\"id\":%.*s,\"result\":%s"
		    "}\n",
		    (int)id.len, id.value,
		    method.len == 12
			    && memcmp(method.value, "\"initialize\"", 12) == 0
			? "{}"
			: "null");
}

static void
plugin(void)
{
	struct buf in = {0}, out = {0};
	const char *end;
	uint64_t at;

	while (more(0, &in)) {
		at = now_ns();
		while (buf_len(&in) > 0
		    && (end = memchr(buf_data(&in), '\n', buf_len(&in)))) {
			told(buf_data(&in), (size_t)(end - buf_data(&in)), at,
			    &out);
			buf_eat(&in, (size_t)(end - buf_data(&in)) + 1);
		}
		put(1, buf_data(&out), buf_len(&out));
		buf_eat(&out, buf_len(&out));
	}
}

/* ---- a way with nothing on it --------------------------------------- */

static void
child_of(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		exit(0);
}

/* A process that reads fd and passes it on; where that comes out. */
static int
hop(int fd)
{
	static char data[READ];
	pid_t parent = getpid();
	int pair[2];
	ssize_t n;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == -1)
		die("socketpair");
	if (fork() == 0) {
		child_of(parent);
		close(pair[1]);
		while ((n = read(fd, data, sizeof(data))) > 0)
			put(pair[0], data, (size_t)n);
		exit(0);
	}
	close(pair[0]);
	close(fd);
	return pair[1];
}

static void
reader(int fd, const char *file)
{
	pid_t parent = getpid();
	struct buf in = {0};
	uint64_t at, n;

	if (fork() != 0) {
		close(fd);
		return;
	}
	child_of(parent);
	open_stamps(file);
	while (more(fd, &in)) {
		at = now_ns();
		for (; buf_len(&in) >= MESSAGE; buf_eat(&in, MESSAGE)) {
			memcpy(&n, buf_data(&in), sizeof(n));
			stamp(n, at);
		}
	}
	exit(0);
}

static void
way(const char *file, unsigned rate, unsigned seconds, unsigned hops)
{
	struct timespec next;
	char message[MESSAGE] = {0}, far[4096];
	int near_pair[2], far_pair[2], fd;

	snprintf(far, sizeof(far), "%s.far", file);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, near_pair) == -1
	    || socketpair(AF_UNIX, SOCK_STREAM, 0, far_pair) == -1)
		die("socketpair");
	fd = far_pair[1];
	for (unsigned i = 0; i < hops; i++)
		fd = hop(fd);
	reader(near_pair[1], file);
	reader(fd, far);
	clock_gettime(CLOCK_MONOTONIC, &next);
	for (uint64_t n = 1; n <= (uint64_t)rate * seconds; n++) {
		next.tv_nsec += 1000000000 / (long)rate;
		next.tv_sec += next.tv_nsec / 1000000000;
		next.tv_nsec %= 1000000000;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
		memcpy(message, &n, sizeof(n));
		put(near_pair[0], message, sizeof(message));
		put(far_pair[0], message, sizeof(message));
	}
	sleep(1); /* what is on its way */
}

int
main(int argc, char **argv)
{
	if (argc == 6 && strcmp(argv[1], "bot") == 0) {
		open_stamps(argv[5]);
		bot(argv[2], argv[3], argv[4]);
	} else if (argc == 3 && strcmp(argv[1], "plugin") == 0) {
		open_stamps(argv[2]);
		plugin();
	} else if (argc == 6 && strcmp(argv[1], "way") == 0) {
		way(argv[2], (unsigned)atoi(argv[3]), (unsigned)atoi(argv[4]),
		    (unsigned)atoi(argv[5]));
	} else {
		fprintf(stderr, "stamp: started by tools/bench\n");
		return EXIT_USAGE;
	}
	return 0;
}
