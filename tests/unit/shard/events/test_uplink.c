/* SPDX-License-Identifier: MIT */
/*
 * The uplink over a real socket pair: what a handler that reads late gets, what
 * overtakes, and what a cut lets through.
 */
#include "shard/events/uplink.h"

#include "shared/wire/contract.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define BULK 400
#define BODY 10000u /* BULK of them are more than a socket holds */

static struct ev_loop *loop;
static struct queue queue;
static struct uplink *up;
static unsigned drained, gone;

/* The handler's end. */
static struct {
	int fd;
	unsigned char buf[sizeof(struct up_hdr) + 2 * BODY];
	size_t len;
	uint64_t last_ord;
	uint64_t session;
	unsigned events, express, again;
} peer;

static int
on_ack(void *arg, uint64_t ord)
{
	struct queue_acked a;

	return queue_ack(&queue, ord, &a);
}

static void
on_send(void *arg, uint64_t id, const char *text, size_t len)
{
}

static void
on_gone(void *arg, const char *why)
{
	gone++;
}

static void
on_drained(void *arg)
{
	drained++;
}

static const struct uplink_ops ops = {on_ack, on_send, on_gone, on_drained};

static void
turn(void)
{
	uplink_turn(up);
	ev_run(loop, EVRUN_NOWAIT);
	uplink_turn(up);
}

static void
peer_say(enum up_type type, uint64_t ord, const void *payload, size_t len)
{
	struct up_hdr h = {.type = (uint8_t)type,
	    .len = (uint32_t)len,
	    .ord = ord};

	assert_int_equal(write(peer.fd, &h, sizeof(h)), sizeof(h));
	assert_int_equal(write(peer.fd, payload, len), len);
	turn();
}

static void
connect_peer(void)
{
	struct up_hello mine = {.version = CONTRACT_VERSION};
	int fds[2];

	if (peer.fd >= 0)
		close(peer.fd);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
			     fds),
	    0);
	memset(&peer, 0, sizeof(peer));
	peer.fd = fds[1];
	uplink_adopt(up, fds[0], &mine);
	peer_say(DOWN_HELLO, 0, &mine, sizeof(mine));
}

static void
peer_frame(const struct up_hdr *h, const unsigned char *p)
{
	struct up_session us;

	if (h->type == UP_SESSION) {
		memcpy(&us, p, sizeof(us));
		peer.session = us.session;
	}
	if (h->type != UP_EVENT)
		return;
	assert_int_equal(h->session, peer.session);
	if (h->flags & UP_FLAG_EXPRESS) {
		assert_int_equal(h->ord, 0);
		assert_memory_equal(p, "hurry", 5);
		peer.express++;
		return;
	}
	assert_int_equal(h->ord, peer.last_ord + 1);
	peer.last_ord = h->ord;
	peer.again += (h->flags & UP_FLAG_AGAIN) != 0;
	peer.events++;
}

/* Reads until nothing comes or, unless 0, so many more events have. */
static void
peer_read(unsigned most)
{
	unsigned until = peer.events + most;
	struct up_hdr h;
	ssize_t n;

	while (most == 0 || peer.events < until) {
		size_t want = sizeof(h);

		if (peer.len >= sizeof(h)) {
			memcpy(&h, peer.buf, sizeof(h));
			want += h.len;
		}
		assert_true(want <= sizeof(peer.buf));
		if (peer.len == want) {
			peer_frame(&h, peer.buf + sizeof(h));
			peer.len = 0;
			continue;
		}
		n = read(peer.fd, peer.buf + peer.len, want - peer.len);
		if (n > 0) {
			peer.len += (size_t)n;
			continue;
		}
		if (queue.unsent == 0 || most == 0)
			break;
		turn();
	}
}

static void
put(const char *text, size_t len)
{
	struct up_hdr h = {.type = UP_EVENT, .session = 3};
	unsigned char *p;
	size_t avail;

	p = queue_space(&queue, len, &avail);
	memset(p, 'x', len);
	memcpy(p, text, strlen(text));
	queue_fill(&queue, len);
	queue_commit(&queue, &h);
}

static void
express(void)
{
	struct up_hdr h = {.type = UP_EVENT, .session = 3, .len = 5};
	struct up_session us = {.session = 3, .id = "three"};

	assert_true(uplink_express(up, &h, "hurry", &us));
}

static int
setup(void **state)
{
	struct up_session us = {.session = 3, .id = "three"};

	loop = ev_loop_new(EVFLAG_AUTO);
	queue_init(&queue);
	drained = gone = 0;
	peer.fd = -1;
	up = uplink_new(loop, &queue, &ops, NULL);
	queue_announce(&queue, &us);
	for (int i = 0; i < BULK; i++)
		put("bulk", BODY);
	connect_peer();
	return 0;
}

static int
teardown(void **state)
{
	uplink_free(up);
	queue_free(&queue);
	close(peer.fd);
	ev_loop_destroy(loop);
	return 0;
}

static void
test_express_overtakes(void **state)
{
	unsigned before;

	assert_true(queue.unsent > BULK * BODY / 4);
	before = (unsigned)queue.sent_ord;
	express();
	express();
	put("hurry", 100);
	peer_read(before + 2);
	/* Behind what the socket held already, ahead of all the rest. */
	assert_int_equal(peer.express, 2);
	while (queue.unsent > 0) {
		peer_read(0);
		turn();
	}
	peer_read(0);
	assert_int_equal(peer.events, BULK + 1);
	assert_int_equal(peer.express, 2);
	peer_say(DOWN_ACK, peer.last_ord, "", 0);
	assert_int_equal(queue.events, 0);
}

static void
test_express_is_bounded(void **state)
{
	static char big[UPLINK_EXPRESS_MAX];
	struct up_hdr h = {.type = UP_EVENT, .len = sizeof(big)};
	struct up_session us = {0};

	assert_false(uplink_express(up, &h, big, &us));
	uplink_result(up, 7, SEND_OK);
	assert_true(uplink_connected(up));
}

static void
test_cut(void **state)
{
	uint64_t sent;

	assert_true(queue_mid(&queue) > 0);
	sent = queue.sent_ord + 1; /* the one in the middle is finished */
	uplink_cut(up);
	for (int i = 0; i < 1000 && (i < 10 || peer.last_ord < sent); i++) {
		turn();
		peer_read(0);
	}
	assert_int_equal(peer.last_ord, sent);
	assert_int_equal(queue.sent_ord, sent);
	put("late", 100);
	turn();
	peer_read(0);
	assert_int_equal(peer.last_ord, sent);
	peer_say(DOWN_ACK, sent - 1, "", 0);
	assert_int_equal(drained, 0);
	peer_say(DOWN_ACK, sent, "", 0);
	assert_int_equal(drained, 1);
	/* The next one gets what is left, none of it again. */
	connect_peer();
	peer.last_ord = sent;
	while (queue.unsent > 0 || peer.len > 0) {
		turn();
		peer_read(0);
	}
	peer_read(0);
	assert_int_equal(peer.events, BULK + 1 - sent);
	assert_int_equal(peer.again, 0);
	assert_int_equal(gone, 0);
}

static void
test_cut_of_an_idle_one(void **state)
{
	while (queue.unsent > 0 || peer.len > 0) {
		turn();
		peer_read(0);
	}
	peer_read(0);
	peer_say(DOWN_ACK, BULK, "", 0);
	uplink_cut(up);
	assert_int_equal(drained, 0); /* from the loop only */
	turn();
	assert_int_equal(drained, 1);
}

static void
test_lost(void **state)
{
	peer_read(20);
	close(peer.fd);
	peer.fd = -1;
	turn();
	assert_int_equal(gone, 1);
	assert_false(uplink_connected(up));
	connect_peer();
	peer_read(20);
	assert_int_equal(peer.again, 20);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(test_express_overtakes),
	    T(test_express_is_bounded),
	    T(test_cut),
	    T(test_cut_of_an_idle_one),
	    T(test_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
