/* SPDX-License-Identifier: MIT */
/*
 * receive.c between a session on the fake clock, a pending that can be full,
 * and an uplink whose other end the test holds: what counts as received, and
 * what is asked for again.
 */
#include "shard/events/receive.h"

#include "tests/unit/rig/scratch.h"
#include "tests/unit/shard/session/session_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define OLD_SESSION 7
#define READY                                                                  \
	"{\"t\":\"READY\",\"s\":1,\"op\":0,\"d\":{\"session_id\":\"abc\","     \
	"\"resume_gateway_url\":\"" RIG_RESUME "\",\"guilds\":[]}}"
#define INTERACTION                                                            \
	"{\"t\":\"INTERACTION_CREATE\",\"s\":8,\"op\":0,\"d\":{\"id\":\"1\"}}"

static char base[SCRATCH_MAX - 16], dir[SCRATCH_MAX];
static struct page_slot slot;
static struct page_cluster fleet;
static struct outbox pending;
static struct receive in;
static struct uplink *uplink;
static struct send_queue *sends;
static struct ev_loop *loop;
static int handler; /* the other end of the uplink, -1: there is none */

static int
on_ack(void *arg, uint64_t ord)
{
	return 0;
}

static void
on_down(void *arg, uint64_t id, const char *text, size_t len)
{
}

static void
on_gone(void *arg, const char *why)
{
}

static void
on_drained(void *arg)
{
}

static bool
on_write(void *arg, const char *text, size_t len)
{
	return false;
}

static void
on_result(void *arg, uint64_t id, enum send_status status)
{
}

static const struct uplink_ops uplink_ops = {on_ack, on_down, on_gone,
    on_drained};
static const struct send_queue_ops send_queue_ops = {on_write, on_result};

static int
setup(void **state)
{
	log_init(LOG_TO_HOOK, LOG_L_ERROR);
	memset(&slot, 0, sizeof(slot));
	handler = -1;
	loop = ev_loop_new(EVFLAG_AUTO);
	if (scratch_make(base, sizeof(base)) != 0)
		return -1;
	(void)str_format(dir, sizeof(dir), "%s/spool/7", base);
	return 0;
}

/* Of a session that is in the state the test took it to. */
static void
open_parts(uint64_t queue_bytes, uint64_t spool_bytes)
{
	struct outbox_limits l = {.dir = dir,
	    .queue_bytes = queue_bytes,
	    .spool_bytes = spool_bytes};
	struct receive_to to = {.session = &rig_session,
	    .pending = &pending,
	    .stats = &rig_stats,
	    .slot = &slot,
	    .fleet = &fleet};

	outbox_init(&pending, &l, &rig_stats);
	outbox_take(&pending);
	uplink = to.uplink = uplink_new(loop, &pending.queue, &uplink_ops,
	    NULL);
	sends = to.sends = send_queue_new(timer_base_new(loop), &send_queue_ops,
	    NULL);
	receive_init(&in, &to);
	assert_int_equal(receive_open(&in, rig_session.generation,
			     COMPRESS_NONE, 1 << 20, 1 << 20),
	    0);
}

static int
teardown(void **state)
{
	receive_close(&in);
	send_queue_free(sends);
	uplink_free(uplink);
	outbox_close(&pending);
	rig_end();
	if (handler >= 0)
		close(handler);
	ev_loop_destroy(loop);
	return scratch_remove(base);
}

static void
message(const char *text)
{
	receive_read(&in, strlen(text));
	receive_data(&in, text, strlen(text) / 2);
	receive_data(&in, text + strlen(text) / 2,
	    strlen(text) - strlen(text) / 2);
	receive_end(&in);
}

/* An event of an older session: what became of it. */
static enum outbox_result
older(size_t len)
{
	struct up_hdr h = {.type = UP_EVENT,
	    .session = OLD_SESSION,
	    .seq = 1,
	    .recv_ms = (uint64_t)clock_wall_ms()};
	enum outbox_result r;
	size_t avail;

	memset(queue_space(&pending.queue, len, &avail), 'x', len);
	queue_fill(&pending.queue, len);
	r = outbox_commit(&pending, &h);
	if (r == OUTBOX_REFUSED)
		queue_discard(&pending.queue);
	return r;
}

/* Until not one byte more can be kept. */
static void
fill(void)
{
	while (older(1000) != OUTBOX_REFUSED)
		;
	while (older(1) != OUTBOX_REFUSED)
		;
}

/* Takes a handler's part: everything is acknowledged. */
static void
all_acknowledged(void)
{
	struct queue_acked a;

	outbox_connected(&pending, true);
	while (!outbox_none(&pending)) {
		queue_sent(&pending.queue, pending.queue.unsent);
		assert_int_equal(outbox_ack(&pending, pending.queue.last_ord,
				     &a),
		    0);
	}
}

/* As session_actions.c does it: another connection, a new decoder. */
static void
reconnect(void)
{
	receive_close(&in);
	rig_in(SESSION_EV_ROOM);
	fake_time_advance(SESSION_FULL_MS);
	rig_hello();
	rig_is(SHARD_RESUMING);
	assert_int_equal(receive_open(&in, rig_session.generation,
			     COMPRESS_NONE, 1 << 20, 1 << 20),
	    0);
}

/* The newest frame of the queue. */
static struct up_hdr
newest(void)
{
	struct queue_pos at = queue_first(&pending.queue);
	struct up_hdr h = {0};
	const unsigned char *payload;

	while (queue_next(&pending.queue, &at, &h, &payload))
		;
	return h;
}

static void
f_a12_a_refused_ready_is_asked_for_again(void **state)
{
	rig_identifying();
	open_parts(64 << 10, 128 << 10);
	fill();
	message(READY);
	rig_is(SHARD_WAITING);
	assert_true(rig_session.held);
	all_acknowledged();
	reconnect();
	assert_int_equal(rig_seen.identifies, 1);
	assert_int_equal(rig_seen.resume_seq, 0);
	/* READY comes again, is kept, and is not asked for any more. */
	message(READY);
	assert_int_equal(newest().seq, 1);
	assert_int_equal(rig_session.seq, 1);
}

/* The same when this process dies before the handler has it. */
static void
f_a12_the_record_does_not_count_ready_as_received(void **state)
{
	rig_identifying();
	open_parts(1 << 20, 1 << 20);
	message(READY);
	rig_is(SHARD_READY);
	assert_int_equal(rig_seen.saved.seq, 0);
	assert_string_equal(rig_seen.saved.id, "abc");
	assert_int_equal(rig_session.seq, 1);
	assert_true(rig_session.has_seq);
}

/* ---- what overtook -------------------------------------------------- */

static void
connect_handler(void)
{
	struct up_hello hello = {.version = CONTRACT_VERSION};
	int fd[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
			     fd),
	    0);
	handler = fd[1];
	uplink_adopt(uplink, fd[0], &hello);
	outbox_connected(&pending, true);
}

/* The flags of the express copies that went to the handler, in order. */
static unsigned
express_flags(unsigned *flags, unsigned max)
{
	static unsigned char buf[1 << 16];
	size_t off = 0, len;
	unsigned n = 0;
	ssize_t got;
	struct up_hdr h;

	uplink_turn(uplink);
	got = recv(handler, buf, sizeof(buf), 0);
	len = got > 0 ? (size_t)got : 0;
	while (len - off >= sizeof(h)) {
		memcpy(&h, buf + off, sizeof(h));
		if (h.flags & UP_FLAG_EXPRESS) {
			assert_true(n < max);
			flags[n++] = h.flags;
		}
		off += sizeof(h) + h.len;
		if (off > len)
			break;
	}
	return n;
}

static void
f_a12_the_frame_of_what_overtook_is_marked(void **state)
{
	unsigned flags[4];

	rig_live();
	open_parts(8 << 20, 1 << 20);
	connect_handler();
	message(INTERACTION);
	assert_int_equal(newest().flags & UP_FLAG_AGAIN, 0);
	while (pending.queue.bytes <= OUTBOX_BULK)
		assert_int_equal(older(10000), OUTBOX_KEPT);
	message("{\"t\":\"INTERACTION_CREATE\",\"s\":9,\"op\":0,\"d\":{}}");
	assert_int_equal(express_flags(flags, 4), 1);
	assert_int_equal(flags[0] & UP_FLAG_AGAIN, 0);
	assert_int_equal(newest().seq, 9);
	assert_true(newest().flags & UP_FLAG_AGAIN);
	/* Others are as new as they were. */
	message("{\"t\":\"MESSAGE_CREATE\",\"s\":10,\"op\":0,\"d\":{}}");
	assert_int_equal(newest().flags & UP_FLAG_AGAIN, 0);
}

/* Its own frame could not be kept: RESUME brings it, and it is not new. */
static void
f_a12_what_overtook_and_was_refused_comes_again_marked(void **state)
{
	unsigned flags[4];

	rig_live();
	open_parts(64 << 10, 512 << 10);
	connect_handler();
	fill();
	assert_true(outbox_bulk(&pending));
	message(INTERACTION);
	assert_int_equal(express_flags(flags, 4), 1);
	assert_int_equal(flags[0] & UP_FLAG_AGAIN, 0);
	rig_is(SHARD_WAITING);
	all_acknowledged();
	reconnect();
	assert_int_equal(rig_seen.resume_seq, 7);
	message(INTERACTION);
	assert_int_equal(newest().seq, 8);
	assert_true(newest().flags & UP_FLAG_AGAIN);
	message("{\"t\":\"INTERACTION_CREATE\",\"s\":9,\"op\":0,\"d\":{}}");
	assert_int_equal(newest().flags & UP_FLAG_AGAIN, 0);
}

/* What begins as no zstd does, once: another kind is asked for, and an hour
 * later the best one again. */
static void
test_what_was_refused_is_forgotten(void **state)
{
	static const char html[] = "<html>";

	rig_live();
	open_parts(1 << 20, 1 << 20);
	assert_int_equal(receive_without(&in), 0);
	receive_close(&in);
	assert_int_equal(receive_open(&in, rig_session.generation,
			     COMPRESS_ZSTD, 1 << 20, 1 << 20),
	    0);
	receive_data(&in, html, sizeof(html) - 1);
	assert_int_equal(receive_without(&in), 1);
	fake_time_advance(RECEIVE_REFUSED_MS - 1);
	assert_int_equal(receive_without(&in), 1);
	fake_time_advance(1);
	assert_int_equal(receive_without(&in), 0);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(f_a12_a_refused_ready_is_asked_for_again),
	    T(f_a12_the_record_does_not_count_ready_as_received),
	    T(f_a12_the_frame_of_what_overtook_is_marked),
	    T(f_a12_what_overtook_and_was_refused_comes_again_marked),
	    T(test_what_was_refused_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
