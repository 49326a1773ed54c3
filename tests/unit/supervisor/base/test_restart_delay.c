/* SPDX-License-Identifier: MIT */
/* Delays of restarts, and the brake when many shards crash alike. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "shared/page/page.h"
#include "supervisor/child/crash_brake.h"
#include "supervisor/base/restart_delay.h"

static void
test_delay_grows(void **state)
{
	static const double want[] = {1, 2, 4, 8, 16, 32, 60, 60};
	struct restart_delay d;

	restart_delay_init(&d, 1, 60);
	for (size_t i = 0; i < nitems(want); i++)
		assert_true(restart_delay_next(&d, 0, 0.5) == want[i]);
}

static void
test_delay_jitter(void **state)
{
	struct restart_delay d;

	restart_delay_init(&d, 4, 60);
	assert_true(restart_delay_next(&d, 0, 0) == 3);
	restart_delay_init(&d, 4, 60);
	assert_true(restart_delay_next(&d, 0, 1) == 5);
}

static void
test_delay_resets_after_proof(void **state)
{
	struct restart_delay d;

	restart_delay_init(&d, 1, 600);
	for (int i = 0; i < 3; i++)
		restart_delay_next(&d, 0, 0.5);
	/* Ready, but not long enough: 8 s still. */
	assert_true(restart_delay_next(&d, 59999, 0.5) == 8);
	assert_true(restart_delay_next(&d, 60000, 0.5) == 1);
	/* A long delay asks for as long a proof. */
	for (int i = 0; i < 6; i++)
		restart_delay_next(&d, 0, 0.5);
	assert_true(restart_delay_next(&d, 100000, 0.5) == 128);
	assert_true(restart_delay_next(&d, 256000, 0.5) == 1);
}

static void
test_brake_one_canary(void **state)
{
	struct crash_brake b;

	crash_brake_init(&b, 9);
	assert_false(crash_brake_died(&b, 0, CRASH_EXIT, 1000));
	assert_false(crash_brake_died(&b, 1, CRASH_SIGNAL, 1001));
	assert_false(crash_brake_died(&b, 2, CRASH_SIGNAL, 1002));
	assert_false(crash_brake_died(&b, 3, CRASH_SIGNAL, 1003));
	assert_true(crash_brake_may_start(&b, 0, 1004));
	/* The fourth of one kind: more than a third. */
	assert_true(crash_brake_died(&b, 4, CRASH_SIGNAL, 1005));
	assert_true(crash_brake_may_start(&b, 7, 2000));
	assert_false(crash_brake_may_start(&b, 1, 2000));
	assert_true(crash_brake_may_start(&b, 7, 2001));
	/* The canary dies: the next one to ask is it. */
	assert_false(crash_brake_died(&b, 7, CRASH_SIGNAL, 3000));
	assert_true(crash_brake_may_start(&b, 1, 4000));
	assert_false(crash_brake_ready(&b, 5));
	assert_true(crash_brake_ready(&b, 1));
	assert_true(crash_brake_may_start(&b, 2, 4001));
	crash_brake_free(&b);
}

static void
test_brake_forgets(void **state)
{
	struct crash_brake b;

	crash_brake_init(&b, 6);
	for (uint32_t i = 0; i < 6; i++)
		assert_false(crash_brake_died(&b, i, CRASH_EXIT,
		    1 + i * CRASH_BRAKE_WINDOW_MS));
	crash_brake_free(&b);
	crash_brake_init(&b, 3);
	assert_false(crash_brake_died(&b, 0, CRASH_EXIT, 1));
	assert_false(crash_brake_died(&b, 1, CRASH_EXIT, 2));
	assert_true(crash_brake_died(&b, 2, CRASH_EXIT, 3));
	assert_true(crash_brake_may_start(&b, 0, 100));
	assert_false(crash_brake_tick(&b, 100 + CRASH_BRAKE_CANARY_MS - 1));
	assert_true(crash_brake_tick(&b, 100 + CRASH_BRAKE_CANARY_MS));
	assert_true(crash_brake_may_start(&b, 2, 100 + CRASH_BRAKE_CANARY_MS));
	crash_brake_free(&b);
}

int
main(void)
{
#define T(name) cmocka_unit_test(name)
	const struct CMUnitTest tests[] = {
	    T(test_delay_grows),
	    T(test_delay_jitter),
	    T(test_delay_resets_after_proof),
	    T(test_brake_one_canary),
	    T(test_brake_forgets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
