/* SPDX-License-Identifier: MIT */
/*
 * Which numbers of a session were seen: exact ranges, not a highest number,
 * because a sequence number may be anything (tests/data/odd/
 * seq_beyond_32bit.json) and some come ahead of their place.  Beyond SEEN_RANGES
 * gaps the range used least lately is forgotten: that errs towards taking an
 * event twice, never towards losing one.  Pure.
 */
#ifndef SHARED_WIRE_SEEN_H
#define SHARED_WIRE_SEEN_H

#include "shared/base/base.h"

#define SEEN_RANGES 32 /* gaps remembered, less 1 */

struct seen_range {
	uint64_t low, high, used;
};
struct seen_numbers {
	struct seen_range range[SEEN_RANGES];
	unsigned n;
	uint64_t tick;
};

bool seen_has(const struct seen_numbers *, uint64_t number);
void seen_add(struct seen_numbers *, uint64_t number);

#endif
