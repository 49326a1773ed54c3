/* SPDX-License-Identifier: MIT */
/* Brakes: a fleet that IDENTIFYs too much, a shard that loops, a canary. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/supervisor/identify/permit_rig.h"

static void
test_brake(void **state)
{
	struct permit_rig *r = permit_rig_new(16, 5, 0);
	uint64_t at;

	permit_rig_answer(r, 16, 1000, 1000, 864000000);
	/* Everybody identifies twice in a row. */
	for (int round = 0; round < 2; round++) {
		for (uint32_t i = 0; i < 16; i++)
			permit_ask(&r->p, i, 1, CAUSE_INVALID_SESSION, 0);
		fake_time_advance(6000);
	}
	assert_int_equal(r->grants, 26); /* count + 10 */
	assert_string_not_equal(r->said, "");
	at = r->grant[15].at_ms;
	assert_int_equal(permit_eta_ms(&r->p), at + 600000);
	fake_time_advance(580000);
	assert_int_equal(r->grants, 26);
	fake_time_advance(30000);
	assert_int_equal(r->grants, 32);
	assert_true(r->grant[26].at_ms - at >= 600000);
	permit_rig_free(r);
}

/* ---- one shard that loops ------------------------------------------- */

/* A second of a fleet whose questions are answered. */
static void
second(struct permit_rig *r, uint32_t m)
{
	fake_time_advance(1000);
	if (r->p.asked)
		permit_rig_answer(r, m, 1000, 1000, 864000000);
}

/* Shard 5 asks again as soon as its IDENTIFY has been answered by op 9. */
static void
loop(struct permit_rig *r, uint64_t until_ms)
{
	uint64_t end = clock_boot_ms() + until_ms;
	size_t seen = r->grants;

	if (r->p.slot[5].state == PERMIT_IDLE)
		permit_ask(&r->p, 5, 1, CAUSE_INVALID_SESSION, 0);
	while (clock_boot_ms() < end) {
		second(r, 1);
		for (; seen < r->grants; seen++) {
			if (r->grant[seen].shard != 5)
				continue;
			permit_done(&r->p, 5, r->grant[seen].id,
			    OUTCOME_INVALID, 0);
			permit_ask(&r->p, 5, 1, CAUSE_INVALID_SESSION, 0);
		}
	}
}

static size_t
grants_of(const struct permit_rig *r, uint32_t shard, uint64_t since_ms)
{
	size_t n = 0;

	for (size_t i = 0; i < r->grants; i++)
		n += r->grant[i].shard == shard
		    && r->grant[i].at_ms >= since_ms;
	return n;
}

/* However fast it asks, 12 in the first hour; the others do not notice. */
static void
test_identify_loop(void **state)
{
	struct permit_rig *r = permit_rig_new(64, 5, 0);
	uint64_t began = clock_boot_ms();

	permit_rig_answer(r, 1, 1000, 1000, 864000000);
	loop(r, 1800000);
	/* Another one of the same and only key: at once, as ever. */
	permit_ask(&r->p, 6, 1, CAUSE_NO_SESSION, 0);
	permit_ask(&r->p, 63, 1, CAUSE_NO_SESSION, 0);
	loop(r, 7000);
	assert_int_equal(grants_of(r, 6, 0), 1);
	assert_int_equal(grants_of(r, 63, 0), 1);
	loop(r, began + 3600000 - clock_boot_ms());
	assert_in_range(grants_of(r, 5, 0), 8, 12);
	assert_false(permit_braked(&r->p));
	permit_rig_free(r);
}

/* READY and dead again within seconds is a loop as well. */
static void
test_short_sessions_are_spaced(void **state)
{
	struct permit_rig *r = permit_rig_new(2, 5, 0);

	permit_rig_answer(r, 2, 1000, 1000, 864000000);
	for (int i = 0; i < 3600; i++) {
		if (r->p.slot[0].state == PERMIT_IDLE)
			permit_ask(&r->p, 0, 1, CAUSE_INVALID_SESSION, 0);
		second(r, 2);
	}
	assert_in_range(r->grants, 8, 12);
	/* A session that lasted makes it all good. */
	permit_done(&r->p, 0, 0, OUTCOME_UNUSED, 0);
	fake_time_advance(7200000);
	permit_rig_answer(r, 2, 1000, 1000, 864000000);
	for (int i = 0; i < 2; i++) {
		size_t n = r->grants;

		permit_ask(&r->p, 0, 1, CAUSE_INVALID_SESSION, 0);
		fake_time_advance(5501);
		assert_int_equal(r->grants, n + 1);
	}
	permit_rig_free(r);
}

/* A restart does not begin the spacing anew. */
static void
test_restart_keeps_the_loop(void **state)
{
	struct permit_rig *r = permit_rig_new(2, 5, 0);

	permit_remember(&r->p, 0, 60000, OUTCOME_INVALID, false);
	permit_remember(&r->p, 0, 55000, OUTCOME_INVALID, false);
	permit_remember(&r->p, 0, 44000, OUTCOME_INVALID, false);
	permit_remember(&r->p, 0, 10000, OUTCOME_INVALID, false);
	permit_rig_answer(r, 2, 1000, 1000, 864000000);
	permit_ask(&r->p, 0, 1, CAUSE_INVALID_SESSION, 0);
	fake_time_advance(33000);
	assert_int_equal(r->grants, 0);
	fake_time_advance(1001);
	assert_int_equal(r->grants, 1);
	permit_rig_free(r);
}

/* What an operator ended counts as asked for, once for each shard. */
static void
f_d5_ended_by_an_operator(void **state)
{
	struct permit_rig *r = permit_rig_new(2, 5, 0);

	permit_remember(&r->p, 0, 60000, OUTCOME_READY, false);
	permit_remember(&r->p, 1, 10000, OUTCOME_READY, false);
	assert_int_equal(permit_recent(&r->p), 2);
	permit_ended(&r->p, 30000);
	permit_rig_answer(r, 2, 1000, 1000, 864000000);
	permit_ask(&r->p, 0, 1, CAUSE_NO_SESSION, 0);
	permit_ask(&r->p, 1, 1, CAUSE_NO_SESSION, 0);
	fake_time_advance(6000);
	assert_int_equal(r->grants, 2);
	/* Shard 1 had IDENTIFYed after the end: it lost a session since. */
	assert_int_equal(r->p.slot[0].cause, CAUSE_ENDED);
	assert_int_equal(r->p.slot[1].cause, CAUSE_NO_SESSION);
	assert_int_equal(permit_recent(&r->p), 3);
	permit_ask(&r->p, 0, 2, CAUSE_NO_SESSION, 0);
	assert_int_equal(r->p.slot[0].cause, CAUSE_NO_SESSION);
	permit_rig_free(r);
}

/* ---- failures with one cause ---------------------------------------- */

static void
settle_all(struct permit_rig *r, size_t from, uint32_t outcome, uint32_t code)
{
	for (size_t i = from; i < r->grants; i++)
		permit_done(&r->p, r->grant[i].shard, r->grant[i].id, outcome,
		    code);
}

static void
test_canary(void **state)
{
	struct permit_rig *r = permit_rig_new(64, 5, 0);
	size_t n;

	r->answer_ms = 0;
	permit_rig_answer(r, 32, 1000, 1000, 864000000);
	permit_rig_ask_all(r);
	fake_time_advance(1);
	assert_int_equal(r->grants, 32);
	settle_all(r, 0, OUTCOME_INVALID, 0); /* half of them fail alike */
	fake_time_advance(6000);
	assert_int_equal(r->grants, 33); /* the canary */
	fake_time_advance(20000);
	assert_int_equal(r->grants, 33);
	settle_all(r, 32, OUTCOME_INVALID, 0);
	fake_time_advance(6000);
	assert_int_equal(r->grants, 34); /* the next one */
	/* One that says nothing is not waited for. */
	fake_time_advance(PERMIT_HOLD_MS + 6000);
	assert_int_equal(r->grants, 35);
	n = r->grants;
	settle_all(r, n - 1, OUTCOME_READY, 0);
	fake_time_advance(6000);
	assert_true(r->grants > n + 8); /* it sings: all follow */
	assert_string_equal(r->said, "");
	permit_rig_free(r);
}

int
main(void)
{
#define T(name) cmocka_unit_test(name)
	const struct CMUnitTest tests[] = {
	    T(test_brake),
	    T(test_identify_loop),
	    T(test_short_sessions_are_spaced),
	    T(f_d5_ended_by_an_operator),
	    T(test_restart_keeps_the_loop),
	    T(test_canary),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
