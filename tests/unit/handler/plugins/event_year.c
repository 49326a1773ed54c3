/* SPDX-License-Identifier: MIT */
/* Events of a year; see event_year.h. */
#include "tests/unit/handler/plugins/event_year.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

const struct event_year event_years[] = {
    {"always", 0, 0, 0, 0, 5, true},
    {"advent", 12, 1, 12, 26, 4, true},
    {"newyear", 12, 28, 1, 3, 3, true},
    {"winter", 2, 20, 3, 5, 2, true},
    {"leapday", 2, 29, 2, 29, 2, true}, /* within winter */
    {"leapend", 3, 10, 3, 12, 0, true}, /* shows always' icons */
    {"spring", 3, 20, 4, 20, 3, false}, /* shows always' banner */
    {"easter", 4, 1, 4, 5, 1, true},	/* within spring */
    {"summer", 6, 21, 8, 31, 6, true},
    {"meeting", 8, 28, 9, 4, 2, true}, /* begins within summer */
    {"ghosts", 10, 31, 10, 31, 2, true},
};
const unsigned event_years_n = nitems(event_years);

static void
file_write(const char *dir, const char *name, const char *head,
    const char *text)
{
	char path[256];
	FILE *f;

	must(str_format(path, sizeof(path), "%s/%s", dir, name));
	f = fopen(path, "w");
	must(f != NULL);
	must(fprintf(f, "%s%s", head, text) > 0 && fclose(f) == 0);
}

static void
event_write(const char *dir, const struct event_year *e)
{
	static const char png[] = "\x89PNG\r\n\x1a\n";
	char path[256], name[96], text[256];

	must(str_format(path, sizeof(path), "%s/%s", dir, e->name));
	must(mkdir(path, 0755) == 0);
	must(str_format(path, sizeof(path), "%s/%s/icons", dir, e->name));
	must(mkdir(path, 0755) == 0);
	if (e->sm == 0)
		must(str_format(text, sizeof(text), "fallback: yes"));
	else
		must(str_format(text, sizeof(text),
		    "start: %02d-%02d\n"
		    "end: %02d-%02d",
		    e->sm, e->sd, e->em, e->ed));
	must(str_format(name, sizeof(name), "%s/meta.md", e->name));
	file_write(dir, name, "---\n", strcat(text, "\n---\nIt is on.\n"));
	for (unsigned i = 0; i < e->icons; i++) {
		must(str_format(name, sizeof(name), "%s/icons/%u.png", e->name,
		    i));
		file_write(dir, name, png, name);
	}
	must(str_format(name, sizeof(name), "%s/banner.png", e->name));
	if (e->banner)
		file_write(dir, name, png, name);
}

void
event_year_write(const char *dir)
{
	static const struct event_year wrong = {"wrong", 2, 30, 3, 1, 1, true};

	for (unsigned i = 0; i < event_years_n; i++)
		event_write(dir, &event_years[i]);
	event_write(dir, &wrong);
}

/* Days since the epoch; what is beyond a month's end is in the next one. */
static int64_t
day_of(int year, int month, int day)
{
	struct tm tm = {.tm_year = year - 1900,
	    .tm_mon = month - 1,
	    .tm_mday = day};

	return timegm(&tm) / 86400;
}

/* The last day of one that ends on that date, should there be no such day. */
static int64_t
end_of(int year, int month, int day)
{
	return month == 2 && day == 29 ? day_of(year, 3, 1) - 1
				       : day_of(year, month, day);
}

unsigned
event_year_on(int64_t day, int64_t *began)
{
	time_t at = (time_t)day * 86400;
	unsigned found = 0;
	struct tm tm;

	gmtime_r(&at, &tm);
	*began = INT64_MIN;
	for (unsigned i = 1; i < event_years_n; i++)
		for (int y = tm.tm_year + 1899; y <= tm.tm_year + 1900; y++) {
			const struct event_year *e = &event_years[i];
			bool across = e->em * 100 + e->ed < e->sm * 100 + e->sd;
			int64_t from = day_of(y, e->sm, e->sd);

			if (day >= from && from > *began
			    && day <= end_of(y + across, e->em, e->ed)) {
				*began = from;
				found = i;
			}
		}
	return found;
}

unsigned
event_year_icons(unsigned event)
{
	return event_years[event].icons > 0 ? event : 0;
}

unsigned
event_year_banner(unsigned event)
{
	return event_years[event].banner ? event : 0;
}

bool
event_year_shown(const char *shown, unsigned event, const char *what)
{
	char head[64];

	must(str_format(head, sizeof(head), "%s/%s", event_years[event].name,
	    what));
	return strncmp(shown, head, strlen(head)) == 0;
}
