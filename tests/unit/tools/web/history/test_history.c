/* SPDX-License-Identifier: MIT */
#include "tools/web/history/history_file.h"

#include "tests/unit/rig/fake_time.h"
#include "tests/unit/rig/made_view.h"
#include "tests/unit/rig/scratch.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define TICK_MS 10000
#define MINUTE (60 * 1000)
#define HOUR (60 * MINUTE)
#define SHARDS 4

static char dir[SCRATCH_MAX], file[128], old[128];
static struct history *h;
static struct view v;
static struct history_time day[HISTORY_DAYS];
static struct history_incident incident[HISTORY_INCIDENTS];

static int
begin(void **state)
{
	char scratch[SCRATCH_MAX - 8];

	fake_time_reset();
	/* Noon, so that an hour is of one day, and long after the boot. */
	fake_time_set_wall(
	    HISTORY_DAY_MS / 2 - clock_wall_ms() % HISTORY_DAY_MS);
	fake_time_pass(24 * HOUR);
	if (scratch_make(scratch, sizeof(scratch)) == -1)
		return -1;
	str_format(dir, sizeof(dir), "%s/web", scratch);
	str_format(file, sizeof(file), "%s/" HISTORY_FILE, dir);
	str_format(old, sizeof(old), "%s/" HISTORY_OLD, dir);
	made_view(&v, SHARDS);
	h = history_open(dir);
	return 0;
}

static int
end(void **state)
{
	if (h != NULL)
		history_close(h);
	view_free(&v);
	dir[strlen(dir) - 4] = '\0';
	return scratch_remove(dir);
}

static void
reopen(void)
{
	history_close(h);
	h = history_open(dir);
}

/* Looks for so long, at the end of each tick. */
static void
watch(uint64_t ms)
{
	for (uint64_t t = 0; t < ms; t += TICK_MS) {
		fake_time_pass(TICK_MS);
		made_view_now(&v);
		history_take(h, &v);
	}
}

static void
down(uint32_t id)
{
	made_view_shard(&v, id, SHARD_DOWN, 0);
}

static void
up(uint32_t id)
{
	made_view_shard(&v, id, SHARD_READY, 0);
}

static const struct history_time *
today(void)
{
	history_days(h, clock_wall_ms(), day);
	return &day[HISTORY_DAYS - 1];
}

static size_t
incidents(void)
{
	return history_incidents(h, clock_wall_ms(), incident,
	    nitems(incident));
}

/* ---- time ----------------------------------------------------------- */

static void
test_nothing_is_known_before_the_second_look(void **state)
{
	assert_string_equal(history_note(h), "");
	assert_int_equal(history_taken_ms(h), 0);
	assert_int_equal(today()->known_ms, 0);
	history_take(h, &v);
	assert_int_equal(today()->known_ms, 0);
	assert_int_equal(history_taken_ms(h), clock_wall_ms());
	assert_int_equal(incidents(), 0);
}

static void
test_a_well_hour(void **state)
{
	struct history_time slot[5];

	history_take(h, &v);
	watch(HOUR);
	assert_int_equal(today()->known_ms, HOUR);
	assert_int_equal(today()->less_ms, 0);
	assert_int_equal(today()->lost_ms, 0);
	assert_int_equal(today()->rtt_ms, 52);
	history_slots(h, clock_wall_ms() - 1, nitems(slot), slot);
	assert_int_equal(slot[0].known_ms, 0);
	for (size_t i = 1; i < nitems(slot); i++)
		assert_int_equal(slot[i].known_ms, HISTORY_SLOT_MS);
}

static void
test_shares_of_service(void **state)
{
	history_take(h, &v);
	down(1);
	watch(40 * MINUTE);
	assert_int_equal(today()->lost_ms, 10 * MINUTE);
	assert_int_equal(today()->less_ms, 0);
	v.handler.state = HANDLER_DOWN;
	v.handler_alive = false;
	watch(20 * MINUTE);
	assert_int_equal(today()->lost_ms, 30 * MINUTE);
	assert_int_equal(today()->known_ms, HOUR);
}

static void
test_the_worse_of_two_looks(void **state)
{
	history_take(h, &v);
	down(0);
	watch(TICK_MS);
	up(0);
	watch(TICK_MS);
	watch(TICK_MS);
	assert_int_equal(today()->lost_ms, 2 * TICK_MS / SHARDS);
}

static void
test_what_was_not_watched_is_not_known(void **state)
{
	history_take(h, &v);
	watch(HOUR);
	fake_time_pass(HOUR);
	history_take(h, &v);
	assert_int_equal(today()->known_ms, HOUR);
	watch(HOUR);
	assert_int_equal(today()->known_ms, 2 * HOUR);
	/* Nor is what could not be read. */
	for (int i = 0; i < 100; i++) {
		fake_time_pass(TICK_MS);
		history_take(h, NULL);
	}
	watch(TICK_MS);
	assert_int_equal(today()->known_ms, 2 * HOUR);
}

/* A hundred days, looked at as rarely as is allowed. */
static void
test_a_hundred_days(void **state)
{
	int64_t bad = -1;

	history_take(h, &v);
	for (int d = 0; d < 100; d++) {
		if (d == 50)
			down(2);
		for (int64_t t = 0; t < HISTORY_DAY_MS; t += HISTORY_GAP_MS) {
			fake_time_pass(HISTORY_GAP_MS);
			history_take(h, &v);
		}
		if (d == 50) {
			up(2);
			bad = clock_wall_ms() / HISTORY_DAY_MS;
		}
	}
	reopen();
	today();
	for (int i = 0; i < HISTORY_DAYS - 1; i++) {
		int64_t that = clock_wall_ms() / HISTORY_DAY_MS
		    - (HISTORY_DAYS - 1) + i;

		assert_int_equal(day[i].known_ms, HISTORY_DAY_MS);
		if (that != bad && that != bad - 1)
			assert_int_equal(day[i].lost_ms, 0);
		else
			assert_in_range(day[i].lost_ms,
			    HISTORY_DAY_MS / 8 - MINUTE,
			    HISTORY_DAY_MS / 8 + MINUTE);
	}
	assert_int_equal(day[HISTORY_DAYS - 1].known_ms, HISTORY_DAY_MS / 2);
	assert_int_equal(incidents(), 1);
	assert_int_equal(incident[0].kind, OUTAGE_SHARDS);
	/* Then nobody looks for 90 days. */
	fake_time_pass(HISTORY_DAYS * (uint64_t)HISTORY_DAY_MS);
	today();
	for (int i = 0; i < HISTORY_DAYS; i++)
		assert_int_equal(day[i].known_ms, 0);
	assert_int_equal(incidents(), 0);
}

static void
test_clock_steps(void **state)
{
	history_take(h, &v);
	watch(HOUR);
	/* Back into what is known: it was all well, and is no more than all. */
	fake_time_set_wall(-HOUR);
	down(0);
	watch(HOUR);
	assert_int_equal(today()->known_ms, HOUR);
	assert_int_equal(today()->lost_ms, HOUR / SHARDS);
	assert_int_equal(incidents(), 1);
	/* Far forward and back again: what the ring lost is not known, and what
	 * it has of a time to come is not shown. */
	fake_time_set_wall(45 * HISTORY_DAY_MS);
	watch(HOUR);
	fake_time_set_wall(-45 * HISTORY_DAY_MS);
	watch(TICK_MS);
	today();
	assert_int_equal(day[HISTORY_DAYS - 1].known_ms, HOUR + TICK_MS);
	for (int i = 0; i < HISTORY_DAYS - 1; i++)
		assert_int_equal(day[i].known_ms, 0);
	/* What goes on went with the clock. */
	assert_int_equal(incidents(), 1);
	assert_int_equal(incident[0].end_ms, 0);
	assert_in_range(clock_wall_ms() - incident[0].begin_ms, 2 * HOUR,
	    2 * HOUR + MINUTE);
	/* Before there was a clock nothing is noted. */
	fake_time_set_wall(-clock_wall_ms());
	watch(HOUR);
	assert_int_equal(today()->known_ms, 0);
}

/* ---- incidents ------------------------------------------------------ */

static void
test_an_incident(void **state)
{
	int64_t began;

	history_take(h, &v);
	watch(HOUR);
	down(1);
	began = clock_wall_ms();
	watch(50000);
	assert_int_equal(incidents(), 0);
	watch(20000);
	assert_int_equal(incidents(), 1);
	assert_int_equal(incident[0].kind, OUTAGE_SHARDS);
	assert_int_equal(incident[0].end_ms, 0);
	assert_in_range(incident[0].begin_ms, began, began + TICK_MS);
	down(3);
	watch(HOUR);
	up(1);
	up(3);
	watch(TICK_MS);
	assert_int_equal(incidents(), 1);
	assert_int_equal(incident[0].end_ms, clock_wall_ms());
	assert_int_equal(incident[0].until_ms, 0);
	assert_int_equal(incident[0].out, 2);
	assert_int_equal(incident[0].shards, SHARDS);
	/* Again, soon: it goes on; and long after: another one. */
	watch(4 * MINUTE);
	down(1);
	watch(2 * MINUTE);
	up(1);
	watch(MINUTE);
	assert_int_equal(incidents(), 2);
	watch(HOUR);
	down(1);
	watch(2 * MINUTE);
	up(1);
	watch(MINUTE);
	assert_int_equal(incidents(), 3);
	assert_true(incident[0].begin_ms > incident[1].begin_ms);
	assert_true(incident[1].begin_ms > incident[2].begin_ms);
}

static void
test_back_at_once_is_the_same(void **state)
{
	history_take(h, &v);
	for (int i = 0; i < 20; i++) {
		down(1);
		watch(2 * MINUTE);
		up(1);
		watch(2 * MINUTE);
	}
	assert_int_equal(incidents(), 1);
	assert_int_equal(incident[0].end_ms,
	    clock_wall_ms() - 2 * MINUTE + TICK_MS);
}

/* One after the other, each for seconds: no incident. */
static void
test_shards_that_reconnect(void **state)
{
	history_take(h, &v);
	for (uint32_t i = 0; i < 400; i++) {
		made_view_shard(&v, i % SHARDS, SHARD_RESUMING, 0);
		watch(TICK_MS);
		up(i % SHARDS);
	}
	assert_int_equal(incidents(), 0);
	assert_true(today()->lost_ms > 0);
}

static void
test_an_end_nobody_saw(void **state)
{
	int64_t seen;

	history_take(h, &v);
	v.handler.state = HANDLER_DOWN;
	v.handler_alive = false;
	watch(10 * MINUTE);
	seen = clock_wall_ms();
	reopen();
	fake_time_pass(HOUR);
	v.handler.state = HANDLER_READY;
	v.handler_alive = true;
	made_view_now(&v);
	history_take(h, &v);
	assert_int_equal(incidents(), 1);
	assert_int_equal(incident[0].kind, OUTAGE_HANDLER);
	assert_int_equal(incident[0].end_ms, seen);
	assert_int_equal(incident[0].until_ms, clock_wall_ms());
}

/* A new process is told by the page for how long it has been so. */
static void
test_goes_on_over_a_restart(void **state)
{
	int64_t began;

	history_take(h, &v);
	watch(HOUR);
	down(2);
	watch(10 * MINUTE);
	incidents();
	began = incident[0].begin_ms;
	reopen();
	fake_time_pass(2 * HOUR);
	watch(10 * MINUTE);
	assert_int_equal(incidents(), 1);
	assert_int_equal(incident[0].begin_ms, began);
	assert_int_equal(incident[0].end_ms, 0);
}

static void
test_the_oldest_incident_makes_room(void **state)
{
	int64_t first = 0;

	history_take(h, &v);
	for (int i = 0; i < HISTORY_INCIDENTS + 9; i++) {
		down(0);
		watch(2 * MINUTE);
		up(0);
		watch(6 * MINUTE);
		if (i == 9) {
			incidents();
			first = incident[0].begin_ms;
		}
	}
	assert_int_equal(incidents(), HISTORY_INCIDENTS);
	assert_int_equal(incident[HISTORY_INCIDENTS - 1].begin_ms, first);
	assert_int_equal(history_incidents(h, clock_wall_ms(), incident, 5), 5);
	assert_true(incident[0].begin_ms > clock_wall_ms() - 10 * MINUTE);
}

/* ---- the file ------------------------------------------------------- */

/* An outage, wherever the process is replaced. */
static void
test_reopen_at_each_step(void **state)
{
	for (int at = 0; at < 60; at++) {
		int64_t began = 0;

		end(NULL);
		begin(NULL);
		history_take(h, &v);
		for (int i = 0; i < 60; i++) {
			if (i == 20)
				down(1), began = clock_wall_ms();
			if (i == 40)
				up(1);
			if (i == at)
				reopen();
			watch(TICK_MS);
		}
		assert_string_equal(history_note(h), "");
		assert_int_equal(today()->known_ms, 59 * TICK_MS);
		assert_in_range(today()->lost_ms, 19 * TICK_MS / SHARDS,
		    21 * TICK_MS / SHARDS);
		assert_int_equal(incidents(), 1);
		assert_in_range(incident[0].begin_ms, began, began + TICK_MS);
		assert_in_range(incident[0].end_ms, began + 20 * TICK_MS,
		    began + 21 * TICK_MS);
	}
}

static void
flip(off_t at)
{
	int fd = open(file, O_RDWR);
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

	history_take(h, &v);
	down(0);
	watch(HOUR);
	assert_int_equal(size_of(file), sizeof(struct history_file));
	for (size_t i = 0; i < sizeof(struct history_file_slot); i++) {
		off_t at = (off_t)(offsetof(struct history_file, slot)
		    + (slot + 1) * sizeof(struct history_file_slot) + i);

		flip(at);
		reopen();
		assert_int_equal(today()->known_ms, HOUR - HISTORY_SLOT_MS);
		assert_non_null(strstr(history_note(h), "1 record"));
		flip(at);
	}
	for (size_t i = 0; i < sizeof(struct history_file_incident); i++) {
		off_t at = (off_t)(offsetof(struct history_file, incident) + i);

		flip(at);
		reopen();
		assert_int_equal(today()->known_ms, HOUR);
		assert_int_equal(incidents(), 0);
		assert_non_null(strstr(history_note(h), "1 record"));
		flip(at);
	}
	reopen();
	assert_string_equal(history_note(h), "");
	assert_int_equal(incidents(), 1);
}

static void
begins_anew(void)
{
	reopen();
	assert_non_null(strstr(history_note(h), "kept beside it"));
	assert_true(scratch_exists(old));
	assert_int_equal(today()->known_ms, 0);
	history_take(h, &v);
	watch(HOUR);
	reopen();
	assert_string_equal(history_note(h), "");
	assert_int_equal(today()->known_ms, HOUR);
}

static void
test_another_version_begins_anew(void **state)
{
	history_take(h, &v);
	watch(HOUR);
	flip(offsetof(struct history_file_head, version));
	begins_anew();
	flip(offsetof(struct history_file_head, check));
	begins_anew();
}

static void
test_no_history_begins_anew(void **state)
{
	int fd = open(file, O_WRONLY | O_TRUNC);

	assert_int_equal(write(fd, "hello", 5), 5);
	close(fd);
	begins_anew();
	assert_int_equal(size_of(old), 5);
	assert_int_equal(truncate(file, sizeof(struct history_file) - 1), 0);
	begins_anew();
	/* What a start that was killed leaves is no reason for words. */
	assert_int_equal(truncate(file, 0), 0);
	reopen();
	assert_string_equal(history_note(h), "");
}

/* Any bytes: it is read, or put aside, and what it says adds up. */
static void
test_any_bytes(void **state)
{
	static struct history_file bytes;
	unsigned seed = 1;

	for (int round = 0; round < 100; round++) {
		int fd = open(file, O_RDWR);

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
		reopen();
		history_take(h, &v);
		watch(5 * MINUTE);
		today();
		for (int i = 0; i < HISTORY_DAYS; i++) {
			assert_true(
			    day[i].known_ms <= (uint64_t)HISTORY_DAY_MS);
			assert_true(
			    day[i].lost_ms + day[i].less_ms <= day[i].known_ms);
		}
		assert_int_equal(incidents(), 0);
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

		history_close(h);
		h = NULL;
		assert_int_equal(pipe(out), 0);
		pid = fork();
		assert_true(pid != -1);
		if (pid == 0) {
			h = history_open(dir);
			history_take(h, &v);
			for (int i = 0;; i++) {
				down(0);
				watch(2 * MINUTE);
				up(0);
				watch(TICK_MS);
				if (i == round && write(out[1], "x", 1) != 1)
					_exit(1);
			}
		}
		close(out[1]);
		assert_int_equal(read(out[0], &c, 1), 1);
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		close(out[0]);
		h = history_open(dir);
		assert_string_equal(history_note(h), "");
		assert_true(today()->known_ms >= 2 * MINUTE
		    || day[HISTORY_DAYS - 2].known_ms > 0);
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
	assert_int_equal(unlink(file), 0);
	allow(1000);
	reopen();
	assert_non_null(strstr(history_note(h), "in memory alone"));
	history_take(h, &v);
	watch(HOUR);
	assert_int_equal(today()->known_ms, HOUR);
	allow(RLIM_INFINITY);
	watch(TICK_MS);
	assert_string_equal(history_note(h), "");
	reopen();
	assert_int_equal(today()->known_ms, HOUR + TICK_MS);
	assert_int_equal(size_of(file), sizeof(struct history_file));
}

static void
test_a_directory_that_cannot_be(void **state)
{
	history_close(h);
	h = history_open("/proc/none/web");
	assert_non_null(strstr(history_note(h), "in memory alone"));
	history_take(h, &v);
	watch(HOUR);
	assert_int_equal(today()->known_ms, HOUR);
	/* Nor a link that leads elsewhere, nor a pipe. */
	assert_int_equal(unlink(file), 0);
	assert_int_equal(symlink("/dev/null", file), 0);
	reopen();
	assert_non_null(strstr(history_note(h), "in memory alone"));
	assert_int_equal(unlink(file), 0);
	assert_int_equal(mkfifo(file, 0600), 0);
	reopen();
	assert_non_null(strstr(history_note(h), "in memory alone"));
}

/* Another process, as during an upgrade: it shows what the first has written,
 * and writes when that is gone. */
static void
test_one_writes(void **state)
{
	struct history *first = h, *second = history_open(dir);

	history_take(first, &v);
	watch(HOUR);
	h = second;
	watch(MINUTE);
	assert_int_equal(today()->known_ms, HOUR);
	history_close(first);
	watch(HOUR);
	assert_int_equal(today()->known_ms, 2 * HOUR - TICK_MS);
	reopen();
	assert_int_equal(today()->known_ms, 2 * HOUR - TICK_MS);
}

static void
test_a_file_that_was_deleted_comes_back(void **state)
{
	history_take(h, &v);
	watch(HOUR);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(rmdir(dir), 0);
	watch(HISTORY_SLOT_MS);
	reopen();
	assert_int_equal(today()->known_ms, HOUR + HISTORY_SLOT_MS);
}

static void
test_nothing_secret(void **state)
{
	static struct history_file bytes;
	int fd;

	history_take(h, &v);
	down(0);
	made_view_failing(&v);
	made_view_held(&v);
	watch(HOUR);
	assert_int_equal(incidents(), 3);
	fd = open(file, O_RDONLY);
	assert_int_equal(read(fd, &bytes, sizeof(bytes)), sizeof(bytes));
	close(fd);
	assert_null(memmem(&bytes, sizeof(bytes), MADE_VIEW_SECRET,
	    strlen(MADE_VIEW_SECRET)));
	assert_non_null(memmem(&bytes, sizeof(bytes), "function", 9));
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
	    T(test_nothing_is_known_before_the_second_look),
	    T(test_a_well_hour),
	    T(test_shares_of_service),
	    T(test_the_worse_of_two_looks),
	    T(test_what_was_not_watched_is_not_known),
	    T(test_a_hundred_days),
	    T(test_clock_steps),
	    T(test_an_incident),
	    T(test_back_at_once_is_the_same),
	    T(test_shards_that_reconnect),
	    T(test_an_end_nobody_saw),
	    T(test_goes_on_over_a_restart),
	    T(test_the_oldest_incident_makes_room),
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
