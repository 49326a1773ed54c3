/* SPDX-License-Identifier: MIT */
/* What a supervisor that dies leaves behind, and a signal by pidfd. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shared/process/pidfd.h"
#include "supervisor/base/last_words.h"
#include "supervisor/log/fleet_log.h"
#include "tests/unit/rig/scratch.h"

static char dir[SCRATCH_MAX];

static int
open_in(const char *name)
{
	char path[128];

	str_format(path, sizeof(path), "%s/%s", dir, name);
	return open(path, O_RDWR | O_CREAT | O_APPEND, 0600);
}

static int
open_lock(void)
{
	char path[128];

	str_format(path, sizeof(path), "%s/lock", dir);
	return open(path, O_RDWR | O_CREAT, 0600);
}

/* A process that ends by end(); what it leaves in the lock is *found. */
static pid_t
die(void (*end)(void), char found[LAST_WORDS_MAX])
{
	struct fleet_log logs = {.fd = open_in("log"), .format = LOGLINE_TEXT};
	int lock = open_lock(), status, null;
	pid_t pid;

	assert_int_equal(ftruncate(lock, 0), 0);
	fflush(NULL);
	if ((pid = fork()) == 0) {
		dprintf(lock, "%d\n", (int)getpid());
		null = open("/dev/null", O_WRONLY);
		dup2(null, STDERR_FILENO);
		last_words_begin(fleet_log_last, &logs, lock);
		end();
		last_words_over(lock);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	last_words_found(lock, found);
	close(lock);
	close(logs.fd);
	return pid;
}

static void
break_must(void)
{
	must(dir[0] == '\0');
}

static void
kill_self(void)
{
	raise(SIGKILL);
}

static void
in_order(void)
{
}

static void
f_a8_last_words_of_an_invariant(void **state)
{
	char found[LAST_WORDS_MAX], want[128], log[1024] = "";
	pid_t pid = die(break_must, found);
	int fd = open_in("log");

	str_format(want, sizeof(want),
	    "The supervisor before this one (pid %d) gave up: invariant broken "
	    "at ",
	    (int)pid);
	assert_memory_equal(found, want, strlen(want));
	assert_non_null(strstr(found, "dir[0] == '\\0'"));
	assert_true(pread(fd, log, sizeof(log) - 1, 0) > 0);
	assert_non_null(strstr(log, " error supervisor: The supervisor (pid "));
	assert_non_null(strstr(log, "gave up: invariant broken"));
	close(fd);
	pid = die(kill_self, found);
	str_format(want, sizeof(want), "(pid %d) ended without a word",
	    (int)pid);
	assert_non_null(strstr(found, want));
	die(in_order, found);
	assert_string_equal(found, "");
}

/* The lock is a file: whatever stands in it is words at most. */
static void
test_any_lock(void **state)
{
	static const char *const odd[] = {"", "\n", "x\n", "-5\n", "0\nhm\n",
	    "99999999999999999999999999\n"};
	char found[LAST_WORDS_MAX];
	int lock = open_lock();

	for (size_t i = 0; i < nitems(odd); i++) {
		assert_int_equal(ftruncate(lock, 0), 0);
		assert_true(pwrite(lock, odd[i], strlen(odd[i]), 0) >= 0);
		last_words_found(lock, found);
		if (i < nitems(odd) - 1)
			assert_string_equal(found, "");
	}
	assert_int_equal(ftruncate(lock, 0), 0);
	assert_true(pwrite(lock, "7\nsaid \033[2J\xff\n", 14, 0) > 0);
	last_words_found(lock, found);
	assert_string_equal(found,
	    "The supervisor before this one (pid 7) said \\x1b[2J\\xff.");
	close(lock);
}

static bool
is_it(pid_t pid, const void *yes)
{
	return *(const bool *)yes;
}

/* A number may be another's by now: only who is still meant gets a signal. */
static void
f_a12_only_who_is_meant_is_signalled(void **state)
{
	bool yes = true, no = false;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		pause();
		_exit(0);
	}
	assert_false(pidfd_signal_if(pid, SIGKILL, is_it, &no));
	assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
	assert_true(pidfd_signal_if(pid, SIGTERM, is_it, &yes));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WTERMSIG(status), SIGTERM);
	assert_false(pidfd_signal_if(pid, SIGTERM, is_it, &yes));
}

static int
set_up(void **state)
{
	scratch_make(dir, sizeof(dir));
	return 0;
}

static int
tear_down(void **state)
{
	scratch_remove(dir);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(f_a8_last_words_of_an_invariant),
	    cmocka_unit_test(test_any_lock),
	    cmocka_unit_test(f_a12_only_who_is_meant_is_signalled),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
