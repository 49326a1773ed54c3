/* SPDX-License-Identifier: MIT */
/*
 * spool.c against a shadow model: random appends, takes, releases, rewinds and
 * crashes; then damage, which must cost exactly the damaged records.
 */
#include "shared/spool/spool.h"

#include "shared/base/clock.h"
#include "tests/unit/rig/fake_time.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static char dir[64];
static const struct spool_limits limits = {.bytes = 4 << 20,
    .segment_bytes = 20000,
    .age_ms = 3600 * 1000};

static int
setup(void **state)
{
	char base[] = "/tmp/test_spool.XXXXXX";

	if (mkdtemp(base) == NULL)
		return -1;
	return str_format(dir, sizeof(dir), "%s/s", base) ? 0 : -1;
}

static int
teardown(void **state)
{
	char path[512];
	DIR *d = opendir(dir);

	for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
		must(str_format(path, sizeof(path), "%s/%s", dir, e->d_name));
		unlink(path);
	}
	if (d != NULL)
		closedir(d);
	rmdir(dir);
	*strrchr(dir, '/') = '\0';
	return rmdir(dir);
}

/* The body of record n: length and bytes follow from n. */
static uint32_t
body(uint64_t n, unsigned char *out)
{
	uint32_t len = (uint32_t)(n * 2654435761u % 700);

	for (uint32_t i = 0; i < len; i++)
		out[i] = (unsigned char)(n + i * 7);
	return len;
}

static int
append(struct spool *s, uint64_t n)
{
	unsigned char raw[1024];
	struct up_hdr h = {.type = UP_EVENT,
	    .ord = n,
	    .seq = n,
	    .session = 9,
	    .recv_ms = (uint64_t)clock_wall_ms(),
	    .len = body(n, raw)};
	struct iovec whole = {raw, h.len};
	struct err e;

	return spool_append(s, &h, &whole, 1, &e);
}

/* Takes the next record; its number, 0 when none, UINT64_MAX when damaged. */
static uint64_t
take(struct spool *s)
{
	unsigned char raw[1024], want[1024];
	struct up_hdr h;

	if (spool_peek(s, &h) == 0)
		return 0;
	assert_true(h.len <= sizeof(raw));
	if (spool_take(s, raw) != 0)
		return UINT64_MAX;
	assert_int_equal(body(h.ord, want), h.len);
	assert_memory_equal(raw, want, h.len);
	return h.ord;
}

static struct spool *
open_it(void)
{
	struct err e;
	struct spool *s = spool_open(dir, &limits, &e);

	assert_non_null(s);
	return s;
}

static void
test_shadow(void **state)
{
	struct spool *s = open_it();
	struct spool_stats st;
	uint64_t last = 0, read = 0, released = 0;
	uint64_t seed = 42, dropped;

	for (int step = 0; step < 20000; step++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		unsigned r = (unsigned)(seed >> 33) % 1000;
		if (r < 450) {
			if (append(s, last + 1) == 0)
				last++;
		} else if (r < 900) {
			uint64_t n = take(s);
			assert_int_equal(n, read < last ? read + 1 : 0);
			read += n != 0;
		} else if (r < 985) {
			uint64_t n = read > released
			    ? 1 + seed % (read - released)
			    : 0;
			spool_release(s, n);
			released += n;
		} else if (r < 995) {
			spool_rewind(s);
			read = released;
		} else {
			spool_close(s);
			s = open_it();
			read = released;
		}
		/* A copy that was kept needs not be read again. */
		if (seed % 5 == 0 && read == last && append(s, last + 1) == 0) {
			spool_skip(s);
			read = ++last;
		}
		if (seed % 97 == 0) {
			assert_int_equal(spool_follow(s, 9, released, &dropped),
			    last);
			assert_int_equal(dropped, 0);
		}
		assert_int_equal(spool_empty(s), read == last);
		spool_stats(s, &st);
		assert_int_equal(st.events, last - released);
		assert_int_equal(st.damaged, 0);
	}
	assert_true(last > 5000);
	while (take(s) != 0)
		read++;
	assert_int_equal(read, last);
	spool_release(s, read - released);
	spool_stats(s, &st);
	assert_int_equal(st.bytes, 0);
	spool_close(s);
}

static void
flip(const char *name, off_t at)
{
	char path[512];
	unsigned char c;

	must(str_format(path, sizeof(path), "%s/%s", dir, name));
	int fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &c, 1, at), 1);
	c ^= 0x40;
	assert_int_equal(pwrite(fd, &c, 1, at), 1);
	close(fd);
}

/* Takes everything: how many came, and that their numbers only ascend. */
static uint64_t
drain(struct spool *s)
{
	uint64_t count = 0, last = 0, n;

	while ((n = take(s)) != 0) {
		if (n == UINT64_MAX)
			continue;
		assert_true(n > last);
		last = n;
		count++;
	}
	return count;
}

static void
expect_damage(uint64_t lost)
{
	struct spool *s = open_it();
	struct spool_stats st;

	spool_stats(s, &st);
	assert_int_equal(st.damaged, lost > 0);
	assert_int_equal(st.events, 500 - lost);
	assert_int_equal(drain(s), 500 - lost);
	spool_stats(s, &st);
	assert_int_equal(st.damaged, lost > 0);
	spool_release(s, 500 - lost);
	spool_stats(s, &st);
	assert_int_equal(st.events, 0);
	assert_int_equal(st.bytes, 0);
	spool_close(s);
}

static void
fill(void)
{
	struct spool *s = open_it();

	for (uint64_t n = 1; n <= 500; n++)
		assert_int_equal(append(s, n), 0);
	spool_close(s);
}

static void
test_flip_in_header(void **state)
{
	fill();
	flip("00000001.seg", 20);
	expect_damage(1);
}

static void
test_flip_in_body(void **state)
{
	unsigned char raw[1024];
	fill();
	/* The second record's body begins behind two headers and one body. */
	flip("00000002.seg", 64 + 1);
	assert_true(body(1, raw) > 0);
	expect_damage(1);
}

static void
test_flip_in_magic(void **state)
{
	fill();
	flip("00000003.seg", 0);
	expect_damage(1);
}

static void
test_flip_while_open(void **state)
{
	struct spool *s;
	struct spool_stats st;

	fill();
	s = open_it();
	flip("00000002.seg", 64 + 1);
	assert_int_equal(drain(s), 499);
	spool_stats(s, &st);
	assert_int_equal(st.damaged, 1);
	spool_release(s, 499);
	spool_stats(s, &st);
	assert_int_equal(st.bytes, 0);
	spool_close(s);
}

static void
test_flip_header_while_open(void **state)
{
	struct spool *s;
	struct spool_stats st;

	fill();
	s = open_it();
	flip("00000002.seg", 20);
	assert_int_equal(drain(s), 499);
	spool_stats(s, &st);
	assert_int_equal(st.damaged, 1);
	assert_true(spool_empty(s));
	spool_release(s, 499);
	spool_stats(s, &st);
	assert_int_equal(st.events, 0);
	assert_int_equal(st.bytes, 0);
	spool_close(s);
}

static uint64_t
follow(struct spool *s, uint64_t session, uint64_t from, uint64_t dropped)
{
	uint64_t n, to = spool_follow(s, session, from, &n);

	assert_int_equal(n, dropped);
	return to;
}

/* It goes on with records that are whole, of that session. */
static void
test_follow(void **state)
{
	char path[512];
	struct stat sb;
	struct spool *s = open_it();
	struct up_hdr other = {.type = UP_EVENT,
	    .ord = 21,
	    .seq = 77,
	    .session = 5,
	    .recv_ms = (uint64_t)clock_wall_ms()};
	char one[] = "one", two[] = "two", raw[6];
	struct iovec parts[2] = {{one, 3}, {two, 3}};
	uint64_t good = 0;
	struct up_hdr h;
	struct err e;

	for (uint64_t n = 1; n <= 20; n++)
		assert_int_equal(append(s, n), 0);
	other.len = 6;
	assert_int_equal(spool_append(s, &other, parts, 2, &e), 0);
	assert_int_equal(follow(s, 9, 0, 0), 20);
	assert_int_equal(follow(s, 9, 7, 0), 20);
	assert_int_equal(follow(s, 9, 30, 0), 30);
	assert_int_equal(follow(s, 5, 76, 0), 77);
	assert_int_equal(follow(s, 6, 3, 0), 3);
	spool_close(s);
	must(str_format(path, sizeof(path), "%s/00000001.seg", dir));
	assert_int_equal(stat(path, &sb), 0);
	flip("00000001.seg", sb.st_size - 6 - 64 - 1);
	s = open_it();
	assert_int_equal(follow(s, 9, 0, 0), 19);
	assert_int_equal(follow(s, 5, 76, 0), 77);
	while (spool_peek(s, &h) && h.ord != 21)
		good += take(s) != UINT64_MAX;
	assert_int_equal(good, 19);
	assert_int_equal(spool_take(s, raw), 0);
	assert_memory_equal(raw, "onetwo", 6);
	spool_close(s);
}

/* A power loss took a record from the middle: what lies behind it comes again,
 * in order, and must not be there already. */
static void
test_gap(void **state)
{
	struct spool_stats st;
	struct spool *s = open_it();
	uint64_t tail;

	for (uint64_t n = 1; n <= 2000; n++)
		assert_int_equal(append(s, n), 0);
	for (int n = 0; n < 5; n++)
		assert_int_equal(take(s), n + 1);
	spool_release(s, 5);
	spool_close(s);
	flip("00000001.seg", 9000);
	s = open_it();
	spool_stats(s, &st);
	assert_int_equal(st.damaged, 1);
	tail = spool_follow(s, 9, 2, &st.appended);
	assert_in_range(tail, 5, 60);
	assert_int_equal(st.appended, 2000 - tail - 1);
	spool_stats(s, &st);
	assert_int_equal(st.events, tail - 5);
	for (uint64_t n = 6; n <= tail; n++)
		assert_int_equal(take(s), n);
	assert_int_equal(take(s), 0);
	assert_int_equal(append(s, tail + 1), 0);
	assert_int_equal(take(s), tail + 1);
	spool_release(s, (size_t)(tail + 1 - 5));
	spool_close(s);
	s = open_it();
	assert_true(spool_empty(s));
	spool_close(s);
}

/* Damage of what was on disk long ago costs itself: a RESUME from there might
 * ask for more than Discord keeps. */
static void
test_old_gap(void **state)
{
	struct spool *s = open_it();

	for (uint64_t n = 1; n <= 20; n++)
		assert_int_equal(append(s, n), 0);
	fake_time_advance(200000);
	for (uint64_t n = 21; n <= 25; n++)
		assert_int_equal(append(s, n), 0);
	spool_close(s);
	flip("00000001.seg", 3000);
	s = open_it();
	assert_int_equal(follow(s, 9, 0, 0), 25);
	spool_close(s);
}

/* The first file is gone: nothing here follows what is safe elsewhere. */
static void
test_no_beginning(void **state)
{
	char path[512];
	struct spool *s = open_it();

	for (uint64_t n = 1; n <= 2000; n++)
		assert_int_equal(append(s, n), 0);
	spool_close(s);
	must(str_format(path, sizeof(path), "%s/00000001.seg", dir));
	assert_int_equal(unlink(path), 0);
	s = open_it();
	assert_false(spool_empty(s));
	assert_int_equal(spool_follow(s, 9, 0, &(uint64_t) {0}), 0);
	assert_true(spool_empty(s));
	spool_close(s);
}

static void
test_truncated(void **state)
{
	char path[512];
	struct stat sb;
	struct spool *s;
	struct spool_stats st;

	s = open_it();
	for (uint64_t n = 1; n <= 20; n++)
		assert_int_equal(append(s, n), 0);
	spool_close(s);
	must(str_format(path, sizeof(path), "%s/00000001.seg", dir));
	assert_int_equal(stat(path, &sb), 0);
	assert_int_equal(truncate(path, sb.st_size - 3), 0);
	s = open_it();
	spool_stats(s, &st);
	assert_int_equal(st.events, 19);
	assert_int_equal(st.damaged, 1);
	/* Appending behind the stump still works. */
	assert_int_equal(append(s, 21), 0);
	assert_int_equal(drain(s), 20);
	spool_close(s);
}

static void
test_full(void **state)
{
	struct spool *s = open_it();
	struct spool_stats st;
	uint64_t n = 0;

	while (append(s, n + 1) == 0)
		n++;
	spool_stats(s, &st);
	assert_int_equal(st.refused, 1);
	assert_true(st.bytes <= limits.bytes);
	assert_int_equal(drain(s), n);
	spool_release(s, n / 2);
	assert_int_equal(append(s, n + 1), 0);
	spool_close(s);
}

static void
test_nothing_created_unused(void **state)
{
	struct spool *s = open_it();

	assert_true(spool_empty(s));
	assert_int_equal(take(s), 0);
	spool_close(s);
	assert_int_not_equal(access(dir, F_OK), 0);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(test_shadow),
	    T(test_flip_in_header),
	    T(test_flip_in_body),
	    T(test_flip_in_magic),
	    T(test_flip_while_open),
	    T(test_flip_header_while_open),
	    T(test_follow),
	    T(test_gap),
	    T(test_no_beginning),
	    T(test_old_gap),
	    T(test_truncated),
	    T(test_full),
	    T(test_nothing_created_unused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
