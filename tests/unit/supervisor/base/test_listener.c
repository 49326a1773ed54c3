/* SPDX-License-Identifier: MIT */
/* The socket in run_dir: whose it is, who gets through, who takes its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "supervisor/base/listener.h"
#include "tests/unit/rig/left_out.h"
#include "tests/unit/rig/scratch.h"

static struct {
	char dir[SCRATCH_MAX];
	struct ev_loop *loop;
	struct fd_reserve reserve;
	struct listener l;
	unsigned calls;
} t;

static void
on_call(struct listener *l, int fd, const struct ucred *peer)
{
	assert_ptr_equal(l, &t.l);
	assert_int_equal(peer->pid, getpid());
	assert_int_equal(peer->uid, geteuid());
	close(fd);
	t.calls++;
}

static int
set_up(void **state)
{
	struct err e;

	memset(&t, 0, sizeof(t));
	t.loop = ev_loop_new(EVFLAG_NOENV);
	fd_reserve_init(&t.reserve);
	listener_init(&t.l, t.loop, &t.reserve, SOCK_STREAM, 4, on_call);
	if (scratch_make(t.dir, sizeof(t.dir)) == -1)
		return -1;
	return listener_place(&t.l, t.dir, "test.sock", &e);
}

static int
tear_down(void **state)
{
	listener_close(&t.l);
	assert_int_equal(access(t.l.at.sun_path, F_OK), -1);
	scratch_remove(t.dir);
	fd_reserve_close(&t.reserve);
	ev_loop_destroy(t.loop);
	return 0;
}

static void
listen_now(void)
{
	struct err e;

	if (listener_open(&t.l, "socket of a test", &e) == -1)
		fail_msg("%s", e.text);
}

static int
call(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&t.l.at,
			     sizeof(t.l.at)),
	    0);
	return fd;
}

static void
turn(void)
{
	ev_run(t.loop, EVRUN_NOWAIT);
}

static void
test_calls(void **state)
{
	struct stat st;
	int a, b;

	assert_int_equal(listener_there(&t.l), 0);
	listen_now();
	assert_int_equal(stat(t.l.at.sun_path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	a = call();
	b = call();
	assert_int_equal(t.calls, 0);
	turn();
	assert_int_equal(t.calls, 1);
	turn();
	assert_int_equal(t.calls, 2);
	turn();
	assert_int_equal(t.calls, 2);
	assert_int_equal(listener_there(&t.l), getpid());
	close(a);
	close(b);
}

/* Whatever the modes of socket and folders have become. */
static void
others_are_not_heard(void **state)
{
	pid_t pid;
	int status;

	if (geteuid() != 0)
		left_out();
	listen_now();
	assert_int_equal(chmod(t.dir, 0755), 0);
	assert_int_equal(chmod(t.l.at.sun_path, 0666), 0);
	pid = fork();
	if (pid == 0) {
		int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		bool there = setuid(65534) == 0
		    && connect(fd, (struct sockaddr *)&t.l.at, sizeof(t.l.at))
			== 0;

		_exit(there ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	turn();
	assert_int_equal(t.calls, 0);
	close(call());
	turn();
	assert_int_equal(t.calls, 1);
}

static void
test_a_stale_one_is_replaced(void **state)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&t.l.at, sizeof(t.l.at)),
	    0);
	close(fd);
	assert_int_equal(listener_there(&t.l), 0);
	listen_now();
	close(call());
	turn();
	assert_int_equal(t.calls, 1);
}

static void
test_one_that_went_is_missed(void **state)
{
	listen_now();
	assert_true(listener_check(&t.l));
	unlink(t.l.at.sun_path);
	assert_false(listener_check(&t.l));
	assert_int_equal(t.l.fd, -1);
	assert_false(listener_check(&t.l));
	listen_now();
	assert_true(listener_check(&t.l));
}

/* The reserve lets one in, and then the loop does not spin on the next. */
static void
test_no_descriptors(void **state)
{
	struct rlimit was, low;
	int fd[64], n = 0, a, b;

	listen_now();
	a = call();
	getrlimit(RLIMIT_NOFILE, &was);
	low = was;
	low.rlim_cur = nitems(fd);
	setrlimit(RLIMIT_NOFILE, &low);
	while ((fd[n] = dup(a)) != -1)
		n++;
	turn();
	assert_int_equal(t.calls, 1);
	assert_int_equal(t.reserve.spent, 1);
	/* Its other places are taken, too. */
	b = call();
	while ((fd[n] = dup(a)) != -1)
		n++;
	turn();
	assert_int_equal(t.calls, 1);
	assert_false(ev_is_active(&t.l.rd));
	setrlimit(RLIMIT_NOFILE, &was);
	while (n > 0)
		close(fd[--n]);
	assert_true(listener_check(&t.l));
	turn();
	assert_int_equal(t.calls, 2);
	close(a);
	close(b);
}

static void
test_too_long(void **state)
{
	struct listener l;
	char dir[700];
	struct err e;

	listener_init(&l, t.loop, NULL, SOCK_STREAM, 1, on_call);
	memset(dir, 'x', sizeof(dir));
	dir[120] = '\0';
	assert_int_equal(listener_place(&l, dir, "test.sock", &e), -1);
	assert_int_equal(e.code, EXIT_CONFIG);
	assert_non_null(strstr(e.text, "too long for a socket (at most 107"));
	dir[120] = 'x';
	dir[sizeof(dir) - 1] = '\0';
	assert_int_equal(listener_place(&l, dir, "test.sock", &e), -1);
	assert_string_equal(e.text, "[paths] run_dir is too long");
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(test_calls),
	    TEST(others_are_not_heard),
	    TEST(test_a_stale_one_is_replaced),
	    TEST(test_one_that_went_is_missed),
	    TEST(test_no_descriptors),
	    TEST(test_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
