/* SPDX-License-Identifier: MIT */
/* The log file and the children's lines: rotation, rm, full disk, garbage. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <dirent.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "supervisor/lines.h"
#include "supervisor/logs.h"

static char dir[64];

static struct config
conf(int64_t bytes, int64_t files)
{
	struct config c = { .log_dir = dir, .log_bytes = bytes,
	    .log_files = files, .log_level = LOG_L_INFO };

	return c;
}

static int
set_up(void **state)
{
	str_copy(dir, "/tmp/shardherd-logs.XXXXXX", sizeof(dir));
	return mkdtemp(dir) == NULL ? -1 : 0;
}

static int
tear_down(void **state)
{
	char path[512];
	DIR *d = opendir(dir);

	for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		if (e->d_name[0] != '.')
			unlink(path);
	}
	if (d != NULL)
		closedir(d);
	return rmdir(dir);
}

static size_t
read_log(const char *name, char *buf, size_t size)
{
	char path[128];
	size_t n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "r");
	if (f != NULL) {
		n = fread(buf, 1, size - 1, f);
		fclose(f);
	}
	buf[n] = '\0';
	return n;
}

static void
test_line(void **state)
{
	struct config c = conf(0, 0);
	struct logs g;
	struct err e;
	char buf[512];

	assert_int_equal(logs_open(&g, &c, false, &e), 0);
	logs_line(&g, LOG_L_WARN, "shard 3", "hello");
	logs_line(&g, LOG_L_DEBUG, "shard 3", "below the level");
	logs_close(&g);
	read_log("shardherd.log", buf, sizeof(buf));
	/* 2026-11-21T03:00:01.123Z warn shard 3: hello */
	assert_int_equal(buf[10], 'T');
	assert_int_equal(buf[23], 'Z');
	assert_string_equal(buf + 24, " warn shard 3: hello\n");
}

static void
test_rotation(void **state)
{
	struct config c = conf(400, 2);
	struct logs g;
	struct err e;
	char buf[2048];

	assert_int_equal(logs_open(&g, &c, false, &e), 0);
	for (int i = 0; i < 100; i++)
		logs_line(&g, LOG_L_INFO, "handler", "some words of a line");
	logs_close(&g);
	assert_in_range(read_log("shardherd.log", buf, sizeof(buf)), 1, 400);
	assert_in_range(read_log("shardherd.log.1", buf, sizeof(buf)), 300,
	    400);
	assert_in_range(read_log("shardherd.log.2", buf, sizeof(buf)), 300,
	    400);
	assert_int_equal(read_log("shardherd.log.3", buf, sizeof(buf)), 0);
}

static void
test_deleted_file_comes_back(void **state)
{
	struct config c = conf(0, 0);
	struct logs g;
	struct err e;
	char buf[1024];

	assert_int_equal(logs_open(&g, &c, false, &e), 0);
	logs_line(&g, LOG_L_INFO, "supervisor", "first");
	logs_check(&g);
	unlink(g.path);
	logs_check(&g);
	logs_line(&g, LOG_L_INFO, "supervisor", "two");
	logs_close(&g);
	read_log("shardherd.log", buf, sizeof(buf));
	assert_non_null(strstr(buf, "replaced"));
	assert_non_null(strstr(buf, "two"));
	assert_null(strstr(buf, "first"));
}

/* A file size limit is a full disk for one process. */
static void
test_full_disk(void **state)
{
	struct config c = conf(0, 0);
	struct rlimit was, low;
	struct logs g;
	struct err e;
	char buf[4096];

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &was);
	low = was;
	low.rlim_cur = 100;
	assert_int_equal(logs_open(&g, &c, false, &e), 0);
	setrlimit(RLIMIT_FSIZE, &low);
	for (int i = 0; i < 5; i++)
		logs_line(&g, LOG_L_INFO, "supervisor", "into a full disk");
	assert_int_equal(g.dropped, 4);
	setrlimit(RLIMIT_FSIZE, &was);
	logs_line(&g, LOG_L_INFO, "supervisor", "room again");
	assert_int_equal(g.dropped, 0);
	logs_close(&g);
	read_log("shardherd.log", buf, sizeof(buf));
	assert_non_null(strstr(buf, "\n20"));
	assert_non_null(strstr(buf, "4 log lines before this one were lost"));
	assert_non_null(strstr(buf, "room again\n"));
}

/* ---- lines ----------------------------------------------------------- */

static struct {
	char text[16][LINES_MAX + 1];
	enum log_level level[16];
	size_t n;
} got;

static void
on_line(struct lines *l, enum log_level level, const char *text)
{
	if (got.n < nitems(got.text)) {
		got.level[got.n] = level;
		str_copy(got.text[got.n], text, sizeof(got.text[0]));
	}
	got.n++;
}

static void
feed(struct lines *l, const char *data, size_t len)
{
	struct ev_loop *loop = ev_loop_new(0);
	int fds[2];

	memset(&got, 0, sizeof(got));
	assert_int_equal(pipe(fds), 0);
	fd_nonblock(fds[0]);
	lines_init(l);
	lines_open(l, loop, fds[0], on_line);
	assert_int_equal(fd_write_all(fds[1], data, len), 0);
	ev_run(loop, EVRUN_NOWAIT);
	close(fds[1]);
	lines_close(l);
	ev_loop_destroy(loop);
}

static void
test_lines(void **state)
{
	static const char in[] = "<3>careful\nplain\n\n<9>odd\n<4>the last";
	struct lines l;

	feed(&l, in, sizeof(in) - 1);
	assert_int_equal(got.n, 4);
	assert_int_equal(got.level[0], LOG_L_WARN);
	assert_string_equal(got.text[0], "careful");
	assert_int_equal(got.level[1], LOG_L_INFO);
	assert_string_equal(got.text[2], "<9>odd");
	assert_int_equal(got.level[3], LOG_L_ERROR);
	assert_string_equal(l.last, "the last");
}

static void
test_garbage_lines(void **state)
{
	static char in[5000];
	struct lines l;

	memset(in, 'x', sizeof(in));
	in[10] = '\0';
	in[11] = '\033';
	feed(&l, in, sizeof(in));
	assert_int_equal(got.n, 3);		/* cut at LINES_MAX */
	assert_int_equal(strlen(got.text[0]), LINES_MAX);
	assert_memory_equal(got.text[0] + 9, "x  x", 4);
	assert_int_equal(strlen(got.text[2]), 5000 - 2 * LINES_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_line, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_rotation, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(test_deleted_file_comes_back,
		    set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_full_disk, set_up,
		    tear_down),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_garbage_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
