/* SPDX-License-Identifier: MIT */
/*
 * The head of a websocket frame as a server sends it: unmasked (RFC 6455
 * section 5.2).  Reading frames is wslay's.
 */
#ifndef SHARED_WEBSOCKET_FRAME_H
#define SHARED_WEBSOCKET_FRAME_H

#include "shared/base/base.h"

#define FRAME_HEAD_MAX 10
#define FRAME_FIN 0x80u

/* first: FRAME_FIN | opcode.  Returns the bytes of head used. */
static inline size_t
frame_head(unsigned char head[FRAME_HEAD_MAX], unsigned first, size_t len)
{
	unsigned bytes = len < 126 ? 0 : len < 65536 ? 2 : 8;

	head[0] = (unsigned char)first;
	head[1] = (unsigned char)(bytes == 0 ? len : bytes == 2 ? 126 : 127);
	for (unsigned i = 0; i < bytes; i++)
		head[2 + i] = (unsigned char)((uint64_t)len
		    >> (8 * (bytes - 1 - i)));
	return 2 + bytes;
}

#endif
