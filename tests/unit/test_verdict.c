/* SPDX-License-Identifier: MIT */
/* Ready, deaf or down: what becomes of a shard's own word. */
#include "shared/verdict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define NOW 100000u

static void
test_rows(void **state)
{
	static const struct {
		uint32_t state;
		uint64_t since, ack, frame, interval;
		bool alive;
		const char *word;
	} row[] = {
	    {SHARD_READY, 10, NOW - 100, NOW - 50, 1000, true, "ready"},
	    {SHARD_READY, 10, NOW - 2000, NOW - 2000, 1000, true, "ready"},
	    {SHARD_READY, 10, NOW - 2001, NOW - 50, 1000, true, "deaf"},
	    {SHARD_READY, 10, NOW - 50, NOW - 2001, 1000, true, "deaf"},
	    /* of the connection before */
	    {SHARD_READY, NOW - 1500, 10, 10, 1000, true, "ready"},
	    {SHARD_READY, NOW - 2001, 0, 0, 1000, true, "deaf"},
	    /* written after we looked at the clock */
	    {SHARD_READY, 10, NOW + 5, NOW + 5, 1000, true, "ready"},
	    {SHARD_READY, 10, 10, 10, 0, true, "ready"},
	    {SHARD_READY, 10, NOW, NOW, 1000, false, "down"},
	    {SHARD_RESUMING, 10, 10, 10, 1000, true, "resuming"},
	    {SHARD_HELD, 10, 10, 10, 1000, false, "held"},
	    {SHARD_STATES, 10, NOW, NOW, 1000, true, "down"},
	};

	for (size_t i = 0; i < nitems(row); i++) {
		struct page_shard s = {.state = row[i].state,
		    .state_since_ms = row[i].since, .ack_ms = row[i].ack,
		    .frame_ms = row[i].frame,
		    .interval_ms = row[i].interval};
		struct verdict v = verdict_shard(&s, row[i].alive, NOW);

		assert_string_equal(v.word, row[i].word);
		assert_int_equal(v.ready, strcmp(v.word, "ready") == 0);
		assert_int_equal(v.deaf, strcmp(v.word, "deaf") == 0);
		assert_string_equal(page_shard_state_name[v.state],
		    v.deaf ? "ready" : v.word);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
