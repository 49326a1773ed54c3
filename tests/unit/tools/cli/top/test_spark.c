/* SPDX-License-Identifier: MIT */
#include "tools/cli/top/spark.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static char out[SPARK_BYTES(SPARK_MAX)];

static const char *
draw(const double *value, size_t n, size_t width, bool utf8)
{
	spark_draw(value, n, width, utf8, out, sizeof(out));
	return out;
}

static void
test_heights(void **state)
{
	static const double up[] = {0, 1, 2, 3, 4, 5, 6, 7, 8};

	assert_string_equal(draw(up, 9, 9, false), " :-=+*#@@");
	assert_string_equal(draw(up, 9, 9, true), " ▂▃▄▅▆▇██");
}

/* However little it is, it is seen; nothing is not. */
static void
test_little_and_nothing(void **state)
{
	static const double some[] = {1000000, 0.001, 0, 1};
	static const double none[] = {0, 0, 0};

	assert_string_equal(draw(some, 4, 4, false), "@. .");
	assert_string_equal(draw(none, 3, 3, false), "   ");
}

/* The latest is at the right edge, whatever the width. */
static void
test_width(void **state)
{
	static const double v[] = {9, 9, 9, 0, 4};

	assert_string_equal(draw(v, 5, 2, false), " @");
	assert_string_equal(draw(v, 5, 8, false), "   @@@ =");
	assert_string_equal(draw(v, 0, 3, false), "   ");
	assert_string_equal(draw(v, 5, 0, false), "");
}

static void
test_odd_values(void **state)
{
	const double v[] = {NAN, -3, INFINITY, 2};

	(void)draw(v, 4, 4, false);
	assert_int_equal(out[0], ' ');
	assert_int_equal(out[1], ' ');
	assert_int_equal(out[2], '@');
	assert_int_equal(out[4], '\0');
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_heights),
	    cmocka_unit_test(test_little_and_nothing),
	    cmocka_unit_test(test_width),
	    cmocka_unit_test(test_odd_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
