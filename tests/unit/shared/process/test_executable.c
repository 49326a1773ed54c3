/* SPDX-License-Identifier: MIT */
/* Programs of others: what can be run, and what is said of what can't (C8). */
#include "shared/process/executable.h"
#include "tests/unit/rig/left_out.h"
#include "tests/unit/rig/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static char dir[SCRATCH_MAX], file[SCRATCH_MAX + 16], why[512];

static int
setup(void **state)
{
	if (scratch_make(dir, sizeof(dir)) != 0)
		return -1;
	str_format(file, sizeof(file), "%s/program", dir);
	return 0;
}

static int
teardown(void **state)
{
	return scratch_remove(dir);
}

static void
put(const char *text, size_t len)
{
	FILE *f = fopen(file, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	fclose(f);
	assert_int_equal(chmod(file, 0755), 0);
}

static void
says(const char *text, const char *words)
{
	put(text, strlen(text));
	assert_true(executable_fault(file, why, sizeof(why)));
	if (strstr(why, words) == NULL)
		fail_msg("%s: %s", text, why);
}

static void
f_c8_what_cannot_be_run_is_told(void **state)
{
	says("import sys\n", "neither a program nor has it a first line \"#!");
	says("", "neither a program");
	says("# !/bin/sh\n", "neither a program");
	says("\xef\xbb\xbf#!/bin/sh\n", "neither a program");
	says("#!/opt/none/python9\n",
	    "its interpreter /opt/none/python9 is not there");
	says("#! /opt/none/python9 -u\n", "its interpreter /opt/none/python9 ");
	says("#!/bin/sh\r\necho\r\n", "carriage return");
	says("#!\n", "names no interpreter");
	says("#!/etc/passwd\n", "no program that can be run");
	says("#!/usr/bin/env python9\n", "its interpreter python9 is not in");
	unlink(file);
	assert_true(executable_fault(file, why, sizeof(why)));
	assert_true(executable_fault(dir, why, sizeof(why)));
}

static void
f_c8_what_can_be_run_is_let_pass(void **state)
{
	static const char *const fine[] = {"#!/bin/sh\n", "#!/bin/sh",
	    "#! /bin/sh -e\n", "#!/usr/bin/env sh\n",
	    "#!/usr/bin/env -S sh -e\n", "#!/usr/bin/env A=b sh\n"};

	for (size_t i = 0; i < nitems(fine); i++) {
		put(fine[i], strlen(fine[i]));
		if (executable_fault(file, why, sizeof(why)))
			fail_msg("%s: %s", fine[i], why);
	}
	put("MZ\0\1", 4); /* binfmt_misc may have it */
	assert_false(executable_fault(file, why, sizeof(why)));
	assert_false(executable_fault("/proc/self/exe", why, sizeof(why)));
	assert_false(executable_fault("/bin/sh", why, sizeof(why)));
}

/* A copy of ourselves whose loader is somebody else's. */
static void
f_c8_a_missing_loader_is_named(void **state)
{
	static char text[1 << 16];
	FILE *f = fopen("/bin/sh", "r");
	size_t n = fread(text, 1, sizeof(text), f);
	char *at = memmem(text, n, "/ld-linux", 9);

	fclose(f);
	if (at == NULL)
		left_out();
	memcpy(at, "/xx-linux", 9);
	put(text, n);
	assert_true(executable_fault(file, why, sizeof(why)));
	assert_non_null(strstr(why, "/xx-linux"));
	assert_non_null(strstr(why, "is not there"));
}

static void
f_c8_no_shell_runs_it(void **state)
{
	char text[256], trace[SCRATCH_MAX + 16];
	char *const argv[] = {file, NULL};
	int out[2], status;
	ssize_t n;
	pid_t pid;

	str_format(trace, sizeof(trace), "%s/trace", dir);
	str_format(text, sizeof(text), "touch %s\n", trace);
	put(text, strlen(text));
	assert_int_equal(pipe(out), 0);
	pid = fork();
	if (pid == 0) {
		dup2(out[1], 2);
		executable_run(file, argv);
	}
	close(out[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 127);
	assert_false(scratch_exists(trace));
	n = read(out[0], text, sizeof(text) - 1);
	close(out[0]);
	text[n > 0 ? n : 0] = '\0';
	assert_non_null(strstr(text, "neither a program"));
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(f_c8_what_cannot_be_run_is_told),
	    TEST(f_c8_what_can_be_run_is_let_pass),
	    TEST(f_c8_a_missing_loader_is_named),
	    TEST(f_c8_no_shell_runs_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
