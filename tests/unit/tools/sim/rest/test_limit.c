/* SPDX-License-Identifier: MIT */
/* The simulator's rate limits on a clock that is handed in. */
#include "tools/sim/rest/limit.c"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void
test_bucket_window(void **state)
{
	struct limit *l = limit_new(1);
	struct limit_answer a;

	for (uint32_t i = 0; i < 5; i++) {
		limit_take(l, 0, LIMIT_MESSAGE_POST, 7, 1000 + i, &a);
		assert_false(a.refused);
		assert_int_equal(a.limit, 5);
		assert_int_equal(a.remaining, 4 - i);
		assert_int_equal(a.reset_after_ms, 5000 - i);
	}
	limit_take(l, 0, LIMIT_MESSAGE_POST, 7, 5999, &a);
	assert_true(a.refused);
	assert_int_equal(a.remaining, 0);
	assert_int_equal(a.reset_after_ms, 1);
	/* Refused ones take nothing: the window ends when it was to end. */
	limit_take(l, 0, LIMIT_MESSAGE_POST, 7, 6000, &a);
	assert_false(a.refused);
	assert_int_equal(a.remaining, 4);
	limit_free(l);
}

static void
test_bucket_is_per_major_and_class(void **state)
{
	struct limit *l = limit_new(1);
	struct limit_answer a, b;

	limit_take(l, 0, LIMIT_REACTION, 1, 0, &a);
	assert_false(a.refused);
	limit_take(l, 0, LIMIT_REACTION, 1, 249, &a);
	assert_true(a.refused);
	limit_take(l, 0, LIMIT_REACTION, 2, 249, &b);
	assert_false(b.refused);
	/* The bucket's name leaves the major parameter out. */
	assert_string_equal(a.bucket, b.bucket);
	limit_take(l, 0, LIMIT_TYPING, 1, 249, &b);
	assert_false(b.refused);
	assert_string_not_equal(a.bucket, b.bucket);
	limit_take(l, 0, LIMIT_REACTION, 1, 250, &a);
	assert_false(a.refused);
	limit_free(l);
}

static void
test_no_class_no_limit(void **state)
{
	struct limit *l = limit_new(1);
	struct limit_answer a;

	for (int i = 0; i < 1000; i++) {
		limit_take(l, 0, LIMIT_NONE, 1, 0, &a);
		assert_false(a.refused);
		assert_int_equal(a.limit, 0);
	}
	limit_free(l);
}

static void
test_global(void **state)
{
	struct limit *l = limit_new(1);

	for (int i = 0; i < LIMIT_GLOBAL; i++)
		assert_int_equal(limit_take_global(l, 0, 100), 0);
	assert_int_equal(limit_take_global(l, 0, 600), 500);
	assert_int_equal(limit_take_global(l, 0, 1099), 1);
	assert_int_equal(limit_take_global(l, 0, 1100), 0);
	limit_free(l);
}

static void
test_limits_are_a_bots_own(void **state)
{
	struct limit *l = limit_new(1);
	struct limit_answer a;

	for (int i = 0; i < LIMIT_GLOBAL; i++)
		assert_int_equal(limit_take_global(l, 0, 100), 0);
	assert_int_equal(limit_take_global(l, 0, 100), 1000);
	assert_int_equal(limit_take_global(l, 1, 100), 0);
	limit_take(l, 0, LIMIT_REACTION, 1, 0, &a);
	limit_take(l, 0, LIMIT_REACTION, 1, 0, &a);
	assert_true(a.refused);
	for (unsigned bot = 1; bot < LIMIT_BOTS_MAX; bot++) {
		limit_take(l, bot, LIMIT_REACTION, 1, 0, &a);
		assert_false(a.refused);
	}
	limit_free(l);
}

static void
test_ban(void **state)
{
	struct limit *l = limit_new(1);

	for (uint32_t i = 0; i < LIMIT_INVALID - 1; i++)
		limit_invalid(l, 5);
	assert_int_equal(limit_banned(l, 5), 0);
	assert_int_equal(l->invalids, LIMIT_INVALID - 1);
	limit_invalid(l, 10);
	assert_int_equal(limit_banned(l, 10), LIMIT_BAN_MS);
	/* More of them do not make the ban longer. */
	limit_invalid(l, 20);
	assert_int_equal(limit_banned(l, 20), LIMIT_BAN_MS - 10);
	assert_int_equal(limit_banned(l, LIMIT_BAN_MS + 10), 0);
	limit_free(l);
}

static void
test_invalid_window_ends(void **state)
{
	struct limit *l = limit_new(1);

	for (uint32_t i = 0; i < LIMIT_INVALID - 1; i++)
		limit_invalid(l, 5);
	limit_invalid(l, 5 + LIMIT_INVALID_MS);
	assert_int_equal(limit_banned(l, 5 + LIMIT_INVALID_MS), 0);
	assert_int_equal(l->invalids, 1);
	limit_free(l);
}

/* Against a shadow: many channels at once, more than the table holds. */
static void
test_many_buckets(void **state)
{
	struct limit *l = limit_new(1);
	struct limit_answer a;
	uint64_t now = 0;

	for (uint64_t major = 1; major <= LIMIT_BUCKETS_MAX * 3u; major++) {
		now += 10;
		limit_take(l, 0, LIMIT_MESSAGE_POST, major, now, &a);
		assert_false(a.refused);
		assert_int_equal(a.remaining, 4);
	}
	/* Those of the last five seconds are still known. */
	limit_take(l, 0, LIMIT_MESSAGE_POST, LIMIT_BUCKETS_MAX * 3u - 100, now,
	    &a);
	assert_int_equal(a.remaining, 3);
	limit_free(l);
}

static void
test_reset(void **state)
{
	struct limit *l = limit_new(1);
	struct limit_answer a;

	limit_take(l, 0, LIMIT_REACTION, 1, 0, &a);
	for (uint32_t i = 0; i < LIMIT_INVALID; i++)
		limit_invalid(l, 0);
	limit_reset(l);
	assert_int_equal(limit_banned(l, 1), 0);
	limit_take(l, 0, LIMIT_REACTION, 1, 1, &a);
	assert_false(a.refused);
	limit_free(l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_bucket_window),
	    cmocka_unit_test(test_bucket_is_per_major_and_class),
	    cmocka_unit_test(test_no_class_no_limit),
	    cmocka_unit_test(test_global),
	    cmocka_unit_test(test_limits_are_a_bots_own),
	    cmocka_unit_test(test_ban),
	    cmocka_unit_test(test_invalid_window_ends),
	    cmocka_unit_test(test_many_buckets),
	    cmocka_unit_test(test_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
