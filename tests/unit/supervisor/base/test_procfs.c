/* SPDX-License-Identifier: MIT */
/* What a process has is read each time; its page tables are walked when that
 * moved, or after a while. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shared/process/sandbox.h"
#include "supervisor/base/procfs.h"
#include "tests/unit/rig/left_out.h"

#define NOW_MS 1000000u
#define WALK_MS (PROCFS_WALK_S * 1000u)

static struct procfs_sample
first(void)
{
	struct procfs_sample s = {0};

	assert_true(procfs_read(getpid(), &s, NOW_MS));
	return s;
}

static void
the_first_look_walks(void **state)
{
	struct procfs_sample s = first();

	assert_true(s.uss_kb > 1 && s.uss_kb <= 2 * s.rss_kb);
	assert_true(s.anon_kb > 0 && s.anon_kb <= 2 * s.rss_kb);
	assert_true(s.fds > 0 && s.fds <= s.fd_limit);
	assert_int_equal(s.walked_s, NOW_MS / 1000);
}

static void
what_did_not_move_is_not_walked(void **state)
{
	struct procfs_sample s = first();

	s.uss_kb = 1;
	assert_true(procfs_read(getpid(), &s, NOW_MS + WALK_MS - 1000));
	assert_int_equal(s.uss_kb, 1);
	assert_int_equal(s.walked_s, NOW_MS / 1000);
	assert_true(procfs_read(getpid(), &s, NOW_MS + WALK_MS));
	assert_true(s.uss_kb > 1);
	assert_int_equal(s.walked_s, (NOW_MS + WALK_MS) / 1000);
}

static void
what_moved_is_walked_at_once(void **state)
{
	struct procfs_sample s = first();
	uint64_t rss_kb = s.rss_kb;

	s.uss_kb = 1;
	s.rss_kb = rss_kb / 2;
	assert_true(procfs_read(getpid(), &s, NOW_MS + 1000));
	assert_true(s.uss_kb > 1);
	s.uss_kb = 1;
	s.rss_kb = rss_kb * 2;
	assert_true(procfs_read(getpid(), &s, NOW_MS + 1000));
	assert_true(s.uss_kb > 1);
}

static void
a_process_that_is_gone(void **state)
{
	struct procfs_sample s = {0};

	assert_false(procfs_read(0x3ffffff, &s, NOW_MS));
}

/* One more than its parent, as a shard has; of a stranger nothing is known. */
static void
cages_are_counted(void **state)
{
	char missing[64];
	pid_t pid;
	int status;

	assert_int_equal(procfs_filters(0x3ffffff), 0);
	if ((sandbox_probe(missing, sizeof(missing)) & SANDBOX_CALLS) == 0)
		left_out();
	pid = fork();
	if (pid == 0) {
		unsigned before = procfs_filters(getpid());

		(void)sandbox_enter("/tmp", "");
		_exit(procfs_filters(getpid()) - before == 1 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_first_look_walks),
	    cmocka_unit_test(what_did_not_move_is_not_walked),
	    cmocka_unit_test(what_moved_is_walked_at_once),
	    cmocka_unit_test(a_process_that_is_gone),
	    cmocka_unit_test(cages_are_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
