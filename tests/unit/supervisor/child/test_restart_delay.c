/* SPDX-License-Identifier: MIT */
/* Restart delays, the correlated brake, obituaries, the judge of liveness. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <signal.h>
#include <string.h>

#include "shared/process/oom.h"
#include "supervisor/child/crash_brake.h"
#include "supervisor/child/restart_delay.h"
#include "supervisor/child/liveness.h"
#include "supervisor/child/death_report.h"

/* wait statuses as the kernel makes them */
#define EXITED(code) ((code) << 8)
#define KILLED(sig) (sig)

static void
test_delay_grows(void **state)
{
	static const double want[] = { 1, 2, 4, 8, 16, 32, 60, 60 };
	struct restart_delay d;

	restart_delay_init(&d, 1, 60);
	for (size_t i = 0; i < nitems(want); i++)
		assert_true(restart_delay_next(&d, 0, 0.5) == want[i]);
}

static void
test_delay_jitter(void **state)
{
	struct restart_delay d;

	restart_delay_init(&d, 4, 60);
	assert_true(restart_delay_next(&d, 0, 0) == 3);
	restart_delay_init(&d, 4, 60);
	assert_true(restart_delay_next(&d, 0, 1) == 5);
}

static void
test_delay_resets_after_proof(void **state)
{
	struct restart_delay d;

	restart_delay_init(&d, 1, 600);
	for (int i = 0; i < 3; i++)
		restart_delay_next(&d, 0, 0.5);
	/* Ready, but not long enough: 8 s still. */
	assert_true(restart_delay_next(&d, 59999, 0.5) == 8);
	assert_true(restart_delay_next(&d, 60000, 0.5) == 1);
	/* A long delay asks for as long a proof. */
	for (int i = 0; i < 6; i++)
		restart_delay_next(&d, 0, 0.5);
	assert_true(restart_delay_next(&d, 100000, 0.5) == 128);
	assert_true(restart_delay_next(&d, 256000, 0.5) == 1);
}

static void
test_brake_one_canary(void **state)
{
	struct crash_brake b;

	crash_brake_init(&b, 9);
	assert_false(crash_brake_died(&b, 0, CRASH_EXIT, 1000));
	assert_false(crash_brake_died(&b, 1, CRASH_SIGNAL, 1001));
	assert_false(crash_brake_died(&b, 2, CRASH_SIGNAL, 1002));
	assert_false(crash_brake_died(&b, 3, CRASH_SIGNAL, 1003));
	assert_true(crash_brake_may_start(&b, 0, 1004));
	/* The fourth of one kind: more than a third. */
	assert_true(crash_brake_died(&b, 4, CRASH_SIGNAL, 1005));
	assert_true(crash_brake_may_start(&b, 7, 2000));
	assert_false(crash_brake_may_start(&b, 1, 2000));
	assert_true(crash_brake_may_start(&b, 7, 2001));
	/* The canary dies: the next one to ask is it. */
	assert_false(crash_brake_died(&b, 7, CRASH_SIGNAL, 3000));
	assert_true(crash_brake_may_start(&b, 1, 4000));
	assert_false(crash_brake_ready(&b, 5));
	assert_true(crash_brake_ready(&b, 1));
	assert_true(crash_brake_may_start(&b, 2, 4001));
	crash_brake_free(&b);
}

static void
test_brake_forgets(void **state)
{
	struct crash_brake b;

	crash_brake_init(&b, 6);
	for (uint32_t i = 0; i < 6; i++)
		assert_false(crash_brake_died(&b, i, CRASH_EXIT,
		    1 + i * CRASH_BRAKE_WINDOW_MS));
	crash_brake_free(&b);
	crash_brake_init(&b, 3);
	assert_false(crash_brake_died(&b, 0, CRASH_EXIT, 1));
	assert_false(crash_brake_died(&b, 1, CRASH_EXIT, 2));
	assert_true(crash_brake_died(&b, 2, CRASH_EXIT, 3));
	assert_true(crash_brake_may_start(&b, 0, 100));
	assert_false(crash_brake_tick(&b, 100 + CRASH_BRAKE_CANARY_MS - 1));
	assert_true(crash_brake_tick(&b, 100 + CRASH_BRAKE_CANARY_MS));
	assert_true(crash_brake_may_start(&b, 2, 100 + CRASH_BRAKE_CANARY_MS));
	crash_brake_free(&b);
}

static enum crash_cause
bury(struct death_report o, char *out)
{
	o.who = "shard 3";
	o.pid = 42;
	if (o.last_words == NULL)
		o.last_words = "";
	return death_report_write(&o, out, 256);
}

static void
test_obituaries(void **state)
{
	char s[256];

	assert_int_equal(bury((struct death_report){ .status = EXITED(1),
	    .killed_for = CRASHES, .oom_before = -1, .oom_after = -1,
	    .last_words = "no such thing." }, s), CRASH_EXIT);
	assert_string_equal(s, "shard 3 (pid 42) exited with code 1; last "
	    "words: no such thing");
	assert_int_equal(bury((struct death_report){ .status = EXITED(0),
	    .killed_for = CRASHES }, s), CRASH_EXIT);
	assert_int_equal(bury((struct death_report){ .status = EXITED(0),
	    .asked = true, .killed_for = CRASHES,
	    .last_words = "bye" }, s), CRASHES);
	assert_string_equal(s, "shard 3 (pid 42) ended as asked");
	assert_int_equal(bury((struct death_report){ .status = EXITED(3),
	    .asked = true, .killed_for = CRASHES }, s), CRASH_EXIT);
	assert_int_equal(bury((struct death_report){ .status = KILLED(SIGSEGV),
	    .killed_for = CRASHES }, s), CRASH_SIGNAL);
	assert_non_null(strstr(s, "signal 11"));
	assert_int_equal(bury((struct death_report){ .status = KILLED(SIGKILL),
	    .killed_for = CRASH_HUNG }, s), CRASH_HUNG);
	assert_non_null(strstr(s, "stopped working"));
	/* Taken over from another supervisor: nobody told us. */
	assert_int_equal(bury((struct death_report){ .unknown = true,
	    .killed_for = CRASHES, .last_words = "bye" }, s), CRASH_UNKNOWN);
	assert_non_null(strstr(s, "how is not known"));
	assert_int_equal(bury((struct death_report){ .unknown = true,
	    .asked = true, .killed_for = CRASHES }, s), CRASHES);
	assert_int_equal(bury((struct death_report){ .unknown = true,
	    .killed_for = CRASH_HUNG }, s), CRASH_HUNG);
}

static void
test_obituary_oom(void **state)
{
	struct death_report o = { .status = KILLED(SIGKILL),
	    .killed_for = CRASHES, .oom_before = 3, .oom_after = 4,
	    .rss_kb = 512 * 1024 };
	char s[256];

	assert_int_equal(bury(o, s), CRASH_OOM);
	assert_non_null(strstr(s, "oom_kill 3 -> 4, last rss 512 MiB"));
	o.oom_after = 3;
	assert_int_equal(bury(o, s), CRASH_SIGNAL);
	o.oom_before = -1;
	o.oom_after = 5;
	assert_int_equal(bury(o, s), CRASH_SIGNAL);
}

static void
test_oom_field(void **state)
{
	static const char events[] = "low 0\nhigh 7\nmax 9\noom 5\n"
	    "oom_kill 2\noom_group_kill 1\n";

	assert_int_equal(oom_field(events, "oom_kill"), 2);
	assert_int_equal(oom_field(events, "oom"), 5);
	assert_int_equal(oom_field(events, "kill"), -1);
	assert_int_equal(oom_field("", "oom_kill"), -1);
}

static void
test_watchdog(void **state)
{
	struct page_shard s = { .state = SHARD_READY, .interval_ms = 41250,
	    .state_since_ms = 1000, .ack_ms = 1000 };
	uint64_t limit = 3 * 41250 + LIVENESS_ACK_SLACK_MS;

	assert_null(liveness_judge(&s, 1000 + limit));
	assert_non_null(liveness_judge(&s, 1001 + limit));
	s.ack_ms = 2000;
	assert_null(liveness_judge(&s, 1001 + limit));
	s.ack_ms = 0;			/* hung before the first ACK (8.25) */
	assert_null(liveness_judge(&s, 1000 + limit));
	assert_non_null(liveness_judge(&s, 1001 + limit));
	s.ack_ms = 1000;
	s.state = SHARD_PERMIT;		/* a long wait, and a right one */
	assert_null(liveness_judge(&s, 1000 + 86400000));
	s.state = SHARD_CONNECTING;
	s.state_since_ms = 5000;
	assert_null(liveness_judge(&s, 5000 + LIVENESS_QUIET_MS));
	assert_non_null(liveness_judge(&s, 5001 + LIVENESS_QUIET_MS));
	s.state = SHARD_RESUMING;	/* a long replay is alive */
	s.frame_ms = 5001 + LIVENESS_QUIET_MS;
	assert_null(liveness_judge(&s, 5002 + LIVENESS_QUIET_MS));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_delay_grows),
		cmocka_unit_test(test_delay_jitter),
		cmocka_unit_test(test_delay_resets_after_proof),
		cmocka_unit_test(test_brake_one_canary),
		cmocka_unit_test(test_brake_forgets),
		cmocka_unit_test(test_obituaries),
		cmocka_unit_test(test_obituary_oom),
		cmocka_unit_test(test_oom_field),
		cmocka_unit_test(test_watchdog),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
