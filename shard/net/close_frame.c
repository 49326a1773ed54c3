/* SPDX-License-Identifier: MIT */
/* See close_frame.h; RFC 6455, 5.2. */
#include "shard/net/close_frame.h"

#include <string.h>

#include "shared/base/text.h"

#define OP_CLOSE 8

/* Bytes of a header that begins so; 2 until those are there. */
static size_t
head_size(const struct close_frame *g)
{
	unsigned n = g->head[1] & 0x7f;

	if (g->head_len < 2)
		return 2;
	return 2
	    + (n == 126	       ? 2
		    : n == 127 ? 8
			       : 0)
	    + ((g->head[1] & 0x80) != 0 ? 4 : 0);
}

static void
begin(struct close_frame *g)
{
	unsigned n = g->head[1] & 0x7f;
	unsigned wide = n == 126 ? 2 : n == 127 ? 8 : 0;

	g->left = wide > 0 ? 0 : n;
	for (unsigned i = 0; i < wide; i++)
		g->left = g->left << 8 | g->head[2 + i];
	g->closing = (g->head[0] & 0x0f) == OP_CLOSE && g->len == 0;
	g->in_payload = true;
	g->head_len = 0;
}

void
close_frame_see(struct close_frame *g, const unsigned char *p, size_t n)
{
	while (n > 0) {
		size_t took = 1;

		if (!g->in_payload) {
			g->head[g->head_len++] = *p;
			if (g->head_len == head_size(g))
				begin(g);
		} else {
			size_t room = sizeof(g->said) - g->len;

			took = g->left < n ? (size_t)g->left : n;
			if (g->closing) {
				size_t take = took < room ? took : room;

				memcpy(g->said + g->len, p, take);
				g->len += take;
			}
			g->left -= took;
		}
		if (g->in_payload && g->left == 0)
			g->in_payload = false;
		p += took;
		n -= took;
	}
}

unsigned
close_frame_code(const struct close_frame *g)
{
	return g->len < 2 ? 0 : (unsigned)(g->said[0] << 8 | g->said[1]);
}

void
close_frame_reason(const struct close_frame *g, char *out, size_t size)
{
	size_t n = g->len < 2 ? 0 : g->len - 2;

	text_clean(out, size, g->said + g->len - n, n);
}
