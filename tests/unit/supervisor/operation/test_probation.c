/* SPDX-License-Identifier: MIT */
/* Is a new handler as good as the one before?  Samples on a fake clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "supervisor/operation/probation.h"
#include "supervisor/operation/reload.h"

static struct probation p;
static struct probation_sample s;
static char words[RELOAD_WORDS];

static void
begin(uint64_t served_ms, uint64_t ends)
{
	s = (struct probation_sample) {.now_ms = 1000000,
	    .acked = 77,
	    .taken = 5000,
	    .plugin_ends = 9,
	    .plugins = 2,
	    .plugins_up = 2};
	probation_begin(&p, &s, served_ms, ends, 30000);
	s.taken = 1;
	words[0] = '\0';
}

static enum reload_verdict
after(uint64_t ms, bool last)
{
	s.now_ms += ms;
	return probation_judge(&p, &s, last, words, sizeof(words));
}

static void
test_probation_idle_or_working(void **state)
{
	begin(600000, 0);
	assert_int_equal(after(9999, false), RELOAD_GOOD);
	assert_int_equal(after(1, true), RELOAD_GOOD);
	begin(600000, 0);
	s.waiting = 10;
	for (int i = 0; i < 5; i++) {
		s.acked++;
		assert_int_equal(after(4000, i == 4), RELOAD_GOOD);
	}
}

static void
test_probation_hung(void **state)
{
	begin(600000, 0);
	after(500, false);
	s.waiting = 3;
	assert_int_equal(after(PROBATION_HUNG_MS - 1, false), RELOAD_GOOD);
	assert_int_equal(after(1, false), RELOAD_BAD);
	assert_non_null(strstr(words, "silent"));
}

/* It takes events and finishes none: its plugins may be slow, up to a point. */
static void
test_probation_never_acknowledges(void **state)
{
	begin(600000, 0);
	s.waiting = 3;
	for (int i = 0; i < 10; i++) {
		s.taken++;
		assert_int_equal(after(1000, false), RELOAD_GOOD);
	}
	assert_int_equal(after(500, true), RELOAD_WAIT);
	for (int i = 0; i < 18; i++) {
		s.taken++;
		assert_int_equal(after(1000, true), RELOAD_WAIT);
	}
	s.taken++;
	assert_int_equal(after(1500, true), RELOAD_BAD);
	assert_non_null(strstr(words, "not finished one event"));
}

static void
test_probation_plugins_fail(void **state)
{
	begin(600000, 0);
	s.plugin_ends += PROBATION_ENDS_MAX - 1;
	assert_int_equal(after(1000, false), RELOAD_GOOD);
	s.plugin_ends++;
	assert_int_equal(after(1000, false), RELOAD_BAD);
	assert_non_null(strstr(words, "3 times in 2 s"));
	/* They ended as often before: one each second. */
	begin(10000, 10);
	s.plugin_ends += 4;
	assert_int_equal(after(4000, false), RELOAD_GOOD);
}

static void
test_probation_plugin_missing(void **state)
{
	begin(600000, 0);
	s.plugins_up = 1;
	assert_int_equal(after(5000, false), RELOAD_GOOD);
	assert_int_equal(after(5000, true), RELOAD_BAD);
	assert_non_null(strstr(words, "1 of 2 plugins"));
	/* It was no better before. */
	begin(600000, 0);
	s.plugins_up = 1;
	p.all_up_before = false;
	assert_int_equal(after(10000, true), RELOAD_GOOD);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_probation_idle_or_working),
	    cmocka_unit_test(test_probation_hung),
	    cmocka_unit_test(test_probation_never_acknowledges),
	    cmocka_unit_test(test_probation_plugins_fail),
	    cmocka_unit_test(test_probation_plugin_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
