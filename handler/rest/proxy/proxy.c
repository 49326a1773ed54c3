/* SPDX-License-Identifier: MIT */
/*
 * The HTTP server (libmicrohttpd without threads, on the handler's loop) and
 * its connections; see proxy_impl.h.
 */
#include "handler/rest/proxy/proxy_impl.h"

#include "shared/base/clock.h"
#include "shared/base/log.h"
#include "shared/base/text.h"

#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define TICK_S 1.0
#define LEAVES 64 /* that are looked at in a turn */

/* ---- connections ---------------------------------------------------- */

void
proxy_conn_cut(struct proxy_conn *conn)
{
	(void)shutdown(conn->fd, SHUT_RDWR);
	conn->gone = true;
	if (conn->call != NULL)
		proxy_call_die(conn->call);
}

void
proxy_conn_known(struct proxy_conn *conn)
{
	if (conn->known)
		return;
	conn->known = true;
	conn->proxy->stranger_count--;
	list_remove(&conn->link);
	list_append(&conn->proxy->known, &conn->link);
}

/* Strangers with nothing to say keep nobody out. */
static void
strangers_bound(struct proxy *p)
{
	if (p->stranger_count <= PROXY_STRANGERS)
		return;
	list_each (&p->strangers, l) {
		struct proxy_conn *conn = container_of(l, struct proxy_conn,
		    link);

		if (conn->call == NULL && !conn->gone) {
			proxy_conn_cut(conn);
			return;
		}
	}
}

static void
conn_open(struct proxy *p, struct MHD_Connection *mhd, void **state)
{
	struct proxy_conn *conn = base_alloc(sizeof(*conn));
	struct epoll_event e = {.events = EPOLLRDHUP | EPOLLET,
	    .data.ptr = conn};
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd,
	    MHD_CONNECTION_INFO_CONNECTION_FD);

	must(info != NULL);
	conn->proxy = p;
	conn->fd = info->connect_fd;
	conn->idle_ms = clock_boot_ms();
	list_append(&p->strangers, &conn->link);
	p->stranger_count++;
	*state = conn;
	(void)epoll_ctl(p->leaves_fd, EPOLL_CTL_ADD, conn->fd, &e);
	strangers_bound(p);
	if (!timer_pending(&p->tick))
		timer_set(&p->tick, TICK_S);
}

static void
conn_close(struct proxy *p, struct proxy_conn *conn)
{
	(void)epoll_ctl(p->leaves_fd, EPOLL_CTL_DEL, conn->fd, NULL);
	if (!conn->known)
		p->stranger_count--;
	list_remove(&conn->link);
	free(conn);
}

static void
on_connection(void *arg, struct MHD_Connection *mhd, void **state,
    enum MHD_ConnectionNotificationCode code)
{
	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		conn_open(arg, mhd, state);
	else
		conn_close(arg, *state);
}

/* The server does not look at those it was told to leave alone. */
static void
on_leaves(struct ev_loop *loop, ev_io *io, int revents)
{
	struct proxy *p = container_of(io, struct proxy, leaves);
	struct epoll_event e[LEAVES];
	int n = epoll_wait(p->leaves_fd, e, LEAVES, 0);

	for (int i = 0; i < n; i++) {
		struct proxy_conn *conn = e[i].data.ptr;

		conn->gone = true;
		if (conn->call != NULL)
			proxy_call_die(conn->call);
	}
}

static void
conn_tick(struct proxy_conn *conn, uint64_t now)
{
	uint64_t most = (conn->used ? PROXY_IDLE_S : PROXY_HEAD_S) * 1000u;

	if (conn->call != NULL)
		proxy_call_pace(conn->call, now);
	else if (!conn->gone && now - conn->idle_ms >= most)
		proxy_conn_cut(conn);
}

static void
on_tick(struct timer *t)
{
	struct proxy *p = container_of(t, struct proxy, tick);
	uint64_t now = clock_boot_ms();

	list_each (&p->strangers, l)
		conn_tick(container_of(l, struct proxy_conn, link), now);
	list_each (&p->known, l)
		conn_tick(container_of(l, struct proxy_conn, link), now);
	if (!list_empty(&p->strangers) || !list_empty(&p->known))
		timer_set(&p->tick, TICK_S);
}

/* ---- requests ------------------------------------------------------- */

/* The one place where the target is as it was sent, with its query. */
static void *
on_target(void *arg, const char *target, struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd,
	    MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct proxy_conn *conn = info->socket_context;

	conn->used = true;
	conn->call = proxy_call_new(conn, mhd, target);
	return conn->call;
}

static enum MHD_Result
on_request(void *arg, struct MHD_Connection *mhd, const char *url,
    const char *method, const char *version, const char *data, size_t *len,
    void **state)
{
	return proxy_call_handle(*state, method, data, len);
}

static void
on_completed(void *arg, struct MHD_Connection *mhd, void **state,
    enum MHD_RequestTerminationCode why)
{
	struct proxy_call *c = *state;
	struct proxy_conn *conn;

	if (c == NULL)
		return;
	*state = NULL;
	conn = c->conn;
	if (why != MHD_REQUEST_TERMINATED_COMPLETED_OK)
		proxy_call_counts(c)->cut++;
	conn->call = NULL;
	conn->idle_ms = clock_boot_ms();
	proxy_call_free(c);
	if (conn->proxy->stopped)
		proxy_conn_cut(conn);
}

/* Paths stay as they were sent. */
static size_t
keep_escapes(void *arg, struct MHD_Connection *mhd, char *s)
{
	return strlen(s);
}

/* ---- the loop ------------------------------------------------------- */

static void
serve(struct proxy *p)
{
	MHD_UNSIGNED_LONG_LONG wait;

	(void)MHD_run(p->daemon);
	if (MHD_get_timeout(p->daemon, &wait) == MHD_YES)
		timer_set(&p->turn, (double)wait / 1000);
	else
		timer_stop(&p->turn);
}

static void
on_io(struct ev_loop *loop, ev_io *io, int revents)
{
	serve(container_of(io, struct proxy, io));
}

static void
on_turn(struct timer *t)
{
	serve(container_of(t, struct proxy, turn));
}

/* ---- life ----------------------------------------------------------- */

static int
start(struct proxy *p, struct err *e)
{
	struct MHD_OptionItem tls[] = {
	    {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)p->set.cert},
	    {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)p->set.key},
	    {MHD_OPTION_END, 0, NULL},
	};
	bool clear = p->set.cert == NULL;

	if (!clear && MHD_is_feature_supported(MHD_FEATURE_TLS) != MHD_YES)
		return err_set(e, EXIT_DEGRADED,
		    "this shardherd's HTTP server was built without TLS: "
		    "listen on loopback, behind a proxy that has it");
	p->leaves_fd = epoll_create1(EPOLL_CLOEXEC);
	if (p->leaves_fd < 0)
		return err_sys(e, EXIT_DEGRADED, "the REST proxy: epoll");
	p->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME
		| MHD_USE_SUPPRESS_DATE_NO_CLOCK | (clear ? 0u : MHD_USE_TLS),
	    0, NULL, NULL, on_request, p, MHD_OPTION_LISTEN_SOCKET,
	    p->set.listen_fd, MHD_OPTION_NOTIFY_COMPLETED, on_completed, p,
	    MHD_OPTION_NOTIFY_CONNECTION, on_connection, p,
	    MHD_OPTION_URI_LOG_CALLBACK, on_target, p,
	    MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL,
	    MHD_OPTION_CONNECTION_LIMIT, (unsigned)PROXY_CONNECTIONS,
	    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)PROXY_STILL_S,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)PROXY_HEAD_MAX,
	    MHD_OPTION_ARRAY, clear ? &tls[2] : tls, MHD_OPTION_END);
	if (p->daemon != NULL)
		return 0;
	close(p->leaves_fd);
	return err_set(e, EXIT_DEGRADED,
	    "the REST proxy's server does not "
	    "start");
}

static void
watch(struct proxy *p)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(p->daemon,
	    MHD_DAEMON_INFO_EPOLL_FD);

	must(info != NULL);
	ev_io_init(&p->io, on_io, info->epoll_fd, EV_READ);
	ev_io_start(p->set.loop, &p->io);
	ev_io_init(&p->leaves, on_leaves, p->leaves_fd, EV_READ);
	ev_io_start(p->set.loop, &p->leaves);
	timer_init(p->set.timers, &p->turn, on_turn);
	timer_init(p->set.timers, &p->tick, on_tick);
	serve(p);
}

struct proxy *
proxy_new(const struct proxy_setup *set, struct err *e)
{
	struct proxy *p = base_alloc(sizeof(*p));

	p->set = *set;
	list_init(&p->strangers);
	list_init(&p->known);
	list_init(&p->looks);
	if (start(p, e) < 0) {
		close(set->listen_fd);
		free(p);
		return NULL;
	}
	p->gateway_url = base_strdup(set->gateway_url);
	watch(p);
	return p;
}

static void
cut_idle(struct list *conns)
{
	list_each (conns, l) {
		struct proxy_conn *conn = container_of(l, struct proxy_conn,
		    link);

		if (conn->call == NULL)
			proxy_conn_cut(conn);
	}
}

void
proxy_stop(struct proxy *p)
{
	if (p->stopped)
		return;
	p->stopped = true;
	close(MHD_quiesce_daemon(p->daemon));
	cut_idle(&p->strangers);
	cut_idle(&p->known);
	serve(p);
}

size_t
proxy_busy(const struct proxy *p)
{
	size_t n = 0;

	for (size_t i = 0; i < nitems(p->counts); i++)
		n += p->counts[i].now;
	return n;
}

const struct proxy_counts *
proxy_counted(const struct proxy *p, unsigned slot)
{
	must(slot < PROXY_SLOTS);
	return &p->counts[slot];
}

static void
cut_all(struct list *conns)
{
	list_each (conns, l)
		proxy_conn_cut(container_of(l, struct proxy_conn, link));
}

void
proxy_free(struct proxy *p)
{
	proxy_stop(p);
	/* The server must not be stopped while it leaves any alone. */
	cut_all(&p->strangers);
	cut_all(&p->known);
	(void)MHD_run(p->daemon);
	ev_io_stop(p->set.loop, &p->io);
	ev_io_stop(p->set.loop, &p->leaves);
	timer_stop(&p->turn);
	timer_stop(&p->tick);
	MHD_stop_daemon(p->daemon);
	proxy_channel_leave_all(p);
	close(p->leaves_fd);
	free(p->gateway_url);
	free(p);
}
