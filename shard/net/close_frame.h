/* SPDX-License-Identifier: MIT */
/*
 * What the server's close frame holds, read beside wslay: that refuses one
 * whose reason is no UTF-8 (Latin-1, or cut inside a letter) before anybody
 * sees its code, and the code decides what we do.  Walks the headers of the
 * frames and looks into close frames alone.  Nothing here fails or waits.
 */
#ifndef SHARD_NET_CLOSE_FRAME_H
#define SHARD_NET_CLOSE_FRAME_H

#include "shared/base/base.h"

#define CLOSE_FRAME_MAX 125 /* of any control frame */

struct close_frame {
	unsigned char head[14]; /* of the frame that begins */
	size_t head_len;
	uint64_t left; /* of its payload */
	bool in_payload, closing;
	unsigned char said[CLOSE_FRAME_MAX]; /* code and reason */
	size_t len;
};

/* The next bytes of the server. */
void close_frame_see(struct close_frame *, const unsigned char *, size_t n);
/* Of its close frame, 0: none came, or it has none. */
unsigned close_frame_code(const struct close_frame *);
/* Its reason as text, size at least 16. */
void close_frame_reason(const struct close_frame *, char *out, size_t size);

#endif
