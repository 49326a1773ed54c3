/* SPDX-License-Identifier: MIT */
/* A server's websocket: the upgrade, frames, compression. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "shared/websocket/compress.h"
#include "shared/websocket/frame.h"
#include "shared/websocket/upgrade.h"

#include <string.h>
#include <zlib.h>
#include <zstd.h>

#define REQUEST                                                                \
	"GET /?v=10&encoding=json&compress=zlib-stream HTTP/1.1\r\n"           \
	"Host: localhost\r\nUpgrade: websocket\r\n"                            \
	"Connection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n"     \
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

static int
upgrade_text(const char *text, size_t len, struct upgrade *u)
{
	return upgrade_read(text, upgrade_head(text, len), u);
}

static int
upgrade(const char *text, struct upgrade *u)
{
	return upgrade_text(text, strlen(text), u);
}

static void
upgrade_takes_a_good_request(void **state)
{
	struct upgrade u;

	assert_int_equal(upgrade(REQUEST, &u), 101);
	assert_int_equal(u.close, 0);
	assert_int_equal(u.compress, COMPRESS_KIND_ZLIB);
	/* RFC 6455 section 1.3 */
	assert_string_equal(u.accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
	assert_int_equal(upgrade_head(REQUEST, strlen(REQUEST) - 1), 0);
}

/* REQUEST with one line replaced. */
static int
changed(const char *from, const char *to, struct upgrade *u)
{
	struct buf t = {0};
	const char *at = strstr(REQUEST, from);
	int r;

	assert_non_null(at);
	buf_add(&t, REQUEST, (size_t)(at - REQUEST));
	buf_puts(&t, to);
	buf_puts(&t, at + strlen(from));
	r = upgrade_text(buf_data(&t), buf_len(&t), u);
	buf_free(&t);
	return r;
}

static void
upgrade_refuses_bad_requests(void **state)
{
	struct upgrade u;

	assert_int_equal(changed("GET", "POST", &u), 400);
	assert_int_equal(changed("HTTP/1.1", "HTTP/1.0", &u), 400);
	assert_int_equal(changed("Host", "Ghost", &u), 400);
	assert_int_equal(changed(", Upgrade", "", &u), 426);
	assert_int_equal(changed(": 13", ": 8", &u), 426);
	assert_int_equal(changed("Sec-WebSocket-Key: d", "Key: d", &u), 400);
	assert_int_equal(changed("v=10", "v=11", &u), 101);
	assert_int_equal(u.close, 4012);
	assert_int_equal(changed("v=10", "v=", &u), 101);
	assert_int_equal(u.close, 4012);
	assert_int_equal(changed("json", "etf", &u), 101);
	assert_int_equal(u.close, 4012);
}

/* Odd, and taken: see discord-protocol.md section 6.6. */
static void
upgrade_takes_what_is_odd(void **state)
{
	static const char *const to[] = {"/x?v", "/x/?v", "//?v", "/?a=b&c&v",
	    "/gateway?&&v"};
	struct upgrade u;

	assert_int_equal(upgrade(REQUEST, &u), 101);
	assert_null(u.odd);
	for (size_t i = 0; i < nitems(to); i++) {
		assert_int_equal(changed("/?v", to[i], &u), 101);
		assert_int_equal(u.close, 0);
		assert_int_equal(u.compress, COMPRESS_KIND_ZLIB);
		assert_int_equal(u.odd != NULL, strncmp(to[i], "/?", 2) != 0);
	}
	assert_int_equal(changed("v=10", "v=9", &u), 101);
	assert_int_equal(u.close, 0);
	assert_non_null(u.odd);
	assert_int_equal(changed("v=10&", "", &u), 101);
	assert_int_equal(u.close, 0);
	assert_non_null(u.odd);
	assert_int_equal(changed("zlib-stream", "br", &u), 101);
	assert_int_equal(u.compress, COMPRESS_KIND_NONE);
	assert_non_null(u.odd);
}

static void
zlib_is_one_stream(enum compress_kind kind, bool quick)
{
	struct compress *p = compress_new(kind);
	z_stream z = {0};
	char out[100];

	if (quick)
		compress_quick(p);
	assert_int_equal(inflateInit(&z), Z_OK);
	for (int i = 0; i < 3; i++) {
		struct buf t = {0};

		compress_part(p, "hello hello", 11, true, &t);
		assert_memory_equal(buf_data(&t) + buf_len(&t) - 4,
		    "\0\0\xff\xff", 4);
		z.next_in = (Bytef *)buf_data(&t);
		z.avail_in = (uInt)buf_len(&t);
		z.next_out = (Bytef *)out;
		z.avail_out = sizeof(out);
		assert_int_equal(inflate(&z, Z_SYNC_FLUSH), Z_OK);
		assert_int_equal(z.avail_in, 0);
		assert_int_equal(sizeof(out) - z.avail_out, 11);
		assert_memory_equal(out, "hello hello", 11);
		buf_free(&t);
	}
	inflateEnd(&z);
	compress_free(p);
}

static void
zlib_stream_is_one_stream(void **state)
{
	zlib_is_one_stream(COMPRESS_KIND_ZLIB, false);
	zlib_is_one_stream(COMPRESS_KIND_ZLIB, true);
	zlib_is_one_stream(COMPRESS_KIND_ZLIB_STORED, false);
	zlib_is_one_stream(COMPRESS_KIND_ZLIB_STORED, true);
}

static void
zstd_stays_open(enum compress_kind kind)
{
	struct compress *p = compress_new(kind);
	ZSTD_DStream *d = ZSTD_createDStream();
	char out[100];

	for (int i = 0; i < 3; i++) {
		struct buf t = {0};
		ZSTD_inBuffer in;
		ZSTD_outBuffer o = {out, sizeof(out), 0};

		compress_part(p, "hello hello", 11, true, &t);
		in = (ZSTD_inBuffer) {buf_data(&t), buf_len(&t), 0};
		while (in.pos < in.size)
			assert_false(
			    ZSTD_isError(ZSTD_decompressStream(d, &o, &in)));
		assert_int_equal(o.pos, 11);
		assert_memory_equal(out, "hello hello", 11);
		buf_free(&t);
	}
	ZSTD_freeDStream(d);
	compress_free(p);
}

static void
zstd_stream_stays_open(void **state)
{
	zstd_stays_open(COMPRESS_KIND_ZSTD);
	zstd_stays_open(COMPRESS_KIND_ZSTD_STORED);
}

/* Messages of all sizes come out as they went in, each as it ends. */
static void
stored_blocks_hold_any_size(void **state)
{
	static const size_t size[] = {0, 1, 65535, 65536, 131072, 131073,
	    600000};
	struct compress *zl = compress_new(COMPRESS_KIND_ZLIB_STORED);
	struct compress *zs = compress_new(COMPRESS_KIND_ZSTD_STORED);
	ZSTD_DStream *d = ZSTD_createDStream();
	char *in = malloc(600000), *out = malloc(600000);
	z_stream z = {0};

	for (size_t i = 0; i < 600000; i++)
		in[i] = (char)(i * 7 + i / 251);
	assert_int_equal(inflateInit(&z), Z_OK);
	for (size_t i = 0; i < nitems(size); i++) {
		struct buf a = {0}, b = {0};
		ZSTD_outBuffer o = {out, 600000, 0};
		ZSTD_inBuffer zin;

		compress_part(zl, in, size[i], true, &a);
		z.next_in = (Bytef *)buf_data(&a);
		z.avail_in = (uInt)buf_len(&a);
		z.next_out = (Bytef *)out;
		z.avail_out = 600000;
		assert_int_equal(inflate(&z, Z_SYNC_FLUSH), Z_OK);
		assert_int_equal(600000 - z.avail_out, size[i]);
		assert_memory_equal(in, out, size[i]);
		compress_part(zs, in, size[i] / 2, false, &b);
		compress_part(zs, in + size[i] / 2, size[i] - size[i] / 2, true,
		    &b);
		zin = (ZSTD_inBuffer) {buf_data(&b), buf_len(&b), 0};
		while (zin.pos < zin.size)
			assert_false(
			    ZSTD_isError(ZSTD_decompressStream(d, &o, &zin)));
		assert_int_equal(o.pos, size[i]);
		assert_memory_equal(in, out, size[i]);
		buf_free(&a);
		buf_free(&b);
	}
	inflateEnd(&z);
	ZSTD_freeDStream(d);
	compress_free(zl);
	compress_free(zs);
	free(in);
	free(out);
}

static void
upgrade_sees_an_origin(void **state)
{
	struct upgrade u;

	assert_int_equal(upgrade(REQUEST, &u), 101);
	assert_null(u.origin);
	assert_int_equal(changed("Host: localhost\r\n",
			     "Host: x\r\nOrigin: https://a.b\r\n", &u),
	    101);
	assert_int_equal(u.origin_len, strlen("https://a.b"));
	assert_int_equal(changed("Host: localhost\r\n",
			     "Host: x\r\norigin: a\r\nOrigin: b\r\n", &u),
	    101);
	assert_non_null(u.origin);
	assert_int_equal(u.origin_len, 0);
}

static void
frame_heads(void **state)
{
	unsigned char h[FRAME_HEAD_MAX];

	assert_int_equal(frame_head(h, FRAME_FIN | 1, 125), 2);
	assert_memory_equal(h, "\x81\x7d", 2);
	assert_int_equal(frame_head(h, FRAME_FIN | 2, 126), 4);
	assert_memory_equal(h, "\x82\x7e\0\x7e", 4);
	assert_int_equal(frame_head(h, 2, 65536), 10);
	assert_memory_equal(h, "\x02\x7f\0\0\0\0\0\1\0\0", 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(upgrade_takes_a_good_request),
	    cmocka_unit_test(upgrade_refuses_bad_requests),
	    cmocka_unit_test(upgrade_takes_what_is_odd),
	    cmocka_unit_test(zlib_stream_is_one_stream),
	    cmocka_unit_test(zstd_stream_stays_open),
	    cmocka_unit_test(frame_heads),
	    cmocka_unit_test(stored_blocks_hold_any_size),
	    cmocka_unit_test(upgrade_sees_an_origin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
