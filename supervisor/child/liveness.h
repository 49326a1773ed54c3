/* SPDX-License-Identifier: MIT */
/*
 * Is a shard that looks alive really alive?  Judged from the page alone, so
 * that a shard which lies to itself is seen from outside (design I7).
 */
#ifndef SUPERVISOR_CHILD_LIVENESS_H
#define SUPERVISOR_CHILD_LIVENESS_H

#include "shared/page/page.h"

#define LIVENESS_QUIET_MS 300000 /* an attempt without any frame */
#define LIVENESS_INTERVALS 3
#define LIVENESS_ACK_SLACK_MS 30000 /* beyond three heartbeats */

/*
 * Why this shard must be restarted, judged from its own part of the page, or
 * NULL (discord-protocol.md 8.3, 8.25).
 */
const char *liveness_judge(const struct page_shard *, uint64_t now_ms);

#define LIVENESS_LOOK_MAX_MS 5000 /* counted between two looks at a loop */

/*
 * A handler whose loop does not turn.  What counts is the time we watched it:
 * after a suspended host woke up, or we hung ourselves, it gets its chance.
 */
struct liveness_loop {
	int32_t pid;
	uint64_t beat, look_ms, quiet_ms;
};
/* One look at the stamp of the page; how long it has been silent, in ms. */
uint64_t liveness_loop(struct liveness_loop *, int32_t pid, uint64_t beat,
    uint64_t now_ms);

#endif
