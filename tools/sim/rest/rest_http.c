/* SPDX-License-Identifier: MIT */
/*
 * libmicrohttpd without threads: its epoll fd and its time-outs are watched on
 * the simulator's loop.  Collects bounded bodies, delays answers, and knows
 * nothing of what is asked.
 */
#include "tools/sim/rest/rest_http.h"

#include "tools/sim/base/listener.h"
#include "tools/sim/rest/rest_reply.h"

#include "shared/base/log.h"

#include <microhttpd.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void
turn(struct rest *r)
{
	MHD_UNSIGNED_LONG_LONG wait;

	(void)MHD_run(r->daemon);
	ev_timer_stop(r->sim->loop, &r->tick);
	if (MHD_get_timeout(r->daemon, &wait) == MHD_YES) {
		ev_timer_set(&r->tick, (double)wait / 1000, 0);
		ev_timer_start(r->sim->loop, &r->tick);
	}
}

static void
on_io(struct ev_loop *loop, ev_io *io, int events)
{
	turn(io->data);
}

static void
on_tick(struct ev_loop *loop, ev_timer *t, int events)
{
	turn(t->data);
}

static void
answer_now(struct rest_call *c)
{
	ev_timer_stop(c->sim->loop, &c->delay);
	c->delay_ms = 0;
	list_remove(&c->link);
	MHD_resume_connection(c->conn);
}

static void
on_delay(struct ev_loop *loop, ev_timer *t, int events)
{
	struct rest_call *c = container_of(t, struct rest_call, delay);
	struct rest *r = c->rest;

	answer_now(c);
	turn(r);
}

static enum MHD_Result
finish(struct rest_call *c)
{
	if (c->delay_ms > 0) {
		ev_timer_set(&c->delay, c->delay_ms / 1000.0, 0);
		ev_timer_start(c->sim->loop, &c->delay);
		list_append(&c->rest->waiting, &c->link);
		MHD_suspend_connection(c->conn);
		return MHD_YES;
	}
	return c->cut ? MHD_NO : (enum MHD_Result)rest_reply_send(c);
}

static struct rest_call *
call_new(struct rest *r, struct MHD_Connection *conn, const char *url,
    const char *method)
{
	struct rest_call *c = base_alloc(sizeof(*c));

	c->rest = r;
	c->sim = r->sim;
	c->w = r->sim->world;
	c->conn = conn;
	c->retry_after = -1;
	list_init(&c->link);
	ev_timer_init(&c->delay, on_delay, 0, 0);
	str_copy(c->method, method, sizeof(c->method));
	/* One that is too long matches no route. */
	if (str_copy(c->url, url, sizeof(c->url)) >= sizeof(c->url))
		c->url[0] = '\0';
	c->path = "";
	return c;
}

static enum MHD_Result
on_request(void *arg, struct MHD_Connection *conn, const char *url,
    const char *method, const char *version, const char *data, size_t *size,
    void **state)
{
	struct rest_call *c = *state;

	if (c == NULL) {
		*state = call_new(arg, conn, url, method);
		return MHD_YES;
	}
	if (*size > 0) {
		c->too_big |= c->raw.len + *size > REST_BODY_MAX;
		if (!c->too_big)
			sbuf_add(&c->raw, data, *size);
		*size = 0;
		return MHD_YES;
	}
	if (!c->done) {
		c->done = true;
		c->rest->handle(c);
	}
	return finish(c);
}

static void
on_completed(void *arg, struct MHD_Connection *conn, void **state,
    enum MHD_RequestTerminationCode why)
{
	struct rest_call *c = *state;

	if (c == NULL)
		return;
	*state = NULL;
	ev_timer_stop(c->sim->loop, &c->delay);
	list_remove(&c->link);
	json_object_put(c->query);
	json_object_put(c->body);
	json_object_put(c->errors);
	sbuf_free(&c->raw);
	sbuf_free(&c->out);
	free(c);
}

/* Paths stay as they were sent: routes decode their own parts. */
static size_t
keep_escapes(void *arg, struct MHD_Connection *conn, char *s)
{
	return strlen(s);
}

static void on_log(void *arg, const char *fmt, va_list ap) printflike(2, 0);
static void
on_log(void *arg, const char *fmt, va_list ap)
{
	char text[512];

	vsnprintf(text, sizeof(text), fmt, ap);
	text[strcspn(text, "\r\n")] = '\0';
	log_debug("rest: %s", text);
}

static int
serve(struct rest *r, struct err *e)
{
	unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME
	    | MHD_USE_ERROR_LOG;
	bool plain = r->sim->cfg.plain;
	struct MHD_OptionItem tls[] = {
	    {MHD_OPTION_HTTPS_MEM_CERT, 0, r->sim->cert_pem},
	    {MHD_OPTION_HTTPS_MEM_KEY, 0, r->sim->key_pem},
	    {MHD_OPTION_END, 0, NULL},
	};
	struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};

	if (!plain && MHD_is_feature_supported(MHD_FEATURE_TLS) != MHD_YES) {
		close(r->listen_fd);
		return err_set(e, EXIT_USAGE,
		    "this shardherd-sim was built without TLS: run it with "
		    "--plain.");
	}
	r->daemon = MHD_start_daemon(flags | (plain ? 0 : MHD_USE_TLS), 0, NULL,
	    NULL, on_request, r, MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
	    MHD_OPTION_LISTEN_SOCKET, r->listen_fd, MHD_OPTION_NOTIFY_COMPLETED,
	    on_completed, NULL, MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes,
	    NULL, MHD_OPTION_CONNECTION_LIMIT, (unsigned)REST_CONNECTIONS_MAX,
	    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)REST_IDLE_S,
	    MHD_OPTION_ARRAY, plain ? none : tls, MHD_OPTION_END);
	if (r->daemon != NULL)
		return 0;
	close(r->listen_fd);
	return err_set(e, EXIT_DEGRADED,
	    "the HTTP server did not start on port %u", r->port);
}

int
rest_http_start(struct rest *r, struct err *e)
{
	const union MHD_DaemonInfo *info;

	list_init(&r->waiting);
	r->listen_fd = listener_open(r->sim, r->sim->cfg.port, e);
	if (r->listen_fd == -1)
		return -1;
	r->port = listener_port(r->listen_fd);
	if (serve(r, e) == -1)
		return -1;
	info = MHD_get_daemon_info(r->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	must(info != NULL);
	ev_io_init(&r->io, on_io, info->epoll_fd, EV_READ);
	r->io.data = r;
	ev_io_start(r->sim->loop, &r->io);
	ev_timer_init(&r->tick, on_tick, 0, 0);
	r->tick.data = r;
	turn(r);
	return 0;
}

void
rest_http_stop(struct rest *r)
{
	/* The server must not be stopped with suspended connections. */
	list_each_safe (&r->waiting, e, next)
		answer_now(container_of(e, struct rest_call, link));
	(void)MHD_run(r->daemon);
	ev_io_stop(r->sim->loop, &r->io);
	ev_timer_stop(r->sim->loop, &r->tick);
	MHD_stop_daemon(r->daemon);
}
