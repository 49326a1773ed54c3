/* SPDX-License-Identifier: MIT */
/*
 * A byte queue: filled at the end, eaten at the front, memory given back
 * when empty.  It knows no limit of its own: whoever fills it checks
 * buf_len() against a named bound first.
 */
#ifndef SHARED_BASE_BUF_H
#define SHARED_BASE_BUF_H

#include "shared/base/base.h"

#define BUF_KEEP (256u << 10) /* an empty buffer above this is freed */

struct buf {
	char *p;
	size_t cap, start, end;
};

static inline size_t
buf_len(const struct buf *b)
{
	return b->end - b->start;
}

static inline char *
buf_data(const struct buf *b)
{
	return b->p != NULL ? b->p + b->start : NULL;
}

/* Room for at least n more bytes; write there, then buf_filled. */
char *buf_space(struct buf *, size_t n);
void buf_filled(struct buf *, size_t n);
void buf_add(struct buf *, const void *data, size_t len);
void buf_puts(struct buf *, const char *s);
void buf_printf(struct buf *, const char *fmt, ...) printflike(2, 3);
/* Takes n bytes off the front. */
void buf_eat(struct buf *, size_t n);
void buf_free(struct buf *);

/*
 * Writes what it can to a non-blocking fd.  0 everything is out, 1 the fd is
 * full, -1 with errno.  *written is increased by what went out.
 */
int buf_flush(struct buf *, int fd, uint64_t *written);

#endif
