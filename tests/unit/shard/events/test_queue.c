/* SPDX-License-Identifier: MIT */
/*
 * The event queue against a shadow model: random messages, partial writes,
 * acknowledgements and new uplinks must leave the bytes and the order that a
 * plain array would.
 */
#include "shard/events/queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define STEPS 60000
#define MODEL_MAX 200000

/* What the receiver of one uplink has got so far. */
static struct {
	unsigned char *buf;
	size_t len;
	uint64_t next_ord; /* expected */
	uint64_t session;
} got;

/* One event of the model, by ord - 1. */
static struct {
	uint32_t len;
	uint64_t seed;
	uint64_t session;
	bool went; /* wholly written on some uplink */
} model[MODEL_MAX];

static uint64_t model_count, model_acked, rnd = 88172645463325252u;

static uint64_t
next_random(void)
{
	rnd ^= rnd << 13;
	rnd ^= rnd >> 7;
	rnd ^= rnd << 17;
	return rnd;
}

static unsigned char
byte_of(uint64_t seed, size_t i)
{
	return (unsigned char)(seed + i * 31 + (i >> 8));
}

static size_t
random_len(void)
{
	uint64_t r = next_random();

	if (r % 500 == 0)
		return 100000 + (r >> 32) % 400000;
	if (r % 20 == 0)
		return (r >> 32) % 9000;
	return 1 + (r >> 32) % 300;
}

/* The message being built: whatever else happens may happen between two of its
 * pieces. */
static struct {
	size_t len, at;
	uint64_t seed;
} open_msg;

/* The next piece; true when that made it whole. */
static bool
add_piece(struct queue *q)
{
	size_t n, avail;
	unsigned char *p;

	if (open_msg.at == open_msg.len) {
		open_msg.len = random_len();
		open_msg.seed = next_random();
		open_msg.at = 0;
	}
	n = open_msg.len - open_msg.at;
	if (next_random() % 3 == 0)
		n = 1 + next_random() % n;
	p = queue_space(q, n < 64 ? n : 64, &avail);
	n = n < avail ? n : avail;
	for (size_t i = 0; i < n; i++)
		p[i] = byte_of(open_msg.seed, open_msg.at + i);
	queue_fill(q, n);
	open_msg.at += n;
	assert_int_equal(queue_open_len(q), open_msg.at);
	return open_msg.at == open_msg.len;
}

/* A whole message becomes a frame; one is sometimes given up, whole or not. */
static void
add_some(struct queue *q, uint64_t session)
{
	bool whole = add_piece(q);

	if (next_random() % 20 == 0) {
		queue_discard(q);
		open_msg.at = open_msg.len = 0;
		return;
	}
	if (!whole)
		return;
	if (next_random() % 50 == 0) {
		struct up_session us = {.session = session};
		queue_announce(q, &us);
	}
	struct up_hdr h = {.type = UP_EVENT,
	    .session = session,
	    .seq = model_count + 1};
	queue_commit(q, &h);
	must(model_count < MODEL_MAX);
	model[model_count].len = (uint32_t)open_msg.len;
	model[model_count].seed = open_msg.seed;
	model[model_count].went = false;
	model[model_count++].session = session;
}

/* Reads whole frames off what was received. */
static void
receive(void)
{
	size_t off = 0;
	struct up_hdr h;

	while (got.len - off >= sizeof(h)) {
		memcpy(&h, got.buf + off, sizeof(h));
		if (got.len - off < sizeof(h) + h.len)
			break;
		const unsigned char *p = got.buf + off + sizeof(h);
		off += sizeof(h) + h.len;
		if (h.type == UP_SESSION) {
			assert_int_equal(h.len, sizeof(struct up_session));
			continue;
		}
		assert_int_equal(h.type, UP_EVENT);
		assert_int_equal(h.ord, got.next_ord);
		assert_int_equal(h.len, model[h.ord - 1].len);
		assert_int_equal(h.session, model[h.ord - 1].session);
		assert_int_equal((h.flags & UP_FLAG_AGAIN) != 0,
		    model[h.ord - 1].went);
		for (size_t i = 0; i < h.len; i += 1 + h.len / 97)
			assert_int_equal(p[i],
			    byte_of(model[h.ord - 1].seed, i));
		got.next_ord++;
	}
	memmove(got.buf, got.buf + off, got.len - off);
	got.len -= off;
}

static void
write_some(struct queue *q)
{
	struct iovec iov[4];
	int n = queue_iov(q, iov, 4);
	size_t all = 0, want, left;

	for (int i = 0; i < n; i++)
		all += iov[i].iov_len;
	if (all == 0) {
		assert_int_equal(q->unsent, 0);
		return;
	}
	want = next_random() % 4 == 0 ? all : 1 + next_random() % all;
	left = want;
	got.buf = realloc(got.buf, got.len + want);
	for (int i = 0; i < n && left > 0; i++) {
		size_t m = iov[i].iov_len < left ? iov[i].iov_len : left;
		memcpy(got.buf + got.len, iov[i].iov_base, m);
		got.len += m;
		left -= m;
	}
	queue_sent(q, want);
	receive();
	assert_int_equal(queue_mid(q) > 0, got.len > 0);
	assert_int_equal(q->sent_ord, got.next_ord - 1);
}

static void
new_uplink(struct queue *q)
{
	for (uint64_t o = model_acked + 1; o < got.next_ord; o++)
		model[o - 1].went = true;
	queue_rewind(q);
	got.len = 0;
	got.next_ord = model_acked + 1;
}

static void
ack_some(struct queue *q)
{
	uint64_t room = got.next_ord - 1 - model_acked, ord;
	struct queue_acked a;

	assert_int_equal(queue_ack(q, got.next_ord, &a), -1);
	if (room == 0)
		return;
	ord = model_acked + 1 + next_random() % room;
	assert_int_equal(queue_ack(q, ord, &a), 0);
	assert_int_equal(a.events, ord - model_acked);
	assert_int_equal(a.seq, ord);
	assert_int_equal(a.session, model[ord - 1].session);
	model_acked = ord;
	assert_int_equal(q->events, model_count - model_acked);
}

static void
test_shadow(void **state)
{
	uint64_t session = 1;
	struct queue q;

	queue_init(&q);
	got.next_ord = 1;
	for (int i = 0; i < STEPS; i++) {
		switch (next_random() % 12) {
		case 0:
		case 1:
		case 2:
			add_some(&q, session);
			break;
		case 3:
		case 4:
		case 5:
		case 6:
			write_some(&q);
			break;
		case 7:
		case 8:
		case 9:
			ack_some(&q);
			break;
		case 10:
			if (next_random() % 40 == 0)
				new_uplink(&q);
			if (next_random() % 300 == 0)
				session++;
			break;
		default:
			queue_trim(&q);
		}
	}
	while (q.unsent > 0)
		write_some(&q);
	while (model_acked < model_count)
		ack_some(&q);
	/* Only announcements behind the last event may be left. */
	assert_int_equal(q.events, 0);
	queue_free(&q);
	free(got.buf);
}

static void
put(struct queue *q, const char *text, uint64_t seq, uint64_t session)
{
	struct up_hdr h = {.type = UP_EVENT, .seq = seq, .session = session};
	size_t avail;

	memcpy(queue_space(q, strlen(text), &avail), text, strlen(text));
	queue_fill(q, strlen(text));
	queue_commit(q, &h);
}

static void
test_session_of_front(void **state)
{
	struct up_session us = {.session = 2, .id = "two"};
	struct queue_acked a;
	struct queue q;
	size_t avail;

	queue_init(&q);
	q.session.session = 1;
	put(&q, "a", 5, 1);
	memcpy(queue_space(&q, 1, &avail), "b", 1);
	queue_fill(&q, 1);
	queue_announce(&q, &us);
	assert_memory_equal(queue_open_text(&q), "b", 1);
	struct up_hdr h = {.type = UP_EVENT, .seq = 1, .session = 2};
	queue_commit(&q, &h);
	queue_sent(&q, q.unsent);
	/* The announcement stays as long as its first event does. */
	assert_int_equal(queue_ack(&q, 1, &a), 0);
	assert_int_equal(q.session.session, 1);
	assert_int_equal(queue_ack(&q, 2, &a), 0);
	assert_int_equal(q.session.session, 2);
	assert_string_equal(q.session.id, "two");
	assert_int_equal(q.bytes, 0);
	queue_free(&q);
}

static void
test_acks(void **state)
{
	struct queue_acked a;
	struct queue q;

	queue_init(&q);
	assert_int_equal(queue_ack(&q, 1, &a), -1);
	put(&q, "x", 0, 9);
	assert_int_equal(queue_ack(&q, 1, &a), -1);
	queue_sent(&q, q.unsent);
	assert_int_equal(queue_ack(&q, 1, &a), 0);
	assert_int_equal(a.events, 1);
	assert_int_equal(a.seq, 0);
	assert_int_equal(queue_ack(&q, 1, &a), 0);
	assert_int_equal(a.events, 0);
	queue_trim(&q);
	assert_null(q.spare);
	assert_true(list_empty(&q.segs));
	queue_free(&q);
}

/* Of a burst nothing is kept once it is acknowledged, before that all of it. */
static void
test_held(void **state)
{
	static char big[QUEUE_SEGMENT / 2];
	struct queue_acked a;
	struct queue q;

	memset(big, 'x', sizeof(big) - 1);
	queue_init(&q);
	assert_int_equal(queue_held(&q), 0);
	for (int i = 0; i < 8; i++)
		put(&q, big, 0, 9);
	assert_true(queue_held(&q) >= q.bytes);
	queue_sent(&q, q.unsent);
	assert_int_equal(queue_ack(&q, 7, &a), 0);
	queue_trim(&q);
	assert_true(queue_held(&q) >= q.bytes && q.bytes > 0);
	assert_int_equal(queue_ack(&q, 8, &a), 0);
	/* A segment in use, and one that is spare. */
	assert_true(queue_held(&q) >= 2 * QUEUE_SEGMENT);
	queue_trim(&q);
	assert_int_equal(queue_held(&q), 0);
	queue_detach(&q);
	memcpy(queue_space(&q, 9, &(size_t) {0}), "unfinished", 9);
	queue_fill(&q, 9);
	queue_trim(&q);
	assert_true(queue_held(&q) >= QUEUE_SEGMENT);
	assert_memory_equal(queue_open_text(&q), "unfinished", 9);
	queue_discard(&q);
	queue_trim(&q);
	assert_int_equal(queue_held(&q), 0);
	queue_free(&q);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_shadow),
	    cmocka_unit_test(test_session_of_front),
	    cmocka_unit_test(test_acks),
	    cmocka_unit_test(test_held),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
