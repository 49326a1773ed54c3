/* SPDX-License-Identifier: MIT */
#include "tools/web/history/outage.h"

#include "tests/unit/rig/fake_time.h"
#include "tests/unit/rig/made_view.h"
#include "tools/web/history/history_file.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct view v;
static struct outage o;

static int
begin(void **state)
{
	fake_time_reset();
	fake_time_pass(24 * 3600 * 1000);
	made_view(&v, 4);
	return 0;
}

static int
end(void **state)
{
	view_free(&v);
	return 0;
}

static unsigned
find(void)
{
	unsigned n = 0;

	made_view_now(&v);
	outage_find(&v, &o);
	for (int i = 0; i < OUTAGE_KINDS; i++)
		n += o.is[i];
	return n;
}

/* Whoever adds a finding says what it is for people. */
static void
test_each_code_has_a_kind(void **state)
{
	for (int i = 0; i < VERDICT_CODES_N; i++)
		if (!outage_knows((enum verdict_code)i))
			fail_msg("%s: not in OUTAGE_CODES of outage.c",
			    verdict_code_name[i]);
}

static void
test_words(void **state)
{
	char words[200];

	for (int i = 0; i < OUTAGE_KINDS; i++) {
		enum outage_kind kind = (enum outage_kind)i;

		assert_true(strlen(outage_name[i]) < HISTORY_FILE_KIND);
		for (uint32_t out = 0; out < 3; out++) {
			outage_words_now(kind, out, 2, words, sizeof(words));
			assert_true(isupper(words[0]));
			assert_int_equal(words[strlen(words) - 1], '.');
			outage_words_then(kind, out, 2, words, sizeof(words));
			assert_int_equal(words[strlen(words) - 1], '.');
		}
	}
	outage_words_now(OUTAGE_SHARDS, 1, 4, words, sizeof(words));
	assert_string_equal(words,
	    "Some servers are not reached: 1 of 4 connections to Discord is "
	    "not up.");
	outage_words_then(OUTAGE_SHARDS, 4, 4, words, sizeof(words));
	assert_string_equal(words,
	    "No server was reached: no connection to Discord was up.");
}

static void
test_well(void **state)
{
	assert_int_equal(find(), 0);
	assert_true(o.lost <= 0 && !o.less);
	assert_int_equal(o.out, 0);
	assert_int_equal(o.shards, 4);
	assert_int_equal(o.rtt_ms, 52);
}

static void
test_shards(void **state)
{
	made_view_shard(&v, 1, SHARD_RESUMING, 5000);
	assert_int_equal(find(), 1);
	assert_true(o.is[OUTAGE_SHARDS]);
	assert_int_equal(o.age_ms[OUTAGE_SHARDS], 5000);
	assert_true(o.lost > 0.24 && o.lost < 0.26 && !o.less);
	for (uint32_t i = 0; i < 4; i++)
		made_view_shard(&v, i, SHARD_HELD, 0);
	assert_int_equal(find(), 1);
	assert_true(o.lost >= 1);
	/* One that claims to be ready and hears nothing. */
	for (uint32_t i = 0; i < 4; i++)
		made_view_shard(&v, i, SHARD_READY, 3600000);
	v.shard[2].s.interval_ms = 41250;
	v.shard[2].s.frame_ms = v.shard[2].s.ack_ms = v.now_ms - 100000;
	assert_int_equal(find(), 1);
	assert_int_equal(o.out, 1);
	/* Partly deaf: what it does hear it hears. */
	v.shard[2].s.interval_ms = 0;
	v.shard[2].silent = 1;
	assert_int_equal(find(), 1);
	assert_true(o.is[OUTAGE_EVENTS]);
	assert_true(o.lost <= 0 && o.less);
}

static void
test_parts(void **state)
{
	made_view_failing(&v);
	assert_int_equal(find(), 1);
	assert_true(o.is[OUTAGE_FUNCTION]);
	v.handler.rest = PAGE_REST_BLOCKED;
	made_view_held(&v);
	assert_int_equal(find(), 3);
	assert_true(o.is[OUTAGE_ANSWERS] && o.is[OUTAGE_HELD]);
	assert_true(o.lost <= 0 && o.less);
	v.handler_alive = false;
	v.handler.state = HANDLER_DOWN;
	assert_int_equal(find(), 2);
	assert_true(o.is[OUTAGE_HANDLER]);
	assert_true(o.lost >= 1);
}

static void
test_gate(void **state)
{
	v.cluster.gate = 1;
	assert_int_equal(find(), 1);
	assert_true(o.is[OUTAGE_PROGRAM]);
	v.gate_alive = true;
	v.gate.state = GATE_READY;
	assert_int_equal(find(), 0);
}

static void
test_without_a_supervisor(void **state)
{
	v.alive = false;
	assert_int_equal(find(), 1);
	assert_true(o.is[OUTAGE_UNWATCHED]);
	assert_true(o.lost <= 0 && o.less);
	v.handler_alive = false;
	assert_int_equal(find(), 2);
	assert_true(o.is[OUTAGE_HANDLER]);
	for (uint32_t i = 0; i < 4; i++)
		made_view_shard(&v, i, SHARD_DOWN, 0);
	assert_int_equal(find(), 1);
	assert_true(o.is[OUTAGE_STOPPED]);
	v.alive = true;
	v.hung_s = 30;
	v.handler_alive = true;
	for (uint32_t i = 0; i < 4; i++)
		made_view_shard(&v, i, SHARD_READY, 0);
	assert_int_equal(find(), 1);
	assert_true(o.is[OUTAGE_UNWATCHED]);
}

/* No shard is no shard that works. */
static void
test_no_shards(void **state)
{
	view_free(&v);
	made_view(&v, 0);
	assert_true(find() > 0);
	assert_true(o.lost >= 1);
	v.alive = false;
	assert_true(find() > 0);
	assert_true(o.lost >= 1);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
	    T(test_each_code_has_a_kind),
	    T(test_words),
	    T(test_well),
	    T(test_shards),
	    T(test_parts),
	    T(test_gate),
	    T(test_without_a_supervisor),
	    T(test_no_shards),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
