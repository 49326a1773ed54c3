/* SPDX-License-Identifier: MIT */
/* A plugin's window: order, bounds, answers in any order, and who is blamed
 * when the plugin ends. */
#include "handler/window.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define SIZE 4

static struct window win;
static struct delivery d[100];

static int
setup(void **state)
{
	memset(d, 0, sizeof(d));
	window_init(&win, SIZE);
	return 0;
}

static int
teardown(void **state)
{
	window_free(&win);
	return 0;
}

static void
push(unsigned from, unsigned to)
{
	for (unsigned i = from; i < to; i++)
		window_push(&win, &d[i]);
}

static void
test_order(void **state)
{
	push(0, 6);
	for (unsigned i = 0; i < SIZE; i++) {
		assert_ptr_equal(window_next(&win), &d[i]);
		assert_int_equal(d[i].id, i + 1);
	}
	assert_null(window_next(&win));
	assert_null(window_answer(&win, 99));
	assert_ptr_equal(window_answer(&win, 3), &d[2]);
	assert_null(window_answer(&win, 3));
	assert_ptr_equal(window_next(&win), &d[4]);
	assert_null(window_next(&win));
	assert_ptr_equal(window_upto(&win, 4), &d[0]);
	assert_ptr_equal(window_upto(&win, 4), &d[1]);
	assert_ptr_equal(window_upto(&win, 4), &d[3]);
	assert_null(window_upto(&win, 4));
	assert_ptr_equal(window_oldest(&win), &d[4]);
}

static void
test_urgent(void **state)
{
	push(0, 8);
	for (unsigned i = 0; i < SIZE; i++)
		window_next(&win);
	d[50].urgent = d[51].urgent = true;
	push(50, 52);
	assert_ptr_equal(window_next(&win), &d[50]); /* beyond the window */
	assert_ptr_equal(window_next(&win), &d[51]);
	assert_null(window_next(&win));
	for (unsigned i = 60; i < 60 + WINDOW_URGENT; i++)
		d[i].urgent = true;
	push(60, 60 + WINDOW_URGENT);
	for (unsigned i = 0; i < WINDOW_URGENT - 2; i++)
		assert_ptr_equal(window_next(&win), &d[60 + i]);
	assert_null(window_next(&win)); /* its slots have an end too */
}

/* All that had begun to arrive are suspects; they are tried one by one. */
static void
test_blame(void **state)
{
	struct list aside;

	list_init(&aside);
	push(0, 6);
	for (unsigned i = 0; i < SIZE; i++)
		window_next(&win)->out_pos = i * 10;
	window_reset(&win, 25, NULL, &aside);
	assert_true(list_empty(&aside));
	assert_int_equal(win.queued, 6);
	assert_int_equal(window_out(&win), 0);
	for (unsigned i = 0; i < SIZE; i++)
		assert_int_equal(d[i].strikes, i < 3);

	assert_ptr_equal(window_next(&win), &d[0]);
	assert_null(window_next(&win)); /* alone */
	assert_ptr_equal(window_answer(&win, 1), &d[0]);
	assert_ptr_equal(window_next(&win), &d[1]);
	d[1].out_pos = 0;
	window_reset(&win, 1, NULL, &aside); /* and ends it again */
	assert_ptr_equal(aside.next, &d[1].link);
	assert_ptr_equal(aside.prev, &d[1].link);
	assert_ptr_equal(window_next(&win), &d[2]);
	assert_null(window_next(&win));
	assert_ptr_equal(window_answer(&win, 1), &d[2]);
	assert_ptr_equal(window_next(&win), &d[3]); /* innocent: together */
	assert_ptr_equal(window_next(&win), &d[4]);
	assert_ptr_equal(window_next(&win), &d[5]);
}

/* A timeout names its event; the others were only near. */
static void
test_guilty(void **state)
{
	struct list aside;

	list_init(&aside);
	push(0, 3);
	for (unsigned i = 0; i < 3; i++)
		window_next(&win);
	window_reset(&win, 1000, &d[1], &aside);
	assert_int_equal(d[0].strikes, 0);
	assert_int_equal(d[1].strikes, 1);
	assert_int_equal(d[2].strikes, 0);
	assert_ptr_equal(window_next(&win), &d[0]);
	assert_null(window_next(&win)); /* the suspect waits to be alone */
	window_answer(&win, 1);
	assert_ptr_equal(window_next(&win), &d[1]);
	window_reset(&win, 1000, &d[1], &aside);
	assert_ptr_equal(aside.next, &d[1].link);
	assert_ptr_equal(window_next(&win), &d[2]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_order, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_urgent, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_blame, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_guilty, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
