/* SPDX-License-Identifier: MIT */
/* What runs out, and when it is said; a loop that stands; a clock that
 * jumps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "shared/base/log.h"
#include "supervisor/identify/budget.h"
#include "supervisor/resources.h"
#include "supervisor/child/liveness.h"
#include "supervisor/base/fd_reserve.h"
#include "tests/unit/rig/fake_time.h"

#define HOUR 3600000ll

static void
test_marks_are_said_once(void **state)
{
	struct usage_marks m = usage_marks(1000);
	struct usage u = {0};
	static const struct {
		uint64_t value;
		enum usage_news news;
	} step[] = {
	    {799, USAGE_SAME},
	    {800, USAGE_NEWS_WARN},
	    {850, USAGE_SAME},
	    {760, USAGE_SAME},
	    {820, USAGE_SAME},
	    {950, USAGE_NEWS_URGENT},
	    {900, USAGE_SAME},
	    {960, USAGE_SAME},
	    {699, USAGE_NEWS_OVER},
	    {700, USAGE_SAME},
	    {990, USAGE_NEWS_URGENT},
	    {0, USAGE_NEWS_OVER},
	};

	assert_int_equal(m.warn, 800);
	assert_int_equal(m.urgent, 950);
	assert_int_equal(m.over, 700);
	for (size_t i = 0; i < nitems(step); i++)
		assert_int_equal(usage_take(&u, step[i].value, &m, i + 1),
		    step[i].news);
}

static void
test_trend(void **state)
{
	struct usage_marks m = usage_marks(1000);
	struct usage u = {0};
	char words[48];

	usage_take(&u, 100, &m, 1000);
	assert_true(usage_per_hour(&u) == 0);
	assert_int_equal(usage_eta_s(&u, 1000), -1);
	/* One a second for five minutes: the last two minutes are kept. */
	for (int i = 1; i <= 300; i++)
		usage_take(&u, 100 + (uint64_t)i, &m,
		    1000 + (uint64_t)i * 1000);
	assert_in_range((int)(usage_per_hour(&u) + 0.5), 3599, 3601);
	assert_in_range(usage_eta_s(&u, 1000), 599, 601);
	assert_int_equal(usage_eta_s(&u, 400), 0);
	/* It stands still: after the window there is no trend any more. */
	for (int i = 1; i <= 300; i++)
		usage_take(&u, 400, &m, 301000 + (uint64_t)i * 1000);
	assert_int_equal(usage_eta_s(&u, 1000), -1);
	usage_eta_words(90, words, sizeof(words));
	assert_string_equal(words, "in 90 s");
	usage_eta_words(25 * 60, words, sizeof(words));
	assert_string_equal(words, "in 25 min");
	usage_eta_words(50 * 3600, words, sizeof(words));
	assert_string_equal(words, "in 2 days");
}

/* ---- a loop --------------------------------------------------------- */

static void
test_loop_that_stands(void **state)
{
	struct liveness_loop l = {0};

	assert_int_equal(liveness_loop(&l, 7, 500, 1000), 0);
	assert_int_equal(liveness_loop(&l, 7, 500, 3000), 2000);
	assert_int_equal(liveness_loop(&l, 7, 500, 5000), 4000);
	/* The host slept for an hour: that is no silence we watched. */
	assert_int_equal(liveness_loop(&l, 7, 500, 5000 + HOUR),
	    4000 + LIVENESS_LOOK_MAX_MS);
	assert_int_equal(liveness_loop(&l, 7, 501, 7000 + HOUR), 0);
	assert_int_equal(liveness_loop(&l, 7, 501, 9000 + HOUR), 2000);
	assert_int_equal(liveness_loop(&l, 8, 501, 11000 + HOUR), 0);
}

/* ---- the clock ------------------------------------------------------ */

static void
test_clock_steps(void **state)
{
	struct resources l = {0};

	fake_time_reset();
	assert_int_equal(resources_clock_step(&l, clock_wall_ms(),
			     clock_boot_ms()),
	    0);
	fake_time_advance(2 * HOUR);
	assert_int_equal(resources_clock_step(&l, clock_wall_ms(),
			     clock_boot_ms()),
	    0);
	fake_time_set_wall(999); /* a drift that is corrected */
	assert_int_equal(resources_clock_step(&l, clock_wall_ms(),
			     clock_boot_ms()),
	    0);
	fake_time_set_wall(HOUR);
	fake_time_advance(2000);
	assert_int_equal(resources_clock_step(&l, clock_wall_ms(),
			     clock_boot_ms()),
	    HOUR);
	fake_time_set_wall(-3 * HOUR);
	assert_int_equal(resources_clock_step(&l, clock_wall_ms(),
			     clock_boot_ms()),
	    -3 * HOUR);
	assert_int_equal(resources_clock_step(&l, clock_wall_ms(),
			     clock_boot_ms()),
	    0);
}

/* A clock set beyond the reset must not make ours somebody else's. */
static void
test_budget_goes_with_the_clock(void **state)
{
	static const int64_t steps[] = {30 * HOUR, -30 * HOUR, 90000, -90000};

	for (size_t i = 0; i < nitems(steps); i++) {
		int64_t now = 1790000000000, reset = now + 20 * HOUR;
		struct budget b;

		budget_init(&b, 1);
		budget_asking(&b, 0);
		assert_int_equal(budget_answer(&b, 1000, 990, reset, now), 0);
		for (uint64_t id = 1; id <= 40; id++)
			budget_granted(&b, id, now, true);
		budget_asking(&b, 0);
		assert_int_equal(budget_answer(&b, 1000, 947, reset, now), 3);
		for (uint64_t id = 41; id <= 60; id++)
			budget_granted(&b, id, now + 1000, true);

		budget_clock_set(&b, steps[i]);
		now += steps[i] + 60000;
		reset += steps[i];
		assert_int_equal(budget_foreign_24h(&b, now), 3);
		assert_int_equal(budget_foreign_1h(&b, now), 3);
		budget_asking(&b, 0);
		assert_int_equal(budget_answer(&b, 1000, 927, reset, now), 0);
		assert_int_equal(b.kept.foreign_ever, 3);
	}
}

/* ---- the reserve ---------------------------------------------------- */

static int said;

static void
on_log(enum log_level level, const char *text, void *arg)
{
	said++;
}

static void
test_reserve(void **state)
{
	struct rlimit was, low;
	struct fd_reserve r;
	int fds[256], n = 0, more[2];

	log_init(LOG_TO_HOOK, LOG_L_INFO);
	log_set_hook(on_log, NULL);
	getrlimit(RLIMIT_NOFILE, &was);
	low = was;
	low.rlim_cur = 64;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	fd_reserve_init(&r);
	assert_false(fd_reserve_spend(&r, ENOENT));
	assert_false(fd_reserve_spend(NULL, EMFILE));
	while ((fds[n] = open("/dev/null", O_RDONLY)) != -1)
		n++;
	assert_int_equal(errno, EMFILE);
	assert_int_equal(pipe(more), -1);
	assert_true(fd_reserve_spend(&r, errno));
	assert_int_equal(pipe(more), 0);
	fd_reserve_refill(&r);
	fd_reserve_refill(&r);
	assert_int_equal(said, 1); /* once, not each time */
	assert_true(r.low);
	/* Nobody failed, but soon somebody would: room is made before. */
	close(more[0]);
	close(more[1]);
	fd_reserve_refill(&r);
	assert_int_equal(pipe(more), -1);
	fd_reserve_need(&r, 2);
	assert_int_equal(pipe(more), 0);
	while (n > 0)
		close(fds[--n]);
	fd_reserve_refill(&r);
	assert_false(r.low);
	assert_int_equal(said, 2);
	close(more[0]);
	close(more[1]);
	fd_reserve_close(&r);
	setrlimit(RLIMIT_NOFILE, &was);
	log_set_hook(NULL, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_marks_are_said_once),
	    cmocka_unit_test(test_trend),
	    cmocka_unit_test(test_loop_that_stands),
	    cmocka_unit_test(test_clock_steps),
	    cmocka_unit_test(test_budget_goes_with_the_clock),
	    cmocka_unit_test(test_reserve),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
