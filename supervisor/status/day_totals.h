/* SPDX-License-Identifier: MIT */
/*
 * Adds what the shards count in their slots of the stats page to the totals of
 * the day, now and then, in one transaction.
 */
#ifndef SUPERVISOR_STATUS_DAY_TOTALS_H
#define SUPERVISOR_STATUS_DAY_TOTALS_H

#include "shared/page/days.h"

struct fleet;

#define DAY_TOTALS_MS 60000 /* between two transactions */

struct day_totals_seen {
	uint64_t reconnects[RECONNECTS], resumed_for[RECONNECTS];
	uint64_t identifies, resumes, resumes_failed, zombies;
};

struct day_totals {
	struct fleet *fleet;
	uint32_t count;
	struct day_totals_seen *seen; /* per slot */
	struct days days;
	bool dirty;
	uint64_t kept_ms;
};

void day_totals_init(struct day_totals *, struct fleet *);
/* The layout is known, or is no more (0). */
void day_totals_layout(struct day_totals *, uint32_t count);
void day_totals_tick(struct day_totals *);
/* All that was counted so far is on disk after this. */
void day_totals_keep(struct day_totals *);
/* The last word of this life. */
void day_totals_close(struct day_totals *);

#endif
