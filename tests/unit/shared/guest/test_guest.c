/* SPDX-License-Identifier: MIT */
/*
 * A guest's process: what it starts with is what the manual says, whatever
 * its parent was given (A10), and what it starts ends with it (C13).
 */
#include "shared/guest/guest.h"
#include "shared/guest/stragglers.h"
#include "tests/unit/rig/left_out.h"
#include "tests/unit/rig/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#define WAIT_MS 60000

static struct guest child;
static pid_t lives; /* the plugin's process, as stragglers.h asks for */

static void
start(const char *script)
{
	static char exec[2048];
	struct guest_job cfg = {.exec = exec, .death_signal = SIGTERM};
	struct guest_limits limits;
	struct err e;

	str_format(exec, sizeof(exec), "/bin/sh -c '%s'", script);
	guest_limits_save(&limits);
	assert_int_equal(guest_start(&child, &cfg, "/", &limits, &e), 0);
	lives = child.pid;
}

/* All that it writes, until it has closed its output or said a line. */
static void
hear(char *out, size_t size, bool line)
{
	struct pollfd p = {.fd = child.out, .events = POLLIN};
	size_t len = 0;
	ssize_t n;

	do {
		assert_int_equal(poll(&p, 1, WAIT_MS), 1);
		n = read(child.out, out + len, size - 1 - len);
		len += n > 0 ? (size_t)n : 0;
		out[len] = '\0';
	} while (n > 0 && !(line && strchr(out, '\n') != NULL));
}

static void
await_end(void)
{
	siginfo_t si;
	int status;

	assert_int_equal(waitid(P_PID, (id_t)child.pid, &si, WEXITED | WNOWAIT),
	    0);
	assert_true(guest_ended(child.pid, &status));
	close(child.in);
	close(child.out);
	close(child.err);
	lives = 0;
}

static bool
is_plugin(void *arg, pid_t pid)
{
	return pid == lives;
}

/* Gone within the time, with the handler doing what it does on SIGCHLD. */
static bool
ends(pid_t pid)
{
	for (int i = 0; i < WAIT_MS / 10; i++) {
		stragglers_end(is_plugin, NULL);
		if (kill(pid, 0) == -1 && errno == ESRCH)
			return true;
		poll(NULL, 0, 10);
	}
	return false;
}

static void
f_c13_who_left_the_group_ends_too(void **state)
{
	char text[64];
	pid_t pid;

	stragglers_adopt();
	start("setsid sleep 1000 <&- >&- 2>&- & echo $!; read x");
	hear(text, sizeof(text), true);
	pid = (pid_t)atoi(text);
	assert_true(pid > 1);
	/* As long as the plugin lives it may have daemons. */
	stragglers_end(is_plugin, NULL);
	assert_int_equal(kill(pid, 0), 0);
	kill(child.pid, SIGKILL);
	await_end();
	assert_true(ends(pid));
}

/* A daemon of a daemon, whose parent is gone before the plugin is. */
static void
f_c13_a_daemon_ends_with_its_plugin(void **state)
{
	char text[64];
	pid_t pid;

	stragglers_adopt();
	start("setsid sh -c \"sleep 1000 <&- >&- 2>&- & echo \\$!\"; read x");
	hear(text, sizeof(text), true);
	pid = (pid_t)atoi(text);
	assert_true(pid > 1);
	stragglers_end(is_plugin, NULL);
	assert_int_equal(kill(pid, 0), 0);
	kill(child.pid, SIGKILL);
	await_end();
	assert_true(ends(pid));
}

/* Dispositions, mask and descriptors of ours are not the plugin's. */
static void
f_a10_a_plugin_inherits_nothing(void **state)
{
	char text[4096];
	sigset_t all, before;
	int fd = open("/dev/null", O_RDONLY);

	assert_true(fd >= 0);
	fcntl(fd, F_DUPFD, 200);
	for (int sig = 1; sig < NSIG; sig++)
		if (sig != SIGCHLD && sig != SIGABRT && sig != SIGSEGV)
			signal(sig, SIG_IGN);
	umask(077);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	start(
	    "exec 9</proc/self/status; while read -r l <&9; do echo \"$l\"; "
	    "done; exec 9<&-; for f in /proc/$$/fd/*; do echo \"fd ${f##*/}\"; "
	    "done; echo end");
	hear(text, sizeof(text), false);
	await_end();
	sigprocmask(SIG_SETMASK, &before, NULL);
	umask(022);
	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	assert_non_null(strstr(text, "SigBlk:\t0000000000000000"));
	assert_non_null(strstr(text, "SigIgn:\t0000000000000000"));
	assert_non_null(strstr(text, "Umask:\t0022"));
	assert_non_null(strstr(text, "fd 2\n"));
	for (char *p = text; (p = strstr(p, "fd ")) != NULL; p++)
		assert_in_range(atoi(p + 3), 0, 9);
	assert_null(strstr(text, "fd 200"));
	assert_non_null(strstr(text, "\nend\n"));
}

/* Started by root: whoever owns the program, or the script of one. */
static void
f_c2_root_starts_it_as_its_owner(void **state)
{
	char dir[SCRATCH_MAX], file[SCRATCH_MAX + 16], exec[512], text[256];
	struct guest_job cfg = {.exec = exec, .death_signal = SIGTERM};
	struct guest_limits limits;
	struct err e;
	FILE *f;

	if (geteuid() != 0 || getpwuid(65534) == NULL)
		left_out();
	assert_int_equal(scratch_make(dir, sizeof(dir)), 0);
	chmod(dir, 0755);
	str_format(file, sizeof(file), "%s/plugin", dir);
	assert_non_null(f = fopen(file, "w"));
	fputs("#!/bin/sh\nid -u\n", f);
	fclose(f);
	chmod(file, 0755);
	guest_limits_save(&limits);
	for (unsigned i = 0; i < 4; i++) {
		uid_t owner = i < 2 ? 0 : 65534;

		assert_int_equal(chown(file, owner, owner), 0);
		str_format(exec, sizeof(exec), "%s%s", i % 2 ? "/bin/sh " : "",
		    file);
		assert_int_equal(guest_start(&child, &cfg, "/", &limits, &e),
		    0);
		lives = child.pid;
		hear(text, sizeof(text), false);
		await_end();
		assert_int_equal(atoi(text), owner);
	}
	/* Said in the configuration, it is as said there. */
	cfg.user = "root";
	assert_int_equal(guest_start(&child, &cfg, "/", &limits, &e), 0);
	lives = child.pid;
	hear(text, sizeof(text), false);
	await_end();
	assert_string_equal(text, "0\n");
	assert_int_equal(scratch_remove(dir), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(f_c13_who_left_the_group_ends_too),
	    cmocka_unit_test(f_c13_a_daemon_ends_with_its_plugin),
	    cmocka_unit_test(f_a10_a_plugin_inherits_nothing),
	    cmocka_unit_test(f_c2_root_starts_it_as_its_owner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
