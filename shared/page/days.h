/* SPDX-License-Identifier: MIT */
/*
 * What the fleet's connections did, by cause and UTC day, as kept in LMDB: the
 * supervisor adds, the CLI reads.
 */
#ifndef SHARED_PAGE_DAYS_H
#define SHARED_PAGE_DAYS_H

#include "shared/page/page.h"
#include "shared/store/store.h"

#define DAYS_KEY "days" /* store blob: struct days */
#define DAYS_KEPT 8
#define DAYS_MS ((int64_t)24 * 3600 * 1000)

struct days_day {
	int64_t day; /* wall clock / DAYS_MS; 0: never used */
	uint64_t reconnects[RECONNECTS], resumed_for[RECONNECTS];
	uint64_t identifies, resumes, resumes_failed, zombies;
};

struct days {
	struct days_day day[DAYS_KEPT]; /* by day % DAYS_KEPT */
};

/* Zeroes when there is nothing that this build can read. */
void days_get(const struct store *, struct days *);
/* The entry of that moment, cleared when it held an older day. */
struct days_day *days_at(struct days *, int64_t wall_ms);
/* The same to read: NULL when nothing was counted on that day. */
const struct days_day *days_find(const struct days *, int64_t wall_ms);

#endif
