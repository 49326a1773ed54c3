/* SPDX-License-Identifier: MIT */
/* The server's close frame, read beside wslay. */
#include "shard/net/close_frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

/* A text frame, a long one, a ping, and the close with Latin-1 in it. */
static size_t
stream(unsigned char *out)
{
	static const unsigned char last[] = "\x89\x01p"
					    "\x88\x0b\x0f\xa4"
					    "caf\xe9 \x1b[1m"
					    "\x88\x02\x03\xe8";
	size_t n = 0;

	memcpy(out, "\x81\x05hello\x82\x7e\x01\x2c", 11);
	n = 11;
	memset(out + n, '\x88', 300);
	n += 300;
	memcpy(out + n, last, sizeof(last) - 1);
	return n + sizeof(last) - 1;
}

/* However the bytes come in; the first close counts. */
static void
f_b7_a_close_with_a_foul_reason_has_its_code(void **state)
{
	unsigned char in[512];
	size_t n = stream(in);
	char why[64];

	for (size_t step = 1; step <= n; step++) {
		struct close_frame g = {0};

		for (size_t at = 0; at < n; at += step)
			close_frame_see(&g, in + at,
			    step < n - at ? step : n - at);
		assert_int_equal(close_frame_code(&g), 4004);
		close_frame_reason(&g, why, sizeof(why));
		assert_string_equal(why, "caf\\xe9 \\x1b[1m");
	}
}

static void
f_b7_a_close_without_a_code(void **state)
{
	struct close_frame g = {0};
	char why[64];

	close_frame_see(&g, (const unsigned char *)"\x88\x00", 2);
	assert_int_equal(close_frame_code(&g), 0);
	close_frame_reason(&g, why, sizeof(why));
	assert_string_equal(why, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(f_b7_a_close_with_a_foul_reason_has_its_code),
	    cmocka_unit_test(f_b7_a_close_without_a_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
