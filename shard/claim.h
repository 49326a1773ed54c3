/* SPDX-License-Identifier: MIT */
/*
 * Exactly one process per shard (discord-protocol.md 4.4, 8.27): a record lock
 * on the stats page that the kernel drops with its holder.  An orphan of an
 * earlier supervisor that still holds it is asked, then made, to go.
 */
#ifndef SHARD_CLAIM_H
#define SHARD_CLAIM_H

#include "shared/err.h"

#define CLAIM_TERM_MS 3000 /* for the old holder to stop in order */
#define CLAIM_KILL_MS 2000 /* for the kernel to bury it */

/* 0 with *evicted the pid that had to go (0: none), -1 when it stays held. */
int claim_take(int page_fd, uint32_t slot, int32_t *evicted, struct err *);

#endif
