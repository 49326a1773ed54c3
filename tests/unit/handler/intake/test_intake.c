/* SPDX-License-Identifier: MIT */
/*
 * intake.c on real uplinks, with the test as the shards: what is handed on and
 * acknowledged, where reading stops and goes on, what a shard that breaks the
 * frame protocol loses, and what becomes of gateway commands.
 */
#include "handler/intake/intake.h"

#include "shared/base/log.h"
#include "shared/base/tricks.h"
#include "shared/base/version.h"
#include "tests/unit/rig/fake_time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#define EVENTS_MAX 8 /* in work */
#define SHARD 3
#define SEND_MARK 7u /* no status of its own */
#define HELD_MAX 64

static struct {
	struct ev_loop *loop;
	struct config_plugin plugin;
	struct subscriptions route;
	struct intake in;
	int fd;		  /* the shard's end */
	char down[65536]; /* what came and was not taken */
	size_t down_len;
	struct event *held[HELD_MAX]; /* delivered, not finished */
	unsigned delivered, finished, closed, refused;
	bool unsafe;	/* what is finished is not on disk yet */
	uint64_t acked; /* what the shard was told */
	unsigned hellos, sends;
	uint64_t send_id;
	uint32_t sent_status;
	char why[256];
} t;

static void
on_deliver(struct intake *in, struct event *e, uint64_t wanted)
{
	assert_int_equal(wanted, 1);
	assert_in_range(t.delivered, 0, HELD_MAX - 1);
	t.held[t.delivered++] = e;
}

static void
on_closed(struct intake *in)
{
	t.closed++;
}

static void
on_refused(struct intake *in, uint32_t shard, const char *why)
{
	assert_int_equal(shard, SHARD);
	str_copy(t.why, why, sizeof(t.why));
	t.refused++;
}

static void
on_sent(void *arg, uint32_t status)
{
	assert_ptr_equal(arg, &t);
	t.sent_status = status;
}

/* ---- the shard's side ----------------------------------------------- */

static void
take_frame(const struct up_hdr *h)
{
	if (h->type == DOWN_HELLO)
		t.hellos++;
	else if (h->type == DOWN_ACK) {
		assert_true(h->ord > t.acked);
		t.acked = h->ord;
	} else {
		assert_int_equal(h->type, DOWN_SEND);
		t.send_id = h->ord;
		t.sends++;
	}
}

static void
take_frames(void)
{
	struct up_hdr h;
	size_t at = 0;

	while (t.down_len - at >= sizeof(h)) {
		memcpy(&h, t.down + at, sizeof(h));
		if (t.down_len - at < sizeof(h) + h.len)
			break;
		take_frame(&h);
		at += sizeof(h) + h.len;
	}
	memmove(t.down, t.down + at, t.down_len -= at);
}

static void
read_down(void)
{
	ssize_t n;

	while (t.fd >= 0 && t.down_len < sizeof(t.down)
	    && (n = read(t.fd, t.down + t.down_len,
		    sizeof(t.down) - t.down_len))
		> 0) {
		t.down_len += (size_t)n;
		take_frames();
	}
}

/* What there is to do at once. */
static void
brief_turn(void)
{
	for (int i = 0; i < 20; i++) {
		ev_run(t.loop, EVRUN_NOWAIT);
		intake_flush(&t.in, !t.unsafe);
	}
	read_down();
}

/* Both sides do what there is to do, gathered acknowledgements too. */
static void
turn(void)
{
	brief_turn();
	while (!t.unsafe && ev_is_active(&t.in.gather)) {
		ev_run(t.loop, EVRUN_ONCE);
		intake_flush(&t.in, true);
	}
	read_down();
}

static void
up(struct up_hdr h, const void *payload, size_t len)
{
	h.len = (uint32_t)len;
	assert_int_equal(fd_write_all(t.fd, (const char *)&h, sizeof(h)), 0);
	assert_int_equal(fd_write_all(t.fd, payload, len), 0);
}

static void
up_event(uint64_t ord)
{
	static const char text[] = "{\"t\":\"NEWS\"}";

	up((struct up_hdr) {.type = UP_EVENT,
	       .ord = ord,
	       .seq = ord,
	       .session = 77,
	       .recv_ms = 1000 + ord,
	       .t_off = 6,
	       .t_len = 4},
	    text, strlen(text));
}

static void
up_hello(uint32_t version)
{
	struct up_hello hello = {.version = version,
	    .shard = SHARD,
	    .shard_count = 4,
	    .generation = 1,
	    .pid = getpid(),
	    .build = SHARDHERD_VERSION};

	up((struct up_hdr) {.type = UP_HELLO}, &hello, sizeof(hello));
}

static void
connect_shard(void)
{
	int fd[2];

	assert_int_equal(socketpair(AF_UNIX,
			     SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fd),
	    0);
	if (t.fd >= 0)
		close(t.fd);
	t.down_len = 0;
	t.fd = fd[1];
	intake_uplink(&t.in, SHARD, 4, fd[0]);
}

static void
begin(void)
{
	connect_shard();
	up_hello(CONTRACT_VERSION);
	turn();
	assert_int_equal(t.hellos, 1);
	assert_int_equal(t.in.open, 1);
}

static void
finish(unsigned i)
{
	assert_non_null(t.held[i]);
	intake_finish(&t.in, t.held[i]);
	t.held[i] = NULL;
	t.finished++;
}

/* ---- tests ---------------------------------------------------------- */

/* Never beyond the first one that is not done; one number for many. */
static void
test_acknowledged_when_done(void **state)
{
	begin();
	for (uint64_t ord = 1; ord <= 4; ord++)
		up_event(ord);
	turn();
	assert_int_equal(t.delivered, 4);
	assert_int_equal(t.acked, 0);
	finish(1);
	finish(2);
	turn();
	assert_int_equal(t.acked, 0);
	finish(0);
	turn();
	assert_int_equal(t.acked, 3);
	finish(3);
	t.unsafe = true;
	turn();
	assert_int_equal(t.acked, 3);
	t.unsafe = false;
	turn();
	assert_int_equal(t.acked, 4);
	assert_int_equal(t.in.acked, 4);
	assert_int_equal(intake_oldest(&t.in), 0);
}

/* It waits for more, but not for ever; a handler that stops waits for none. */
static void
test_acknowledgements_are_gathered(void **state)
{
	begin();
	for (uint64_t ord = 1; ord <= 3; ord++)
		up_event(ord);
	turn();
	for (unsigned i = 0; i < 3; i++) {
		finish(i);
		intake_flush(&t.in, true);
		read_down();
		assert_int_equal(t.acked, HERD_TRICK_ACKS ? 0 : i + 1);
	}
	turn();
	assert_int_equal(t.acked, 3);
	up_event(4);
	turn();
	finish(3);
	intake_flush(&t.in, true);
	read_down();
	assert_int_equal(t.acked, HERD_TRICK_ACKS ? 3 : 4);
	intake_stop(&t.in);
	intake_flush(&t.in, true);
	read_down();
	assert_int_equal(t.acked, 4);
	assert_false(ev_is_active(&t.in.gather));
}

/* So much is not kept back. */
static void
test_acknowledges_a_lot_at_once(void **state)
{
	static char large[8192] = "{\"t\":\"NEWS\"}";
	struct up_hdr h = {.type = UP_EVENT, .ord = 1, .t_off = 6, .t_len = 4};

	begin();
	up_event(1);
	up_event(1 + INTAKE_ACK_EVENTS);
	brief_turn();
	finish(0);
	finish(1);
	intake_flush(&t.in, true);
	read_down();
	assert_int_equal(t.acked, 1 + INTAKE_ACK_EVENTS);
	for (unsigned i = 0; i < INTAKE_ACK_BYTES / sizeof(large); i++) {
		assert_int_equal(t.acked, 1 + INTAKE_ACK_EVENTS);
		h.ord = t.acked + 1 + i;
		up(h, large, sizeof(large));
		for (int k = 0; k < 4; k++)
			ev_run(t.loop, EVRUN_NOWAIT);
		finish(2 + i);
	}
	intake_flush(&t.in, true);
	read_down();
	assert_int_equal(t.acked, h.ord);
}

/* What a new uplink brings again is not handed on again, nor forgotten. */
static void
test_again_on_a_new_uplink(void **state)
{
	begin();
	for (uint64_t ord = 1; ord <= 3; ord++)
		up_event(ord);
	turn();
	finish(0);
	connect_shard();
	assert_int_equal(t.closed, 1);
	t.acked = 0;
	up_hello(CONTRACT_VERSION);
	for (uint64_t ord = 1; ord <= 4; ord++)
		up_event(ord);
	turn();
	assert_int_equal(t.delivered, 4);
	assert_int_equal(t.in.duplicates, 3);
	assert_int_equal(t.acked, 1);
	for (unsigned i = 1; i < 4; i++)
		finish(i);
	turn();
	assert_int_equal(t.acked, 4);
}

/* With the bound met it reads no more, and goes on where it was. */
static void
test_reads_no_more_than_it_may(void **state)
{
	begin();
	for (uint64_t ord = 1; ord <= 20; ord++)
		up_event(ord);
	turn();
	assert_int_equal(t.delivered, EVENTS_MAX);
	assert_false(intake_stuck(&t.in));
	fake_time_advance(INTAKE_STUCK_MS);
	assert_true(intake_stuck(&t.in));
	for (unsigned i = 0; i < 20; i++) {
		if (t.held[i] == NULL)
			turn();
		finish(i);
		assert_true(t.delivered - t.finished <= EVENTS_MAX);
	}
	turn();
	assert_int_equal(t.delivered, 20);
	assert_int_equal(t.acked, 20);
	assert_false(t.in.paused);
}

/* After intake_stop events stay with the shard; what is done is still told. */
static void
test_stopped(void **state)
{
	begin();
	up_event(1);
	turn();
	intake_stop(&t.in);
	up_event(2);
	turn();
	assert_int_equal(t.delivered, 1);
	finish(0);
	turn();
	assert_int_equal(t.acked, 1);
}

static void
refused_with(const char *why)
{
	turn();
	assert_int_equal(t.refused, 1);
	assert_non_null(strstr(t.why, why));
	assert_int_equal(t.in.open, 0);
	assert_int_equal(t.closed, 1);
	assert_int_equal(t.delivered, 0);
}

static void
test_refuses_another_version(void **state)
{
	connect_shard();
	up_hello(CONTRACT_VERSION + 1);
	refused_with("restart the fleet");
}

static void
test_refuses_events_before_hello(void **state)
{
	connect_shard();
	up_event(1);
	refused_with("does not begin with one HELLO");
}

static void
test_refuses_a_second_hello(void **state)
{
	begin();
	up_hello(CONTRACT_VERSION);
	refused_with("does not begin with one HELLO");
}

static void
test_refuses_numbers_that_fall(void **state)
{
	begin();
	up_event(5);
	turn();
	finish(0);
	t.delivered = 0;
	up_event(5);
	refused_with("not numbered upwards");
}

/* ---- gateway commands ----------------------------------------------- */

static int
send_one(const char **why)
{
	t.sent_status = SEND_MARK;
	return intake_send(&t.in, SHARD, "{}", 2, on_sent, &t, why);
}

static void
test_sends(void **state)
{
	struct up_result r = {.status = SEND_QUEUE_FULL};
	const char *why;

	connect_shard();
	assert_int_equal(send_one(&why), -1);
	assert_non_null(strstr(why, "not connected"));
	up_hello(CONTRACT_VERSION);
	turn();
	assert_int_equal(intake_send(&t.in, SHARD, "", INTAKE_SEND_BYTES + 1,
			     on_sent, &t, &why),
	    -1);
	assert_int_equal(send_one(&why), 0);
	turn();
	assert_int_equal(t.sends, 1);
	up((struct up_hdr) {.type = UP_RESULT, .ord = t.send_id}, &r,
	    sizeof(r));
	turn();
	assert_int_equal(t.sent_status, SEND_QUEUE_FULL);

	assert_int_equal(send_one(&why), 0);
	fake_time_advance(INTAKE_SEND_MS - 1);
	intake_tick(&t.in);
	assert_int_equal(t.sent_status, SEND_MARK);
	fake_time_advance(1);
	intake_tick(&t.in);
	assert_int_equal(t.sent_status, INTAKE_SEND_LATE);

	assert_int_equal(send_one(&why), 0);
	close(t.fd);
	t.fd = -1;
	turn();
	assert_int_equal(t.sent_status, INTAKE_SEND_LOST);
	assert_int_equal(t.in.sends_waiting, 0);
}

static void
test_sends_are_bounded(void **state)
{
	const char *why;

	begin();
	for (unsigned i = 0; i < INTAKE_SENDS_MAX; i++)
		assert_int_equal(send_one(&why), 0);
	assert_int_equal(send_one(&why), -1);
	assert_non_null(strstr(why, "too many"));
}

/* ---- life ----------------------------------------------------------- */

static int
setup(void **state)
{
	memset(&t, 0, sizeof(t));
	fake_time_reset();
	log_init(LOG_TO_HOOK, LOG_L_ERROR);
	t.fd = -1;
	t.loop = ev_loop_new(0);
	t.plugin.events = (char[]) {"*"};
	t.plugin.guilds = t.plugin.shards = (char[]) {""};
	subscriptions_init(&t.route);
	subscriptions_set(&t.route, 0, &t.plugin);
	intake_init(&t.in, t.loop, &t.route, EVENTS_MAX, 1);
	t.in.deliver = on_deliver;
	t.in.closed = on_closed;
	t.in.refused = on_refused;
	return 0;
}

static int
teardown(void **state)
{
	for (unsigned i = 0; i < t.delivered; i++)
		if (t.held[i] != NULL)
			intake_finish(&t.in, t.held[i]);
	intake_free(&t.in);
	subscriptions_free(&t.route);
	if (t.fd >= 0)
		close(t.fd);
	ev_loop_destroy(t.loop);
	return 0;
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(test_acknowledged_when_done),
	    T(test_acknowledgements_are_gathered),
	    T(test_acknowledges_a_lot_at_once),
	    T(test_again_on_a_new_uplink),
	    T(test_reads_no_more_than_it_may),
	    T(test_stopped),
	    T(test_refuses_another_version),
	    T(test_refuses_events_before_hello),
	    T(test_refuses_a_second_hello),
	    T(test_refuses_numbers_that_fall),
	    T(test_sends),
	    T(test_sends_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
