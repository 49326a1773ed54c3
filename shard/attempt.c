/* SPDX-License-Identifier: MIT */
#include "shard/attempt.h"

#include "shared/clock.h"

#define SPREAD_S_PER_SHARD 0.05 /* after a common disconnect (2.7) */
/* At start the whole fleet's RESUMEs must fit into a few seconds. */
#define START_S_PER_SHARD 0.0125
#define DOUBLINGS_MAX 16 /* far above both caps */

static double
doubled(double first, unsigned times, double cap)
{
	double v = first;

	if (times > DOUBLINGS_MAX)
		times = DOUBLINGS_MAX;
	v *= (double)(1u << times);
	return v < cap ? v : cap;
}

void
attempt_init(struct attempt *a, uint32_t shard_count, double spacing_s,
    uint32_t host_fails)
{
	*a = (struct attempt) { .shard_count = shard_count,
		.spacing_s = spacing_s, .host_fails = host_fails,
		.main_next = host_fails > 0 };
}

void
attempt_succeeded(struct attempt *a)
{
	a->fails = 0;
	a->identify_fails = 0;
	a->main_next = a->host_fails > 0;
}

static double
spread(double per_shard, uint32_t count)
{
	double s = per_shard * count;

	return s < ATTEMPT_SPREAD_MAX_S ? s : ATTEMPT_SPREAD_MAX_S;
}

double
attempt_delay(struct attempt *a)
{
	unsigned n = a->fails++;
	double top;

	if (n == 0) {
		/* Often the whole fleet at once: an op 7 storm (8.2). */
		top = spread(SPREAD_S_PER_SHARD, a->shard_count);
		return clock_random() * (top > 1.0 ? top : 1.0);
	}
	return clock_random() * doubled(1.0, n - 1, ATTEMPT_BACKOFF_MAX_S);
}

double
attempt_identify_delay(struct attempt *a)
{
	double base = doubled(a->spacing_s, a->identify_fails++,
	    ATTEMPT_SPACING_MAX_S);

	a->fails++;
	return base * (1.0 + 0.25 * clock_random());
}

double
attempt_start_spread(const struct attempt *a)
{
	return clock_random() * spread(START_S_PER_SHARD, a->shard_count);
}

bool
attempt_use_main(const struct attempt *a)
{
	return a->main_next;
}

bool
attempt_host_result(struct attempt *a, bool on_main, bool reached)
{
	bool worth = false;

	if (!on_main && reached) {
		worth = a->host_fails > 0;
		a->host_fails = 0;
	} else if (!on_main) {
		a->host_fails++;
	} else if (reached) {
		/* Only the main URL answering proves the other one dead. */
		worth = a->host_fails > 0;
	}
	if (reached)
		a->main_next = a->host_fails > 0;
	else
		a->main_next = !on_main;
	return worth;
}
