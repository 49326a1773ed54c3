/* SPDX-License-Identifier: MIT */
/* Notes have a time, a rank and an end. */
#include "supervisor/base/status_notes.h"
#include "tests/unit/rig/fake_time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define DAY_MS ((int64_t)24 * 3600 * 1000)

static void
f_d2_notes_have_rank_time_and_end(void **state)
{
	struct page_note list[PAGE_NOTES];
	struct status_notes b = {0};
	int64_t begin = clock_wall_ms();

	fake_time_advance(1000);
	status_notes_say(&b, NOTE_ASKING, "asking");
	fake_time_advance(1000);
	status_notes_say(&b, NOTE_RELOAD, "rolled back");
	fake_time_advance(1000);
	status_notes_say(&b, NOTE_START, "rolled back");
	fake_time_advance(1000);
	status_notes_say(&b, NOTE_FATAL, "held");
	fake_time_advance(1000);
	status_notes_say(&b, NOTE_FATAL, "held by another word");
	assert_true(b.due);
	status_notes_list(&b, list, clock_wall_ms());
	assert_string_equal(list[0].text, "held by another word");
	assert_int_equal(list[0].since_ms, begin + 4000);
	assert_int_equal(list[0].rank, PAGE_CRITICAL);
	assert_string_equal(list[1].text, "rolled back");
	assert_int_equal(list[1].since_ms, begin + 2000);
	assert_string_equal(list[2].text, "asking");
	assert_string_equal(list[3].text, "");
	fake_time_advance(1000);
	status_notes_say(&b, NOTE_FATAL, "");
	fake_time_advance(1000);
	status_notes_say(&b, NOTE_START, "");
	/* What is over is not told for ever; what stands is. */
	status_notes_list(&b, list, begin + 2000 + DAY_MS);
	assert_string_equal(list[0].text, "asking");
	assert_string_equal(list[1].text, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(f_d2_notes_have_rank_time_and_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
