/* SPDX-License-Identifier: MIT */
/*
 * "5 0 * * *": when something is due, in UTC, where every day has 24 hours.
 * Minute, hour, day of the month, month, day of the week, each "*", numbers,
 * names, ranges, steps or lists of these; when both days are given either
 * will do.  Pure arithmetic: it knows no clock.
 */
#ifndef HANDLER_TIMER_CRON_H
#define HANDLER_TIMER_CRON_H

#include "shared/base/base.h"

struct cron {
	uint64_t minutes; /* bit per value */
	uint32_t hours, mdays, months, wdays;
	bool any_mday, any_wday; /* the field begins with "*" */
};

/* 0, or -1 with a sentence. */
int cron_parse(struct cron *, const char *text, const char **why);
/* "00:05", every day. */
int cron_parse_daily(struct cron *, const char *text, const char **why);
/*
 * The first minute that begins after `after`, both in seconds since the epoch;
 * -1: never (30 February).
 */
int64_t cron_next(const struct cron *, int64_t after);

#endif
