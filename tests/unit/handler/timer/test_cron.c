/* SPDX-License-Identifier: MIT */
/* Schedules: what is read, what is refused, and when the next one is. */
#include "handler/timer/cron.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

static int64_t
at(const char *text)
{
	struct tm tm = {0};

	assert_non_null(strptime(text, "%Y-%m-%d %H:%M:%S", &tm));
	return (int64_t)timegm(&tm);
}

static void
next_is(const char *schedule, const char *after, const char *want)
{
	char got[32] = "never";
	const char *why;
	struct cron c;
	time_t next;

	assert_int_equal(cron_parse(&c, schedule, &why), 0);
	next = (time_t)cron_next(&c, at(after));
	if (next >= 0)
		strftime(got, sizeof(got), "%Y-%m-%d %H:%M:%S", gmtime(&next));
	assert_string_equal(got, want);
}

static void
test_next(void **state)
{
	static const char *const row[][3] = {
	    {"5 0 * * *", "2026-11-21 00:04:59", "2026-11-21 00:05:00"},
	    {"5 0 * * *", "2026-11-21 00:05:00", "2026-11-22 00:05:00"},
	    {"5 0 * * *", "2026-12-31 12:00:00", "2027-01-01 00:05:00"},
	    /* Clocks go forward and back here in many places, not in UTC. */
	    {"30 2 * * *", "2026-03-28 02:30:00", "2026-03-29 02:30:00"},
	    {"30 2 * * *", "2026-10-25 02:29:59", "2026-10-25 02:30:00"},
	    {"30 2 * * *", "2026-10-25 02:30:00", "2026-10-26 02:30:00"},
	    {"0 0 29 2 *", "2026-01-01 00:00:00", "2028-02-29 00:00:00"},
	    {"0 0 29 2 *", "2096-03-01 00:00:00", "2104-02-29 00:00:00"},
	    {"0 0 30 2 *", "2026-01-01 00:00:00", "never"},
	    {"0 0 31 * *", "2026-04-01 00:00:00", "2026-05-31 00:00:00"},
	    {"59 23 31 12 *", "2026-12-31 23:59:00", "2027-12-31 23:59:00"},
	    {"*/15 * * * *", "2026-01-01 00:50:00", "2026-01-01 01:00:00"},
	    {"0 9-17/4 * * mon-fri", "2026-11-20 17:30:00",
		"2026-11-23 09:00:00"},
	    {"0 12 * jan,Jul sun", "2026-11-21 00:00:00",
		"2027-01-03 12:00:00"},
	    {"0 0 * * 7", "2026-11-21 00:00:00", "2026-11-22 00:00:00"},
	    /* Both days given: either. */
	    {"0 0 13 * fri", "2026-11-07 00:00:00", "2026-11-13 00:00:00"},
	    {"0 0 13 * fri", "2026-11-13 00:00:00", "2026-11-20 00:00:00"},
	    {"0 0 29 2 */1", "2027-02-01 00:00:00", "2028-02-29 00:00:00"},
	};

	for (size_t i = 0; i < nitems(row); i++)
		next_is(row[i][0], row[i][1], row[i][2]);
}

static void
test_refused(void **state)
{
	static const char *const bad[] = {"", "* * * *", "* * * * * *",
	    "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8",
	    "5-1 * * * *", "*/0 * * * *", "1, * * * *", "a * * * *",
	    "1-2-3 * * * *", "99999999999 * * * *", "* * * foo *"};
	static const char *const bad_daily[] = {"", "24:00", "00:60", "0:05",
	    "00:05 ", "0a:05", "-1:05"};
	const char *why;
	struct cron c;

	for (size_t i = 0; i < nitems(bad); i++)
		assert_int_equal(cron_parse(&c, bad[i], &why), -1);
	for (size_t i = 0; i < nitems(bad_daily); i++)
		assert_int_equal(cron_parse_daily(&c, bad_daily[i], &why), -1);
}

/* Against the definition, minute by minute, over a leap year's end. */
static void
test_daily_over_a_year(void **state)
{
	int64_t now = at("2027-12-30 00:00:00");
	const char *why;
	struct cron c;

	assert_int_equal(cron_parse_daily(&c, "00:05", &why), 0);
	for (int day = 0; day < 800; day++) {
		int64_t next = cron_next(&c, now);

		assert_int_equal(next,
		    at("2027-12-30 00:05:00") + (int64_t)day * 86400);
		now = next;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_next),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_daily_over_a_year),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
