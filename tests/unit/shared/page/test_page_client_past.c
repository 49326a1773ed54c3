/* SPDX-License-Identifier: MIT */
/* What happened to a client of the gate: its place among those of others, and
 * the ring there. */
#include "shared/page/page.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#define PLACES 3

static bool
none(const char *name, const void *arg)
{
	return false;
}

static bool
all_but(const char *name, const void *arg)
{
	return strcmp(name, arg) != 0;
}

static void
test_the_places(void **state)
{
	static struct page_client_past p[PLACES];

	assert_ptr_equal(page_client_past_of(p, PLACES, "a", none, NULL), p);
	assert_ptr_equal(page_client_past_of(p, PLACES, "b", none, NULL),
	    p + 1);
	assert_ptr_equal(page_client_past_of(p, PLACES, "a", none, NULL), p);
	assert_ptr_equal(page_client_past_of(p, PLACES, "c", none, NULL),
	    p + 2);
	page_client_past_add(&p[1], "of b");
	/* Full: that of one who is gone is emptied, of others none. */
	assert_null(page_client_past_of(p, PLACES, "d", all_but, "x"));
	assert_ptr_equal(page_client_past_of(p, PLACES, "d", all_but, "b"),
	    p + 1);
	assert_string_equal(p[1].name, "d");
	assert_int_equal(p[1].event[0].at_ms, 0);
}

static void
test_the_ring(void **state)
{
	static struct page_client_past p;
	char text[16];

	for (int i = 0; i <= PAGE_CLIENT_PAST; i++) {
		str_format(text, sizeof(text), "event %d", i);
		page_client_past_add(&p, text);
	}
	assert_string_equal(p.event[0].text, text);
	assert_string_equal(p.event[1].text, "event 1");
	page_client_past_again(&p, "once more");
	assert_string_equal(p.event[0].text, "once more");
	assert_int_equal(p.next, 1);
	assert_int_equal(p.lock % 2, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_places),
	    cmocka_unit_test(test_the_ring),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
