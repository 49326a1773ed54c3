/* SPDX-License-Identifier: MIT */
/* What is left to IDENTIFY with: the reserve, the reset, an operator's word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "tests/unit/supervisor/identify/permit_rig.h"

static void
test_reserve_and_reset(void **state)
{
	struct permit_rig *r = permit_rig_new(16, 5, 0);

	permit_rig_answer(r, 1, 1000, 33, 60000);
	assert_int_equal(permit_reserve(&r->p), 32);
	permit_ask(&r->p, 0, 1, CAUSE_NO_SESSION, 0);
	permit_ask(&r->p, 1, 1, CAUSE_NO_SESSION, 0);
	fake_time_advance(20000);
	assert_int_equal(r->grants, 1);
	assert_string_not_equal(r->said, "");
	assert_int_equal(r->refreshes, 0);
	/* At the reset the question is asked anew, and only that helps. */
	fake_time_advance(46000);
	assert_int_equal(r->refreshes, 1);
	assert_int_equal(r->grants, 1);
	permit_rig_answer(r, 1, 1000, 1000, 86400000);
	fake_time_advance(1);
	assert_int_equal(r->grants, 2);
	assert_string_equal(r->said, "");
	permit_rig_free(r);
}

static void
test_reserve_rules(void **state)
{
	struct permit_rig *r = permit_rig_new(100, 5, 0);

	permit_rig_answer(r, 1, 1000, 1000, 60000);
	assert_int_equal(permit_reserve(&r->p), 200);
	permit_rig_answer(r, 1, 400, 400, 60000);
	assert_int_equal(permit_reserve(&r->p), 100);
	permit_rig_free(r);
	r = permit_rig_new(1, 5, 0);
	permit_rig_answer(r, 1, 1000, 1000, 60000);
	assert_int_equal(permit_reserve(&r->p), 25);
	permit_rig_free(r);
	r = permit_rig_new(1, 5, 7);
	permit_rig_answer(r, 1, 1000, 1000, 60000);
	assert_int_equal(permit_reserve(&r->p), 7);
	permit_rig_free(r);
}

static void
test_exhausted(void **state)
{
	struct permit_rig *r = permit_rig_new(1, 5, 0);

	permit_rig_answer(r, 1, 1000, 0, 600000);
	permit_ask(&r->p, 0, 1, CAUSE_INVALID_SESSION, 0);
	fake_time_advance(599000);
	assert_int_equal(r->grants + r->refreshes, 0);
	fake_time_advance(10000);
	assert_int_equal(r->refreshes, 1);
	assert_int_equal(r->grants, 0);
	permit_rig_free(r);
}

static void
test_stale_answer_is_refreshed(void **state)
{
	struct permit_rig *r = permit_rig_new(4, 5, 0);

	permit_rig_answer(r, 1, 1000, 1000, 86400000);
	permit_ask(&r->p, 0, 1, CAUSE_NO_SESSION, 0);
	fake_time_advance(PERMIT_FRESH_MS + 1000);
	assert_int_equal(r->grants, 1);
	permit_ask(&r->p, 1, 1, CAUSE_NO_SESSION, 0);
	permit_ask(&r->p, 2, 1, CAUSE_NO_SESSION, 0);
	fake_time_advance(30000);
	assert_int_equal(r->grants, 1);
	assert_int_equal(r->refreshes, 1); /* asked once */
	permit_rig_answer(r, 1, 1000, 500, 86400000);
	fake_time_advance(6000);
	assert_int_equal(r->grants, 3);
	assert_int_equal(permit_remaining(&r->p), 498);
	permit_rig_free(r);
}

static void
test_force(void **state)
{
	struct permit_rig *r = permit_rig_new(16, 5, 0);

	permit_rig_answer(r, 1, 1000, 20, 3600000); /* reserve: 32 */
	for (uint32_t i = 0; i < 8; i++)
		permit_ask(&r->p, i, 1, CAUSE_NO_SESSION, 0);
	fake_time_advance(60000);
	assert_int_equal(r->grants, 0);
	assert_non_null(strstr(r->said, "--force"));
	assert_false(permit_force(&r->p, 9)); /* it wants none */
	assert_true(permit_force(&r->p, 7));
	fake_time_advance(60000);
	assert_int_equal(r->grants, 1);
	assert_int_equal(r->grant[0].shard, 7);
	assert_int_equal(r->forced, 1);
	permit_leave(&r->p, 2);
	assert_int_equal(permit_leave_left(&r->p), 2);
	fake_time_advance(60000);
	assert_int_equal(r->grants, 3);
	assert_int_equal(r->forced, 3);
	assert_int_equal(permit_leave_left(&r->p), 0);
	assert_int_equal(permit_recent(&r->p), 0); /* asked for */
	permit_rig_spaced(r, 5500);
	/* A leave ends. */
	permit_leave(&r->p, 2);
	r->p.leave_ms = clock_boot_ms();
	fake_time_advance(60000);
	assert_int_equal(r->grants, 3);
	permit_rig_free(r);
}

static void
test_nobody_forces_the_last(void **state)
{
	struct permit_rig *r = permit_rig_new(2, 5, 0);

	permit_rig_answer(r, 1, 1000, 1, 3600000);
	permit_ask(&r->p, 0, 1, CAUSE_NO_SESSION, 0);
	permit_ask(&r->p, 1, 1, CAUSE_NO_SESSION, 0);
	permit_force(&r->p, 0);
	permit_force(&r->p, 1);
	permit_leave(&r->p, 5);
	fake_time_advance(60000);
	assert_int_equal(r->grants, 1);
	assert_int_equal(permit_remaining(&r->p), 0);
	assert_non_null(strstr(r->said, "No IDENTIFY of 1000"));
	assert_int_equal(r->refreshes, 0);
	fake_time_advance(3600000);
	assert_int_equal(r->refreshes, 1);
	permit_rig_answer(r, 1, 1000, 1000, 86400000);
	fake_time_advance(1);
	assert_int_equal(r->grants, 2);
	permit_rig_free(r);
}

/* What may not be in Discord's count yet is taken off. */
static void
test_unsure(void **state)
{
	struct permit_rig *r = permit_rig_new(2, 5, 0);
	struct permit_answer a = {1, 1000, 500, clock_boot_ms() + 3600000,
	    clock_boot_ms(), 3};

	permit_budget(&r->p, &a);
	assert_int_equal(permit_remaining(&r->p), 497);
	permit_rig_free(r);
}

static void
test_unused_costs_nothing(void **state)
{
	struct permit_rig *r = permit_rig_new(2, 5, 0);

	r->answer_ms = 0;
	permit_rig_answer(r, 1, 1000, 100, 86400000);
	permit_ask(&r->p, 0, 1, CAUSE_NO_SESSION, 0);
	fake_time_advance(1);
	assert_int_equal(permit_remaining(&r->p), 99);
	permit_ask(&r->p, 1, 1, CAUSE_NO_SESSION, 0);
	permit_done(&r->p, 0, r->grant[0].id, OUTCOME_UNUSED, 0);
	assert_int_equal(permit_remaining(&r->p), 100);
	assert_int_equal(permit_recent(&r->p), 0);
	fake_time_advance(1);
	assert_int_equal(r->grants, 2); /* and no 5 s either */
	permit_rig_free(r);
}

static void
test_waits_for_the_first_answer(void **state)
{
	struct permit_rig *r = permit_rig_new(1, 5, 0);

	permit_ask(&r->p, 0, 1, CAUSE_NO_SESSION, 0);
	fake_time_advance(600000);
	assert_int_equal(r->grants, 0);
	assert_int_equal(r->refreshes, 1);
	assert_int_equal(permit_remaining(&r->p), -1);
	permit_rig_answer(r, 0, 1000, 100, 86400000); /* 0 keys: one */
	fake_time_advance(1);
	assert_int_equal(r->grants, 1);
	permit_rig_free(r);
}

int
main(void)
{
#define T(name) cmocka_unit_test(name)
	const struct CMUnitTest tests[] = {
	    T(test_reserve_and_reset),
	    T(test_reserve_rules),
	    T(test_exhausted),
	    T(test_stale_answer_is_refreshed),
	    T(test_force),
	    T(test_nobody_forces_the_last),
	    T(test_unsure),
	    T(test_unused_costs_nothing),
	    T(test_waits_for_the_first_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
