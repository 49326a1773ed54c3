/* SPDX-License-Identifier: MIT */
/*
 * A repository of events for branding.py, and what is on on a day, found the
 * slow way: by counting days.
 */
#ifndef TESTS_UNIT_HANDLER_PLUGINS_EVENT_YEAR_H
#define TESTS_UNIT_HANDLER_PLUGINS_EVENT_YEAR_H

#include "shared/base/base.h"

struct event_year {
	const char *name;
	int sm, sd, em, ed; /* 0: the fallback */
	unsigned icons;
	bool banner;
};

extern const struct event_year event_years[];
extern const unsigned event_years_n;

/* Writes them, and one whose date is wrong, into the folder dir. */
void event_year_write(const char *dir);
/*
 * What is on on that day (since the epoch): its index, 0 being the fallback;
 * *began is the day it began.
 */
unsigned event_year_on(int64_t day, int64_t *began);
/* Whose icons and banner are shown then. */
unsigned event_year_icons(unsigned event);
unsigned event_year_banner(unsigned event);
/* Whether what is shown is of that event, its "icons/" or "banner". */
bool event_year_shown(const char *shown, unsigned event, const char *what);

#endif
