/* SPDX-License-Identifier: MIT */
/* base.c and err.c: numbers, bounded strings, closing fds. */
#include "shared/base/base.h"
#include "shared/base/err.h"
#include "tests/unit/rig/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static void
test_numbers(void **state)
{
	uint64_t u;
	int64_t i;
	double d;

	assert_true(str_to_u64("18446744073709551615", &u) && u == UINT64_MAX);
	assert_false(str_to_u64("18446744073709551616", &u));
	assert_false(str_to_u64("", &u));
	assert_false(str_to_u64("1 ", &u));
	assert_false(str_to_u64("-1", &u));
	assert_true(str_to_i64("-5", &i) && i == -5);
	assert_false(str_to_i64("9223372036854775808", &i));
	assert_true(str_to_double("2.5", &d) && d == 2.5);
	assert_false(str_to_double("0x10", &d));
	assert_false(str_to_double("inf", &d));
	assert_false(str_to_double(".", &d));
}

static void
test_strings(void **state)
{
	char buf[4];

	assert_int_equal(str_copy(buf, "abcdef", sizeof(buf)), 6);
	assert_string_equal(buf, "abc");
	assert_false(str_format(buf, sizeof(buf), "%d", 1234));
	assert_true(str_format(buf, sizeof(buf), "%d", 123));
}

static void
test_err(void **state)
{
	struct err e;

	errno = ENOENT;
	assert_int_equal(err_sys(&e, EXIT_CONFIG, "cannot open %s", "x"), -1);
	assert_string_equal(e.text, "cannot open x: No such file or directory");
	err_prefix(&e, "shard %d", 3);
	assert_string_equal(e.text,
	    "shard 3: cannot open x: No such file or directory");
	assert_int_equal(e.code, EXIT_CONFIG);
	assert_int_equal(err_set(NULL, 1, "nobody listens"), -1);
}

static bool
is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static void
test_close_from(void **state)
{
	pid_t pid = fork();
	int st;

	assert_true(pid >= 0);
	if (pid == 0) {
		int keep[] = {23, -1, 21, 21};
		for (int fd = 20; fd < 26; fd++)
			dup2(1, fd);
		fd_close_from(20, keep, nitems(keep));
		_exit(is_open(21) && is_open(23) && is_open(1) && !is_open(20)
			    && !is_open(22) && !is_open(24) && !is_open(25)
			? 0
			: 1);
	}
	assert_int_equal(waitpid(pid, &st, 0), pid);
	assert_int_equal(st, 0);
}

/* A directory that others made, above ours, may be closed to us. */
static void
test_sync_dirs(void **state)
{
	char top[SCRATCH_MAX], a[SCRATCH_MAX + 8], b[SCRATCH_MAX + 8];
	int st;
	pid_t pid;

	assert_int_equal(scratch_make(top, sizeof(top)), 0);
	must(str_format(a, sizeof(a), "%s/a", top)
	    && str_format(b, sizeof(b), "%s/a/b", top));
	assert_int_equal(mkdir(a, 0755), 0);
	assert_int_equal(mkdir(b, 0755), 0);
	assert_int_equal(fd_sync_dirs(b, 2), 0);
	assert_int_equal(chmod(top, 0755), 0);
	assert_int_equal(chmod(a, 0111), 0);
	if ((pid = fork()) == 0) {
		if (geteuid() == 0 && seteuid(65534) == -1)
			_exit(2);
		_exit(fd_sync_dirs(b, 2) == 0 && fd_sync_dir(a) == -1
			    && fd_sync_dirs(a, 1) == -1
			? 0
			: 1);
	}
	assert_int_equal(waitpid(pid, &st, 0), pid);
	assert_int_equal(st, 0);
	assert_int_equal(chmod(a, 0755), 0);
	assert_int_equal(scratch_remove(top), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_numbers),
	    cmocka_unit_test(test_strings),
	    cmocka_unit_test(test_err),
	    cmocka_unit_test(test_close_from),
	    cmocka_unit_test(test_sync_dirs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
