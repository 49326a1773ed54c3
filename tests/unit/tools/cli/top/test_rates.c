/* SPDX-License-Identifier: MIT */
#include "tools/cli/top/rates.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void
test_a_second(void **state)
{
	struct rates r = {0};
	struct rates_of *of = rates_find(&r, "s0", 0);
	double past[RATES_KEPT];

	rates_take(of, 1000, 5000);
	assert_true(rates_now(of) == 0); /* of what came before: nothing */
	assert_int_equal(rates_past(of, past), 0);
	rates_take(of, 1100, 5500);
	assert_true(rates_now(of) == 200);
	rates_take(of, 1100, 6500);
	assert_true(rates_now(of) == 0);
	rates_take(of, 1200, 6500); /* the same look */
	assert_true(rates_now(of) == 0);
	assert_int_equal(rates_past(of, past), 2);
	assert_true(past[0] == 200 && past[1] == 0);
	rates_free(&r);
}

/* A process that was started again counts from nothing. */
static void
test_begins_anew(void **state)
{
	struct rates r = {0};
	struct rates_of *of = rates_find(&r, "s0", 0);

	rates_take(of, 1000000, 1000);
	rates_take(of, 30, 2000);
	assert_true(rates_now(of) == 30);
	rates_free(&r);
}

static void
test_keeps_the_last(void **state)
{
	struct rates r = {0};
	struct rates_of *of = rates_find(&r, "s0", 0);
	double past[RATES_KEPT];
	uint64_t sum = 0;

	for (uint64_t i = 0; i < RATES_KEPT + 50; i++)
		rates_take(of, sum += i, 1000 + i * 1000);
	assert_int_equal(rates_past(of, past), RATES_KEPT);
	assert_true(past[0] == 50);
	assert_true(past[RATES_KEPT - 1] == RATES_KEPT + 49);
	rates_free(&r);
}

static void
test_each_its_own(void **state)
{
	struct rates r = {0};

	rates_take(rates_find(&r, "s0", 0), 1, 1000);
	rates_take(rates_find(&r, "p audit", 7), 5, 1000);
	rates_take(rates_find(&r, "s0", 99), 11, 2000);
	rates_take(rates_find(&r, "p audit", 0), 6, 2000);
	assert_int_equal(r.n, 2);
	assert_true(rates_now(rates_find(&r, "s0", 0)) == 10);
	assert_true(rates_now(rates_find(&r, "p audit", 1)) == 1);
	rates_free(&r);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_second),
	    cmocka_unit_test(test_begins_anew),
	    cmocka_unit_test(test_keeps_the_last),
	    cmocka_unit_test(test_each_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
