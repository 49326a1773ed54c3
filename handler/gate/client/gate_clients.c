/* SPDX-License-Identifier: MIT */
/* The clients of the gate; see gate_clients.h. */
#include "handler/gate/client/gate_clients_impl.h"

#include "handler/gate/client/client_asks.h"
#include "handler/gate/client/client_command.h"
#include "handler/gate/client/client_conn.h"
#include "handler/gate/client/client_listen.h"
#include "handler/gate/client/client_outage.h"
#include "handler/gate/client/client_voice.h"

#include <string.h>

/* ---- turns ---------------------------------------------------------- */

/* Each of the busy once: who has more to do is busy again. */
static void
work(struct gate_clients *all)
{
	struct list mine;

	list_init(&mine);
	while (!list_empty(&all->busy)) {
		struct list *e = all->busy.next;

		list_remove(e);
		list_append(&mine, e);
	}
	while (!list_empty(&mine)) {
		struct client_conn *c = container_of(mine.next,
		    struct client_conn, busy);

		list_remove(&c->busy);
		client_conn_event(c, CLIENT_CONN_EV_WORK);
	}
}

static void
free_dead(struct gate_clients *all)
{
	list_each_safe (&all->dead, e, next)
		client_conn_free(container_of(e, struct client_conn, link));
}

/* The end of a turn: nobody has a connection in hand. */
static void
on_prepare(struct ev_loop *loop, ev_prepare *p, int revents)
{
	struct gate_clients *all = p->data;

	work(all);
	if (all->begun)
		client_live_save(all);
	all->begun = false;
	wire_flush_all(&all->dirty);
	free_dead(all);
	if (list_empty(&all->busy) && list_empty(&all->dirty))
		ev_idle_stop(loop, &all->idle);
	else
		ev_idle_start(loop, &all->idle);
}

/* Only that the loop does not wait. */
static void
on_idle(struct ev_loop *loop, ev_idle *i, int revents)
{
}

static bool
is_held(const struct client_conn *c)
{
	return c->state == CLIENT_CONN_HELD || c->state == CLIENT_CONN_WAITING
	    || c->state == CLIENT_CONN_SNAPSHOT;
}

static void
on_poll(struct timer *t)
{
	struct gate_clients *all = container_of(t, struct gate_clients, poll);

	list_each (&all->conns, e) {
		struct client_conn *c = container_of(e, struct client_conn,
		    link);

		if (is_held(c))
			client_conn_wake(c);
	}
	timer_set(t, GATE_CLIENTS_POLL_S);
}

static void
on_save(struct timer *t)
{
	struct gate_clients *all = container_of(t, struct gate_clients, save);

	client_live_save(all);
	client_live_expire(all);
	client_asks_expire(all);
	client_voice_expire(all);
	timer_set(t, GATE_CLIENTS_SAVE_S);
}

/* ---- numbers -------------------------------------------------------- */

struct gate_clients_tally *
gate_clients_tally(struct gate_clients *all, const char *client)
{
	struct client_tally *n;

	list_each (&all->tallies, e) {
		n = container_of(e, struct client_tally, link);
		if (strcmp(n->t.client, client) == 0)
			return &n->t;
	}
	n = base_alloc(sizeof(*n));
	str_copy(n->t.client, client, sizeof(n->t.client));
	list_append(&all->tallies, &n->link);
	return &n->t;
}

static void
free_tallies(struct gate_clients *all)
{
	list_each_safe (&all->tallies, e, next) {
		list_remove(e);
		free(container_of(e, struct client_tally, link));
	}
}

void
gate_clients_tallies(const struct gate_clients *all,
    void (*fn)(const struct gate_clients_tally *, void *), void *arg)
{
	list_each (&all->tallies, e)
		fn(&container_of(e, struct client_tally, link)->t, arg);
}

/* ---- life ----------------------------------------------------------- */

struct gate_clients *
gate_clients_new(const struct gate_clients_setup *setup, struct err *err)
{
	struct gate_clients *all = base_alloc(sizeof(*all));

	must(setup->timers != NULL && setup->log != NULL
	    && setup->store != NULL);
	all->setup = *setup;
	list_init(&all->conns);
	list_init(&all->dead);
	list_init(&all->busy);
	list_init(&all->dirty);
	list_init(&all->sessions);
	list_init(&all->tallies);
	if (client_live_load(all, err) == -1) {
		client_live_free(all);
		free_tallies(all);
		free(all);
		return NULL;
	}
	client_command_init(all);
	all->asks = client_asks_new(all);
	all->voice = client_voice_new(all);
	ev_prepare_init(&all->prepare, on_prepare);
	ev_idle_init(&all->idle, on_idle);
	all->prepare.data = all->idle.data = all;
	ev_prepare_start(setup->loop, &all->prepare);
	timer_init(setup->timers, &all->poll, on_poll);
	timer_init(setup->timers, &all->save, on_save);
	timer_set(&all->poll, GATE_CLIENTS_POLL_S);
	timer_set(&all->save, GATE_CLIENTS_SAVE_S);
	return all;
}

void
gate_clients_listen(struct gate_clients *all, int fd)
{
	client_listen_begin(all, fd);
}

void
gate_clients_cache(struct gate_clients *all, struct guild_cache *cache)
{
	/* A snapshot under way looks at the one that goes. */
	list_each_safe (&all->conns, e, next) {
		struct client_conn *c = container_of(e, struct client_conn,
		    link);

		if (c->snapshot != NULL)
			client_conn_kick(c, GATE_CLIENTS_END_HELD, 4000,
			    "The gate's cache is another one.", false);
	}
	all->setup.cache = cache;
}

bool
gate_clients_append(struct gate_clients *all, struct gatelog_record *r,
    const char *raw)
{
	if (r->event == DISPATCH_READY) {
		client_outage_ready(all, r, raw);
		client_command_ready(all, r->shard);
	}
	if (client_asks_answer(all, r, raw))
		return true;
	client_voice_answer(all, r, raw);
	return gatelog_append(all->setup.log, r, raw);
}

void
gate_clients_appended(struct gate_clients *all)
{
	list_each (&all->conns, e) {
		struct client_conn *c = container_of(e, struct client_conn,
		    link);

		if (c->state == CLIENT_CONN_LIVE)
			client_conn_wake(c);
	}
}

void
gate_clients_stop(struct gate_clients *all)
{
	all->stopping = true;
	client_listen_end(all);
	gate_clients_kick(all, NULL, false, NULL);
	client_live_save(all);
}

bool
gate_clients_idle(const struct gate_clients *all)
{
	return all->count.conns == 0;
}

void
gate_clients_free(struct gate_clients *all)
{
	struct ev_loop *loop = all->setup.loop;

	client_listen_end(all);
	list_each_safe (&all->conns, e, next)
		client_conn_drop(container_of(e, struct client_conn, link),
		    GATE_CLIENTS_END_KICKED);
	free_dead(all);
	client_live_save(all);
	timer_stop(&all->poll);
	timer_stop(&all->save);
	ev_prepare_stop(loop, &all->prepare);
	ev_idle_stop(loop, &all->idle);
	client_command_stop(all);
	client_asks_free(all->asks);
	client_voice_free(all->voice);
	client_live_free(all);
	free_tallies(all);
	free(all);
}

/* ---- orders and sight ----------------------------------------------- */

void
gate_clients_past(const struct client_conn *c, const char *words)
{
	const struct gate_clients_setup *s = &c->all->setup;
	const struct client_session *rec = c->session != NULL ? &c->session->rec
							      : NULL;

	if (s->past != NULL && c->who.name[0] != '\0')
		s->past(s->arg, c->who.name, words,
		    rec != NULL ? rec->shard : c->identify.shard,
		    rec != NULL ? rec->shard_count : c->identify.count);
}

static bool
is_of(const char *name, const char *client)
{
	return client == NULL || strcmp(name, client) == 0;
}

unsigned
gate_clients_kick(struct gate_clients *all, const char *client, bool sessions,
    uint32_t *ended)
{
	unsigned n = 0;

	list_each_safe (&all->conns, e, next) {
		struct client_conn *c = container_of(e, struct client_conn,
		    link);

		if (!is_of(c->who.name, client)
		    || c->state >= CLIENT_CONN_CLOSING)
			continue;
		client_conn_kick(c, GATE_CLIENTS_END_KICKED, 4000,
		    "Reconnect, please.", true);
		n++;
	}
	list_each_safe (&all->sessions, e, next) {
		struct client_live *l = container_of(e, struct client_live,
		    link);

		if (!sessions || !is_of(l->rec.client, client))
			continue;
		client_live_end(all, l);
		if (ended != NULL)
			++*ended;
	}
	return n;
}

void
gate_clients_each(const struct gate_clients *all,
    void (*fn)(const struct gate_clients_row *, void *), void *arg)
{
	uint64_t last = gatelog_last(all->setup.log);

	list_each (&all->sessions, e) {
		const struct client_live *l = container_of(e,
		    struct client_live, link);
		const struct client_conn *c = l->conn;
		uint64_t at = c != NULL && l->whole ? l->cursor.reader.position
						    : l->rec.acked;
		struct gate_clients_row row = {.client = l->rec.client,
		    .state = c != NULL ? client_conn_state_name[c->state]
				       : "AWAY",
		    .run = c != NULL ? c->who.run : 0,
		    .live = c != NULL && c->state == CLIENT_CONN_LIVE,
		    .shard = l->rec.shard,
		    .shard_count = l->rec.shard_count,
		    .s = c != NULL ? l->cursor.s : l->rec.acked_s,
		    .acked_s = l->rec.acked_s,
		    .lag = l->whole && last > at ? last - at : 0,
		    .waiting = c != NULL ? wire_backlog(&c->wire) : 0,
		    .seen_ms = l->rec.seen_ms,
		    .replayed = l->replayed,
		    .caught_up = l->caught_up,
		    .resumes = l->resumes,
		    .position = at};

		fn(&row, arg);
	}
}

const struct gate_clients_counters *
gate_clients_counted(const struct gate_clients *all)
{
	return &all->count;
}
