/* SPDX-License-Identifier: MIT */
/* See page_counts.h. */
#include "shared/page/page_counts.h"

#include <string.h>

const char *const page_counts_age_le[] = {
#define X(ms, s) s,
    PAGE_COUNTS_AGES(X)
#undef X
};

_Static_assert(nitems(page_counts_age_le) == PAGE_COUNTS_AGES_N,
    "as many as there are rows");

const char *const page_counts_route_name[PAGE_COUNTS_ROUTES_N] = {
#define X(n, s) [PAGE_COUNTS_##n] = s,
    PAGE_COUNTS_ROUTES(X)
#undef X
};

void
page_counts_aged(struct page_counts *c, uint64_t ms)
{
	static const uint64_t most[PAGE_COUNTS_AGES_N] = {
#define X(ms, s) ms,
	    PAGE_COUNTS_AGES(X)
#undef X
	};
	size_t i = 0;

	while (ms > most[i])
		i++;
	c->age[i]++;
	c->age_ms += ms;
}

static enum page_counts_route
route_of(const char *route)
{
	const char *word = strchr(route, '/');
	size_t len = word != NULL ? strcspn(++word, "/?") : 0;

	for (unsigned i = 0; i < PAGE_COUNTS_OTHER; i++)
		if (strlen(page_counts_route_name[i]) == len
		    && memcmp(page_counts_route_name[i], word, len) == 0)
			return i;
	return PAGE_COUNTS_OTHER;
}

void
page_counts_answered(struct page_counts *c, const char *route, int status)
{
	if (status >= 100 && status < 100 * (PAGE_COUNTS_CLASSES + 1))
		c->rest[route_of(route)][status / 100 - 1]++;
}

/* The struct is numbers and nothing else. */
#define NUMBERS (sizeof(struct page_counts) / sizeof(uint64_t))

void
page_counts_sum(struct page_counts *to, const struct page_counts *a,
    const struct page_counts *b)
{
	uint64_t *n = (uint64_t *)to;
	const uint64_t *x = (const uint64_t *)a, *y = (const uint64_t *)b;

	for (size_t i = 0; i < NUMBERS; i++)
		n[i] = x[i] + y[i];
}

void
page_counts_less(struct page_counts *to, const struct page_counts *from)
{
	uint64_t *n = (uint64_t *)to;
	const uint64_t *x = (const uint64_t *)from;

	for (size_t i = 0; i < NUMBERS; i++)
		n[i] -= x[i];
}
