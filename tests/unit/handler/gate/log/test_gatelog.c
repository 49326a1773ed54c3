/* SPDX-License-Identifier: MIT */
/*
 * gatelog.c against a shadow model: random appends, readers and restarts on a
 * log that wraps all the time; a writer killed at every byte of a record; every
 * kind of damage; a reader in another thread.
 */
#include "handler/gate/log/gatelog_impl.h"

#include "shared/discord/dispatch.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#define BYTES GATELOG_BYTES_MIN
#define AGE (30 * 60000)
#define LEN_MAX 60000
#define READERS 5

static int fd;

static int
setup(void **state)
{
	fd = memfd_create("test_gatelog", MFD_CLOEXEC);
	return fd == -1 ? -1 : 0;
}

static int
teardown(void **state)
{
	return close(fd);
}

static struct gatelog *
attach(struct gatelog_found *found)
{
	struct err e;
	struct gatelog *g = gatelog_attach(fd, BYTES, AGE, found, &e);

	assert_non_null(g);
	return g;
}

/* The bytes of record n, and how many. */
static uint32_t
body(uint64_t n, char *out)
{
	uint32_t len = n % 37 == 0 ? (uint32_t)(n * 2654435761u % LEN_MAX)
				   : (uint32_t)(n * 2654435761u % 900);

	for (uint32_t i = 0; i < len; i++)
		out[i] = (char)(n + i * 7);
	return len;
}

static void
append(struct gatelog *g, uint64_t n, int64_t ms)
{
	static char raw[LEN_MAX];
	struct gatelog_record r = {.seq = n,
	    .lane = n,
	    .guild = n << 22,
	    .received_ms = ms,
	    .len = body(n, raw)};

	assert_true(gatelog_append(g, &r, raw));
	assert_int_equal(r.position, n);
}

static void
check_record(const struct gatelog_record *r, const char *raw)
{
	static char want[LEN_MAX];

	assert_int_equal(r->seq, r->position);
	assert_int_equal(r->guild, r->position << 22);
	assert_int_equal(r->len, body(r->position, want));
	assert_memory_equal(raw, want, r->len);
}

/* Reads one; what came, with the position it stands at checked. */
static enum gatelog_read
read_one(const struct gatelog *g, struct gatelog_reader *r)
{
	uint64_t was = r->position, lost = 0;
	struct gatelog_record rec;
	const char *raw;
	enum gatelog_read got = gatelog_next(g, r, &rec, &raw, &lost);

	if (got == GATELOG_RECORD) {
		assert_int_equal(rec.position, was + 1);
		check_record(&rec, raw);
	} else if (got == GATELOG_LOST) {
		assert_true(lost > 0);
		assert_int_equal(r->position, was + lost);
		assert_int_equal(r->position + 1, gatelog_oldest(g));
	} else {
		assert_true(was == gatelog_last(g) || gatelog_used(g) == 0);
	}
	return got;
}

static void
test_model(void **state)
{
	struct gatelog_reader reader[READERS];
	struct gatelog_found found;
	struct gatelog *g = attach(&found);
	uint64_t seed = 7, last = 0, fell = 0, read = 0;
	int64_t ms = 1000;

	assert_true(found.fresh && !found.damaged);
	for (int i = 0; i < READERS; i++)
		assert_true(gatelog_seek(g, &reader[i], 0));
	for (int step = 0; step < 60000; step++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		unsigned dice = (unsigned)(seed >> 33) % 1000;
		struct gatelog_reader *r = &reader[(seed >> 45) % READERS];

		if (dice < 400) {
			append(g, ++last, ms += dice / 3);
		} else if (dice < 900 && r != &reader[0]) {
			enum gatelog_read got = read_one(g, r);
			read += got == GATELOG_RECORD;
			fell += got == GATELOG_LOST;
		} else if (dice < 950) {
			uint64_t p = last > 0 ? (seed >> 20) % (last + 1) : 0;
			bool there = p + 1 >= gatelog_oldest(g);
			struct gatelog_reader s;

			assert_int_equal(gatelog_seek(g, &s, p), there);
			assert_false(gatelog_seek(g, &s, last + 1));
			if (there)
				*r = s;
		} else if (dice < 952) {
			uint64_t oldest = gatelog_oldest(g);

			gatelog_detach(g);
			g = attach(&found);
			assert_false(found.fresh || found.damaged);
			assert_int_equal(found.records, last + 1 - oldest);
			assert_int_equal(gatelog_oldest(g), oldest);
		} else if (dice < 955) {
			gatelog_expire(g, ms);
		} else if (dice == 955 && step % 8 == 0) {
			gatelog_expire(g, ms += 2 * AGE);
			assert_int_equal(gatelog_used(g), 0);
			assert_int_equal(gatelog_oldest(g), last + 1);
		}
		assert_int_equal(gatelog_last(g), last);
		assert_int_equal(gatelog_acknowledged(g), last);
		assert_true(gatelog_used(g) <= BYTES);
	}
	assert_true(last > 15000 && fell > 50 && read > 8000);
	append(g, ++last, ms);
	for (int i = 0; i < READERS; i++) {
		while (read_one(g, &reader[i]) != GATELOG_END)
			;
		assert_int_equal(reader[i].position, last);
	}
	gatelog_detach(g);
}

static void
test_age(void **state)
{
	struct gatelog_found found;
	struct gatelog *g = attach(&found);
	struct gatelog_reader r;
	struct stat st;

	for (uint64_t n = 1; n <= 1000; n++)
		append(g, n, (int64_t)n * 6000);
	gatelog_expire(g, 1000 * 6000);
	/* What is younger is there, and of the older at most one piece. */
	assert_true(gatelog_oldest(g) <= 1000 - AGE / 6000);
	assert_true(
	    gatelog_oldest(g) >= 1000 - (AGE + GATELOG_PIECE_MS) / 6000 - 1);
	gatelog_expire(g, 1000 * 6000 + AGE + 1);
	assert_int_equal(gatelog_used(g), 0);
	assert_true(gatelog_seek(g, &r, 1000));
	assert_false(gatelog_seek(g, &r, 999));
	assert_int_equal(fstat(fd, &st), 0);
	assert_true(st.st_blocks * 512
	    <= (off_t)(4 * BYTES / GATELOG_PIECES + g->page));
	gatelog_detach(g);
	/* An empty log goes on counting. */
	g = attach(&found);
	assert_false(found.fresh || found.damaged);
	assert_int_equal(gatelog_last(g), 1000);
	append(g, 1001, 1);
	assert_int_equal(read_one(g, &r), GATELOG_RECORD);
	gatelog_detach(g);
}

/* ---- a writer that is killed ---------------------------------------- */

static char *
snapshot(size_t size)
{
	char *p = base_alloc(size);

	assert_int_equal(pread(fd, p, size, 0), size);
	return p;
}

static void
put_back(const char *p, size_t size)
{
	assert_int_equal(pwrite(fd, p, size, 0), size);
}

static void
expect_last(uint64_t last, const char *what)
{
	struct gatelog_found found;
	struct gatelog *g = attach(&found);
	struct gatelog_reader r;

	if (found.fresh || found.damaged || gatelog_last(g) != last)
		fail_msg("%s: fresh %d damaged %d last %d", what, found.fresh,
		    found.damaged, (int)gatelog_last(g));
	assert_int_equal(gatelog_acknowledged(g), last);
	assert_true(gatelog_seek(g, &r, gatelog_oldest(g) - 1));
	while (read_one(g, &r) != GATELOG_END)
		;
	assert_int_equal(r.position, last);
	append(g, last + 1, 1);
	gatelog_detach(g);
}

/*
 * The file before a record, with every prefix of what its write changes: the
 * body, the header, then the words of the first page.
 */
static void
killed_at_every_byte(uint64_t n)
{
	struct gatelog_found found;
	struct gatelog *g = attach(&found);
	size_t page = g->page, size = page + g->size, changed = 0, k = 0;
	size_t head = (size_t)atomic_load(&g->top->head) % g->size;
	size_t order[2][2] = {{head + sizeof(struct gatelog_head),
				  head + g->size},
	    {head, head + sizeof(struct gatelog_head)}};
	char *before, *after, *now;

	before = snapshot(size);
	append(g, n, 1);
	gatelog_detach(g);
	after = snapshot(size);
	now = memcpy(base_alloc(size), before, size);
	for (size_t i = page; i < size; i++)
		changed += before[i] != after[i];
	assert_true(changed > 0);
	for (size_t half = 0; half < 2; half++)
		for (size_t at = order[half][0]; at < order[half][1]; at++) {
			size_t i = page + at % (size - page);

			if (before[i] == after[i])
				continue;
			now[i] = after[i];
			if (k++ % (1 + changed / 300) != 0 && half == 0)
				continue;
			put_back(now, size);
			expect_last(k == changed ? n : n - 1, "in the record");
		}
	assert_int_equal(k, changed);
	for (size_t at = offsetof(struct gatelog_top, head);
	     at < sizeof(struct gatelog_top); at += 8) {
		if (at == offsetof(struct gatelog_top, tail))
			continue;
		memcpy(now + at, after + at, 8);
		put_back(now, size);
		expect_last(n, "after head");
	}
	put_back(after, size);
	free(before);
	free(after);
	free(now);
}

static void
test_killed(void **state)
{
	struct gatelog_found found;
	struct gatelog *g = attach(&found);
	uint64_t n = 0;

	gatelog_detach(g);
	for (; n < 4; n++)
		killed_at_every_byte(n + 1);
	/* Up to where the next one goes over the end of the ring. */
	g = attach(&found);
	while (gatelog_place(g, atomic_load(&g->top->head))
	    < g->ring + g->size - 700)
		append(g, ++n, 1);
	gatelog_detach(g);
	for (int i = 0; i < 3; i++, n++)
		killed_at_every_byte(n + 1);
}

/* ---- damage --------------------------------------------------------- */

/* Changes a byte of record n, which must be there. */
static void
hit(uint64_t n, size_t byte)
{
	struct gatelog_found found;
	struct gatelog *g = attach(&found);
	struct gatelog_reader r;

	assert_true(gatelog_seek(g, &r, n - 1));
	*(gatelog_place(g, r.at) + byte) ^= 0x40;
	gatelog_detach(g);
}

static void
fill(uint64_t n)
{
	struct gatelog_found found;
	struct gatelog *g = attach(&found);

	for (uint64_t i = 1; i <= n; i++)
		append(g, i, 1);
	gatelog_detach(g);
}

static void
test_damaged_record(void **state)
{
	struct gatelog_record rec = {.len = 3};
	struct gatelog_reader r;
	struct gatelog_found found;
	struct gatelog *g;
	const char *raw;
	uint64_t lost;

	fill(200);
	hit(150, 20);
	g = attach(&found);
	assert_true(found.damaged && !found.fresh);
	assert_int_equal(found.records, 149);
	assert_true(found.lost >= 51 && strstr(found.why, "149") != NULL);
	/* No position is given twice, and the hole is told to who meets it. */
	assert_true(gatelog_append(g, &rec, "new"));
	assert_true(rec.position > 200);
	assert_int_equal(gatelog_whole(g), rec.position);
	assert_true(gatelog_seek(g, &r, 100));
	assert_false(gatelog_seek(g, &r, 149));
	assert_false(gatelog_seek(g, &r, 170));
	assert_true(gatelog_seek(g, &r, 148));
	assert_int_equal(read_one(g, &r), GATELOG_RECORD);
	assert_int_equal(gatelog_next(g, &r, &rec, &raw, &lost), GATELOG_LOST);
	assert_int_equal(gatelog_next(g, &r, &rec, &raw, &lost),
	    GATELOG_RECORD);
	assert_memory_equal(raw, "new", 3);
	lost = rec.position;
	gatelog_detach(g);
	/* The hole itself is no damage at the next start. */
	g = attach(&found);
	assert_false(found.damaged || found.fresh);
	assert_int_equal(gatelog_last(g), lost);
	assert_int_equal(gatelog_oldest(g), 1);
	assert_int_equal(gatelog_whole(g), lost);
	gatelog_detach(g);
}

/* A record overwritten while it is in use: its reader is told. */
static void
test_damaged_in_use(void **state)
{
	struct gatelog_reader r;
	struct gatelog_record rec = {.len = 0};
	struct gatelog_found found;
	struct gatelog *g;
	const char *raw;
	uint64_t lost;

	fill(20);
	g = attach(&found);
	assert_true(gatelog_seek(g, &r, 9));
	*(gatelog_place(g, r.at) + 9) ^= 1;
	assert_int_equal(gatelog_next(g, &r, &rec, &raw, &lost), GATELOG_END);
	append(g, 21, 1);
	assert_int_equal(gatelog_next(g, &r, &rec, &raw, &lost), GATELOG_LOST);
	assert_int_equal(lost, 11);
	assert_int_equal(read_one(g, &r), GATELOG_RECORD);
	gatelog_detach(g);
}

static void
test_damaged_words(void **state)
{
	static const uint64_t bad[] = {0, 4, 8, 12345, BYTES * 3, 1ull << 40,
	    UINT64_MAX, UINT64_MAX - 7, 1ull << 63};
	size_t size, words = sizeof(struct gatelog_top) / 8;
	struct gatelog_found found;
	struct gatelog *g;
	char *good;

	fill(300);
	g = attach(&found);
	size = g->page + g->size;
	gatelog_detach(g);
	good = snapshot(size);
	for (size_t i = 0; i < nitems(bad) * words; i++) {
		size_t at = i % words * 8;
		struct gatelog_record rec = {.len = 1};
		struct gatelog_reader r;

		put_back(good, size);
		assert_int_equal(pwrite(fd, &bad[i / words], 8, (off_t)at), 8);
		g = attach(&found);
		if (at < offsetof(struct gatelog_top, head))
			assert_true(found.fresh);
		else if (at == offsetof(struct gatelog_top, head))
			assert_int_equal(found.records, 300);
		assert_true(gatelog_append(g, &rec, "x"));
		/* Nobody takes it for one of the old. */
		assert_true(found.fresh || rec.position > 300);
		assert_true(gatelog_seek(g, &r, rec.position - 1));
		gatelog_detach(g);
		g = attach(&found);
		assert_false(found.fresh || found.damaged);
		assert_int_equal(gatelog_last(g), rec.position);
		gatelog_detach(g);
	}
	free(good);
}

static void
test_other_size(void **state)
{
	struct gatelog_found found;
	struct gatelog *g;
	struct err e;
	uint64_t life;

	g = attach(&found);
	life = gatelog_life(g);
	append(g, 1, 1);
	gatelog_detach(g);
	g = gatelog_attach(fd, 2 * BYTES, AGE, &found, &e);
	assert_true(found.fresh && !found.damaged);
	assert_true(gatelog_life(g) != life && gatelog_last(g) == 0);
	gatelog_detach(g);
	assert_int_equal(ftruncate(fd, 100), 0);
	g = attach(&found);
	assert_true(found.fresh);
	gatelog_detach(g);
	assert_null(gatelog_attach(-1, BYTES, AGE, &found, &e));
	assert_string_equal(e.text,
	    "Cannot look at the event log: Bad file descriptor");
}

static void
test_too_big(void **state)
{
	struct gatelog_record r = {.len = BYTES / 4};
	char *raw = base_alloc(BYTES);
	struct gatelog_found found;
	struct gatelog *g = attach(&found);

	assert_false(gatelog_append(g, &r, raw));
	r.len = BYTES / 4 - sizeof(struct gatelog_head);
	for (int i = 0; i < 9; i++)
		assert_true(gatelog_append(g, &r, raw));
	assert_int_equal(gatelog_oldest(g), 6);
	gatelog_detach(g);
	free(raw);
}

/* ---- what a message says -------------------------------------------- */

static void
test_describe(void **state)
{
	static const char update[] =
	    "{ \"t\":\"GUILD_MEMBER_UPDATE\", \"s\" : 812 ,\"op\":0,"
	    "\"d\":{\"guild_id\":\"77\",\"user\":{\"id\":\"5\"}}}";
	static const char *const bad[] = {"", "[]", "{\"op\":11}",
	    "{\"t\":null,\"s\":1,\"op\":0,\"d\":{}}",
	    "{\"t\":\"X\",\"op\":0,\"d\":{}}",
	    "{\"t\":\"X\",\"s\":\"1\",\"op\":0,\"d\":{}}",
	    "{\"t\":\"X\",\"s\":1,\"op\":0,\"d\":null}",
	    "{\"t\":\"X\",\"s\":1,\"op\":0,\"d\":",
	    "{\"t\":\"X\",\"s\":1,\"op\":11,\"d\":{}}"};
	struct gatelog_record r = {.lane = 3};

	assert_true(gatelog_describe(&r, update, strlen(update), 5));
	assert_int_equal(r.event, dispatch_of("GUILD_MEMBER_UPDATE", 19));
	assert_memory_equal(update + r.t_off, "GUILD_MEMBER_UPDATE", r.t_len);
	assert_memory_equal(update + r.s_off, "812 ", 4);
	assert_int_equal(r.s_len, 3);
	assert_int_equal(update[r.d_off], '{');
	assert_int_equal(r.seq, 812);
	assert_int_equal(r.guild, 77);
	assert_int_equal(r.lane, 3);
	assert_int_equal(r.len, strlen(update));
	assert_int_equal(r.flags, GATELOG_SELF);
	assert_true(gatelog_describe(&r, update, strlen(update), 6));
	assert_int_equal(r.flags, 0);
	for (size_t i = 0; i < nitems(bad); i++)
		assert_false(gatelog_describe(&r, bad[i], strlen(bad[i]), 5));
}

/* ---- another thread ------------------------------------------------- */

#define THREAD_RECORDS 60000

static uint64_t thread_read, thread_lost, thread_torn;

static void *
other_thread(void *arg)
{
	struct gatelog *g = arg;
	struct gatelog_reader r = {0};
	struct gatelog_record rec;
	char *copy = base_alloc(LEN_MAX);
	const char *raw;
	uint64_t lost;

	while (r.position < THREAD_RECORDS)
		switch (gatelog_next(g, &r, &rec, &raw, &lost)) {
		case GATELOG_RECORD:
			if (!gatelog_copy(g, &r, &rec, copy)) {
				thread_torn++;
				break;
			}
			/* No assert of cmocka's here: it would longjmp. */
			must(rec.seq == rec.position);
			for (uint32_t i = 0; i < rec.len; i++)
				must(copy[i] == (char)(rec.seq + i * 7));
			thread_read++;
			break;
		case GATELOG_LOST:
			thread_lost += lost;
			break;
		case GATELOG_END:
			sched_yield();
			break;
		}
	free(copy);
	return NULL;
}

static void
test_thread(void **state)
{
	struct gatelog_found found;
	struct gatelog *g = attach(&found);
	pthread_t t;

	assert_int_equal(pthread_create(&t, NULL, other_thread, g), 0);
	for (uint64_t n = 1; n <= THREAD_RECORDS; n++) {
		append(g, n, (int64_t)n);
		if (n % 1000 == 0)
			gatelog_expire(g, (int64_t)n);
	}
	assert_int_equal(pthread_join(t, NULL), 0);
	assert_int_equal(thread_read + thread_torn + thread_lost,
	    THREAD_RECORDS);
	assert_true(thread_read > 0);
	gatelog_detach(g);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {TEST(test_model), TEST(test_age),
	    TEST(test_killed), TEST(test_damaged_record),
	    TEST(test_damaged_in_use), TEST(test_damaged_words),
	    TEST(test_other_size), TEST(test_too_big), TEST(test_describe),
	    TEST(test_thread)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
