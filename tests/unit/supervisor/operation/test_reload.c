/* SPDX-License-Identifier: MIT */
/*
 * Replacing the handler: the table of reload.c on a fake clock with fake
 * actions.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "supervisor/operation/reload.h"
#include "tests/unit/rig/fake_time.h"

/* ---- fake actions --------------------------------------------------- */

static struct {
	struct reload reload;
	struct timers *timers;
	/* what the world answers */
	bool start_fails, old_alive, restored, judge_bad, judge_waits, unfit;
	bool calls_back; /* what happens is told at once, R4 */
	uint32_t behind;
	/* what was done */
	char calls[512];
	int code; /* of done(); -1: not yet */
	char said[RELOAD_WORDS + 256], told[1024];
	bool settled_back;
} w;

static void
call(const char *name)
{
	strncat(w.calls, name, sizeof(w.calls) - strlen(w.calls) - 1);
	strncat(w.calls, " ", sizeof(w.calls) - strlen(w.calls) - 1);
}

static int
fake_start(void *arg, struct err *e)
{
	call("start");
	return w.start_fails ? err_set(e, EXIT_DEGRADED, "no process") : 0;
}

/* As the hands do: each action's news comes back before it returns. */
static void
news(enum reload_event ev)
{
	if (w.calls_back)
		reload_event(&w.reload, ev);
}

static bool
fake_fit(void *arg, char *words, size_t size)
{
	str_copy(words, "could not bring up plugin x (exit code 3)", size);
	return !w.unfit;
}

static void
fake_promote(void *arg)
{
	call("promote");
	news(RELOAD_ON_MOVED);
}

static uint32_t
fake_behind(void *arg)
{
	return w.behind;
}

static bool
fake_retire(void *arg)
{
	call("retire");
	news(RELOAD_ON_OLD_GONE);
	return w.old_alive;
}

static enum reload_verdict
fake_judge(void *arg, bool last, char *words, size_t size)
{
	str_copy(words, "is silent", size);
	return w.judge_bad	    ? RELOAD_BAD
	    : last && w.judge_waits ? RELOAD_WAIT
				    : RELOAD_GOOD;
}

static void
fake_obituary(void *arg, char *words, size_t size)
{
	str_copy(words, "ended: code 3", size);
}

static void
fake_restore(void *arg, const char *why)
{
	call("restore");
	news(RELOAD_ON_NEW_GONE);
	news(RELOAD_ON_READY);
	news(RELOAD_ON_MOVED);
}

static bool
fake_restored(void *arg)
{
	return w.restored;
}

static void
fake_aftermath(void *arg, char *words, size_t size)
{
	str_copy(words, "The one before serves again.", size);
}

static void
fake_settle(void *arg, bool rolled_back)
{
	call("settle");
	news(RELOAD_ON_MOVED);
	w.settled_back = rolled_back;
}

static void
fake_tell(void *arg, const char *sentence)
{
	strncat(w.told, sentence, sizeof(w.told) - strlen(w.told) - 1);
}

static void
fake_done(void *arg, int code, const char *sentence)
{
	assert_int_equal(w.code, -1);
	call("done");
	w.code = code;
	str_copy(w.said, sentence, sizeof(w.said));
}

static const struct reload_actions actions = {
    .start = fake_start,
    .fit = fake_fit,
    .promote = fake_promote,
    .behind = fake_behind,
    .retire = fake_retire,
    .judge = fake_judge,
    .obituary = fake_obituary,
    .restore = fake_restore,
    .restored = fake_restored,
    .aftermath = fake_aftermath,
    .settle = fake_settle,
    .tell = fake_tell,
    .done = fake_done,
};

static const struct reload_limits limits = {.ready_s = 30,
    .switch_s = 15,
    .stop_s = 12,
    .probation_s = 10,
    .back_s = 40};

static void
fresh(void)
{
	fake_time_reset(); /* timers of the last one are in w */
	memset(&w, 0, sizeof(w));
	w.code = -1;
	w.old_alive = true;
	w.behind = 4;
	w.timers = timer_base_new(NULL);
	reload_init(&w.reload, w.timers, &actions, NULL);
}

/* A reload brought into one state, along the good way. */
static void
reach(enum reload_state s)
{
	struct err e;

	fresh();
	assert_int_equal(reload_begin(&w.reload, &limits, &e), 0);
	if (s >= RELOAD_SWITCHING)
		reload_event(&w.reload, RELOAD_ON_READY);
	if (s >= RELOAD_STOPPING_OLD) {
		w.behind = 0;
		reload_event(&w.reload, RELOAD_ON_MOVED);
	}
	if (s >= RELOAD_PROBATION)
		reload_event(&w.reload, RELOAD_ON_OLD_GONE);
	if (s == RELOAD_ROLLING_BACK)
		reload_event(&w.reload, RELOAD_ON_NEW_GONE);
	assert_int_equal(w.reload.state, s);
}

static void
expect_end(int code, const char *calls, const char *words)
{
	assert_int_equal(w.reload.state, RELOAD_IDLE);
	assert_int_equal(w.code, code);
	assert_string_equal(w.calls, calls);
	if (strstr(w.said, words) == NULL)
		fail_msg("\"%s\" lacks \"%s\"", w.said, words);
	/* Nothing may still be waiting for a reload that is over. */
	assert_true(fake_time_next() == UINT64_MAX);
}

/* ---- the good way --------------------------------------------------- */

static void
test_good_way(void **state)
{
	struct err e;

	reach(RELOAD_SWITCHING);
	assert_string_equal(w.calls, "start promote ");
	w.behind = 1;
	reload_event(&w.reload, RELOAD_ON_MOVED);
	assert_int_equal(w.reload.state, RELOAD_SWITCHING);
	assert_int_equal(reload_begin(&w.reload, &limits, &e), -1);
	assert_int_equal(e.code, EXIT_TRY_LATER);
	assert_non_null(strstr(e.text, "switching"));
	w.behind = 0;
	reload_event(&w.reload, RELOAD_ON_MOVED);
	assert_int_equal(w.reload.state, RELOAD_STOPPING_OLD);
	reload_event(&w.reload, RELOAD_ON_OLD_GONE);
	fake_time_advance(9999);
	assert_int_equal(w.reload.state, RELOAD_PROBATION);
	fake_time_advance(1);
	expect_end(EXIT_FINE, "start promote retire settle done ", "passed");
	assert_false(w.settled_back);
}

static void
test_no_probation(void **state)
{
	struct reload_limits l = limits;
	struct err e;

	fresh();
	l.probation_s = 0;
	w.behind = 0;
	assert_int_equal(reload_begin(&w.reload, &l, &e), 0);
	reload_event(&w.reload, RELOAD_ON_READY);
	reload_event(&w.reload, RELOAD_ON_OLD_GONE);
	expect_end(EXIT_FINE, "start promote retire settle done ", "serves");
}

static void
test_start_fails(void **state)
{
	struct err e;

	fresh();
	w.start_fails = true;
	assert_int_equal(reload_begin(&w.reload, &limits, &e), -1);
	assert_int_equal(e.code, EXIT_DEGRADED);
	assert_int_equal(w.reload.state, RELOAD_IDLE);
	assert_true(fake_time_next() == UINT64_MAX);
}

static void
test_old_dies_meanwhile(void **state)
{
	reach(RELOAD_STARTING);
	reload_event(&w.reload, RELOAD_ON_OLD_GONE);
	assert_int_equal(w.reload.state, RELOAD_STARTING);
	assert_non_null(strstr(w.told, "keep its events"));
	w.behind = 0;
	/* Nobody is left to stop. */
	reload_event(&w.reload, RELOAD_ON_READY);
	assert_int_equal(w.reload.state, RELOAD_PROBATION);
	reach(RELOAD_SWITCHING);
	w.behind = 0;
	reload_event(&w.reload, RELOAD_ON_OLD_GONE);
	assert_int_equal(w.reload.state, RELOAD_PROBATION);
}

static void
test_late_steps_go_on(void **state)
{
	reach(RELOAD_SWITCHING);
	fake_time_advance(15000);
	assert_int_equal(w.reload.state, RELOAD_STOPPING_OLD);
	assert_non_null(strstr(w.told, "4 shards"));
	fake_time_advance(12000);
	assert_int_equal(w.reload.state, RELOAD_PROBATION);
	fake_time_advance(10000);
	assert_int_equal(w.code, EXIT_FINE);
}

/* ---- the way back --------------------------------------------------- */

static void
test_dies_at_start(void **state)
{
	reach(RELOAD_STARTING);
	w.restored = true;
	reload_event(&w.reload, RELOAD_ON_NEW_GONE);
	expect_end(EXIT_DEGRADED, "start restore settle done ",
	    "ended: code 3");
	assert_true(w.settled_back);
}

static void
test_never_ready(void **state)
{
	reach(RELOAD_STARTING);
	fake_time_advance(29999);
	assert_int_equal(w.reload.state, RELOAD_STARTING);
	fake_time_advance(1);
	assert_int_equal(w.reload.state, RELOAD_ROLLING_BACK);
	w.restored = true;
	reload_event(&w.reload, RELOAD_ON_NEW_GONE);
	expect_end(EXIT_DEGRADED, "start restore settle done ",
	    "start_timeout");
}

static void
test_dies_later(void **state)
{
	static const enum reload_state from[] = {RELOAD_SWITCHING,
	    RELOAD_STOPPING_OLD, RELOAD_PROBATION};

	for (size_t i = 0; i < nitems(from); i++) {
		reach(from[i]);
		reload_event(&w.reload, RELOAD_ON_NEW_GONE);
		assert_int_equal(w.reload.state, RELOAD_ROLLING_BACK);
		/* The old one is ready, shards move: not yet all. */
		reload_event(&w.reload, RELOAD_ON_READY);
		reload_event(&w.reload, RELOAD_ON_MOVED);
		assert_int_equal(w.reload.state, RELOAD_ROLLING_BACK);
		w.restored = true;
		reload_event(&w.reload, RELOAD_ON_MOVED);
		assert_int_equal(w.reload.state, RELOAD_IDLE);
		assert_int_equal(w.code, EXIT_DEGRADED);
		assert_non_null(strstr(w.said, "Rolled back"));
		assert_true(w.settled_back);
		assert_true(fake_time_next() == UINT64_MAX);
	}
}

static void
test_judged_bad(void **state)
{
	static const enum reload_state from[] = {RELOAD_SWITCHING,
	    RELOAD_STOPPING_OLD, RELOAD_PROBATION};

	for (size_t i = 0; i < nitems(from); i++) {
		reach(from[i]);
		w.judge_bad = true;
		fake_time_advance(500);
		assert_int_equal(w.reload.state, RELOAD_ROLLING_BACK);
		w.restored = true;
		reload_event(&w.reload, RELOAD_ON_NEW_GONE);
		assert_non_null(strstr(w.said, "is silent"));
	}
}

static void
test_judge_waits(void **state)
{
	reach(RELOAD_PROBATION);
	w.judge_waits = true;
	fake_time_advance(20000);
	assert_int_equal(w.reload.state, RELOAD_PROBATION);
	w.judge_waits = false;
	fake_time_advance(500);
	assert_int_equal(w.code, EXIT_FINE);
}

static void
test_way_back_fails(void **state)
{
	reach(RELOAD_ROLLING_BACK);
	reload_event(&w.reload, RELOAD_ON_OLD_GONE);
	expect_end(EXIT_DEGRADED, "start promote retire restore settle done ",
	    "growing delay");
	reach(RELOAD_ROLLING_BACK);
	fake_time_advance(40000);
	expect_end(EXIT_DEGRADED, "start promote retire restore settle done ",
	    "Not every shard");
}

static void
test_abort_anywhere(void **state)
{
	for (enum reload_state s = RELOAD_STARTING; s < RELOAD_STATE_COUNT;
	     s++) {
		reach(s);
		reload_event(&w.reload, RELOAD_ON_ABORT);
		assert_int_equal(w.reload.state, RELOAD_IDLE);
		assert_int_equal(w.code, EXIT_TRY_LATER);
		assert_true(fake_time_next() == UINT64_MAX);
	}
	fresh();
	reload_event(&w.reload, RELOAD_ON_ABORT);
	assert_string_equal(w.calls, "");
}

/* ---- hands that call back at once ----------------------------------- */

/* handler.probation = 0 and the old one down: the first step is the last. */
static void
f_a3_an_event_waits_for_the_transition_it_came_in(void **state)
{
	struct reload_limits l = limits;
	struct err e;

	fresh();
	l.probation_s = 0;
	w.behind = 0;
	w.old_alive = false;
	w.calls_back = true;
	assert_int_equal(reload_begin(&w.reload, &l, &e), 0);
	reload_event(&w.reload, RELOAD_ON_READY);
	expect_end(EXIT_FINE, "start promote retire settle done ", "serves");
}

/* The good way and both ways back, each action's news within the action. */
static void
f_a3_no_way_differs_when_hands_call_back(void **state)
{
	fresh();
	w.calls_back = true;
	w.behind = 0;
	assert_int_equal(reload_begin(&w.reload, &limits, &(struct err) {0}),
	    0);
	reload_event(&w.reload, RELOAD_ON_READY);
	assert_int_equal(w.reload.state, RELOAD_PROBATION);
	fake_time_advance(10000);
	expect_end(EXIT_FINE, "start promote retire settle done ", "passed");
	for (enum reload_state s = RELOAD_STARTING; s <= RELOAD_PROBATION;
	     s++) {
		reach(s);
		w.calls_back = w.restored = true;
		reload_event(&w.reload, RELOAD_ON_NEW_GONE);
		assert_int_equal(w.reload.state, RELOAD_IDLE);
		assert_int_equal(w.code, EXIT_DEGRADED);
		assert_true(fake_time_next() == UINT64_MAX);
	}
}

/* The end is told at rest: the next one may begin from within it. */
static int again_left;

static void
begin_again(void *arg, int code, const char *sentence)
{
	struct err e;

	assert_int_equal(w.reload.state, RELOAD_IDLE);
	if (again_left-- > 0)
		assert_int_equal(reload_begin(&w.reload, &limits, &e), 0);
}

static void
f_a3_the_end_may_begin_the_next(void **state)
{
	struct reload_actions a = actions;

	fresh();
	a.done = begin_again;
	w.reload.do_ = &a;
	w.restored = true;
	again_left = 1;
	assert_int_equal(reload_begin(&w.reload, &limits, &(struct err) {0}),
	    0);
	reload_event(&w.reload, RELOAD_ON_NEW_GONE);
	assert_int_equal(w.reload.state, RELOAD_STARTING);
	reload_event(&w.reload, RELOAD_ON_NEW_GONE);
	assert_int_equal(w.reload.state, RELOAD_IDLE);
	assert_int_equal(again_left, -1);
}

/* ---- judged before the switch --------------------------------------- */

static void
f_c12_one_that_can_do_less_is_not_switched_to(void **state)
{
	reach(RELOAD_STARTING);
	w.unfit = true;
	reload_event(&w.reload, RELOAD_ON_READY);
	assert_int_equal(w.reload.state, RELOAD_ROLLING_BACK);
	w.restored = true;
	reload_event(&w.reload, RELOAD_ON_NEW_GONE);
	expect_end(EXIT_DEGRADED, "start restore settle done ",
	    "could not bring up plugin x");
}

int
main(void)
{
#define T(f) cmocka_unit_test(f)
	const struct CMUnitTest tests[] = {
	    T(test_good_way),
	    T(test_no_probation),
	    T(test_start_fails),
	    T(test_old_dies_meanwhile),
	    T(test_late_steps_go_on),
	    T(test_dies_at_start),
	    T(test_never_ready),
	    T(test_dies_later),
	    T(test_judged_bad),
	    T(test_judge_waits),
	    T(test_way_back_fails),
	    T(test_abort_anywhere),
	    T(f_a3_an_event_waits_for_the_transition_it_came_in),
	    T(f_a3_no_way_differs_when_hands_call_back),
	    T(f_a3_the_end_may_begin_the_next),
	    T(f_c12_one_that_can_do_less_is_not_switched_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
