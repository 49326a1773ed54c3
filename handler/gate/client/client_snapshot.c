/* SPDX-License-Identifier: MIT */
/* READY and GUILD_CREATEs; see client_snapshot.h. */
#include "handler/gate/client/client_snapshot.h"

#include "handler/gate/client/client_command.h"
#include "handler/gate/client/client_flow.h"
#include "handler/gate/client/client_out.h"

#include "shared/base/clock.h"
#include "shared/base/log.h"

#include <string.h>

#define TURN_MAX 64 /* guilds of one client in one turn */

struct client_snapshot {
	struct guild_cache_view *view; /* NULL: to be opened again */
	uint64_t opened_ms;
	uint64_t live;	      /* what its READY shows of the log */
	uint64_t missed_from; /* the client had the log up to there */
	uint64_t s;	      /* of the last message */
	uint64_t *guild;
	size_t n, cap, next;
};

void
client_snapshot_free(struct client_conn *c)
{
	struct client_snapshot *p = c->snapshot;

	c->snapshot = NULL;
	if (p == NULL)
		return;
	if (p->view != NULL)
		guild_cache_view_end(p->view);
	free(p->guild);
	free(p);
}

/* A moment of the cache that the log goes on from; NULL: there is none now. */
static struct guild_cache_view *
look(struct client_conn *c, uint64_t *position)
{
	const struct gate_clients_setup *s = &c->all->setup;
	struct guild_cache_view *v;
	uint64_t life;
	struct err err;

	if (s->cache == NULL)
		return NULL;
	v = guild_cache_view(s->cache, &err);
	if (v == NULL) {
		log_warn("gate: the cache cannot be read, clients wait: %s",
		    err.text);
		return NULL;
	}
	guild_cache_position(v, &life, position);
	if (life == gatelog_life(s->log)
	    && *position >= gatelog_whole(s->log) - 1
	    && *position <= gatelog_last(s->log))
		return v;
	guild_cache_view_end(v);
	return NULL;
}

/* ---- what it missed ------------------------------------------------- */

/* Its position in the log; false: not to be known now. */
static bool
find_missed(struct client_conn *c, uint64_t live, uint64_t *from)
{
	const struct gate_clients_setup *s = &c->all->setup;
	struct err err;
	int got;

	*from = live;
	if (!c->who.catch_up)
		return true;
	/* The store is to have what heartbeats said. */
	if (!client_live_save(c->all))
		return false;
	got = client_store_cursor(s->store, c->who.name, c->identify.shard,
	    c->identify.count, gatelog_life(s->log), from, &err);
	if (got == 0)
		*from = live; /* it was never here */
	if (got != -1)
		return true;
	log_warn("gate: what client %s has received cannot be read, so it "
		 "waits: %s",
	    c->who.name, err.text);
	return false;
}

/* The others of that client and shard end: theirs is what it missed. */
static void
take_over(struct client_conn *c)
{
	struct gate_clients *all = c->all;
	const struct client_session *rec = &c->session->rec;

	if (c->who.on_second == GATE_CLIENTS_SHARE)
		return;
	list_each_safe (&all->sessions, e, next) {
		struct client_live *l = container_of(e, struct client_live,
		    link);
		bool whole = l->whole;

		if (l == c->session || l->rec.shard != rec->shard
		    || l->rec.shard_count != rec->shard_count
		    || strcmp(l->rec.client, rec->client) != 0)
			continue;
		if (l->conn != NULL)
			client_conn_kick(l->conn, GATE_CLIENTS_END_SECOND, 4000,
			    "Another process of this client took over.", true);
		if (whole)
			client_live_replace(all, l, rec->number);
	}
}

/* ---- READY ---------------------------------------------------------- */

static bool
may_see(const struct client_conn *c, uint64_t guild)
{
	for (uint32_t i = 0; i < c->who.guilds; i++)
		if (c->who.guild[i] == guild)
			return true;
	return c->who.guilds == 0;
}

static bool
shows(uint64_t guild, void *arg)
{
	return may_see(arg, guild);
}

static bool
note_guild(uint64_t guild, bool available, void *arg)
{
	struct client_conn *c = arg;
	struct client_snapshot *p = c->snapshot;

	if (!available || !may_see(c, guild))
		return true;
	if (p->n == p->cap) {
		p->cap = p->cap != 0 ? 2 * p->cap : 64;
		p->guild = base_realloc(p->guild, p->cap * sizeof(*p->guild));
	}
	p->guild[p->n++] = guild;
	return true;
}

static bool
attach(struct client_conn *c, uint64_t intents)
{
	struct client_live *l = client_live_new(c->all, c->who.name);
	struct client_session *rec;

	if (l == NULL) {
		client_conn_close(c, GATE_CLIENTS_END_TOO_MANY, 4008,
		    "Too many sessions of this client.");
		return false;
	}
	rec = &l->rec;
	l->conn = c;
	c->session = l;
	rec->intents = c->identify.intents;
	rec->shard = c->identify.shard;
	rec->shard_count = c->identify.count;
	rec->guilds = c->who.guilds;
	memcpy(rec->guild, c->who.guild, sizeof(rec->guild));
	if ((intents & ~rec->intents) == 0)
		rec->flags |= CLIENT_SESSION_ALL_INTENTS;
	return true;
}

/* 1 it is out, 0 there is none yet, -1. */
static int
send_ready(struct client_conn *c, struct err *err)
{
	struct client_snapshot *p = c->snapshot;
	struct guild_cache_ready r = {.session_id = c->session->rec.id,
	    .resume_url = c->all->setup.url,
	    .shard = c->identify.shard,
	    .shard_count = c->identify.count,
	    .shows = shows,
	    .arg = c};
	struct buf d = {0};
	int got;

	got = guild_cache_ready(p->view, &r, &d, err);
	if (got == 1
	    && dispatch_wanted(DISPATCH_GUILD_CREATE, c->identify.intents,
		false)
	    && guild_cache_each(p->view, r.shard, r.shard_count, note_guild, c,
		   err)
		== -1)
		got = -1;
	if (got == 1)
		client_out_dispatch(c, "READY", ++p->s, buf_data(&d),
		    buf_len(&d));
	buf_free(&d);
	return got;
}

void
client_snapshot_begin(struct client_conn *c, uint64_t intents)
{
	uint64_t live, missed_from;
	struct client_snapshot *p;
	struct guild_cache_view *v = look(c, &live);
	struct err err = {.text = ""};

	if (v == NULL)
		return;
	if (!find_missed(c, live, &missed_from)) {
		guild_cache_view_end(v);
		return;
	}
	if (!attach(c, intents)) {
		guild_cache_view_end(v);
		return;
	}
	c->snapshot = p = base_alloc(sizeof(*p));
	*p = (struct client_snapshot) {.view = v,
	    .opened_ms = clock_boot_ms(),
	    .live = live,
	    .missed_from = missed_from};
	switch (send_ready(c, &err)) {
	case -1:
		log_warn("gate: no READY for client %s, it waits: %s",
		    c->who.name, err.text);
		/* FALLTHROUGH */
	case 0:
		client_conn_part(c);
		return;
	}
	timer_stop(&c->deadline);
	gate_clients_past(c, "came with IDENTIFY: READY");
	take_over(c);
	c->all->count.identified++;
	c->session->tally->identifies++;
	client_conn_become(c, CLIENT_CONN_SNAPSHOT);
	client_command_presence(c);
	client_conn_wake(c);
}

/* ---- guilds --------------------------------------------------------- */

/* Of what it missed the log has let go some. */
static void
say_overrun(struct client_conn *c)
{
	const struct client_session *rec = &c->session->rec;

	log_warn("gate: client %s (shard %u of %u) was away for longer than "
		 "the log goes back: a part of what it missed is lost to it "
		 "([gate] log_bytes, log_age)",
	    rec->client, rec->shard, rec->shard_count);
	client_flow_overrun(c->all, c->session->tally);
}

static void
over(struct client_conn *c)
{
	struct client_snapshot *p = c->snapshot;

	if (p->missed_from < p->live
	    && p->missed_from + 1 < gatelog_whole(c->all->setup.log))
		say_overrun(c);
	client_session_begin(&c->session->rec, c->all->setup.log, p->s,
	    p->missed_from, p->live);
	client_snapshot_free(c);
	timer_stop(&c->deadline);
	client_flow_begin(c);
}

/* Nobody waits for a view that a slow client has. */
static void
let_go(struct client_snapshot *p)
{
	if (p->view == NULL
	    || clock_boot_ms() - p->opened_ms
		<= (uint64_t)(GATE_CLIENTS_VIEW_S * 1000))
		return;
	guild_cache_view_end(p->view);
	p->view = NULL;
}

/* false: not now. */
static bool
is_open(struct client_conn *c)
{
	struct client_snapshot *p = c->snapshot;
	uint64_t position;

	if (p->view != NULL)
		return true;
	p->view = look(c, &position);
	p->opened_ms = clock_boot_ms();
	return p->view != NULL;
}

/* false: the cache failed, and that was said. */
static bool
send_guild(struct client_conn *c, uint64_t guild)
{
	struct client_snapshot *p = c->snapshot;
	struct buf d = {0};
	struct err err;
	int got = guild_cache_guild(p->view, guild, &d, &err);

	if (got == 1)
		client_out_dispatch(c, "GUILD_CREATE", ++p->s, buf_data(&d),
		    buf_len(&d));
	if (got == -1)
		log_warn("gate: a guild cannot be composed for client %s: %s",
		    c->who.name, err.text);
	buf_free(&d);
	return got != -1;
}

void
client_snapshot_work(struct client_conn *c)
{
	struct client_snapshot *p = c->snapshot;

	let_go(p);
	if (!client_out_room(c)) {
		client_conn_blocked(c);
		return;
	}
	/* The poll asks again. */
	if (p->next < p->n && !is_open(c))
		return;
	for (int i = 0; i < TURN_MAX && p->next < p->n && client_out_room(c);
	     i++)
		if (!send_guild(c, p->guild[p->next++])) {
			client_conn_close(c, GATE_CLIENTS_END_HELD, 4000,
			    "The gate's cache failed.");
			return;
		}
	if (p->next == p->n)
		over(c);
	else
		client_conn_wake(c);
}
