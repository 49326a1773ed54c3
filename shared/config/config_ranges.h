/* SPDX-License-Identifier: MIT */
/*
 * Lists of numbers in config values, "0-7, 12": guild ids and shard ids a
 * plugin subscribes to.  "" is every number.
 */
#ifndef SHARED_CONFIG_CONFIG_RANGES_H
#define SHARED_CONFIG_CONFIG_RANGES_H

#include "shared/base/base.h"

#define CONFIG_RANGES_MAX 100000 /* numbers or ranges in one list */

struct config_range {
	uint64_t low, high;
};
struct config_ranges {
	struct config_range *range; /* ascending, apart; NULL: every number */
	size_t n;
};

/* 0, or -1 when text is no such list; the caller ends with _free. */
int config_ranges_parse(struct config_ranges *, const char *text);
void config_ranges_free(struct config_ranges *);
bool config_ranges_all(const struct config_ranges *);
bool config_ranges_have(const struct config_ranges *, uint64_t number);

#endif
