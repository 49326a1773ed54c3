/* SPDX-License-Identifier: MIT */
/* Dead letters: kept, found, dropped, and bounded with the oldest going. */
#include "shared/store/deadletter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static char dir[64];
static struct store s;

static int
setup(void **state)
{
	struct err e;

	str_copy(dir, "/tmp/test_deadletter.XXXXXX", sizeof(dir));
	return mkdtemp(dir) == NULL || store_init(&s, dir, &e) < 0;
}

static int
teardown(void **state)
{
	static const char *const name[] = {"db/data.mdb", "db/lock.mdb",
	    "db/meta", "db/write.lock"};
	char path[128];

	for (size_t i = 0; i < nitems(name); i++) {
		must(str_format(path, sizeof(path), "%s/%s", dir, name[i]));
		unlink(path);
	}
	must(str_format(path, sizeof(path), "%s/db", dir));
	rmdir(path);
	return rmdir(dir);
}

static uint64_t
add(const char *plugin, uint64_t seq, const char *raw, size_t len)
{
	struct deadletter d = {.seq = seq, .raw_len = len, .strikes = 2};
	uint64_t gone;
	struct err e;

	str_copy(d.plugin, plugin, sizeof(d.plugin));
	str_copy(d.words, "KeyError: 'user'", sizeof(d.words));
	assert_int_equal(deadletter_add(&s, &d, raw, &gone, &e), 0);
	return d.id;
}

static int
note(const struct deadletter *d, const char *raw, void *arg)
{
	uint64_t *sum = arg;

	*sum = *sum * 100 + d->seq;
	return 0;
}

static void
test_keep_and_drop(void **state)
{
	struct deadletter d;
	uint64_t sum = 0, n;
	struct err e;
	char *raw;

	assert_int_equal(add("a", 1, "one", 3), 1);
	assert_int_equal(add("b", 2, "", 0), 2);
	assert_int_equal(add("a", 3, "{\0}", 3), 3);
	assert_int_equal(deadletter_get(&s, 3, &d, &raw, &e), 1);
	assert_memory_equal(raw, "{\0}", 3);
	assert_string_equal(d.plugin, "a");
	assert_string_equal(d.words, "KeyError: 'user'");
	free(raw);
	assert_int_equal(deadletter_each(&s, note, &sum, &e), 0);
	assert_int_equal(sum, 10203);
	assert_int_equal(deadletter_drop(&s, 2, &e), 1);
	assert_int_equal(deadletter_drop(&s, 2, &e), 0);
	assert_int_equal(deadletter_get(&s, 2, &d, &raw, &e), 0);
	assert_int_equal(deadletter_drop_all(&s, &n, &e), 0);
	assert_int_equal(n, 2);
	sum = 0;
	assert_int_equal(deadletter_each(&s, note, &sum, &e), 0);
	assert_int_equal(sum, 0);
	assert_int_equal(add("a", 4, "x", 1), 4); /* no id comes twice */
}

static int
weigh(const struct deadletter *d, const char *raw, void *arg)
{
	*(uint64_t *)arg += sizeof(*d) + d->raw_kept;
	return 0;
}

static void
test_bytes_are_bounded(void **state)
{
	size_t size = 20u << 20;
	char *big = base_alloc(size);
	struct deadletter d;
	uint64_t kept = 0;
	struct err e;
	char *raw;

	memset(big, 'x', size);
	for (uint64_t i = 1; i <= 6; i++)
		add("a", i, big, size);
	assert_int_equal(deadletter_each(&s, weigh, &kept, &e), 0);
	assert_true(kept <= DEADLETTER_BYTES_MAX);
	assert_int_equal(deadletter_get(&s, 1, &d, &raw, &e), 0);
	assert_int_equal(deadletter_get(&s, 6, &d, &raw, &e), 1);
	assert_int_equal(d.raw_len, size);
	assert_int_equal(d.raw_kept, DEADLETTER_RAW_MAX);
	free(raw);
	free(big);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_keep_and_drop, setup,
		teardown),
	    cmocka_unit_test_setup_teardown(test_bytes_are_bounded, setup,
		teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
