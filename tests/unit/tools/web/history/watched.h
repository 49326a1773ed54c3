/* SPDX-License-Identifier: MIT */
/* A history in a directory of its own, and a fleet that is looked at. */
#ifndef TESTS_UNIT_TOOLS_WEB_HISTORY_WATCHED_H
#define TESTS_UNIT_TOOLS_WEB_HISTORY_WATCHED_H

#include "tools/web/history/history_file.h"

#include "tests/unit/rig/fake_time.h"
#include "tests/unit/rig/made_view.h"
#include "tests/unit/rig/scratch.h"

#define TICK_MS 10000
#define MINUTE (60 * 1000)
#define HOUR (60 * MINUTE)
#define SHARDS 4

struct watched {
	char dir[SCRATCH_MAX + 8];
	char file[SCRATCH_MAX + 24], old[SCRATCH_MAX + 32];
	struct history *h;
	struct view v;
	struct history_time day[HISTORY_DAYS];
	struct history_incident incident[HISTORY_INCIDENTS];
};
extern struct watched w;

/* Set-up and tear-down of a test. */
int watched_begin(void **state);
int watched_end(void **state);
void watched_reopen(void);
/* Looks for so long, at the end of each tick. */
void watched_for(uint64_t ms);
void watched_down(uint32_t shard);
void watched_up(uint32_t shard);
/* Fills w.day: the last one. */
const struct history_time *watched_today(void);
/* Fills w.incident: how many. */
size_t watched_incidents(void);

#endif
