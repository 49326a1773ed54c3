/* SPDX-License-Identifier: MIT */
/* Access ranks: who has which, and what is listed. */
#include "shared/store/rank.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static char dir[64];
static struct kv *kv;

static int
setup(void **state)
{
	strcpy(dir, "/tmp/rank-XXXXXX");
	assert_non_null(mkdtemp(dir));
	kv = kv_open(dir, true, NULL);
	return kv != NULL ? 0 : -1;
}

static int
teardown(void **state)
{
	char path[128];

	kv_close(kv);
	str_format(path, sizeof(path), "%s/kv/data.mdb", dir);
	unlink(path);
	str_format(path, sizeof(path), "%s/kv/lock.mdb", dir);
	unlink(path);
	str_format(path, sizeof(path), "%s/kv/write.lock", dir);
	unlink(path);
	str_format(path, sizeof(path), "%s/kv", dir);
	rmdir(path);
	return rmdir(dir);
}

static int
rank(const char *owners, uint64_t user, uint64_t role_a, uint64_t role_b)
{
	const uint64_t roles[] = {role_a, role_b};
	int out = -5;

	assert_int_equal(rank_of(kv, owners, user, roles, 2, &out, NULL), 0);
	return out;
}

static void
test_who_has_which(void **state)
{
	assert_int_equal(rank("", 1, 7, 8), 0);
	assert_int_equal(rank("1-3", 2, 7, 8), RANK_HIGHEST);
	assert_int_equal(rank("1-3", 4, 7, 8), 0);
	rank_set(kv, RANK_ROLE, 7, 10, NULL);
	rank_set(kv, RANK_ROLE, 8, -1, NULL);
	assert_int_equal(rank("", 1, 7, 8), 10);
	assert_int_equal(rank("", 1, 8, 9), -1);
	rank_set(kv, RANK_USER, 1, -1, NULL);
	assert_int_equal(rank("", 1, 7, 8), -1);
	assert_int_equal(rank("1", 1, 7, 8), RANK_HIGHEST);
	assert_int_equal(rank_unset(kv, RANK_USER, 1, NULL), 1);
	assert_int_equal(rank_unset(kv, RANK_USER, 1, NULL), 0);
	assert_int_equal(rank("", 1, 7, 8), 10);
	/* A role is no user. */
	assert_int_equal(rank("", 7, 1, 2), 0);
}

static int
on_rank(enum rank_kind kind, uint64_t id, int value, void *arg)
{
	*(uint64_t *)arg = *(uint64_t *)arg * 10000 + (uint64_t)kind * 1000
	    + id * 100 + (uint64_t)value;
	return 0;
}

static void
test_list(void **state)
{
	uint64_t sum = 0;

	rank_set(kv, RANK_ROLE, 1, 3, NULL);
	rank_set(kv, RANK_USER, 2, 5, NULL);
	assert_int_equal(rank_each(kv, on_rank, &sum, NULL), 0);
	assert_int_equal(sum, 2051103);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_who_has_which, setup,
		teardown),
	    cmocka_unit_test_setup_teardown(test_list, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
