/* SPDX-License-Identifier: MIT */
/*
 * The few words every module uses: assertions that stay on in production,
 * array and container helpers, an intrusive list and bounded strings.
 * Input from outside must never reach must() or bug(): those are for our
 * own invariants only.
 */
#ifndef SHARED_BASE_BASE_H
#define SHARED_BASE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define nitems(a) (sizeof(a) / sizeof((a)[0]))
#define container_of(p, type, member)                                          \
	((type *)(void *)((char *)(p) - offsetof(type, member)))
#define printflike(fmt, args) __attribute__((format(printf, fmt, args)))
#define noreturn_fn __attribute__((noreturn))

/* Reports the broken invariant on stderr and aborts; never returns. */
void base_fail(const char *file, int line, const char *func, const char *what)
    noreturn_fn;

/* What base_fail() was called for, for who has the last word; "": it was not. */
const char *base_fault(void);

#define must(e)                                                                \
	((e) ? (void)0 : base_fail(__FILE__, __LINE__, __func__, #e))
#define bug(why) base_fail(__FILE__, __LINE__, __func__, why)

/* Allocation at start-up or of a size we bound ourselves: failing is fatal. */
void *base_alloc(size_t size);	/* zeroed; owner frees with free() */
void *base_realloc(void *p, size_t size);
char *base_strdup(const char *s);

/*
 * Copies src into dst (size bytes, always terminated).  Returns the length of
 * src: a result >= size means it was cut, between two characters if it is
 * UTF-8: half a letter makes a whole JSON document unreadable.
 */
size_t str_copy(char *dst, const char *src, size_t size);
/* snprintf that returns false when the result did not fit; cut likewise.  For
 * words that people read, see text_format(). */
bool str_format(char *dst, size_t size, const char *fmt, ...) printflike(3, 4);
/* Whole-string decimal numbers; false on anything else or out of range. */
bool str_to_u64(const char *s, uint64_t *out);
bool str_to_i64(const char *s, int64_t *out);
bool str_to_double(const char *s, double *out);

/* FNV-1a, 64 bit: names a session or a token in memory; not for secrets. */
uint64_t base_hash64(const void *data, size_t len);

/* Writes all of data to fd, riding out EINTR and short writes: 0 or -1. */
int fd_write_all(int fd, const void *data, size_t len);
/* Sets O_NONBLOCK / FD_CLOEXEC: 0 or -1 with errno. */
int fd_nonblock(int fd);
int fd_cloexec(int fd, bool on);
/* Closes every fd >= low that is not in keep[0..n) (any order). */
void fd_close_from(int low, const int *keep, size_t n);

/* Doubly linked, intrusive, circular; an element is in at most one list. */
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
