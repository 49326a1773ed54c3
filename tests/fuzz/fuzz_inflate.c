/* SPDX-License-Identifier: MIT */
/*
 * The shard's two decoders against zlib and zstd used plainly on the whole of
 * the bytes: the same output, however the stream is cut, or both refuse it.
 * First byte: the mode and where it is cut.  A third of the inputs is packed
 * first, so that what is inside is met, too.
 * Covers: shard/events/inflate.c shard/events/queue.c
 */
#include "tests/fuzz/kit.h"

#include "shard/events/inflate.h"

#include <string.h>
#include <zlib.h>
#include <zstd.h>

#define MAX 65536u    /* of a message */
#define WINDOW_LOG 21 /* of zstd */

static char plain[MAX + 1];

/* What zlib makes of it in one go; the bytes that came out, -1: broken. */
static int64_t
zlib_once(const uint8_t *data, size_t size, int window_bits)
{
	z_stream z = {.next_in = (uint8_t *)(uintptr_t)data,
	    .avail_in = (unsigned)size,
	    .next_out = (uint8_t *)plain,
	    .avail_out = sizeof(plain)};
	int rc;

	must(inflateInit2(&z, window_bits) == Z_OK);
	rc = inflate(&z, Z_SYNC_FLUSH);
	(void)inflateEnd(&z);
	if (rc != Z_OK && rc != Z_BUF_ERROR)
		return -1;
	return (int64_t)(sizeof(plain) - z.avail_out);
}

/*
 * Bytes the plain decoder makes of it, -1: broken; more than MAX: MAX + 1.  The
 * header by zlib's word, what is behind it raw: a window that the header makes
 * small is of no use to a stream that has the whole one.
 */
static int64_t
zlib_word(const uint8_t *data, size_t size)
{
	size_t head = size < 2 ? size : 2;

	if (zlib_once(data, head, 15) == -1 || (head == 2 && data[1] & 0x20))
		return -1; /* a preset dictionary is nobody's */
	return zlib_once(data + head, size - head, -15);
}

static int64_t
zstd_word(const uint8_t *data, size_t size)
{
	ZSTD_DStream *d = ZSTD_createDStream();
	ZSTD_inBuffer in = {data, size, 0};
	ZSTD_outBuffer out = {plain, sizeof(plain), 0};
	size_t rc, was;

	must(d != NULL
	    && !ZSTD_isError(
		ZSTD_DCtx_setParameter(d, ZSTD_d_windowLogMax, WINDOW_LOG)));
	do {
		was = in.pos + out.pos;
		rc = ZSTD_decompressStream(d, &out, &in);
	} while (
	    !ZSTD_isError(rc) && out.pos < out.size && in.pos + out.pos > was);
	ZSTD_freeDStream(d);
	return ZSTD_isError(rc) ? -1 : (int64_t)out.pos;
}

/*
 * Does a zstd stream begin as none of Discord's does (RFC 8878 3.1.1)?  Another
 * magic, its size in front, a window larger than allowed: refused by ours as
 * soon as it shows, whatever a plain decoder thinks of it.
 */
static bool
foreign(const uint8_t *data, size_t size)
{
	size_t n = size < 4 ? size : 4;
	uint64_t base;

	if (memcmp(data, "\x28\xb5\x2f\xfd", n) != 0
	    || (size > 4 && (data[4] & 0x20) != 0))
		return true;
	if (size < 6)
		return false;
	base = (uint64_t)1 << (10 + (data[5] >> 3));
	return base + base / 8 * (data[5] & 7) > (uint64_t)1 << WINDOW_LOG;
}

/* Ours, in pieces of step bytes, as one message that never ends. */
static void
ours(enum config_compress mode, const uint8_t *data, size_t size, size_t step,
    int64_t word)
{
	enum inflate_result r = INFLATE_MORE;
	struct inflate *f;
	struct queue q;

	queue_init(&q);
	f = inflate_new(mode, MAX, (size_t)1 << WINDOW_LOG, &q);
	must(f != NULL);
	for (size_t at = 0, n; at < size && r == INFLATE_MORE; at += n) {
		n = step < size - at ? step : size - at;
		r = inflate_feed(f, data + at, n);
	}
	if (r == INFLATE_MORE) {
		must(word >= 0 && (size_t)word == queue_open_len(&q));
		must(memcmp(plain, queue_open_text(&q), (size_t)word) == 0);
		(void)inflate_end(f);
	} else if (r == INFLATE_TOO_BIG) {
		must(word > MAX || word == -1);
	} else {
		/* What is broken behind the cap may be seen or not. */
		must(word == -1 || word > MAX
		    || (mode == COMPRESS_ZSTD && foreign(data, size)));
	}
	must(queue_open_len(&q) <= MAX + 1);
	inflate_free(f);
	queue_discard(&q);
	queue_free(&q);
}

static void
both(enum config_compress mode, const uint8_t *data, size_t size, size_t step)
{
	int64_t word = mode == COMPRESS_ZLIB ? zlib_word(data, size)
					     : zstd_word(data, size);

	ours(mode, data, size, step, word);
	ours(mode, data, size, size + 1, word);
}

/* The bytes as a healthy stream has them, in two flushed messages. */
static void
packed(enum config_compress mode, const uint8_t *data, size_t size, size_t step)
{
	size_t room = compressBound(size) + ZSTD_compressBound(size) + 64;
	uint8_t *to = base_alloc(room);
	z_stream z = {.next_out = to, .avail_out = (unsigned)room};
	ZSTD_CCtx *c = ZSTD_createCCtx();
	ZSTD_outBuffer out = {to, room, 0};

	for (int i = 0; i < 2; i++) {
		size_t half = i == 0 ? size / 2 : size - size / 2;
		ZSTD_inBuffer in = {data + (i == 0 ? 0 : size / 2), half, 0};

		if (mode == COMPRESS_ZSTD) {
			must(ZSTD_compressStream2(c, &out, &in, ZSTD_e_flush)
			    == 0);
			continue;
		}
		if (i == 0)
			must(deflateInit(&z, 1) == Z_OK);
		z.next_in = (uint8_t *)(uintptr_t)in.src;
		z.avail_in = (unsigned)half;
		must(deflate(&z, Z_SYNC_FLUSH) != Z_STREAM_ERROR);
	}
	if (mode == COMPRESS_ZLIB) {
		out.pos = room - z.avail_out;
		(void)deflateEnd(&z);
	}
	ZSTD_freeCCtx(c);
	both(mode, to, out.pos, step);
	if (size <= MAX && mode == COMPRESS_ZLIB)
		must(memcmp(plain, data, size) == 0);
	free(to);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kit k = {data, size};
	unsigned how = kit_byte(&k);
	enum config_compress mode = how % 2 != 0 ? COMPRESS_ZLIB
						 : COMPRESS_ZSTD;

	if (how % 3 == 0)
		packed(mode, k.p, k.left, 1 + how / 3);
	else
		both(mode, k.p, k.left, 1 + how / 3);
	return 0;
}
