/* SPDX-License-Identifier: MIT */
/* Lists of numbers; see config_ranges.h. */
#include "shared/config/config_ranges.h"

#include <string.h>

/* Digits at *p, and moves behind them. */
static bool
number(const char **p, uint64_t *out)
{
	char digits[24];
	size_t n = strspn(*p, "0123456789");

	if (n == 0 || n >= sizeof(digits))
		return false;
	memcpy(digits, *p, n);
	digits[n] = '\0';
	*p += n;
	return str_to_u64(digits, out);
}

static bool
one(const char **p, struct config_range *r)
{
	if (!number(p, &r->low))
		return false;
	r->high = r->low;
	if (**p == '-') {
		++*p;
		if (!number(p, &r->high) || r->high < r->low)
			return false;
	}
	return **p == '\0' || strchr(", \t", **p) != NULL;
}

static int
by_low(const void *a, const void *b)
{
	const struct config_range *x = a, *y = b;

	return x->low < y->low ? -1 : x->low > y->low;
}

/* Sorted, and what overlaps made one. */
static void
tidy(struct config_ranges *list)
{
	size_t n = 0;

	qsort(list->range, list->n, sizeof(*list->range), by_low);
	for (size_t i = 0; i < list->n; i++) {
		struct config_range *last = n ? &list->range[n - 1] : NULL;

		if (last == NULL || list->range[i].low > last->high)
			list->range[n++] = list->range[i];
		else if (list->range[i].high > last->high)
			last->high = list->range[i].high;
	}
	list->n = n;
}

int
config_ranges_parse(struct config_ranges *list, const char *text)
{
	size_t most = strlen(text) / 2 + 1;

	*list = (struct config_ranges) {0};
	if (*(text += strspn(text, ", \t")) == '\0')
		return 0;
	list->range = base_alloc(most * sizeof(*list->range));
	for (; *text != '\0'; text += strspn(text, ", \t")) {
		if (list->n == CONFIG_RANGES_MAX
		    || !one(&text, &list->range[list->n])) {
			config_ranges_free(list);
			return -1;
		}
		list->n++;
	}
	tidy(list);
	return 0;
}

void
config_ranges_free(struct config_ranges *list)
{
	free(list->range);
	*list = (struct config_ranges) {0};
}

bool
config_ranges_all(const struct config_ranges *list)
{
	return list->range == NULL;
}

bool
config_ranges_have(const struct config_ranges *list, uint64_t number_)
{
	size_t low = 0, high = list->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (list->range[mid].high < number_)
			low = mid + 1;
		else
			high = mid;
	}
	return list->range == NULL
	    || (low < list->n && list->range[low].low <= number_);
}
