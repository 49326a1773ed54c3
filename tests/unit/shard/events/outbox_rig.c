/* SPDX-License-Identifier: MIT */
#include "tests/unit/shard/events/outbox_rig.h"

#include "shared/base/log.h"
#include "tests/unit/rig/scratch.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define ORDS 65536 /* more than are ever out at once */

struct outbox_rig box;

static char base[SCRATCH_MAX - 16], dir[SCRATCH_MAX];
static uint64_t rnd;

/* What the handler has of its uplink. */
static struct {
	unsigned char *buf; /* bytes not parsed yet */
	size_t len;
	uint64_t session; /* announced last on this uplink */
	uint64_t last_ord, acked_ord;
	uint64_t event[ORDS]; /* of the last ords, by ord % ORDS */
	uint64_t most_ord;    /* wholly sent once by this process */
} handler;

void
box_seed(uint64_t seed)
{
	rnd = 88172645463325252u ^ (seed * 0x9e3779b97f4a7c15u);
	must(rnd != 0);
}

uint64_t
box_random(void)
{
	rnd ^= rnd << 13;
	rnd ^= rnd >> 7;
	rnd ^= rnd << 17;
	return rnd;
}

/* ---- events --------------------------------------------------------- */

static uint64_t
session_of(uint64_t n)
{
	return 1 + (n - 1) / BOX_SESSION_EVENTS;
}

static uint64_t
seq_of(uint64_t n)
{
	return 1 + (n - 1) % BOX_SESSION_EVENTS;
}

static uint32_t
len_of(uint64_t n)
{
	uint32_t hash = (uint32_t)(n * 2654435761u);

	if (n % 61 == 0)
		return BOX_SMALL_MAX;
	if (n % BOX_LARGE_EVERY == 0 && box.large)
		return BOX_BODY_MAX - hash % (BOX_BODY_MAX - 2 * QUEUE_SEGMENT);
	return 1 + hash % 900;
}

static void
body_of(uint64_t n, unsigned char *out, uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++)
		out[i - from] = (unsigned char)(n + i * 7 + (i >> 8));
}

static bool
is_body(uint64_t n, const unsigned char *p, uint32_t len)
{
	static unsigned char want[BOX_BODY_MAX];

	body_of(n, want, 0, len);
	return memcmp(p, want, len) == 0;
}

static void
name_session(uint64_t session)
{
	struct up_session us = {.session = session};

	(void)str_format(us.id, sizeof(us.id), "session %llu",
	    (unsigned long long)session);
	outbox_session(&box.pending, &us);
}

/* ---- the handler ---------------------------------------------------- */

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

/* Each event once; those of a hole that was foreseen never. */
static void
got_number(uint64_t n)
{
	assert_true(n > box.cursor);
	if (n <= box.seen) {
		box.repeats++;
		return;
	}
	if (n != box.seen + 1) {
		assert_int_equal(n, box.seen + 1 + box.hole);
		box.hole = 0;
	}
	box.seen = n;
}

static void
got_event(const struct up_hdr *h, const unsigned char *p)
{
	uint64_t n = (h->session - 1) * BOX_SESSION_EVENTS + h->seq;

	assert_int_equal(h->session, handler.session);
	assert_int_equal(h->ord, handler.last_ord + 1);
	assert_int_equal(h->reserved, 0);
	assert_int_equal(h->len, len_of(n));
	assert_true(is_body(n, p, h->len));
	/* What an earlier process left may have been sent by it. */
	if (n > box.inherited)
		assert_int_equal((h->flags & UP_FLAG_AGAIN) != 0,
		    h->ord <= handler.most_ord);
	else
		assert_true(h->flags & UP_FLAG_AGAIN);
	got_number(n);
	handler.last_ord = h->ord;
	handler.event[h->ord % ORDS] = n;
	if (h->ord > handler.most_ord)
		handler.most_ord = h->ord;
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

void
box_write(void)
{
	struct queue *q = &box.pending.queue;
	struct iovec iov[4];
	int n = queue_iov(q, iov, 4);
	size_t all = 0, want, left;

	for (int i = 0; i < n; i++)
		all += iov[i].iov_len;
	if (all == 0)
		assert_int_equal(q->unsent, 0);
	if (!box.up || all == 0)
		return;
	left = want = box_random() % 3 ? all : 1 + box_random() % all;
	handler.buf = realloc(handler.buf, handler.len + want);
	for (int i = 0; i < n && left > 0; i++) {
		size_t m = iov[i].iov_len < left ? iov[i].iov_len : left;

		memcpy(handler.buf + handler.len, iov[i].iov_base, m);
		handler.len += m;
		left -= m;
	}
	queue_sent(q, want);
	parse();
	assert_int_equal(queue_mid(q) > 0, handler.len > 0);
	assert_int_equal(q->sent_ord, handler.last_ord);
}

void
box_ack(bool all)
{
	uint64_t room = handler.last_ord - handler.acked_ord, ord;
	struct queue_acked a;

	if (!box.up || room == 0)
		return;
	ord = handler.acked_ord + (all ? room : 1 + box_random() % room);
	assert_int_equal(outbox_ack(&box.pending, ord, &a), 0);
	assert_int_equal(a.events, ord - handler.acked_ord);
	handler.acked_ord = ord;
	box.cursor = (a.session - 1) * BOX_SESSION_EVENTS + a.seq;
	assert_int_equal(box.cursor, handler.event[ord % ORDS]);
	if (box.blocked && outbox_room(&box.pending))
		box.blocked = false;
}

void
box_ack_wrongly(void)
{
	struct queue_acked a;

	if (!box.up)
		return;
	assert_int_equal(outbox_ack(&box.pending, handler.last_ord + 1, &a),
	    -1);
	assert_int_equal(outbox_ack(&box.pending, handler.acked_ord, &a), 0);
	assert_int_equal(a.events, 0);
}

void
box_uplink_gone(void)
{
	if (!box.up)
		return;
	box.up = false;
	handler.len = 0;
	queue_rewind(&box.pending.queue);
	outbox_connected(&box.pending, false);
}

void
box_uplink_new(void)
{
	box_uplink_gone();
	box.up = true;
	handler.last_ord = handler.acked_ord = box.pending.queue.acked_ord;
	handler.session = box.pending.queue.session.session;
	outbox_connected(&box.pending, true);
}

/* ---- the shard ------------------------------------------------------ */

/* What the last session left is on disk now, if anything can be. */
static void
new_session(uint64_t session)
{
	const struct queue *q = &box.pending.queue;

	box.session = session;
	name_session(session);
	box.fragile = q->events > 0 && box.pending.boundary < q->last_ord;
	assert_true(!box.fragile || box.disk_full);
}

/* The message is whole: it is kept, or counts as not received. */
static void
commit(uint64_t n)
{
	struct up_hdr h = {.type = UP_EVENT,
	    .session = session_of(n),
	    .seq = seq_of(n),
	    .recv_ms = (uint64_t)clock_wall_ms()};
	enum outbox_result r;

	if (h.session != box.session)
		new_session(h.session);
	r = outbox_commit(&box.pending, &h);
	if (r != OUTBOX_REFUSED)
		box.received = n;
	else
		queue_discard(&box.pending.queue);
	box.refused += r == OUTBOX_REFUSED;
	box.at = 0;
	box.blocked = r != OUTBOX_KEPT;
}

bool
box_piece(void)
{
	struct queue *q = &box.pending.queue;
	uint64_t n = box.received + 1;
	uint32_t len = len_of(n), piece;
	unsigned char *to;
	size_t avail;

	if (box.blocked)
		return false;
	piece = len - box.at;
	if (box_random() % 2 == 0)
		piece = 1 + (uint32_t)(box_random() % piece);
	/* As a decoder does: asks for little, takes what there is. */
	to = queue_space(q, piece < 2048 ? piece : 2048, &avail);
	if (piece > avail)
		piece = (uint32_t)avail;
	body_of(n, to, box.at, box.at + piece);
	queue_fill(q, piece);
	box.at += piece;
	if (box.at < len)
		return false;
	commit(n);
	return true;
}

void
box_receive(void)
{
	while (!box.blocked && !box_piece())
		if (box_random() % 4 == 0)
			box_ack(false);
}

void
box_lost(void)
{
	queue_discard(&box.pending.queue);
	box.at = 0;
}

/* Events of the session before that were in memory only are gone. */
static void
count_lost(uint64_t session)
{
	uint64_t last = (session - 1) * BOX_SESSION_EVENTS, kept = box.cursor;
	uint64_t first = last - BOX_SESSION_EVENTS, tail;

	if (session > 1) {
		tail = outbox_follow(&box.pending, session - 1,
		    kept > first ? kept - first : 0);
		if (first + tail > kept)
			kept = first + tail;
	}
	if (kept < box.seen)
		kept = box.seen;
	if (kept >= last)
		return;
	assert_true(box.fragile);
	box.hole = last - kept;
}

void
box_open(void)
{
	uint64_t session = box.session, first;

	memset(&box.stats, 0, sizeof(box.stats));
	handler.most_ord = 0;
	outbox_init(&box.pending, &box.limits, &box.stats);
	outbox_take(&box.pending);
	assert_true(box.torn || box.stats.spool_damaged == 0);
	first = (session - 1) * BOX_SESSION_EVENTS;
	box.received = first
	    + outbox_follow(&box.pending, session,
		box.cursor > first ? box.cursor - first : 0);
	count_lost(session);
	name_session(session);
	box.inherited = box.received;
	box.blocked = false;
}

static void
process_ends(void)
{
	box_uplink_gone();
	box_lost();
	outbox_close(&box.pending);
}

void
box_crash(void)
{
	uint64_t before = box.received;

	process_ends();
	box_open();
	assert_true(box.received <= before);
	assert_true(box.received >= box.cursor);
}

/* Blocks of what it holds are not there, or its end. */
static void
tear(const char *path)
{
	static const char none[512];
	struct stat st;
	int fd = open(path, O_WRONLY);

	assert_true(fd != -1 && fstat(fd, &st) == 0);
	for (off_t at = 0; at < st.st_size; at += (off_t)sizeof(none)) {
		size_t n = sizeof(none);

		if (box_random() % 32 != 0)
			continue;
		if ((off_t)n > st.st_size - at)
			n = (size_t)(st.st_size - at);
		assert_int_equal(pwrite(fd, none, n, at), n);
		box.losses++;
	}
	if (box_random() % 8 == 0 && st.st_size > 0)
		assert_int_equal(
		    ftruncate(fd, (off_t)(box_random() % (uint64_t)st.st_size)),
		    0);
	close(fd);
	if (box_random() % 8 == 0)
		assert_int_equal(unlink(path), 0);
}

void
box_power(void)
{
	char path[SCRATCH_MAX + 300];
	struct dirent *e;
	DIR *d;

	/* What no RESUME brings again was synced, or is lost rightly. */
	if (box.cursor < (box.session - 1) * BOX_SESSION_EVENTS || box.hole > 0)
		return;
	process_ends();
	box_disk(-1);
	d = opendir(dir);
	while (d != NULL && (e = readdir(d)) != NULL) {
		if (strstr(e->d_name, ".seg") == NULL)
			continue;
		must(str_format(path, sizeof(path), "%s/%s", dir, e->d_name));
		tear(path);
	}
	if (d != NULL)
		closedir(d);
	box.torn = true;
	box_open();
	assert_true(box.received >= box.cursor);
}

void
box_stop(void)
{
	uint64_t before = box.received;
	/* With a message half here, as at a handing over. */
	bool kept = outbox_flush(&box.pending, true) == 0;

	process_ends();
	box_open();
	if (kept)
		assert_int_equal(box.received, before);
}

void
box_disk(int64_t bytes)
{
	struct rlimit l;

	must(getrlimit(RLIMIT_FSIZE, &l) == 0);
	box.disk_full = bytes >= 0;
	l.rlim_cur = bytes < 0 ? l.rlim_max : (rlim_t)bytes;
	must(setrlimit(RLIMIT_FSIZE, &l) == 0);
}

/* ---- judgement ------------------------------------------------------ */

/* Every segment but the last holds something that is still wanted. */
static void
check_segments(const struct queue *q)
{
	if (list_empty(&q->segs))
		return;
	assert_ptr_equal(q->segs.next, &q->front.seg->link);
	list_each (&q->segs, l)
		if (l->next != &q->segs)
			assert_true(
			    container_of(l, struct queue_seg, link)->end > 0);
}

static void
check_frames(const struct queue *q)
{
	struct queue_pos at = queue_first(q);
	uint64_t bytes = 0, events = 0, ord = q->acked_ord;
	const unsigned char *payload;
	struct up_hdr h;

	while (queue_next(q, &at, &h, &payload)) {
		bytes += sizeof(h) + h.len;
		if (h.type != UP_EVENT)
			continue;
		events++;
		assert_int_equal(h.ord, ++ord);
	}
	assert_int_equal(bytes, q->bytes);
	assert_int_equal(events, q->events);
	assert_int_equal(ord, q->last_ord);
}

void
box_check(bool slow)
{
	const struct outbox *p = &box.pending;

	assert_int_equal(queue_open_len(&p->queue), box.at);
	if (!p->spooling && p->spool != NULL)
		assert_true(spool_empty(p->spool));
	assert_true(box.stats.spool_bytes <= box.limits.spool_bytes);
	check_segments(&p->queue);
	if (!slow)
		return;
	check_frames(&p->queue);
	assert_true(is_body(box.received + 1,
	    (const unsigned char *)queue_open_text(&p->queue), box.at));
}

void
box_settle(void)
{
	box_disk(-1);
	box_lost();
	box.blocked = false;
	box_uplink_new();
	/* What a crash took away comes again, though the handler has it. */
	for (int i = 0; box.received < box.seen || !outbox_none(&box.pending);
	     i++) {
		assert_true(i < 100000);
		if (box.received < box.seen)
			(void)box_piece();
		box_write();
		box_ack(true);
	}
	assert_int_equal(box.seen, box.received);
	assert_int_equal(box.cursor, box.received);
	assert_int_equal(box.stats.spool_events, 0);
	assert_int_equal(box.stats.spool_bytes, 0);
	box_check(true);
}

/* ---- life ----------------------------------------------------------- */

const char *
box_dir(void)
{
	return dir;
}

int
box_setup(void)
{
	static const struct outbox_limits small = {.dir = dir,
	    .queue_bytes = 64 << 10,
	    .spool_bytes = 512 << 10,
	    .spool_age_ms = 3600 * 1000};

	fake_time_reset();
	box_seed(1);
	/* A file at its limit is to be an error, as on a full disk. */
	(void)signal(SIGXFSZ, SIG_IGN);
	memset(&handler, 0, sizeof(handler));
	memset(&box, 0, sizeof(box));
	box.limits = small;
	box.session = 1;
	log_init(LOG_TO_HOOK, LOG_L_ERROR);
	if (scratch_make(base, sizeof(base)) != 0)
		return -1;
	return str_format(dir, sizeof(dir), "%s/spool/7", base) ? 0 : -1;
}

int
box_teardown(void)
{
	box_disk(-1);
	process_ends();
	free(handler.buf);
	handler.buf = NULL;
	return scratch_remove(base);
}
