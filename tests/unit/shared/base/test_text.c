/* SPDX-License-Identifier: MIT */
/* Foreign bytes as text: every door's function, and its windows' forms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <json-c/json.h>
#include <string.h>

#include "shared/base/err.h"
#include "shared/base/text.h"

/* ESC, BEL, newline, NUL, a cut character, Latin-1, RTL marks. */
static const char foul[] = "a\033[2Jb\ac\nd\0e\xc3\xa9\xe2\x82"
			   "f\xe9g\xe2\x80\xae"
			   "h\xc2\x9b"
			   "i\xe2\x80\xa8j";
#define FOUL_LEN (sizeof(foul) - 1)

static bool
is_text(const char *s)
{
	if (!text_is_utf8(s, strlen(s)))
		return false;
	for (const unsigned char *p = (const unsigned char *)s; *p; p++)
		if (*p < 0x20 || *p == 0x7f)
			return false;
	return strstr(s, "\xc2\x9b") == NULL
	    && strstr(s, "\xe2\x80\xae") == NULL
	    && strstr(s, "\xe2\x80\xa8") == NULL;
}

static void
test_forms(void **state)
{
	char out[256], again[256];

	text_clean(out, sizeof(out), foul, FOUL_LEN);
	assert_string_equal(out,
	    "a\\x1b[2Jb\\x07c\\x0ad\\x00e\xc3\xa9"
	    "\\xe2\\x82"
	    "f\\xe9g\\u202eh\\x9bi\\u2028j");
	assert_true(is_text(out));
	text_clean(again, sizeof(again), out, strlen(out));
	assert_string_equal(again, out);
	assert_int_equal(text_clean(out, sizeof(out), "", 0), 0);
	assert_string_equal(out, "");
}

/* However little room there is: text, terminated, within its bounds. */
static void
f_b7_cut_between_characters(void **state)
{
	static const char long_one[] =
	    "x\xc3\xa9\xc3\xa9\xe6\xbc\xa2\xf0\x9f"
	    "\x8e\x89y\xc3\xa9\xe6\xbc\xa2\xf0\x9f\x8e\x89zz\xe6\xbc\xa2";
	char out[80], copy[80];

	for (size_t size = 16; size < sizeof(out); size++) {
		memset(out, 'Z', sizeof(out));
		size_t n = text_clean(out, size, long_one, strlen(long_one));

		assert_true(n < size);
		assert_int_equal(n, strlen(out));
		assert_true(is_text(out));
		if (n < strlen(long_one))
			assert_string_equal(out + n - 3, "\xe2\x80\xa6");
		if (size < sizeof(out) - 1)
			assert_int_equal(out[size], 'Z');
	}
	for (size_t size = 1; size < sizeof(copy); size++) {
		str_copy(copy, long_one, size);
		assert_true(text_is_utf8(copy, strlen(copy)));
		assert_true(strncmp(copy, long_one, strlen(copy)) == 0);
		str_format(copy, size, "%s", long_one);
		assert_true(text_is_utf8(copy, strlen(copy)));
	}
	/* What is no UTF-8 is cut where it ends, and stays what it is. */
	assert_int_equal(text_cut("\xe9\xe9\xe9\xe9", 4, 2), 1);
	assert_int_equal(text_cut("\x80\x80\x80\x80\x80", 5, 4), 4);
	assert_int_equal(text_whole("", 0), 0);
}

static void
f_b7_words_are_text(void **state)
{
	char small[24];
	struct err e;

	err_set(&e, EXIT_DOWN, "it said: %s", foul);
	assert_true(is_text(e.text));
	assert_string_equal(e.text, "it said: a\\x1b[2Jb\\x07c\\x0ad");
	err_prefix(&e, "%.3s", "a\xe6\xbc\xa2");
	assert_true(is_text(e.text));
	text_format(small, sizeof(small), "%.4s %s", "abc\xc3\xa9", "fine");
	assert_string_equal(small, "abc\\xc3 fine");
	assert_string_equal(TEXT_OF("abcdefghij\033klmnopqrst", 20),
	    "abcdefghij\\x1bklm\xe2\x80\xa6");
}

static void
f_b7_json_is_utf8(void **state)
{
	struct json_object *o = json_object_new_object(), *back;
	char *text;

	json_object_object_add(o, "s",
	    json_object_new_string_len(foul, (int)FOUL_LEN));
	json_object_object_add(o, "d", json_object_new_string("\x7f\"\\"));
	text = text_json(
	    json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
	assert_true(is_text(text));
	back = json_tokener_parse(text);
	assert_non_null(back);
	assert_non_null(strstr(text, "f\xef\xbf\xbdg"));
	assert_non_null(strstr(text, "\\u202e"));
	json_object_put(back);
	json_object_put(o);
	free(text);
}

static void
test_counting(void **state)
{
	assert_int_equal(text_count("", 0), 0);
	assert_int_equal(text_count("a\xc3\xa9\xe6\xbc\xa2\xf0\x9f\x8e\x89",
			     10),
	    4);
	assert_int_equal(text_count("\xff\xfe\xc3", 3), 3);
}

/* Any bytes at all, 1 MB among them. */
static void
f_b7_any_bytes(void **state)
{
	size_t big = 1 << 20;
	char *in = base_alloc(big), *out = base_alloc(6 * big + 32);
	uint32_t r = 20261129;

	for (int round = 0; round < 2000; round++) {
		size_t n = round == 0 ? big : r % 300, size;

		for (size_t i = 0; i < n; i++) {
			r = r * 1664525u + 1013904223u;
			in[i] = (char)(r >> 24);
		}
		size = round == 0 ? 6 * big + 32 : 16 + (r >> 8) % 400;
		assert_true(text_clean(out, size, in, n) < size);
		assert_true(is_text(out));
		if (n > 0)
			in[n - 1] = '\0';
		char *json = text_json(n > 0 ? in : "");
		assert_true(text_is_utf8(json, strlen(json)));
		free(json);
	}
	free(in);
	free(out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_forms),
	    cmocka_unit_test(f_b7_cut_between_characters),
	    cmocka_unit_test(f_b7_words_are_text),
	    cmocka_unit_test(f_b7_json_is_utf8),
	    cmocka_unit_test(test_counting),
	    cmocka_unit_test(f_b7_any_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
