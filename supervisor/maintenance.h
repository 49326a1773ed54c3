/* SPDX-License-Identifier: MIT */
/*
 * The quick look, twice a second: what vanishes while we run (the log, run_dir)
 * is made again, the log rotates by age and is compressed, the reserve of fds
 * is refilled, the config in force is kept, and the page shows that our loop
 * turns.
 */
#ifndef SUPERVISOR_MAINTENANCE_H
#define SUPERVISOR_MAINTENANCE_H

#include "supervisor/log/log_compress.h"

struct fleet;

#define MAINTENANCE_S 0.5
#define MAINTENANCE_LOGS 20 /* looks between two at what else is in log_dir */

struct maintenance {
	struct fleet *fleet;
	struct timer timer;
	struct log_compress pack;
	unsigned turn;
	bool homeless; /* the log: it stands in the note */
	uint64_t kept; /* hash of the config that is in state_dir */
};

void maintenance_init(struct maintenance *, struct fleet *);
void maintenance_stop(struct maintenance *);

#endif
