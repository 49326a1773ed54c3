/* SPDX-License-Identifier: MIT */
/* The fleet's log file: rotation, compression, rm, a full disk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include "supervisor/log/log_rotation.h"
#include "supervisor/log/log_compress.h"
#include "supervisor/log/fleet_log.h"
#include "tests/unit/rig/fake_time.h"
#include "tests/unit/rig/scratch.h"

static char dir[SCRATCH_MAX];

static struct config
conf(int64_t bytes, int64_t files)
{
	struct config c = {.log_dir = dir,
	    .log_bytes = bytes,
	    .log_files = files,
	    .log_level = LOG_L_INFO};

	return c;
}

static int
set_up(void **state)
{
	return scratch_make(dir, sizeof(dir));
}

static int
tear_down(void **state)
{
	return scratch_remove(dir);
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
	struct fleet_log g;
	struct err e;
	char buf[512];

	assert_int_equal(fleet_log_open(&g, &c, false, &e), 0);
	fleet_log_line(&g, LOG_L_WARN, "shard 3", "hello");
	fleet_log_line(&g, LOG_L_DEBUG, "shard 3", "below the level");
	fleet_log_close(&g);
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
	struct fleet_log g;
	struct err e;
	char buf[2048];

	assert_int_equal(fleet_log_open(&g, &c, false, &e), 0);
	for (int i = 0; i < 100; i++)
		fleet_log_line(&g, LOG_L_INFO, "handler",
		    "some words of a line");
	fleet_log_close(&g);
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
	struct fleet_log g;
	struct err e;
	char buf[1024];

	assert_int_equal(fleet_log_open(&g, &c, false, &e), 0);
	fleet_log_line(&g, LOG_L_INFO, "supervisor", "first");
	fleet_log_check(&g);
	unlink(g.path);
	fleet_log_check(&g);
	fleet_log_line(&g, LOG_L_INFO, "supervisor", "two");
	fleet_log_close(&g);
	read_log("shardherd.log", buf, sizeof(buf));
	assert_non_null(strstr(buf, "replaced"));
	assert_non_null(strstr(buf, "two"));
	assert_null(strstr(buf, "first"));
}

static bool
there(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return access(path, F_OK) == 0;
}

/* The age is that of the first line, also of a file found at the start. */
static void
test_rotation_by_age(void **state)
{
	struct config c = conf(0, 5);
	struct fleet_log g;
	struct err e;
	char buf[1024];

	fake_time_reset();
	c.log_age_s = 3600;
	assert_int_equal(fleet_log_open(&g, &c, false, &e), 0);
	fleet_log_line(&g, LOG_L_INFO, "supervisor", "old");
	fake_time_advance(3000 * 1000);
	fleet_log_check_age(&g);
	fleet_log_close(&g);
	assert_false(there("shardherd.log.1"));
	assert_int_equal(fleet_log_open(&g, &c, false, &e), 0);
	fake_time_advance(599 * 1000);
	fleet_log_check_age(&g);
	assert_false(there("shardherd.log.1"));
	fake_time_advance(1000);
	fleet_log_check_age(&g);
	fleet_log_line(&g, LOG_L_INFO, "supervisor", "new");
	read_log("shardherd.log.1", buf, sizeof(buf));
	assert_non_null(strstr(buf, "old"));
	read_log("shardherd.log", buf, sizeof(buf));
	assert_null(strstr(buf, "old"));
	/* Nothing was written since: an empty file is never rotated. */
	fake_time_advance(3600 * 1000);
	fleet_log_check_age(&g);
	fleet_log_check_age(&g);
	fake_time_advance(3600 * 1000);
	fleet_log_check_age(&g);
	assert_true(there("shardherd.log.2"));
	assert_false(there("shardherd.log.3"));
	fleet_log_close(&g);
}

/* All files together, the live one at most half of it. */
static void
test_total(void **state)
{
	struct config c = conf(0, 100);
	static struct logfile list[LOG_ROTATION_MAX];
	int64_t all = 0;
	struct fleet_log g;
	struct err e;
	size_t n;

	c.log_total = 4096;
	assert_int_equal(fleet_log_open(&g, &c, false, &e), 0);
	assert_int_equal(g.max_bytes, 2048);
	for (int i = 0; i < 1000; i++)
		fleet_log_line(&g, LOG_L_INFO, "handler",
		    "some words of a line");
	n = log_rotation_list(g.path, list);
	assert_int_equal(n, 2);
	log_rotation_prune(g.path, g.files, g.total, g.size);
	n = log_rotation_list(g.path, list);
	for (size_t i = 0; i < n; i++)
		all += list[i].size;
	assert_in_range(all + g.size, 1, 4096);
	assert_int_equal(list[0].n, 1);
	fleet_log_close(&g);
}

/* Numbers move up only as far as something is in their way. */
static void
test_shift(void **state)
{
	static const char *const make[] = {"1", "2.gz", "3", "5.gz", "pack.77",
	    "x", "1.gz.bak"};
	static struct logfile list[LOG_ROTATION_MAX];
	char log[96], path[128];

	snprintf(log, sizeof(log), "%s/shardherd.log", dir);
	for (size_t i = 0; i < nitems(make); i++) {
		snprintf(path, sizeof(path), "%s.%s", log, make[i]);
		fclose(fopen(path, "w"));
	}
	assert_int_equal(log_rotation_list(log, list), 4);
	assert_int_equal(log_rotation_plain(log), 1);
	assert_int_equal(log_rotation_shift(log), 0);
	assert_false(there("shardherd.log.1"));
	assert_true(there("shardherd.log.2"));
	assert_true(there("shardherd.log.3.gz"));
	assert_true(there("shardherd.log.4"));
	assert_true(there("shardherd.log.5.gz"));
	log_rotation_sweep(log);
	assert_false(there("shardherd.log.pack.77"));
	assert_true(there("shardherd.log.x"));
	/* Packed and not yet removed: the copy is the one that counts. */
	snprintf(path, sizeof(path), "%s.3", log);
	fclose(fopen(path, "w"));
	assert_int_equal(log_rotation_plain(log), 2);
	assert_int_equal(log_rotation_prune(log, 3, 0, 0), 2);
	assert_false(there("shardherd.log.3"));
	assert_true(there("shardherd.log.3.gz"));
	assert_false(there("shardherd.log.5.gz"));
}

static void
write_file(const char *path, const char *text, size_t times)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	for (size_t i = 0; i < times; i++)
		fputs(text, f);
	fclose(f);
}

static int
pack(const char *from, const char *to)
{
	int fd = open(from, O_RDONLY), rc;
	struct err e;

	assert_true(fd >= 0);
	rc = log_compress_file(fd, to, &e);
	close(fd);
	return rc;
}

static void
test_pack(void **state)
{
	char from[128], to[128], block[64] = "";
	struct rlimit was, low;
	size_t lines = 0;
	gzFile f;

	signal(SIGXFSZ, SIG_IGN);
	snprintf(from, sizeof(from), "%s/a", dir);
	snprintf(to, sizeof(to), "%s/a.gz", dir);
	write_file(from, "the same line again and again\n", 10000);
	assert_int_equal(pack(from, to), 0);
	f = gzopen(to, "rb");
	assert_non_null(f);
	while (gzgets(f, block, sizeof(block)) != NULL)
		lines += strcmp(block, "the same line again and again\n") == 0;
	gzclose(f);
	assert_int_equal(lines, 10000);
	/* Another's work is never overwritten, a full disk leaves nothing. */
	assert_int_equal(pack(from, to), -1);
	unlink(to);
	getrlimit(RLIMIT_FSIZE, &was);
	low = was;
	low.rlim_cur = 100;
	setrlimit(RLIMIT_FSIZE, &low);
	assert_int_equal(pack(from, to), -1);
	setrlimit(RLIMIT_FSIZE, &was);
	assert_false(there("a.gz"));
	assert_true(there("a"));
}

static void
wait_packed(struct log_compress *p)
{
	int status;
	pid_t pid = p->helper.pid;

	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(helper_reaped(pid, status));
	while (helper_busy(&p->helper))
		ev_run(p->helper.loop, EVRUN_ONCE);
}

/* A rotation meanwhile: the copy takes the number the original has then. */
static void
test_pack_beside_rotation(void **state)
{
	struct ev_loop *loop = ev_loop_new(EVFLAG_NOENV);
	struct log_compress p;
	char log[96], path[128];

	fake_time_reset();
	snprintf(log, sizeof(log), "%s/shardherd.log", dir);
	snprintf(path, sizeof(path), "%s.1", log);
	write_file(path, "words\n", 1000);
	log_compress_init(&p, loop, timer_base_new(NULL));
	log_compress_some(&p, log);
	assert_int_equal(log_rotation_shift(log), 0);
	log_compress_shifted(&p);
	wait_packed(&p);
	assert_true(there("shardherd.log.2.gz"));
	assert_false(there("shardherd.log.2"));
	log_compress_some(&p, log); /* nothing is left to do */
	assert_int_equal(p.helper.pid, 0);
	/* The original went meanwhile: so does the copy. */
	write_file(path, "words\n", 1000);
	log_compress_some(&p, log);
	unlink(path);
	wait_packed(&p);
	assert_false(there("shardherd.log.1.gz"));
	ev_loop_destroy(loop);
}

/* Killed half way: the original stays, the next try comes later. */
static void
test_pack_killed(void **state)
{
	struct ev_loop *loop = ev_loop_new(EVFLAG_NOENV);
	struct log_compress p;
	char log[96], path[128];

	fake_time_reset();
	snprintf(log, sizeof(log), "%s/shardherd.log", dir);
	snprintf(path, sizeof(path), "%s.1", log);
	write_file(path, "a line that is packed in vain\n", 100000);
	log_compress_init(&p, loop, timer_base_new(NULL));
	log_compress_some(&p, log);
	fake_time_advance(LOG_COMPRESS_S * 1000); /* its deadline */
	wait_packed(&p);
	assert_true(there("shardherd.log.1"));
	assert_false(there("shardherd.log.1.gz"));
	log_compress_some(&p, log);
	assert_int_equal(p.helper.pid, 0);
	fake_time_advance(LOG_COMPRESS_RETRY_MS);
	log_compress_some(&p, log);
	wait_packed(&p);
	assert_true(there("shardherd.log.1.gz"));
	ev_loop_destroy(loop);
}

static void
test_directory_comes_back(void **state)
{
	struct config c = conf(0, 0);
	char away[80], buf[1024];
	struct fleet_log g;
	struct err e;

	assert_int_equal(fleet_log_open(&g, &c, false, &e), 0);
	fleet_log_line(&g, LOG_L_INFO, "supervisor", "first");
	unlink(g.path);
	assert_int_equal(rmdir(dir), 0);
	fleet_log_check(&g);
	assert_int_equal(read_log("shardherd.log", buf, sizeof(buf)) > 0, 1);
	/* Something else is in its place: said once, and no crash. */
	snprintf(away, sizeof(away), "%s.away", dir);
	assert_int_equal(rename(dir, away), 0);
	write_file(dir, "no directory", 1);
	fleet_log_check(&g);
	fleet_log_check(&g);
	assert_true(g.homeless);
	unlink(dir);
	assert_int_equal(rename(away, dir), 0);
	fleet_log_check(&g);
	assert_false(g.homeless);
	fleet_log_close(&g);
}

/* A file size limit is a full disk for one process. */
static void
test_full_disk(void **state)
{
	struct config c = conf(0, 0);
	struct rlimit was, low;
	struct fleet_log g;
	struct err e;
	char buf[4096];

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &was);
	low = was;
	low.rlim_cur = 100;
	assert_int_equal(fleet_log_open(&g, &c, false, &e), 0);
	setrlimit(RLIMIT_FSIZE, &low);
	for (int i = 0; i < 5; i++)
		fleet_log_line(&g, LOG_L_INFO, "supervisor",
		    "into a full disk");
	assert_int_equal(g.dropped, 4);
	setrlimit(RLIMIT_FSIZE, &was);
	fleet_log_line(&g, LOG_L_INFO, "supervisor", "room again");
	assert_int_equal(g.dropped, 0);
	fleet_log_close(&g);
	read_log("shardherd.log", buf, sizeof(buf));
	assert_non_null(strstr(buf, "\n20"));
	assert_non_null(strstr(buf, "4 log lines before this one were lost"));
	assert_non_null(strstr(buf, "room again\n"));
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    T(test_line),
	    T(test_rotation),
	    T(test_deleted_file_comes_back),
	    T(test_rotation_by_age),
	    T(test_total),
	    T(test_shift),
	    T(test_pack),
	    T(test_pack_beside_rotation),
	    T(test_pack_killed),
	    T(test_directory_comes_back),
	    T(test_full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
