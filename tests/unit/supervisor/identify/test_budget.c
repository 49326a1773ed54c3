/* SPDX-License-Identifier: MIT */
/* Discord's counter against ours: who spent what, and how long it lasts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "supervisor/identify/budget.h"
#include "supervisor/reshard.h"

#define T0 1790000000000
#define MIN 60000
#define HOUR (60 * MIN)

/* Discord as it really is. */
static struct {
	struct budget b;
	int64_t now, reset, total, left;
	uint64_t id;
} t;

static void
fresh(void)
{
	memset(&t, 0, sizeof(t));
	budget_init(&t.b, 7);
	t.now = T0;
	t.reset = T0 + 24 * HOUR;
	t.total = t.left = 1000;
}

static uint64_t
answer(uint32_t pending)
{
	budget_asking(&t.b, pending);
	return budget_answer(&t.b, t.total, t.left, t.reset, t.now);
}

/* One of ours that Discord has counted. */
static void
identify(bool again)
{
	budget_granted(&t.b, ++t.id, t.now, again);
	t.left--;
}

static void
test_ours_are_ours(void **state)
{
	fresh();
	assert_int_equal(answer(0), 0);
	for (int i = 0; i < 20; i++) {
		t.now += 10 * MIN;
		identify(false);
		assert_int_equal(answer(0), 0);
	}
	assert_int_equal(budget_foreign_24h(&t.b, t.now), 0);
}

static void
test_foreign_at_the_next_answer(void **state)
{
	fresh();
	answer(0);
	identify(false);
	t.left -= 3;
	t.now += MIN;
	assert_int_equal(answer(0), 3);
	assert_int_equal(answer(0), 0); /* once */
	t.left -= 1;
	assert_int_equal(answer(0), 1);
	assert_int_equal(budget_foreign_24h(&t.b, t.now), 4);
	assert_int_equal(t.b.kept.foreign_ever, 4);
	assert_int_equal(t.b.kept.found_ms, t.now);
	assert_int_equal(budget_foreign_1h(&t.b, t.now), 4);
	assert_int_equal(budget_foreign_1h(&t.b, t.now + 61 * MIN), 0);
	assert_int_equal(budget_foreign_24h(&t.b, t.now + 25 * HOUR), 0);
}

/* Granted, not yet counted by Discord when it answered: not foreign later. */
static void
test_in_flight(void **state)
{
	fresh();
	answer(0);
	budget_granted(&t.b, ++t.id, t.now, false);
	assert_int_equal(answer(1), 0);
	assert_int_equal(budget_unsure(&t.b), 1);
	t.left--; /* now it counts */
	assert_int_equal(answer(0), 0);
	assert_int_equal(answer(0), 0);
	/* One granted while the question is on its way is no one else's. */
	budget_asking(&t.b, 0);
	budget_granted(&t.b, ++t.id, t.now, false);
	t.left--;
	assert_int_equal(budget_answer(&t.b, t.total, t.left, t.reset, t.now),
	    0);
	assert_int_equal(budget_unsure(&t.b), 1);
	assert_int_equal(answer(0), 0);
	/* Nor one that went out before it and was counted after it. */
	budget_asking(&t.b, 0);
	budget_granted(&t.b, ++t.id, t.now, false);
	assert_int_equal(budget_answer(&t.b, t.total, t.left, t.reset, t.now),
	    0);
	t.left--;
	assert_int_equal(answer(0), 0);
	assert_int_equal(budget_foreign_24h(&t.b, t.now), 0);
}

/* In flight hides as many foreign ones, and only until it has settled. */
static void
test_foreign_behind_flight(void **state)
{
	fresh();
	answer(0);
	budget_granted(&t.b, ++t.id, t.now, false);
	t.left -= 2;			/* two others, not ours */
	assert_int_equal(answer(1), 1); /* the least it can be */
	t.left--;			/* ours is counted */
	assert_int_equal(answer(0), 1);
	assert_int_equal(budget_foreign_24h(&t.b, t.now), 2);
}

static void
test_unused_and_uncounted(void **state)
{
	fresh();
	answer(0);
	budget_granted(&t.b, ++t.id, t.now, false);
	budget_unused(&t.b, t.id);
	t.left--; /* so this is foreign */
	assert_int_equal(answer(0), 1);
	/* op 9 that did not cost: hides nothing for long. */
	budget_granted(&t.b, ++t.id, t.now, false);
	assert_int_equal(answer(0), 0);
	t.left--;
	assert_int_equal(answer(0), 1);
}

static void
test_reset(void **state)
{
	fresh();
	t.left = 300;
	answer(0);
	t.now = t.reset - 10000;
	identify(false); /* just before */
	t.now = t.reset + 5000;
	t.left = t.total;
	t.reset += 24 * HOUR;
	identify(false); /* just after */
	assert_int_equal(answer(0), 0);
	assert_int_equal(answer(0), 0);
	t.left -= 2;
	assert_int_equal(answer(0), 2);
	/* A whole window between two answers: only the last one is known. */
	t.now = t.reset + HOUR;
	t.reset += 24 * HOUR;
	t.left = t.total - 5;
	assert_int_equal(answer(0), 5);
	assert_int_equal(budget_foreign_24h(&t.b, t.now), 5);
}

/* While nothing was spent Discord's window has not begun: it slides along. */
static void
test_sliding_window(void **state)
{
	fresh();
	for (int i = 0; i < 5; i++) {
		t.now += HOUR;
		t.reset = t.now + 24 * HOUR;
		assert_int_equal(answer(0), 0);
	}
	identify(false);
	t.left -= 1;
	assert_int_equal(answer(0), 1);
}

static void
test_counted_anew(void **state)
{
	fresh();
	t.left = 500;
	answer(0);
	t.left = 900; /* refilled before its time */
	assert_int_equal(answer(0), 0);
	t.total = 2000; /* the bot has grown */
	t.left = 800;
	assert_int_equal(answer(0), 0);
	t.left = 799;
	assert_int_equal(answer(0), 1);
}

static void
test_restart(void **state)
{
	struct budget_kept kept;

	fresh();
	answer(0);
	identify(false);
	identify(false);
	t.left -= 4;
	kept = t.b.kept; /* before any answer saw that */
	budget_init(&t.b, 7);
	budget_restore(&t.b, &kept);
	budget_granted(&t.b, 1, t.now, false); /* the ledger's replay */
	budget_granted(&t.b, 2, t.now, false);
	assert_int_equal(answer(0), 4);
	/* Counted once, over any number of restarts. */
	kept = t.b.kept;
	budget_init(&t.b, 7);
	budget_restore(&t.b, &kept);
	budget_granted(&t.b, 1, t.now, false);
	budget_granted(&t.b, 2, t.now, false);
	assert_int_equal(answer(0), 0);
	assert_int_equal(budget_foreign_24h(&t.b, t.now), 4);
	/* Another token has another counter. */
	budget_init(&t.b, 8);
	budget_restore(&t.b, &kept);
	t.left -= 100;
	assert_int_equal(answer(0), 0);
}

static void
test_forecast(void **state)
{
	fresh();
	answer(0);
	for (int i = 0; i < 64; i++)
		identify(false); /* a start is no pace */
	assert_int_equal(budget_forecast_s(&t.b, 900, t.now), -1);
	for (int i = 0; i < 60; i++) {
		t.now += MIN / 2;
		identify(true);
	}
	t.left -= 40;
	assert_int_equal(answer(0), 40);
	/* 100 an hour: 316 last 3 h 9 min 36 s. */
	assert_int_equal(budget_forecast_s(&t.b, 316, t.now), 11376);
	assert_int_equal(budget_forecast_s(&t.b, 0, t.now), 0);
	/* Not before the reset. */
	assert_int_equal(budget_forecast_s(&t.b, 100000, t.now), -1);
	/* Quiet for an hour: no pace. */
	assert_int_equal(budget_forecast_s(&t.b, 316, t.now + 61 * MIN), -1);
}

static void
test_replan(void **state)
{
	assert_int_equal(reshard_judge(4, 4, 8, 900), RESHARD_FIXED);
	assert_int_equal(reshard_judge(4, 0, 4, 900), RESHARD_SAME);
	assert_int_equal(reshard_judge(4, 0, 8, 7), RESHARD_NO_BUDGET);
	assert_int_equal(reshard_judge(4, 0, 8, 8), RESHARD_GO);
	assert_int_equal(reshard_judge(8, 0, 4, 8), RESHARD_GO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ours_are_ours),
	    cmocka_unit_test(test_foreign_at_the_next_answer),
	    cmocka_unit_test(test_in_flight),
	    cmocka_unit_test(test_foreign_behind_flight),
	    cmocka_unit_test(test_unused_and_uncounted),
	    cmocka_unit_test(test_reset),
	    cmocka_unit_test(test_sliding_window),
	    cmocka_unit_test(test_counted_anew),
	    cmocka_unit_test(test_restart),
	    cmocka_unit_test(test_forecast),
	    cmocka_unit_test(test_replan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
