/* SPDX-License-Identifier: MIT */
/* A byte queue; see buf.h. */
#include "shared/base/buf.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#define BUF_FIRST 4096

static void
buf_compact(struct buf *b)
{
	if (b->start == 0)
		return;
	memmove(b->p, b->p + b->start, b->end - b->start);
	b->end -= b->start;
	b->start = 0;
}

char *
buf_space(struct buf *b, size_t n)
{
	size_t cap;

	if (b->cap - b->end >= n)
		return b->p + b->end;
	/* Moving pays only while less is left than was eaten. */
	if (b->start >= b->end - b->start && b->p != NULL)
		buf_compact(b);
	if (b->cap - b->end >= n)
		return b->p + b->end;
	cap = b->cap ? b->cap : BUF_FIRST;
	while (cap - b->end < n)
		cap *= 2;
	b->p = base_realloc(b->p, cap);
	b->cap = cap;
	return b->p + b->end;
}

void
buf_filled(struct buf *b, size_t n)
{
	must(b->cap - b->end >= n);
	b->end += n;
}

void
buf_add(struct buf *b, const void *data, size_t len)
{
	if (len == 0)
		return;
	memcpy(buf_space(b, len), data, len);
	b->end += len;
}

void
buf_puts(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	size_t room = 256;
	int n;

	for (;;) {
		char *p = buf_space(b, room);

		va_start(ap, fmt);
		n = vsnprintf(p, room, fmt, ap);
		va_end(ap);
		must(n >= 0);
		if ((size_t)n < room)
			break;
		room = (size_t)n + 1;
	}
	b->end += (size_t)n;
}

void
buf_eat(struct buf *b, size_t n)
{
	must(buf_len(b) >= n);
	b->start += n;
	if (b->start < b->end)
		return;
	b->start = b->end = 0;
	if (b->cap > BUF_KEEP)
		buf_free(b);
}

void
buf_free(struct buf *b)
{
	free(b->p);
	*b = (struct buf) {0};
}

int
buf_flush(struct buf *b, int fd, uint64_t *written)
{
	while (buf_len(b) > 0) {
		ssize_t n = write(fd, buf_data(b), buf_len(b));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 1 : -1;
		*written += (uint64_t)n;
		buf_eat(b, (size_t)n);
	}
	return 0;
}
