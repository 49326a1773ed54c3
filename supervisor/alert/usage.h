/* SPDX-License-Identifier: MIT */
/*
 * Something that fills up: when to speak of it, how fast it grows, when it is
 * full.  Arithmetic on samples; where they come from and who is told is
 * resources.c's business.
 */
#ifndef SUPERVISOR_ALERT_USAGE_H
#define SUPERVISOR_ALERT_USAGE_H

#include "shared/base/base.h"
#include "shared/page/verdict.h"

#define USAGE_SAMPLES 8		 /* of the trend, oldest to now */
#define USAGE_EVERY_MS 15000	 /* between two of them */
#define USAGE_WARN VERDICT_SHORT /* percent */
#define USAGE_URGENT 95
#define USAGE_OVER 70 /* below it is over */

enum usage_news {
	USAGE_SAME,
	USAGE_NEWS_WARN,
	USAGE_NEWS_URGENT,
	USAGE_NEWS_OVER
};

struct usage {
	uint64_t at_ms[USAGE_SAMPLES], value[USAGE_SAMPLES];
	uint32_t n; /* samples, the last one is the youngest */
	uint64_t last, last_ms;
	unsigned level; /* 0 fine, 1 warned, 2 urgent */
};

struct usage_marks {
	uint64_t over, warn, urgent;
};

/* The usual marks of a limit, in percent as above. */
struct usage_marks usage_marks(uint64_t limit);
/* One more sample: what is new. */
enum usage_news usage_take(struct usage *, uint64_t value,
    const struct usage_marks *, uint64_t now_ms);
/* Growth by the hour over the samples kept; 0: none, or not known yet. */
double usage_per_hour(const struct usage *);
/* Seconds until it reaches limit at that pace; -1: not in sight. */
int64_t usage_eta_s(const struct usage *, uint64_t limit);
/* "in 3 h", "in 25 min" of a number of seconds. */
void usage_eta_words(int64_t s, char *out, size_t size);

#endif
