/* SPDX-License-Identifier: MIT */
/*
 * This room: events on disk.
 *
 * The spool: events of one shard that the handler could not take yet, on disk,
 * in order.  Append-only segments of checksummed records; a damaged record
 * costs itself and is counted, never its neighbours.  Bounded in bytes and in
 * age.  What was appended survives the end of every process at once, and power
 * loss once spool_sync() has returned; of what was not synced a power loss may
 * leave any part, later records without earlier ones, too.  Nothing here is on
 * the path of a fleet whose handler keeps up: the directory is not even created.
 */
#ifndef SHARED_SPOOL_SPOOL_H
#define SHARED_SPOOL_SPOOL_H

#include "shared/wire/contract.h"
#include "shared/base/err.h"
#include "shared/spool/place.h"

#include <sys/uio.h>

struct spool;

struct spool_limits {
	uint64_t bytes;		/* of all segments; at it append refuses */
	uint64_t segment_bytes; /* a segment is closed above this */
	uint64_t age_ms;	/* segments whose newest event is older and of
				   which nothing was taken are dropped and
				   counted; 0: never */
};

/* What the operator is told; totals since spool_open. */
struct spool_stats {
	uint64_t events, bytes; /* waiting now, taken or not */
	uint64_t appended, refused, damaged, damaged_bytes, expired;
};

/*
 * Opens or prepares DIR (created on the first append) and checks every record
 * in it.  NULL with err when it can't be read.  Owner: spool_close.
 */
struct spool *spool_open(const char *dir, const struct spool_limits *,
    struct err *);
/* Files stay.  NULL is fine. */
void spool_close(struct spool *);

/*
 * Appends one UP_EVENT frame, its payload in n <= SEGMENT_PARTS pieces,
 * hdr->len bytes in all; writes to disk without waiting for it.  0; -1 when the
 * bound is met or the disk is full (counted in refused; the record is not half
 * there).
 */
int spool_append(struct spool *, const struct up_hdr *, const struct iovec *,
    int n, struct err *);
/*
 * The caller has a copy of the record it appended last: it counts as taken.
 * Only when nothing else was left to take.
 */
void spool_skip(struct spool *);
/* Makes every append so far survive power loss: 0 or -1.  Waits for
 * the disk. */
int spool_sync(struct spool *, struct err *);

/* The header of the oldest record not taken yet: 1, or 0 when there is none. */
int spool_peek(struct spool *, struct up_hdr *);
/*
 * Its payload (peek's len bytes) into dst, and moves on: 0, or -1 when the
 * record is damaged, which was counted: peek again.
 */
int spool_take(struct spool *, void *dst);
/*
 * The n oldest taken records are with the handler: their place is free, and
 * stays so after any crash.
 */
void spool_release(struct spool *, size_t n);
/* The handler is gone: what was taken and not released is to be taken again. */
void spool_rewind(struct spool *);

/*
 * Places, in the order of the records, for whoever keeps something beside
 * them: where taking goes on, and the end of the record appended last.  A
 * record whose end is not behind spool_at() was taken, or is gone: any call
 * here may find it expired or damaged.
 */
struct place spool_at(const struct spool *);
struct place spool_end(const struct spool *);

bool spool_empty(const struct spool *); /* nothing left to take */
/*
 * A session is safe up to `from`: up to where with what its records here add
 * without a gap?  What lies behind a gap a RESUME brings again, in order; as
 * long as nothing was taken it is dropped, unless records of others are among
 * it; *dropped counts.  A gap that is too old for a power loss is passed over:
 * what is missing there is lost, as Discord may not have it any more.  Reads files: for a start, not for each event.
 */
uint64_t spool_follow(struct spool *, uint64_t session, uint64_t from,
    uint64_t *dropped);
/* Drops what is too old; also done when a segment is opened. */
void spool_expire(struct spool *);
void spool_stats(const struct spool *, struct spool_stats *);

#endif
