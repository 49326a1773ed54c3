/* SPDX-License-Identifier: MIT */
/* The size of an image by its first bytes, and one that is made. */
#include "tools/sim/base/image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct sample {
	const char *bytes;
	size_t len;
};

#define SAMPLE(s)                                                              \
	{                                                                      \
		s, sizeof(s) - 1                                               \
	}

/* All of 300 x 5 pixels. */
static const struct sample images[] = {
    SAMPLE("GIF89a\x2c\x01\x05\x00"),
    SAMPLE("\xff\xd8\xff\xe0\x00\x04zz\xff\xc4\x00\x03z\xff\xc2\x00\x0b\x08"
	   "\x00\x05\x01\x2c"),
    SAMPLE("RIFFsizeWEBPVP8X----flag\x2b\x01\x00\x04\x00\x00"),
    SAMPLE("RIFFsizeWEBPVP8L----\x2f\x2b\x01\x01\x00-----"),
    SAMPLE("RIFFsizeWEBPVP8 ----tag\x9d\x01\x2a\x2c\x01\x05\x00"),
    SAMPLE("\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x01\x2c\0\0\0\x05"),
};

static void
test_sizes(void **state)
{
	uint32_t w = 0, h = 0;

	for (size_t i = 0; i < nitems(images); i++) {
		assert_true(image_size(images[i].bytes, images[i].len, &w, &h));
		assert_int_equal(w, 300);
		assert_int_equal(h, 5);
		w = h = 0;
	}
}

/* Cut anywhere, it is none; each in memory of its own, for the sanitizers. */
static void
test_cut(void **state)
{
	uint32_t w, h;

	for (size_t i = 0; i < nitems(images); i++)
		for (size_t n = 0; n < images[i].len; n++) {
			char *part = base_alloc(n + 1);

			memcpy(part, images[i].bytes, n);
			part = base_realloc(part, n > 0 ? n : 1);
			assert_false(image_size(part, n, &w, &h));
			free(part);
		}
}

static void
test_made(void **state)
{
	struct sbuf out = {0};
	uint32_t w, h;

	image_png(&out, 16, 0x102030);
	assert_true(image_size(out.p, out.len, &w, &h));
	assert_int_equal(w, 16);
	assert_int_equal(h, 16);
	sbuf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sizes),
	    cmocka_unit_test(test_cut),
	    cmocka_unit_test(test_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
