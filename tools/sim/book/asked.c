/* SPDX-License-Identifier: MIT */
#include "tools/sim/book/asked.h"

#include "shared/base/clock.h"

void
asked_note(struct sim *sim, const char *method, const char *path, int status,
    bool absent)
{
	struct asked *a = sim->asked;
	struct asked_call *c = &a->ring[a->count++ % ASKED_MAX];

	c->at_ms = clock_boot_ms() - sim->started_ms;
	c->status = status;
	c->absent = absent;
	str_copy(c->method, method, sizeof(c->method));
	str_copy(c->path, path, sizeof(c->path));
}

const struct asked_call *
asked_nth(const struct sim *sim, uint64_t k)
{
	const struct asked *a = sim->asked;

	if (k >= a->count || k >= ASKED_MAX)
		return NULL;
	return &a->ring[(a->count - 1 - k) % ASKED_MAX];
}
