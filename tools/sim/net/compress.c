/* SPDX-License-Identifier: MIT */
#include "tools/sim/net/compress.h"

#include <zlib.h>
#include <zstd.h>

#define COMPRESS_ZLIB_LEVEL 6
#define COMPRESS_ZSTD_LEVEL 3
#define COMPRESS_ZSTD_WINDOW 18 /* log2 */
#define COMPRESS_ROOM 4096	/* output space asked for at a time */

struct compress {
	enum compress_kind kind;
	z_stream z;
	ZSTD_CStream *zstd;
};

struct compress *
compress_new(enum compress_kind kind)
{
	struct compress *p;

	if (kind == COMPRESS_NONE)
		return NULL;
	p = base_alloc(sizeof(*p));
	p->kind = kind;
	if (kind == COMPRESS_ZSTD) {
		p->zstd = ZSTD_createCStream();
		must(p->zstd);
		ZSTD_CCtx_setParameter(p->zstd, ZSTD_c_compressionLevel,
		    COMPRESS_ZSTD_LEVEL);
		ZSTD_CCtx_setParameter(p->zstd, ZSTD_c_windowLog,
		    COMPRESS_ZSTD_WINDOW);
	} else {
		must(deflateInit(&p->z, COMPRESS_ZLIB_LEVEL) == Z_OK);
	}
	return p;
}

void
compress_free(struct compress *p)
{
	if (!p)
		return;
	if (p->kind == COMPRESS_ZSTD)
		ZSTD_freeCStream(p->zstd);
	else
		deflateEnd(&p->z);
	free(p);
}

static void
zlib_part(struct compress *p, const void *data, size_t len, int flush,
    struct sbuf *out)
{
	p->z.next_in = (Bytef *)(uintptr_t)data;
	p->z.avail_in = (uInt)len;
	do {
		sbuf_reserve(out, COMPRESS_ROOM);
		p->z.next_out = (Bytef *)out->p + out->len;
		p->z.avail_out = (uInt)(out->cap - out->len - 1);
		out->len = out->cap - 1;
		must(deflate(&p->z, flush) != Z_STREAM_ERROR);
		out->len -= p->z.avail_out;
	} while (p->z.avail_out == 0);
}

static void
zstd_part(struct compress *p, const void *data, size_t len, bool last,
    struct sbuf *out)
{
	ZSTD_inBuffer in = {data, len, 0};
	size_t left;

	do {
		ZSTD_outBuffer o;

		sbuf_reserve(out, COMPRESS_ROOM);
		o = (ZSTD_outBuffer) {out->p + out->len,
		    out->cap - out->len - 1, 0};
		left = ZSTD_compressStream2(p->zstd, &o, &in,
		    last ? ZSTD_e_flush : ZSTD_e_continue);
		must(!ZSTD_isError(left));
		out->len += o.pos;
	} while (last ? left > 0 : in.pos < in.size);
}

void
compress_part(struct compress *p, const void *data, size_t len, bool last,
    struct sbuf *out)
{
	if (!p) {
		sbuf_add(out, data, len);
		return;
	}
	if (p->kind == COMPRESS_ZSTD)
		zstd_part(p, data, len, last, out);
	else if (p->kind == COMPRESS_ZLIB)
		zlib_part(p, data, len, last ? Z_SYNC_FLUSH : Z_NO_FLUSH, out);
	else
		zlib_part(p, data, len, last ? Z_FINISH : Z_NO_FLUSH, out);
	if (last && p->kind == COMPRESS_PAYLOAD)
		deflateReset(&p->z);
}
