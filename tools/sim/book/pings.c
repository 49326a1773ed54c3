/* SPDX-License-Identifier: MIT */
#include "tools/sim/book/pings.h"

void
pings_sent(struct sim *sim, uint64_t message_id)
{
	struct pings *p = sim->pings;
	size_t i = p->sent++ % PINGS_MAX;

	p->ring[i].id = message_id;
	p->ring[i].answers = 0;
}

void
pings_answered(struct sim *sim, uint64_t message_id)
{
	struct pings *p = sim->pings;
	size_t n = p->sent < PINGS_MAX ? (size_t)p->sent : PINGS_MAX;

	for (size_t i = 0; i < n; i++) {
		if (p->ring[i].id != message_id)
			continue;
		if (p->ring[i].answers++ == 0)
			p->answered++;
		else
			p->repeated++;
		return;
	}
}
