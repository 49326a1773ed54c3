/* SPDX-License-Identifier: MIT */
/* The real timer.c: order, re-arming from a callback, stopping a due one. */
#include "shared/base/timer.h"

#include "shared/base/clock.h"

#include <ev.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static struct timers *base;
static struct timer slow, quick, again;
static char order[32];
static int rounds;

static void
note(char c)
{
	size_t n = strlen(order);

	must(n + 1 < sizeof(order));
	order[n] = c;
}

static void
on_slow(struct timer *t)
{
	note('s');
}

static void
on_quick(struct timer *t)
{
	note('q');
	timer_stop(&slow);
}

static void
on_again(struct timer *t)
{
	note('a');
	if (++rounds < 3)
		timer_set(t, 0.001);
}

static void
run(struct ev_loop *loop, size_t until)
{
	/* Bounded: libev itself waits for the timerfd. */
	for (int i = 0; i < 100 && strlen(order) < until; i++)
		ev_run(loop, EVRUN_ONCE);
}

static void
test_order(void **state)
{
	struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);

	base = timer_base_new(loop);
	timer_init(base, &slow, on_slow);
	timer_init(base, &quick, on_quick);
	timer_init(base, &again, on_again);
	timer_set(&slow, 0.02);
	timer_set(&quick, 0.005);
	run(loop, 1);
	assert_string_equal(order, "q");
	assert_false(timer_pending(&slow));
	timer_set(&slow, 5);
	timer_set(&slow, 0.001);
	timer_set(&again, 0);
	run(loop, 5);
	assert_int_equal(rounds, 3);
	assert_int_equal(strlen(order), 5);
	assert_non_null(strchr(order, 's'));
	assert_false(timer_pending(&again));
	timer_stop(&slow);
	timer_base_free(base);
	ev_loop_destroy(loop);
}

/* How long comes from outside, now and then: too long is long, not the end. */
static void
test_for_ever(void **state)
{
	struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);

	base = timer_base_new(loop);
	timer_init(base, &slow, on_slow);
	timer_set(&slow, 1e30);
	assert_true(timer_pending(&slow));
	assert_true(
	    slow.due_ms <= clock_boot_ms() + (uint64_t)(TIMER_MAX_S * 1000));
	timer_stop(&slow);
	timer_base_free(base);
	ev_loop_destroy(loop);
	assert_true(timer_clamp(-1) == 0 && timer_clamp(2.5) == 2.5);
}

/* Both due in the same turn: the first stops the second before it fires. */
static void
test_stop_due(void **state)
{
	struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);

	memset(order, 0, sizeof(order));
	base = timer_base_new(loop);
	timer_init(base, &slow, on_slow);
	timer_init(base, &quick, on_quick);
	timer_set(&quick, 0);
	timer_set(&slow, 0);
	run(loop, 1);
	assert_string_equal(order, "q");
	timer_base_free(base);
	ev_loop_destroy(loop);
}

static void
on_socket(struct ev_loop *loop, ev_io *w, int revents)
{
	note('r');
	ev_io_stop(loop, w);
}

/*
 * A process that stood still finds its socket readable and its deadline over
 * in the same turn, whichever came first: what arrived is heard first.
 */
static void
test_arrived_first(void **state)
{
	for (int byte_first = 0; byte_first < 2; byte_first++) {
		struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
		int fd[2];
		ev_io io;

		memset(order, 0, sizeof(order));
		assert_int_equal(pipe(fd), 0);
		base = timer_base_new(loop);
		timer_init(base, &slow, on_slow);
		ev_io_init(&io, on_socket, fd[0], EV_READ);
		ev_io_start(loop, &io);
		ev_run(loop, EVRUN_NOWAIT); /* both are watched now */
		if (byte_first)
			assert_int_equal(write(fd[1], "x", 1), 1);
		timer_set(&slow, 0.001);
		while (clock_boot_ms() <= slow.due_ms + 2)
			; /* the process stands still */
		if (!byte_first)
			assert_int_equal(write(fd[1], "x", 1), 1);
		run(loop, 2);
		assert_string_equal(order, "rs");
		timer_base_free(base);
		close(fd[0]);
		close(fd[1]);
		ev_loop_destroy(loop);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_for_ever),
	    cmocka_unit_test(test_stop_due),
	    cmocka_unit_test(test_arrived_first),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
