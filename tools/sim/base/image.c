/* SPDX-License-Identifier: MIT */
#include "tools/sim/base/image.h"

#include <string.h>
#include <zlib.h>

#define PNG_SIDE_MAX 64

static uint32_t
be(const unsigned char *p, size_t n)
{
	uint32_t v = 0;

	for (size_t i = 0; i < n; i++)
		v = v << 8 | p[i];
	return v;
}

static uint32_t
le(const unsigned char *p, size_t n)
{
	uint32_t v = 0;

	while (n-- > 0)
		v = v << 8 | p[n];
	return v;
}

static bool
png(const unsigned char *p, size_t n, uint32_t *w, uint32_t *h)
{
	if (n < 24 || memcmp(p, "\x89PNG\r\n\x1a\n", 8) != 0
	    || memcmp(p + 12, "IHDR", 4) != 0)
		return false;
	*w = be(p + 16, 4);
	*h = be(p + 20, 4);
	return true;
}

static bool
gif(const unsigned char *p, size_t n, uint32_t *w, uint32_t *h)
{
	if (n < 10
	    || (memcmp(p, "GIF87a", 6) != 0 && memcmp(p, "GIF89a", 6) != 0))
		return false;
	*w = le(p + 6, 2);
	*h = le(p + 8, 2);
	return true;
}

/* From marker to marker, to the one that begins a frame. */
static bool
jpeg(const unsigned char *p, size_t n, uint32_t *w, uint32_t *h)
{
	if (n < 4 || p[0] != 0xff || p[1] != 0xd8)
		return false;
	for (size_t at = 2; at + 9 <= n && p[at] == 0xff;
	     at += 2 + be(p + at + 2, 2)) {
		unsigned m = p[at + 1];

		if (m < 0xc0 || m > 0xcf || m == 0xc4 || m == 0xc8 || m == 0xcc)
			continue;
		*h = be(p + at + 5, 2);
		*w = be(p + at + 7, 2);
		return true;
	}
	return false;
}

/* The three kinds of WebP: extended, lossless, lossy. */
static bool
webp(const unsigned char *p, size_t n, uint32_t *w, uint32_t *h)
{
	if (n < 30 || memcmp(p, "RIFF", 4) != 0
	    || memcmp(p + 8, "WEBPVP8", 7) != 0)
		return false;
	if (p[15] == 'X') {
		*w = le(p + 24, 3) + 1;
		*h = le(p + 27, 3) + 1;
	} else if (p[15] == 'L') {
		uint32_t bits = le(p + 21, 4);

		*w = (bits & 0x3fff) + 1;
		*h = (bits >> 14 & 0x3fff) + 1;
	} else {
		*w = le(p + 26, 2) & 0x3fff;
		*h = le(p + 28, 2) & 0x3fff;
	}
	return true;
}

bool
image_size(const void *bytes, size_t len, uint32_t *w, uint32_t *h)
{
	return png(bytes, len, w, h) || gif(bytes, len, w, h)
	    || jpeg(bytes, len, w, h) || webp(bytes, len, w, h);
}

static void
add_be(struct sbuf *out, uint32_t v)
{
	unsigned char p[4] = {v >> 24 & 0xff, v >> 16 & 0xff, v >> 8 & 0xff,
	    v & 0xff};

	sbuf_add(out, p, sizeof(p));
}

static void
chunk(struct sbuf *out, const char *name, const void *data, size_t len)
{
	uLong crc = crc32(crc32(0, (const Bytef *)name, 4), data, (uInt)len);

	add_be(out, (uint32_t)len);
	sbuf_add(out, name, 4);
	sbuf_add(out, data, len);
	add_be(out, (uint32_t)crc);
}

void
image_png(struct sbuf *out, uint32_t side, uint32_t colour)
{
	unsigned char rows[PNG_SIDE_MAX * (1 + PNG_SIDE_MAX * 3)], *p = rows;
	unsigned char packed[sizeof(rows) + 64];
	unsigned char head[13] = {0, 0, 0, (unsigned char)side, 0, 0, 0,
	    (unsigned char)side, 8, 2, 0, 0, 0}; /* 8 bits of RGB */
	uLongf len = sizeof(packed);

	must(side > 0 && side <= PNG_SIDE_MAX);
	for (uint32_t y = 0; y < side; y++) {
		*p++ = 0; /* no filter */
		for (uint32_t x = 0; x < side; x++) {
			*p++ = colour >> 16 & 0xff;
			*p++ = colour >> 8 & 0xff;
			*p++ = colour & 0xff;
		}
	}
	must(compress(packed, &len, rows, (uLong)(p - rows)) == Z_OK);
	sbuf_add(out, "\x89PNG\r\n\x1a\n", 8);
	chunk(out, "IHDR", head, sizeof(head));
	chunk(out, "IDAT", packed, len);
	chunk(out, "IEND", "", 0);
}
