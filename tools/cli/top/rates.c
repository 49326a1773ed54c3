/* SPDX-License-Identifier: MIT */
/* See rates.h. */
#include "tools/cli/top/rates.h"

#include <string.h>

struct rates_of *
rates_find(struct rates *r, const char *name, size_t guess)
{
	struct rates_of *of;

	if (guess < r->n && strcmp(r->of[guess].name, name) == 0)
		return &r->of[guess];
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->of[i].name, name) == 0)
			return &r->of[i];
	r->of = base_realloc(r->of, (r->n + 1) * sizeof(*r->of));
	of = &r->of[r->n++];
	memset(of, 0, sizeof(*of));
	str_copy(of->name, name, sizeof(of->name));
	return of;
}

void
rates_free(struct rates *r)
{
	free(r->of);
	*r = (struct rates) {0};
}

void
rates_take(struct rates_of *of, uint64_t counter, uint64_t now_ms)
{
	uint64_t came = counter >= of->counter ? counter - of->counter
					       : counter;

	if (of->begun && now_ms <= of->at_ms)
		return;
	if (of->begun) {
		of->past[of->next] = (double)came * 1000
		    / (double)(now_ms - of->at_ms);
		of->next = (of->next + 1) % RATES_KEPT;
		of->n += of->n < RATES_KEPT;
	}
	of->begun = true;
	of->counter = counter;
	of->at_ms = now_ms;
}

double
rates_now(const struct rates_of *of)
{
	return of->n > 0 ? of->past[(of->next + RATES_KEPT - 1) % RATES_KEPT]
			 : 0;
}

size_t
rates_past(const struct rates_of *of, double out[RATES_KEPT])
{
	for (size_t i = 0; i < of->n; i++)
		out[i] =
		    of->past[(of->next + RATES_KEPT - of->n + i) % RATES_KEPT];
	return of->n;
}
