/* SPDX-License-Identifier: MIT */
/* Transport compression; see compress.h. */
#include "shared/websocket/compress.h"

#include <zlib.h>
#include <zstd.h>

#define COMPRESS_ZLIB_LEVEL 6
#define COMPRESS_ZSTD_LEVEL 3
#define COMPRESS_ZSTD_WINDOW 18 /* log2 */
#define COMPRESS_ROOM 4096	/* output space asked for at a time */

/* RFC 1951 section 3.2.4; RFC 8878 section 3.1.1: of a window of 128 KiB. */
#define COMPRESS_ZLIB_BLOCK 65535u
#define COMPRESS_ZSTD_BLOCK (128u << 10)
#define COMPRESS_ZSTD_WINDOW_BYTE 0x38

struct compress {
	enum compress_kind kind;
	bool begun; /* stored: the head of the stream is out */
	z_stream z;
	ZSTD_CStream *zstd;
};

static void
begin_zstd(struct compress *p)
{
	p->zstd = ZSTD_createCStream();
	must(p->zstd);
	ZSTD_CCtx_setParameter(p->zstd, ZSTD_c_compressionLevel,
	    COMPRESS_ZSTD_LEVEL);
	ZSTD_CCtx_setParameter(p->zstd, ZSTD_c_windowLog, COMPRESS_ZSTD_WINDOW);
}

struct compress *
compress_new(enum compress_kind kind)
{
	struct compress *p;

	if (kind == COMPRESS_KIND_NONE)
		return NULL;
	p = base_alloc(sizeof(*p));
	p->kind = kind;
	if (kind == COMPRESS_KIND_ZSTD)
		begin_zstd(p);
	else if (kind == COMPRESS_KIND_ZLIB || kind == COMPRESS_KIND_PAYLOAD)
		must(deflateInit(&p->z, COMPRESS_ZLIB_LEVEL) == Z_OK);
	return p;
}

void
compress_quick(struct compress *p)
{
	if (p != NULL
	    && (p->kind == COMPRESS_KIND_ZLIB
		|| p->kind == COMPRESS_KIND_PAYLOAD))
		must(deflateParams(&p->z, Z_BEST_SPEED, Z_DEFAULT_STRATEGY)
		    == Z_OK);
}

/* Blocks of another kind in the same stream; they refer to none before. */
void
compress_real(struct compress *p)
{
	if (!p || p->kind != COMPRESS_KIND_ZLIB_STORED)
		return;
	must(deflateInit2(&p->z, COMPRESS_ZLIB_LEVEL, Z_DEFLATED,
		 p->begun ? -MAX_WBITS : MAX_WBITS, 8, Z_DEFAULT_STRATEGY)
	    == Z_OK);
	p->kind = COMPRESS_KIND_ZLIB;
}

void
compress_free(struct compress *p)
{
	if (!p)
		return;
	if (p->kind == COMPRESS_KIND_ZSTD)
		ZSTD_freeCStream(p->zstd);
	else if (p->kind == COMPRESS_KIND_ZLIB
	    || p->kind == COMPRESS_KIND_PAYLOAD)
		deflateEnd(&p->z);
	free(p);
}

static void
zlib_part(struct compress *p, const void *data, size_t len, int flush,
    struct buf *out)
{
	p->z.next_in = (Bytef *)(uintptr_t)data;
	p->z.avail_in = (uInt)len;
	do {
		p->z.next_out = (Bytef *)buf_space(out, COMPRESS_ROOM);
		p->z.avail_out = COMPRESS_ROOM;
		must(deflate(&p->z, flush) != Z_STREAM_ERROR);
		buf_filled(out, COMPRESS_ROOM - p->z.avail_out);
	} while (p->z.avail_out == 0);
}

static void
zstd_part(struct compress *p, const void *data, size_t len, bool last,
    struct buf *out)
{
	ZSTD_inBuffer in = {data, len, 0};
	size_t left;

	do {
		ZSTD_outBuffer o = {buf_space(out, COMPRESS_ROOM),
		    COMPRESS_ROOM, 0};

		left = ZSTD_compressStream2(p->zstd, &o, &in,
		    last ? ZSTD_e_flush : ZSTD_e_continue);
		must(!ZSTD_isError(left));
		buf_filled(out, o.pos);
	} while (last ? left > 0 : in.pos < in.size);
}

/* An empty block ends a message: clients look for its last four bytes. */
static void
zlib_stored(struct compress *p, const char *data, size_t len, bool last,
    struct buf *out)
{
	if (!p->begun)
		buf_add(out, "\x78\x01", 2);
	p->begun = true;
	while (len > 0) {
		unsigned n = len < COMPRESS_ZLIB_BLOCK ? (unsigned)len
						       : COMPRESS_ZLIB_BLOCK;
		const unsigned char head[5] = {0, n & 0xff, n >> 8 & 0xff,
		    ~n & 0xff, ~n >> 8 & 0xff};

		buf_add(out, head, sizeof(head));
		buf_add(out, data, n);
		data += n;
		len -= n;
	}
	if (last)
		buf_add(out, "\x00\x00\x00\xff\xff", 5);
}

static void
zstd_stored(struct compress *p, const char *data, size_t len, struct buf *out)
{
	static const unsigned char begin[6] = {0x28, 0xb5, 0x2f, 0xfd, 0,
	    COMPRESS_ZSTD_WINDOW_BYTE};

	if (!p->begun)
		buf_add(out, begin, sizeof(begin));
	p->begun = true;
	while (len > 0) {
		unsigned n = len < COMPRESS_ZSTD_BLOCK ? (unsigned)len
						       : COMPRESS_ZSTD_BLOCK;
		const unsigned char head[3] = {n << 3 & 0xff, n >> 5 & 0xff,
		    n >> 13 & 0xff};

		buf_add(out, head, sizeof(head));
		buf_add(out, data, n);
		data += n;
		len -= n;
	}
}

void
compress_part(struct compress *p, const void *data, size_t len, bool last,
    struct buf *out)
{
	switch (p ? p->kind : COMPRESS_KIND_NONE) {
	case COMPRESS_KIND_NONE:
		buf_add(out, data, len);
		break;
	case COMPRESS_KIND_PAYLOAD:
		zlib_part(p, data, len, last ? Z_FINISH : Z_NO_FLUSH, out);
		if (last)
			deflateReset(&p->z);
		break;
	case COMPRESS_KIND_ZLIB:
		zlib_part(p, data, len, last ? Z_SYNC_FLUSH : Z_NO_FLUSH, out);
		break;
	case COMPRESS_KIND_ZSTD:
		zstd_part(p, data, len, last, out);
		break;
	case COMPRESS_KIND_ZLIB_STORED:
		zlib_stored(p, data, len, last, out);
		break;
	case COMPRESS_KIND_ZSTD_STORED:
		zstd_stored(p, data, len, out);
		break;
	}
}
