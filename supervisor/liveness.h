/* SPDX-License-Identifier: MIT */
/*
 * Is a shard that looks alive really alive?  Judged from the page alone, so
 * that a shard which lies to itself is seen from outside (design I7).
 */
#ifndef SUPERVISOR_LIVENESS_H
#define SUPERVISOR_LIVENESS_H

#include "shared/page.h"

#define LIVENESS_QUIET_MS 300000   /* an attempt without any frame */
#define LIVENESS_ACK_SLACK_MS 30000 /* beyond three heartbeats */

/*
 * Why this shard must be restarted, judged from its own part of the page, or
 * NULL (discord-protocol.md 8.3, 8.25).
 */
const char *liveness_judge(const struct page_shard *, uint64_t now_ms);

#endif
