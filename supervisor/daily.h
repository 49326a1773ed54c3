/* SPDX-License-Identifier: MIT */
/*
 * Adds what the shards count in their slots of the stats page to the totals of
 * the day, now and then, in one transaction.
 */
#ifndef SUPERVISOR_DAILY_H
#define SUPERVISOR_DAILY_H

#include "shared/page/days.h"

struct fleet;

#define DAILY_MS 60000		/* between two transactions */

struct daily_seen {
	uint64_t reconnects[RECONNECTS], resumed_for[RECONNECTS];
	uint64_t identifies, resumes, resumes_failed, zombies;
};

struct daily {
	struct fleet *fleet;
	uint32_t count;
	struct daily_seen *seen;	/* per slot */
	struct days days;
	bool dirty;
	uint64_t kept_ms;
};

void daily_init(struct daily *, struct fleet *);
/* The layout is known, or is no more (0). */
void daily_layout(struct daily *, uint32_t count);
void daily_tick(struct daily *);
/* All that was counted so far is on disk after this. */
void daily_keep(struct daily *);
/* The last word of this life. */
void daily_close(struct daily *);

#endif
