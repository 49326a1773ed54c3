/* SPDX-License-Identifier: MIT */
/* What a confined child sees of our files, and what stays as it was (C2). */
#include "shared/process/confine.h"
#include "tests/unit/rig/left_out.h"
#include "tests/unit/rig/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static char dir[SCRATCH_MAX], path[SCRATCH_MAX + 64];
static struct confine c;
static const char *keep[4];
static const char *const ours[] = {"db", "control.sock", NULL};

static const char *
at(const char *name)
{
	str_format(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void
put(const char *name, const char *text)
{
	FILE *f = fopen(at(name), "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static int
setup(void **state)
{
	if (scratch_make(dir, sizeof(dir)) != 0)
		return -1;
	mkdir(at("state"), 0700);
	mkdir(at("state/db"), 0700);
	put("state/db/data", "secret");
	put("state/plugin.py", "program");
	put("token", "secret");
	put("other", "open");
	memset(keep, 0, sizeof(keep));
	c = (struct confine) {.what = confine_probe(), .ours = ours};
	return 0;
}

static int
teardown(void **state)
{
	return scratch_remove(dir);
}

/* 0: can't be opened, 1: empty, 2: it says something. */
static int
look(const char *name)
{
	char text[16];
	int fd = open(at(name), O_RDONLY);
	ssize_t n = fd == -1 ? -1 : read(fd, text, sizeof(text));

	if (fd != -1)
		close(fd);
	return n < 0 ? 0 : n == 0 ? 1 : 2;
}

static bool
writes(const char *name)
{
	int fd = open(at(name), O_WRONLY | O_CREAT, 0600);

	if (fd == -1)
		return false;
	close(fd);
	return true;
}

/* fn in a child that is confined: 0 is good. */
static int
inside(int (*fn)(void))
{
	const char *what = "";
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (confine_enter(&c, keep, &what) == -1)
			dprintf(2, "cannot %s: %s\n", what, strerror(errno));
		else
			_exit(fn());
		_exit(99);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int
sees_no_secret(void)
{
	if (look("token") != 1 || look("state/db/data") != 0)
		return 1;
	if (look("state/plugin.py") != 0 || writes("state/new"))
		return 2;
	if (look("other") != 2 || !writes("new") || look("new") != 1)
		return 3;
	return 0;
}

static void
f_c2_hidden_is_hidden_and_the_rest_is_not(void **state)
{
	char token[SCRATCH_MAX + 16], folder[SCRATCH_MAX + 16];

	if ((c.what & CONFINE_FILES) == 0)
		left_out();
	str_copy(token, at("token"), sizeof(token));
	str_copy(folder, at("state"), sizeof(folder));
	c.hidden[c.n++] = token;
	c.hidden[c.n++] = folder;
	c.hidden[c.n++] = "/nowhere/at/all";
	assert_int_equal(inside(sees_no_secret), 0);
	/* Nobody else notices. */
	assert_int_equal(look("token"), 2);
	assert_int_equal(look("state/db/data"), 2);
	assert_int_equal(look("new"), 1);
}

static int
sees_its_program(void)
{
	return look("state/plugin.py") == 2 && look("state/db/data") == 0
		&& writes("state/new")
	    ? 0
	    : 1;
}

static void
f_c2_a_program_in_a_hidden_folder_stays_in_sight(void **state)
{
	char folder[SCRATCH_MAX + 16], program[SCRATCH_MAX + 32];

	if ((c.what & CONFINE_FILES) == 0)
		left_out();
	str_copy(folder, at("state"), sizeof(folder));
	str_copy(program, at("state/plugin.py"), sizeof(program));
	c.hidden[c.n++] = folder;
	keep[0] = program;
	assert_int_equal(inside(sees_its_program), 0);
}

static int
may_not_undo_it(void)
{
	char file[64];
	int fd;

	if (umount2(at("token"), MNT_DETACH) == 0
	    || mount("tmpfs", "/tmp", "tmpfs", 0, NULL) == 0)
		return 1;
	str_format(file, sizeof(file), "/proc/%d/mem", (int)getppid());
	if ((fd = open(file, O_RDONLY)) != -1)
		return 2;
	return look("token") == 1 ? 0 : 3;
}

static void
f_c2_it_can_be_undone_by_nobody_inside(void **state)
{
	char token[SCRATCH_MAX + 16];

	if (c.what != (CONFINE_FILES | CONFINE_PROCESSES))
		left_out();
	str_copy(token, at("token"), sizeof(token));
	c.hidden[c.n++] = token;
	assert_int_equal(inside(may_not_undo_it), 0);
}

static int
may_not_signal(void)
{
	return kill(getppid(), 0) == -1 && errno == EPERM ? 0 : 1;
}

/* Of the same user, and yet: where Landlock is of version 6. */
static void
it_signals_nobody_outside(void **state)
{
	if ((c.what & CONFINE_PROCESSES) == 0
	    || syscall(444 /* landlock_create_ruleset */, NULL, 0, 1) < 6)
		left_out();
	assert_int_equal(inside(may_not_signal), 0);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(f_c2_hidden_is_hidden_and_the_rest_is_not),
	    TEST(f_c2_a_program_in_a_hidden_folder_stays_in_sight),
	    TEST(f_c2_it_can_be_undone_by_nobody_inside),
	    TEST(it_signals_nobody_outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
