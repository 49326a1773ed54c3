/* SPDX-License-Identifier: MIT */
/*
 * A backlog's copies in memory and its records on disk: whatever becomes of a
 * record, its copy does not wait for it (A11).
 */
#include "handler/delivery/backlog.h"
#include "tests/unit/rig/fake_time.h"
#include "tests/unit/rig/scratch.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#define ROUNDS (BACKLOG_AHEAD_MAX + 10)

static struct {
	char dir[SCRATCH_MAX];
	struct backlog_dir all;
	struct backlog b;
	struct config_plugin cfg;
	struct err e;
} t;

static int
setup(void **state)
{
	memset(&t, 0, sizeof(t));
	fake_time_reset();
	t.cfg = (struct config_plugin) {.name = "p",
	    .backlog_bytes = 8 << 20,
	    .backlog_age_s = 10};
	if (scratch_make(t.dir, sizeof(t.dir)) != 0)
		return -1;
	backlog_dir_init(&t.all, t.dir);
	backlog_init(&t.b, &t.all, &t.cfg);
	return backlog_dir_lock(&t.all) ? backlog_open(&t.b, &t.e) : -1;
}

static int
teardown(void **state)
{
	backlog_close(&t.b);
	backlog_dir_unlock(&t.all);
	return scratch_remove(t.dir);
}

static struct event *
event(uint64_t seq)
{
	char raw[64];
	struct up_hdr h = {.type = UP_EVENT,
	    .seq = seq,
	    .session = 9,
	    .recv_ms = (uint64_t)clock_wall_ms()};
	struct event *e;

	str_format(raw, sizeof(raw), "{\"s\":%llu,\"marked\":true}",
	    (unsigned long long)seq);
	h.len = (uint32_t)strlen(raw);
	e = in_flight_copy(3, "session", &h);
	memcpy(e->raw, raw, h.len);
	return e;
}

static void
add(uint64_t seq)
{
	struct event *e = event(seq);

	assert_int_equal(backlog_add(&t.b, e, &t.e), 0);
	free(e);
}

static struct event *
keep(uint64_t seq)
{
	struct event *e = event(seq), *kept = backlog_keep(&t.b, e, &t.e);

	free(e);
	return kept;
}

static void
reopen(void)
{
	backlog_close(&t.b);
	assert_int_equal(backlog_open(&t.b, &t.e), 0);
}

/* Turns a byte of a record's body round, wherever it is in the first
 * segment. */
static void
damage(uint64_t seq)
{
	static char text[1 << 20];
	char path[512], what[32], *at;
	ssize_t n;
	int fd;

	str_format(path, sizeof(path), "%s/00000001.seg", t.b.dir);
	str_format(what, sizeof(what), "{\"s\":%llu,", (unsigned long long)seq);
	fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	n = pread(fd, text, sizeof(text), 0);
	at = n > 0 ? memmem(text, (size_t)n, what, strlen(what)) : NULL;
	assert_non_null(at);
	assert_int_equal(pwrite(fd, "[", 1, at - text), 1);
	close(fd);
}

/* An interaction passes a stuck plugin's bulk, which then expires. */
static void
f_a11_expired_records_free_their_copies(void **state)
{
	for (uint64_t i = 1; i <= ROUNDS; i++) {
		struct event *e;

		add(2 * i);
		e = keep(2 * i + 1);
		assert_non_null(e);
		assert_int_equal(e->place, EVENT_AHEAD);
		backlog_finish(&t.b, e);
		fake_time_advance(20000);
		backlog_tick(&t.b);
		assert_int_equal(t.b.ahead_n, 0);
	}
	assert_false(t.b.untaken);
}

/* The same when no tick comes between: appending drops what is old, too. */
static void
f_a11_a_full_mirror_is_settled_first(void **state)
{
	for (uint64_t i = 1; i <= BACKLOG_AHEAD_MAX; i++) {
		if (i == 1)
			add(1);
		backlog_finish(&t.b, keep(i + 1));
	}
	assert_null(keep(7));
	fake_time_advance(20000);
	backlog_oldest(&t.b);
	spool_expire(t.b.spool);
	add(5000);
	assert_non_null(keep(5001));
	assert_int_equal(t.b.ahead_n, 1);
}

static void
f_a11_damaged_records_free_their_copies(void **state)
{
	struct event *done, *out, *e;

	add(1);
	done = keep(2);
	out = keep(3);
	backlog_finish(&t.b, done);
	add(4);
	damage(2);
	damage(3);
	assert_int_equal((e = backlog_take(&t.b, 100))->seq, 1);
	backlog_finish(&t.b, e);
	assert_int_equal((e = backlog_take(&t.b, 100))->seq, 4);
	backlog_finish(&t.b, e);
	assert_null(backlog_take(&t.b, 100));
	assert_int_equal(t.b.ahead_n, 0);
	assert_int_equal(t.b.taken_n, 0);
	/* Its work goes on, its record is no more. */
	assert_int_equal(out->place, EVENT_NOWHERE);
	free(out);
}

/* Which records an earlier handler left is not a matter of counting. */
static void
f_a11_damage_shifts_no_other_mirror(void **state)
{
	struct event *e;

	for (uint64_t i = 1; i <= 5; i++)
		add(i);
	damage(1);
	damage(2);
	reopen();
	add(6);
	for (uint64_t i = 1; i <= 5; i++) {
		e = event(i);
		assert_int_equal(backlog_knows(&t.b, e), i > 2);
		free(e);
	}
	for (uint64_t i = 3; i <= 6; i++) {
		e = backlog_take(&t.b, 100);
		assert_int_equal(e->seq, i);
		assert_int_equal((e->flags & UP_FLAG_AGAIN) != 0, i < 6);
		backlog_finish(&t.b, e);
	}
}

/* What was there before and has expired makes nothing new look old. */
static void
f_a11_expiry_ends_the_inheritance(void **state)
{
	struct event *e;

	add(1);
	add(2);
	reopen();
	fake_time_advance(20000);
	backlog_tick(&t.b);
	add(3);
	e = backlog_take(&t.b, 100);
	assert_int_equal(e->seq, 3);
	assert_int_equal(e->flags & UP_FLAG_AGAIN, 0);
	backlog_finish(&t.b, e);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(f_a11_expired_records_free_their_copies),
	    TEST(f_a11_a_full_mirror_is_settled_first),
	    TEST(f_a11_damaged_records_free_their_copies),
	    TEST(f_a11_damage_shifts_no_other_mirror),
	    TEST(f_a11_expiry_ends_the_inheritance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
