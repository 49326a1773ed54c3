/* SPDX-License-Identifier: MIT */
/*
 * How long a dead child stays dead: a delay that doubles with each early death
 * and starts over once the child has proved itself.  Pure arithmetic on stamps,
 * no timers.
 */
#ifndef SUPERVISOR_BASE_RESTART_DELAY_H
#define SUPERVISOR_BASE_RESTART_DELAY_H

#include "shared/base/base.h"

#define RESTART_DELAY_PROOF_MS                                                 \
	60000			  /* ready that long: the past is forgotten */
#define RESTART_DELAY_JITTER 0.25 /* of the delay, either way */

struct restart_delay {
	double min_s, max_s;
	double next_s; /* of the next death, before jitter */
};

void restart_delay_init(struct restart_delay *, double min_s, double max_s);
/* Other limits from now on; what was learned stays within them. */
void restart_delay_limits(struct restart_delay *, double min_s, double max_s);
/*
 * The child died after ready_ms of being ready (0: it never was).  Seconds to
 * wait; random is uniform in [0,1).
 */
double restart_delay_next(struct restart_delay *, uint64_t ready_ms,
    double random);

#endif
