/* SPDX-License-Identifier: MIT */
/* page_run.c: which of a client's processes are there, and whose have ended. */
#include "shared/page/page.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static struct page_head head;
static struct page_client_process *const on = &head.client[3];

static int
set_up(void **state)
{
	memset(&head, 0, sizeof(head));
	str_copy(on->name, "bot", sizeof(on->name));
	return 0;
}

static bool
ended(uint32_t run)
{
	return page_run_ended(&head, "bot", run);
}

static void
test_one_after_another(void **state)
{
	/* It may come before it is noted. */
	assert_false(ended(100));
	page_run_note(on, 100, 0, 0, false);
	assert_false(ended(100));
	assert_true(ended(99));
	page_run_note(on, 0, 0, 100, false);
	assert_true(ended(100));
	assert_false(ended(101));
	page_run_note(on, 101, 0, 0, false);
	assert_true(ended(100));
	assert_false(ended(101));
}

/* Of two that which ends, whichever it is. */
static void
test_beside_another(void **state)
{
	page_run_note(on, 100, 105, 0, false);
	assert_false(ended(100));
	assert_false(ended(105));
	assert_true(ended(103));
	page_run_note(on, 100, 0, 105, false);
	assert_false(ended(100));
	assert_true(ended(105));
	page_run_note(on, 110, 100, 0, false);
	page_run_note(on, 110, 0, 100, false);
	assert_true(ended(100));
	assert_false(ended(110));
}

/* What was there before comes one by one, in any order. */
static void
test_taken_over(void **state)
{
	page_run_note(on, 100, 105, 0, false);
	page_run_note(on, 105, 0, 0, true);
	assert_false(ended(100));
	assert_false(ended(105));
	page_run_note(on, 100, 105, 0, true);
	assert_false(ended(100));
	assert_false(ended(105));
	page_run_note(on, 100, 105, 0, false);
	page_run_note(on, 100, 0, 0, true);
	assert_false(ended(105));
	/* It did not come. */
	page_run_note(on, 100, 0, 0, false);
	assert_true(ended(105));
	assert_false(ended(100));
}

static void
test_another_client(void **state)
{
	page_run_note(on, 100, 0, 0, false);
	assert_true(page_run_ended(&head, "bo", 100));
	assert_true(page_run_ended(&head, "botty", 100));
	/* Its writer died in the middle. */
	page_begin(&on->lock);
	assert_false(ended(99));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_one_after_another, set_up),
	    cmocka_unit_test_setup(test_beside_another, set_up),
	    cmocka_unit_test_setup(test_taken_over, set_up),
	    cmocka_unit_test_setup(test_another_client, set_up)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
