/* SPDX-License-Identifier: MIT */
#include "tools/sim/gateway/gateway.h"

#include "tools/sim/base/cert.h"
#include "tools/sim/gateway/ledger.h"
#include "tools/sim/book/stats.h"
#include "tools/sim/gateway/strike.h"
#include "tools/sim/base/hostnames.h"
#include "tools/sim/base/listener.h"
#include "tools/sim/world/guild.h"
#include "tools/sim/world/perm.h"
#include "tools/sim/world/user.h"
#include "tools/sim/world/world.h"
#include "tools/sim/base/jso.h"
#include "tools/sim/gateway/intents.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- emission ------------------------------------------------------- */

/* What a message looks like to one of the bots. */
struct hiding {
	bool asked, hidden;
	struct sbuf bare;
};

uint64_t
gateway_next(struct sim *sim)
{
	return ++sim->gateway->number;
}

/* A message without what the intents hide from this bot; NULL: nothing is. */
static const struct sbuf *
bared(struct sim *sim, unsigned bot, const char *d, struct hiding *h)
{
	if (!h[bot].asked)
		h[bot].hidden = intents_hide(user_id(sim->world,
						 user_bot(sim->world, bot)),
		    d, &h[bot].bare);
	h[bot].asked = true;
	return h[bot].hidden ? &h[bot].bare : NULL;
}

static void
tell(struct session *s, const char *t, const char *d, size_t len,
    struct hiding *h)
{
	const struct sbuf *bare = intents_hides(s->intents, t)
	    ? bared(s->sim, s->bot, d, h)
	    : NULL;

	session_dispatch(s, t, bare ? bare->p : d, bare ? bare->len : len,
	    JOURNAL_COUNTED);
}

/* Who has left a guild, hears nothing of it.  (One that was deleted still says
 * so.) */
static bool
is_out(struct session *s, int64_t guild)
{
	return guild >= 0
	    && !world_has_bot(s->sim->world, (unsigned)guild, s->user)
	    && guild_at(s->sim->world, (unsigned)guild) != NULL;
}

static bool
may(struct session *s, int64_t guild, uint64_t bits)
{
	struct guild *g;

	if (bits == 0 || guild < 0)
		return true;
	g = guild_at(s->sim->world, (unsigned)guild);
	return g != NULL && (perm_guild(g, s->user) & bits) != 0;
}

static bool
hears(struct session *s, const struct gateway_audience *a, uint64_t guild_id,
    int64_t guild, const char *t)
{
	if (!a->all_shards && (guild_id >> 22) % s->count != s->shard)
		return false;
	if ((a->bot >= 0 && s->bot != (unsigned)a->bot)
	    || (a->but >= 0 && s->bot == (unsigned)a->but))
		return false;
	return (a->unasked || intents_want(s->intents, t, guild_id == 0))
	    && !is_out(s, guild) && may(s, guild, a->may);
}

static bool
emit(struct sim *sim, const struct gateway_audience *a, uint64_t guild_id,
    const char *t, const char *d, size_t len)
{
	int64_t guild = guild_id ? world_guild_find(sim->world, guild_id) : -1;
	struct hiding h[SIM_BOTS_MAX] = {0};
	bool told = false;

	gateway_next(sim);
	list_each_safe (&sim->gateway->live, e, next) {
		struct session *s = container_of(e, struct session, link);

		if (!hears(s, a, guild_id, guild, t))
			continue;
		told = true;
		tell(s, t, d, len, h);
	}
	for (unsigned n = 0; n < sim->cfg.bots; n++)
		sbuf_free(&h[n].bare);
	return told;
}

bool
gateway_emit(struct sim *sim, uint64_t guild_id, const char *t, const char *d,
    size_t len)
{
	return emit(sim, &GATEWAY_EVERYBODY, guild_id, t, d, len);
}

/* The bot whose DM an event is about; any when it is about none. */
static int
dm_bot(struct sim *sim, json_object *d)
{
	const char *id = jso_get_text(d, "channel_id");
	struct world_channel ch;

	if (id == NULL)
		id = jso_get_text(d, "id");
	return id != NULL
		&& world_channel_find(sim->world, strtoull(id, NULL, 10), &ch)
		&& ch.guild == WORLD_NOWHERE
	    ? (int)ch.bot
	    : GATEWAY_ANY;
}

bool
gateway_emit_to(struct sim *sim, const struct gateway_audience *audience,
    uint32_t guild, const char *t, json_object *d)
{
	struct gateway_audience a = *audience;
	const char *text = jso_text(d);
	uint64_t id = 0;

	if (guild != WORLD_NOWHERE)
		id = world_guild_id(sim->world, guild);
	else if (a.bot == GATEWAY_ANY)
		a.bot = dm_bot(sim, d);
	return emit(sim, &a, id, t, text, strlen(text));
}

bool
gateway_emit_json(struct sim *sim, uint32_t guild, const char *t,
    json_object *d)
{
	return gateway_emit_to(sim, &GATEWAY_EVERYBODY, guild, t, d);
}

struct conn *
gateway_conn(struct sim *sim, unsigned shard, unsigned count)
{
	list_each (&sim->gateway->conns, e) {
		struct conn *c = container_of(e, struct conn, link);

		if (c->session && c->session->shard == shard
		    && (count == 0 || c->session->count == count))
			return c;
	}
	return NULL;
}

unsigned
gateway_connected(struct sim *sim)
{
	unsigned n = 0;

	list_each (&sim->gateway->conns, e) {
		if (conn_is_live(container_of(e, struct conn, link)))
			n++;
	}
	return n;
}

void
gateway_ask_heartbeats(struct sim *sim)
{
	list_each_safe (&sim->gateway->conns, e, next) {
		struct conn *c = container_of(e, struct conn, link);

		if (conn_is_live(c) && !ledger_is_reported(c->session)
		    && ledger_pending(c->session) > 0)
			conn_send_op(c, 1, "null");
	}
}

void
gateway_random_hex(char *out, size_t bytes)
{
	unsigned char raw[32];

	must(bytes <= sizeof(raw) && RAND_bytes(raw, (int)bytes) == 1);
	for (size_t i = 0; i < bytes; i++)
		snprintf(out + 2 * i, 3, "%02x", raw[i]);
}

void
gateway_other(struct sim *sim)
{
	gateway_random_hex(sim->other_token, GATEWAY_TOKEN_BYTES);
}

void
gateway_revoke(struct sim *sim, unsigned bot)
{
	gateway_random_hex(sim->bot[bot].token, GATEWAY_TOKEN_BYTES);
	sim->token_resets++;
	list_each_safe (&sim->gateway->conns, e, next) {
		struct conn *c = container_of(e, struct conn, link);

		if (c->session && c->session->bot == bot)
			conn_close(c, 4004, "Authentication failed.");
	}
	list_each_safe (&sim->gateway->live, e, next) {
		struct session *s = container_of(e, struct session, link);

		if (s->bot == bot)
			session_end(s);
	}
}

/* ---- listeners ------------------------------------------------------ */

static void
reset(int fd)
{
	struct linger hard = {.l_onoff = 1, .l_linger = 0};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(fd);
}

/* Without a descriptor for who waits the listener would call for ever: one is
 * kept for that.  False: it was something else. */
static bool
refuse_one(struct sim *sim, int listener)
{
	struct gateway *g = sim->gateway;
	int fd;

	if ((errno != EMFILE && errno != ENFILE) || g->spare_fd < 0)
		return false;
	close(g->spare_fd);
	fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd >= 0) {
		stats_of(sim, STATS_NONE)->refused++;
		reset(fd);
	}
	g->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return fd >= 0;
}

static void
on_accept(struct ev_loop *loop, ev_io *io, int revents)
{
	struct gateway_listener *l = container_of(io, struct gateway_listener,
	    io);
	struct sim *sim = l->sim;

	for (int i = 0; i < GATEWAY_ACCEPTS_MAX; i++) {
		int fd = accept4(l->fd, NULL, NULL,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0 && !refuse_one(sim, l->fd))
			return;
		if (fd < 0)
			continue;
		if (sim->gateway->conn_count >= GATEWAY_CONNS_MAX) {
			stats_of(sim, STATS_NONE)->refused++;
			reset(fd);
		} else if (strike_accept(sim, l->host)) {
			reset(fd);
		} else {
			conn_accept(sim, fd, l->host);
		}
	}
}

static int
open_listener(struct sim *sim, struct gateway_listener *l, enum conn_host host,
    char url[SIM_URL_MAX], struct err *err)
{
	unsigned port = sim->cfg.port
	    ? sim->cfg.port + (host == HOST_MAIN ? 1 : 2)
	    : 0;
	char name[SIM_URL_MAX];

	l->sim = sim;
	l->host = host;
	l->fd = listener_open(sim, port, err);
	if (l->fd < 0)
		return -1;
	hostnames_host(sim, name, sizeof(name));
	str_format(url, SIM_URL_MAX, "%s://%s:%u",
	    sim->cfg.plain ? "ws" : "wss", name, listener_port(l->fd));
	ev_io_init(&l->io, on_accept, l->fd, EV_READ);
	ev_io_start(sim->loop, &l->io);
	return 0;
}

static void
close_listener(struct sim *sim, struct gateway_listener *l)
{
	if (l->fd < 0)
		return;
	ev_io_stop(sim->loop, &l->io);
	close(l->fd);
	l->fd = -1;
}

/* ---- turns of the loop ---------------------------------------------- */

static void
bury_dead(struct gateway *g)
{
	while (!list_empty(&g->dead))
		conn_free(container_of(g->dead.next, struct conn, link));
}

static void
on_prepare(struct ev_loop *loop, ev_prepare *p, int revents)
{
	struct gateway *g = container_of(p, struct gateway, flush);

	wire_flush_all(&g->dirty);
	bury_dead(g);
}

static void
on_tick(struct ev_loop *loop, ev_timer *t, int revents)
{
	struct gateway *g = container_of(t, struct gateway, tick);

	list_each_safe (&g->busy, e, next)
		conn_work(container_of(e, struct conn, busy));
	if (list_empty(&g->busy))
		ev_timer_stop(loop, t);
}

int
gateway_start(struct sim *sim, struct err *err)
{
	struct gateway *g = base_alloc(sizeof(*g));

	sim->gateway = g;
	g->main.fd = g->resume.fd = -1;
	g->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	list_init(&g->conns);
	list_init(&g->dead);
	list_init(&g->dirty);
	list_init(&g->busy);
	list_init(&g->live);
	list_init(&g->ended);
	ev_prepare_init(&g->flush, on_prepare);
	ev_prepare_start(sim->loop, &g->flush);
	ev_init(&g->tick, on_tick);
	g->tick.repeat = GATEWAY_TICK_S;
	if (!sim->cfg.plain && !(g->tls = cert_server(sim, err)))
		return -1;
	if (open_listener(sim, &g->main, HOST_MAIN, sim->url_gateway, err) < 0)
		return -1;
	return open_listener(sim, &g->resume, HOST_RESUME, sim->url_resume,
	    err);
}

void
gateway_stop(struct sim *sim)
{
	struct gateway *g = sim->gateway;

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
	if (g->spare_fd >= 0)
		close(g->spare_fd);
	free(g);
	sim->gateway = NULL;
}
