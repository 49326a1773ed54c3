/* SPDX-License-Identifier: MIT */
#include "tools/sim/gateway/gate.h"

#include "tools/sim/base/cert.h"
#include "tools/sim/gateway/fault.h"
#include "tools/sim/base/names.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <openssl/rand.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define GATE_LISTEN_QUEUE 1024

/* ---- emission ---------------------------------------------------------- */

uint64_t
gate_next(struct sim *sim)
{
	return ++sim->gate->number;
}

bool
gate_emit(struct sim *sim, uint64_t guild_id, const char *t, const char *d,
    size_t len)
{
	struct sim_text bare = {0};
	bool hidden = false, asked = false, told = false;

	gate_next(sim);
	list_each_safe(&sim->gate->live, e, next) {
		struct session *s = container_of(e, struct session, link);

		if ((guild_id >> 22) % s->count != s->shard ||
		    !gate_wants(s->intents, t, guild_id == 0))
			continue;
		told = true;
		if (!asked && gate_hides(s->intents, t)) {
			hidden = gate_hide(sim, d, &bare);
			asked = true;
		}
		if (hidden && gate_hides(s->intents, t))
			session_dispatch(s, t, bare.p, bare.len,
			    JOURNAL_COUNTED);
		else
			session_dispatch(s, t, d, len, JOURNAL_COUNTED);
	}
	text_free(&bare);
	return told;
}

void
gate_emit_shard(struct sim *sim, unsigned shard, const char *t, const char *d,
    size_t len)
{
	gate_next(sim);
	list_each_safe(&sim->gate->live, e, next) {
		struct session *s = container_of(e, struct session, link);

		if (s->shard == shard)
			session_dispatch(s, t, d, len, JOURNAL_COUNTED);
	}
}

struct conn *
gate_conn(struct sim *sim, unsigned shard)
{
	list_each(&sim->gate->conns, e) {
		struct conn *c = container_of(e, struct conn, link);

		if (c->session && c->session->shard == shard)
			return c;
	}
	return NULL;
}

unsigned
gate_connected(struct sim *sim)
{
	unsigned n = 0;

	list_each(&sim->gate->conns, e) {
		if (conn_is_live(container_of(e, struct conn, link)))
			n++;
	}
	return n;
}

static void
new_token(char *token)
{
	unsigned char raw[24];

	must(RAND_bytes(raw, sizeof(raw)) == 1);
	for (size_t i = 0; i < sizeof(raw); i++)
		snprintf(token + 2 * i, 3, "%02x", raw[i]);
}

void
gate_other(struct sim *sim)
{
	new_token(sim->other_token);
}

void
gate_revoke(struct sim *sim)
{
	new_token(sim->token);
	sim->token_resets++;
	list_each_safe(&sim->gate->conns, e, next) {
		struct conn *c = container_of(e, struct conn, link);

		if (c->session)
			conn_close(c, 4004, "Authentication failed.");
	}
	while (!list_empty(&sim->gate->live))
		session_end(container_of(sim->gate->live.next, struct session,
		    link));
}

/* ---- listeners --------------------------------------------------------- */

static void
reset(int fd)
{
	struct linger hard = {.l_onoff = 1, .l_linger = 0};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(fd);
}

static void
on_accept(struct ev_loop *loop, ev_io *io, int revents)
{
	struct gate_listener *l = container_of(io, struct gate_listener, io);
	struct sim *sim = l->sim;

	for (int i = 0; i < GATE_ACCEPTS_MAX; i++) {
		int fd = accept4(l->fd, NULL, NULL,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0)
			return;
		if (sim->gate->conn_count >= GATE_CONNS_MAX ||
		    fault_take(sim, FAULT_K_CONNECT_REFUSE, -1, l->host))
			reset(fd);
		else
			conn_accept(sim, fd, l->host);
	}
}

int
gate_listen(struct sim *sim, unsigned port, struct err *err)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
	    .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
	struct addrinfo *ai;
	char service[8];
	int fd, one = 1;

	snprintf(service, sizeof(service), "%u", port);
	if (getaddrinfo(sim->cfg.listen, service, &hints, &ai) != 0)
		return err_set(err, EXIT_USAGE, "--listen %s is not an "
		    "address.", sim->cfg.listen);
	fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0);
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (fd < 0 || bind(fd, ai->ai_addr, ai->ai_addrlen) < 0 ||
	    listen(fd, GATE_LISTEN_QUEUE) < 0) {
		err_sys(err, EXIT_DEGRADED, "cannot listen on %s port %u",
		    sim->cfg.listen, port);
		if (fd >= 0)
			close(fd);
		fd = -1;
	}
	freeaddrinfo(ai);
	return fd;
}

unsigned
gate_port(int fd)
{
	struct sockaddr_storage ss = {0};
	socklen_t len = sizeof(ss);

	getsockname(fd, (struct sockaddr *)&ss, &len);
	return ntohs(ss.ss_family == AF_INET6
	    ? ((struct sockaddr_in6 *)&ss)->sin6_port
	    : ((struct sockaddr_in *)&ss)->sin_port);
}

static int
open_listener(struct sim *sim, struct gate_listener *l, enum conn_host host,
    char url[SIM_URL_MAX], struct err *err)
{
	unsigned port = sim->cfg.port
	    ? sim->cfg.port + (host == HOST_MAIN ? 1 : 2) : 0;
	char name[SIM_URL_MAX];

	l->sim = sim;
	l->host = host;
	l->fd = gate_listen(sim, port, err);
	if (l->fd < 0)
		return -1;
	names_host(sim, name, sizeof(name));
	str_format(url, SIM_URL_MAX, "%s://%s:%u",
	    sim->cfg.plain ? "ws" : "wss", name, gate_port(l->fd));
	ev_io_init(&l->io, on_accept, l->fd, EV_READ);
	ev_io_start(sim->loop, &l->io);
	return 0;
}

static void
close_listener(struct sim *sim, struct gate_listener *l)
{
	if (l->fd < 0)
		return;
	ev_io_stop(sim->loop, &l->io);
	close(l->fd);
	l->fd = -1;
}

/* ---- turns of the loop ------------------------------------------------- */

static void
bury_dead(struct gate *g)
{
	while (!list_empty(&g->dead))
		conn_free(container_of(g->dead.next, struct conn, link));
}

static void
on_prepare(struct ev_loop *loop, ev_prepare *p, int revents)
{
	struct gate *g = container_of(p, struct gate, flush);

	wire_flush_all(&g->dirty);
	bury_dead(g);
}

static void
on_tick(struct ev_loop *loop, ev_timer *t, int revents)
{
	struct gate *g = container_of(t, struct gate, tick);

	list_each_safe(&g->busy, e, next)
		conn_work(container_of(e, struct conn, busy));
	if (list_empty(&g->busy))
		ev_timer_stop(loop, t);
}

int
gate_start(struct sim *sim, struct err *err)
{
	struct gate *g = base_alloc(sizeof(*g));

	sim->gate = g;
	g->main.fd = g->resume.fd = -1;
	list_init(&g->conns);
	list_init(&g->dead);
	list_init(&g->dirty);
	list_init(&g->busy);
	list_init(&g->live);
	list_init(&g->ended);
	ev_prepare_init(&g->flush, on_prepare);
	ev_prepare_start(sim->loop, &g->flush);
	ev_init(&g->tick, on_tick);
	g->tick.repeat = GATE_TICK_S;
	if (!sim->cfg.plain && !(g->tls = cert_server(sim, err)))
		return -1;
	if (open_listener(sim, &g->main, HOST_MAIN, sim->url_gateway, err) < 0)
		return -1;
	return open_listener(sim, &g->resume, HOST_RESUME, sim->url_resume,
	    err);
}

void
gate_stop(struct sim *sim)
{
	struct gate *g = sim->gate;

	if (!g)
		return;
	close_listener(sim, &g->main);
	close_listener(sim, &g->resume);
	while (!list_empty(&g->conns))
		conn_drop(container_of(g->conns.next, struct conn, link));
	bury_dead(g);
	while (!list_empty(&g->live))
		session_free(container_of(g->live.next, struct session, link));
	while (!list_empty(&g->ended))
		session_free(container_of(g->ended.next, struct session, link));
	ev_prepare_stop(sim->loop, &g->flush);
	ev_timer_stop(sim->loop, &g->tick);
	SSL_CTX_free(g->tls);
	stats_free(&g->book);
	free(g);
	sim->gate = NULL;
}
