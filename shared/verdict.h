/* SPDX-License-Identifier: MIT */
/*
 * What a shard's part of the stats page amounts to now: whoever shows shards
 * says the same of them.  Ages, not last good values (design, I7): a process
 * that is gone is down whatever it wrote last, and a shard that claims to be
 * ready but hears nothing is deaf.
 *
 * One that hears the rest but nothing of one class of events any more is
 * partly deaf (discord-protocol.md 8.31).  Silence is measured in the other
 * events that came meanwhile, so that it is not the night that is judged.
 * Events of any kind are held against what the other shards hear meanwhile.
 * What that can't see: a fleet of one shard that hears nothing at all, a class that never was frequent, a shard that hears
 * hardly anything at all, and one that was silent from the start in a fleet
 * whose other shards know no better.
 */
#ifndef SHARED_VERDICT_H
#define SHARED_VERDICT_H

#include "shared/page.h"

#define VERDICT_INTERVALS 2 /* of heartbeats, without a sign of life */

/* Silence: more traffic without an event of the class than each of these. */
#define VERDICT_SEEN 32	    /* events that make a usual rate */
#define VERDICT_TRAFFIC 100
#define VERDICT_USUAL 30    /* times what usually comes to one of them */
#define VERDICT_LONGEST 3   /* times the most that came of late */
/* If it has no rate of its own, times what comes to one at the others, whose
 * guilds may be of another kind; and so much at least. */
#define VERDICT_OTHERS 300
#define VERDICT_OTHERS_TRAFFIC 10000

struct verdict {
	enum shard_state state;
	bool ready; /* and hears */
	bool deaf;  /* ready, but no ACK or no byte for too long */
	uint32_t silent; /* partly deaf: the classes it hears no more, bits of
			    enum page_class_id; it counts as ready still */
	const char *word; /* the state's, "deaf" or "partly deaf" */
};

#define VERDICT_WORDS 256

/* alive: its process exists.  now_ms: clock_boot_ms(). */
struct verdict verdict_shard(const struct page_shard *, bool alive,
    uint64_t now_ms);

/* What the silence of a class is measured in: what else the shard hears, or for
 * events at all what the fleet hears. */
static inline uint64_t
verdict_clock(const struct page_shard *s, enum page_class_id class)
{
	return class == CLASS_EVENTS ? s->fleet : s->traffic;
}
/* So much of it may come before a class is silent; 0: any, it has no rate. */
double verdict_allowed(const struct page_shard *, enum page_class_id);
/* When it heard the class last, or could begin to. */
uint64_t verdict_heard_ms(const struct page_shard *, enum page_class_id);
bool verdict_silent(const struct page_shard *, enum page_class_id,
    uint64_t now_ms);
/* What a partly deaf shard does not hear, since when, against what is usual:
 * a sentence without its dot; "" for other shards. */
void verdict_words(const struct page_shard *, const struct verdict *,
    uint64_t now_ms, char out[VERDICT_WORDS]);

#endif
