/* SPDX-License-Identifier: MIT */
#include "shard/session/backoff.h"

#include "shared/base/clock.h"

#define SPREAD_MS_PER_SHARD 50 /* after a common disconnect (2.7) */
/* At start the whole fleet's RESUMEs must fit into a few seconds. */
#define START_S_PER_SHARD 0.0125
_Static_assert(SPREAD_MS_PER_SHARD *BACKOFF_SPREAD_SHARDS
	>= BACKOFF_SPREAD_MAX_MS,
    "so many shards have all of the spread");
#define SPREAD_MAX_S (BACKOFF_SPREAD_MAX_MS / 1000.0)
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
backoff_init(struct backoff *a, uint32_t shard_count, double spacing_s,
    uint32_t host_fails)
{
	*a = (struct backoff) {.shard_count = shard_count,
	    .spacing_s = spacing_s,
	    .host_fails = host_fails,
	    .main_next = host_fails > 0,
	    .failed_ms = clock_boot_ms()};
}

void
backoff_succeeded(struct backoff *a)
{
	a->fails = 0;
	a->identify_fails = 0;
	a->main_next = a->host_fails > 0;
}

static double
spread(double per_shard, uint32_t count)
{
	double s = per_shard * count;

	return s < SPREAD_MAX_S ? s : SPREAD_MAX_S;
}

double
backoff_delay(struct backoff *a, unsigned together, bool lasted)
{
	unsigned n = a->fails++;
	double top;

	if (n > 0)
		return clock_random()
		    * doubled(1.0, n - 1, BACKOFF_BACKOFF_MAX_S);
	/* Often the whole fleet at once: an op 7 storm (8.2). */
	top = spread(SPREAD_MS_PER_SHARD / 1000.0, together);
	return clock_random() * (lasted || top > 1.0 ? top : 1.0);
}

double
backoff_identify_delay(struct backoff *a)
{
	double base = doubled(a->spacing_s, a->identify_fails++,
	    BACKOFF_SPACING_MAX_S);

	a->fails++;
	return base * (1.0 + 0.25 * clock_random());
}

double
backoff_start_spread(const struct backoff *a)
{
	return clock_random() * spread(START_S_PER_SHARD, a->shard_count);
}

/* ---- hosts ---------------------------------------------------------- */

static uint64_t
left_ms(const struct backoff *a, bool on_main)
{
	uint64_t now = clock_boot_ms(), until = a->until_ms[on_main];

	return until > now ? until - now : 0;
}

bool
backoff_use_main(const struct backoff *a)
{
	uint64_t main_ms = left_ms(a, true), resume_ms = left_ms(a, false);

	if (main_ms != resume_ms)
		return main_ms < resume_ms;
	/* A host that was dead is given a chance now and then: resuming on
	 * the main URL works, but gets disconnected more often (2.7). */
	if (a->fails <= 1 && a->host_fails > 0
	    && clock_boot_ms() - a->failed_ms > BACKOFF_RETRY_HOST_MS)
		return false;
	return a->main_next;
}

void
backoff_host_wait(struct backoff *a, bool on_main, double seconds)
{
	if (seconds > 0)
		a->until_ms[on_main] = clock_boot_ms()
		    + (uint64_t)(seconds * 1000);
}

double
backoff_host_left(const struct backoff *a, bool both)
{
	uint64_t ms = left_ms(a, true), other = left_ms(a, false);

	if (both && other < ms)
		ms = other;
	return (double)ms / 1000;
}

/*
 * Only the main URL's HELLO proves that the other host is dead; that nobody
 * answers there either says that the outage is ours, and then nothing that
 * happened since is the host's fault (8.7).
 */
static void
host_failed(struct backoff *a, bool on_main, enum backoff_reach reach)
{
	if (!on_main) {
		a->failed_ms = clock_boot_ms();
		if (!a->outage)
			a->suspect++;
	} else if (reach == BACKOFF_NOBODY) {
		a->outage = true;
		a->suspect = 0;
	}
	a->main_next = !on_main;
}

bool
backoff_host_result(struct backoff *a, bool on_main, enum backoff_reach reach)
{
	uint32_t before = a->host_fails;

	if (reach != BACKOFF_HELLO) {
		host_failed(a, on_main, reach);
		return false;
	}
	a->host_fails = on_main ? a->host_fails + a->suspect : 0;
	a->suspect = 0;
	a->outage = false;
	a->main_next = a->host_fails > 0;
	return a->host_fails != before;
}

void
backoff_host_new(struct backoff *a)
{
	a->host_fails = a->suspect = 0;
	a->outage = a->main_next = false;
	a->until_ms[false] = 0;
}

void
backoff_main_new(struct backoff *a)
{
	a->fails = 0;
	a->outage = false;
	a->until_ms[true] = 0;
	a->main_next = true;
}
