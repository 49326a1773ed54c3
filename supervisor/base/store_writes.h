/* SPDX-License-Identifier: MIT */
/*
 * What the supervisor wants in the store and need not wait for.  A turn's worth
 * goes in one transaction; while another process writes, or the disk refuses,
 * it stays here and is tried again, so the loop never stands still for it.
 * What is noted under one key replaces what was not yet written under it.  The
 * ledger's entries do not come this way: they are on disk before an IDENTIFY.
 */
#ifndef SUPERVISOR_BASE_STORE_WRITES_H
#define SUPERVISOR_BASE_STORE_WRITES_H

#include "shared/store/store.h"
#include "shared/base/timer.h"

#define STORE_WRITES_SETTLED_MAX                                               \
	4096			/* settlements kept; the oldest goes first */
#define STORE_WRITES_BUSY_S 1.0 /* another process writes: tried again */
#define STORE_WRITES_FAILED_S 5.0
#define STORE_WRITES_TELL_MS 10000 /* a busy store is told of after it */
#define STORE_WRITES_REST 4 /* times as long as a write took, none follows */

struct store_writes {
	const struct store *store;
	struct timer timer;
	struct list due; /* struct write, in order */
	uint32_t n, settled;
	uint64_t since_ms; /* boot stamp of the first refusal; 0: none */
	uint64_t rest_ms;  /* not before */
	uint64_t lost;	   /* settlements dropped at the bound */
	bool told;
};

void store_writes_init(struct store_writes *, struct timers *,
    const struct store *);
/* At once or later, in this order; none of them waits. */
void store_writes_blob(struct store_writes *, const char *key, const void *,
    size_t);
void store_writes_gateway(struct store_writes *, const struct store_gateway *);
void store_writes_settle(struct store_writes *, uint64_t id, uint32_t outcome,
    uint32_t close_code);
/* Now; may wait as any write.  0 when nothing is left. */
int store_writes_flush(struct store_writes *, struct err *);
/* The last of them, with all the patience there is; what can't be written then
 * is told of. */
void store_writes_close(struct store_writes *);

#endif
