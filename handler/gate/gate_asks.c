/* SPDX-License-Identifier: MIT */
/* What handlers ask the cache; see gate_impl.h. */
#include "handler/gate/gate_impl.h"

static struct gate *
gate_of(struct ask_queue *a)
{
	return container_of(a, struct gate, asks);
}

static struct guild_cache *
on_cache(struct ask_queue *a, uint64_t *position)
{
	struct gate *g = gate_of(a);
	struct cache_writer_state s;

	if (g->writer == NULL || g->mending)
		return NULL;
	cache_writer_look(g->writer, &s);
	*position = s.position;
	return g->cache;
}

static uint64_t
on_self(struct ask_queue *a)
{
	return gate_of(a)->feed.self;
}

static bool
on_room(struct ask_queue *a, uint64_t lane)
{
	return feed_room(&gate_of(a)->feed, lane);
}

static void
on_answer(struct ask_queue *a, uint64_t lane, uint64_t id,
    const struct ask_answer *out)
{
	feed_answer(&gate_of(a)->feed, lane, id, &out->head,
	    buf_data(&out->text), buf_len(&out->text));
}

static void
on_ask(struct feed *f, uint64_t lane, uint64_t id, const char *payload,
    size_t len)
{
	ask_queue_take(&container_of(f, struct gate, feed)->asks, lane, id,
	    payload, len);
}

void
gate_asks_noted(struct gate *g, const struct gatelog_record *r)
{
	if (guild_cache_wants((enum dispatch)r->event))
		ask_queue_changed(&g->asks, r->guild, gatelog_last(g->log));
}

bool
gate_asks_cold(const struct gate *g)
{
	struct guild_cache_view *v;
	struct err e;
	bool cold;

	if (g->cache == NULL || g->mending
	    || (v = guild_cache_view(g->cache, &e)) == NULL)
		return true;
	cold = guild_cache_cold(v);
	guild_cache_view_end(v);
	return cold;
}

void
gate_asks_open(struct gate *g)
{
	g->asks.cache = on_cache;
	g->asks.self = on_self;
	g->asks.room = on_room;
	g->asks.answer = on_answer;
	ask_queue_init(&g->asks, g->timers, gatelog_last(g->log));
	g->feed.ask = on_ask;
}

void
gate_asks_close(struct gate *g)
{
	if (g->feed.ask != NULL)
		ask_queue_free(&g->asks);
	g->feed.ask = NULL;
}
