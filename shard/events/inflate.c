/* SPDX-License-Identifier: MIT */
#include "shard/events/inflate.h"

#include "shared/base/tricks.h"

#include <string.h>
#include <zlib.h>
#include <zstd.h>

#define WINDOW_LOG_MAX 23 /* of INFLATE_WINDOW_MAX */
#define ZLIB_HEAD 2	  /* method and flags */
#define ZSTD_HEAD 6	  /* magic, descriptor, window: RFC 8878 3.1.1 */
#define ROOM 2048	  /* least output space offered to a decoder */

_Static_assert(INFLATE_WINDOW_MAX == 1u << WINDOW_LOG_MAX, "the same cap");

typedef enum inflate_result decode_fn(struct inflate *, const void *, size_t);

struct inflate {
	enum config_compress mode;
	decode_fn *decode;
	size_t max;
	struct queue *queue;
	z_stream z;
	ZSTD_DStream *zstd;
	size_t window_max;
	unsigned char head[ZSTD_HEAD]; /* of zstd; of zlib two: RFC 1950 2.2 */
	unsigned headed;	       /* bytes of it that have come */
	unsigned char tail[4];	       /* last bytes of the stream so far */
};

/* Output space, cut so that one byte over the cap can be seen. */
static unsigned char *
space(struct inflate *f, size_t *avail)
{
	size_t left = f->max + 1 - queue_open_len(f->queue);
	unsigned char *p = queue_space(f->queue, left < ROOM ? left : ROOM,
	    avail);

	if (*avail > left)
		*avail = left;
	return p;
}

static bool
produced(struct inflate *f, size_t n)
{
	queue_fill(f->queue, n);
	return queue_open_len(f->queue) <= f->max;
}

static enum inflate_result
decode_none(struct inflate *f, const void *data, size_t len)
{
	size_t avail;

	if (len > f->max - queue_open_len(f->queue))
		return INFLATE_TOO_BIG;
	memcpy(queue_space(f->queue, len, &avail), data, len);
	queue_fill(f->queue, len);
	return INFLATE_MORE;
}

/* end points behind the len bytes just consumed. */
static void
remember_tail(struct inflate *f, const unsigned char *end, size_t len)
{
	size_t keep = len < sizeof(f->tail) ? sizeof(f->tail) - len : 0;
	size_t fresh = sizeof(f->tail) - keep;

	memmove(f->tail, f->tail + fresh, keep);
	memcpy(f->tail + keep, end - fresh, fresh);
}

/* What zlib would ask of the two bytes in front; 0 or -1. */
static int
judge_head(const unsigned char head[2])
{
	bool deflate = (head[0] & 0x0f) == Z_DEFLATED && head[0] >> 4 <= 7;
	bool preset = (head[1] & 0x20) != 0;

	return deflate && !preset && (head[0] << 8 | head[1]) % 31 == 0 ? 0
									: -1;
}

/*
 * The check sum of a zlib stream stands behind its end, which never comes: zlib
 * would compute it over every byte for nothing.  So the inflater is given the
 * raw stream behind the header.
 */
static int
skip_head(struct inflate *f, const unsigned char **data, size_t *len)
{
	for (; *len > 0 && f->headed < ZLIB_HEAD; (*len)--) {
		f->head[f->headed++] = *(*data)++;
		if (f->headed == ZLIB_HEAD && judge_head(f->head) != 0)
			return -1;
	}
	return 0;
}

static enum inflate_result
decode_zlib(struct inflate *f, const void *given_data, size_t len)
{
	const unsigned char *data = given_data;
	size_t avail, given;
	int rc;

	if (HERD_TRICK_RAW_INFLATE && f->headed < ZLIB_HEAD
	    && skip_head(f, &data, &len) != 0)
		return f->head[0] == '{' ? INFLATE_OTHER : INFLATE_BAD;
	f->z.next_in = (unsigned char *)(uintptr_t)data;
	f->z.avail_in = (unsigned)len;
	do {
		f->z.next_out = space(f, &avail);
		f->z.avail_out = avail < UINT32_MAX ? (unsigned)avail
						    : UINT32_MAX;
		given = f->z.avail_out;
		rc = inflate(&f->z, Z_SYNC_FLUSH);
		/* Z_STREAM_END never occurs in a healthy stream (5.1). */
		if (rc != Z_OK && rc != Z_BUF_ERROR)
			return INFLATE_BAD;
		if (!produced(f, given - f->z.avail_out))
			return INFLATE_TOO_BIG;
	} while (f->z.avail_out == 0);
	if (f->z.avail_in != 0)
		return INFLATE_BAD;
	remember_tail(f, data + len, len);
	return INFLATE_MORE;
}

/*
 * The first bytes of the stream: is it zstd's at all, which a server that does
 * not know it would not send, and how large is its window?  A frame that knows
 * its size in front is none that goes on for ever.
 */
static enum inflate_result
judge_zstd(const unsigned char *head, unsigned n, size_t window_max)
{
	static const unsigned char magic[] = {0x28, 0xb5, 0x2f, 0xfd};
	unsigned base, steps;

	if (memcmp(head, magic, n < sizeof(magic) ? n : sizeof(magic)) != 0)
		return INFLATE_OTHER;
	if (n > 4 && (head[4] & 0x20) != 0)
		return INFLATE_BAD;
	if (n < ZSTD_HEAD)
		return INFLATE_MORE;
	base = 10u + (head[5] >> 3);
	steps = head[5] & 7u;
	return ((uint64_t)1 << base) / 8 * (8 + steps) > window_max
	    ? INFLATE_WINDOW
	    : INFLATE_MORE;
}

static enum inflate_result
look_at_head(struct inflate *f, const unsigned char *data, size_t len)
{
	size_t n = sizeof(f->head) - f->headed;

	if (n > len)
		n = len;
	memcpy(f->head + f->headed, data, n);
	f->headed += (unsigned)n;
	return judge_zstd(f->head, f->headed, f->window_max);
}

static enum inflate_result
decode_zstd(struct inflate *f, const void *data, size_t len)
{
	ZSTD_inBuffer in = {data, len, 0};
	enum inflate_result r = INFLATE_MORE;
	ZSTD_outBuffer out;
	size_t avail, rc;

	if (f->headed < sizeof(f->head))
		r = look_at_head(f, data, len);
	if (r != INFLATE_MORE)
		return r;
	do {
		out.dst = space(f, &avail);
		out.size = avail;
		out.pos = 0;
		rc = ZSTD_decompressStream(f->zstd, &out, &in);
		if (ZSTD_isError(rc))
			return INFLATE_BAD;
		if (!produced(f, out.pos))
			return INFLATE_TOO_BIG;
	} while (in.pos < in.size || out.pos == out.size);
	return INFLATE_MORE;
}

static int
open_zlib(struct inflate *f)
{
	f->decode = decode_zlib;
	return inflateInit2(&f->z, HERD_TRICK_RAW_INFLATE ? -15 : 15) == Z_OK
	    ? 0
	    : -1;
}

static int
open_zstd(struct inflate *f)
{
	f->decode = decode_zstd;
	f->zstd = ZSTD_createDStream();
	if (f->zstd == NULL)
		return -1;
	return ZSTD_isError(ZSTD_DCtx_setParameter(f->zstd, ZSTD_d_windowLogMax,
		   WINDOW_LOG_MAX))
	    ? -1
	    : 0;
}

struct inflate *
inflate_new(enum config_compress mode, size_t message_max, size_t window_max,
    struct queue *q)
{
	struct inflate *f = base_alloc(sizeof(*f));
	int rc = 0;

	f->mode = mode;
	f->max = message_max;
	f->window_max = window_max < INFLATE_WINDOW_MAX ? window_max
							: INFLATE_WINDOW_MAX;
	f->queue = q;
	f->decode = decode_none;
	if (mode == COMPRESS_ZLIB)
		rc = open_zlib(f);
	else if (mode == COMPRESS_ZSTD)
		rc = open_zstd(f);
	if (rc == 0)
		return f;
	inflate_free(f);
	return NULL;
}

void
inflate_free(struct inflate *f)
{
	if (f == NULL)
		return;
	if (f->mode == COMPRESS_ZLIB)
		(void)inflateEnd(&f->z);
	ZSTD_freeDStream(f->zstd);
	free(f);
}

size_t
inflate_memory(const struct inflate *f)
{
	/* zlib: its window, and what zconf.h says of the rest. */
	size_t own = f->mode == COMPRESS_ZLIB ? (32u << 10) + (8u << 10) : 0;

	return sizeof(*f) + own
	    + (f->zstd != NULL ? ZSTD_sizeof_DStream(f->zstd) : 0);
}

enum inflate_result
inflate_feed(struct inflate *f, const void *data, size_t len)
{
	return len == 0 ? INFLATE_MORE : f->decode(f, data, len);
}

enum inflate_result
inflate_end(struct inflate *f)
{
	static const unsigned char flush[4] = {0x00, 0x00, 0xff, 0xff};

	/* A gateway message may span several websocket messages (5.1). */
	if (f->mode == COMPRESS_ZLIB
	    && memcmp(f->tail, flush, sizeof(flush)) != 0)
		return INFLATE_MORE;
	memset(f->tail, 0, sizeof(f->tail));
	return INFLATE_MESSAGE;
}
