/* SPDX-License-Identifier: MIT */
/* See feed.h. */
#include "handler/gate/feed/feed.h"

#include "shared/base/log.h"

#include <string.h>

/* ---- what the log has ----------------------------------------------- */

static struct feed_session *
session_find(struct feed *f, uint32_t shard, uint64_t session)
{
	struct feed_shard *h = shard < f->shards ? f->shard[shard] : NULL;

	for (size_t i = 0; h != NULL && i < nitems(h->session); i++)
		if (h->session[i].session == session)
			return &h->session[i];
	return NULL;
}

/* In place of the one that was not used for longest. */
static struct feed_session *
session_new(struct feed *f, uint32_t shard, uint64_t session)
{
	struct feed_session *old;

	if (shard >= f->shards) {
		size_t n = (size_t)shard + 16;

		f->shard = base_realloc(f->shard, n * sizeof(*f->shard));
		memset(f->shard + f->shards, 0,
		    (n - f->shards) * sizeof(*f->shard));
		f->shards = n;
	}
	if (f->shard[shard] == NULL)
		f->shard[shard] = base_alloc(sizeof(struct feed_shard));
	old = &f->shard[shard]->session[0];
	for (size_t i = 1; i < FEED_SESSIONS; i++)
		if (f->shard[shard]->session[i].used < old->used)
			old = &f->shard[shard]->session[i];
	*old = (struct feed_session) {.session = session};
	return old;
}

static bool
keyed(const struct gatelog_record *r)
{
	return r->session != 0 && r->seq != 0 && r->shard < FEED_SHARDS_MAX;
}

static bool
was_seen(struct feed *f, const struct gatelog_record *r)
{
	struct feed_session *s = keyed(r)
	    ? session_find(f, r->shard, r->session)
	    : NULL;

	return s != NULL && seen_has(&s->seen, r->seq);
}

static void
see(struct feed *f, const struct gatelog_record *r)
{
	struct feed_session *s;

	if (!keyed(r))
		return;
	s = session_find(f, r->shard, r->session);
	if (s == NULL)
		s = session_new(f, r->shard, r->session);
	s->used = ++f->tick;
	seen_add(&s->seen, r->seq);
}

void
feed_attach(struct feed *f, struct gatelog *log)
{
	struct gatelog_reader reader;
	struct gatelog_record r;
	enum gatelog_read rc;
	const char *raw;
	uint64_t lost;

	f->log = log;
	if (!gatelog_seek(log, &reader, gatelog_oldest(log) - 1))
		return;
	while (
	    (rc = gatelog_next(log, &reader, &r, &raw, &lost)) != GATELOG_END)
		if (rc == GATELOG_RECORD && r.lane != 0)
			see(f, &r);
}

/* ---- lanes ---------------------------------------------------------- */

static struct feed_lane *
lane_of(struct gate_wire *w)
{
	return container_of(w, struct feed_lane, wire);
}

static void
on_greeted(struct gate_wire *w, const struct gate_hello *hello)
{
	lane_of(w)->feed->shard_count = hello->shard_count;
}

static void
take_event(struct feed_lane *l, const struct gate_hdr *h, const char *raw)
{
	struct feed *f = l->feed;
	struct gatelog_record r = {.lane = h->ord,
	    .session = h->session,
	    .seq = h->seq,
	    .received_ms = (int64_t)h->recv_ms,
	    .shard = h->shard,
	    .shard_count = h->shard_count,
	    .len = h->len};

	l->taken = h->ord;
	if (was_seen(f, &r)) {
		f->repeated++;
		return;
	}
	if (!gatelog_describe(&r, raw, h->len, f->self)) {
		f->unreadable++;
		return;
	}
	r.seq = h->seq;
	if (!f->append(f, &r, raw)) {
		if (f->too_big++ == 0)
			log_error("an event of %u bytes does not fit "
				  "into a log of [gate] log_bytes: clients do "
				  "not get it",
			    h->len);
		return;
	}
	see(f, &r);
	f->events++;
}

static void
on_frame(struct gate_wire *w, const struct gate_hdr *h, const char *payload)
{
	struct feed_lane *l = lane_of(w);

	if (h->type == GATE_EVENT)
		take_event(l, h, payload);
	else if (h->type == GATE_ASK)
		l->feed->ask(l->feed, l->number, h->ord, payload, h->len);
	else if (l->feed->sends > 0)
		l->feed->sends--; /* a command went out, or did not */
}

/* Once for all that came at once. */
static void
on_settled(struct gate_wire *w)
{
	struct feed_lane *l = lane_of(w);
	struct gate_hdr h = {.type = GATE_ACK, .ord = l->taken};

	if (l->taken == l->acked)
		return;
	l->acked = l->taken;
	gate_wire_put(w, &h, NULL);
	gate_wire_flush(w);
	l->feed->appended(l->feed);
}

static void
drop(struct feed_lane *l)
{
	struct feed *f = l->feed;

	gate_wire_close(&l->wire);
	list_remove(&l->link);
	free(l);
	if (list_empty(&f->lanes))
		f->sends = 0;
}

static void
on_gone(struct gate_wire *w, const char *why)
{
	struct feed_lane *l = lane_of(w);

	if (strcmp(why, "closed") != 0)
		log_warn("the lane of handler generation %u ended: %s",
		    l->generation, why);
	drop(l);
}

static const struct gate_wire_ops wire_ops = {
    .types = 1u << GATE_EVENT | 1u << GATE_SENT | 1u << GATE_ASK,
    .greeted = on_greeted,
    .frame = on_frame,
    .settled = on_settled,
    .gone = on_gone,
};

void
feed_lane(struct feed *f, int fd, uint32_t generation, uint32_t shard_count)
{
	struct feed_lane *l;

	must(f->log != NULL);
	if (feed_lanes(f) >= FEED_LANES_MAX)
		drop(container_of(f->lanes.next, struct feed_lane, link));
	l = base_alloc(sizeof(*l));
	l->feed = f;
	l->number = ++f->next_lane;
	l->generation = generation;
	f->shard_count = shard_count;
	list_append(&f->lanes, &l->link);
	gate_wire_open(&l->wire, &wire_ops, f->loop, fd, generation,
	    shard_count);
}

unsigned
feed_lanes(const struct feed *f)
{
	unsigned n = 0;

	list_each (&f->lanes, at)
		n++;
	return n;
}

bool
feed_send(struct feed *f, uint32_t shard, const char *payload, size_t len)
{
	struct gate_hdr h = {.len = (uint32_t)len,
	    .type = GATE_SEND,
	    .shard = shard};
	struct feed_lane *l;

	if (list_empty(&f->lanes) || len > GATE_SEND_MAX
	    || f->sends >= FEED_SENDS_MAX)
		return false;
	l = container_of(f->lanes.prev, struct feed_lane, link);
	if (!l->wire.greeted || gate_wire_full(&l->wire))
		return false;
	h.ord = ++f->next_send;
	f->sends++;
	gate_wire_put(&l->wire, &h, payload);
	gate_wire_flush(&l->wire);
	return true;
}

/* ---- answers -------------------------------------------------------- */

static struct feed_lane *
lane_find(const struct feed *f, uint64_t number)
{
	list_each (&f->lanes, at) {
		struct feed_lane *l = container_of(at, struct feed_lane, link);

		if (l->number == number)
			return l;
	}
	return NULL;
}

bool
feed_room(const struct feed *f, uint64_t lane)
{
	const struct feed_lane *l = lane_find(f, lane);

	return l == NULL || !gate_wire_full(&l->wire);
}

void
feed_answer(struct feed *f, uint64_t lane, uint64_t id,
    const struct gate_answer *head, const char *text, size_t len)
{
	struct feed_lane *l = lane_find(f, lane);
	struct gate_hdr h = {.len = (uint32_t)(sizeof(*head) + len),
	    .type = GATE_ANSWER,
	    .ord = id};

	if (l == NULL)
		return;
	gate_wire_put_both(&l->wire, &h, head, sizeof(*head), text);
	gate_wire_flush(&l->wire);
}

/* ---- life ----------------------------------------------------------- */

void
feed_init(struct feed *f)
{
	list_init(&f->lanes);
}

void
feed_free(struct feed *f)
{
	list_each_safe (&f->lanes, at, next)
		drop(container_of(at, struct feed_lane, link));
	for (size_t i = 0; i < f->shards; i++)
		free(f->shard[i]);
	free(f->shard);
	f->shard = NULL;
	f->shards = 0;
}
