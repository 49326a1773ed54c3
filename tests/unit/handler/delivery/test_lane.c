/* SPDX-License-Identifier: MIT */
/*
 * A lane with its backlog against a shadow model: a plugin that is fast, slow
 * or stuck, and handlers that die at random.  A shard may forget what it was
 * told is done; so every event must reach the plugin, in order but for what
 * was being worked on at a death.
 */
#include "handler/delivery/lane.h"
#include "shared/base/clock.h"
#include "tests/unit/rig/fake_time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#define EVENTS 3000
#define WINDOW 4

static char dir[64];

static struct {
	struct lanes lanes;
	struct lane lane;
	struct window window;
	struct in_flight work;
	struct in_flight_shard shard;
	struct config_plugin cfg;
	unsigned finished[EVENTS + 1]; /* by the plugin */
	bool acked[EVENTS + 1];	       /* done, as the shard sees it */
	uint64_t sent, handed;	       /* seqs: pushed, handed out last */
	uint32_t rng;
} m;

static uint32_t
pick(uint32_t n)
{
	m.rng = m.rng * 1664525u + 1013904223u;
	return (m.rng >> 8) % n;
}

static void
on_finished(struct lanes *l, struct event *e)
{
	m.acked[e->seq] = true;
	in_flight_finish(&m.work, e);
}

static void
start_handler(void)
{
	memset(&m.lanes, 0, sizeof(m.lanes));
	m.lanes.finished = on_finished;
	m.lanes.serving = true;
	backlog_dir_init(&m.lanes.backlogs, dir);
	in_flight_init(&m.work, 10000, 1 << 24);
	in_flight_shard_init(&m.shard, 3);
	in_flight_session(&m.shard, 9, "session");
	in_flight_bind(&m.shard, 1);
	lane_init(&m.lane, &m.lanes, 0, &m.cfg);
	window_init(&m.window, WINDOW, &m.lane.waiting);
	m.lane.window[0] = &m.window;
	assert_true(lane_open(&m.lane));
}

/* As after SIGKILL: nothing is said, memory is gone, the disk is not. */
static void
kill_handler(void)
{
	struct list aside;

	list_init(&aside);
	window_reset(&m.window, 0, 0, &aside);
	m.lane.window[0] = NULL;
	lane_free(&m.lane);
	window_free(&m.window);
	in_flight_shard_drop(&m.work, &m.shard);
	in_flight_free(&m.work);
	backlog_dir_unlock(&m.lanes.backlogs);
	m.handed = 0;
}

static void
push(uint64_t seq, bool again)
{
	char raw[64];
	struct up_hdr h = {.type = UP_EVENT,
	    .ord = seq,
	    .seq = seq,
	    .session = 9,
	    .recv_ms = (uint64_t)clock_wall_ms(),
	    .flags = again ? UP_FLAG_AGAIN : 0};
	struct event *e;

	str_format(raw, sizeof(raw), "{\"s\":%llu}", (unsigned long long)seq);
	h.len = (uint32_t)strlen(raw);
	if (in_flight_judge(&m.work, &m.shard, &h) != IN_FLIGHT_NEW)
		return;
	e = in_flight_add(&m.work, &m.shard, &h, raw, 1);
	e->to[0].event = e;
	e->to[0].urgent = !again && seq % 50 == 0;
	lane_push(&m.lane, &e->to[0]);
}

static void
send_out(void)
{
	struct delivery *d;

	lane_fill(&m.lane);
	while ((d = window_next(&m.window, true)) != NULL) {
		if (d->event->seq % 50 == 0)
			continue; /* came as an urgent one */
		assert_true(d->event->seq > m.handed);
		m.handed = d->event->seq;
	}
}

static void
finish_one(bool oldest)
{
	struct delivery *d = window_oldest(&m.window);
	uint64_t seq;

	if (d == NULL)
		return;
	if (!oldest)
		d = container_of(m.window.out.prev, struct delivery, link);
	d = window_answer(&m.window, d->id);
	seq = d->event->seq;
	assert_string_equal(in_flight_event_session(d->event), "session");
	assert_int_equal(d->event->shard_id, 3);
	m.finished[seq]++;
	lane_finish(&m.lane, d);
}

static void
crash_and_resend(void)
{
	kill_handler();
	start_handler();
	for (uint64_t s = 1; s <= m.sent; s++)
		if (!m.acked[s])
			push(s, true);
}

static bool
all_finished(void)
{
	for (uint64_t s = 1; s <= EVENTS; s++)
		if (m.finished[s] == 0)
			return false;
	return m.sent == EVENTS;
}

static void
run(uint32_t seed)
{
	uint32_t mood = 0;
	unsigned repeats = 0, deaths = 0;

	memset(&m, 0, sizeof(m));
	m.rng = seed;
	m.cfg = (struct config_plugin) {.name = "p",
	    .window = WINDOW,
	    .backlog_events = 40,
	    .backlog_bytes = 4 << 20,
	    .backlog_age_s = 3600};
	start_handler();
	for (unsigned op = 0; !all_finished(); op++) {
		assert_true(op < 400000);
		if (op % 500 == 0)
			mood = pick(3); /* stuck, slow, fast */
		if (m.sent < EVENTS && pick(3) == 0)
			push(++m.sent, false);
		send_out();
		for (uint32_t i = pick(mood * 2 + 1); i > 0; i--)
			finish_one(pick(4) != 0);
		if (pick(40) == 0) {
			m.lanes.epoch++;
			lane_tick(&m.lane);
		}
		if (pick(700) == 0) {
			crash_and_resend();
			deaths++;
		}
	}
	for (uint64_t s = 1; s <= EVENTS; s++)
		repeats += m.finished[s] - 1;
	/* Only what was in a window, or done behind something that was not. */
	assert_true(repeats <= deaths * 200);
	assert_int_equal(m.lane.dropped, 0);
	send_out();
	while (window_oldest(&m.window) != NULL) {
		finish_one(true);
		send_out();
	}
	assert_false(m.lane.backlog.untaken);
	assert_int_equal(m.lane.backlog.taken_n, 0);
	assert_int_equal(m.lane.backlog.ahead_n, 0);
	kill_handler();
}

static int
setup(void **state)
{
	fake_time_reset();
	str_copy(dir, "/tmp/test_plugin_lane.XXXXXX", sizeof(dir));
	return mkdtemp(dir) == NULL;
}

static int
teardown(void **state)
{
	char command[128];

	str_format(command, sizeof(command), "rm -r %s", dir);
	return system(command);
}

static void
test_shadow(void **state)
{
	for (uint32_t seed = 1; seed <= 6; seed++)
		run(seed);
}

/* At the bound the newest go, counted; the shard is not held up. */
static void
test_full(void **state)
{
	memset(&m, 0, sizeof(m));
	m.cfg = (struct config_plugin) {.name = "p",
	    .window = WINDOW,
	    .backlog_events = 10,
	    .backlog_bytes = 64 << 10,
	    .backlog_age_s = 3600};
	start_handler();
	while (m.sent < EVENTS)
		push(++m.sent, false);
	assert_true(m.lane.dropped > 0);
	assert_true(m.lane.note[0] != '\0');
	for (uint64_t s = 1; s <= EVENTS; s++)
		assert_true(m.acked[s] || s % 50 == 0);
	send_out();
	assert_int_equal(window_oldest(&m.window)->event->seq, 50);
	kill_handler();
}

/* Each event that is not done is counted in one place, wherever it moves. */
static void
assert_waiting(uint64_t all)
{
	assert_int_equal(lane_out(&m.lane) + lane_waiting(&m.lane)
		+ lane_on_disk(&m.lane),
	    all);
}

static void
test_counted_once(void **state)
{
	memset(&m, 0, sizeof(m));
	m.cfg = (struct config_plugin) {.name = "p",
	    .window = WINDOW,
	    .backlog_events = 100,
	    .backlog_bytes = 1 << 20,
	    .backlog_age_s = 3600};
	start_handler();
	while (m.sent < 300)
		push(++m.sent, false);
	assert_waiting(300);
	send_out();
	assert_waiting(300);
	lane_spill(&m.lane);
	assert_waiting(300);
	assert_true(lane_on_disk(&m.lane) > 0);
	for (unsigned left = 300; left > 0; left--) {
		finish_one(left % 3 != 0);
		send_out();
		assert_waiting(left - 1);
	}
	kill_handler();
}

/* A second handler gets the backlog when the first one leaves, not before. */
static void
test_two_handlers(void **state)
{
	struct backlog_dir other;

	memset(&m, 0, sizeof(m));
	m.cfg = (struct config_plugin) {.name = "p",
	    .window = WINDOW,
	    .backlog_events = 2,
	    .backlog_bytes = 1 << 20,
	    .backlog_age_s = 3600};
	start_handler();
	for (unsigned i = 0; i < 10; i++)
		push(++m.sent, false);
	backlog_dir_init(&other, dir);
	assert_false(backlog_dir_lock(&other));
	m.lanes.serving = false;
	lane_tick(&m.lane); /* nothing is out: it leaves at once */
	assert_null(m.lane.backlog.spool);
	assert_true(backlog_of_another(&m.lane.backlog));
	backlog_dir_unlock(&m.lanes.backlogs);
	assert_true(backlog_dir_lock(&other));
	assert_false(lane_open(&m.lane)); /* bulk waits for the other */
	backlog_dir_unlock(&other);
	m.lanes.serving = true; /* a rollback: it is ours again */
	assert_true(lane_open(&m.lane));
	send_out();
	assert_int_equal(window_oldest(&m.window)->event->seq, 1);
	kill_handler();
}

/* A12: shards forget what a backlog took, so a power loss must leave it. */
static void
f_a12_what_the_backlog_took_is_to_be_synced(void **state)
{
	struct err e;

	memset(&m, 0, sizeof(m));
	m.cfg = (struct config_plugin) {.name = "p",
	    .window = WINDOW,
	    .backlog_events = 2,
	    .backlog_bytes = 4 << 20,
	    .backlog_age_s = 3600};
	start_handler();
	push(++m.sent, false);
	assert_false(m.lane.backlog.unsynced); /* in memory, with the shard */
	for (unsigned i = 0; i < 60; i++)
		push(++m.sent, false);
	assert_true(m.lane.backlog.unsynced);
	assert_int_equal(backlog_sync(&m.lane.backlog, &e), 0);
	assert_false(m.lane.backlog.unsynced);
	push(++m.sent, false);
	assert_true(m.lane.backlog.unsynced);
	kill_handler();
}

/* What waits goes, in memory and on disk, and what comes; the shard is
 * freed. */
static void
test_dismissed(void **state)
{
	memset(&m, 0, sizeof(m));
	m.cfg = (struct config_plugin) {.name = "p",
	    .window = WINDOW,
	    .backlog_events = 2,
	    .backlog_bytes = 4 << 20,
	    .backlog_age_s = 3600};
	start_handler();
	for (unsigned i = 0; i < 60; i++)
		push(++m.sent, false);
	assert_true(m.lane.backlog.untaken);
	lane_dismiss(&m.lane, true);
	push(++m.sent, false);
	lane_tick(&m.lane);
	assert_false(m.lane.backlog.untaken);
	assert_int_equal(m.lane.backlog.taken_n, 0);
	assert_int_equal(m.lane.waiting.bulk_n + m.lane.waiting.urgent_n, 0);
	for (uint64_t s = 1; s <= m.sent; s++)
		assert_true(m.acked[s]);
	send_out();
	assert_null(window_oldest(&m.window));
	lane_dismiss(&m.lane, false);
	push(++m.sent, false);
	send_out();
	assert_int_equal(window_oldest(&m.window)->event->seq, m.sent);
	kill_handler();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_shadow, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_full, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_counted_once, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_two_handlers, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_dismissed, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		f_a12_what_the_backlog_took_is_to_be_synced, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
