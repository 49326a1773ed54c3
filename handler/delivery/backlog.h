/* SPDX-License-Identifier: MIT */
/*
 * What waits for one plugin on disk (state_dir/backlog/NAME,
 * shared/spool/spool.h): events that are done as far as their shards are
 * concerned.  A copy taken from it keeps its place until it is finished, in the
 * order of the disk, so that the end of any process costs repetitions at most,
 * never events (I2).
 *
 * One handler at a time may touch the backlogs: a lock file says which.  A
 * handler that starts while another still serves gets them when that one goes.
 */
#ifndef HANDLER_DELIVERY_BACKLOG_H
#define HANDLER_DELIVERY_BACKLOG_H

#include "shared/base/buf.h"
#include "handler/intake/in_flight.h"
#include "shared/config/config.h"
#include "shared/spool/spool.h"

#define BACKLOG_SEGMENT_BYTES ((uint64_t)4 << 20)
#define BACKLOG_TAKEN_BYTES ((size_t)64 << 20) /* of copies in memory */
#define BACKLOG_AHEAD_MAX 1024	/* interactions that passed the disk's order */
#define BACKLOG_KNOWN_MS 60000u /* shards repeat what they hold well within */

struct backlog_dir {
	char dir[CONFIG_PATH_MAX];
	int lock_fd; /* -1: not ours */
};
void backlog_dir_init(struct backlog_dir *, const char *state_dir);
/* Is it ours, or is now?  Asks again each time. */
bool backlog_dir_lock(struct backlog_dir *);
void backlog_dir_unlock(struct backlog_dir *);

struct backlog {
	struct spool *spool; /* NULL: not open */
	char dir[CONFIG_PATH_MAX + 72];
	struct spool_limits limits;
	bool unsynced;	   /* a power loss could take what was added */
	bool untaken;	   /* something on disk is not in memory */
	struct list taken; /* copies in memory, in the disk's order */
	struct list ahead; /* copies whose records lie behind untaken ones */
	size_t taken_n, taken_bytes, ahead_n;
	struct place inherited; /* up to here an earlier handler's records */
	uint64_t *known;	/* keys of those, to recognise repetitions */
	size_t known_n, known_mask;
	uint64_t opened_ms;
	struct buf scratch;
};

void backlog_init(struct backlog *, const struct backlog_dir *,
    const struct config_plugin *);
void backlog_limits(struct backlog *, const struct config_plugin *);
/* The lock must be ours. */
int backlog_open(struct backlog *, struct err *);
/* What was taken and not finished is there again next time. */
void backlog_close(struct backlog *);
/* Not ours yet, and another handler has left something there. */
bool backlog_of_another(const struct backlog *);
/* Does an earlier handler's part hold this event? */
bool backlog_knows(const struct backlog *, const struct event *);

/* Appends it: 0, or -1 with err when it is full or the disk is. */
int backlog_add(struct backlog *, const struct event *, struct err *);
/* What was added is on disk when it returns; may wait for that.  0 or -1. */
int backlog_sync(struct backlog *, struct err *);
/*
 * Appends it and returns a copy that holds its place, for one that is being
 * worked on or must not wait; NULL with err.
 */
struct event *backlog_keep(struct backlog *, const struct event *,
    struct err *);
/* The next one of the disk, as a copy; NULL: there is none, or no room. */
struct event *backlog_take(struct backlog *, size_t max_events);
/* A copy is finished: it is the backlog's to free. */
void backlog_finish(struct backlog *, struct event *);
/*
 * A copy that lives on without its place, if it has one: as those do by
 * themselves whose record expires or is found damaged.
 */
void backlog_forget(struct backlog *, struct event *);
/* Once in a while: what is old or no longer needed goes. */
void backlog_tick(struct backlog *);
/* received_ms of the oldest on disk that is not in memory, 0: none. */
uint64_t backlog_oldest(struct backlog *);

#endif
