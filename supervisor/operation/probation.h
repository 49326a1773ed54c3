/* SPDX-License-Identifier: MIT */
/*
 * Judges a handler that has just taken over, from what the stats page says
 * about it and about the shards: does it take events, do they get done, do its
 * plugins stay up?  Pure arithmetic on samples; what follows is reload.c's.
 */
#ifndef SUPERVISOR_OPERATION_PROBATION_H
#define SUPERVISOR_OPERATION_PROBATION_H

#include "supervisor/operation/reload.h"

#define PROBATION_HUNG_MS 5000 /* events wait, it neither takes nor answers */
#define PROBATION_ENDS_MAX 3   /* ends of plugins that are no accident */

struct probation_sample {
	uint64_t now_ms;      /* clock_boot_ms() */
	uint64_t waiting;     /* events the shards hold, not acknowledged */
	uint64_t acked;	      /* changes whenever one is acknowledged */
	uint64_t taken;	      /* events it took, 0: it has not said */
	uint64_t plugin_ends; /* restarts of plugins, dead letters too */
	uint32_t plugins, plugins_up;
};

struct probation {
	uint64_t began_ms;
	uint64_t moved_ms;    /* last sign of work, or nothing to do */
	uint64_t quiet_ms;    /* never acknowledged, with work, since */
	uint64_t patience_ms; /* longest time one event may take */
	double ends_per_ms;   /* of plugins under the old handler */
	bool all_up_before;   /* so were the old one's plugins */
	bool acked_any;
	struct probation_sample last;
	uint64_t ends0;
};

/*
 * The new one takes over now.  before: the last sample of the old one, which
 * had served for served_ms and seen `ends` of plugins end in that time.
 */
void probation_begin(struct probation *, const struct probation_sample *before,
    uint64_t served_ms, uint64_t ends, uint64_t patience_ms);
enum reload_verdict probation_judge(struct probation *,
    const struct probation_sample *, bool last, char *words, size_t size);

#endif
