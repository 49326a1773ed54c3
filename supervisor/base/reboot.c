/* SPDX-License-Identifier: MIT */
/* See reboot.h. */
#include "supervisor/base/reboot.h"

#include <string.h>
#include <time.h>

#include "shared/base/clock.h"
#include "shared/base/log.h"
#include "shared/page/page.h"

#define BOOT_KEY "boot"	    /* store blob: struct kept */
#define SHARDS_LOOKED_AT 64 /* for the last sign of life */

struct kept {
	char id[40];
	uint32_t stopped; /* in order */
	uint32_t reserved;
	int64_t seen_ms; /* wall clock of the start or the stop */
};

static void
keep(const struct store *db, bool stopped)
{
	struct kept k = {.stopped = stopped, .seen_ms = clock_wall_ms()};
	struct err e;

	page_boot_id(k.id);
	if (store_blob_put(db, BOOT_KEY, &k, sizeof(k), &e) == -1)
		log_warn("The boot can't be noted, so the next reboot may be "
			 "missed: %s",
		    e.text);
}

/* Batches of cursors carry a stamp every few seconds while events come. */
static int64_t
last_seen(const struct store *db, int64_t seen)
{
	struct store_session s;

	for (uint32_t i = 0;
	     i < SHARDS_LOOKED_AT && store_session_get(db, i, &s, NULL) == 1;
	     i++)
		if (s.seen_ms > seen)
			seen = s.seen_ms;
	return seen;
}

static void
put_words(struct reboot *b)
{
	time_t t = (time_t)(b->seen_ms / 1000);
	char when[40];
	struct tm tm;

	strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S UTC",
	    gmtime_r(&t, &tm));
	str_format(b->text, sizeof(b->text),
	    "The machine was rebooted: %s %s. Sessions are resumed as far as "
	    "Discord still has them.",
	    b->in_order ? "the fleet had been stopped at"
			: "the fleet was "
			  "not stopped before, its last sign of life is of",
	    when);
}

void
reboot_begin(struct reboot *b, const struct store *db)
{
	struct kept k;
	char now[40];
	size_t len;

	memset(b, 0, sizeof(*b));
	page_boot_id(now);
	if (store_blob_get(db, BOOT_KEY, &k, sizeof(k), &len, NULL) == 1
	    && len == sizeof(k) && k.id[0] != '\0' && now[0] != '\0'
	    && strncmp(k.id, now, sizeof(k.id)) != 0) {
		b->rebooted = true;
		b->in_order = k.stopped != 0;
		b->since_ms = clock_wall_ms();
		b->seen_ms = last_seen(db, k.seen_ms);
		put_words(b);
		log_notice("%s", b->text);
	}
	keep(db, false);
}

void
reboot_end(const struct store *db)
{
	keep(db, true);
}
