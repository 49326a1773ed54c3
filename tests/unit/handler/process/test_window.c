/* SPDX-License-Identifier: MIT */
/* A plugin's window: order, bounds, answers in any order, and who is blamed
 * when the plugin ends. */
#include "handler/process/window.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define SIZE 4

static struct window win;
static struct window_waiting waiting;
static struct delivery d[100];

static int
setup(void **state)
{
	memset(d, 0, sizeof(d));
	window_waiting_init(&waiting);
	window_init(&win, SIZE, &waiting);
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
		window_push(&waiting, &d[i]);
}

static void
test_order(void **state)
{
	push(0, 6);
	for (unsigned i = 0; i < SIZE; i++) {
		assert_ptr_equal(window_next(&win, true), &d[i]);
		assert_int_equal(d[i].id, i + 1);
	}
	assert_null(window_next(&win, true));
	assert_null(window_answer(&win, 99));
	assert_ptr_equal(window_answer(&win, 3), &d[2]);
	assert_null(window_answer(&win, 3));
	assert_ptr_equal(window_next(&win, true), &d[4]);
	assert_null(window_next(&win, true));
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
		window_next(&win, true);
	d[50].urgent = d[51].urgent = true;
	push(50, 52);
	assert_ptr_equal(window_next(&win, true),
	    &d[50]); /* beyond the window */
	assert_ptr_equal(window_next(&win, true), &d[51]);
	assert_null(window_next(&win, true));
	for (unsigned i = 60; i < 60 + WINDOW_URGENT; i++)
		d[i].urgent = true;
	push(60, 60 + WINDOW_URGENT);
	for (unsigned i = 0; i < WINDOW_URGENT - 2; i++)
		assert_ptr_equal(window_next(&win, true), &d[60 + i]);
	assert_null(window_next(&win, true)); /* its slots have an end too */
}

/* All that had begun to arrive are suspects; they are tried one by one. */
static void
test_blame(void **state)
{
	struct list aside;

	list_init(&aside);
	push(0, 6);
	for (unsigned i = 0; i < SIZE; i++)
		window_next(&win, true)->out_pos = i * 10;
	window_reset(&win, 25, 0, &aside);
	assert_true(list_empty(&aside));
	assert_int_equal((waiting.bulk_n + waiting.urgent_n), 6);
	assert_int_equal(window_out(&win), 0);
	for (unsigned i = 0; i < SIZE; i++)
		assert_int_equal(d[i].strikes, i < 3);

	assert_ptr_equal(window_next(&win, true), &d[0]);
	assert_null(window_next(&win, true)); /* alone */
	assert_ptr_equal(window_answer(&win, 1), &d[0]);
	assert_ptr_equal(window_next(&win, true), &d[1]);
	d[1].out_pos = 0;
	window_reset(&win, 1, 0, &aside); /* and ends it again */
	assert_ptr_equal(aside.next, &d[1].link);
	assert_ptr_equal(aside.prev, &d[1].link);
	assert_ptr_equal(window_next(&win, true), &d[2]);
	assert_null(window_next(&win, true));
	assert_ptr_equal(window_answer(&win, 1), &d[2]);
	assert_ptr_equal(window_next(&win, true),
	    &d[3]); /* innocent: together */
	assert_ptr_equal(window_next(&win, true), &d[4]);
	assert_ptr_equal(window_next(&win, true), &d[5]);
}

/* A timeout names its event; the others were only near. */
static void
test_guilty(void **state)
{
	struct list aside;

	list_init(&aside);
	push(0, 3);
	for (unsigned i = 0; i < 3; i++)
		window_next(&win, true);
	window_reset(&win, 1000, d[1].id, &aside);
	assert_int_equal(d[0].strikes, 0);
	assert_int_equal(d[1].strikes, 1);
	assert_int_equal(d[2].strikes, 0);
	assert_ptr_equal(window_next(&win, true), &d[0]);
	assert_null(
	    window_next(&win, true)); /* the suspect waits to be alone */
	window_answer(&win, 1);
	assert_ptr_equal(window_next(&win, true), &d[1]);
	window_reset(&win, 1000, d[1].id, &aside);
	assert_ptr_equal(aside.next, &d[1].link);
	assert_ptr_equal(window_next(&win, true), &d[2]);
}

/* Two processes share what waits; a copy takes the place of what it copies. */
static void
test_shared(void **state)
{
	struct event copy[2] = {0};
	static struct delivery now[2];
	struct list aside;
	struct window other;

	list_init(&aside);
	window_init(&other, SIZE, &waiting);
	push(0, 5);
	d[5].urgent = true;
	push(5, 6);
	assert_ptr_equal(window_next(&win, true), &d[5]);
	assert_ptr_equal(window_next(&win, true), &d[0]);
	assert_null(window_next(&other, false)); /* only bulk is left */
	assert_ptr_equal(window_next(&other, true), &d[1]);
	for (unsigned i = 0; i < 2; i++)
		now[i].event = &copy[i];
	d[1].strikes = 1;
	window_replace(&other, &d[1], &now[0]);
	window_replace(NULL, &d[2], &now[1]);
	assert_int_equal(now[0].strikes, 1);
	assert_ptr_equal(now[0].event, &copy[0]);
	assert_null(window_next(&other, true)); /* a suspect is out */
	assert_ptr_equal(window_answer(&other, 1), &now[0]);
	window_reset(&win, 0, 0, &aside);
	assert_ptr_equal(window_next(&other, true), &d[5]);
	assert_ptr_equal(window_next(&other, true), &d[0]);
	assert_ptr_equal(window_next(&other, true), &now[1]);
	assert_int_equal(waiting.bulk_n, 2);
	assert_int_equal(waiting.urgent_n, 0);
	window_free(&other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_order, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_urgent, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_blame, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_guilty, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_shared, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
