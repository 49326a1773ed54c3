/* SPDX-License-Identifier: MIT */
#include "tools/web/push/push.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void
test_ports(void **state)
{
	assert_int_equal(push_port("https://a.example/x?y"), 443);
	assert_int_equal(push_port("http://a.example"), 80);
	assert_int_equal(push_port("http://[::1]:8080/"), 8080);
	assert_int_equal(push_port("ftp://a.example/"), 0);
	assert_int_equal(push_port("a.example"), 0);
	assert_int_equal(push_port(""), 0);
	assert_int_equal(push_port("http://a:99999/"), 0);
}

static void
test_pauses_grow_to_a_bound(void **state)
{
	assert_true(push_pause(30, 0) == 30);
	assert_true(push_pause(30, 1) == 60);
	assert_true(push_pause(30, 2) == 120);
	assert_true(push_pause(30, 9) == PUSH_SLOW_S);
	assert_true(push_pause(1, 4000000000u) == PUSH_SLOW_S);
	/* Seldom is as somebody wanted it. */
	assert_true(push_pause(3600, 5) == 3600);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ports),
	    cmocka_unit_test(test_pauses_grow_to_a_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
