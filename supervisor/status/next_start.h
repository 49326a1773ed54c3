/* SPDX-License-Identifier: MIT */
/*
 * Would a start, a reload or a rollout take the config file as it is now, and
 * the programs it names?  Whoever edits it hears of a fault while the fleet
 * runs well, not from the restart of the night.  Files are only looked at from
 * outside; when one has changed, and changes no more, a helper reads them.
 */
#ifndef SUPERVISOR_STATUS_NEXT_START_H
#define SUPERVISOR_STATUS_NEXT_START_H

#include "supervisor/base/helper.h"

struct fleet;

#define NEXT_START_LOOK_MS 2000
#define NEXT_START_READ_S 20

struct next_start {
	struct fleet *fleet;
	struct helper helper;
	uint64_t look_ms;      /* boot, the next look */
	uint64_t seen, judged; /* how the files looked then; 0: not yet */
};

void next_start_init(struct next_start *, struct fleet *);
void next_start_tick(struct next_start *);
void next_start_stop(struct next_start *);

#endif
