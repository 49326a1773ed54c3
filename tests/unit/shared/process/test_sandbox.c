/* SPDX-License-Identifier: MIT */
/* A process in the sandbox: what it may no longer do, and what it still can. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shared/process/sandbox.h"
#include "shared/store/store.h"
#include "tests/unit/rig/left_out.h"
#include "tests/unit/rig/scratch.h"

static char dir[SCRATCH_MAX], outside[SCRATCH_MAX + 16];
static unsigned can;

/* Runs fn in a sandboxed child; what it returns, 0 is good. */
static int
inside(int (*fn)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(sandbox_enter(dir, "") == can ? fn() : 99);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int
set_up(void **state)
{
	char missing[64];
	int fd;

	can = sandbox_probe(missing, sizeof(missing));
	assert_int_equal(can == SANDBOX_ALL, missing[0] == '\0');
	assert_int_equal(scratch_make(dir, sizeof(dir)), 0);
	snprintf(outside, sizeof(outside), "%s.secret", dir);
	fd = open(outside, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	close(fd);
	return fd == -1 ? -1 : 0;
}

static int
tear_down(void **state)
{
	unlink(outside);
	return scratch_remove(dir);
}

static int
try_outside(void)
{
	char path[SCRATCH_MAX + 32];

	if (open(outside, O_RDONLY) != -1 || errno != EACCES)
		return 1;
	if (open(outside, O_WRONLY) != -1 || errno != EACCES)
		return 2;
	if (unlink(outside) != -1 || errno != EACCES)
		return 3;
	snprintf(path, sizeof(path), "%s/out", dir);
	if (rename(outside, path) != -1)
		return 4;
	if (open("/root", O_RDONLY | O_DIRECTORY) != -1)
		return 5;
	if (open("/etc/shardherd-test", O_WRONLY | O_CREAT, 0600) != -1)
		return 6;
	return 0;
}

static void
test_files_outside_are_closed(void **state)
{
	if (!(can & SANDBOX_FILES))
		left_out();
	assert_int_equal(inside(try_outside), 0);
}

static int
try_links(void)
{
	char path[SCRATCH_MAX + 32];

	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s/f", dir,
		    i ? "spool" : "db");
		if (open(path, O_RDWR | O_CREAT, 0600) == -1)
			return 1 + i;
	}
	snprintf(path, sizeof(path), "%s/other/f", dir);
	if (open(path, O_RDWR | O_CREAT, 0600) != -1)
		return 3;
	snprintf(path, sizeof(path), "%s/made", dir);
	return symlink("/", path) == -1 ? 0 : 4;
}

/* D11: state/db on another disk, with a link in its place. */
static void
f_d11_a_link_for_db_or_spool_works(void **state)
{
	static const char *const name[] = {"db", "spool", "other"};
	char there[nitems(name)][SCRATCH_MAX], path[SCRATCH_MAX + 32];

	if (!(can & SANDBOX_FILES))
		left_out();
	for (size_t i = 0; i < nitems(name); i++) {
		assert_int_equal(scratch_make(there[i], SCRATCH_MAX), 0);
		snprintf(path, sizeof(path), "%s/%s", dir, name[i]);
		assert_int_equal(symlink(there[i], path), 0);
	}
	assert_int_equal(inside(try_links), 0);
	for (size_t i = 0; i < nitems(name); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, name[i]);
		unlink(path);
		assert_int_equal(scratch_remove(there[i]), 0);
	}
}

/* All a shard does on disk: the store, files made, renamed, cut, removed. */
static int
work_inside(void)
{
	char a[SCRATCH_MAX + 32], b[SCRATCH_MAX + 32];
	struct store db;
	struct err e;
	int fd;

	if (store_init(&db, dir, &e) == -1
	    || store_blob_put(&db, "k", "v", 1, &e) == -1)
		return 1;
	snprintf(a, sizeof(a), "%s/sub", dir);
	if (mkdir(a, 0700) == -1)
		return 2;
	snprintf(a, sizeof(a), "%s/sub/a", dir);
	snprintf(b, sizeof(b), "%s/b", dir);
	fd = open(a, O_RDWR | O_CREAT, 0600);
	if (fd == -1 || write(fd, "xx", 2) != 2 || ftruncate(fd, 1) == -1)
		return 3;
	if (truncate(a, 0) == -1 || unlink(a) == -1)
		return 4;
	fd = open(b, O_RDWR | O_CREAT | O_TRUNC, 0600);
	return fd == -1 ? 5 : 0;
}

static void
test_its_own_directory_stays(void **state)
{
	assert_int_equal(inside(work_inside), 0);
}

static void *
look_up(void *arg)
{
	struct addrinfo *ai = NULL;
	int *rc = arg;

	*rc = getaddrinfo("localhost", "443", NULL, &ai);
	if (ai != NULL)
		freeaddrinfo(ai);
	return NULL;
}

/* As curl does: names are looked up in a thread. */
static int
ask_a_name(void)
{
	pthread_t t;
	int rc = -1;

	if (pthread_create(&t, NULL, look_up, &rc) != 0)
		return 1;
	pthread_join(t, NULL);
	return rc == 0 ? 0 : 2;
}

static void
test_names_are_still_found(void **state)
{
	int plain = -1;

	look_up(&plain);
	if (plain != 0)
		left_out();
	assert_int_equal(inside(ask_a_name), 0);
}

static int
try_calls(void)
{
	char path[] = "/bin/true", *argv[] = {path, NULL};

	if (ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) != -1
	    || errno != EPERM)
		return 1;
	execve(path, argv, environ);
	if (errno != EPERM)
		return 2;
	return chroot("/") == -1 && errno == EPERM ? 0 : 3;
}

static void
test_calls_are_denied(void **state)
{
	if (!(can & SANDBOX_CALLS))
		left_out();
	assert_int_equal(inside(try_calls), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_files_outside_are_closed),
	    cmocka_unit_test(f_d11_a_link_for_db_or_spool_works),
	    cmocka_unit_test(test_its_own_directory_stays),
	    cmocka_unit_test(test_names_are_still_found),
	    cmocka_unit_test(test_calls_are_denied),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
