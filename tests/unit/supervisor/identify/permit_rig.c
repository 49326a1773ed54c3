/* SPDX-License-Identifier: MIT */
#include "tests/unit/supervisor/identify/permit_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct permit_rig *the;

static uint32_t
act_record(void *arg, struct permit_request *q, size_t n)
{
	struct permit_rig *r = arg;

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
	struct permit_rig *r = arg;
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
	struct permit_rig *r = arg;

	r->last_outcome = outcome;
	r->lost += outcome == OUTCOME_LOST;
}

static void
act_refresh(void *arg)
{
	((struct permit_rig *)arg)->refreshes++;
}

static void
act_say(void *arg, const char *s)
{
	str_copy(((struct permit_rig *)arg)->said, s, PERMIT_WORDS);
}

static const struct permit_actions actions = {act_record, act_grant, act_settle,
    act_refresh, act_say};

void
permit_rig_answer(struct permit_rig *r, uint32_t m, int64_t total,
    int64_t remaining, uint64_t reset_ms)
{
	struct permit_answer a = {m, total, remaining,
	    clock_boot_ms() + reset_ms, clock_boot_ms()};

	permit_budget(&r->p, &a);
}

struct permit_rig *
permit_rig_new(uint32_t count, double interval, int64_t reserve)
{
	struct permit_rig *r = base_alloc(sizeof(*r));

	fake_time_reset();
	the = r;
	r->timers = timer_base_new(NULL);
	r->answer_ms = 300;
	permit_init(&r->p, r->timers, count, interval, reserve, &actions, r);
	return r;
}

void
permit_rig_free(struct permit_rig *r)
{
	permit_free(&r->p);
	for (size_t i = 0; i < r->grants; i++)
		timer_stop(&r->ready[i].t);
	timer_base_free(r->timers);
	free(r);
	the = NULL;
}

void
permit_rig_ask_all(struct permit_rig *r)
{
	/* Backwards: the order of asking must not matter. */
	for (uint32_t i = 0; i < r->p.count; i++)
		permit_expect(&r->p, i);
	for (uint32_t i = r->p.count; i-- > 0;)
		permit_ask(&r->p, i, i, CAUSE_NO_SESSION, 0);
}

void
permit_rig_spaced(const struct permit_rig *r, uint64_t least)
{
	for (size_t i = 0; i < r->grants; i++)
		for (size_t j = i + 1; j < r->grants; j++)
			if (r->grant[i].key == r->grant[j].key)
				assert_true(
				    r->grant[j].at_ms - r->grant[i].at_ms
				    >= least);
}
