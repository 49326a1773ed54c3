/* SPDX-License-Identifier: MIT */
/* Helpers: real processes and pipes, deadlines on the fake clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "supervisor/base/helper.h"
#include "tests/unit/rig/fake_time.h"

#define DEADLINE_S 30

static struct {
	struct helper h;
	struct ev_loop *loop;
	struct timers *timers;
	unsigned ended, late;
	int again; /* so often it is started from its callback */
} t;

static int
say(const void *arg, int out)
{
	const char *words = arg;

	return fd_write_all(out, words, strlen(words)) == 0 ? 3 : 4;
}

static void
start(helper_run_fn *run, const void *arg, int fd)
{
	struct err e;

	assert_int_equal(helper_start(&t.h,
			     &(struct helper_job) {.run = run,
				 .arg = arg,
				 .fds = {fd},
				 .deadline_s = DEADLINE_S},
			     &e),
	    0);
	assert_true(helper_busy(&t.h));
}

static void
on_end(struct helper *h, bool late)
{
	assert_false(helper_busy(h));
	t.ended++;
	t.late += late;
	if (t.again-- > 0)
		start(say, "again", 0);
}

static int
set_up(void **state)
{
	fake_time_reset();
	memset(&t, 0, sizeof(t));
	t.timers = timer_base_new(NULL);
	t.loop = ev_loop_new(EVFLAG_NOENV);
	helper_init(&t.h, t.loop, t.timers, on_end);
	return 0;
}

static int
tear_down(void **state)
{
	assert_false(helper_busy(&t.h));
	assert_int_equal(fake_time_next(), UINT64_MAX);
	timer_base_free(t.timers);
	ev_loop_destroy(t.loop);
	return 0;
}

static bool
reap(pid_t pid, int *status)
{
	assert_int_equal(waitpid(pid, status, 0), pid);
	return helper_reaped(pid, *status);
}

static void
hear_all(void)
{
	while (t.h.fd != -1)
		ev_run(t.loop, EVRUN_ONCE);
}

/* The end of the process and that of its pipe, in both orders. */
static void
test_either_end_first(void **state)
{
	int status;

	start(say, "a word", 0);
	assert_int_equal(t.ended, 0);
	hear_all();
	assert_int_equal(t.ended, 0);
	assert_true(reap(t.h.pid, &status));
	assert_int_equal(t.ended, 1);
	assert_string_equal(t.h.said, "a word");
	assert_int_equal(WEXITSTATUS(t.h.status), 3);

	start(say, "other", 0);
	assert_true(reap(t.h.pid, &status));
	assert_int_equal(t.ended, 1);
	hear_all();
	assert_int_equal(t.ended, 2);
	assert_string_equal(t.h.said, "other");
	assert_int_equal(t.late, 0);
	assert_int_equal(fake_time_next(), UINT64_MAX);
}

static int
say_much(const void *arg, int out)
{
	char line[64];

	for (int i = 0; i < 20000; i++) {
		str_format(line, sizeof(line), "line %d\n", i);
		if (fd_write_all(out, line, strlen(line)) == -1)
			return 1;
	}
	return 0;
}

static void
test_much_is_known_by_its_end(void **state)
{
	static const char last[] = "line 19998\nline 19999\n";
	int status;

	start(say_much, NULL, 0);
	hear_all();
	assert_true(reap(t.h.pid, &status));
	assert_int_equal(t.ended, 1);
	assert_int_equal(status, 0);
	assert_true(
	    t.h.len >= HELPER_SAID_MAX / 2 && t.h.len <= HELPER_SAID_MAX);
	assert_int_equal(strlen(t.h.said), t.h.len);
	assert_string_equal(t.h.said + t.h.len - strlen(last), last);
}

static int
die(const void *arg, int out)
{
	raise(SIGKILL);
	return 0;
}

static void
test_end_without_a_word(void **state)
{
	int status;

	start(die, NULL, 0);
	assert_true(reap(t.h.pid, &status));
	hear_all();
	assert_int_equal(t.ended, 1);
	assert_int_equal(t.late, 0);
	assert_int_equal(t.h.len, 0);
	assert_true(WIFSIGNALED(t.h.status));
}

/* With a child of its own, which would stay. */
static int
hang(const void *arg, int out)
{
	(void)fork();
	while (pause() == -1)
		continue;
	return 0;
}

static bool
nobody_holds(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, 10000) == 1 && (p.revents & POLLHUP) != 0;
}

static void
test_deadline_ends_all_of_it(void **state)
{
	int fds[2], status;
	pid_t pid;

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	start(hang, NULL, fds[1]);
	close(fds[1]);
	pid = t.h.pid;
	/* Only then is it the leader of its session. */
	while (getsid(pid) != pid)
		sched_yield();
	fake_time_advance(DEADLINE_S * 1000 - 1);
	assert_int_equal(t.ended, 0);
	t.again = 1;
	fake_time_advance(1);
	assert_int_equal(t.late, 1);
	assert_true(nobody_holds(fds[0]));
	close(fds[0]);
	/* Another one runs by now: the end of the first is nobody's. */
	assert_true(helper_busy(&t.h) && t.h.pid != pid);
	assert_false(reap(pid, &status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
	hear_all();
	assert_true(reap(t.h.pid, &status));
	assert_int_equal(t.ended, 2);
	assert_string_equal(t.h.said, "again");
}

static void
test_stop_is_no_end(void **state)
{
	int status;
	pid_t pid;

	start(hang, NULL, 0);
	pid = t.h.pid;
	helper_stop(&t.h);
	assert_false(helper_busy(&t.h));
	assert_false(reap(pid, &status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
	fake_time_advance(2 * DEADLINE_S * 1000);
	helper_stop(&t.h);
	assert_int_equal(t.ended, 0);
}

struct inheritance {
	int kept, closed;
};

static int
look_around(const void *arg, int out)
{
	const struct inheritance *x = arg;
	sigset_t blocked;
	bool good;

	sigprocmask(SIG_BLOCK, NULL, &blocked);
	good = fcntl(x->kept, F_GETFD) != -1 && fcntl(x->closed, F_GETFD) == -1
	    && sigismember(&blocked, SIGTERM) == 0
	    && signal(SIGCHLD, SIG_DFL) == SIG_DFL
	    && signal(SIGPIPE, SIG_DFL) == SIG_IGN && getsid(0) == getpid();
	return say(good ? "good" : "bad", out);
}

static void
test_what_it_inherits(void **state)
{
	struct inheritance x = {dup(STDIN_FILENO), dup(STDIN_FILENO)};
	sigset_t term, was;
	int status;

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, &was);
	start(look_around, &x, x.kept);
	sigprocmask(SIG_SETMASK, &was, NULL);
	hear_all();
	assert_true(reap(t.h.pid, &status));
	assert_string_equal(t.h.said, "good");
	close(x.kept);
	close(x.closed);
}

static void
test_no_descriptor_no_helper(void **state)
{
	struct err e;
	struct rlimit was, low;
	int fd[64], n = 0;

	getrlimit(RLIMIT_NOFILE, &was);
	low = was;
	low.rlim_cur = nitems(fd);
	setrlimit(RLIMIT_NOFILE, &low);
	while (n < (int)nitems(fd) && (fd[n] = dup(STDIN_FILENO)) != -1)
		n++;
	assert_int_equal(errno, EMFILE);
	assert_int_equal(helper_start(&t.h,
			     &(struct helper_job) {.run = say,
				 .arg = "",
				 .deadline_s = DEADLINE_S,
				 .aim = " to ask"},
			     &e),
	    -1);
	setrlimit(RLIMIT_NOFILE, &was);
	while (n > 0)
		close(fd[--n]);
	assert_int_equal(strncmp(e.text, "can't make a pipe to ask: ", 26), 0);
	assert_false(helper_busy(&t.h));
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(test_either_end_first),
	    TEST(test_much_is_known_by_its_end),
	    TEST(test_end_without_a_word),
	    TEST(test_deadline_ends_all_of_it),
	    TEST(test_stop_is_no_end),
	    TEST(test_what_it_inherits),
	    TEST(test_no_descriptor_no_helper),
	};

	alarm(60);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
