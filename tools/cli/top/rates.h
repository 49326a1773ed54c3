/* SPDX-License-Identifier: MIT */
/* From counters to so many a second, now and of late.  Pure. */
#ifndef TOOLS_CLI_TOP_RATES_H
#define TOOLS_CLI_TOP_RATES_H

#include "shared/base/base.h"

#define RATES_KEPT 120 /* looks at a counter */

struct rates_of {
	char name[72]; /* whose; "": nobody's yet */
	uint64_t counter, at_ms;
	bool begun;
	double past[RATES_KEPT]; /* a ring */
	size_t next, n;
};
struct rates {
	struct rates_of *of;
	size_t n;
};

/* Of that name, a new one where there is none yet; good until the next new
 * one.  guess: where it may be found, as shards are by their number. */
struct rates_of *rates_find(struct rates *, const char *name, size_t guess);
void rates_free(struct rates *);
/*
 * The counter has come so far.  One that went back has begun anew: what it has
 * is what came since.  Looks at one time count as one.
 */
void rates_take(struct rates_of *, uint64_t counter, uint64_t now_ms);
/* A second, between the last two looks; 0 after the first. */
double rates_now(const struct rates_of *);
/* All that is kept, oldest first; how many. */
size_t rates_past(const struct rates_of *, double out[RATES_KEPT]);

#endif
