/* SPDX-License-Identifier: MIT */
/* Schedules; see cron.h. */
#include "handler/timer/cron.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* 29 February on a given day of the week can be 40 years away (around 2100). */
#define CRON_DAYS_MAX (41 * 366)
#define DAY_S 86400

struct field {
	int low, high;
	const char *names; /* three letters each, from low on; NULL: none */
	const char *wrong;
};

static const struct field fields[] = {
    {0, 59, NULL, "the minute must be 0 to 59, or *"},
    {0, 23, NULL, "the hour must be 0 to 23, or *"},
    {1, 31, NULL, "the day of the month must be 1 to 31, or *"},
    {1, 12, "janfebmaraprmayjunjulaugsepoctnovdec",
	"the month must be 1 to 12, jan to dec, or *"},
    {0, 7, "sunmontuewedthufrisat",
	"the day of the week must be 0 to 7, sun to sat, or *"},
};

static bool
read_number(const char **p, int *out)
{
	if (!isdigit((unsigned char)**p))
		return false;
	for (*out = 0; isdigit((unsigned char)**p); (*p)++) {
		*out = *out * 10 + (**p - '0');
		if (*out > 1000)
			return false;
	}
	return true;
}

static bool
read_value(const struct field *f, const char **p, int *out)
{
	if (f->names != NULL)
		for (int i = 0; f->names[i * 3] != '\0'; i++)
			if (strncasecmp(*p, f->names + i * 3, 3) == 0) {
				*p += 3;
				*out = f->low + i;
				return true;
			}
	return read_number(p, out) && *out >= f->low && *out <= f->high;
}

/* One of a list: "*", "3", "1-5", each with "/2" or not. */
static bool
read_item(const struct field *f, const char **p, uint64_t *bits)
{
	int from = f->low, to = f->high, step = 1;

	if (**p == '*') {
		(*p)++;
	} else {
		if (!read_value(f, p, &from))
			return false;
		to = from;
		if (**p == '-') {
			(*p)++;
			if (!read_value(f, p, &to) || to < from)
				return false;
		} else if (**p == '/') {
			to = f->high;
		}
	}
	if (**p == '/') {
		(*p)++;
		if (!read_number(p, &step) || step < 1)
			return false;
	}
	for (int i = from; i <= to; i += step)
		*bits |= (uint64_t)1 << i;
	return true;
}

static bool
read_field(const struct field *f, const char **p, uint64_t *bits)
{
	for (*bits = 0;; (*p)++) {
		if (!read_item(f, p, bits))
			return false;
		if (**p != ',')
			break;
	}
	return **p == '\0' || **p == ' ';
}

int
cron_parse(struct cron *c, const char *text, const char **why)
{
	uint64_t bits[nitems(fields)];
	bool any[nitems(fields)];

	for (size_t i = 0; i < nitems(fields); i++) {
		text += strspn(text, " ");
		*why = "a schedule has five fields: minute, hour, day of the "
		       "month, month, day of the week";
		if (*text == '\0')
			return -1;
		any[i] = *text == '*';
		*why = fields[i].wrong;
		if (!read_field(&fields[i], &text, &bits[i]))
			return -1;
	}
	text += strspn(text, " ");
	*why = "a schedule has five fields and nothing behind them";
	if (*text != '\0')
		return -1;
	*c = (struct cron) {bits[0], (uint32_t)bits[1], (uint32_t)bits[2],
	    (uint32_t)bits[3], (uint32_t)(bits[4] | bits[4] >> 7), any[2],
	    any[4]};
	return 0;
}

int
cron_parse_daily(struct cron *c, const char *text, const char **why)
{
	int hour, minute;

	*why = "daily must be \"HH:MM\", from 00:00 to 23:59";
	if (strlen(text) != 5 || !read_number(&text, &hour) || *text++ != ':'
	    || !read_number(&text, &minute) || *text != '\0' || hour > 23
	    || minute > 59)
		return -1;
	*c = (struct cron) {(uint64_t)1 << minute, 1u << hour, ~0u, ~0u, ~0u,
	    true, true};
	return 0;
}

static bool
day_fits(const struct cron *c, int64_t day)
{
	time_t at = (time_t)(day * DAY_S);
	struct tm tm;
	bool mday, wday;

	gmtime_r(&at, &tm);
	if ((c->months >> (tm.tm_mon + 1) & 1) == 0)
		return false;
	mday = c->mdays >> tm.tm_mday & 1;
	wday = c->wdays >> tm.tm_wday & 1;
	if (!c->any_mday && !c->any_wday)
		return mday || wday;
	return mday && wday;
}

/* First fitting minute of a day at or after `minute`; -1: none. */
static int
minute_from(const struct cron *c, int minute)
{
	for (; minute < 24 * 60; minute++)
		if ((c->hours >> minute / 60 & 1)
		    && (c->minutes >> minute % 60 & 1))
			return minute;
	return -1;
}

int64_t
cron_next(const struct cron *c, int64_t after)
{
	int64_t first = after / 60 + 1, day = first / (24 * 60);
	int minute = (int)(first % (24 * 60));

	for (int i = 0; i < CRON_DAYS_MAX; i++, day++, minute = 0) {
		int at = day_fits(c, day) ? minute_from(c, minute) : -1;

		if (at >= 0)
			return day * DAY_S + at * 60;
	}
	return -1;
}
