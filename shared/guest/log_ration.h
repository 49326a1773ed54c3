/* SPDX-License-Identifier: MIT */
/*
 * The log is everybody's: a guest gets so many lines of it per second, be they
 * of its standard error, of its calls or about it.  What is left out is
 * counted, and told as soon as the second is over.  Pure.
 */
#ifndef SHARED_GUEST_LOG_RATION_H
#define SHARED_GUEST_LOG_RATION_H

#include "shared/base/base.h"

#define LOG_RATION_PER_S 100u

struct log_ration {
	uint64_t since_ms; /* boot stamp: the second began */
	unsigned used;	   /* in it */
	uint64_t cut;	   /* left out and not told yet */
};

/* false: not this line; it is counted. */
bool log_ration_take(struct log_ration *, uint64_t now_ms);
/* What there is to tell: once a second is over, or at the end; else 0. */
uint64_t log_ration_cut(struct log_ration *, uint64_t now_ms, bool end);

#endif
