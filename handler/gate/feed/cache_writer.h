/* SPDX-License-Identifier: MIT */
/*
 * Follows the log and puts what is of it into the cache: a thread of its own,
 * so that a disk that is slow holds up no event.  It goes on where the cache
 * says it was.  When it could not keep up and the log let go what it had not
 * read, what the cache shows may be old: that is said.
 */
#ifndef HANDLER_GATE_FEED_CACHE_WRITER_H
#define HANDLER_GATE_FEED_CACHE_WRITER_H

#include "shared/guilds/guild_cache.h"
#include "handler/gate/log/gatelog.h"

#define CACHE_WRITER_BATCH 512		     /* events in one transaction */
#define CACHE_WRITER_BYTES ((size_t)1 << 20) /* ... or so many bytes */
#define CACHE_WRITER_WAIT_MS 100	     /* events are gathered for */
#define CACHE_WRITER_AGAIN_MS 2000	     /* after the disk refused */
#define CACHE_WRITER_DEPTH 64		     /* of JSON */

struct cache_writer;

struct cache_writer_state {
	uint64_t position; /* of the log, in the cache */
	uint64_t lost;	   /* records it could not read in time */
	uint64_t failed;   /* transactions */
	char why[400];	   /* of the last; "": it works */
	bool damaged;	   /* cache_writer_mend is waited for */
};

/*
 * Begins behind what the cache has of this log.  The caller is the thread that
 * appends, and calls cache_writer_wake when it has.
 */
struct cache_writer *cache_writer_start(const struct gatelog *,
    struct guild_cache *, const struct guild_cache_found *, struct err *);
void cache_writer_wake(struct cache_writer *);
void cache_writer_look(struct cache_writer *, struct cache_writer_state *);
/* No view is open, nor will be until it is no longer damaged: it may begin
 * empty. */
void cache_writer_mend(struct cache_writer *);
/* All that is in the log is in the cache when it returns, unless the disk
 * refuses. */
void cache_writer_stop(struct cache_writer *);

#endif
