/* SPDX-License-Identifier: MIT */
/* What children print is lines, whatever it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>
#include <unistd.h>

#include "supervisor/log/child_output.h"

static struct {
	char text[16][4 * CHILD_OUTPUT_MAX + 1];
	enum log_level level[16];
	size_t n;
} got;

static void
on_line(struct child_output *l, enum log_level level, const char *text)
{
	if (got.n < nitems(got.text)) {
		got.level[got.n] = level;
		str_copy(got.text[got.n], text, sizeof(got.text[0]));
	}
	got.n++;
}

static void
feed(struct child_output *l, const char *data, size_t len)
{
	struct ev_loop *loop = ev_loop_new(0);
	int fds[2];

	memset(&got, 0, sizeof(got));
	assert_int_equal(pipe(fds), 0);
	fd_nonblock(fds[0]);
	child_output_init(l);
	child_output_open(l, loop, fds[0], on_line);
	assert_int_equal(fd_write_all(fds[1], data, len), 0);
	ev_run(loop, EVRUN_NOWAIT);
	close(fds[1]);
	child_output_close(l);
	ev_loop_destroy(loop);
}

static void
test_lines(void **state)
{
	static const char in[] = "<3>careful\nplain\n\n<9>odd\n<4>the last";
	struct child_output l;

	feed(&l, in, sizeof(in) - 1);
	assert_int_equal(got.n, 4);
	assert_int_equal(got.level[0], LOG_L_WARN);
	assert_string_equal(got.text[0], "careful");
	assert_int_equal(got.level[1], LOG_L_INFO);
	assert_string_equal(got.text[2], "<9>odd");
	assert_int_equal(got.level[3], LOG_L_ERROR);
	assert_string_equal(l.last, "the last");
}

/* What it said of something else, or long ago, is not what it died of. */
static void
test_last_words(void **state)
{
	static const char notice[] = "<3>the handler is away\n<1>ready\n",
			  warning[] = "<1>ready\n<3>out of paper\n",
			  foreign[] = "<4>ready\npanic: nil map\n";
	struct child_output l;

	feed(&l, notice, sizeof(notice) - 1);
	assert_string_equal(child_output_last(&l, l.last_ms), "");
	feed(&l, warning, sizeof(warning) - 1);
	assert_string_equal(child_output_last(&l, l.last_ms), "out of paper");
	assert_string_equal(child_output_last(&l,
				l.last_ms + CHILD_OUTPUT_LAST_MS + 1),
	    "");
	feed(&l, foreign, sizeof(foreign) - 1);
	assert_string_equal(child_output_last(&l,
				l.last_ms + CHILD_OUTPUT_LAST_MS + 1),
	    "panic: nil map");
}

static void
test_garbage_lines(void **state)
{
	static char in[5000];
	struct child_output l;

	memset(in, 'x', sizeof(in));
	in[10] = '\0';
	in[11] = '\033';
	feed(&l, in, sizeof(in));
	assert_int_equal(got.n, 3); /* cut at CHILD_OUTPUT_MAX */
	assert_int_equal(strlen(got.text[0]), CHILD_OUTPUT_MAX + 2 * 3);
	assert_memory_equal(got.text[0] + 9, "x\\x00\\x1bx", 10);
	assert_int_equal(strlen(got.text[2]), 5000 - 2 * CHILD_OUTPUT_MAX);
}

/* What log.c cuts at its longest comes through the pipe as one line, in whole
 * letters: no line without its level and its owner behind it. */
static void
f_b7_the_longest_line_is_one(void **state)
{
	char text[4 * LOG_LINE], in[8 * LOG_LINE];
	int fds[2], saved = dup(STDERR_FILENO);
	struct child_output l;
	ssize_t n;

	for (size_t shift = 0; shift < 3; shift++) {
		memset(text, 'x', shift);
		for (size_t i = shift; i + 3 < sizeof(text); i += 3)
			memcpy(text + i, "\xe6\xbc\xa2", 4);
		assert_int_equal(pipe(fds), 0);
		assert_int_equal(dup2(fds[1], STDERR_FILENO), STDERR_FILENO);
		log_init(LOG_TO_PIPE, LOG_L_INFO);
		log_warn("%s", text);
		log_error("next");
		log_init(LOG_TO_PEOPLE, LOG_L_INFO);
		dup2(saved, STDERR_FILENO);
		close(fds[1]);
		n = read(fds[0], in, sizeof(in));
		close(fds[0]);
		assert_in_range(n, LOG_LINE - 4, sizeof(in) - 1);
		feed(&l, in, (size_t)n);
		assert_int_equal(got.n, 2);
		assert_int_equal(got.level[0], LOG_L_WARN);
		assert_null(strchr(got.text[0], '\\'));
		assert_string_equal(got.text[1], "next");
	}
	close(saved);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lines),
	    cmocka_unit_test(test_last_words),
	    cmocka_unit_test(test_garbage_lines),
	    cmocka_unit_test(f_b7_the_longest_line_is_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
