/* SPDX-License-Identifier: MIT */
/*
 * A server's frames, as a reader of the bench sees them: never masked, and a
 * whole message each (RFC 6455 5.2).
 */
#ifndef TESTS_BENCH_FRAME_H
#define TESTS_BENCH_FRAME_H

#include "shared/base/buf.h"

/* Bytes of the first one's head, *len those behind it; 0: it is not whole. */
static inline size_t
frame_head(const struct buf *in, size_t *len)
{
	const unsigned char *p = (const unsigned char *)buf_data(in);
	size_t have = buf_len(in), head = 2;

	if (have < 2)
		return 0;
	*len = p[1] & 127;
	if (*len >= 126)
		head = *len == 126 ? 4 : 10;
	if (have < head)
		return 0;
	if (head > 2)
		*len = 0;
	for (size_t i = 2; i < head; i++)
		*len = *len << 8 | p[i];
	return have - head < *len ? 0 : head;
}

#endif
