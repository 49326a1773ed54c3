/* SPDX-License-Identifier: MIT */
/* The policy of a rollout on a fake clock with fake shards. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "supervisor/operation/rollout.h"
#include "tests/unit/rig/fake_time.h"

static struct {
	struct rollout rollout;
	struct timers *timers;
	/* what the world answers */
	enum rollout_step step;
	enum rollout_verdict verdict;
	/* what was done */
	unsigned begun, running, most, looks;
	int code; /* of done(); -1: not yet */
	char said[ROLLOUT_WORDS + 256], told[4096];
} w;

static enum rollout_step
fake_next(void *arg)
{
	if (w.step != ROLLOUT_BEGUN)
		return w.step;
	w.begun++;
	if (++w.running > w.most)
		w.most = w.running;
	return ROLLOUT_BEGUN;
}

static enum rollout_verdict
fake_judge(void *arg, char *words, size_t size)
{
	enum rollout_verdict v = w.verdict;

	w.looks++;
	if (v != ROLLOUT_BAD)
		return v;
	w.verdict = ROLLOUT_GOOD;
	str_copy(words, "shard 0 has ended.", size);
	return v;
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
	w.code = code;
	str_copy(w.said, sentence, sizeof(w.said));
}

static const struct rollout_actions actions = {
    .next = fake_next,
    .judge = fake_judge,
    .tell = fake_tell,
    .done = fake_done,
};

static void
begin_with(enum rollout_step step, uint32_t total, uint32_t canary,
    uint32_t parallel, uint32_t max_failures)
{
	struct rollout_plan p = {.total = total,
	    .canary = canary,
	    .parallel = parallel,
	    .max_failures = max_failures,
	    .pause_s = 30};

	memset(&w, 0, sizeof(w));
	fake_time_reset();
	w.timers = timer_base_new(NULL);
	w.code = -1;
	w.step = step;
	w.verdict = ROLLOUT_GOOD;
	rollout_init(&w.rollout, w.timers, &actions, NULL);
	rollout_begin(&w.rollout, &p);
}

static void
begin(uint32_t total, uint32_t canary, uint32_t parallel, uint32_t max_failures)
{
	begin_with(ROLLOUT_BEGUN, total, canary, parallel, max_failures);
}

static void
end(void)
{
	timer_stop(&w.rollout.deadline);
	timer_stop(&w.rollout.tick);
	timer_base_free(w.timers);
}

static void
moved(void)
{
	w.running--;
	rollout_event(&w.rollout, ROLLOUT_ON_MOVED);
}

static void
failed(void)
{
	w.running--;
	rollout_event(&w.rollout, ROLLOUT_ON_FAILED);
}

static void
is(enum rollout_state state)
{
	assert_string_equal(rollout_state_name[w.rollout.state],
	    rollout_state_name[state]);
}

/* ---- tests ---------------------------------------------------------- */

static void
test_canaries_pause_rest_watch(void **state)
{
	begin(10, 2, 3, 0);
	is(ROLLOUT_CANARY);
	assert_int_equal(w.begun, 1);
	moved();
	assert_int_equal(w.begun, 2);
	moved();
	is(ROLLOUT_PAUSE);
	fake_time_advance(29000);
	assert_int_equal(w.begun, 2);
	assert_true(w.looks > 20);
	fake_time_advance(1100);
	is(ROLLOUT_REST);
	assert_int_equal(w.begun, 5);
	while (w.running > 0)
		moved();
	assert_int_equal(w.begun, 10);
	assert_int_equal(w.most, 3);
	is(ROLLOUT_WATCH);
	fake_time_advance(29000);
	assert_int_equal(w.code, -1);
	fake_time_advance(1100);
	assert_int_equal(w.code, EXIT_FINE);
	assert_non_null(strstr(w.said, "10 of 10"));
	is(ROLLOUT_IDLE);
	assert_true(fake_time_next() == UINT64_MAX);
	end();
}

static void
test_a_fleet_of_canaries(void **state)
{
	begin(1, 5, 2, 0);
	moved();
	is(ROLLOUT_WATCH);
	fake_time_advance(30100);
	assert_int_equal(w.code, EXIT_FINE);
	end();
}

static void
test_no_canary(void **state)
{
	begin(4, 0, 2, 0);
	is(ROLLOUT_REST);
	assert_int_equal(w.running, 2);
	end();
}

static void
test_a_failed_canary_stops_it_always(void **state)
{
	begin(10, 1, 2, 5);
	failed();
	assert_int_equal(w.code, EXIT_DEGRADED);
	assert_non_null(strstr(w.said, "0 of 10"));
	assert_non_null(strstr(w.said, "canary"));
	assert_non_null(strstr(w.said, "rollout undo"));
	end();
}

static void
test_a_sick_canary_stops_it(void **state)
{
	begin(10, 1, 2, 5);
	moved();
	fake_time_advance(5000);
	w.verdict = ROLLOUT_BAD;
	fake_time_advance(1000);
	assert_int_equal(w.code, EXIT_DEGRADED);
	assert_int_equal(w.begun, 1);
	assert_non_null(strstr(w.told, "shard 0 has ended."));
	end();
}

static void
test_failures_up_to_the_bound(void **state)
{
	begin(4, 0, 1, 1);
	moved();
	failed();
	moved();
	moved();
	fake_time_advance(30100);
	assert_int_equal(w.code, EXIT_DEGRADED);
	assert_non_null(strstr(w.said, "3 of 4"));
	assert_non_null(strstr(w.said, "1 were not"));
	end();
}

/* What is under way when it stops is finished, not torn apart. */
static void
test_one_failure_too_many(void **state)
{
	begin(10, 0, 3, 1);
	failed();
	is(ROLLOUT_REST);
	failed();
	is(ROLLOUT_STOPPING);
	assert_int_equal(w.begun, 4);
	moved();
	assert_int_equal(w.code, -1);
	moved();
	assert_int_equal(w.code, EXIT_DEGRADED);
	assert_non_null(strstr(w.said, "2 of 10"));
	assert_int_equal(w.begun, 4);
	end();
}

static void
test_a_shard_that_reconnects_is_waited_for(void **state)
{
	begin(3, 1, 1, 0);
	moved();
	w.verdict = ROLLOUT_WAIT;
	fake_time_advance(35000);
	is(ROLLOUT_PAUSE);
	w.verdict = ROLLOUT_GOOD;
	fake_time_advance(1000);
	is(ROLLOUT_REST);
	end();
}

static void
test_but_not_for_ever(void **state)
{
	begin(3, 1, 1, 0);
	moved();
	w.verdict = ROLLOUT_WAIT;
	fake_time_advance(120000);
	assert_int_equal(w.code, EXIT_DEGRADED);
	assert_non_null(strstr(w.said, "not ready"));
	end();
}

static void
test_halt(void **state)
{
	begin(10, 0, 2, 0);
	rollout_event(&w.rollout, ROLLOUT_ON_HALT);
	is(ROLLOUT_STOPPING);
	moved();
	moved();
	assert_int_equal(w.code, EXIT_DEGRADED);
	assert_non_null(strstr(w.said, "operator"));
	begin(10, 1, 2, 0);
	moved();
	rollout_event(&w.rollout, ROLLOUT_ON_HALT);
	assert_int_equal(w.code, EXIT_DEGRADED);
	end();
}

static void
test_skipped_and_refused(void **state)
{
	begin_with(ROLLOUT_SKIPPED, 10, 0, 2, 0);
	is(ROLLOUT_WATCH);
	assert_int_equal(w.rollout.moved, 10);
	end();
	begin_with(ROLLOUT_REFUSED, 10, 1, 2, 0);
	assert_int_equal(w.code, EXIT_DEGRADED);
	assert_int_equal(w.rollout.failed, 1);
	end();
}

static void
test_later_is_asked_again(void **state)
{
	begin_with(ROLLOUT_LATER, 3, 0, 2, 0);
	is(ROLLOUT_REST);
	fake_time_advance(2000);
	assert_int_equal(w.begun, 0);
	w.step = ROLLOUT_BEGUN;
	fake_time_advance(600);
	assert_int_equal(w.begun, 2);
	end();
}

static void
test_the_fleet_stops(void **state)
{
	begin(10, 0, 2, 0);
	rollout_event(&w.rollout, ROLLOUT_ON_ABORT);
	assert_int_equal(w.code, EXIT_TRY_LATER);
	moved();
	failed();
	is(ROLLOUT_IDLE);
	end();
}

int
main(void)
{
#define T(f) cmocka_unit_test(f)
	const struct CMUnitTest tests[] = {
	    T(test_canaries_pause_rest_watch),
	    T(test_a_fleet_of_canaries),
	    T(test_no_canary),
	    T(test_a_failed_canary_stops_it_always),
	    T(test_a_sick_canary_stops_it),
	    T(test_failures_up_to_the_bound),
	    T(test_one_failure_too_many),
	    T(test_a_shard_that_reconnects_is_waited_for),
	    T(test_but_not_for_ever),
	    T(test_halt),
	    T(test_skipped_and_refused),
	    T(test_later_is_asked_again),
	    T(test_the_fleet_stops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
