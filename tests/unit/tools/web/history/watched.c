/* SPDX-License-Identifier: MIT */
#include "tests/unit/tools/web/history/watched.h"

#include <string.h>

struct watched w;

int
watched_begin(void **state)
{
	char scratch[SCRATCH_MAX];

	fake_time_reset();
	/* Noon, so that an hour is of one day, and long after the boot. */
	fake_time_set_wall(
	    HISTORY_DAY_MS / 2 - clock_wall_ms() % HISTORY_DAY_MS);
	fake_time_pass(24 * HOUR);
	if (scratch_make(scratch, sizeof(scratch)) == -1)
		return -1;
	str_format(w.dir, sizeof(w.dir), "%s/web", scratch);
	str_format(w.file, sizeof(w.file), "%s/" HISTORY_FILE, w.dir);
	str_format(w.old, sizeof(w.old), "%s/" HISTORY_OLD, w.dir);
	made_view(&w.v, SHARDS);
	w.h = history_open(w.dir);
	return 0;
}

int
watched_end(void **state)
{
	if (w.h != NULL)
		history_close(w.h);
	view_free(&w.v);
	w.dir[strlen(w.dir) - strlen("/web")] = '\0';
	return scratch_remove(w.dir);
}

void
watched_reopen(void)
{
	history_close(w.h);
	w.h = history_open(w.dir);
}

void
watched_for(uint64_t ms)
{
	for (uint64_t t = 0; t < ms; t += TICK_MS) {
		fake_time_pass(TICK_MS);
		made_view_now(&w.v);
		history_take(w.h, &w.v);
	}
}

void
watched_down(uint32_t shard)
{
	made_view_shard(&w.v, shard, SHARD_DOWN, 0);
}

void
watched_up(uint32_t shard)
{
	made_view_shard(&w.v, shard, SHARD_READY, 0);
}

const struct history_time *
watched_today(void)
{
	history_days(w.h, clock_wall_ms(), w.day);
	return &w.day[HISTORY_DAYS - 1];
}

size_t
watched_incidents(void)
{
	return history_incidents(w.h, clock_wall_ms(), w.incident,
	    nitems(w.incident));
}
