/* SPDX-License-Identifier: MIT */
#include "shared/base/clock.h"

#include "shared/base/base.h"

#include <sys/random.h>
#include <time.h>

static int64_t
read_ms(clockid_t id)
{
	struct timespec ts;

	must(clock_gettime(id, &ts) == 0);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

uint64_t
clock_boot_ms(void)
{
	return (uint64_t)read_ms(CLOCK_BOOTTIME);
}

int64_t
clock_wall_ms(void)
{
	return read_ms(CLOCK_REALTIME);
}

/* Straight from the kernel: jitter is rare, and a fork needs no reseeding. */
double
clock_random(void)
{
	uint64_t v = 0;

	must(getrandom(&v, sizeof(v), 0) == (ssize_t)sizeof(v));
	return (double)(v >> 11) / 9007199254740992.0; /* 2^53 */
}
