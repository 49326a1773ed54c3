/* SPDX-License-Identifier: MIT */
/* Doubly linked, intrusive, circular; an element is in at most one list. */
#ifndef SHARED_BASE_LIST_H
#define SHARED_BASE_LIST_H

#include "shared/base/base.h"

struct list {
	struct list *prev, *next;
};

static inline void
list_init(struct list *l)
{
	l->prev = l->next = l;
}

static inline bool
list_empty(const struct list *l)
{
	return l->next == l;
}

static inline void
list_append(struct list *l, struct list *e)
{
	e->prev = l->prev;
	e->next = l;
	l->prev->next = e;
	l->prev = e;
}

static inline void
list_remove(struct list *e)
{
	e->prev->next = e->next;
	e->next->prev = e->prev;
	e->prev = e->next = e;
}

#define list_each(l, e) for (struct list *e = (l)->next; e != (l); e = e->next)
#define list_each_safe(l, e, n)                                                \
	for (struct list *e = (l)->next, *n = e->next; e != (l);               \
	     e = n, n = e->next)

#endif
