/* SPDX-License-Identifier: MIT */
/* The kernel's count of processes it ended for memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "shared/process/oom.h"

static void
test_oom_field(void **state)
{
	static const char events[] = "low 0\nhigh 7\nmax 9\noom 5\n"
				     "oom_kill 2\noom_group_kill 1\n";

	assert_int_equal(oom_field(events, "oom_kill"), 2);
	assert_int_equal(oom_field(events, "oom"), 5);
	assert_int_equal(oom_field(events, "kill"), -1);
	assert_int_equal(oom_field("", "oom_kill"), -1);
}

int
main(void)
{
#define T(name) cmocka_unit_test(name)
	const struct CMUnitTest tests[] = {
	    T(test_oom_field),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
