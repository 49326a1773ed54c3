/* SPDX-License-Identifier: MIT */
/* session.c: an operator gives a session up, for its guilds to come again. */
#include "shard/session/close_codes.h"
#include "tests/unit/shard/session/session_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* The session ends, and nothing but a permit makes the next;
 * one that is not live is left alone. */
static void
test_renew(void **state)
{
	rig_live();
	rig_in(SESSION_EV_RENEW);
	assert_int_equal(rig_seen.forgets, 1);
	assert_int_equal(rig_seen.hangup_code, CLOSE_CODES_OUR_CLOSE);
	fake_time_advance(0);
	rig_is(SHARD_PERMIT);
	assert_int_equal(rig_seen.cause, CAUSE_ENDED);
	rig_in(SESSION_EV_RENEW);
	rig_is(SHARD_PERMIT);
	rig_grant();
	rig_hello();
	rig_is(SHARD_IDENTIFYING);
	rig_in(SESSION_EV_RENEW);
	rig_is(SHARD_IDENTIFYING);
	rig_ready(1);
	rig_is(SHARD_READY);
	assert_int_equal(rig_stats.reconnects[RECONNECT_ORDER], 1);
}

static int
teardown(void **state)
{
	rig_end();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(test_renew, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
