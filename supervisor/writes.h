/* SPDX-License-Identifier: MIT */
/*
 * What the supervisor wants in the store and need not wait for.  A turn's worth
 * goes in one transaction; while another process writes, or the disk refuses,
 * it stays here and is tried again, so the loop never stands still for it.  What
 * is noted under one key replaces what was not yet written under it.  The
 * ledger's entries do not come this way: they are on disk before an IDENTIFY.
 */
#ifndef SUPERVISOR_WRITES_H
#define SUPERVISOR_WRITES_H

#include "shared/store/store.h"
#include "shared/base/timer.h"

#define WRITES_SETTLED_MAX 4096	/* settlements kept; the oldest goes first */
#define WRITES_BUSY_S 1.0	/* another process writes: tried again */
#define WRITES_FAILED_S 5.0
#define WRITES_TELL_MS 10000	/* a busy store is told of after it */
#define WRITES_REST 4		/* times as long as a write took, none follows */

struct writes {
	const struct store *store;
	struct timer timer;
	struct list due;	/* struct write, in order */
	uint32_t n, settled;
	uint64_t since_ms;	/* boot stamp of the first refusal; 0: none */
	uint64_t rest_ms;	/* not before */
	uint64_t lost;		/* settlements dropped at the bound */
	bool told;
};

void writes_init(struct writes *, struct timers *, const struct store *);
/* At once or later, in this order; none of them waits. */
void writes_blob(struct writes *, const char *key, const void *, size_t);
void writes_gateway(struct writes *, const struct store_gateway *);
void writes_settle(struct writes *, uint64_t id, uint32_t outcome,
    uint32_t close_code);
/* Now; may wait as any write.  0 when nothing is left. */
int writes_flush(struct writes *, struct err *);
/* The last of them, with all the patience there is; what can't be written then
 * is told of. */
void writes_close(struct writes *);

#endif
