/* SPDX-License-Identifier: MIT */
/*
 * Transport compression of one connection (discord-protocol.md section 5):
 * one context for its whole life, one sync flush per message.  Also payload
 * compression, where a message is a stream of its own.
 *
 * For who asks for a compressed stream and gains nothing by it (a bot on the
 * same machine) there are streams of stored blocks: valid, 5 to 10 bytes more
 * per message, no work and no state.
 */
#ifndef SHARED_WEBSOCKET_COMPRESS_H
#define SHARED_WEBSOCKET_COMPRESS_H

#include "shared/base/buf.h"

enum compress_kind {
	COMPRESS_KIND_NONE,
	COMPRESS_KIND_PAYLOAD,
	COMPRESS_KIND_ZLIB,
	COMPRESS_KIND_ZSTD,
	COMPRESS_KIND_ZLIB_STORED, /* what COMPRESS_KIND_ZLIB inflates */
	COMPRESS_KIND_ZSTD_STORED, /* what COMPRESS_KIND_ZSTD inflates */
};

struct compress; /* opaque; NULL stands for COMPRESS_KIND_NONE */

struct compress *compress_new(enum compress_kind);
/* Before its first byte: zlib's least effort, for who cares for work and not
 * for bytes. */
void compress_quick(struct compress *);
/* From the next message on a stream of COMPRESS_KIND_ZLIB_STORED is compressed
 * truly; of the others nothing changes. */
void compress_real(struct compress *);
void compress_free(struct compress *);
/* Appends part of a message to out; last ends it with the flush. */
void compress_part(struct compress *, const void *, size_t, bool last,
    struct buf *out);

#endif
