/* SPDX-License-Identifier: MIT */
/*
 * pending.c against a shadow model of everything around it: a Discord that
 * replays from the seq it is told, a handler that comes and goes, crashes (all
 * made anew from what is on disk) and stops.  The handler must get every event
 * in order, and again only what it had not acknowledged.
 */
#include "shard/pending.h"

#include "shared/log.h"
#include "tests/unit/fake_time.h"
#include "tests/unit/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define STEPS 60000
#define SESSION_EVENTS 5000 /* then Discord begins a new session */

static uint64_t rnd;
static char dir[SCRATCH_MAX];

static const struct pending_limits small = {
	.dir = dir, .queue_bytes = 64 << 10, .spool_bytes = 512 << 10,
	.spool_age_ms = 3600 * 1000 };
static struct pending_limits limits;

/* The shard's side. */
static struct pending pending;
static struct page_shard stats;
static bool up;		/* there is an uplink */
static bool blocked;	/* the session waits for room */

/* All events are numbered; n is event seq_of(n) of session_of(n). */
static struct {
	uint64_t received;	/* the last one the shard counts as such */
	uint64_t cursor;	/* the last one in the page's cursor */
	uint64_t most;		/* the highest ever received */
} shard;

/* The handler's side. */
static struct {
	unsigned char *buf;	/* bytes of this uplink not parsed yet */
	size_t len;
	uint64_t session;	/* announced last on this uplink */
	uint64_t last_ord, acked_ord;
	uint64_t last;		/* event of last_ord */
	uint64_t seen;		/* events 1 to this were delivered once */
	uint64_t repeats;
	uint64_t hole;		/* events that will be missing, once */
} handler;

static uint64_t
next_random(void)
{
	rnd ^= rnd << 13;
	rnd ^= rnd >> 7;
	rnd ^= rnd << 17;
	return rnd;
}

static uint64_t
session_of(uint64_t n)
{
	return 1 + (n - 1) / SESSION_EVENTS;
}

static uint64_t
seq_of(uint64_t n)
{
	return 1 + (n - 1) % SESSION_EVENTS;
}

static uint32_t
body_of(uint64_t n, unsigned char *out)
{
	uint32_t len = (uint32_t)(1 + n * 2654435761u % 900);

	if (n % 611 == 0)
		len = 40000;
	for (uint32_t i = 0; i < len; i++)
		out[i] = (unsigned char)(n + i * 7 + (i >> 8));
	return len;
}

static void
name_session(uint64_t session)
{
	struct up_session us = { .session = session };

	(void)str_format(us.id, sizeof(us.id), "session %llu",
	    (unsigned long long)session);
	pending_session(&pending, &us);
}

/* ---- the handler ------------------------------------------------------ */

static void
got_session(const unsigned char *p)
{
	struct up_session us;
	char want[64];

	memcpy(&us, p, sizeof(us));
	(void)str_format(want, sizeof(want), "session %llu",
	    (unsigned long long)us.session);
	assert_string_equal(us.id, want);
	handler.session = us.session;
}

static void
got_event(const struct up_hdr *h, const unsigned char *p)
{
	static unsigned char want[40000];
	uint64_t n = (h->session - 1) * SESSION_EVENTS + h->seq;

	assert_int_equal(h->session, handler.session);
	assert_int_equal(h->ord, handler.last_ord + 1);
	assert_int_equal(h->reserved, 0);
	assert_int_equal(h->len, body_of(n, want));
	assert_memory_equal(p, want, h->len);
	assert_true(n > shard.cursor);
	if (n <= handler.seen) {
		handler.repeats++;
	} else {
		if (n != handler.seen + 1) {
			assert_int_equal(n, handler.seen + 1 + handler.hole);
			handler.hole = 0;
		}
		handler.seen = n;
	}
	handler.last_ord = h->ord;
	handler.last = n;
}

static void
parse(void)
{
	size_t off = 0;
	struct up_hdr h;

	while (handler.len - off >= sizeof(h)) {
		memcpy(&h, handler.buf + off, sizeof(h));
		if (handler.len - off < sizeof(h) + h.len)
			break;
		if (h.type == UP_SESSION)
			got_session(handler.buf + off + sizeof(h));
		else
			got_event(&h, handler.buf + off + sizeof(h));
		off += sizeof(h) + h.len;
	}
	memmove(handler.buf, handler.buf + off, handler.len - off);
	handler.len -= off;
}

static void
write_some(void)
{
	struct iovec iov[4];
	int n = queue_iov(&pending.queue, iov, 4);
	size_t all = 0, want, left;

	for (int i = 0; i < n; i++)
		all += iov[i].iov_len;
	if (!up || all == 0)
		return;
	left = want = next_random() % 3 ? all : 1 + next_random() % all;
	handler.buf = realloc(handler.buf, handler.len + want);
	for (int i = 0; i < n && left > 0; i++) {
		size_t m = iov[i].iov_len < left ? iov[i].iov_len : left;

		memcpy(handler.buf + handler.len, iov[i].iov_base, m);
		handler.len += m;
		left -= m;
	}
	queue_sent(&pending.queue, want);
	parse();
}

static void
ack_some(bool all)
{
	uint64_t room = handler.last_ord - handler.acked_ord, ord;
	struct queue_acked a;

	if (!up || room == 0)
		return;
	ord = handler.acked_ord + (all ? room : 1 + next_random() % room);
	assert_int_equal(pending_ack(&pending, ord, &a), 0);
	assert_int_equal(a.events, ord - handler.acked_ord);
	handler.acked_ord = ord;
	shard.cursor = (a.session - 1) * SESSION_EVENTS + a.seq;
	assert_int_equal(shard.cursor, handler.last - (handler.last_ord - ord));
	if (blocked && pending_room(&pending))
		blocked = false;
}

static void
uplink_gone(void)
{
	if (!up)
		return;
	up = false;
	handler.len = 0;
	queue_rewind(&pending.queue);
	pending_connected(&pending, false);
}

static void
uplink_new(void)
{
	uplink_gone();
	up = true;
	handler.last_ord = handler.acked_ord = pending.queue.acked_ord;
	handler.last = shard.cursor;
	handler.session = pending.queue.session.session;
	pending_connected(&pending, true);
}

/* ---- the shard -------------------------------------------------------- */

/* The next event in pieces; now and then the connection ends in the middle. */
static void
receive(void)
{
	static unsigned char body[40000];
	uint64_t n = shard.received + 1;
	uint32_t len = body_of(n, body), at = 0;
	struct up_hdr h = { .type = UP_EVENT, .session = session_of(n),
		.seq = seq_of(n), .recv_ms = (uint64_t)clock_wall_ms() };
	enum pending_result r;
	size_t avail;

	if (blocked)
		return;
	while (at < len) {
		uint32_t piece = 1 + (uint32_t)(next_random() % (len - at));

		memcpy(queue_space(&pending.queue, piece, &avail), body + at,
		    piece);
		queue_fill(&pending.queue, piece);
		at += piece;
		if (next_random() % 4 == 0)
			ack_some(false);
		if (next_random() % 200 == 0) {
			queue_discard(&pending.queue);
			return;
		}
	}
	name_session(h.session);
	r = pending_commit(&pending, &h);
	if (r != PENDING_REFUSED)
		shard.received = n;
	else
		queue_discard(&pending.queue);
	if (n > shard.most)
		shard.most = n;
	blocked = r != PENDING_KEPT;
}

static void
open_it(void)
{
	uint64_t session = session_of(shard.cursor + 1), tail;

	memset(&stats, 0, sizeof(stats));
	pending_open(&pending, &limits, &stats);
	assert_int_equal(stats.spool_damaged, 0);
	/* What the record says: the session of the last event received. */
	session = shard.received == 0 ? 1 : session_of(shard.received);
	tail = pending_tail(&pending, session);
	shard.received = (session - 1) * SESSION_EVENTS + tail;
	if (shard.received < shard.cursor)
		shard.received = shard.cursor;
	blocked = false;
}

static void
process_ends(void)
{
	uplink_gone();
	pending_close(&pending);
}

static void
crash(void)
{
	uint64_t before = shard.received;

	process_ends();
	open_it();
	assert_true(shard.received <= before);
	assert_true(shard.received >= shard.cursor);
}

static void
stop(void)
{
	uint64_t before = shard.received;
	bool kept = pending_flush(&pending, true) == 0;

	process_ends();
	open_it();
	if (kept)
		assert_int_equal(shard.received, before);
}

static void
rare(void)
{
	switch (next_random() % 8) {
	case 0:
		crash();
		break;
	case 1:
		stop();
		break;
	case 2:
	case 3:
		uplink_gone();
		break;
	case 4:
		pending_spool(&pending, "is away");
		break;
	case 5:
		fake_time_advance(next_random() % 20000);
		pending_tick(&pending);
		break;
	default:
		uplink_new();
	}
}

static void
step(bool slow)
{
	uint64_t r = next_random() % 100;

	if (r < 45)
		receive();
	else if (r < (slow ? 60 : 72))
		write_some();
	else if (r < (slow ? 65 : 98))
		ack_some(false);
	else if (next_random() % 40 == 0)
		rare();
	if (!pending.spooling && pending.spool != NULL)
		assert_true(spool_empty(pending.spool));
}

/* A handler that keeps up gets all the rest. */
static void
settle(void)
{
	uplink_new();
	for (int i = 0; !pending_none(&pending); i++) {
		assert_true(i < 100000);
		write_some();
		ack_some(true);
	}
	assert_int_equal(handler.seen, shard.received);
	assert_int_equal(shard.cursor, shard.received);
	assert_int_equal(stats.spool_events, 0);
	assert_int_equal(stats.spool_bytes, 0);
}

static int
setup(void **state)
{
	char base[SCRATCH_MAX - 16];

	fake_time_reset();
	rnd = 88172645463325252u;
	free(handler.buf);
	memset(&handler, 0, sizeof(handler));
	memset(&shard, 0, sizeof(shard));
	up = blocked = false;
	limits = small;
	log_init(LOG_TO_HOOK, LOG_L_ERROR);
	if (scratch_make(base, sizeof(base)) != 0)
		return -1;
	return str_format(dir, sizeof(dir), "%s/spool/7", base) ? 0 : -1;
}

static int
teardown(void **state)
{
	process_ends();
	free(handler.buf);
	handler.buf = NULL;
	dir[strlen(dir) - strlen("/spool/7")] = '\0';
	return scratch_remove(dir);
}

static void
test_shadow(void **state)
{
	unsigned refused = 0;

	open_it();
	uplink_new();
	for (int i = 0; i < STEPS; i++) {
		step(i / 3000 % 2 == 1);
		refused += blocked;
	}
	blocked = false;
	settle();
	assert_true(handler.seen > 10000);
	assert_true(handler.repeats > 0);
	assert_true(refused > 0);
}

/* With a handler that keeps up nothing reaches the disk. */
static void
test_unused(void **state)
{
	limits.queue_bytes = 1 << 20;
	open_it();
	uplink_new();
	for (int i = 0; i < 5000; i++) {
		receive();
		write_some();
		ack_some(true);
	}
	settle();
	assert_int_equal(handler.repeats, 0);
	dir[strlen(dir) - strlen("/7")] = '\0';
	assert_false(scratch_exists(dir));
	strcat(dir, "/7");
}

/* Away across a stop: everything is there at the next start, once. */
static void
test_stop_and_start(void **state)
{
	open_it();
	for (int i = 0; i < 300; i++)
		receive();
	assert_false(pending.spooling && stats.spool_refused);
	stop();
	assert_int_equal(stats.spool_events, shard.received);
	assert_int_equal(handler.seen, 0);
	settle();
	assert_int_equal(handler.repeats, 0);
	assert_true(handler.seen >= 290);
}

/* At the bound the event in hand counts as not received. */
static void
test_bound(void **state)
{
	uint64_t last;

	open_it();
	while (!blocked)
		receive();
	assert_int_equal(stats.spool_refused, 1);
	assert_true(stats.spool_bytes <= small.spool_bytes);
	assert_true(stats.spool_bytes > small.spool_bytes - 100000);
	last = shard.received;
	assert_false(pending_room(&pending));
	uplink_new();
	while (blocked) {
		write_some();
		ack_some(false);
	}
	assert_true(stats.spool_bytes < small.spool_bytes / 2);
	receive();
	while (shard.received <= last)
		receive();
	settle();
	assert_int_equal(handler.repeats, 0);
}

/* Events that waited for too long go, those behind them stay. */
static void
test_age(void **state)
{
	uint64_t had;

	open_it();
	while (stats.spool_bytes < small.spool_bytes / 2)
		receive();
	had = pending.queue.events;
	assert_true(stats.spool_events > had);
	fake_time_advance(small.spool_age_ms + 1000);
	for (int i = 0; i < 20; i++)
		receive();
	pending_tick(&pending);
	assert_true(stats.spool_expired > 0);
	assert_int_equal(stats.spool_events + stats.spool_expired,
	    shard.received);
	/* A hole between what is in memory and the late ones. */
	handler.hole = stats.spool_expired;
	settle();
	assert_int_equal(handler.hole, 0);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_shadow),
		T(test_unused),
		T(test_stop_and_start),
		T(test_bound),
		T(test_age),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
