/* SPDX-License-Identifier: MIT */
/*
 * Fixed windows that begin with the first request of a bucket.  An answer of
 * 429 takes nothing from a bucket.  It never looks at requests themselves.
 */
#include "tools/sim/rest/limit.h"

#include <inttypes.h>
#include <string.h>

static const struct {
	const char *name;
	uint32_t requests, window_ms;
} rule[LIMIT_CLASSES] = {
#define X(name, n, ms) {#name, n, ms},
    LIMIT_TABLE(X)
#undef X
};

struct bucket {
	uint64_t major;
	uint16_t bot, cls; /* LIMIT_NONE: a free slot */
	uint32_t used;
	uint64_t ends_ms; /* the window began with its first request */
};

struct limit {
	uint64_t seed;
	struct bucket *bucket; /* LIMIT_BUCKETS_MAX * 2, linear probing */
	uint32_t buckets;
	struct {
		uint64_t ends_ms;
		uint32_t used;
	} second[LIMIT_BOTS_MAX];
	uint64_t invalid_ends_ms, ban_ends_ms;
	uint32_t invalids;
};

#define SLOTS (LIMIT_BUCKETS_MAX * 2u)

struct limit *
limit_new(uint64_t seed)
{
	struct limit *l = base_alloc(sizeof(*l));

	l->seed = seed;
	l->bucket = base_alloc(SLOTS * sizeof(*l->bucket));
	return l;
}

void
limit_free(struct limit *l)
{
	if (l == NULL)
		return;
	free(l->bucket);
	free(l);
}

void
limit_reset(struct limit *l)
{
	struct bucket *bucket = l->bucket;
	uint64_t seed = l->seed;

	memset(bucket, 0, SLOTS * sizeof(*bucket));
	*l = (struct limit) {.seed = seed, .bucket = bucket};
}

const char *
limit_name(enum limit_class c)
{
	return rule[c].name;
}

static struct bucket *
slot_of(struct limit *l, unsigned bot, enum limit_class c, uint64_t major)
{
	uint64_t key[3] = {bot, c, major};
	uint32_t at = (uint32_t)base_hash64(key, sizeof(key)) & (SLOTS - 1);

	while (l->bucket[at].cls != LIMIT_NONE
	    && (l->bucket[at].bot != bot || l->bucket[at].cls != c
		|| l->bucket[at].major != major))
		at = (at + 1) & (SLOTS - 1);
	return &l->bucket[at];
}

/* Puts the buckets that still run into a new table; if that is not enough,
 * the bots' newest ones are forgotten: laxer, never wrongly refused. */
static void
purge(struct limit *l, uint64_t now)
{
	struct bucket *old = l->bucket;

	l->bucket = base_alloc(SLOTS * sizeof(*l->bucket));
	l->buckets = 0;
	for (uint32_t i = 0; i < SLOTS && l->buckets < LIMIT_BUCKETS_MAX / 2;
	     i++)
		if (old[i].cls != LIMIT_NONE && old[i].ends_ms > now) {
			*slot_of(l, old[i].bot, old[i].cls,
			    old[i].major) = old[i];
			l->buckets++;
		}
	free(old);
}

void
limit_take(struct limit *l, unsigned bot, enum limit_class c, uint64_t major,
    uint64_t now, struct limit_answer *a)
{
	struct bucket *b;

	memset(a, 0, sizeof(*a));
	if (c == LIMIT_NONE)
		return;
	if (l->buckets >= LIMIT_BUCKETS_MAX)
		purge(l, now);
	must(bot < LIMIT_BOTS_MAX);
	b = slot_of(l, bot, c, major);
	if (b->cls == LIMIT_NONE) {
		b->bot = (uint16_t)bot;
		b->cls = (uint16_t)c;
		b->major = major;
		l->buckets++;
	}
	if (b->ends_ms <= now) {
		b->ends_ms = now + rule[c].window_ms;
		b->used = 0;
	}
	a->refused = b->used >= rule[c].requests;
	if (!a->refused)
		b->used++;
	a->limit = rule[c].requests;
	a->remaining = rule[c].requests - b->used;
	a->reset_after_ms = b->ends_ms - now;
	must(str_format(a->bucket, sizeof(a->bucket),
	    "%016" PRIx64 "%016" PRIx64,
	    base_hash64(rule[c].name, strlen(rule[c].name)),
	    l->seed * 0x9e3779b97f4a7c15u ^ c));
}

uint64_t
limit_take_global(struct limit *l, unsigned bot, uint64_t now)
{
	must(bot < LIMIT_BOTS_MAX);
	if (l->second[bot].ends_ms <= now) {
		l->second[bot].ends_ms = now + 1000;
		l->second[bot].used = 0;
	}
	if (l->second[bot].used >= LIMIT_GLOBAL)
		return l->second[bot].ends_ms - now;
	l->second[bot].used++;
	return 0;
}

void
limit_invalid(struct limit *l, uint64_t now)
{
	if (l->invalid_ends_ms <= now) {
		l->invalid_ends_ms = now + LIMIT_INVALID_MS;
		l->invalids = 0;
	}
	if (++l->invalids >= LIMIT_INVALID && l->ban_ends_ms <= now)
		l->ban_ends_ms = now + LIMIT_BAN_MS;
}

uint64_t
limit_banned(const struct limit *l, uint64_t now)
{
	return l->ban_ends_ms > now ? l->ban_ends_ms - now : 0;
}
