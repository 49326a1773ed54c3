/* SPDX-License-Identifier: MIT */
/* The last pings asked and how often each was answered (sim.h: pings_*). */
#ifndef TOOLS_SIM_BOOK_PINGS_H
#define TOOLS_SIM_BOOK_PINGS_H

#include "tools/sim/base/sim.h"

#define PINGS_MAX 16384	/* remembered; answers to older ones are not seen */

struct pings {
	struct {
		uint64_t id;
		unsigned answers;
	} ring[PINGS_MAX];
	uint64_t sent, answered, repeated;
};

#endif
