/* SPDX-License-Identifier: MIT */
/* Decoders: round trips in pieces of any size, corruption, bombs. */
#include "shard/events/inflate.h"

#include "shared/base/tricks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include <cmocka.h>

#define MAX (1u << 20)
#define MESSAGES 60
#define WINDOW (8u << 20)

static uint64_t rnd = 88172645463325252u;

static uint64_t
next_random(void)
{
	rnd ^= rnd << 13;
	rnd ^= rnd >> 7;
	rnd ^= rnd << 17;
	return rnd;
}

/* The server's side of one connection. */
struct packer {
	enum config_compress mode;
	z_stream z;
	ZSTD_CStream *zstd;
	unsigned char out[MAX * 2];
	size_t len;
};

static struct packer packer;

static void
pack_open(enum config_compress mode, int window_log)
{
	memset(&packer, 0, sizeof(packer));
	packer.mode = mode;
	if (mode == COMPRESS_ZLIB)
		assert_int_equal(deflateInit(&packer.z, 6), Z_OK);
	if (mode == COMPRESS_ZSTD) {
		packer.zstd = ZSTD_createCStream();
		if (window_log != 0)
			ZSTD_CCtx_setParameter(packer.zstd, ZSTD_c_windowLog,
			    window_log);
	}
}

static void
pack(const void *text, size_t len)
{
	packer.len = 0;
	if (packer.mode == COMPRESS_NONE) {
		memcpy(packer.out, text, len);
		packer.len = len;
	} else if (packer.mode == COMPRESS_ZLIB) {
		packer.z.next_in = (unsigned char *)(uintptr_t)text;
		packer.z.avail_in = (unsigned)len;
		packer.z.next_out = packer.out;
		packer.z.avail_out = sizeof(packer.out);
		assert_int_equal(deflate(&packer.z, Z_SYNC_FLUSH), Z_OK);
		packer.len = sizeof(packer.out) - packer.z.avail_out;
	} else {
		ZSTD_inBuffer in = {text, len, 0};
		ZSTD_outBuffer out = {packer.out, sizeof(packer.out), 0};
		assert_int_equal(ZSTD_compressStream2(packer.zstd, &out, &in,
				     ZSTD_e_flush),
		    0);
		packer.len = out.pos;
	}
}

static void
pack_close(void)
{
	if (packer.mode == COMPRESS_ZLIB)
		deflateEnd(&packer.z);
	ZSTD_freeCStream(packer.zstd);
}

static char text[MAX];

static size_t
random_text(void)
{
	uint64_t r = next_random();
	size_t len = r % 9 == 0 ? (r >> 20) % (MAX / 2) : 1 + (r >> 20) % 3000;

	/* Some of it compresses well, some does not at all. */
	for (size_t i = 0; i < len; i++)
		text[i] = r & (1u << 10) ? (char)next_random()
					 : "{\"op\":0,\"t\":"[i % 11];
	return len;
}

static enum inflate_result
feed(struct inflate *f, const unsigned char *p, size_t len, size_t piece)
{
	while (len > 0) {
		size_t n = piece < len ? piece : len;
		enum inflate_result r = inflate_feed(f, p, n);

		if (r != INFLATE_MORE)
			return r;
		p += n;
		len -= n;
	}
	return INFLATE_MORE;
}

static void
round_trip(enum config_compress mode)
{
	struct up_hdr h = {.type = UP_EVENT};
	struct inflate *f;
	struct queue q;

	queue_init(&q);
	pack_open(mode, 0);
	f = inflate_new(mode, MAX, WINDOW, &q);
	for (int i = 0; i < MESSAGES; i++) {
		size_t len = random_text(), cut;

		pack(text, len);
		cut = mode == COMPRESS_ZLIB && i % 3 == 0
		    ? next_random() % packer.len
		    : 0;
		assert_int_equal(feed(f, packer.out, cut, 4096), INFLATE_MORE);
		/* A zlib message may span several websocket messages. */
		if (cut > 0
		    && (cut < 4
			|| memcmp(packer.out + cut - 4, "\0\0\xff\xff", 4)
			    != 0))
			assert_int_equal(inflate_end(f), INFLATE_MORE);
		assert_int_equal(feed(f, packer.out + cut, packer.len - cut,
				     1 + next_random() % 5000),
		    INFLATE_MORE);
		assert_int_equal(inflate_end(f), INFLATE_MESSAGE);
		assert_int_equal(queue_open_len(&q), len);
		assert_memory_equal(queue_open_text(&q), text, len);
		if (i % 4 == 0)
			queue_discard(&q);
		else
			queue_commit(&q, &h);
	}
	inflate_free(f);
	pack_close();
	queue_free(&q);
}

static void
test_round_trips(void **state)
{
	round_trip(COMPRESS_NONE);
	round_trip(COMPRESS_ZLIB);
	round_trip(COMPRESS_ZSTD);
}

/* Whatever is flipped: an answer, never a crash or more than the cap. */
static void
corrupted(enum config_compress mode)
{
	unsigned bad = 0;

	for (int i = 0; i < 300; i++) {
		struct inflate *f;
		struct queue q;
		enum inflate_result r;

		queue_init(&q);
		pack_open(mode, 0);
		f = inflate_new(mode, MAX, WINDOW, &q);
		pack(text, 1 + random_text() % 4000);
		for (int k = 0; k < 3; k++)
			packer.out[next_random() % packer.len] ^=
			    (unsigned char)(1 + next_random() % 255);
		r = feed(f, packer.out, packer.len, 1 + next_random() % 700);
		bad += r == INFLATE_BAD;
		assert_true(queue_open_len(&q) <= MAX + 1);
		inflate_free(f);
		pack_close();
		queue_free(&q);
	}
	assert_true(bad > 50);
}

static void
test_corrupted(void **state)
{
	corrupted(COMPRESS_ZLIB);
	corrupted(COMPRESS_ZSTD);
}

static void
bomb(enum config_compress mode, size_t max)
{
	struct inflate *f;
	struct queue q;

	queue_init(&q);
	pack_open(mode, 0);
	f = inflate_new(mode, max, WINDOW, &q);
	memset(text, ' ', sizeof(text));
	pack(text, sizeof(text));
	assert_int_equal(feed(f, packer.out, packer.len, 4096),
	    INFLATE_TOO_BIG);
	assert_true(queue_open_len(&q) <= max + 1);
	inflate_free(f);
	/* Exactly the cap is allowed. */
	queue_discard(&q);
	pack_close();
	pack_open(mode, 0);
	f = inflate_new(mode, max, WINDOW, &q);
	pack(text, max);
	assert_int_equal(feed(f, packer.out, packer.len, 4096), INFLATE_MORE);
	assert_int_equal(inflate_end(f), INFLATE_MESSAGE);
	assert_int_equal(queue_open_len(&q), max);
	inflate_free(f);
	pack_close();
	queue_free(&q);
}

static void
test_bombs(void **state)
{
	for (size_t max = 5000; max < 500000; max *= 3) {
		bomb(COMPRESS_NONE, max);
		bomb(COMPRESS_ZLIB, max);
		bomb(COMPRESS_ZSTD, max);
	}
}

static void
test_zlib_end(void **state)
{
	struct inflate *f;
	struct queue q;

	queue_init(&q);
	pack_open(COMPRESS_ZLIB, 0);
	f = inflate_new(COMPRESS_ZLIB, MAX, WINDOW, &q);
	packer.z.next_in = (unsigned char *)text;
	packer.z.avail_in = 10;
	packer.z.next_out = packer.out;
	packer.z.avail_out = sizeof(packer.out);
	assert_int_equal(deflate(&packer.z, Z_FINISH), Z_STREAM_END);
	packer.len = sizeof(packer.out) - packer.z.avail_out;
	assert_int_equal(feed(f, packer.out, packer.len, 4096), INFLATE_BAD);
	inflate_free(f);
	pack_close();
	queue_free(&q);
}

/* The two bytes in front are ours to judge: zlib sees only what follows. */
static void
test_zlib_heads(void **state)
{
	static const unsigned char wrong[][2] = {
	    {0x79, 0x9c}, /* another method */
	    {0x88, 0x1c}, /* a window over 32 KiB */
	    {0x78, 0x9d}, /* not a multiple of 31 */
	    {0x78, 0xbb}, /* with a dictionary */
	    {'{', '"'},	  /* not compressed at all */
	};
	struct inflate *f;
	struct queue q;

	queue_init(&q);
	for (size_t i = 0; i < nitems(wrong); i++) {
		f = inflate_new(COMPRESS_ZLIB, MAX, WINDOW, &q);
		assert_int_equal(feed(f, wrong[i], 2, i % 2 + 1),
		    wrong[i][0] == '{' && HERD_TRICK_RAW_INFLATE ? INFLATE_OTHER
								 : INFLATE_BAD);
		inflate_free(f);
	}
	for (size_t piece = 1; piece < 5; piece++) {
		pack_open(COMPRESS_ZLIB, 0);
		f = inflate_new(COMPRESS_ZLIB, MAX, WINDOW, &q);
		pack("{}", 2);
		assert_int_equal(feed(f, packer.out, packer.len, piece),
		    INFLATE_MORE);
		assert_int_equal(inflate_end(f), INFLATE_MESSAGE);
		assert_memory_equal(queue_open_text(&q), "{}", 2);
		queue_discard(&q);
		inflate_free(f);
		pack_close();
	}
	queue_free(&q);
}

static enum inflate_result
with_window(int window_log, size_t max, size_t piece)
{
	enum inflate_result r;
	struct inflate *f;
	struct queue q;

	queue_init(&q);
	pack_open(COMPRESS_ZSTD, window_log);
	f = inflate_new(COMPRESS_ZSTD, MAX, max, &q);
	pack(text, 1000);
	r = feed(f, packer.out, packer.len, piece);
	if (r == INFLATE_MORE)
		assert_true(inflate_memory(f) > (size_t)1 << window_log);
	else
		assert_true(inflate_memory(f) < 1u << 20);
	assert_true(inflate_memory(f) < (256u << 10) + (size_t)2 * max);
	inflate_free(f);
	pack_close();
	queue_free(&q);
	return r;
}

/* One that is too large is refused before it is allocated, whatever the pieces
 * in which the header comes; never more than 8 MiB. */
static void
test_zstd_window(void **state)
{
	for (size_t piece = 1; piece < 9; piece++) {
		assert_int_equal(with_window(21, 2u << 20, piece),
		    INFLATE_MORE);
		assert_int_equal(with_window(22, 2u << 20, piece),
		    INFLATE_WINDOW);
		assert_int_equal(with_window(25, 1u << 30, piece),
		    INFLATE_WINDOW);
	}
}

/* A server that does not know the word sends something else. */
static void
test_not_zstd(void **state)
{
	static const char *const first[] = {"{\"op\":10}", "x\x9c\xaa",
	    "\x28\xb5\x2f\xfe\x04\x58", "\x28\xb5{"};
	/* Its size in front: it would end. */
	static const char single[] = "\x28\xb5\x2f\xfd\x24\x05";
	struct inflate *f;
	struct queue q;

	queue_init(&q);
	for (size_t i = 0; i < nitems(first); i++) {
		f = inflate_new(COMPRESS_ZSTD, MAX, WINDOW, &q);
		assert_int_equal(feed(f, (const unsigned char *)first[i],
				     strlen(first[i]), i % 2 ? 1 : 100),
		    INFLATE_OTHER);
		inflate_free(f);
	}
	f = inflate_new(COMPRESS_ZSTD, MAX, WINDOW, &q);
	assert_int_equal(feed(f, (const unsigned char *)single, 6, 6),
	    INFLATE_BAD);
	inflate_free(f);
	queue_free(&q);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round_trips),
	    cmocka_unit_test(test_corrupted),
	    cmocka_unit_test(test_bombs),
	    cmocka_unit_test(test_zlib_end),
	    cmocka_unit_test(test_zlib_heads),
	    cmocka_unit_test(test_zstd_window),
	    cmocka_unit_test(test_not_zstd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
