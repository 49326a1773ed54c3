/* SPDX-License-Identifier: MIT */
/*
 * How much of what a shard hears is of which class, for the judge of partial
 * deafness (verdict.h, discord-protocol.md 8.31).  Counts dispatches by the
 * first letters of their names: no allocation, no system call, no clock.
 */
#ifndef SHARD_EVENTS_TRAFFIC_H
#define SHARD_EVENTS_TRAFFIC_H

#include "shared/page/page.h"

#define TRAFFIC_SEEN_MAX 1024 /* events of a class remembered; then half */
#define TRAFFIC_LEARNED 8     /* times what was allowed, of one gap */
#define TRAFFIC_DAY_S 86400.0 /* the longest gap is forgotten within days */
#define TRAFFIC_STALE_MS 86400000u /* silent for so long: it is how it is */

/* A dispatch of this name; at its stats->frame_ms, with stats->fleet as it is
 * then. */
void traffic_dispatch(struct page_shard *, const char *t, size_t len);
/* A new session: what was silent in the one before may speak in this.  anew:
 * other intents, so nothing that was learned holds. */
void traffic_session(struct page_shard *, bool anew);
/*
 * Every passed_s: forgets, and takes over what the fleet knows.  A class that
 * was silent for a day is learned anew: its name, or NULL.
 */
const char *traffic_tick(struct page_shard *, const struct page_cluster *,
    double passed_s, uint64_t now_ms);

#endif
