/* SPDX-License-Identifier: MIT */
/*
 * The permits on a fake clock: nothing here sleeps.  A recorder plays the
 * shards: it keeps every grant with its time and, when told to, settles it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "supervisor/identify/permit.h"
#include "tests/unit/rig/fake_time.h"

#define GRANTS_MAX 4096

struct rec {
	struct permit p;
	struct timers *timers;
	struct {
		uint32_t shard, key;
		uint64_t at_ms, id;
	} grant[GRANTS_MAX];
	size_t grants, refreshes, recorded, lost, forced;
	uint64_t answer_ms;	/* READY so long after the grant; 0: never */
	size_t writes;
	uint64_t disk_ms;	/* one write takes */
	bool disk_full, busy, deaf;
	uint32_t last_outcome;
	char said[PERMIT_WORDS];
	struct {
		uint32_t shard;
		uint64_t id;
		struct timer t;
		struct rec *r;
	} ready[GRANTS_MAX];
};

static struct rec *the;

static uint32_t
act_record(void *arg, struct permit_request *q, size_t n)
{
	struct rec *r = arg;

	assert_in_range(n, 1, PERMIT_PASS_MAX);
	r->writes++;
	fake_time_pass(r->disk_ms);
	if (r->disk_full)
		return PERMIT_RERECORD_MS;
	if (r->busy)
		return PERMIT_BUSY_MS;
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(q[i].key, q[i].shard % r->p.keys);
		r->forced += q[i].forced;
		q[i].id = ++r->recorded;
	}
	return 0;
}

static void
on_ready(struct timer *t)
{
	for (size_t i = 0; i < the->grants; i++)
		if (&the->ready[i].t == t)
			permit_done(&the->p, the->ready[i].shard,
			    the->ready[i].id, OUTCOME_READY, 0);
}

static bool
act_grant(void *arg, uint32_t shard, uint32_t serial, uint64_t id)
{
	struct rec *r = arg;
	size_t i = r->grants++;

	/* Recorded before it was granted. */
	assert_in_range(id, 1, r->recorded);
	r->grant[i].shard = shard;
	r->grant[i].key = shard % r->p.keys;
	r->grant[i].at_ms = clock_boot_ms();
	r->grant[i].id = id;
	r->ready[i].shard = shard;
	r->ready[i].id = id;
	timer_init(r->timers, &r->ready[i].t, on_ready);
	if (r->answer_ms != 0)
		timer_set(&r->ready[i].t, (double)r->answer_ms / 1000);
	return !r->deaf;
}

static void
act_settle(void *arg, uint64_t id, uint32_t outcome, uint32_t code)
{
	struct rec *r = arg;

	r->last_outcome = outcome;
	r->lost += outcome == OUTCOME_LOST;
}

static void
act_refresh(void *arg)
{
	((struct rec *)arg)->refreshes++;
}

static void
act_say(void *arg, const char *s)
{
	str_copy(((struct rec *)arg)->said, s, PERMIT_WORDS);
}

static const struct permit_actions actions = { act_record, act_grant,
	act_settle, act_refresh, act_say };

static void
answer(struct rec *r, uint32_t m, int64_t total, int64_t remaining,
    uint64_t reset_ms)
{
	struct permit_answer a = { m, total, remaining,
	    clock_boot_ms() + reset_ms, clock_boot_ms() };

	permit_budget(&r->p, &a);
}

static struct rec *
fresh(uint32_t count, double interval, int64_t reserve)
{
	struct rec *r = base_alloc(sizeof(*r));

	fake_time_reset();
	the = r;
	r->timers = timers_new(NULL);
	r->answer_ms = 300;
	permit_init(&r->p, r->timers, count, interval, reserve, &actions, r);
	return r;
}

static void
done(struct rec *r)
{
	permit_free(&r->p);
	for (size_t i = 0; i < r->grants; i++)
		timer_stop(&r->ready[i].t);
	timers_free(r->timers);
	free(r);
	the = NULL;
}

static void
ask_all(struct rec *r)
{
	/* Backwards: the order of asking must not matter. */
	for (uint32_t i = 0; i < r->p.count; i++)
		permit_expect(&r->p, i);
	for (uint32_t i = r->p.count; i-- > 0;)
		permit_ask(&r->p, i, i, CAUSE_NO_SESSION, 0);
}

static void
check_spacing(const struct rec *r, uint64_t least)
{
	for (size_t i = 0; i < r->grants; i++)
		for (size_t j = i + 1; j < r->grants; j++)
			if (r->grant[i].key == r->grant[j].key)
				assert_true(r->grant[j].at_ms
				    - r->grant[i].at_ms >= least);
}

static void
check_order(const struct rec *r)
{
	for (size_t i = 1; i < r->grants; i++)
		assert_true(r->grant[i].shard / r->p.keys
		    >= r->grant[i - 1].shard / r->p.keys);
}

/* 64 shards take ceil(64/M) windows, in order, spaced. */
static void
windows(uint32_t m)
{
	struct rec *r = fresh(64, 5, 0);
	uint64_t began = clock_boot_ms(), eta, took;

	answer(r, m, 1000, 1000, 3600000);
	ask_all(r);
	eta = permit_eta_ms(&r->p);
	fake_time_advance(1);		/* the first are out, none is READY */
	assert_int_equal(permit_eta_ms(&r->p), eta);
	fake_time_advance(64 / m * 5500 + 1000);
	assert_int_equal(r->grants, 64);
	check_spacing(r, 5500);
	check_order(r);
	took = r->grant[63].at_ms - began;
	assert_int_equal(took, (64 / m - 1) * 5500);
	assert_int_equal(eta, r->grant[63].at_ms);
	assert_int_equal(permit_eta_ms(&r->p), 0);
	assert_int_equal(permit_remaining(&r->p), 1000 - 64);
	done(r);
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
	struct rec *r = fresh(8, 5, 0);

	answer(r, 4, 1000, 1000, 3600000);
	for (uint32_t i = 0; i < 8; i++)
		permit_expect(&r->p, i);
	permit_ask(&r->p, 6, 1, CAUSE_NO_SESSION, 0);
	fake_time_advance(2000);
	assert_int_equal(r->grants, 0);	/* 0..3 come first */
	for (uint32_t i = 0; i < 4; i++)
		permit_ask(&r->p, i, 1, CAUSE_NO_SESSION, 0);
	fake_time_advance(1);
	assert_int_equal(r->grants, 4);
	/* 4, 5 and 7 never ask: 6 has waited for its own bucket long enough. */
	fake_time_advance(6000);
	assert_int_equal(r->grants, 5);
	assert_int_equal(r->grant[4].shard, 6);
	done(r);
}

static void
test_expectation_ends(void **state)
{
	struct rec *r = fresh(8, 5, 0);

	answer(r, 4, 1000, 1000, 3600000);
	permit_expect(&r->p, 0);
	permit_ask(&r->p, 7, 1, CAUSE_NO_SESSION, 0);
	fake_time_advance(PERMIT_EXPECT_MS - 1);
	assert_int_equal(r->grants, 0);
	fake_time_advance(2);
	assert_int_equal(r->grants, 1);
	done(r);
}

static void
test_key_is_held(void **state)
{
	struct rec *r = fresh(3, 5, 0);

	r->answer_ms = 0;		/* nobody ever settles */
	answer(r, 1, 1000, 1000, 3600000);
	permit_ask(&r->p, 0, 1, CAUSE_NO_SESSION, 0);
	permit_ask(&r->p, 1, 1, CAUSE_NO_SESSION, 0);
	fake_time_advance(PERMIT_HOLD_MS - 1);
	assert_int_equal(r->grants, 1);
	fake_time_advance(1);
	assert_int_equal(r->grants, 2);	/* the ceiling */
	/* Settled late: frees at once, spacing has long passed. */
	fake_time_advance(9000);
	permit_ask(&r->p, 2, 1, CAUSE_NO_SESSION, 0);
	fake_time_advance(1);
	assert_int_equal(r->grants, 2);
	permit_done(&r->p, 1, 2, OUTCOME_CLOSED, 4000);
	fake_time_advance(1);
	assert_int_equal(r->grants, 3);
	assert_int_equal(r->last_outcome, OUTCOME_CLOSED);
	done(r);
}

static void
test_restart_keeps_spacing(void **state)
{
	struct rec *r = fresh(16, 5, 0);

	/* An earlier life sent for shard 4 two seconds ago: key 0. */
	permit_remember(&r->p, 4, 2000, OUTCOME_READY, false);
	answer(r, 4, 1000, 999, 3600000);
	permit_ask(&r->p, 0, 1, CAUSE_NO_SESSION, 0);
	permit_ask(&r->p, 1, 1, CAUSE_NO_SESSION, 0);
	fake_time_advance(1);
	assert_int_equal(r->grants, 1);
	assert_int_equal(r->grant[0].shard, 1);
	fake_time_advance(3498);
	assert_int_equal(r->grants, 1);
	fake_time_advance(1);
	assert_int_equal(r->grants, 2);
	done(r);
}

static void
test_reserve_and_reset(void **state)
{
	struct rec *r = fresh(16, 5, 0);

	answer(r, 1, 1000, 33, 60000);
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
	answer(r, 1, 1000, 1000, 86400000);
	fake_time_advance(1);
	assert_int_equal(r->grants, 2);
	assert_string_equal(r->said, "");
	done(r);
}

static void
test_reserve_rules(void **state)
{
	struct rec *r = fresh(100, 5, 0);

	answer(r, 1, 1000, 1000, 60000);
	assert_int_equal(permit_reserve(&r->p), 200);
	answer(r, 1, 400, 400, 60000);
	assert_int_equal(permit_reserve(&r->p), 100);
	done(r);
	r = fresh(1, 5, 0);
	answer(r, 1, 1000, 1000, 60000);
	assert_int_equal(permit_reserve(&r->p), 25);
	done(r);
	r = fresh(1, 5, 7);
	answer(r, 1, 1000, 1000, 60000);
	assert_int_equal(permit_reserve(&r->p), 7);
	done(r);
}

static void
test_exhausted(void **state)
{
	struct rec *r = fresh(1, 5, 0);

	answer(r, 1, 1000, 0, 600000);
	permit_ask(&r->p, 0, 1, CAUSE_INVALID_SESSION, 0);
	fake_time_advance(599000);
	assert_int_equal(r->grants + r->refreshes, 0);
	fake_time_advance(10000);
	assert_int_equal(r->refreshes, 1);
	assert_int_equal(r->grants, 0);
	done(r);
}

static void
test_stale_answer_is_refreshed(void **state)
{
	struct rec *r = fresh(4, 5, 0);

	answer(r, 1, 1000, 1000, 86400000);
	permit_ask(&r->p, 0, 1, CAUSE_NO_SESSION, 0);
	fake_time_advance(PERMIT_FRESH_MS + 1000);
	assert_int_equal(r->grants, 1);
	permit_ask(&r->p, 1, 1, CAUSE_NO_SESSION, 0);
	permit_ask(&r->p, 2, 1, CAUSE_NO_SESSION, 0);
	fake_time_advance(30000);
	assert_int_equal(r->grants, 1);
	assert_int_equal(r->refreshes, 1);	/* asked once */
	answer(r, 1, 1000, 500, 86400000);
	fake_time_advance(6000);
	assert_int_equal(r->grants, 3);
	assert_int_equal(permit_remaining(&r->p), 498);
	done(r);
}

static void
test_concurrency_changes(void **state)
{
	struct rec *r = fresh(32, 5, 0);

	answer(r, 16, 1000, 1000, 86400000);
	permit_ask(&r->p, 3, 1, CAUSE_NO_SESSION, 0);
	fake_time_advance(1000);
	/* 16 keys become one: 3's IDENTIFY holds everybody. */
	answer(r, 1, 1000, 999, 86400000);
	permit_ask(&r->p, 0, 1, CAUSE_NO_SESSION, 0);
	fake_time_advance(4499);
	assert_int_equal(r->grants, 1);
	fake_time_advance(1);
	assert_int_equal(r->grants, 2);
	done(r);
}

static void
test_brake(void **state)
{
	struct rec *r = fresh(16, 5, 0);
	uint64_t at;

	answer(r, 16, 1000, 1000, 864000000);
	/* Everybody identifies twice in a row. */
	for (int round = 0; round < 2; round++) {
		for (uint32_t i = 0; i < 16; i++)
			permit_ask(&r->p, i, 1, CAUSE_INVALID_SESSION, 0);
		fake_time_advance(6000);
	}
	assert_int_equal(r->grants, 26);	/* count + 10 */
	assert_string_not_equal(r->said, "");
	at = r->grant[15].at_ms;
	assert_int_equal(permit_eta_ms(&r->p), at + 600000);
	fake_time_advance(580000);
	assert_int_equal(r->grants, 26);
	fake_time_advance(30000);
	assert_int_equal(r->grants, 32);
	assert_true(r->grant[26].at_ms - at >= 600000);
	done(r);
}

/* ---- one shard that loops -------------------------------------------- */

/* A second of a fleet whose questions are answered. */
static void
second(struct rec *r, uint32_t m)
{
	fake_time_advance(1000);
	if (r->p.asked)
		answer(r, m, 1000, 1000, 864000000);
}

/* Shard 5 asks again as soon as its IDENTIFY has been answered by op 9. */
static void
loop(struct rec *r, uint64_t until_ms)
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
grants_of(const struct rec *r, uint32_t shard, uint64_t since_ms)
{
	size_t n = 0;

	for (size_t i = 0; i < r->grants; i++)
		n += r->grant[i].shard == shard && r->grant[i].at_ms >= since_ms;
	return n;
}

/* However fast it asks, 12 in the first hour; the others do not notice. */
static void
test_identify_loop(void **state)
{
	struct rec *r = fresh(64, 5, 0);
	uint64_t began = clock_boot_ms();

	answer(r, 1, 1000, 1000, 864000000);
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
	done(r);
}

/* READY and dead again within seconds is a loop as well. */
static void
test_short_sessions_are_spaced(void **state)
{
	struct rec *r = fresh(2, 5, 0);

	answer(r, 2, 1000, 1000, 864000000);
	for (int i = 0; i < 3600; i++) {
		if (r->p.slot[0].state == PERMIT_IDLE)
			permit_ask(&r->p, 0, 1, CAUSE_INVALID_SESSION, 0);
		second(r, 2);
	}
	assert_in_range(r->grants, 8, 12);
	/* A session that lasted makes it all good. */
	permit_done(&r->p, 0, 0, OUTCOME_UNUSED, 0);
	fake_time_advance(7200000);
	answer(r, 2, 1000, 1000, 864000000);
	for (int i = 0; i < 2; i++) {
		size_t n = r->grants;

		permit_ask(&r->p, 0, 1, CAUSE_INVALID_SESSION, 0);
		fake_time_advance(5501);
		assert_int_equal(r->grants, n + 1);
	}
	done(r);
}

/* A restart does not begin the spacing anew. */
static void
test_restart_keeps_the_loop(void **state)
{
	struct rec *r = fresh(2, 5, 0);

	permit_remember(&r->p, 0, 60000, OUTCOME_INVALID, false);
	permit_remember(&r->p, 0, 55000, OUTCOME_INVALID, false);
	permit_remember(&r->p, 0, 44000, OUTCOME_INVALID, false);
	permit_remember(&r->p, 0, 10000, OUTCOME_INVALID, false);
	answer(r, 2, 1000, 1000, 864000000);
	permit_ask(&r->p, 0, 1, CAUSE_INVALID_SESSION, 0);
	fake_time_advance(33000);
	assert_int_equal(r->grants, 0);
	fake_time_advance(1001);
	assert_int_equal(r->grants, 1);
	done(r);
}

/* What an operator ended counts as asked for, once for each shard. */
static void
f_d5_ended_by_an_operator(void **state)
{
	struct rec *r = fresh(2, 5, 0);

	permit_remember(&r->p, 0, 60000, OUTCOME_READY, false);
	permit_remember(&r->p, 1, 10000, OUTCOME_READY, false);
	assert_int_equal(permit_recent(&r->p), 2);
	permit_ended(&r->p, 30000);
	answer(r, 2, 1000, 1000, 864000000);
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
	done(r);
}

/* ---- failures with one cause ----------------------------------------- */

static void
settle_all(struct rec *r, size_t from, uint32_t outcome, uint32_t code)
{
	for (size_t i = from; i < r->grants; i++)
		permit_done(&r->p, r->grant[i].shard, r->grant[i].id, outcome,
		    code);
}

static void
test_canary(void **state)
{
	struct rec *r = fresh(64, 5, 0);
	size_t n;

	r->answer_ms = 0;
	answer(r, 32, 1000, 1000, 864000000);
	ask_all(r);
	fake_time_advance(1);
	assert_int_equal(r->grants, 32);
	settle_all(r, 0, OUTCOME_INVALID, 0);	/* half of them fail alike */
	fake_time_advance(6000);
	assert_int_equal(r->grants, 33);	/* the canary */
	fake_time_advance(20000);
	assert_int_equal(r->grants, 33);
	settle_all(r, 32, OUTCOME_INVALID, 0);
	fake_time_advance(6000);
	assert_int_equal(r->grants, 34);	/* the next one */
	/* One that says nothing is not waited for. */
	fake_time_advance(PERMIT_HOLD_MS + 6000);
	assert_int_equal(r->grants, 35);
	n = r->grants;
	settle_all(r, n - 1, OUTCOME_READY, 0);
	fake_time_advance(6000);
	assert_true(r->grants > n + 8);		/* it sings: all follow */
	assert_string_equal(r->said, "");
	done(r);
}

/* ---- an operator's word ---------------------------------------------- */

static void
test_force(void **state)
{
	struct rec *r = fresh(16, 5, 0);

	answer(r, 1, 1000, 20, 3600000);	/* reserve: 32 */
	for (uint32_t i = 0; i < 8; i++)
		permit_ask(&r->p, i, 1, CAUSE_NO_SESSION, 0);
	fake_time_advance(60000);
	assert_int_equal(r->grants, 0);
	assert_non_null(strstr(r->said, "--force"));
	assert_false(permit_force(&r->p, 9));	/* it wants none */
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
	assert_int_equal(permit_recent(&r->p), 0);	/* they were asked for */
	check_spacing(r, 5500);
	/* A leave ends. */
	permit_leave(&r->p, 2);
	r->p.leave_ms = clock_boot_ms();
	fake_time_advance(60000);
	assert_int_equal(r->grants, 3);
	done(r);
}

static void
test_nobody_forces_the_last(void **state)
{
	struct rec *r = fresh(2, 5, 0);

	answer(r, 1, 1000, 1, 3600000);
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
	answer(r, 1, 1000, 1000, 86400000);
	fake_time_advance(1);
	assert_int_equal(r->grants, 2);
	done(r);
}

static void
test_release(void **state)
{
	struct rec *r = fresh(2, 5, 0);

	answer(r, 2, 1000, 1000, 86400000);
	permit_hold(&r->p, "Because.");
	permit_ask(&r->p, 1, 1, CAUSE_NO_SESSION, 0);
	permit_force(&r->p, 1);
	fake_time_advance(600000);
	assert_int_equal(r->grants, 0);		/* a hold is not forced */
	permit_release(&r->p);
	fake_time_advance(1);
	assert_int_equal(r->grants + r->refreshes, 1);
	answer(r, 2, 1000, 1000, 86400000);
	fake_time_advance(1);
	assert_int_equal(r->grants, 1);
	assert_string_equal(r->said, "");
	done(r);
}

/* What may not be in Discord's count yet is taken off. */
static void
test_unsure(void **state)
{
	struct rec *r = fresh(2, 5, 0);
	struct permit_answer a = { 1, 1000, 500, clock_boot_ms() + 3600000,
	    clock_boot_ms(), 3 };

	permit_budget(&r->p, &a);
	assert_int_equal(permit_remaining(&r->p), 497);
	done(r);
}

static void
test_hold(void **state)
{
	struct rec *r = fresh(2, 5, 0);

	answer(r, 2, 1000, 1000, 86400000);
	permit_hold(&r->p, "Shard 0: disallowed intents.");
	permit_ask(&r->p, 1, 1, CAUSE_NO_SESSION, 0);
	fake_time_advance(600000);
	assert_int_equal(r->grants, 0);
	assert_string_equal(r->said, "Shard 0: disallowed intents.");
	done(r);
}

static void
test_unused_costs_nothing(void **state)
{
	struct rec *r = fresh(2, 5, 0);

	r->answer_ms = 0;
	answer(r, 1, 1000, 100, 86400000);
	permit_ask(&r->p, 0, 1, CAUSE_NO_SESSION, 0);
	fake_time_advance(1);
	assert_int_equal(permit_remaining(&r->p), 99);
	permit_ask(&r->p, 1, 1, CAUSE_NO_SESSION, 0);
	permit_done(&r->p, 0, r->grant[0].id, OUTCOME_UNUSED, 0);
	assert_int_equal(permit_remaining(&r->p), 100);
	assert_int_equal(permit_recent(&r->p), 0);
	fake_time_advance(1);
	assert_int_equal(r->grants, 2);		/* and no 5 s either */
	done(r);
}

static void
test_dead_shard(void **state)
{
	struct rec *r = fresh(2, 5, 0);

	r->answer_ms = 0;
	answer(r, 1, 1000, 100, 86400000);
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
	done(r);
}

static void
test_old_done_is_no_cancel(void **state)
{
	struct rec *r = fresh(1, 5, 0);
	uint64_t first;

	r->answer_ms = 0;
	answer(r, 1, 1000, 100, 86400000);
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
	done(r);
}

static void
test_ledger_first(void **state)
{
	struct rec *r = fresh(1, 5, 0);

	answer(r, 1, 1000, 100, 86400000);
	r->disk_full = true;
	permit_ask(&r->p, 0, 1, CAUSE_NO_SESSION, 0);
	fake_time_advance(20000);
	assert_int_equal(r->grants, 0);
	assert_string_not_equal(r->said, "");
	r->disk_full = false;
	fake_time_advance(PERMIT_RERECORD_MS);
	assert_int_equal(r->grants, 1);
	assert_string_equal(r->said, "");
	done(r);
}

static void
f_a5_one_write_for_a_pass_of_grants(void **state)
{
	struct rec *r = fresh(64, 5, 0);

	r->disk_ms = 50;
	answer(r, 64, 1000, 1000, 86400000);
	ask_all(r);
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
	done(r);
}

/* One by one they ask, and the disk is slow: it gets its rests. */
static void
f_a5_writing_is_not_all_the_loop_does(void **state)
{
	struct rec *r = fresh(64, 5, 0);
	uint64_t began;

	r->disk_ms = 100;
	answer(r, 64, 1000, 1000, 86400000);
	began = clock_boot_ms();
	for (uint32_t i = 0; i < 64; i++) {
		permit_ask(&r->p, i, i, CAUSE_NO_SESSION, 0);
		fake_time_advance(10);
	}
	fake_time_advance(1000);
	assert_int_equal(r->grants, 64);
	assert_true(r->writes * r->disk_ms * 4 <= clock_boot_ms() - began);
	done(r);
}

/* Not written is not granted, and nothing of the budget is used up by it. */
static void
f_a5_a_busy_store_is_tried_again(void **state)
{
	struct rec *r = fresh(16, 5, 0);
	struct permit_slot was;

	answer(r, 16, 1000, 1000, 86400000);
	r->busy = true;
	ask_all(r);
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
	done(r);
}

static void
test_deaf_shard(void **state)
{
	struct rec *r = fresh(1, 5, 0);

	answer(r, 1, 1000, 100, 86400000);
	r->deaf = true;
	permit_ask(&r->p, 0, 1, CAUSE_NO_SESSION, 0);
	fake_time_advance(1);
	assert_int_equal(r->lost, 1);
	assert_int_equal(permit_waiting(&r->p), 0);
	done(r);
}

static void
test_waits_for_the_first_answer(void **state)
{
	struct rec *r = fresh(1, 5, 0);

	permit_ask(&r->p, 0, 1, CAUSE_NO_SESSION, 0);
	fake_time_advance(600000);
	assert_int_equal(r->grants, 0);
	assert_int_equal(r->refreshes, 1);
	assert_int_equal(permit_remaining(&r->p), -1);
	answer(r, 0, 1000, 100, 86400000);	/* 0 keys: one */
	fake_time_advance(1);
	assert_int_equal(r->grants, 1);
	done(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_bucket_waits_for_expected),
		cmocka_unit_test(test_expectation_ends),
		cmocka_unit_test(test_key_is_held),
		cmocka_unit_test(test_restart_keeps_spacing),
		cmocka_unit_test(test_reserve_and_reset),
		cmocka_unit_test(test_reserve_rules),
		cmocka_unit_test(test_exhausted),
		cmocka_unit_test(test_stale_answer_is_refreshed),
		cmocka_unit_test(test_concurrency_changes),
		cmocka_unit_test(test_brake),
		cmocka_unit_test(test_identify_loop),
		cmocka_unit_test(test_short_sessions_are_spaced),
		cmocka_unit_test(f_d5_ended_by_an_operator),
		cmocka_unit_test(test_restart_keeps_the_loop),
		cmocka_unit_test(test_canary),
		cmocka_unit_test(test_force),
		cmocka_unit_test(test_nobody_forces_the_last),
		cmocka_unit_test(test_release),
		cmocka_unit_test(test_unsure),
		cmocka_unit_test(test_hold),
		cmocka_unit_test(test_unused_costs_nothing),
		cmocka_unit_test(test_dead_shard),
		cmocka_unit_test(test_old_done_is_no_cancel),
		cmocka_unit_test(test_ledger_first),
		cmocka_unit_test(f_a5_one_write_for_a_pass_of_grants),
		cmocka_unit_test(f_a5_writing_is_not_all_the_loop_does),
		cmocka_unit_test(f_a5_a_busy_store_is_tried_again),
		cmocka_unit_test(test_deaf_shard),
		cmocka_unit_test(test_waits_for_the_first_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
