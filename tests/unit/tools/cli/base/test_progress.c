/* SPDX-License-Identifier: MIT */
/* How long it still takes. */
#include "tools/cli/base/progress.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void
test_left(void **state)
{
	static const struct {
		uint32_t before, done, total;
		uint64_t passed_ms;
		int64_t left_ms;
	} tries[] = {
	    {0, 0, 16, 5000, -1},     /* nothing yet: it cannot be told */
	    {4, 4, 16, 5000, -1},     /* nothing since we look */
	    {6, 4, 16, 5000, -1},     /* less than before */
	    {0, 4, 16, 0, -1},	      /* no time has passed */
	    {0, 4, 16, 20000, 60000}, /* 5 s each */
	    {4, 8, 16, 20000, 40000}, /* what was done before does not count */
	    {0, 16, 16, 20000, 0},
	    {0, 0, 0, 20000, 0},
	    {0, 1, UINT32_MAX, 3600000, 3600000LL * (UINT32_MAX - 1)},
	};

	for (size_t i = 0; i < nitems(tries); i++)
		assert_true(progress_left(tries[i].before, tries[i].done,
				tries[i].total, tries[i].passed_ms)
		    == tries[i].left_ms);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
