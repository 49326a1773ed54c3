/* SPDX-License-Identifier: MIT */
/* seen.c against a set that remembers everything. */
#include "shared/wire/seen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static void
test_ranges(void **state)
{
	struct seen_numbers s = {0};

	assert_false(seen_has(&s, 1));
	for (uint64_t i = 1; i <= 1000; i++)
		seen_add(&s, i);
	assert_int_equal(s.n, 1);
	assert_true(seen_has(&s, 1));
	assert_true(seen_has(&s, 1000));
	assert_false(seen_has(&s, 1001));
	seen_add(&s, 1002); /* ahead of its place */
	assert_false(seen_has(&s, 1001));
	seen_add(&s, 1001);
	assert_int_equal(s.n, 1);
	assert_true(seen_has(&s, 1002));
	seen_add(&s, UINT64_MAX);
	assert_true(seen_has(&s, UINT64_MAX));
	assert_false(seen_has(&s, 0));
}

static void
test_downwards(void **state)
{
	struct seen_numbers s = {0};

	for (uint64_t i = 500; i > 0; i--)
		seen_add(&s, i);
	assert_int_equal(s.n, 1);
	assert_true(seen_has(&s, 1));
	assert_false(seen_has(&s, 501));
}

/* Forgets, but never says that it saw what it has not. */
static void
test_errs_to_one_side(void **state)
{
	static bool there[4096];
	struct seen_numbers s = {0};
	uint32_t x = 1;

	for (int i = 0; i < 20000; i++) {
		uint64_t n = (x = x * 1664525 + 1013904223) >> 20;

		if (seen_has(&s, n))
			assert_true(there[n]);
		seen_add(&s, n);
		there[n] = true;
		assert_true(seen_has(&s, n));
		assert_true(s.n <= SEEN_RANGES);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ranges),
	    cmocka_unit_test(test_downwards),
	    cmocka_unit_test(test_errs_to_one_side),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
