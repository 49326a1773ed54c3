/* SPDX-License-Identifier: MIT */
#include "shared/page/days.h"

#include <string.h>

void
days_get(const struct store *s, struct days *d)
{
	size_t len;

	if (store_blob_get(s, DAYS_KEY, d, sizeof(*d), &len, NULL) != 1
	    || len != sizeof(*d))
		memset(d, 0, sizeof(*d));
}

struct days_day *
days_at(struct days *d, int64_t wall_ms)
{
	int64_t day = wall_ms / DAYS_MS;
	struct days_day *at = &d->day[(uint64_t)day % DAYS_KEPT];

	if (at->day != day) {
		memset(at, 0, sizeof(*at));
		at->day = day;
	}
	return at;
}

const struct days_day *
days_find(const struct days *d, int64_t wall_ms)
{
	int64_t day = wall_ms / DAYS_MS;
	const struct days_day *at = &d->day[(uint64_t)day % DAYS_KEPT];

	return at->day == day ? at : NULL;
}
