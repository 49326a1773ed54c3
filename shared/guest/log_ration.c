/* SPDX-License-Identifier: MIT */
/* See log_ration.h. */
#include "shared/guest/log_ration.h"

#define SECOND_MS 1000u

bool
log_ration_take(struct log_ration *r, uint64_t now_ms)
{
	if (now_ms - r->since_ms >= SECOND_MS) {
		r->since_ms = now_ms;
		r->used = 0;
	}
	if (r->used == LOG_RATION_PER_S) {
		r->cut++;
		return false;
	}
	r->used++;
	return true;
}

uint64_t
log_ration_cut(struct log_ration *r, uint64_t now_ms, bool end)
{
	uint64_t cut = r->cut;

	if (!end && now_ms - r->since_ms < SECOND_MS)
		return 0;
	r->cut = 0;
	return cut;
}
