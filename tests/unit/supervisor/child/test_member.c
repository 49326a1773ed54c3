/* SPDX-License-Identifier: MIT */
/* A member's life; its process, a puppet, may answer within its own start. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <signal.h>

#include "tests/unit/supervisor/puppet.h"

static struct fleet *f;

static void
test_a_member_lives(void **state)
{
	struct member *c;
	pid_t was;

	for (int at_once = 0; at_once < 2; at_once++) {
		f = puppet_open("", at_once);
		c = &f->shard[2];
		was = c->pid;
		assert_int_equal(c->state, MEMBER_UP);
		assert_int_equal(puppet_told(c, MSG_UPLINK), 1);
		puppet_dies(c, SIGKILL);
		assert_int_equal(c->state, MEMBER_WAITING);
		assert_int_equal(c->paired, 0);
		fake_time_advance(120000);
		assert_int_not_equal(c->pid, was);
		puppet_close();
	}
}

/* Asked to restart, it ends and starts; asked to stop meanwhile, it
 * does not. */
static void
test_again_and_not(void **state)
{
	struct member *c;

	f = puppet_open("", true);
	c = &f->shard[1];
	member_event(c, MEMBER_ON_RESTART);
	assert_int_equal(c->state, MEMBER_STOPPING);
	assert_int_equal(puppet_told(c, MSG_STOP), 1);
	puppet_dies(c, 0);
	assert_int_equal(c->state, MEMBER_UP);
	member_event(c, MEMBER_ON_RESTART);
	member_event(c, MEMBER_ON_STOP);
	puppet_dies(c, 0);
	assert_int_equal(c->state, MEMBER_DOWN);
	assert_int_equal(puppet_alive(false), PUPPET_SHARDS - 1);
	puppet_close();
}

static void
test_spawn_fails(void **state)
{
	struct member *c;

	f = puppet_open("", true);
	c = &f->shard[0];
	puppet_dies(c, SIGKILL);
	puppet.spawn_fails = true;
	fake_time_advance(600000);
	assert_int_equal(c->state, MEMBER_WAITING);
	puppet.spawn_fails = false;
	fake_time_advance(600000);
	assert_int_equal(c->state, MEMBER_UP);
	puppet_close();
}

int
main(void)
{
#define T(name) cmocka_unit_test(name)
	const struct CMUnitTest tests[] = {
	    T(test_a_member_lives),
	    T(test_again_and_not),
	    T(test_spawn_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
