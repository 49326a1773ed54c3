/* SPDX-License-Identifier: MIT */
/* The last pings asked and how often each was answered. */
#ifndef TOOLS_SIM_BOOK_PINGS_H
#define TOOLS_SIM_BOOK_PINGS_H

#include "tools/sim/base/sim.h"

#define PINGS_MAX 16384 /* remembered; answers to older ones are not seen */

struct pings {
	struct {
		uint64_t id;
		unsigned answers;
	} ring[PINGS_MAX];
	uint64_t sent, answered, repeated;
};

/* A MESSAGE_CREATE that says "!ping" has left. */
void pings_sent(struct sim *, uint64_t message_id);
/*
 * Something was posted in answer to it (its message_reference or its nonce say
 * so).  Ids that are no ping's are ignored.
 */
void pings_answered(struct sim *, uint64_t message_id);

#endif
