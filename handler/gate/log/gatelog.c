/* SPDX-License-Identifier: MIT */
/*
 * Appending and letting go.  The order of stores is what makes it safe:
 *
 *  - A record's body and header are written beyond head, where nobody looks,
 *    then head moves (release).  Who reads head (acquire) sees them whole.  A
 *    writer that is killed in between leaves nothing behind.
 *  - Before bytes are written over, tail moves beyond them, and a fence keeps
 *    the bytes from being seen first.  A reader of another thread copies, then
 *    fences (acquire) and looks at tail: if it has moved beyond its place the
 *    copy is void.  That is the way of a sequence lock: on x86-64 the fences
 *    cost nothing, on aarch64 they are one barrier a record.
 */
#include "handler/gate/log/gatelog_impl.h"

#include <fcntl.h>
#include <string.h>

/* A chain of multiplications, as fast as memory; against wild writes, not
 * against forgers. */
static uint64_t
sum_of(const struct gatelog *g, uint64_t at, const struct gatelog_record *r)
{
	uint64_t word[sizeof(*r) / 8], h = g->top->life ^ at;

	memcpy(word, r, sizeof(*r));
	for (size_t i = 0; i < nitems(word); i++) {
		h = (h ^ word[i]) * 0x9e3779b97f4a7c15u;
		h ^= h >> 29;
	}
	return h;
}

bool
gatelog_head_at(const struct gatelog *g, uint64_t at, uint64_t end,
    struct gatelog_record *out)
{
	struct gatelog_head h;

	if (end - at < sizeof(h))
		return false;
	memcpy(&h, gatelog_place(g, at), sizeof(h));
	*out = h.record;
	return h.sum == sum_of(g, at, &h.record)
	    && gatelog_span(h.record.len) <= end - at;
}

/* ---- pieces --------------------------------------------------------- */

static void
add_mark(struct gatelog *g, const struct gatelog_mark *m)
{
	if (g->marks == g->cap) {
		size_t cap = g->cap == 0 ? 256 : 2 * g->cap;
		struct gatelog_mark *more = base_alloc(cap * sizeof(*more));

		for (size_t i = 0; i < g->marks; i++)
			more[i] = *gatelog_mark_at(g, i);
		free(g->mark);
		g->mark = more;
		g->first = 0;
		g->cap = cap;
	}
	g->marks++;
	*gatelog_mark_at(g, g->marks - 1) = *m;
}

void
gatelog_marked(struct gatelog *g, uint64_t at, const struct gatelog_record *r)
{
	const struct gatelog_mark *last;

	if (g->marks > 0) {
		last = gatelog_mark_at(g, g->marks - 1);
		if (at - last->at < g->size / GATELOG_PIECES
		    && r->received_ms - last->received_ms < GATELOG_PIECE_MS)
			return;
	}
	add_mark(g,
	    &(struct gatelog_mark) {.at = at,
		.position = r->position,
		.received_ms = r->received_ms});
}

/* Memory of what is behind tail goes back by whole pieces of the ring; the
 * hole may not be more than the ring, of which some is written again. */
static void
punch(struct gatelog *g, uint64_t tail)
{
	size_t piece = g->size / GATELOG_PIECES / g->page * g->page;
	uint64_t head = atomic_load_explicit(&g->top->head,
	    memory_order_relaxed);

	if (piece == 0)
		piece = g->page;
	if (head > g->size && g->punched < head - g->size)
		g->punched = (head - g->size + g->page - 1) / g->page * g->page;
	while (tail >= g->punched + piece) {
		uint64_t at = g->punched % g->size;
		uint64_t n = piece < g->size - at ? piece : g->size - at;

		/* Where it cannot be done it is used again later. */
		(void)fallocate(g->fd,
		    FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		    (off_t)(g->page + at), (off_t)n);
		g->punched += n;
	}
}

/* The oldest piece goes; the fence is for what is written there next. */
static void
drop_piece(struct gatelog *g)
{
	uint64_t tail = atomic_load_explicit(&g->top->head,
	    memory_order_relaxed);

	must(g->marks > 0);
	g->first = (g->first + 1) % g->cap;
	g->marks--;
	if (g->marks > 0)
		tail = gatelog_mark_at(g, 0)->at;
	atomic_store_explicit(&g->top->tail, tail, memory_order_relaxed);
	atomic_thread_fence(memory_order_seq_cst);
}

void
gatelog_expire(struct gatelog *g, int64_t wall_ms)
{
	while (g->marks > 0
	    && wall_ms
		    - (g->marks > 1 ? gatelog_mark_at(g, 1)->received_ms
				    : g->newest_ms)
		> g->age_ms)
		drop_piece(g);
	punch(g, gatelog_tail(g));
}

/* ---- appending ------------------------------------------------------ */

static void
write_record(struct gatelog *g, uint64_t at, const struct gatelog_record *r,
    const char *raw)
{
	struct gatelog_head h = {.sum = sum_of(g, at, r), .record = *r};
	char *place = gatelog_place(g, at);

	memcpy(place + sizeof(h), raw, r->len);
	/* A header that checks has its body: see walk_records. */
	atomic_thread_fence(memory_order_release);
	memcpy(place, &h, sizeof(h));
}

bool
gatelog_append(struct gatelog *g, struct gatelog_record *r, const char *raw)
{
	uint64_t at = atomic_load_explicit(&g->top->head, memory_order_relaxed);
	uint64_t span = gatelog_span(r->len);

	if (span > g->size / 4)
		return false;
	while (at + span - gatelog_tail(g) > g->size)
		drop_piece(g);
	r->position = g->last + 1;
	write_record(g, at, r, raw);
	atomic_store_explicit(&g->top->head, at + span, memory_order_release);
	/* Behind head: who attaches finds the rest in the record itself. */
	atomic_store_explicit(&g->top->next, r->position + 1,
	    memory_order_relaxed);
	if (r->lane != 0)
		atomic_store_explicit(&g->top->lane, r->lane,
		    memory_order_relaxed);
	g->last = r->position;
	g->newest_ms = r->received_ms;
	gatelog_marked(g, at, r);
	return true;
}

/* ---- asking --------------------------------------------------------- */

uint64_t
gatelog_life(const struct gatelog *g)
{
	return g->top->life;
}

uint64_t
gatelog_oldest(const struct gatelog *g)
{
	return g->marks > 0 ? gatelog_mark_at(g, 0)->position : g->last + 1;
}

uint64_t
gatelog_whole(const struct gatelog *g)
{
	uint64_t oldest = gatelog_oldest(g);

	return oldest > g->whole ? oldest : g->whole;
}

uint64_t
gatelog_last(const struct gatelog *g)
{
	return g->last;
}

uint64_t
gatelog_acknowledged(const struct gatelog *g)
{
	return atomic_load_explicit(&g->top->lane, memory_order_relaxed);
}

size_t
gatelog_used(const struct gatelog *g)
{
	return (
	    size_t)(atomic_load_explicit(&g->top->head, memory_order_relaxed)
	    - gatelog_tail(g));
}
