/* SPDX-License-Identifier: MIT */
/*
 * Transport compression of one connection (discord-protocol.md section 5):
 * one context for its whole life, one sync flush per message.  Also payload
 * compression, where a message is a stream of its own.
 */
#ifndef TOOLS_SIM_NET_COMPRESS_H
#define TOOLS_SIM_NET_COMPRESS_H

#include "tools/sim/base/sbuf.h"

enum compress_kind {
	COMPRESS_NONE,
	COMPRESS_PAYLOAD,
	COMPRESS_ZLIB,
	COMPRESS_ZSTD
};

struct compress; /* opaque; NULL stands for COMPRESS_NONE */

struct compress *compress_new(enum compress_kind);
void compress_free(struct compress *);
/* Appends part of a message to out; last ends it with the flush. */
void compress_part(struct compress *, const void *, size_t, bool last,
    struct sbuf *out);

#endif
