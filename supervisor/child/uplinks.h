/* SPDX-License-Identifier: MIT */
/*
 * Introduces shards and handler to each other: one socketpair per shard and
 * handler process, one end to each.  What flows over it is none of ours.
 */
#ifndef SUPERVISOR_CHILD_UPLINKS_H
#define SUPERVISOR_CHILD_UPLINKS_H

#include "shared/base/timer.h"

struct fleet;
struct member;

#define UPLINKS_QUEUED_MAX 64 /* messages waiting in the handler's channel */
#define UPLINKS_RETRY_S 0.02
#define UPLINKS_AGAIN_S                                                        \
	1.0		      /* after one was lost, or there are no fds: no
				   storm of pairs */
#define UPLINKS_SAY_MS 60000u /* between two lines that there are no fds */

struct uplinks {
	struct fleet *fleet;
	struct timer timer;
	uint64_t said_ms; /* that there are no fds, 0: never */
};

void uplinks_init(struct uplinks *, struct fleet *);
/* This child can take uplinks now: a shard that is up, a handler ready. */
void uplinks_add(struct uplinks *, struct member *);

/*
 * The shard lost its uplink to this generation of the handler.  While that one
 * lives, only a new pair brings the two together again.
 */
void uplinks_lost(struct uplinks *, struct member *, uint32_t generation);

#endif
