/* SPDX-License-Identifier: MIT */
/* What a session does with permits to IDENTIFY (discord-protocol.md 2.12). */
#include "tests/unit/shard/session/session_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void
test_permit_given_back(void **state)
{
	rig_begin("", CAUSE_NO_SESSION);
	rig_grant();
	rig_dial_failed(0, 0);
	assert_int_equal(rig_seen.outcome, OUTCOME_UNUSED);
	assert_int_equal(rig_seen.ledger, 99);
	fake_time_advance(fake_time_next());
	rig_is(SHARD_PERMIT);
	assert_int_equal(rig_seen.asks, 2);
	assert_int_equal(rig_seen.identifies, 0);
}

static void
test_permit_too_old(void **state)
{
	rig_begin("", CAUSE_NO_SESSION);
	rig_session.lim.connect_s = 60;
	rig_session.lim.hello_s = 60;
	rig_grant();
	fake_time_advance(SESSION_PERMIT_WINDOW_MS + 1);
	rig_hello();
	assert_int_equal(rig_seen.identifies, 0);
	assert_int_equal(rig_seen.outcome, OUTCOME_UNUSED);
	rig_is(SHARD_WAITING);
}

/* Discord counts from the IDENTIFY: a late one keeps its key for longer. */
static void
test_permit_late(void **state)
{
	rig_begin("", CAUSE_NO_SESSION);
	rig_grant();
	fake_time_advance(3000);
	rig_hello();
	rig_ready(0);
	assert_int_equal(rig_seen.dones, 0);
	fake_time_advance(5499);
	assert_int_equal(rig_seen.dones, 0);
	fake_time_advance(1);
	assert_int_equal(rig_seen.dones, 1);
	assert_int_equal(rig_seen.outcome, OUTCOME_READY);
}

static void
test_permit_stale(void **state)
{
	struct session_in i = {.code = 77, .value = 5};

	rig_live();
	session_input(&rig_session, SESSION_EV_GRANT, &i);
	assert_int_equal(rig_seen.outcome, OUTCOME_UNUSED);
	assert_int_equal(rig_seen.ledger, 5);
	rig_is(SHARD_READY);
}

/* fake_time_advance() is named, so the fake clock is linked. */
static int
tear_down(void **state)
{
	rig_end();
	fake_time_advance(0);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_permit_given_back),
	    cmocka_unit_test(test_permit_too_old),
	    cmocka_unit_test(test_permit_late),
	    cmocka_unit_test(test_permit_stale),
	};

	return cmocka_run_group_tests(tests, NULL, tear_down);
}
