/* SPDX-License-Identifier: MIT */
/* See seen.h. */
#include "shared/wire/seen.h"

/* Ranges lie in no order. */
bool
seen_has(const struct seen_numbers *s, uint64_t number)
{
	for (unsigned i = 0; i < s->n; i++)
		if (number >= s->range[i].low && number <= s->range[i].high)
			return true;
	return false;
}

static void
range_remove(struct seen_numbers *s, unsigned i)
{
	s->range[i] = s->range[--s->n];
}

/* Joins range i with another that it now touches. */
static void
range_join(struct seen_numbers *s, unsigned i)
{
	struct seen_range *r = &s->range[i];

	for (unsigned k = 0; k < s->n; k++) {
		struct seen_range *q = &s->range[k];

		if (k == i || (q->low != r->high + 1 && r->low != q->high + 1))
			continue;
		if (q->low < r->low)
			r->low = q->low;
		if (q->high > r->high)
			r->high = q->high;
		range_remove(s, k);
		return;
	}
}

static unsigned
range_new(struct seen_numbers *s, uint64_t number)
{
	unsigned old = 0;

	if (s->n == SEEN_RANGES) {
		for (unsigned i = 1; i < s->n; i++)
			if (s->range[i].used < s->range[old].used)
				old = i;
		range_remove(s, old);
	}
	s->range[s->n] = (struct seen_range) {.low = number, .high = number};
	return s->n++;
}

void
seen_add(struct seen_numbers *s, uint64_t number)
{
	unsigned i;

	for (i = 0; i < s->n; i++) {
		if (s->range[i].high + 1 == number) {
			s->range[i].high = number;
			break;
		}
		if (s->range[i].low == number + 1) {
			s->range[i].low = number;
			break;
		}
	}
	if (i == s->n)
		i = range_new(s, number);
	s->range[i].used = ++s->tick;
	if (s->n > 1)
		range_join(s, i);
}
