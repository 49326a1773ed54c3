/* SPDX-License-Identifier: MIT */
/* See http_server.h. */
#include "tools/web/http/http_server.h"

#include "shared/base/clock.h"

#include <ev.h>
#include <microhttpd.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define TICK_S 1.0
#define BUSY_S "5" /* Retry-After */

struct http_server {
	struct ev_loop *loop;
	http_server_fn *fn;
	void *arg;
	struct MHD_Daemon *daemon;
	ev_io io;
	struct timer turn, tick;
	struct list conns; /* that which did nothing for longest first */
	unsigned open;	   /* that are in it */
	unsigned busy;	   /* of them with a request under way */
	size_t out;	   /* bytes of answers under way */
	bool stopped;
};

struct conn {
	struct list link;
	struct http_server *server;
	int fd;
	uint64_t since_ms; /* it began, or its last request was answered */
	bool busy, cut;
	bool headed; /* its request's head was seen, and no more */
	size_t out;
};

/* ---- connections ---------------------------------------------------- */

/* It is none of ours any more. */
static void
leave(struct conn *c)
{
	list_remove(&c->link);
	c->server->open--;
	c->server->busy -= c->busy;
}

/* What it did not take of its answer is not kept for it by the kernel, either.
 */
static void
cut(struct conn *c)
{
	const struct linger now = {.l_onoff = 1};

	leave(c);
	c->cut = true;
	if (c->busy)
		(void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now,
		    sizeof(now));
	(void)shutdown(c->fd, SHUT_RDWR);
}

static void
moved(struct conn *c)
{
	c->since_ms = clock_boot_ms();
	list_remove(&c->link);
	list_append(&c->server->conns, &c->link);
}

/* Of those without a request under way there are so many; of all, so many more,
 * and then who takes no answer gives way, too: he keeps nobody else from his. */
static void
bound(struct http_server *s)
{
	bool idle = s->open - s->busy > HTTP_SERVER_STRANGERS;

	if (!idle && s->open <= HTTP_SERVER_OPEN)
		return;
	list_each (&s->conns, l) {
		struct conn *c = container_of(l, struct conn, link);

		if (!idle || !c->busy) {
			cut(c);
			return;
		}
	}
}

static void
conn_open(struct http_server *s, struct MHD_Connection *mhd, void **state)
{
	struct conn *c = base_alloc(sizeof(*c));
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd,
	    MHD_CONNECTION_INFO_CONNECTION_FD);

	must(info != NULL);
	c->server = s;
	c->fd = info->connect_fd;
	c->since_ms = clock_boot_ms();
	list_append(&s->conns, &c->link);
	s->open++;
	*state = c;
	bound(s);
	if (!timer_pending(&s->tick))
		timer_set(&s->tick, TICK_S);
}

static void
conn_close(struct http_server *s, struct conn *c)
{
	if (!c->cut)
		leave(c);
	s->out -= c->out;
	free(c);
}

static void
on_connection(void *arg, struct MHD_Connection *mhd, void **state,
    enum MHD_ConnectionNotificationCode code)
{
	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		conn_open(arg, mhd, state);
	else if (*state != NULL)
		conn_close(arg, *state);
}

static void
on_tick(struct timer *t)
{
	struct http_server *s = container_of(t, struct http_server, tick);
	uint64_t now = clock_boot_ms();

	list_each_safe (&s->conns, l, next) {
		struct conn *c = container_of(l, struct conn, link);
		uint64_t most = c->busy ? HTTP_SERVER_TAKE_S
					: HTTP_SERVER_HEAD_S;

		if (now - c->since_ms >= most * 1000)
			cut(c);
	}
	if (!list_empty(&s->conns))
		timer_set(&s->tick, TICK_S);
}

/* ---- requests ------------------------------------------------------- */

static const char *
header(struct MHD_Connection *mhd, const char *name)
{
	return MHD_lookup_connection_value(mhd, MHD_HEADER_KIND, name);
}

const char *
http_server_query(const struct http_request *r, const char *name)
{
	return MHD_lookup_connection_value(r->of, MHD_GET_ARGUMENT_KIND, name);
}

/* gzip, or *, unless it is said to be of no worth. */
static bool
takes_gzip(const char *accept)
{
	const char *p = accept;
	size_t n;

	for (; p != NULL && *(p += strspn(p, ", \t")) != '\0'; p += n) {
		size_t name = strcspn(p, ",; \t");
		const char *q;

		n = strcspn(p, ",");
		if (!(name == 4 && strncasecmp(p, "gzip", 4) == 0)
		    && !(name == 1 && p[0] == '*'))
			continue;
		q = memchr(p, '=', n);
		return q == NULL || strtod(q + 1, NULL) > 0;
	}
	return false;
}

static struct http_reply *
no_method(void)
{
	struct http_reply *r = http_reply_text(MHD_HTTP_METHOD_NOT_ALLOWED,
	    "Here is nothing to write: GET and HEAD alone are answered.");

	http_reply_header(r, "Allow", "GET, HEAD");
	return r;
}

static struct http_reply *
too_much(void)
{
	struct http_reply *r = http_reply_text(MHD_HTTP_SERVICE_UNAVAILABLE,
	    "Too many answers are still being taken: ask again later.");

	http_reply_header(r, "Retry-After", BUSY_S);
	return r;
}

static enum MHD_Result
give(struct conn *c, struct MHD_Connection *mhd, struct http_reply *r)
{
	struct http_server *s = c->server;
	int status;
	struct MHD_Response *m = http_reply_form(r,
	    takes_gzip(header(mhd, "Accept-Encoding")),
	    header(mhd, "If-None-Match"), &status);
	enum MHD_Result rc = m == NULL
	    ? MHD_NO
	    : MHD_queue_response(mhd, (unsigned)status, m);

	c->out = http_reply_size(r);
	s->out += c->out;
	http_reply_drop(r);
	return rc;
}

static struct conn *
conn_of(struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd,
	    MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info->socket_context;
}

/* Whether something follows the head. */
static bool
has_body(struct MHD_Connection *mhd)
{
	const char *len = header(mhd, "Content-Length");

	return header(mhd, "Transfer-Encoding") != NULL
	    || (len != NULL && strcmp(len, "0") != 0);
}

/*
 * libmicrohttpd calls once for the head, and again when the body is there.  What
 * is answered at once ends the connection behind it: right for who sends what
 * nobody wants to read, and for nobody else.
 */
static enum MHD_Result
on_request(void *arg, struct MHD_Connection *mhd, const char *url,
    const char *method, const char *version, const char *data, size_t *len,
    void **state)
{
	struct http_server *s = arg;
	struct conn *c = conn_of(mhd);
	struct http_request r = {.path = url,
	    .host = header(mhd, "Host"),
	    .accept = header(mhd, "Accept"),
	    .of = mhd};

	if (*state == NULL) {
		if (c->cut)
			return MHD_NO;
		*state = c;
		c->busy = true;
		s->busy++;
		moved(c);
		c->headed = !has_body(mhd);
		if (c->headed)
			return MHD_YES;
	} else if (!c->headed || *len > 0) {
		return MHD_NO;
	}
	c->headed = false;
	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
		return give(c, mhd, no_method());
	if (s->out > HTTP_SERVER_OUT_MAX)
		return give(c, mhd, too_much());
	return give(c, mhd, s->fn(s->arg, &r));
}

static void
on_completed(void *arg, struct MHD_Connection *mhd, void **state,
    enum MHD_RequestTerminationCode why)
{
	struct conn *c = *state;

	if (c == NULL)
		return;
	*state = NULL;
	c->server->out -= c->out;
	c->out = 0;
	if (c->cut)
		return;
	c->busy = false;
	c->server->busy--;
	moved(c);
	if (c->server->stopped)
		cut(c);
}

/* Paths are compared as they were sent; fields of a query are decoded. */
static size_t
unescape(void *arg, struct MHD_Connection *mhd, char *s)
{
	return s[0] == '/' ? strlen(s) : MHD_http_unescape(s);
}

/* ---- the loop ------------------------------------------------------- */

static void
serve(struct http_server *s)
{
	MHD_UNSIGNED_LONG_LONG wait;

	(void)MHD_run(s->daemon);
	if (MHD_get_timeout(s->daemon, &wait) == MHD_YES)
		timer_set(&s->turn, (double)wait / 1000);
	else
		timer_stop(&s->turn);
}

static void
on_io(struct ev_loop *loop, ev_io *io, int revents)
{
	serve(container_of(io, struct http_server, io));
}

static void
on_turn(struct timer *t)
{
	serve(container_of(t, struct http_server, turn));
}

/* ---- life ----------------------------------------------------------- */

/* What it could say of a stranger's bytes is no news. */
static void
on_log(void *arg, const char *format, va_list more)
{
}

struct http_server *
http_server_new(struct ev_loop *loop, struct timers *timers, int fd,
    http_server_fn *fn, void *arg, struct err *e)
{
	struct http_server *s = base_alloc(sizeof(*s));

	s->loop = loop;
	s->fn = fn;
	s->arg = arg;
	list_init(&s->conns);
	timer_init(timers, &s->turn, on_turn);
	timer_init(timers, &s->tick, on_tick);
	s->daemon = MHD_start_daemon(MHD_USE_EPOLL
		| MHD_USE_SUPPRESS_DATE_NO_CLOCK | MHD_USE_ERROR_LOG,
	    0, NULL, NULL, on_request, s, MHD_OPTION_EXTERNAL_LOGGER, on_log,
	    NULL, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_NOTIFY_COMPLETED,
	    on_completed, s, MHD_OPTION_NOTIFY_CONNECTION, on_connection, s,
	    MHD_OPTION_UNESCAPE_CALLBACK, unescape, NULL,
	    MHD_OPTION_CONNECTION_LIMIT, (unsigned)HTTP_SERVER_CONNECTIONS,
	    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)HTTP_SERVER_STILL_S,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HTTP_SERVER_HEAD_MAX,
	    MHD_OPTION_END);
	if (s->daemon == NULL) {
		close(fd);
		free(s);
		err_set(e, EXIT_DEGRADED, "the HTTP server does not start");
		return NULL;
	}
	ev_io_init(&s->io, on_io,
	    MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd,
	    EV_READ);
	ev_io_start(loop, &s->io);
	serve(s);
	return s;
}

void
http_server_stop(struct http_server *s)
{
	if (s->stopped)
		return;
	s->stopped = true;
	close(MHD_quiesce_daemon(s->daemon));
	list_each_safe (&s->conns, l, next) {
		struct conn *c = container_of(l, struct conn, link);

		if (!c->busy)
			cut(c);
	}
	serve(s);
}

bool
http_server_idle(const struct http_server *s)
{
	return s == NULL || s->busy == 0;
}

void
http_server_free(struct http_server *s)
{
	if (s == NULL)
		return;
	http_server_stop(s);
	ev_io_stop(s->loop, &s->io);
	timer_stop(&s->turn);
	MHD_stop_daemon(s->daemon);
	timer_stop(&s->tick);
	free(s);
}
