/* SPDX-License-Identifier: MIT */
/*
 * Random walks through queue, pending and spool at once, with steps as fine as
 * the world's.  Coarser ones, in which a message came whole, never saw that an
 * acknowledgement in the middle of a large one aborted the shard.
 */
#include "tests/unit/shard/events/outbox_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define WALKS 300
#define STEPS 1500
#define SLOW_EVERY 32 /* steps, between two looks at everything */

static uint64_t walk; /* its seed, for whoever has to repeat it */

static int
setup(void **state)
{
	walk = 0;
	return box_setup();
}

static int
teardown(void **state)
{
	if (walk != 0)
		print_error("in the walk of seed %llu\n",
		    (unsigned long long)walk);
	return box_teardown();
}

/* ---- one walk ------------------------------------------------------- */

static void
of_the_process(void)
{
	switch (box_random() % 7) {
	case 0:
		box_crash();
		break;
	case 1:
		box_stop();
		break;
	case 5:
		box_power();
		break;
	case 2:
		outbox_spool(&box.pending, "is away");
		break;
	case 3:
		queue_trim(&box.pending.queue);
		break;
	case 4:
		box_disk(box_random() % 2
			? -1
			: (int64_t)(box_random() % (96 << 10)));
		break;
	default:
		fake_time_advance(box_random() % 20000);
		outbox_tick(&box.pending);
	}
}

static void
step(bool slow)
{
	uint64_t r = box_random() % 1000;

	if (r < 500)
		(void)box_piece();
	else if (r < (slow ? 620u : 720u))
		box_write();
	else if (r < (slow ? 660u : 970u))
		box_ack(box_random() % 4 == 0);
	else if (r < 975)
		box_lost();
	else if (r < 977)
		box_ack_wrongly();
	else if (r < 982)
		box_uplink_new();
	else if (r < 984)
		box_uplink_gone();
	else if (r < 992)
		of_the_process();
}

/* Handlers that keep up and such that do not, in turn. */
static void
wander(uint64_t seed)
{
	uint64_t phase = 100 + seed * 37 % 700;

	box_open();
	box_uplink_new();
	for (uint64_t i = 0; i < STEPS; i++) {
		step(i / phase % 2 == 1);
		box_check(i % SLOW_EVERY == 0);
	}
	box_settle();
}

static void
f_a1_any_interleaving_of_pieces_acks_and_disk(void **state)
{
	uint64_t seen = 0, repeats = 0, refused = 0, losses = 0;

	const char *one = getenv("HERD_SEED");

	for (uint64_t n = 1; n <= WALKS; n++) {
		uint64_t seed = one != NULL ? (uint64_t)atoll(one) : n;

		if (n > 1) {
			assert_int_equal(box_teardown(), 0);
			assert_int_equal(box_setup(), 0);
		}
		walk = seed;
		box_seed(seed);
		box.large = seed % 3 != 0;
		if (seed % 4 == 0) {
			box.limits.queue_bytes = 2 << 20;
			box.limits.spool_bytes = 4 << 20;
		}
		wander(seed);
		seen += box.seen;
		repeats += box.repeats;
		refused += box.refused;
		losses += box.losses;
		if (one != NULL)
			break;
	}
	walk = 0;
	if (one != NULL)
		return;
	/* The walks went where they should. */
	assert_true(seen > WALKS * 100);
	assert_true(repeats > WALKS * 5);
	assert_true(refused > WALKS / 10);
	assert_true(losses > WALKS / 2);
}

/* ---- the case that was seen ----------------------------------------- */

static void
exchange(void)
{
	while (box.pending.queue.unsent > 0)
		box_write();
	box_ack(true);
	box_check(true);
}

/* All else is acknowledged while a message is open that outgrows its segment:
 * at the next acknowledgement of everything the shard aborted. */
static void
f_a1_an_ack_in_the_middle_of_a_large_message(void **state)
{
	const struct queue *q = &box.pending.queue;

	box.large = true;
	box.limits.queue_bytes = 64 << 20;
	box_open();
	box_uplink_new();
	while (box.received < BOX_LARGE_EVERY - 1)
		(void)box_piece();
	while (box.at < 2 * QUEUE_SEGMENT) {
		(void)box_piece();
		exchange();
		/* Nothing that went is kept behind the open message. */
		assert_ptr_equal(q->segs.next, q->segs.prev);
	}
	while (!box_piece())
		;
	exchange();
	assert_int_equal(box.seen, BOX_LARGE_EVERY);
	box_settle();
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(f_a1_an_ack_in_the_middle_of_a_large_message),
	    T(f_a1_any_interleaving_of_pieces_acks_and_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
