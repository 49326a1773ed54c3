/* SPDX-License-Identifier: MIT */
/*
 * The message stores: one ring each for chatter, for pings and for what the
 * bot posted, so that chatter can't push out what tests ask about.  A message
 * is found by id through a chained hash over its ring.
 */
#include "tools/sim/world/world_impl.h"

#include "shared/base/clock.h"

#include <string.h>

static const uint32_t ring_size[WORLD_RINGS] = {
    [WORLD_CHAT] = 1u << 14,
    [WORLD_PING] = 1u << 16,
    [WORLD_OWN] = 1u << 14,
};

struct ring {
	uint32_t size;	/* a power of two */
	uint64_t added; /* ever; the newest is slot added - 1 */
	struct world_msg *slot;
	uint32_t *head, *chain; /* slot + 1; 0: none */
};

struct world_msgs {
	struct ring ring[WORLD_RINGS];
};

struct world_msgs *
world_msg_stores(void)
{
	struct world_msgs *s = base_alloc(sizeof(*s));

	for (unsigned i = 0; i < WORLD_RINGS; i++) {
		struct ring *r = &s->ring[i];

		r->size = ring_size[i];
		r->slot = base_alloc(r->size * sizeof(*r->slot));
		r->head = base_alloc(r->size * sizeof(*r->head));
		r->chain = base_alloc(r->size * sizeof(*r->chain));
	}
	return s;
}

void
world_msg_stores_free(struct world_msgs *s)
{
	for (unsigned i = 0; i < WORLD_RINGS; i++) {
		struct ring *r = &s->ring[i];

		for (uint32_t k = 0; k < r->size; k++)
			free(r->slot[k].json);
		free(r->slot);
		free(r->head);
		free(r->chain);
	}
	free(s);
}

static uint32_t
bucket(const struct ring *r, uint64_t id)
{
	return (uint32_t)((id * 0x9e3779b97f4a7c15u) >> 32) & (r->size - 1);
}

static void
unlink_slot(struct ring *r, uint32_t at)
{
	uint32_t *link = &r->head[bucket(r, r->slot[at].id)];

	while (*link != 0 && *link != at + 1)
		link = &r->chain[*link - 1];
	if (*link != 0)
		*link = r->chain[at];
}

struct world_msg *
world_msg_add(struct world *w, enum world_ring kind, const struct world_msg *m)
{
	struct ring *r = &w->msgs->ring[kind];
	uint32_t at = (uint32_t)(r->added & (r->size - 1));
	struct world_msg *slot = &r->slot[at];
	uint32_t b = bucket(r, m->id);

	if (r->added >= r->size) {
		unlink_slot(r, at);
		free(slot->json);
	}
	*slot = *m;
	slot->made_ms = clock_boot_ms();
	r->chain[at] = r->head[b];
	r->head[b] = at + 1;
	r->added++;
	return slot;
}

struct world_msg *
world_msg_find(struct world *w, uint64_t id)
{
	for (unsigned i = 0; i < WORLD_RINGS; i++) {
		struct ring *r = &w->msgs->ring[i];

		for (uint32_t at = r->head[bucket(r, id)]; at != 0;
		     at = r->chain[at - 1])
			if (r->slot[at - 1].id == id)
				return r->slot[at - 1].gone ? NULL
							    : &r->slot[at - 1];
	}
	return NULL;
}

/* The k-th newest message of a ring; NULL past the oldest. */
static struct world_msg *
nth(struct ring *r, uint64_t k)
{
	if (k >= r->added || k >= r->size)
		return NULL;
	return &r->slot[(r->added - 1 - k) & (r->size - 1)];
}

void
world_msg_each(struct world *w,
    bool (*fn)(void *arg, enum world_ring, const struct world_msg *), void *arg)
{
	for (unsigned i = 0; i < WORLD_RINGS; i++) {
		struct ring *r = &w->msgs->ring[i];
		uint64_t n = r->added < r->size ? r->added : r->size;

		while (n-- > 0) {
			const struct world_msg *m = nth(r, n);

			if (!m->gone && !fn(arg, (enum world_ring)i, m))
				return;
		}
	}
}

struct world_msg *
world_msg_recent(struct world *w, enum world_ring kind, uint64_t k)
{
	return nth(&w->msgs->ring[kind], k);
}

struct world_msg *
world_msg_by_nonce(struct world *w, const char *nonce)
{
	struct ring *r = &w->msgs->ring[WORLD_OWN];
	uint64_t now = clock_boot_ms();
	struct world_msg *m;

	for (uint64_t k = 0; (m = nth(r, k)) != NULL; k++) {
		if (now - m->made_ms > WORLD_NONCE_MS)
			return NULL;
		if (!m->gone && strcmp(m->nonce, nonce) == 0)
			return m;
	}
	return NULL;
}

/* The newest listed message of a channel with an id under `before`. */
static struct world_msg *
next_older(struct ring *r, uint64_t channel, uint64_t before, uint64_t *k,
    bool hidden)
{
	struct world_msg *m;

	for (; (m = nth(r, *k)) != NULL; (*k)++)
		if (m->channel == channel && m->id < before && !m->gone
		    && (hidden || !m->hidden))
			return m;
	return NULL;
}

/* Puts m behind the n newest found; of a full list the newest goes. */
static size_t
keep(struct world_msg **out, size_t n, size_t max, struct world_msg *m)
{
	if (n == max)
		memmove(out, out + 1, --n * sizeof(*out));
	out[n] = m;
	return n + 1;
}

static size_t
list(struct world *w, uint64_t channel, uint64_t before, uint64_t after,
    bool hidden, struct world_msg **out, size_t max)
{
	uint64_t k[WORLD_RINGS] = {0};
	size_t n = 0;

	if (before == 0)
		before = UINT64_MAX;
	while (n < max || after != 0) {
		struct world_msg *best = NULL;

		for (unsigned i = 0; i < WORLD_RINGS; i++) {
			struct world_msg *m = next_older(&w->msgs->ring[i],
			    channel, before, &k[i], hidden);

			if (m != NULL && (best == NULL || m->id > best->id))
				best = m;
		}
		if (best == NULL || best->id <= after)
			break;
		n = keep(out, n, max, best);
		before = best->id;
	}
	return n;
}

size_t
world_msg_list(struct world *w, uint64_t channel, uint64_t before,
    uint64_t after, struct world_msg **out, size_t max)
{
	return list(w, channel, before, after, false, out, max);
}

size_t
world_msg_list_all(struct world *w, uint64_t channel, uint64_t before,
    struct world_msg **out, size_t max)
{
	return list(w, channel, before, 0, true, out, max);
}

static size_t
of_ring(struct ring *r, const struct world_msg *like, uint64_t since,
    struct world_msg **out, size_t n, size_t max)
{
	struct world_msg *m;

	for (uint64_t k = 0; n < max && (m = nth(r, k)) != NULL; k++) {
		if (m->made_ms < since)
			break;
		if (!m->gone && m->guild == like->guild && m->user == like->user
		    && (n == 0 || m->channel == out[0]->channel))
			out[n++] = m;
	}
	return n;
}

size_t
world_msg_of(struct world *w, unsigned guild, unsigned user, uint64_t ms,
    struct world_msg **out, size_t max)
{
	struct world_msg like = {.guild = guild, .user = user};
	uint64_t now = clock_boot_ms();
	size_t n = 0;

	for (unsigned i = 0; i < WORLD_RINGS; i++)
		n = of_ring(&w->msgs->ring[i], &like, now > ms ? now - ms : 0,
		    out, n, max);
	return n;
}

void
world_msg_set(struct world_msg *m, char *json)
{
	free(m->json);
	m->json = json;
}

void
world_msg_drop(struct world_msg *m)
{
	m->gone = true;
	world_msg_set(m, NULL);
}

bool
world_ping_answer(struct world *w, uint64_t id)
{
	struct world_msg *m = world_msg_find(w, id);

	if (m == NULL || !m->ping)
		return false;
	m->answers++;
	return true;
}

uint64_t
world_ping_answer_in(struct world *w, uint64_t channel)
{
	struct ring *r = &w->msgs->ring[WORLD_PING];
	struct world_msg *m, *best = NULL;

	for (uint64_t k = 0; (m = nth(r, k)) != NULL; k++)
		if (m->ping && m->channel == channel
		    && (best == NULL || m->answers == 0))
			best = m;
	if (best == NULL)
		return 0;
	best->answers++;
	return best->id;
}
