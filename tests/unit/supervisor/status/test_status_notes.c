/* SPDX-License-Identifier: MIT */
/* Notes have a time, a rank and an end. */
#include "supervisor/status/status_notes.h"

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

	status_notes_say(&b, BOARD_ASKING, "asking", 1000);
	status_notes_say(&b, BOARD_RELOAD, "rolled back", 2000);
	status_notes_say(&b, BOARD_ALERT, "rolled back", 2500);
	status_notes_say(&b, BOARD_FATAL, "held", 3000);
	status_notes_say(&b, BOARD_FATAL, "held by another word", 4000);
	status_notes_list(&b, list, 5000);
	assert_string_equal(list[0].text, "held by another word");
	assert_int_equal(list[0].since_ms, 3000);
	assert_int_equal(list[0].rank, PAGE_CRITICAL);
	assert_string_equal(list[1].text, "rolled back");
	assert_int_equal(list[1].since_ms, 2000);
	assert_string_equal(list[2].text, "asking");
	assert_string_equal(list[3].text, "");
	status_notes_say(&b, BOARD_FATAL, "", 6000);
	status_notes_say(&b, BOARD_ALERT, "", 6000);
	/* What is over is not told for ever; what stands is. */
	status_notes_list(&b, list, 2000 + DAY_MS);
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
