/* SPDX-License-Identifier: MIT */
/* Who gets a permit when: order, spacing, holds, what is written before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "tests/unit/supervisor/identify/permit_rig.h"

static void
check_order(const struct permit_rig *r)
{
	for (size_t i = 1; i < r->grants; i++)
		assert_true(r->grant[i].shard / r->p.keys
		    >= r->grant[i - 1].shard / r->p.keys);
}

/* 64 shards take ceil(64/M) windows, in order, spaced. */
static void
windows(uint32_t m)
{
	struct permit_rig *r = permit_rig_new(64, 5, 0);
	uint64_t began = clock_boot_ms(), eta, took;

	permit_rig_answer(r, m, 1000, 1000, 3600000);
	permit_rig_ask_all(r);
	eta = permit_eta_ms(&r->p);
	fake_time_advance(1); /* the first are out, none is READY */
	assert_int_equal(permit_eta_ms(&r->p), eta);
	fake_time_advance(64 / m * 5500 + 1000);
	assert_int_equal(r->grants, 64);
	permit_rig_spaced(r, 5500);
	check_order(r);
	took = r->grant[63].at_ms - began;
	assert_int_equal(took, (64 / m - 1) * 5500);
	assert_int_equal(eta, r->grant[63].at_ms);
	assert_int_equal(permit_eta_ms(&r->p), 0);
	assert_int_equal(permit_remaining(&r->p), 1000 - 64);
	permit_rig_free(r);
}

static void
test_windows(void **state)
{
	windows(1);
	windows(4);
	windows(16);
}

static void
test_bucket_waits_for_expected(void **state)
{
	struct permit_rig *r = permit_rig_new(8, 5, 0);

	permit_rig_answer(r, 4, 1000, 1000, 3600000);
	for (uint32_t i = 0; i < 8; i++)
		permit_expect(&r->p, i);
	permit_ask(&r->p, 6, 1, CAUSE_NO_SESSION, 0);
	fake_time_advance(2000);
	assert_int_equal(r->grants, 0); /* 0..3 come first */
	for (uint32_t i = 0; i < 4; i++)
		permit_ask(&r->p, i, 1, CAUSE_NO_SESSION, 0);
	fake_time_advance(1);
	assert_int_equal(r->grants, 4);
	/* 4, 5 and 7 never ask: 6 has waited for its own bucket long enough. */
	fake_time_advance(6000);
	assert_int_equal(r->grants, 5);
	assert_int_equal(r->grant[4].shard, 6);
	permit_rig_free(r);
}

static void
test_expectation_ends(void **state)
{
	struct permit_rig *r = permit_rig_new(8, 5, 0);

	permit_rig_answer(r, 4, 1000, 1000, 3600000);
	permit_expect(&r->p, 0);
	permit_ask(&r->p, 7, 1, CAUSE_NO_SESSION, 0);
	fake_time_advance(PERMIT_EXPECT_MS - 1);
	assert_int_equal(r->grants, 0);
	fake_time_advance(2);
	assert_int_equal(r->grants, 1);
	permit_rig_free(r);
}

static void
test_key_is_held(void **state)
{
	struct permit_rig *r = permit_rig_new(3, 5, 0);

	r->answer_ms = 0; /* nobody ever settles */
	permit_rig_answer(r, 1, 1000, 1000, 3600000);
	permit_ask(&r->p, 0, 1, CAUSE_NO_SESSION, 0);
	permit_ask(&r->p, 1, 1, CAUSE_NO_SESSION, 0);
	fake_time_advance(PERMIT_HOLD_MS - 1);
	assert_int_equal(r->grants, 1);
	fake_time_advance(1);
	assert_int_equal(r->grants, 2); /* the ceiling */
	/* Settled late: frees at once, spacing has long passed. */
	fake_time_advance(9000);
	permit_ask(&r->p, 2, 1, CAUSE_NO_SESSION, 0);
	fake_time_advance(1);
	assert_int_equal(r->grants, 2);
	permit_done(&r->p, 1, 2, OUTCOME_CLOSED, 4000);
	fake_time_advance(1);
	assert_int_equal(r->grants, 3);
	assert_int_equal(r->last_outcome, OUTCOME_CLOSED);
	permit_rig_free(r);
}

static void
test_restart_keeps_spacing(void **state)
{
	struct permit_rig *r = permit_rig_new(16, 5, 0);

	/* An earlier life sent for shard 4 two seconds ago: key 0. */
	permit_remember(&r->p, 4, 2000, OUTCOME_READY, false);
	permit_rig_answer(r, 4, 1000, 999, 3600000);
	permit_ask(&r->p, 0, 1, CAUSE_NO_SESSION, 0);
	permit_ask(&r->p, 1, 1, CAUSE_NO_SESSION, 0);
	fake_time_advance(1);
	assert_int_equal(r->grants, 1);
	assert_int_equal(r->grant[0].shard, 1);
	fake_time_advance(3498);
	assert_int_equal(r->grants, 1);
	fake_time_advance(1);
	assert_int_equal(r->grants, 2);
	permit_rig_free(r);
}

static void
test_concurrency_changes(void **state)
{
	struct permit_rig *r = permit_rig_new(32, 5, 0);

	permit_rig_answer(r, 16, 1000, 1000, 86400000);
	permit_ask(&r->p, 3, 1, CAUSE_NO_SESSION, 0);
	fake_time_advance(1000);
	/* 16 keys become one: 3's IDENTIFY holds everybody. */
	permit_rig_answer(r, 1, 1000, 999, 86400000);
	permit_ask(&r->p, 0, 1, CAUSE_NO_SESSION, 0);
	fake_time_advance(4499);
	assert_int_equal(r->grants, 1);
	fake_time_advance(1);
	assert_int_equal(r->grants, 2);
	permit_rig_free(r);
}

static void
test_release(void **state)
{
	struct permit_rig *r = permit_rig_new(2, 5, 0);

	permit_rig_answer(r, 2, 1000, 1000, 86400000);
	permit_hold(&r->p, "Because.");
	permit_ask(&r->p, 1, 1, CAUSE_NO_SESSION, 0);
	permit_force(&r->p, 1);
	fake_time_advance(600000);
	assert_int_equal(r->grants, 0); /* a hold is not forced */
	permit_release(&r->p);
	fake_time_advance(1);
	assert_int_equal(r->grants + r->refreshes, 1);
	permit_rig_answer(r, 2, 1000, 1000, 86400000);
	fake_time_advance(1);
	assert_int_equal(r->grants, 1);
	assert_string_equal(r->said, "");
	permit_rig_free(r);
}

static void
test_hold(void **state)
{
	struct permit_rig *r = permit_rig_new(2, 5, 0);

	permit_rig_answer(r, 2, 1000, 1000, 86400000);
	permit_hold(&r->p, "Shard 0: disallowed intents.");
	permit_ask(&r->p, 1, 1, CAUSE_NO_SESSION, 0);
	fake_time_advance(600000);
	assert_int_equal(r->grants, 0);
	assert_string_equal(r->said, "Shard 0: disallowed intents.");
	permit_rig_free(r);
}

static void
test_dead_shard(void **state)
{
	struct permit_rig *r = permit_rig_new(2, 5, 0);

	r->answer_ms = 0;
	permit_rig_answer(r, 1, 1000, 100, 86400000);
	permit_ask(&r->p, 0, 1, CAUSE_NO_SESSION, 0);
	permit_ask(&r->p, 1, 1, CAUSE_NO_SESSION, 0);
	fake_time_advance(1000);
	permit_lost(&r->p, 0);
	assert_int_equal(r->lost, 1);
	/* It may have sent: the key's time counts, its READY does not. */
	fake_time_advance(4499);
	assert_int_equal(r->grants, 1);
	fake_time_advance(1);
	assert_int_equal(r->grants, 2);
	permit_lost(&r->p, 1);
	permit_lost(&r->p, 1);
	assert_int_equal(r->lost, 2);
	/* One that only waited leaves nothing behind. */
	permit_ask(&r->p, 0, 2, CAUSE_NO_SESSION, 0);
	permit_lost(&r->p, 0);
	fake_time_advance(100000);
	assert_int_equal(r->grants, 2);
	assert_int_equal(r->lost, 2);
	permit_rig_free(r);
}

static void
test_old_done_is_no_cancel(void **state)
{
	struct permit_rig *r = permit_rig_new(1, 5, 0);
	uint64_t first;

	r->answer_ms = 0;
	permit_rig_answer(r, 1, 1000, 100, 86400000);
	permit_ask(&r->p, 0, 1, CAUSE_NO_SESSION, 0);
	fake_time_advance(1);
	first = r->grant[0].id;
	permit_ask(&r->p, 0, 2, CAUSE_NO_SESSION, 0);
	permit_done(&r->p, 0, first, OUTCOME_INVALID, 0);
	assert_int_equal(r->last_outcome, OUTCOME_INVALID);
	fake_time_advance(6000);
	assert_int_equal(r->grants, 2);
	/* Without an id it takes the wish back. */
	permit_done(&r->p, 0, r->grant[1].id, OUTCOME_CLOSED, 0);
	permit_ask(&r->p, 0, 3, CAUSE_NO_SESSION, 0);
	permit_done(&r->p, 0, 0, OUTCOME_UNUSED, 0);
	fake_time_advance(60000);
	assert_int_equal(r->grants, 2);
	permit_rig_free(r);
}

static void
test_ledger_first(void **state)
{
	struct permit_rig *r = permit_rig_new(1, 5, 0);

	permit_rig_answer(r, 1, 1000, 100, 86400000);
	r->disk_full = true;
	permit_ask(&r->p, 0, 1, CAUSE_NO_SESSION, 0);
	fake_time_advance(20000);
	assert_int_equal(r->grants, 0);
	assert_string_not_equal(r->said, "");
	r->disk_full = false;
	fake_time_advance(PERMIT_RERECORD_MS);
	assert_int_equal(r->grants, 1);
	assert_string_equal(r->said, "");
	permit_rig_free(r);
}

static void
f_a5_one_write_for_a_pass_of_grants(void **state)
{
	struct permit_rig *r = permit_rig_new(64, 5, 0);

	r->disk_ms = 50;
	permit_rig_answer(r, 64, 1000, 1000, 86400000);
	permit_rig_ask_all(r);
	fake_time_advance(1);
	assert_int_equal(r->grants, 64);
	assert_int_equal(r->writes, 1);
	for (uint32_t i = 0; i < 64; i++) {
		assert_int_equal(r->grant[i].shard, i);
		assert_int_equal(r->grant[i].id, i + 1);
		/* Nothing is sent before it is written. */
		assert_int_equal(r->grant[i].at_ms, clock_boot_ms());
	}
	fake_time_advance(1000);
	assert_int_equal(permit_remaining(&r->p), 1000 - 64);
	permit_rig_free(r);
}

/* One by one they ask, and the disk is slow: it gets its rests. */
static void
f_a5_writing_is_not_all_the_loop_does(void **state)
{
	struct permit_rig *r = permit_rig_new(64, 5, 0);
	uint64_t began;

	r->disk_ms = 100;
	permit_rig_answer(r, 64, 1000, 1000, 86400000);
	began = clock_boot_ms();
	for (uint32_t i = 0; i < 64; i++) {
		permit_ask(&r->p, i, i, CAUSE_NO_SESSION, 0);
		fake_time_advance(10);
	}
	fake_time_advance(1000);
	assert_int_equal(r->grants, 64);
	assert_true(r->writes * r->disk_ms * 4 <= clock_boot_ms() - began);
	permit_rig_free(r);
}

/* Not written is not granted, and nothing of the budget is used up by it. */
static void
f_a5_a_busy_store_is_tried_again(void **state)
{
	struct permit_rig *r = permit_rig_new(16, 5, 0);
	struct permit_slot was;

	permit_rig_answer(r, 16, 1000, 1000, 86400000);
	r->busy = true;
	permit_rig_ask_all(r);
	was = r->p.slot[3];
	fake_time_advance(1);
	assert_int_equal(r->grants, 0);
	assert_non_null(strstr(r->said, "another process is writing"));
	assert_memory_equal(&was, &r->p.slot[3], sizeof(was));
	assert_int_equal(permit_remaining(&r->p), 1000);
	assert_int_equal(permit_recent(&r->p), 0);
	assert_int_equal(permit_waiting(&r->p), 16);
	fake_time_advance(10 * PERMIT_BUSY_MS);
	assert_in_range(r->writes, 5, 11);
	r->busy = false;
	fake_time_advance(PERMIT_BUSY_MS);
	assert_int_equal(r->grants, 16);
	assert_int_equal(permit_recent(&r->p), 16);
	assert_string_equal(r->said, "");
	permit_rig_free(r);
}

static void
test_deaf_shard(void **state)
{
	struct permit_rig *r = permit_rig_new(1, 5, 0);

	permit_rig_answer(r, 1, 1000, 100, 86400000);
	r->deaf = true;
	permit_ask(&r->p, 0, 1, CAUSE_NO_SESSION, 0);
	fake_time_advance(1);
	assert_int_equal(r->lost, 1);
	assert_int_equal(permit_waiting(&r->p), 0);
	permit_rig_free(r);
}

int
main(void)
{
#define T(name) cmocka_unit_test(name)
	const struct CMUnitTest tests[] = {
	    T(test_windows),
	    T(test_bucket_waits_for_expected),
	    T(test_expectation_ends),
	    T(test_key_is_held),
	    T(test_restart_keeps_spacing),
	    T(test_concurrency_changes),
	    T(test_release),
	    T(test_hold),
	    T(test_dead_shard),
	    T(test_old_done_is_no_cancel),
	    T(test_ledger_first),
	    T(f_a5_one_write_for_a_pass_of_grants),
	    T(f_a5_writing_is_not_all_the_loop_does),
	    T(f_a5_a_busy_store_is_tried_again),
	    T(test_deaf_shard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
