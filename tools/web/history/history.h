/* SPDX-License-Identifier: MIT */
/*
 * This room: how the bot was over the last 90 days, for who uses it.
 *
 * A ring of slots of 15 minutes and one of incidents, in one file of fixed size
 * (HISTORY_BYTES), all of which is written when it is made.  Each record has its
 * check: one that was torn, or that time has not reached yet, is not known, and
 * what was not watched is not known either, never well.  Nothing in it names
 * anything: kinds, counts and times.  Synced as it is made, never again: power
 * loss costs what the kernel had not written yet, not the file.  What can't be
 * kept on disk is kept in memory, and history_note() says so.  One process at a
 * time writes; another one waits for its turn and shows what the file has
 * meanwhile.  All calls read or write that file, at most some 300 KB; none waits
 * for a lock.
 */
#ifndef TOOLS_WEB_HISTORY_HISTORY_H
#define TOOLS_WEB_HISTORY_HISTORY_H

#include "shared/base/err.h"
#include "shared/view/view.h"
#include "tools/web/history/outage.h"

#define HISTORY_FILE "history" /* in the directory; see history_open() */
#define HISTORY_OLD "history.old"

#define HISTORY_DAYS 90 /* today is the last one */
#define HISTORY_DAY_MS ((int64_t)24 * 3600 * 1000)
#define HISTORY_SLOT_MS ((int64_t)15 * 60 * 1000)
#define HISTORY_SLOTS (HISTORY_DAYS * (HISTORY_DAY_MS / HISTORY_SLOT_MS))
#define HISTORY_INCIDENTS 256

#define HISTORY_GAP_MS 30000	/* between two looks: more is not known */
#define HISTORY_WORTH_MS 60000	/* a trouble of so long is an incident */
#define HISTORY_AGAIN_MS 300000 /* back within it: the same incident */

struct history;

/*
 * The history in dir, which is made if it is not there (its parent is not).  A
 * file of another version, or one that is none, is put aside as HISTORY_OLD and
 * a new one begun.  Never NULL; history_close() ends it.
 */
struct history *history_open(const char *dir);
void history_close(struct history *);
/* What is wrong with it, whole sentences for the log; "": nothing. */
const char *history_note(const struct history *);
/* Is that another one than when this was asked last, "" at first? */
bool history_note_changed(struct history *);

/* Once a tick, which should be 10 s: how the fleet is now; NULL: it could not
 * be read, so this is not known. */
void history_take(struct history *, const struct view *);
/* Wall clock of the last look at a fleet; 0: none yet. */
int64_t history_taken_ms(const struct history *);

/* Of one day or slot.  Well: known less the other two. */
struct history_time {
	uint64_t known_ms;
	uint64_t less_ms; /* something was missing */
	uint64_t lost_ms; /* shares of its service, as of that many ms */
	uint32_t rtt_ms;  /* mean of the shards' median; 0: not known */
};
/* The days up to that of wall_ms, the oldest first. */
void history_days(const struct history *, int64_t wall_ms,
    struct history_time out[HISTORY_DAYS]);
/* The n slots up to that of wall_ms, the oldest first. */
void history_slots(const struct history *, int64_t wall_ms, size_t n,
    struct history_time *out);

struct history_incident {
	enum outage_kind kind;
	int64_t begin_ms, end_ms; /* wall clock; end 0: it goes on */
	int64_t until_ms;	  /* not 0: it ended between end_ms and then */
	int64_t seen_ms;	  /* of one that goes on: seen last */
	uint32_t shards, out;	  /* the most of them that were not reached */
};
/* The newest first, of the last HISTORY_DAYS before wall_ms; how many. */
size_t history_incidents(const struct history *, int64_t wall_ms,
    struct history_incident *, size_t max);

#endif
