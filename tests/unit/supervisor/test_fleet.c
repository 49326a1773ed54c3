/* SPDX-License-Identifier: MIT */
/*
 * What concerns the whole fleet, its processes puppets: foul messages, a hold,
 * and a stop in the middle of something.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <signal.h>

#include "tests/unit/supervisor/puppet.h"

static struct fleet *f;

static const struct rollout_effects_order all = {0, 2, -1, 0, true, false,
    false};

/* Garbage from our own process ends that process, and nobody else. */
static void
test_messages_against_the_contract(void **state)
{
	static const struct {
		enum msg_type type;
		size_t len;
		bool handler;
	} bad[] = {{MSG_READY, 4, true}, {MSG_READY, 0, false},
	    {MSG_HELLO, 1, false},
	    {MSG_PERMIT_ASK, sizeof(struct msg_permit_ask), true},
	    {MSG_STOP, 0, true}, {MSG_PLUGIN_ANSWER, 8, true}};
	static const unsigned char body[64];

	for (size_t i = 0; i < nitems(bad); i++) {
		struct member *c;

		f = puppet_open("", false);
		c = bad[i].handler ? f->handler : &f->shard[3];
		puppet_says(c, bad[i].type, 0, body, bad[i].len);
		assert_int_equal(c->killed_for, CRASH_EXIT);
		puppet_dies(c, SIGKILL);
		assert_int_equal(c->state, MEMBER_WAITING);
		assert_int_equal(puppet_alive(true) + puppet_alive(false),
		    PUPPET_SHARDS);
		puppet_close();
	}
}

static void
test_hold_and_release(void **state)
{
	struct err e;

	f = puppet_open("", false);
	hold_set(f->hold, 4013, 1, "Invalid intents");
	f->shard[1].fatal = true;
	puppet_dies(&f->shard[1], PUPPET_EXITED(EXIT_CONFIG));
	assert_int_equal(f->shard[1].state, MEMBER_FAILED);
	assert_true(fleet_underway(f, UNDERWAY_HOLD));
	fake_time_advance(600000);
	assert_int_equal(puppet_alive(false), PUPPET_SHARDS - 1);
	f->hold->code = 0;
	permit_release(f->permit);
	member_event(&f->shard[1], MEMBER_ON_RESTART);
	assert_int_equal(puppet_alive(false), PUPPET_SHARDS);
	assert_int_equal(hold_release(f->hold, &e), -1);
	puppet_close();
}

/* Everything under way is given up, and everybody ends once. */
static void
test_stop_in_the_middle(void **state)
{
	for (int what = 0; what < 2; what++) {
		struct err e;

		f = puppet_open("", false);
		if (what == 0)
			puppet_reload();
		else
			assert_int_equal(rollout_effects_begin(f->rollout, 0,
					     &all, &e),
			    0);
		stop_begin(f->stop, false, "a test");
		for (size_t i = 0; i < ROLLOUT_EFFECTS_LANES; i++)
			if (member_running(&f->rollout->lane[i].other))
				puppet_dies(&f->rollout->lane[i].other, 0);
		for (uint32_t i = 0; i < f->local; i++)
			puppet_dies(&f->shard[i], 0);
		assert_int_equal(f->stop->phase, STOP_HANDLER);
		for (size_t i = 0; i < FLEET_HANDLERS; i++)
			if (member_running(&f->handler_slot[i]))
				puppet_dies(&f->handler_slot[i], 0);
		assert_int_equal(f->stop->phase, STOP_DONE);
		assert_int_equal(puppet_alive(true) + puppet_alive(false), 0);
		for (unsigned u = UNDERWAY_RELOAD; u < UNDERWAY_COUNT; u++)
			assert_false(fleet_underway(f, u));
		puppet_close();
	}
}

int
main(void)
{
#define T(name) cmocka_unit_test(name)
	const struct CMUnitTest tests[] = {
	    T(test_messages_against_the_contract),
	    T(test_hold_and_release),
	    T(test_stop_in_the_middle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
