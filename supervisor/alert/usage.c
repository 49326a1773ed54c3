/* SPDX-License-Identifier: MIT */
/* See usage.h. */
#include "supervisor/alert/usage.h"

#include <string.h>

#define HOUR_MS 3600000.0

struct usage_marks
usage_marks(uint64_t limit)
{
	return (struct usage_marks) {.over = limit / 100 * USAGE_OVER
		+ limit % 100 * USAGE_OVER / 100,
	    .warn = limit / 100 * USAGE_WARN + limit % 100 * USAGE_WARN / 100,
	    .urgent = limit / 100 * USAGE_URGENT
		+ limit % 100 * USAGE_URGENT / 100};
}

static void
keep(struct usage *u, uint64_t value, uint64_t now)
{
	u->last = value;
	u->last_ms = now;
	if (u->n > 0 && now - u->at_ms[u->n - 1] < USAGE_EVERY_MS)
		return;
	if (u->n == USAGE_SAMPLES) {
		u->n--;
		memmove(u->at_ms, u->at_ms + 1, u->n * sizeof(*u->at_ms));
		memmove(u->value, u->value + 1, u->n * sizeof(*u->value));
	}
	u->at_ms[u->n] = now;
	u->value[u->n++] = value;
}

enum usage_news
usage_take(struct usage *u, uint64_t value, const struct usage_marks *m,
    uint64_t now)
{
	unsigned was = u->level;

	keep(u, value, now);
	if (value >= m->urgent)
		u->level = 2;
	else if (value >= m->warn)
		u->level = was > 1 ? was : 1; /* it has been said */
	else if (value < m->over)
		u->level = 0;
	if (u->level == was)
		return USAGE_SAME;
	return u->level == 0 ? USAGE_NEWS_OVER
	    : u->level == 1  ? USAGE_NEWS_WARN
			     : USAGE_NEWS_URGENT;
}

double
usage_per_hour(const struct usage *u)
{
	if (u->n < 2 || u->last <= u->value[0] || u->last_ms <= u->at_ms[0])
		return 0;
	return (double)(u->last - u->value[0]) * HOUR_MS
	    / (double)(u->last_ms - u->at_ms[0]);
}

int64_t
usage_eta_s(const struct usage *u, uint64_t limit)
{
	double rate = usage_per_hour(u);

	if (u->last >= limit)
		return 0;
	if (rate <= 0 || (double)(limit - u->last) / rate > 24 * 365)
		return -1;
	return (int64_t)((double)(limit - u->last) / rate * 3600);
}

void
usage_eta_words(int64_t s, char *out, size_t size)
{
	if (s < 120)
		str_format(out, size, "in %lld s", (long long)s);
	else if (s < 7200)
		str_format(out, size, "in %lld min", (long long)s / 60);
	else if (s < 172800)
		str_format(out, size, "in %lld h", (long long)s / 3600);
	else
		str_format(out, size, "in %lld days", (long long)s / 86400);
}
