/* SPDX-License-Identifier: MIT */
#include "tools/sim/book/starts.h"

#include "shared/base/clock.h"

void
starts_init(struct sim *sim)
{
	struct sim_starts *s = &sim->bot[0].starts;

	if (s->remaining < 0 || s->remaining > s->total)
		s->remaining = s->total;
	s->reset_at_ms = clock_boot_ms() + STARTS_WINDOW_MS;
	for (unsigned n = 1; n < sim->cfg.bots; n++)
		sim->bot[n].starts = (struct sim_starts) {.total = s->total,
		    .remaining = s->total,
		    .reset_at_ms = s->reset_at_ms};
}

void
starts_refresh(struct sim *sim, unsigned bot)
{
	struct sim_starts *s = &sim->bot[bot].starts;
	uint64_t now = clock_boot_ms();

	if (now < s->reset_at_ms)
		return;
	s->remaining = s->total;
	s->reset_at_ms = now + STARTS_WINDOW_MS;
}

bool
starts_spend(struct sim *sim, unsigned bot)
{
	starts_refresh(sim, bot);
	if (sim->bot[bot].starts.remaining <= 0)
		return false;
	sim->bot[bot].starts.remaining--;
	return true;
}

bool
starts_key(struct sim *sim, unsigned bot, unsigned shard, uint64_t at_ms)
{
	unsigned keys = sim->cfg.max_concurrency;
	uint64_t *last = &sim->bot[bot].starts.key_ms[shard % keys];

	if (*last > 0 && at_ms < *last + (uint64_t)(sim->cfg.identify_s * 1000))
		return false;
	*last = at_ms;
	return true;
}

uint64_t
starts_reset_after_ms(struct sim *sim, unsigned bot)
{
	starts_refresh(sim, bot);
	return sim->bot[bot].starts.reset_at_ms - clock_boot_ms();
}

void
starts_set_reset_after(struct sim *sim, unsigned bot, uint64_t ms)
{
	sim->bot[bot].starts.reset_at_ms = clock_boot_ms() + ms;
}
