/* SPDX-License-Identifier: MIT */
/* stderr as the log: a pipe or journald reads it, or nobody. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "supervisor/log/log_stderr.h"

#define TIME "2026-09-21T14:13:20.123Z"

/* What logstream writes to a pipe or, as journald's, a socket. */
static void
stream_to(int fds[2], struct log_stderr *s, bool journal)
{
	struct stat st;
	char id[64];

	if (journal)
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	else
		assert_int_equal(pipe(fds), 0);
	dup2(fds[1], STDERR_FILENO);
	fstat(STDERR_FILENO, &st);
	snprintf(id, sizeof(id), "%llu:%llu", (unsigned long long)st.st_dev,
	    (unsigned long long)st.st_ino);
	setenv("JOURNAL_STREAM", journal ? id : "1:2", 1);
	log_stderr_open(s, true);
}

static void
test_stderr(void **state)
{
	struct logline l = {.wall_ms = 1790000000123,
	    .level = LOG_L_WARN,
	    .who = "shard 3"};
	int was = dup(STDERR_FILENO), fds[2];
	struct log_stderr s;
	char buf[4096];
	ssize_t n;

	stream_to(fds, &s, true);
	log_stderr_line(&s, LOGLINE_TEXT, &l, "one\ntwo");
	log_stderr_line(&s, LOGLINE_LOGFMT, &l, "x");
	n = read(fds[0], buf, sizeof(buf) - 1);
	dup2(was, STDERR_FILENO);
	assert_true(n > 0);
	buf[n] = '\0';
	assert_string_equal(buf,
	    "<4>shard 3: one\\x0atwo\n<4>time=" TIME
	    " level=warn who=\"shard 3\" shard=3 msg=\"x\"\n");
	close(fds[0]);
	close(fds[1]);

	stream_to(fds, &s, false); /* a pipe, whatever it says */
	log_stderr_line(&s, LOGLINE_TEXT, &l, "plain");
	n = read(fds[0], buf, sizeof(buf) - 1);
	dup2(was, STDERR_FILENO);
	buf[n > 0 ? n : 0] = '\0';
	assert_string_equal(buf, TIME " warn shard 3: plain\n");
	close(fds[0]);
	close(fds[1]);
	close(was);
	unsetenv("JOURNAL_STREAM");
}

/* Nobody reads: lines are lost and counted, nothing waits. */
static void
test_stderr_not_read(void **state)
{
	struct logline l = {.wall_ms = 1790000000123,
	    .level = LOG_L_WARN,
	    .who = "shard 3"};
	int was = dup(STDERR_FILENO), fds[2];
	static char buf[1 << 20];
	struct log_stderr s;
	uint64_t lost;
	ssize_t n;

	stream_to(fds, &s, false);
	for (int i = 0; i < 5000; i++)
		log_stderr_line(&s, LOGLINE_TEXT, &l, "a line for nobody");
	lost = s.dropped;
	while (fd_nonblock(fds[0]) == 0 && read(fds[0], buf, sizeof(buf)) > 0)
		continue;
	log_stderr_line(&s, LOGLINE_TEXT, &l, "read again");
	n = read(fds[0], buf, sizeof(buf) - 1);
	dup2(was, STDERR_FILENO);
	close(was);
	assert_in_range(lost, 1, 4999);
	buf[n > 0 ? n : 0] = '\0';
	assert_non_null(strstr(buf, "were lost: stderr was not read"));
	assert_non_null(strstr(buf, "read again\n"));
	assert_int_equal(s.dropped, 0);
	close(fds[0]);
	close(fds[1]);
	unsetenv("JOURNAL_STREAM");
}

int
main(void)
{
#define T(name) cmocka_unit_test(name)
	const struct CMUnitTest tests[] = {
	    T(test_stderr),
	    T(test_stderr_not_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
