/* SPDX-License-Identifier: MIT */
/* See restart_delay.h. */
#include "supervisor/base/restart_delay.h"

void
restart_delay_init(struct restart_delay *d, double min_s, double max_s)
{
	d->min_s = min_s;
	d->max_s = max_s > min_s ? max_s : min_s;
	d->next_s = d->min_s;
}

void
restart_delay_limits(struct restart_delay *d, double min_s, double max_s)
{
	d->min_s = min_s;
	d->max_s = max_s > min_s ? max_s : min_s;
	if (d->next_s < d->min_s)
		d->next_s = d->min_s;
	if (d->next_s > d->max_s)
		d->next_s = d->max_s;
}

double
restart_delay_next(struct restart_delay *d, uint64_t ready_ms, double random)
{
	double proof = d->next_s * 1000, s;

	if (proof < RESTART_DELAY_PROOF_MS)
		proof = RESTART_DELAY_PROOF_MS;
	if ((double)ready_ms >= proof)
		d->next_s = d->min_s;
	s = d->next_s
	    * (1 - RESTART_DELAY_JITTER + 2 * RESTART_DELAY_JITTER * random);
	d->next_s *= 2;
	if (d->next_s > d->max_s)
		d->next_s = d->max_s;
	return s;
}
