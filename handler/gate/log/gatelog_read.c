/* SPDX-License-Identifier: MIT */
/* Readers; see gatelog.c for what they may rely on. */
#include "handler/gate/log/gatelog_impl.h"

#include <string.h>

/* The greatest mark whose position is not beyond; there is one. */
static const struct gatelog_mark *
mark_before(const struct gatelog *g, uint64_t position)
{
	size_t low = 0, high = g->marks;

	while (high - low > 1) {
		size_t mid = low + (high - low) / 2;

		if (gatelog_mark_at(g, mid)->position <= position)
			low = mid;
		else
			high = mid;
	}
	return gatelog_mark_at(g, low);
}

bool
gatelog_seek(const struct gatelog *g, struct gatelog_reader *r,
    uint64_t position)
{
	uint64_t end = atomic_load_explicit(&g->top->head,
	    memory_order_relaxed);
	uint64_t want = position + 1, at;
	struct gatelog_record rec;

	if (want == g->last + 1) {
		*r = (struct gatelog_reader) {want - 1, end};
		return true;
	}
	if (want < gatelog_oldest(g) || want > g->last)
		return false;
	at = mark_before(g, want)->at;
	while (at < end && gatelog_head_at(g, at, end, &rec)
	    && rec.position < want)
		at += gatelog_span(rec.len);
	if (at == end || rec.position != want)
		return false;
	*r = (struct gatelog_reader) {want - 1, at};
	return true;
}

/* Did tail stay behind the bytes just read at a place? */
static bool
still_there(const struct gatelog *g, uint64_t at)
{
	atomic_thread_fence(memory_order_acquire);
	return atomic_load_explicit(&g->top->tail, memory_order_relaxed) <= at;
}

enum gatelog_read
gatelog_next(const struct gatelog *g, struct gatelog_reader *r,
    struct gatelog_record *out, const char **raw, uint64_t *lost)
{
	uint64_t head, tail;
	bool whole;

	do {
		tail = gatelog_tail(g);
		head = atomic_load_explicit(&g->top->head,
		    memory_order_acquire);
		if (r->at < tail)
			r->at = tail;
		if (r->at >= head)
			return GATELOG_END;
		whole = gatelog_head_at(g, r->at, head, out);
		if (!still_there(g, r->at))
			continue;
		/* Somebody wrote over it who may not: what is left is lost. */
		if (!whole)
			r->at = head;
	} while (!whole);
	/* Its position tells what was missed, whatever the reason. */
	if (out->position != r->position + 1) {
		*lost = out->position - r->position - 1;
		r->position = out->position - 1;
		return GATELOG_LOST;
	}
	*raw = gatelog_place(g, r->at) + sizeof(struct gatelog_head);
	r->position = out->position;
	r->at += gatelog_span(out->len);
	return GATELOG_RECORD;
}

bool
gatelog_copy(const struct gatelog *g, const struct gatelog_reader *r,
    const struct gatelog_record *rec, char *dst)
{
	uint64_t at = r->at - gatelog_span(rec->len);

	memcpy(dst, gatelog_place(g, at) + sizeof(struct gatelog_head),
	    rec->len);
	return still_there(g, at);
}
