/* SPDX-License-Identifier: MIT */
/* What the supervisor notes in a store that others write, on a fake clock. */
#include "shared/store/dbenv.h"
#include "supervisor/base/store_writes.h"
#include "tests/unit/rig/fake_time.h"
#include "tests/unit/rig/scratch.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <cmocka.h>

static struct {
	char dir[SCRATCH_MAX];
	struct store store;
	struct store_writes writes;
	int lock; /* another writer's; -1: nobody writes */
	struct err err;
} t;

static int
set_up(void **state)
{
	memset(&t, 0, sizeof(t));
	t.lock = -1;
	fake_time_reset();
	if (scratch_make(t.dir, sizeof(t.dir)) == -1)
		return -1;
	if (store_init(&t.store, t.dir, &t.err) == -1)
		return -1;
	store_writes_init(&t.writes, timer_base_new(NULL), &t.store);
	dbenv_patience(0);
	return 0;
}

static int
tear_down(void **state)
{
	if (t.lock != -1)
		close(t.lock);
	store_writes_close(&t.writes);
	scratch_remove(t.dir);
	return 0;
}

static void
somebody_writes(void)
{
	char path[600];

	str_format(path, sizeof(path), "%s/write.lock", t.store.path);
	t.lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(flock(t.lock, LOCK_EX), 0);
}

static void
nobody_writes(void)
{
	close(t.lock);
	t.lock = -1;
}

static uint64_t
transactions(void)
{
	struct store_stat st;

	assert_int_equal(store_stat(&t.store, &st, &t.err), 0);
	return st.last_txn;
}

static void
check_blob(const char *key, const char *want)
{
	char text[64] = "";
	size_t len;
	int rc = store_blob_get(&t.store, key, text, sizeof(text) - 1, &len,
	    &t.err);

	assert_int_equal(rc, want != NULL);
	if (want != NULL)
		assert_string_equal(text, want);
}

/* Ids of entries that wait for their end. */
static void
identify(uint64_t id[], size_t n)
{
	struct store_identify e[16] = {0};

	for (size_t i = 0; i < n; i++)
		e[i].sent_ms = e[i].asked_ms = clock_wall_ms();
	assert_int_equal(store_identify_add(&t.store, e, n, &t.err), 0);
	for (size_t i = 0; i < n; i++)
		id[i] = e[i].id;
}

static int
settled(const struct store_identify *e, void *arg)
{
	*(unsigned *)arg += e->outcome == OUTCOME_READY;
	return 0;
}

static unsigned
settled_now(void)
{
	unsigned n = 0;

	assert_int_equal(store_identify_each(&t.store, 0, settled, &n, &t.err),
	    0);
	return n;
}

static void
f_a5_a_turn_is_one_transaction(void **state)
{
	uint64_t id[16], before;

	identify(id, nitems(id));
	before = transactions();
	for (size_t i = 0; i < nitems(id); i++)
		store_writes_settle(&t.writes, id[i], OUTCOME_READY, 0);
	store_writes_blob(&t.writes, "a", "1", 1);
	store_writes_blob(&t.writes, "b", "2", 1);
	store_writes_blob(&t.writes, "a", "3", 1);
	assert_int_equal(transactions(), before);
	fake_time_advance(1);
	assert_int_equal(transactions(), before + 1);
	assert_int_equal(settled_now(), 16);
	check_blob("a", "3");
	check_blob("b", "2");
	fake_time_advance(60000);
	assert_int_equal(transactions(), before + 1);
}

static void
f_a5_what_a_busy_store_refuses_comes_later(void **state)
{
	struct store_gateway g = {.url = "wss://x", .shards = 3}, got;
	uint64_t id[2], before;

	identify(id, 2);
	before = transactions();
	somebody_writes();
	store_writes_blob(&t.writes, "a", "1", 1);
	store_writes_settle(&t.writes, id[0], OUTCOME_READY, 0);
	fake_time_advance(30000);
	store_writes_settle(&t.writes, id[1], OUTCOME_READY, 0);
	store_writes_settle(&t.writes, 4711, OUTCOME_READY, 0); /* not there */
	store_writes_gateway(&t.writes, &g);
	store_writes_blob(&t.writes, "a", "2", 1);
	fake_time_advance(30000);
	assert_int_equal(transactions(), before);
	assert_true(t.writes.told);
	nobody_writes();
	fake_time_advance((uint64_t)(STORE_WRITES_BUSY_S * 1000));
	assert_int_equal(transactions(), before + 1);
	assert_false(t.writes.told);
	assert_int_equal(settled_now(), 2);
	check_blob("a", "2");
	assert_int_equal(store_gateway_get(&t.store, &got, &t.err), 1);
	assert_int_equal(got.shards, 3);
}

static void
f_a5_what_waits_is_bounded(void **state)
{
	somebody_writes();
	for (uint64_t i = 1; i <= STORE_WRITES_SETTLED_MAX + 10; i++)
		store_writes_settle(&t.writes, i, OUTCOME_READY, 0);
	for (int i = 0; i < 1000; i++)
		store_writes_blob(&t.writes, "a", &i, sizeof(i));
	assert_int_equal(t.writes.n, STORE_WRITES_SETTLED_MAX + 1);
	assert_int_equal(t.writes.lost, 10);
	nobody_writes();
}

static void
f_a5_the_end_writes_what_is_left(void **state)
{
	store_writes_blob(&t.writes, "a", "1", 1);
	store_writes_close(&t.writes);
	check_blob("a", "1");
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	static const struct CMUnitTest tests[] = {
	    T(f_a5_a_turn_is_one_transaction),
	    T(f_a5_what_a_busy_store_refuses_comes_later),
	    T(f_a5_what_waits_is_bounded),
	    T(f_a5_the_end_writes_what_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
