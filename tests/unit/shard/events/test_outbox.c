/* SPDX-License-Identifier: MIT */
/*
 * outbox.c in situations of their own, with the model of outbox_rig.h around
 * it; test_outbox_walk.c walks through all others at random.
 */
#include "tests/unit/shard/events/outbox_rig.h"
#include "tests/unit/rig/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static int
setup(void **state)
{
	return box_setup();
}

static int
teardown(void **state)
{
	return box_teardown();
}

/* With a handler that keeps up nothing reaches the disk. */
static void
test_unused(void **state)
{
	box.limits.queue_bytes = 1 << 20;
	box_open();
	box_uplink_new();
	while (box.received < BOX_SESSION_EVENTS) {
		box_receive();
		box_write();
		box_ack(true);
	}
	box_settle();
	assert_int_equal(box.repeats, 0);
	assert_false(scratch_exists(box_dir()));
}

/* No RESUME brings back what the session before left: it is not in memory only
 * when the next one begins, so a crash loses nothing of it. */
static void
f_a1_what_an_old_session_left_goes_to_disk(void **state)
{
	box.limits.queue_bytes = 64 << 20;
	box.limits.spool_bytes = 4 << 20;
	box_open();
	while (box.received < BOX_SESSION_EVENTS)
		box_receive();
	assert_int_equal(box.stats.spool_events, 0);
	box_receive();
	assert_int_equal(box.stats.spool_events, BOX_SESSION_EVENTS);
	box_crash();
	assert_int_equal(box.received, BOX_SESSION_EVENTS);
	assert_int_equal(box.stats.spool_events, BOX_SESSION_EVENTS);
	box_settle();
	assert_int_equal(box.seen, BOX_SESSION_EVENTS);
}

/* Away across a stop: everything is there at the next start, once. */
static void
test_stop_and_start(void **state)
{
	box_open();
	for (int i = 0; i < 300; i++)
		box_receive();
	assert_false(box.pending.spooling && box.stats.spool_refused);
	box_stop();
	assert_int_equal(box.stats.spool_events, box.received);
	assert_int_equal(box.seen, 0);
	box_settle();
	assert_int_equal(box.repeats, 0);
	assert_true(box.seen >= 290);
}

/* At the bound the event in hand counts as not received. */
static void
test_bound(void **state)
{
	uint64_t last;

	box_open();
	while (!box.blocked)
		box_receive();
	assert_int_equal(box.stats.spool_refused, 1);
	assert_true(box.stats.spool_bytes <= box.limits.spool_bytes);
	assert_true(box.stats.spool_bytes > box.limits.spool_bytes - 100000);
	last = box.received;
	assert_false(outbox_room(&box.pending));
	box_uplink_new();
	while (box.blocked) {
		box_write();
		box_ack(false);
	}
	assert_true(box.stats.spool_bytes < box.limits.spool_bytes / 2);
	box_receive();
	while (box.received <= last)
		box_receive();
	box_settle();
	assert_int_equal(box.repeats, 0);
}

/* Events that waited for too long go, those behind them stay. */
static void
test_age(void **state)
{
	uint64_t had;

	box_open();
	while (box.stats.spool_bytes < box.limits.spool_bytes / 2)
		box_receive();
	had = box.pending.queue.events;
	assert_true(box.stats.spool_events > had);
	fake_time_advance(box.limits.spool_age_ms + 1000);
	for (int i = 0; i < 20; i++)
		box_receive();
	outbox_tick(&box.pending);
	assert_true(box.stats.spool_expired > 0);
	assert_int_equal(box.stats.spool_events + box.stats.spool_expired,
	    box.received);
	/* A hole between what is in memory and the late ones. */
	box.hole = box.stats.spool_expired;
	box_settle();
	assert_int_equal(box.hole, 0);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(test_unused),
	    T(f_a1_what_an_old_session_left_goes_to_disk),
	    T(test_stop_and_start),
	    T(test_bound),
	    T(test_age),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
