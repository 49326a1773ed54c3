/* SPDX-License-Identifier: MIT */
/*
 * When and where the next connection attempt goes (discord-protocol.md 2.12):
 * full-jitter back-off that only READY or RESUMED resets, growing spacing of
 * IDENTIFYs that failed, and the way round a dead resume host.
 */
#ifndef SHARD_ATTEMPT_H
#define SHARD_ATTEMPT_H

#include "shared/base.h"

#define ATTEMPT_BACKOFF_MAX_S 60.0
#define ATTEMPT_SPACING_MAX_S 600.0	/* between failed IDENTIFYs (8.8) */
#define ATTEMPT_SPREAD_MAX_S 10.0	/* of a whole fleet's RESUMEs (2.7) */

struct attempt {
	uint32_t shard_count;
	double spacing_s;	 /* of the first failed IDENTIFY: 5 */
	unsigned fails;		 /* attempts since READY or RESUMED */
	unsigned identify_fails; /* IDENTIFYs spent in vain since READY */
	uint32_t host_fails;	 /* of resume_url, in a row */
	bool main_next;		 /* a RESUME's next attempt: the main URL */
};

void attempt_init(struct attempt *, uint32_t shard_count, double spacing_s,
    uint32_t host_fails);
/* READY or RESUMED. */
void attempt_succeeded(struct attempt *);
/* Seconds until the next attempt; counts it. */
double attempt_delay(struct attempt *);
/* The same after an IDENTIFY was spent in vain. */
double attempt_identify_delay(struct attempt *);
/* Seconds by which the first RESUME of a starting fleet is put off. */
double attempt_start_spread(const struct attempt *);
/* Should this RESUME go to the main URL? */
bool attempt_use_main(const struct attempt *);
/*
 * What became of a RESUME's connection; reached: a HELLO came.  True when
 * host_fails has changed in a way worth keeping across processes.
 */
bool attempt_host_result(struct attempt *, bool on_main, bool reached);

#endif
