/* SPDX-License-Identifier: MIT */
/*
 * What a shard's part of the stats page amounts to now: whoever shows shards
 * says the same of them.  Ages, not last good values (design, I7): a process
 * that is gone is down whatever it wrote last, and a shard that claims to be
 * ready but hears nothing is deaf.
 */
#ifndef SHARED_VERDICT_H
#define SHARED_VERDICT_H

#include "shared/page.h"

#define VERDICT_INTERVALS 2 /* of heartbeats, without a sign of life */

struct verdict {
	enum shard_state state;
	bool ready; /* and hears */
	bool deaf;  /* ready, but no ACK or no byte for too long */
	const char *word; /* the state's, or "deaf" */
};

/* alive: its process exists.  now_ms: clock_boot_ms(). */
struct verdict verdict_shard(const struct page_shard *, bool alive,
    uint64_t now_ms);

#endif
