/* SPDX-License-Identifier: MIT */
/* When a process is judged to hang. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "supervisor/child/liveness.h"

static void
test_watchdog(void **state)
{
	struct page_shard s = {.state = SHARD_READY,
	    .interval_ms = 41250,
	    .state_since_ms = 1000,
	    .ack_ms = 1000,
	    .frame_ms = 2000};
	uint64_t limit = LIVENESS_INTERVALS * 41250 + LIVENESS_ACK_SLACK_MS;

	assert_null(liveness_judge(&s, 1000 + limit));
	assert_non_null(liveness_judge(&s, 1001 + limit));
	s.ack_ms = 2000;
	assert_null(liveness_judge(&s, 1001 + limit));
	s.ack_ms = 0; /* hung before the first ACK (8.25) */
	assert_null(liveness_judge(&s, 1000 + limit));
	assert_non_null(liveness_judge(&s, 1001 + limit));
	s.ack_ms = 1000;
	s.state = SHARD_PERMIT; /* a long wait, and a right one */
	assert_null(liveness_judge(&s, 1000 + 86400000));
	s.state = SHARD_CONNECTING;
	s.state_since_ms = 5000;
	assert_null(liveness_judge(&s, 5000 + LIVENESS_QUIET_MS));
	assert_non_null(liveness_judge(&s, 5001 + LIVENESS_QUIET_MS));
	s.state = SHARD_RESUMING; /* a long replay is alive */
	s.frame_ms = 5001 + LIVENESS_QUIET_MS;
	assert_null(liveness_judge(&s, 5002 + LIVENESS_QUIET_MS));
}

int
main(void)
{
#define T(name) cmocka_unit_test(name)
	const struct CMUnitTest tests[] = {
	    T(test_watchdog),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
