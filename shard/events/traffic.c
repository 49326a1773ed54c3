/* SPDX-License-Identifier: MIT */
#include "shard/events/traffic.h"

#include "shared/page/verdict.h"

#include <string.h>

/* The kinds that do not count as traffic: they come in floods, of a start, an
 * outage or a request, and would make each class look silent. */
enum { KIND_STEADY = -1, KIND_FLOOD = -2 };

static bool
begins(const char *t, size_t len, const char *with, size_t n)
{
	return len >= n && memcmp(t, with, n) == 0;
}

#define BEGINS(t, len, with) begins(t, len, with, sizeof(with) - 1)

static int
kind_of(const char *t, size_t len)
{
	switch (len > 0 ? t[0] : '\0') {
	case 'M':
		return BEGINS(t, len, "MESSAGE_") ? CLASS_MESSAGES
						  : KIND_STEADY;
	case 'I':
		return BEGINS(t, len, "INTERACTION_") ? CLASS_INTERACTIONS
						      : KIND_STEADY;
	case 'V':
		return BEGINS(t, len, "VOICE_") ? CLASS_VOICE : KIND_STEADY;
	case 'G':
		if (BEGINS(t, len, "GUILD_CREATE")
		    || BEGINS(t, len, "GUILD_DELETE"))
			return CLASS_GUILDS;
		return BEGINS(t, len, "GUILD_MEMBERS_CHUNK") ? KIND_FLOOD
							     : KIND_STEADY;
	case 'R':
		return KIND_FLOOD; /* READY, RESUMED, RATE_LIMITED */
	default:
		return KIND_STEADY;
	}
}

/* A gap that was judged as silence counts for more than was allowed, so that a
 * break that is usual is called so once or twice; but not for all it was, or
 * one real deafness would hide the next. */
static void
learn(struct page_shard *s, enum page_class_id class)
{
	struct page_class *c = &s->class[class];
	uint64_t clock = verdict_clock(s, class);
	double allowed = verdict_allowed(s, class), gap;

	/* The fleet's may begin anew. */
	gap = clock > c->mark ? (double)(clock - c->mark) : 0;
	if (allowed > 0 && gap > TRAFFIC_LEARNED * allowed)
		gap = TRAFFIC_LEARNED * allowed;
	c->mark = clock;
	c->last_ms = s->frame_ms;
	c->seen += 1;
	c->over += gap;
	if (gap > c->longest)
		c->longest = gap;
	if (c->seen < TRAFFIC_SEEN_MAX)
		return;
	c->seen /= 2;
	c->over /= 2;
}

void
traffic_dispatch(struct page_shard *s, const char *t, size_t len)
{
	int kind = kind_of(t, len);

	if (kind == KIND_FLOOD)
		return;
	/* Those that READY announced say nothing of how often guilds come. */
	if (kind == CLASS_GUILDS && s->guilds_pending > 0)
		return;
	if (kind != CLASS_GUILDS) {
		s->traffic++;
		learn(s, CLASS_EVENTS);
	}
	if (kind >= 0)
		learn(s, (enum page_class_id)kind);
}

void
traffic_session(struct page_shard *s, bool anew)
{
	for (int i = 0; i < CLASSES; i++) {
		if (anew)
			s->class[i] = (struct page_class) {0};
		s->class[i].mark = verdict_clock(s, (enum page_class_id)i);
	}
}

/* What one event of the class costs elsewhere in the fleet. */
static double
elsewhere(const struct page_class *c, double seen, double over)
{
	seen -= c->seen;
	over -= c->over;
	return seen >= VERDICT_SEEN && over > 0 ? over / seen : 0;
}

const char *
traffic_tick(struct page_shard *s, const struct page_cluster *fleet,
    double passed_s, uint64_t now_ms)
{
	const char *stale = NULL;

	s->silence_ms = fleet->silence_ms;
	s->fleet = fleet->traffic;
	for (int i = 0; i < CLASSES; i++) {
		struct page_class *c = &s->class[i];

		c->longest -= c->longest * passed_s / TRAFFIC_DAY_S;
		c->others = elsewhere(c, fleet->class_seen[i],
		    fleet->class_over[i]);
		if (!verdict_silent(s, (enum page_class_id)i, now_ms)
		    || now_ms - verdict_heard_ms(s, (enum page_class_id)i)
			< TRAFFIC_STALE_MS)
			continue;
		*c = (struct page_class) {.last_ms = c->last_ms,
		    .mark = verdict_clock(s, (enum page_class_id)i)};
		stale = page_class_name[i];
	}
	return stale;
}
