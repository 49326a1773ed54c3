/* SPDX-License-Identifier: MIT */
/* When a shard gives back what a burst took, and how often it is woken. */
#include "shard/quiet.h"

#include "tests/unit/rig/fake_time.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct timers *timers;
static struct quiet quiet;
static unsigned given;	/* times it was asked to */
static unsigned in_use; /* times more that it can't */

static bool
give(struct quiet *q)
{
	assert_ptr_equal(q, &quiet);
	given++;
	if (in_use == 0)
		return true;
	in_use--;
	return false;
}

static int
set_up(void **state)
{
	fake_time_reset();
	given = in_use = 0;
	timers = timer_base_new(NULL);
	quiet_init(&quiet, timers, give);
	return 0;
}

static int
tear_down(void **state)
{
	quiet_stop(&quiet);
	timer_base_free(timers);
	return 0;
}

static void
test_after_the_last(void **state)
{
	quiet_turn(&quiet, 0);
	assert_true(fake_time_next() == UINT64_MAX);
	/* While something comes each second, nothing is given back. */
	for (int i = 0; i < 20; i++) {
		quiet_turn(&quiet, clock_boot_ms());
		quiet_turn(&quiet, clock_boot_ms());
		fake_time_advance(1000);
		assert_int_equal(given, 0);
	}
	fake_time_advance(QUIET_MS - 1001);
	assert_int_equal(given, 0);
	fake_time_advance(1);
	assert_int_equal(given, 1);
	/* Then nobody wakes, until something comes again. */
	quiet_turn(&quiet, quiet.last_ms);
	assert_true(fake_time_next() == UINT64_MAX);
	quiet_turn(&quiet, clock_boot_ms());
	fake_time_advance(QUIET_MS);
	assert_int_equal(given, 2);
	assert_true(fake_time_next() == UINT64_MAX);
}

/* The handler has not acknowledged all: asked again, not more often. */
static void
test_asked_again(void **state)
{
	in_use = 3;
	quiet_turn(&quiet, clock_boot_ms());
	fake_time_advance(3 * QUIET_MS);
	assert_int_equal(given, 3);
	fake_time_advance(QUIET_MS);
	assert_int_equal(given, 4);
	assert_true(fake_time_next() == UINT64_MAX);
}

/* The stamp is of before a suspension, or of another process' life. */
static void
test_long_ago(void **state)
{
	quiet_turn(&quiet, 1);
	fake_time_advance(0);
	assert_int_equal(given, 1);
	assert_true(fake_time_next() == UINT64_MAX);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(test_after_the_last),
	    T(test_asked_again),
	    T(test_long_ago),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
