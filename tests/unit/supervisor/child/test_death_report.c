/* SPDX-License-Identifier: MIT */
/* What is said of a process that ended, and whose fault it was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <signal.h>
#include <string.h>

#include "supervisor/child/death_report.h"

/* wait statuses as the kernel makes them */
#define EXITED(code) ((code) << 8)
#define KILLED(sig) (sig)

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

	assert_int_equal(bury((struct death_report) {.status = EXITED(1),
				  .killed_for = CRASHES,
				  .oom_before = -1,
				  .oom_after = -1,
				  .last_words = "no such thing."},
			     s),
	    CRASH_EXIT);
	assert_string_equal(s,
	    "shard 3 (pid 42) exited with code 1; last words: no such thing");
	assert_int_equal(bury((struct death_report) {.status = EXITED(0),
				  .killed_for = CRASHES},
			     s),
	    CRASH_EXIT);
	assert_int_equal(bury((struct death_report) {.status = EXITED(0),
				  .asked = true,
				  .killed_for = CRASHES,
				  .last_words = "bye"},
			     s),
	    CRASHES);
	assert_string_equal(s, "shard 3 (pid 42) ended as asked");
	assert_int_equal(bury((struct death_report) {.status = EXITED(3),
				  .asked = true,
				  .killed_for = CRASHES},
			     s),
	    CRASH_EXIT);
	assert_int_equal(bury((struct death_report) {.status = KILLED(SIGSEGV),
				  .killed_for = CRASHES},
			     s),
	    CRASH_SIGNAL);
	assert_non_null(strstr(s, "signal 11"));
	assert_int_equal(bury((struct death_report) {.status = KILLED(SIGKILL),
				  .killed_for = CRASH_HUNG},
			     s),
	    CRASH_HUNG);
	assert_non_null(strstr(s, "stopped working"));
	/* Taken over from another supervisor: nobody told us. */
	assert_int_equal(bury((struct death_report) {.unknown = true,
				  .killed_for = CRASHES,
				  .last_words = "bye"},
			     s),
	    CRASH_UNKNOWN);
	assert_non_null(strstr(s, "how is not known"));
	assert_int_equal(bury((struct death_report) {.unknown = true,
				  .asked = true,
				  .killed_for = CRASHES},
			     s),
	    CRASHES);
	assert_int_equal(bury((struct death_report) {.unknown = true,
				  .killed_for = CRASH_HUNG},
			     s),
	    CRASH_HUNG);
}

/* What we ended ourselves is no surprise, and nothing of the memory's. */
static void
test_obituary_of_ours(void **state)
{
	struct death_report o = {.status = KILLED(SIGKILL),
	    .asked = true,
	    .signalled = 2,
	    .killed_for = CRASHES,
	    .oom_before = 3,
	    .oom_after = 4};
	char s[256];

	assert_int_equal(bury(o, s), CRASH_HUNG);
	assert_string_equal(s,
	    "shard 3 (pid 42) had not stopped when asked and was killed by the "
	    "supervisor");
	o.signalled = 1; /* it came before ours */
	assert_int_equal(bury(o, s), CRASH_OOM);
	o.status = KILLED(SIGTERM);
	assert_int_equal(bury(o, s), CRASH_HUNG);
	assert_non_null(strstr(s, "was ended by the supervisor"));
	o.signalled = 0; /* somebody else's */
	assert_int_equal(bury(o, s), CRASH_SIGNAL);
	assert_non_null(strstr(s, "signal 15"));
}

static void
test_obituary_oom(void **state)
{
	struct death_report o = {.status = KILLED(SIGKILL),
	    .killed_for = CRASHES,
	    .oom_before = 3,
	    .oom_after = 4,
	    .rss_kb = 512 * 1024};
	char s[256];

	assert_int_equal(bury(o, s), CRASH_OOM);
	assert_non_null(strstr(s, "oom_kill 3 -> 4, last rss 512 MiB"));
	o.oom_after = 3;
	assert_int_equal(bury(o, s), CRASH_SIGNAL);
	o.oom_before = -1;
	o.oom_after = 5;
	assert_int_equal(bury(o, s), CRASH_SIGNAL);
}

int
main(void)
{
#define T(name) cmocka_unit_test(name)
	const struct CMUnitTest tests[] = {
	    T(test_obituaries),
	    T(test_obituary_of_ours),
	    T(test_obituary_oom),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
