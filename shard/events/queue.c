/* SPDX-License-Identifier: MIT */
#include "shard/events/queue.h"

#include "shared/base/tricks.h"

#include <string.h>

#define HDR sizeof(struct up_hdr)

static struct queue_seg *
seg_of(struct list *l)
{
	return container_of(l, struct queue_seg, link);
}

static struct queue_seg *
last_seg(const struct queue *q)
{
	return list_empty(&q->segs) ? NULL : seg_of(q->segs.prev);
}

/* Where the open message is. */
static struct queue_seg *
open_seg(const struct queue *q)
{
	return q->detached ? q->side : last_seg(q);
}

static struct up_hdr
hdr_at(const struct queue_pos *p)
{
	struct up_hdr h;

	must(p->seg != NULL && p->off + HDR <= p->seg->end);
	memcpy(&h, p->seg->data + p->off, HDR);
	return h;
}

/* A position at the end of a segment that has a successor means that one. */
static void
normalise(const struct queue *q, struct queue_pos *p)
{
	while (p->seg != NULL && p->off == p->seg->end
	    && p->seg->link.next != &q->segs) {
		p->seg = seg_of(p->seg->link.next);
		p->off = 0;
	}
}

static bool
at_end(const struct queue_pos *p)
{
	return p->seg == NULL || p->off == p->seg->end;
}

/* ---- segments ------------------------------------------------------- */

static struct queue_seg *
seg_new(struct queue *q, size_t cap)
{
	struct queue_seg *g;

	if (cap <= QUEUE_SEGMENT && q->spare != NULL) {
		g = q->spare;
		q->spare = NULL;
	} else {
		cap = cap < QUEUE_SEGMENT ? QUEUE_SEGMENT : cap;
		g = malloc(sizeof(*g) + cap);
		must(g != NULL);
		g->cap = cap;
	}
	g->end = 0;
	list_init(&g->link);
	return g;
}

static void
seg_drop(struct queue *q, struct queue_seg *g)
{
	list_remove(&g->link);
	if (q->spare == NULL && g->cap == QUEUE_SEGMENT)
		q->spare = g;
	else
		free(g);
}

/*
 * What front has left behind holds nothing any more and goes at once.  A
 * segment whose last frame was acknowledged while a message was open in it used
 * to stay in front of all others, and the next "nothing left" found two.
 */
static void
drop_passed(struct queue *q)
{
	normalise(q, &q->sent);
	normalise(q, &q->front);
	must(q->front.seg != NULL);
	while (seg_of(q->segs.next) != q->front.seg)
		seg_drop(q, seg_of(q->segs.next));
}

/* A segment with room for need bytes, into which open ones move. */
static struct queue_seg *
grow(struct queue *q, struct queue_seg *old, size_t need, size_t open)
{
	struct queue_seg *g = seg_new(q, open == 0 ? need : need * 2);

	if (open > 0)
		memcpy(g->data + HDR, old->data + old->end + HDR, open);
	list_append(&q->segs, &g->link);
	if (old == NULL)
		q->front = q->sent = (struct queue_pos) {g, 0};
	normalise(q, &q->front);
	normalise(q, &q->sent);
	if (old != NULL && old->end == 0)
		seg_drop(q, old);
	drop_passed(q);
	return g;
}

/* The same beside the queue. */
static struct queue_seg *
grow_side(struct queue *q, struct queue_seg *old, size_t need)
{
	struct queue_seg *g = seg_new(q, q->open == 0 ? need : need * 2);

	must(q->detached && (old != NULL || q->open == 0));
	if (q->open > 0)
		memcpy(g->data + HDR, old->data + HDR, q->open);
	if (old != NULL)
		seg_drop(q, old);
	return q->side = g;
}

void
queue_init(struct queue *q)
{
	memset(q, 0, sizeof(*q));
	list_init(&q->segs);
}

static void
drop_all(struct queue *q)
{
	while (!list_empty(&q->segs)) {
		struct queue_seg *g = seg_of(q->segs.next);

		list_remove(&g->link);
		free(g);
	}
	free(q->spare);
	q->spare = NULL;
	if (q->open == 0) {
		free(q->side);
		q->side = NULL;
	}
	q->front = q->sent = (struct queue_pos) {NULL, 0};
}

void
queue_free(struct queue *q)
{
	drop_all(q);
	free(q->side);
	queue_init(q);
}

void
queue_trim(struct queue *q)
{
	if (q->bytes == 0 && q->open == 0)
		drop_all(q);
}

static size_t
seg_held(const struct queue_seg *g)
{
	return g == NULL ? 0 : sizeof(*g) + g->cap;
}

size_t
queue_held(const struct queue *q)
{
	size_t held = seg_held(q->spare) + seg_held(q->side);

	for (struct list *l = q->segs.next; l != &q->segs; l = l->next)
		held += seg_held(seg_of(l));
	return held;
}

/* ---- the open message ----------------------------------------------- */

unsigned char *
queue_space(struct queue *q, size_t want, size_t *avail)
{
	struct queue_seg *g = open_seg(q);
	size_t need = HDR + q->open + want;

	if (g == NULL || g->cap - g->end < need)
		g = q->detached ? grow_side(q, g, need)
				: grow(q, g, need, q->open);
	*avail = g->cap - g->end - HDR - q->open;
	return g->data + g->end + HDR + q->open;
}

void
queue_fill(struct queue *q, size_t n)
{
	struct queue_seg *g = open_seg(q);

	must(g != NULL && g->end + HDR + q->open + n <= g->cap);
	q->open += n;
}

const char *
queue_open_text(const struct queue *q)
{
	const struct queue_seg *g = open_seg(q);

	return g == NULL ? "" : (const char *)g->data + g->end + HDR;
}

void
queue_discard(struct queue *q)
{
	q->open = 0;
}

/* Writes the header in front of h->len payload bytes that are in place. */
static void
append(struct queue *q, struct queue_seg *g, const struct up_hdr *hdr)
{
	struct up_hdr h = *hdr;

	must(g != NULL && h.len <= UP_PAYLOAD_MAX);
	must(g->end + HDR + h.len <= g->cap);
	h.reserved = 0;
	if (h.type == UP_EVENT) {
		h.ord = ++q->last_ord;
		q->events++;
	}
	memcpy(g->data + g->end, &h, HDR);
	g->end += HDR + h.len;
	q->bytes += HDR + h.len;
	q->unsent += HDR + h.len;
}

void
queue_commit(struct queue *q, const struct up_hdr *hdr)
{
	struct up_hdr h = *hdr;

	must(!q->detached);
	h.len = (uint32_t)q->open;
	append(q, last_seg(q), &h);
	q->open = 0;
}

void
queue_announce(struct queue *q, const struct up_session *us)
{
	struct up_hdr h = {.type = UP_SESSION,
	    .len = sizeof(*us),
	    .session = us->session};
	struct queue_seg *g;
	size_t avail;

	if (q->detached) {
		memcpy(queue_room(q, sizeof(*us)), us, sizeof(*us));
		queue_add(q, &h);
		return;
	}
	(void)queue_space(q, HDR + sizeof(*us), &avail);
	g = last_seg(q);
	memmove(g->data + g->end + HDR + sizeof(*us) + HDR,
	    g->data + g->end + HDR, q->open);
	memcpy(g->data + g->end + HDR, us, sizeof(*us));
	append(q, g, &h);
}

/* ---- frames from elsewhere ------------------------------------------ */

void
queue_detach(struct queue *q)
{
	must(q->open == 0);
	q->detached = true;
}

void
queue_attach(struct queue *q)
{
	struct queue_seg *side = q->side;
	size_t len = q->open, avail;

	if (!q->detached)
		return;
	must(len == 0 || side != NULL);
	q->side = NULL;
	q->detached = false;
	q->open = 0;
	if (len > 0)
		memcpy(queue_space(q, len, &avail), side->data + HDR, len);
	q->open = len;
	if (side != NULL)
		seg_drop(q, side);
}

unsigned char *
queue_room(struct queue *q, size_t len)
{
	struct queue_seg *g = last_seg(q);

	must(q->detached);
	if (g == NULL || g->cap - g->end < HDR + len)
		g = grow(q, g, HDR + len, 0);
	return g->data + g->end + HDR;
}

void
queue_add(struct queue *q, const struct up_hdr *h)
{
	must(q->detached);
	append(q, last_seg(q), h);
}

/* ---- looking -------------------------------------------------------- */

struct queue_pos
queue_first(const struct queue *q)
{
	return q->front;
}

bool
queue_next(const struct queue *q, struct queue_pos *p, struct up_hdr *h,
    const unsigned char **payload)
{
	normalise(q, p);
	if (at_end(p))
		return false;
	*h = hdr_at(p);
	*payload = p->seg->data + p->off + HDR;
	p->off += HDR + h->len;
	return true;
}

/* ---- sending -------------------------------------------------------- */

int
queue_iov(const struct queue *q, struct iovec *iov, int max)
{
	struct queue_seg *g = q->sent.seg;
	size_t off = q->sent.off + q->part;
	int n = 0;

	while (g != NULL && n < max) {
		if (off < g->end) {
			iov[n].iov_base = g->data + off;
			iov[n++].iov_len = g->end - off;
		}
		if (g->link.next == &q->segs)
			break;
		g = seg_of(g->link.next);
		off = 0;
	}
	return n;
}

void
queue_sent(struct queue *q, size_t n)
{
	must(n <= q->unsent);
	q->unsent -= n;
	if (HERD_TRICK_QUEUE_WALKS && q->unsent == 0 && n > 0) {
		struct queue_seg *g = last_seg(q);

		q->sent = (struct queue_pos) {g, g->end};
		q->sent_ord = q->last_ord;
		q->part = 0;
		return;
	}
	while (n > 0) {
		struct up_hdr h;
		size_t left;

		normalise(q, &q->sent);
		h = hdr_at(&q->sent);
		left = HDR + h.len - q->part;
		if (n < left) {
			q->part += n;
			return;
		}
		n -= left;
		q->part = 0;
		q->sent.off += HDR + h.len;
		if (h.type == UP_EVENT)
			q->sent_ord = h.ord;
	}
	normalise(q, &q->sent);
}

size_t
queue_mid(const struct queue *q)
{
	return q->part == 0 ? 0 : HDR + hdr_at(&q->sent).len - q->part;
}

static bool
same_pos(const struct queue_pos *a, const struct queue_pos *b)
{
	return a->seg == b->seg && a->off == b->off;
}

void
queue_rewind(struct queue *q)
{
	struct queue_pos p;

	normalise(q, &q->front);
	normalise(q, &q->sent);
	for (p = q->front; !same_pos(&p, &q->sent); normalise(q, &p)) {
		struct up_hdr h = hdr_at(&p);

		if (h.type == UP_EVENT) {
			h.flags |= UP_FLAG_AGAIN;
			memcpy(p.seg->data + p.off, &h, HDR);
		}
		p.off += HDR + h.len;
	}
	q->sent = q->front;
	q->part = 0;
	q->sent_ord = q->acked_ord;
	q->unsent = q->bytes;
}

/* ---- acknowledgement ------------------------------------------------ */

/* Nothing left: the last segment is used from its beginning again. */
static void
reuse(struct queue *q)
{
	struct queue_seg *g = last_seg(q);

	if (q->bytes != 0 || g == NULL || (q->open != 0 && !q->detached))
		return;
	must(g->link.prev == &q->segs && at_end(&q->sent));
	if (g->cap > QUEUE_SEGMENT) {
		drop_all(q);
		return;
	}
	g->end = 0;
	q->front = q->sent = (struct queue_pos) {g, 0};
}

/* What leaves the queue with the events up to an ord. */
struct leaving {
	struct queue_pos to;
	size_t bytes;
	const unsigned char *session; /* of the last UP_SESSION; or NULL */
};

/*
 * One walk over the frames: events up to ord, and each frame that is none with
 * the event behind it.
 */
static struct leaving
walk_until(const struct queue *q, uint64_t ord, struct queue_acked *out)
{
	struct leaving l = {.to = q->front};
	struct queue_pos p = q->front;
	const unsigned char *payload, *named = NULL;
	size_t bytes = 0;
	struct up_hdr h;

	while (queue_next(q, &p, &h, &payload)) {
		bytes += HDR + h.len;
		if (h.type == UP_SESSION)
			named = payload;
		if (h.type != UP_EVENT)
			continue;
		if (h.ord > ord)
			break;
		l = (struct leaving) {p, bytes, named};
		out->events++;
		if (h.seq != 0) {
			out->session = h.session;
			out->seq = h.seq;
		}
	}
	return l;
}

int
queue_ack(struct queue *q, uint64_t ord, struct queue_acked *out)
{
	struct leaving l;

	memset(out, 0, sizeof(*out));
	if (ord > q->sent_ord)
		return -1;
	if (ord <= q->acked_ord)
		return 0;
	normalise(q, &q->front);
	l = walk_until(q, ord, out);
	/* Only what was sent is acknowledged: the rest is not ours to drop. */
	must(q->events >= out->events && q->bytes - q->unsent >= l.bytes);
	if (l.session != NULL)
		memcpy(&q->session, l.session, sizeof(q->session));
	q->events -= out->events;
	q->bytes -= l.bytes;
	q->front = l.to;
	drop_passed(q);
	q->acked_ord = ord;
	must(q->sent_ord <= q->last_ord
	    && (q->events == 0) == (q->acked_ord == q->last_ord));
	reuse(q);
	return 0;
}
