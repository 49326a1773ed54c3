/* SPDX-License-Identifier: MIT */
#include "tests/unit/tools/web/history/watched.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- the file ------------------------------------------------------- */

/* An outage, wherever the process is replaced. */
static void
test_reopen_at_each_step(void **state)
{
	for (int at = 0; at < 60; at++) {
		int64_t began = 0;

		watched_end(NULL);
		watched_begin(NULL);
		history_take(w.h, &w.v);
		for (int i = 0; i < 60; i++) {
			if (i == 20)
				watched_down(1), began = clock_wall_ms();
			if (i == 40)
				watched_up(1);
			if (i == at)
				watched_reopen();
			watched_for(TICK_MS);
		}
		assert_string_equal(history_note(w.h), "");
		assert_int_equal(watched_today()->known_ms, 59 * TICK_MS);
		assert_in_range(watched_today()->lost_ms, 19 * TICK_MS / SHARDS,
		    21 * TICK_MS / SHARDS);
		assert_int_equal(watched_incidents(), 1);
		assert_in_range(w.incident[0].begin_ms, began, began + TICK_MS);
		assert_in_range(w.incident[0].end_ms, began + 20 * TICK_MS,
		    began + 21 * TICK_MS);
	}
}

static void
flip(off_t at)
{
	int fd = open(w.file, O_RDWR);
	unsigned char c;

	assert_true(fd != -1);
	assert_int_equal(pread(fd, &c, 1, at), 1);
	c ^= 0x40;
	assert_int_equal(pwrite(fd, &c, 1, at), 1);
	close(fd);
}

static off_t
size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == -1 ? -1 : st.st_size;
}

static void
test_a_torn_record_is_not_known(void **state)
{
	size_t slot = (size_t)(clock_wall_ms() / HISTORY_SLOT_MS
	    % HISTORY_SLOTS);

	history_take(w.h, &w.v);
	watched_down(0);
	watched_for(HOUR);
	assert_int_equal(size_of(w.file), sizeof(struct history_file));
	for (size_t i = 0; i < sizeof(struct history_file_slot); i++) {
		off_t at = (off_t)(offsetof(struct history_file, slot)
		    + (slot + 1) * sizeof(struct history_file_slot) + i);

		flip(at);
		watched_reopen();
		assert_int_equal(watched_today()->known_ms,
		    HOUR - HISTORY_SLOT_MS);
		assert_non_null(strstr(history_note(w.h), "1 record"));
		flip(at);
	}
	for (size_t i = 0; i < sizeof(struct history_file_incident); i++) {
		off_t at = (off_t)(offsetof(struct history_file, incident) + i);

		flip(at);
		watched_reopen();
		assert_int_equal(watched_today()->known_ms, HOUR);
		assert_int_equal(watched_incidents(), 0);
		assert_non_null(strstr(history_note(w.h), "1 record"));
		flip(at);
	}
	watched_reopen();
	assert_string_equal(history_note(w.h), "");
	assert_int_equal(watched_incidents(), 1);
}

static void
begins_anew(void)
{
	watched_reopen();
	assert_non_null(strstr(history_note(w.h), "kept beside it"));
	assert_true(scratch_exists(w.old));
	assert_int_equal(watched_today()->known_ms, 0);
	history_take(w.h, &w.v);
	watched_for(HOUR);
	watched_reopen();
	assert_string_equal(history_note(w.h), "");
	assert_int_equal(watched_today()->known_ms, HOUR);
}

static void
test_another_version_begins_anew(void **state)
{
	history_take(w.h, &w.v);
	watched_for(HOUR);
	flip(offsetof(struct history_file_head, version));
	begins_anew();
	flip(offsetof(struct history_file_head, check));
	begins_anew();
}

static void
test_no_history_begins_anew(void **state)
{
	int fd = open(w.file, O_WRONLY | O_TRUNC);

	assert_int_equal(write(fd, "hello", 5), 5);
	close(fd);
	begins_anew();
	assert_int_equal(size_of(w.old), 5);
	assert_int_equal(truncate(w.file, sizeof(struct history_file) - 1), 0);
	begins_anew();
	/* What a start that was killed leaves is no reason for words. */
	assert_int_equal(truncate(w.file, 0), 0);
	watched_reopen();
	assert_string_equal(history_note(w.h), "");
}

/* Any bytes: it is read, or put aside, and what it says adds up. */
static void
test_any_bytes(void **state)
{
	static struct history_file bytes;
	unsigned seed = 1;

	for (int round = 0; round < 100; round++) {
		int fd = open(w.file, O_RDWR);

		assert_int_equal(pread(fd, &bytes, sizeof(bytes), 0),
		    sizeof(bytes));
		for (int i = 0; i < 500; i++) {
			seed = seed * 1103515245 + 12345;
			((unsigned char *)&bytes)[4096
			    + (seed >> 4) % (sizeof(bytes) - 4096)] =
			    (unsigned char)(seed >> 16);
		}
		assert_int_equal(pwrite(fd, &bytes, sizeof(bytes), 0),
		    sizeof(bytes));
		close(fd);
		watched_reopen();
		history_take(w.h, &w.v);
		watched_for(5 * MINUTE);
		watched_today();
		for (int i = 0; i < HISTORY_DAYS; i++) {
			assert_true(
			    w.day[i].known_ms <= (uint64_t)HISTORY_DAY_MS);
			assert_true(w.day[i].lost_ms + w.day[i].less_ms
			    <= w.day[i].known_ms);
		}
		assert_int_equal(watched_incidents(), 0);
	}
}

/* Killed wherever it is: what it had written is there. */
static void
test_killed(void **state)
{
	for (int round = 0; round < 20; round++) {
		int out[2];
		char c;
		pid_t pid;

		history_close(w.h);
		w.h = NULL;
		assert_int_equal(pipe(out), 0);
		pid = fork();
		assert_true(pid != -1);
		if (pid == 0) {
			w.h = history_open(w.dir);
			history_take(w.h, &w.v);
			for (int i = 0;; i++) {
				watched_down(0);
				watched_for(2 * MINUTE);
				watched_up(0);
				watched_for(TICK_MS);
				if (i == round && write(out[1], "x", 1) != 1)
					_exit(1);
			}
		}
		close(out[1]);
		assert_int_equal(read(out[0], &c, 1), 1);
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		close(out[0]);
		w.h = history_open(w.dir);
		assert_string_equal(history_note(w.h), "");
		assert_true(watched_today()->known_ms >= 2 * MINUTE
		    || w.day[HISTORY_DAYS - 2].known_ms > 0);
	}
}

static void
allow(rlim_t bytes)
{
	struct rlimit l;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &l), 0);
	l.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &l), 0);
}

/* As on a full disk: in memory then, and on disk once there is room. */
static void
test_disk_full(void **state)
{
	assert_int_equal(unlink(w.file), 0);
	allow(1000);
	watched_reopen();
	assert_non_null(strstr(history_note(w.h), "in memory alone"));
	history_take(w.h, &w.v);
	watched_for(HOUR);
	assert_int_equal(watched_today()->known_ms, HOUR);
	allow(RLIM_INFINITY);
	watched_for(TICK_MS);
	assert_string_equal(history_note(w.h), "");
	watched_reopen();
	assert_int_equal(watched_today()->known_ms, HOUR + TICK_MS);
	assert_int_equal(size_of(w.file), sizeof(struct history_file));
}

static void
test_a_directory_that_cannot_be(void **state)
{
	history_close(w.h);
	w.h = history_open("/proc/none/web");
	assert_non_null(strstr(history_note(w.h), "in memory alone"));
	history_take(w.h, &w.v);
	watched_for(HOUR);
	assert_int_equal(watched_today()->known_ms, HOUR);
	/* Nor a link that leads elsewhere, nor a pipe. */
	assert_int_equal(unlink(w.file), 0);
	assert_int_equal(symlink("/dev/null", w.file), 0);
	watched_reopen();
	assert_non_null(strstr(history_note(w.h), "in memory alone"));
	assert_int_equal(unlink(w.file), 0);
	assert_int_equal(mkfifo(w.file, 0600), 0);
	watched_reopen();
	assert_non_null(strstr(history_note(w.h), "in memory alone"));
}

/* Another process, as during an upgrade: it shows what the first has written,
 * and writes when that is gone. */
static void
test_one_writes(void **state)
{
	struct history *first = w.h, *second = history_open(w.dir);

	history_take(first, &w.v);
	watched_for(HOUR);
	w.h = second;
	watched_for(MINUTE);
	assert_int_equal(watched_today()->known_ms, HOUR);
	history_close(first);
	watched_for(HOUR);
	assert_int_equal(watched_today()->known_ms, 2 * HOUR - TICK_MS);
	watched_reopen();
	assert_int_equal(watched_today()->known_ms, 2 * HOUR - TICK_MS);
}

static void
test_a_file_that_was_deleted_comes_back(void **state)
{
	history_take(w.h, &w.v);
	watched_for(HOUR);
	assert_int_equal(unlink(w.file), 0);
	assert_int_equal(rmdir(w.dir), 0);
	watched_for(HISTORY_SLOT_MS);
	watched_reopen();
	assert_int_equal(watched_today()->known_ms, HOUR + HISTORY_SLOT_MS);
}

static void
test_nothing_secret(void **state)
{
	static struct history_file bytes;
	int fd;

	history_take(w.h, &w.v);
	watched_down(0);
	made_view_failing(&w.v);
	made_view_held(&w.v);
	watched_for(HOUR);
	assert_int_equal(watched_incidents(), 3);
	fd = open(w.file, O_RDONLY);
	assert_int_equal(read(fd, &bytes, sizeof(bytes)), sizeof(bytes));
	close(fd);
	assert_null(memmem(&bytes, sizeof(bytes), MADE_VIEW_SECRET,
	    strlen(MADE_VIEW_SECRET)));
	assert_non_null(memmem(&bytes, sizeof(bytes), "function", 9));
}

int
main(void)
{
#define T(name)                                                                \
	cmocka_unit_test_setup_teardown(name, watched_begin, watched_end)
	const struct CMUnitTest tests[] = {
	    T(test_reopen_at_each_step),
	    T(test_a_torn_record_is_not_known),
	    T(test_another_version_begins_anew),
	    T(test_no_history_begins_anew),
	    T(test_any_bytes),
	    T(test_killed),
	    T(test_disk_full),
	    T(test_a_directory_that_cannot_be),
	    T(test_one_writes),
	    T(test_a_file_that_was_deleted_comes_back),
	    T(test_nothing_secret),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
