/* SPDX-License-Identifier: MIT */
/* A rollout, its processes puppets: each place is taken once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <signal.h>

#include "tests/unit/supervisor/puppet.h"

static struct fleet *f;

static const struct rollout_effects_order all = {0, 2, -1, 0, true, false,
    false};

/* Every successor that waits goes on by one step; how many did. */
static unsigned
successors_step(void)
{
	unsigned n = 0;

	for (size_t i = 0; i < ROLLOUT_EFFECTS_LANES; i++) {
		struct handover_effects *s = &f->rollout->lane[i];
		struct member *other = &s->other;

		if (other->state == MEMBER_STARTING)
			puppet_hello(other);
		if (handover_effects_free(s))
			continue;
		n++;
		if (s->succession.state == HANDOVER_DIALLING) {
			puppet_report(other, REPORT_STANDBY, 0, "");
		} else if (s->succession.state == HANDOVER_HANDING) {
			puppet_handed(s->place, true);
		} else if (s->succession.state == HANDOVER_TAKING) {
			puppet_shows_ready(s->place);
			puppet_ready(s->place);
		} else if (member_running(other)) {
			puppet_dies(other, 0);
		}
		fake_time_advance(1);
	}
	return n;
}

static void
test_rollout(void **state)
{
	pid_t was[PUPPET_SHARDS];
	struct err e;

	for (int at_once = 0; at_once < 2; at_once++) {
		f = puppet_open("", at_once);
		for (int i = 0; i < PUPPET_SHARDS; i++)
			was[i] = f->shard[i].pid;
		if (rollout_effects_begin(f->rollout, 0, &all, &e) == -1)
			fail_msg("%s", e.text);
		assert_int_equal(puppet_alive(false), PUPPET_SHARDS + 2);
		for (int i = 0; i < 100 && rollout_effects_busy(f->rollout);
		     i++) {
			successors_step();
			assert_true(puppet_alive(false) <= PUPPET_SHARDS + 4);
			fake_time_advance(500);
		}
		while (successors_step() > 0)
			;
		assert_int_equal(f->rollout->rollout.moved, PUPPET_SHARDS);
		assert_int_equal(puppet_alive(false), PUPPET_SHARDS);
		for (int i = 0; i < PUPPET_SHARDS; i++)
			assert_int_not_equal(f->shard[i].pid, was[i]);
		puppet_close();
	}
}

/* A successor that dies makes its lane free for the next, from within. */
static void
f_a3_a_lane_is_begun_again_from_its_own_end(void **state)
{
	struct rollout_effects_order o = all;
	struct err e;

	f = puppet_open("", false);
	o.parallel = 1;
	o.max_failures = PUPPET_SHARDS;
	assert_int_equal(rollout_effects_begin(f->rollout, 0, &o, &e), 0);
	for (unsigned i = 0; i < PUPPET_SHARDS; i++) {
		struct member *other = &f->rollout->lane[0].other;

		assert_int_equal(puppet_alive(false), PUPPET_SHARDS + 1);
		assert_int_equal(other->slot, i);
		puppet_dies(other, PUPPET_EXITED(1));
	}
	assert_int_equal(f->rollout->rollout.failed, PUPPET_SHARDS);
	assert_int_equal(puppet_alive(false), PUPPET_SHARDS);
	fake_time_advance(600000);
	assert_false(rollout_effects_busy(f->rollout));
	puppet_close();
}

/* The old one dies instead of handing over: the place is taken, once. */
static void
test_the_old_one_dies(void **state)
{
	struct rollout_effects_order o = all;
	struct member *place;
	struct err e;
	pid_t next;

	f = puppet_open("", false);
	o.parallel = 1;
	place = &f->shard[0];
	assert_int_equal(rollout_effects_begin(f->rollout, 0, &o, &e), 0);
	puppet_hello(&f->rollout->lane[0].other);
	puppet_report(&f->rollout->lane[0].other, REPORT_STANDBY, 0, "");
	next = f->rollout->lane[0].other.pid;
	puppet_dies(place, SIGKILL);
	assert_int_equal(place->pid, next);
	assert_int_equal(place->state, MEMBER_UP);
	fake_time_advance(1000);
	assert_int_equal(puppet_alive(false), PUPPET_SHARDS);
	puppet_close();
}

/* An undo begins from within the end of the one it stopped. */
static void
test_undo_while_one_is_under_way(void **state)
{
	struct config *before = base_alloc(sizeof(*before));
	struct rollout_effects_order o = all;
	struct err e;

	f = puppet_open("", false);
	assert_int_equal(config_parse(before, f->config->path, f->config->text,
			     NULL, NULL, &e),
	    0);
	f->rollout->before = before;
	o.parallel = 1;
	assert_int_equal(rollout_effects_begin(f->rollout, 0, &o, &e), 0);
	assert_int_equal(rollout_effects_undo(f->rollout, 0, &o, &e), 0);
	assert_int_equal(rollout_effects_undo(f->rollout, 0, &o, &e), -1);
	puppet_dies(&f->rollout->lane[0].other, PUPPET_EXITED(1));
	assert_false(f->rollout->undo_next);
	assert_false(rollout_effects_busy(f->rollout));
	puppet_close();
}

int
main(void)
{
#define T(name) cmocka_unit_test(name)
	const struct CMUnitTest tests[] = {
	    T(test_rollout),
	    T(f_a3_a_lane_is_begun_again_from_its_own_end),
	    T(test_the_old_one_dies),
	    T(test_undo_while_one_is_under_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
