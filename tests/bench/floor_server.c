/* SPDX-License-Identifier: MIT */
/*
 * A gateway for tools/bench that is never the bottleneck: it sends events that
 * were compressed before (floor_stream), one TLS record each, and knows of the
 * protocol what a client needs to connect, IDENTIFY, RESUME and stay.
 *
 *	floor_server PORT CERT KEY PREFIX HEARTBEAT_MS CONCURRENCY [STAMPS]
 *
 * REST is answered on the same talk_port.  A line on standard input says what to
 * do, and each is answered with one of JSON:
 *
 *	burst | pace R | stop	how all connections are sent to
 *	cut			all connections are reset; talk_sessions stay
 *	miss N			talk_sessions without a connection miss N events
 *	fresh			all talk_sessions end: readers IDENTIFY anew
 *	slow BYTES PER_S	in pieces of so many bytes; 0 0: no more so
 *	report
 *
 * A reader belongs to the group of its token.  STAMPS gets pairs of u64, as
 * stamp.c has them: shard << 40 | s, and when that event was handed to the
 * kernel, of the paced ones of shards that are not of group "floor".
 *
 * A connection is sent the compressed events as they are from the first one on.
 * Whatever else it has to be told is in blocks of its own, without looks back;
 * with zlib the events up to the next restart are then compressed for it alone,
 * with zstd all the rest is.
 */
#include "shared/base/base.h"
#include "shared/base/buf.h"
#include "shared/base/err.h"
#include "shared/net/tls.h"
#include "tests/bench/floor/talk.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define CONNS 4096
#define BATCH (128u << 10) /* bytes encrypted ahead of the socket */
#define BATCHES 4	   /* in one turn */
#define SEND_BUFFER 212992
#define STAMPS 4000000
#define NS TALK_NS

static struct conn *conns[CONNS];
static size_t conns_n;
static bool burst;
static uint64_t piece, piece_ns;
static uint64_t late; /* paced events that left together with others */
static uint64_t cut_ns;
static SSL_CTX *tls;
static struct {
	uint64_t id, ns;
} * stamps;
static size_t stamped;

/* ---- sending -------------------------------------------------------- */

static bool
more(const struct conn *c)
{
	return c->ready && c->session != NULL
	    && c->session->next < conn_stream(c->mode)->head->count;
}

static void
stamp(const struct session *s)
{
	if (stamps == NULL || stamped == STAMPS
	    || strcmp(s->group->name, "floor") == 0)
		return;
	stamps[stamped].id = (uint64_t)s->shard << 40
	    | (s->next - 1 + FLOOR_SEQ);
	stamps[stamped++].ns = talk_now_ns();
}

static void
send_burst(struct conn *c)
{
	for (int i = 0; i < BATCHES; i++) {
		while (more(c) && conn_backlog(c) < BATCH)
			conn_event(c);
		if (!conn_flush(c, 0) || !more(c))
			return;
	}
	conn_watch(c, true);
}

/* A piece, when it is time for one. */
static void
send_piece(struct conn *c, uint64_t now)
{
	if (now < c->due_ns)
		return;
	while (burst && more(c) && conn_backlog(c) < piece)
		conn_event(c);
	(void)conn_flush(c, piece);
	c->due_ns = now + piece_ns;
}

static void
send_paced(struct conn *c, uint64_t now)
{
	for (bool first = true; more(c) && c->due_ns <= now; first = false) {
		late += !first;
		conn_event(c);
		stamp(c->session);
		c->due_ns += talk_pace_ns;
	}
	(void)conn_flush(c, 0);
}

/* It has room, or it is time. */
static void
conn_send(struct conn *c, uint64_t now)
{
	if (c->want)
		conn_watch(c, false);
	if (piece > 0 && c->ready)
		send_piece(c, now);
	else if (burst && c->ready)
		send_burst(c);
	else if (talk_pace_ns > 0 && c->ready)
		send_paced(c, now);
	else
		(void)conn_flush(c, 0);
}

/* The next time anything is due; 0: never. */
static uint64_t
send_due(uint64_t now)
{
	uint64_t next = UINT64_MAX;

	if (talk_pace_ns == 0 && piece == 0)
		return 0;
	for (size_t i = 0; i < conns_n; i++) {
		struct conn *c = conns[i];

		if (!c->ready || c->want)
			continue;
		if (c->due_ns <= now)
			conn_send(c, now);
		if ((more(c) || conn_backlog(c) > 0) && c->due_ns < next)
			next = c->due_ns;
	}
	return next == UINT64_MAX ? 0 : next;
}

/* ---- what is asked of it -------------------------------------------- */

static int
by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void
report_group(const struct group *g)
{
	uint64_t *took = base_alloc((talk_sessions_n + 1) * sizeof(*took));
	uint64_t unread = 0, left = UINT64_MAX, resumed = 0, n;
	unsigned ready = 0;

	for (size_t i = 0; i < conns_n; i++) {
		const struct conn *c = conns[i];

		if (!c->ready || c->session == NULL || c->session->group != g)
			continue;
		ready++;
		unread += conn_unread(c);
		n = conn_stream(c->mode)->head->count;
		n -= n < c->session->next ? n : c->session->next;
		left = n < left ? n : left;
	}
	for (size_t i = 0; i < talk_sessions_n; i++)
		if (talk_sessions[i]->group == g
		    && talk_sessions[i]->resumed_ns > cut_ns)
			took[resumed++] = talk_sessions[i]->resumed_ns - cut_ns;
	qsort(took, resumed, sizeof(*took), by_size);
	printf("\"%s\":{\"ready\":%u,\"sent\":%llu,\"bytes\":%llu,"
	       "\"unread\":%llu,\"left\":%llu,\"identifies\":%llu,"
	       "\"resumes\":%llu,\"acks\":%llu,\"resumed_ms\":[",
	    g->name, ready, (unsigned long long)g->sent,
	    (unsigned long long)g->bytes, (unsigned long long)unread,
	    (unsigned long long)(left == UINT64_MAX ? 0 : left),
	    (unsigned long long)g->identifies, (unsigned long long)g->resumes,
	    (unsigned long long)g->acks);
	for (size_t i = 0; i < resumed; i++)
		printf("%s%.1f", i > 0 ? "," : "", (double)took[i] / 1e6);
	printf("]}");
	free(took);
}

static void
report(void)
{
	printf("{\"late\":%llu,\"stamps\":%zu,\"groups\":{",
	    (unsigned long long)late, stamped);
	for (size_t i = 0; i < TALK_GROUPS && talk_groups[i].name[0] != '\0';
	     i++) {
		printf("%s", i > 0 ? "," : "");
		report_group(&talk_groups[i]);
	}
	printf("}}\n");
}

static void
cut(void)
{
	cut_ns = talk_now_ns();
	while (conns_n > 0)
		conn_free(conns[--conns_n], true);
}

static void
miss(uint64_t n)
{
	for (size_t i = 0; i < talk_sessions_n; i++)
		if (talk_sessions[i]->conn == NULL)
			talk_sessions[i]->until = talk_sessions[i]->next + n;
}

/* 4009: the session is over. */
static void
fresh(void)
{
	for (size_t i = 0; i < conns_n; i++)
		if (conns[i]->ready) {
			conn_record(conns[i], "\x88\x02\x0f\xa9", 4);
			conns[i]->ready = false;
			(void)conn_flush(conns[i], 0);
		}
}

static void
set_pace(bool bursts, uint64_t ns)
{
	uint64_t now = talk_now_ns();

	burst = bursts;
	talk_pace_ns = ns;
	for (size_t i = 0; i < conns_n; i++) {
		conns[i]->due_ns = now + ns * i / conns_n;
		if (bursts && conns[i]->ready)
			conn_watch(conns[i], true);
	}
}

static void
command(char *line)
{
	char *word = strtok(line, " \n"), *a = strtok(NULL, " \n"),
	     *b = strtok(NULL, " \n");
	double x = a == NULL ? 0 : strtod(a, NULL),
	       y = b == NULL ? 0 : strtod(b, NULL);

	if (word == NULL)
		return;
	if (strcmp(word, "burst") == 0)
		set_pace(true, 0);
	else if (strcmp(word, "pace") == 0 && x > 0)
		set_pace(false, (uint64_t)(1e9 / x));
	else if (strcmp(word, "stop") == 0)
		set_pace(false, 0);
	else if (strcmp(word, "cut") == 0)
		cut();
	else if (strcmp(word, "miss") == 0)
		miss((uint64_t)x);
	else if (strcmp(word, "fresh") == 0)
		fresh();
	else if (strcmp(word, "slow") == 0) {
		piece = (uint64_t)x;
		piece_ns = y > 0 ? (uint64_t)(1e9 * x / y) : 0;
	}
	report();
	fflush(stdout);
}

/* ---- the loop ------------------------------------------------------- */

static void
accept_all(int listener)
{
	int fd, one = 1;

	while (
	    (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC))
	    >= 0) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		if (conns_n == CONNS)
			close(fd);
		else
			conns[conns_n++] = conn_new(fd, tls);
	}
}

static void
bury(void)
{
	for (size_t i = 0; i < conns_n;)
		if (conns[i]->dead) {
			conn_free(conns[i], false);
			conns[i] = conns[--conns_n];
		} else {
			i++;
		}
}

/* false: nobody wants it any more. */
static bool
read_commands(void)
{
	static char text[4096];
	static size_t have;
	char *end;
	ssize_t n = read(0, text + have, sizeof(text) - have - 1);

	if (n <= 0)
		return false;
	have += (size_t)n;
	text[have] = '\0';
	while ((end = strchr(text, '\n')) != NULL) {
		*end = '\0';
		command(text);
		have -= (size_t)(end + 1 - text);
		memmove(text, end + 1, have + 1);
	}
	return true;
}

static int
listen_on(unsigned wanted)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)wanted),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
	    one = 1, size = SEND_BUFFER;

	if (fd == -1)
		conn_die("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) == -1
	    || listen(fd, CONNS) == -1
	    || getsockname(fd, (struct sockaddr *)&a, &len) == -1)
		conn_die("listen");
	talk_port = ntohs(a.sin_port);
	return fd;
}

static void
watch(int fd, void *as)
{
	struct epoll_event e = {.events = EPOLLIN, .data.ptr = as};

	if (epoll_ctl(conn_epoll, EPOLL_CTL_ADD, fd, &e) == -1)
		conn_die("epoll_ctl");
}

static void
handle(struct conn *c, uint32_t events)
{
	if (c->dead)
		return;
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		talk_read(c);
	if (!c->dead)
		conn_send(c, talk_now_ns());
}

static void
serve(int listener)
{
	struct epoll_event e[64];
	int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	int asked = 0, clock_tag, n;
	uint64_t due, ticks;

	watch(0, &asked);
	watch(listener, &listener);
	watch(timer, &clock_tag);
	while ((n = epoll_wait(conn_epoll, e, nitems(e), -1)) >= 0
	    || errno == EINTR) {
		bool commands = false;

		for (int i = 0; i < n; i++)
			if (e[i].data.ptr == &asked)
				commands = true;
			else if (e[i].data.ptr == &listener)
				accept_all(listener);
			else if (e[i].data.ptr == &clock_tag)
				(void)!read(timer, &ticks, sizeof(ticks));
			else
				handle(e[i].data.ptr, e[i].events);
		bury();
		if (commands && !read_commands())
			return;
		due = send_due(talk_now_ns());
		timerfd_settime(timer, TFD_TIMER_ABSTIME,
		    &(struct itimerspec) {
			.it_value = {(time_t)(due / NS), (long)(due % NS)}},
		    NULL);
	}
}

static void
map_stamps(const char *file)
{
	int fd = open(file, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd == -1 || ftruncate(fd, STAMPS * (off_t)sizeof(*stamps)) == -1)
		conn_die(file);
	stamps = mmap(NULL, STAMPS * sizeof(*stamps), PROT_READ | PROT_WRITE,
	    MAP_SHARED, fd, 0);
	if (stamps == MAP_FAILED)
		conn_die(file);
	close(fd);
}

int
main(int argc, char **argv)
{
	struct err e;
	int listener;

	if (argc < 7) {
		fprintf(stderr, "floor_server: started by tools/bench\n");
		return EXIT_USAGE;
	}
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_TIMERSLACK, 1);
	tls = tls_server_new(argv[2], argv[3], &e);
	if (tls == NULL) {
		fprintf(stderr, "floor_server: %s\n", e.text);
		return 1;
	}
	conn_prefix = argv[4];
	talk_heartbeat_ms = (unsigned)atoi(argv[5]);
	talk_concurrency = (unsigned)atoi(argv[6]);
	if (argc > 7)
		map_stamps(argv[7]);
	conn_epoll = epoll_create1(EPOLL_CLOEXEC);
	listener = listen_on((unsigned)atoi(argv[1]));
	printf("{\"port\":%u}\n", talk_port);
	fflush(stdout);
	serve(listener);
	return 0;
}
