/* SPDX-License-Identifier: MIT */
/*
 * guild_cache.c when its file is damaged at every page, cut while it is in use,
 * looked at by another process,
 * or full; when its map grows, the disk has no room, and views stand beside a
 * writer.
 */
#include "shared/guilds/guild_cache.h"

#include "shared/json/envelope.h"
#include "shared/json/json.h"
#include "tests/unit/rig/scratch.h"

#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#define MAP ((size_t)64 << 20)

static char dir[SCRATCH_MAX];
static struct guild_cache_settings settings;
static struct guild_cache_found found;
static struct err err;

static int
setup(void **state)
{
	if (scratch_make(dir, sizeof(dir)) == -1)
		return -1;
	settings = (struct guild_cache_settings) {.dir = dir,
	    .map_size = MAP,
	    .map_max = MAP};
	return 0;
}

static int
teardown(void **state)
{
	return scratch_remove(dir);
}

static struct guild_cache *
open_it(void)
{
	struct guild_cache *c = guild_cache_open(&settings, &found, &err);

	if (c == NULL)
		fail_msg("%s", err.text);
	return c;
}

static int
apply_at(struct guild_cache *c, enum dispatch what, const char *d,
    uint64_t position)
{
	struct guild_cache_event e = {.what = what,
	    .shard_count = 1,
	    .received_ms = 1700000000000,
	    .d = d,
	    .len = strlen(d)};

	assert_true(envelope_valid(d, strlen(d), 64));
	return guild_cache_apply(c, &e, 1, 9, position, &err);
}

#define READY                                                                  \
	"{\"user\":{\"id\":\"400\"},\"guilds\":[{\"id\":\"4194305\"},{\"id\":" \
	"\"8388609\"}]}"

/* What is composed for a guild; NULL: nothing. */
static json_object *
composed(const struct guild_cache_view *v, uint64_t guild)
{
	struct buf b = {0};
	json_object *o = NULL;
	int r = guild_cache_guild(v, guild, &b, &err);

	assert_int_not_equal(r, -1);
	if (r == 1)
		assert_true(json_parse(&o, buf_data(&b), buf_len(&b)));
	else
		assert_int_equal(buf_len(&b), 0);
	buf_free(&b);
	return o;
}

static bool
count_one(uint64_t guild, bool available, void *arg)
{
	*(uint64_t *)arg = *(uint64_t *)arg * 100 + (guild >> 22)
	    + (available ? 50 : 0);
	return true;
}

static uint64_t
listed(struct guild_cache *c)
{
	struct guild_cache_view *v = guild_cache_view(c, &err);
	uint64_t list = 0;

	assert_non_null(v);
	assert_int_equal(guild_cache_each(v, 0, 1, count_one, &list, &err), 0);
	guild_cache_view_end(v);
	return list;
}

/* ---- damage --------------------------------------------------------- */

static void
guild_text(char *out, size_t size, unsigned n, unsigned name)
{
	str_format(out, size,
	    "{\"id\":\"%llu\",\"name\":\"%u\",\"roles\":[{\"id\":\"7\",\"x\":"
	    "\"%0600u\"}],\"channels\":[{\"id\":\"8\",\"topic\":\"%04000u\"}]}",
	    (unsigned long long)(n + 1) << 22 | 1, name, name, name);
}

static void
fill(struct guild_cache *c, unsigned from, unsigned n)
{
	char text[8192];

	for (unsigned i = from; i < from + n; i++) {
		guild_text(text, sizeof(text), i, i);
		if (apply_at(c, DISPATCH_GUILD_CREATE, text, i + 1) == -1)
			fail_msg("%s", err.text);
	}
}

static void
write_at(const char *name, off_t at, const void *data, size_t len)
{
	char path[128];
	int fd;

	str_format(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_true(fd != -1);
	assert_int_equal(pwrite(fd, data, len, at), len);
	close(fd);
}

static void
test_damage(void **state)
{
	static const char junk[64] = "\xff\xff\xff\xff this is no page at all";
	char path[128], other[8] = "", *good;
	struct guild_cache *c;
	struct stat st;
	int wiped = 0, same = 0, fd;

	str_format(path, sizeof(path), "%s/data.mdb", dir);
	write_at("other", 0, "mine", 5);
	c = open_it();
	assert_true(found.fresh && !found.damaged);
	fill(c, 0, 40);
	guild_cache_close(c);
	assert_int_equal(stat(path, &st), 0);
	good = base_alloc((size_t)st.st_size);
	fd = open(path, O_RDONLY);
	assert_int_equal(read(fd, good, (size_t)st.st_size), st.st_size);
	close(fd);
	for (off_t page = 0; page < st.st_size / 4096; page++) {
		write_at("data.mdb", 0, good, (size_t)st.st_size);
		write_at("data.mdb", page * 4096 + (page < 2 ? 16 : 0), junk,
		    sizeof(junk));
		c = open_it();
		/* A page that is not used is no harm. */
		assert_int_equal(found.damaged, found.fresh);
		if (found.damaged) {
			assert_non_null(strstr(found.why, dir));
			assert_non_null(strstr(found.why, "begins anew"));
			assert_int_equal(listed(c), 0);
			wiped++;
		} else {
			assert_int_equal(found.position, 40);
			same++;
		}
		guild_cache_close(c);
	}
	assert_true(wiped > 40 && same > 0);
	str_format(path, sizeof(path), "%s/other", dir);
	free(good);
	fd = open(path, O_RDONLY);
	assert_int_equal(read(fd, other, sizeof(other)), 5);
	assert_string_equal(other, "mine");
	close(fd);
}

static void
test_cut_in_use(void **state)
{
	struct guild_cache *c = open_it();
	char path[128];

	fill(c, 0, 40);
	str_format(path, sizeof(path), "%s/data.mdb", dir);
	assert_int_equal(truncate(path, 4096 * 3), 0);
	assert_null(guild_cache_view(c, &err));
	assert_non_null(strstr(err.text, "is damaged"));
	assert_int_equal(apply_at(c, DISPATCH_READY, READY, 2), -1);
	assert_true(guild_cache_damaged(c));
	assert_int_equal(guild_cache_reset(c, &err), 0);
	assert_false(guild_cache_damaged(c));
	assert_int_equal(listed(c), 0);
	assert_int_equal(apply_at(c, DISPATCH_READY, READY, 3), 0);
	assert_int_equal(listed(c), 102);
	guild_cache_close(c);
}

/* ---- who only looks ------------------------------------------------- */

/* In a process of its own, as LMDB wants: its exit status. */
static int
looks(int (*fn)(void))
{
	pid_t pid = fork();
	int status = 0;

	assert_true(pid != -1);
	if (pid == 0) {
		settings.looks = true;
		_exit(fn());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WEXITSTATUS(status);
}

static int
sees_two(void)
{
	struct guild_cache *c = guild_cache_open(&settings, &found, &err);
	struct guild_cache_tally tally;
	struct guild_cache_view *v;

	if (c == NULL || found.position != 2 || found.written_ms == 0
	    || (v = guild_cache_view(c, &err)) == NULL
	    || guild_cache_tally(v, &tally, &err) == -1 || !guild_cache_cold(v))
		return 1;
	guild_cache_view_end(v);
	return tally.guilds == 2 && tally.available == 2 && tally.readies == 0
		&& tally.n[GUILD_CACHE_ROLE] == 2
		&& tally.bytes[GUILD_CACHE_CHANNEL] > 8000
	    ? 0
	    : 2;
}

static int
sees_nothing(void)
{
	struct guild_cache *c = guild_cache_open(&settings, &found, &err);

	return c == NULL && !found.damaged ? 0 : 1;
}

static int
sees_damage(void)
{
	struct guild_cache *c = guild_cache_open(&settings, &found, &err);

	return c == NULL && found.damaged && strstr(err.text, "is damaged") ? 0
									    : 1;
}

/* Beside the writer, which goes on; and it makes, and wipes, nothing. */
static void
test_looks(void **state)
{
	char path[128];
	struct guild_cache *c;
	struct stat st;

	assert_int_equal(looks(sees_nothing), 0);
	str_format(path, sizeof(path), "%s/data.mdb", dir);
	assert_int_equal(stat(path, &st), -1);
	c = open_it();
	fill(c, 0, 2);
	assert_int_equal(looks(sees_two), 0);
	fill(c, 2, 1);
	guild_cache_close(c);
	assert_int_equal(truncate(path, 4096 * 3), 0);
	assert_int_equal(looks(sees_damage), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 4096 * 3);
}

static int
dies_looking(void)
{
	struct guild_cache *c = guild_cache_open(&settings, &found, &err);

	if (c != NULL && guild_cache_view(c, &err) != NULL)
		kill(getpid(), SIGKILL);
	return 1;
}

/* What one that was killed saw is not kept for it: the file would grow with
 * every batch. */
static void
test_killed_looking(void **state)
{
	struct guild_cache *c = open_it();
	char path[128];
	struct stat st;

	fill(c, 0, 2);
	assert_int_equal(looks(dies_looking), 0); /* by a signal */
	for (int i = 0; i < 400; i++)
		fill(c, 0, 1);
	str_format(path, sizeof(path), "%s/data.mdb", dir);
	assert_int_equal(stat(path, &st), 0);
	assert_in_range(st.st_size, 1, 400 << 10);
	guild_cache_close(c);
}

/* A page that only views read: who writes hears of it. */
static void
test_view_meets_damage(void **state)
{
	struct guild_cache *c = open_it();
	struct guild_cache_view *v;
	char path[128];

	fill(c, 0, 40);
	str_format(path, sizeof(path), "%s/data.mdb", dir);
	assert_int_equal(truncate(path, 4096 * 3), 0);
	assert_null(guild_cache_view(c, &err));
	/* It is as long again, and a hole: LMDB would not notice. */
	assert_int_equal(truncate(path, 4096 * 200), 0);
	assert_int_equal(apply_at(c, DISPATCH_READY, READY, 41), -1);
	assert_true(guild_cache_damaged(c));
	assert_int_equal(guild_cache_reset(c, &err), 0);
	v = guild_cache_view(c, &err);
	assert_non_null(v);
	guild_cache_view_end(v);
	guild_cache_close(c);
}

/* ---- room ----------------------------------------------------------- */

static void
test_growth(void **state)
{
	struct guild_cache_stat st;
	struct guild_cache_view *v;
	struct guild_cache *c;
	uint64_t life, position;
	char text[8192];
	unsigned n = 300;

	settings.map_size = 256 << 10;
	settings.map_max = 4 << 20;
	c = open_it();
	fill(c, 0, n);
	assert_int_equal(guild_cache_stat(c, &st, &err), 0);
	assert_true(st.map_size > settings.map_size);
	/* At its greatest it says so, and what was refused left no trace. */
	do
		guild_text(text, sizeof(text), n, n);
	while (apply_at(c, DISPATCH_GUILD_CREATE, text, n + 1) == 0
	    && ++n < 100000);
	assert_non_null(strstr(err.text, "reached its greatest size"));
	assert_false(guild_cache_damaged(c));
	v = guild_cache_view(c, &err);
	guild_cache_position(v, &life, &position);
	assert_int_equal(position, n);
	assert_int_equal(life, 9);
	assert_null(composed(v, (uint64_t)(n + 1) << 22 | 1));
	guild_cache_view_end(v);
	guild_cache_close(c);
	settings.map_max = 16 << 20;
	c = open_it();
	assert_false(found.fresh);
	fill(c, n, 50);
	guild_cache_close(c);
}

static void
test_disk_full(void **state)
{
	struct rlimit was, less = {1 << 20, RLIM_INFINITY};
	struct guild_cache *c = open_it();
	char text[8192];
	unsigned n = 0;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	less.rlim_max = was.rlim_max;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &less), 0);
	do
		guild_text(text, sizeof(text), n, n);
	while (apply_at(c, DISPATCH_GUILD_CREATE, text, n + 1) == 0
	    && ++n < 10000);
	assert_true(n > 10 && n < 1000);
	assert_non_null(strstr(err.text, "size of files"));
	assert_false(guild_cache_damaged(c));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	/* It goes on by itself. */
	fill(c, n, 5);
	guild_cache_close(c);
	c = open_it();
	assert_int_equal(found.position, n + 5);
	guild_cache_close(c);
}

static void
test_no_place(void **state)
{
	settings.dir = "/proc/none/of/this";
	assert_null(guild_cache_open(&settings, &found, &err));
	assert_non_null(strstr(err.text, "/proc/none/of/this"));
}

/* ---- views beside a writer ------------------------------------------ */

#define ROUNDS 400

static void *
writer(void *arg)
{
	struct err e;
	char text[8192];

	for (unsigned i = 1; i <= ROUNDS; i++) {
		struct guild_cache_event ev[2];
		char first[8192];

		str_format(text, sizeof(text),
		    "{\"guild_id\":\"4194305\",\"role\":{\"id\":\"7\",\"x\":"
		    "\"%u\"}}",
		    i);
		guild_text(first, sizeof(first), 0, i);
		ev[0] =
		    (struct guild_cache_event) {.what = DISPATCH_GUILD_CREATE,
			.d = first,
			.len = strlen(first)};
		ev[1] = (struct guild_cache_event) {
		    .what = DISPATCH_GUILD_ROLE_UPDATE,
		    .d = text,
		    .len = strlen(text)};
		must(guild_cache_apply(arg, ev, 2, 9, i, &e) == 0);
	}
	return NULL;
}

static void
test_views(void **state)
{
	uint64_t life, position = 0;
	struct guild_cache *c;
	char name[24];
	pthread_t t;
	int seen = 0;

	settings.map_size = 128 << 10;
	c = open_it();
	assert_int_equal(pthread_create(&t, NULL, writer, c), 0);
	while (position < ROUNDS) {
		struct guild_cache_view *v = guild_cache_view(c, &err);
		json_object *g, *role;

		assert_non_null(v);
		guild_cache_position(v, &life, &position);
		g = composed(v, 4194305);
		if (g != NULL) {
			/* All of it is of the position the view shows. */
			str_format(name, sizeof(name), "%" PRIu64, position);
			role = json_object_array_get_idx(json_get(g, "roles"),
			    0);
			assert_string_equal(json_get_text(g, "name"), name);
			assert_string_equal(json_get_text(role, "x"), name);
			seen++;
		}
		json_object_put(g);
		guild_cache_view_end(v);
	}
	assert_int_equal(pthread_join(t, NULL), 0);
	assert_true(seen > 0);
	guild_cache_close(c);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {TEST(test_damage),
	    TEST(test_cut_in_use), TEST(test_growth), TEST(test_disk_full),
	    TEST(test_no_place), TEST(test_views), TEST(test_looks),
	    TEST(test_killed_looking), TEST(test_view_meets_damage)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
