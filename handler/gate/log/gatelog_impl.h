/* SPDX-License-Identifier: MIT */
/*
 * What lies in the memfd, and what is known of it; for gatelog*.c and their
 * test.
 */
#ifndef HANDLER_GATE_LOG_GATELOG_IMPL_H
#define HANDLER_GATE_LOG_GATELOG_IMPL_H

#include "handler/gate/log/gatelog.h"

#include <stdatomic.h>

#define GATELOG_MAGIC 0x31676f6c65746167u /* "gatelog1" */

/* In the ring: sum is of the record, its place and the log's life. */
struct gatelog_head {
	uint64_t sum;
	struct gatelog_record record;
};
_Static_assert(sizeof(struct gatelog_head) == 96, "lies in the memfd");

/*
 * The first page.  Written at the start, but for the four that move: each is
 * one word, so none is ever half written.  What counts is from tail to head;
 * both are places of records, which the sums prove.
 */
struct gatelog_top {
	uint64_t magic, size, life, sum;
	_Atomic uint64_t head, tail;
	_Atomic uint64_t next; /* position of the next record, or one less */
	_Atomic uint64_t lane; /* of the last record that has one */
};

/* Where a piece of the log begins; by these it is sought and dropped. */
struct gatelog_mark {
	uint64_t at, position;
	int64_t received_ms;
};

struct gatelog {
	struct gatelog_top *top;
	char *ring; /* mapped twice */
	int fd;
	size_t page, size; /* of the ring */
	int64_t age_ms;
	uint64_t last;		   /* position */
	int64_t newest_ms;	   /* received_ms of that record */
	uint64_t whole;		   /* position behind the last hole */
	uint64_t punched;	   /* place up to which memory was given back */
	struct gatelog_mark *mark; /* a ring of its own */
	size_t marks, first, cap;
};

/* The place of a record in memory. */
static inline char *
gatelog_place(const struct gatelog *g, uint64_t at)
{
	return g->ring + at % g->size;
}

static inline uint64_t
gatelog_span(uint32_t len)
{
	return sizeof(struct gatelog_head) + ((uint64_t)len + 7) / 8 * 8;
}

static inline uint64_t
gatelog_tail(const struct gatelog *g)
{
	return atomic_load_explicit(&g->top->tail, memory_order_acquire);
}

static inline struct gatelog_mark *
gatelog_mark_at(const struct gatelog *g, size_t i)
{
	return &g->mark[(g->first + i) % g->cap];
}

/* The header at a place that should hold one: false when it does not. */
bool gatelog_head_at(const struct gatelog *, uint64_t at, uint64_t end,
    struct gatelog_record *);
void gatelog_marked(struct gatelog *, uint64_t at,
    const struct gatelog_record *);

#endif
