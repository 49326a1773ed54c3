/* SPDX-License-Identifier: MIT */
/* feed.c: what lanes send goes into the log once, and is acknowledged. */
#include "handler/gate/feed/feed.h"
#include "tests/unit/rig/gate_peer.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define LOG_BYTES (4u << 20)

static struct {
	struct ev_loop *loop;
	struct gatelog *log;
	struct feed feed;
	struct err err;
	int memfd, fd; /* fd: the handler's end */
	unsigned appended;
} t;

static bool
append(struct feed *f, struct gatelog_record *r, const char *raw)
{
	return gatelog_append(f->log, r, raw);
}

static void
appended(struct feed *f)
{
	t.appended++;
}

static void
lane(void)
{
	int fd;

	t.fd = gate_peer_pair(&fd);
	feed_lane(&t.feed, fd, 1, 4);
}

static void
begin(void)
{
	struct gatelog_found found;

	t.loop = ev_loop_new(EVFLAG_AUTO);
	t.log = gatelog_attach(t.memfd, LOG_BYTES, 60000, &found, &t.err);
	assert_non_null(t.log);
	t.feed = (struct feed) {.loop = t.loop,
	    .append = append,
	    .appended = appended};
	feed_init(&t.feed);
	feed_attach(&t.feed, t.log);
	lane();
}

static void
end(void)
{
	feed_free(&t.feed);
	gatelog_detach(t.log);
	ev_loop_destroy(t.loop);
	close(t.fd);
}

static int
set_up(void **state)
{
	memset(&t, 0, sizeof(t));
	t.memfd = memfd_create("log", MFD_CLOEXEC);
	begin();
	return 0;
}

static int
tear_down(void **state)
{
	end();
	return close(t.memfd);
}

static void
put(uint8_t type, uint32_t shard, uint64_t ord, uint64_t seq, const void *data,
    size_t len)
{
	struct gate_hdr h = {.len = (uint32_t)len,
	    .type = type,
	    .shard = shard,
	    .shard_count = 4,
	    .ord = ord,
	    .seq = seq,
	    .session = 77 + shard,
	    .recv_ms = 1};

	gate_peer_say(t.fd, &h, data);
}

static void
hello(void)
{
	gate_peer_hello(t.fd, 4);
}

static void
event(uint32_t shard, uint64_t ord, uint64_t seq)
{
	char text[128];

	str_format(text, sizeof(text),
	    "{\"t\":\"MESSAGE_CREATE\",\"s\":%llu,\"op\":0,\"d\":{}}",
	    (unsigned long long)seq);
	put(GATE_EVENT, shard, ord, seq, text, strlen(text));
}

static void
turn(void)
{
	for (int i = 0; i < 4; i++)
		ev_run(t.loop, EVRUN_NOWAIT);
}

/* The highest number that was acknowledged; 0: none was. */
static uint64_t
acknowledged(void)
{
	char payload[sizeof(struct gate_hello) + 1];
	struct gate_hdr h;
	uint64_t ord = 0;

	while (gate_peer_hear(t.fd, &h, payload, sizeof(payload)))
		if (h.type == GATE_ACK)
			ord = h.ord;
	return ord;
}

static void
test_once(void **state)
{
	hello();
	for (uint64_t i = 1; i <= 5; i++)
		event(0, i, i);
	event(1, 6, 1);
	turn();
	assert_int_equal(acknowledged(), 6);
	assert_int_equal(gatelog_last(t.log), 6);
	/* Sent again: acknowledged, and not there twice. */
	event(0, 7, 5);
	event(0, 8, 6);
	turn();
	assert_int_equal(acknowledged(), 8);
	assert_int_equal(gatelog_last(t.log), 7);
	assert_int_equal(t.feed.repeated, 1);
	assert_true(t.appended > 0);
}

/* An interaction that came ahead, and what lies between. */
static void
test_out_of_order(void **state)
{
	hello();
	event(0, 1, 10);
	event(0, 2, 1);
	event(0, 3, 2);
	event(0, 4, 10);
	turn();
	assert_int_equal(acknowledged(), 4);
	assert_int_equal(gatelog_last(t.log), 3);
}

/* What the log has is known to who attaches next. */
static void
test_another_process(void **state)
{
	hello();
	for (uint64_t i = 1; i <= 100; i++)
		event(2, i, i);
	turn();
	end();
	begin();
	hello();
	for (uint64_t i = 51; i <= 150; i++)
		event(2, i - 50, i);
	turn();
	assert_int_equal(acknowledged(), 100);
	assert_int_equal(gatelog_last(t.log), 150);
	assert_int_equal(t.feed.repeated, 50);
}

static void
test_what_is_none(void **state)
{
	static const char bad[] = "{\"op\":0}";

	hello();
	put(GATE_EVENT, 0, 1, 1, bad, strlen(bad));
	event(0, 2, 2);
	turn();
	assert_int_equal(acknowledged(), 2);
	assert_int_equal(gatelog_last(t.log), 1);
	assert_int_equal(t.feed.unreadable, 1);
}

static void
test_broken_peer(void **state)
{
	event(0, 1, 1); /* without a HELLO */
	turn();
	assert_int_equal(feed_lanes(&t.feed), 0);
	assert_int_equal(gatelog_last(t.log), 0);
	close(t.fd);
	lane();
	hello();
	put(GATE_ACK, 0, 1, 0, NULL, 0); /* not the handler's to send */
	turn();
	assert_int_equal(feed_lanes(&t.feed), 0);
}

static void
test_send(void **state)
{
	struct gate_hdr h;
	char text[3];

	assert_false(feed_send(&t.feed, 1, "{}", 2)); /* not greeted yet */
	hello();
	turn();
	acknowledged();
	assert_true(feed_send(&t.feed, 1, "{}", 2));
	assert_int_equal(read(t.fd, &h, sizeof(h)), sizeof(h));
	assert_int_equal(h.type, GATE_SEND);
	assert_int_equal(h.shard, 1);
	assert_int_equal(read(t.fd, text, 2), 2);
	assert_int_equal(t.feed.sends, 1);
	put(GATE_SENT, 1, h.ord, 0, &(struct up_result) {.status = SEND_OK},
	    sizeof(struct up_result));
	turn();
	assert_int_equal(t.feed.sends, 0);
	for (unsigned i = 0; i < FEED_SENDS_MAX; i++)
		assert_true(feed_send(&t.feed, 1, "{}", 2));
	assert_false(feed_send(&t.feed, 1, "{}", 2));
}

int
main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
	const struct CMUnitTest tests[] = {T(test_once), T(test_out_of_order),
	    T(test_another_process), T(test_what_is_none), T(test_broken_peer),
	    T(test_send)};
#undef T

	return cmocka_run_group_tests(tests, NULL, NULL);
}
