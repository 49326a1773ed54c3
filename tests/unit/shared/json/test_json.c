/* SPDX-License-Identifier: MIT */
/* shared/json: what is JSON, and that nothing in it changes on the way. */
#include "shared/json/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static bool
parses(const char *text, size_t len)
{
	struct json_object *o;
	bool ok = json_parse(&o, text, len);

	assert_true(ok || o == NULL);
	json_object_put(o);
	return ok;
}

static void
comes_back(const char *text)
{
	struct json_object *o;

	if (!json_parse(&o, text, strlen(text)))
		fail_msg("refused: %s", text);
	assert_string_equal(json_object_to_json_string_ext(o,
				JSON_C_TO_STRING_PLAIN
				    | JSON_C_TO_STRING_NOSLASHESCAPE),
	    text);
	json_object_put(o);
}

/* E1: with every release of json-c; its own check was wrong in 0.18. */
static void
f_e1_text_that_is_not_ascii_is_json(void **state)
{
	comes_back(
	    "{\"nick\":\"J\xc3\xbcrgen \xe2\x82\xac \xf0\x9f\x90\x91\"}");
	comes_back("\"\xc3\xbc\"");
	comes_back("{\"\xc3\xa4\":[\"\xc3\xb6\"]}");
}

static void
f_e1_what_is_no_json_is_refused(void **state)
{
	static const char *const bad[] = {"", " ", "{", "[1,]", "{\"a\":1,}",
	    "{'a':1}", "['a']", "[NaN]", "NaN", "[Infinity]", "[-Infinity]",
	    "nan", "[1] // x", "/* x */[1]", "[1] [2]", "{} x", "[01]", "[.5]",
	    "[1.]", "[+1]", "[0x10]", "[True]", "[NULL]", "\"a\nb\"", "\"\t\"",
	    "\"\\x41\"", "\"\\u12\"", "{a:1}", "{\"a\" 1}", "[\"\xff\"]",
	    "[\"\xc3\"]", "[\"\xed\xa0\x80\"]", "{\"a\\u0000b\":1}", "hello",
	    "\xef\xbb\xbf[1]"};
	static const char *const good[] = {"null", " [ ] ", "{}", "true",
	    "-0.0", "\"a\\u0000b\"", "5", "1e5", "\r\n{\"a\": [1, 2.5e-3]}\n"};

	for (size_t i = 0; i < nitems(bad); i++)
		if (parses(bad[i], strlen(bad[i])))
			fail_msg("taken: %s", bad[i]);
	for (size_t i = 0; i < nitems(good); i++)
		if (!parses(good[i], strlen(good[i])))
			fail_msg("refused: %s", good[i]);
	assert_false(parses("[1]\0", 4));
}

static void
test_type_and_null(void **state)
{
	struct json_object *o = json_object_new_int(5);

	json_object_put(o);
	assert_true(json_parse(&o, "null", 4));
	assert_null(o);
	assert_null(json_parse_as("[1]", 3, json_type_object));
	assert_null(json_parse_as("{\"a\":", 5, json_type_object));
	o = json_parse_as("{\"a\":1}", 7, json_type_object);
	assert_int_equal(json_object_object_length(o), 1);
	json_object_put(o);
}

static void
f_c9_a_number_comes_out_as_it_was_written(void **state)
{
	static const char *const number[] = {"0", "-0", "-1",
	    "9223372036854775807", "9223372036854775808",
	    "-9223372036854775808", "-9223372036854775809",
	    "18446744073709551615", "18446744073709551616",
	    "123456789012345678901234567890", "-123456789012345678901234567890",
	    "1.10", "1e400", "-1E-7",
	    "0.1000000000000000055511151231257827021181583404541015625",
	    "123456789012345678901234567890e0"};
	char text[256];

	for (size_t i = 0; i < nitems(number); i++) {
		comes_back(number[i]);
		str_format(text, sizeof(text), "{\"a\":[%s,\"%s\"],\"b\":%s}",
		    number[i], number[i], number[i]);
		comes_back(text);
	}
}

static void
f_c9_a_great_integer_is_no_integer_to_a_reader(void **state)
{
	struct json_object *o;

	assert_true(json_parse(&o, "36893488147419103232", 20));
	assert_false(json_object_is_type(o, json_type_int));
	json_object_put(o);
}

static void
f_c9_one_depth(void **state)
{
	static char text[2 * (JSON_DEPTH_MAX + JSON_WRAP_MAX) + 8];
	size_t n = JSON_DEPTH_MAX + JSON_WRAP_MAX;

	memset(text, '[', n);
	memset(text + n, ']', n);
	assert_true(parses(text, 2 * n));
	n++;
	memset(text, '[', n);
	memset(text + n, ']', n);
	assert_false(parses(text, 2 * n));
}

static bool
same(const char *a, const char *b)
{
	struct json_object *x, *y;
	bool is;

	assert_true(json_parse(&x, a, strlen(a)));
	assert_true(json_parse(&y, b, strlen(b)));
	is = json_same(x, y);
	assert_int_equal(json_same(y, x), is);
	json_object_put(x);
	json_object_put(y);
	return is;
}

static void
f_c9_numbers_are_compared_to_the_last_digit(void **state)
{
	assert_true(same("123456789012345678901234567890",
	    "123456789012345678901234567890"));
	assert_false(same("123456789012345678901234567890",
	    "123456789012345678901234567891"));
	assert_false(same("{\"a\":[123456789012345678901234567890]}",
	    "{\"a\":[123456789012345678901234567891]}"));
	assert_true(
	    same("{\"a\":1,\"b\":[null,2.0]}", "{\"b\":[null,2.00],\"a\":1}"));
	assert_false(same("{\"a\":null}", "{\"b\":null}"));
	assert_false(same("[1]", "[1,2]"));
	assert_false(same("null", "0"));
	assert_true(same("null", "null"));
}

static void
test_fields(void **state)
{
	struct json_object *o = json_put_bool(
	    json_put_int(json_put_text(json_object_new_object(), "t", "a/b"),
		"n", INT64_MIN),
	    "b", true);
	struct json_object *n = json_get(o, "n");

	assert_string_equal(json_get_text(o, "t"), "a/b");
	assert_string_equal(json_get_text(o, "n"), "");
	assert_string_equal(json_get_text(o, "x"), "");
	assert_true(json_object_get_int64(n) == INT64_MIN);
	assert_true(json_object_get_boolean(json_get(o, "b")));
	assert_null(json_get(o, "x"));
	assert_null(json_get(n, "t"));
	assert_null(json_get(NULL, "t"));
	json_object_put(o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(f_e1_text_that_is_not_ascii_is_json),
	    cmocka_unit_test(f_e1_what_is_no_json_is_refused),
	    cmocka_unit_test(test_type_and_null),
	    cmocka_unit_test(f_c9_a_number_comes_out_as_it_was_written),
	    cmocka_unit_test(f_c9_a_great_integer_is_no_integer_to_a_reader),
	    cmocka_unit_test(f_c9_one_depth),
	    cmocka_unit_test(f_c9_numbers_are_compared_to_the_last_digit),
	    cmocka_unit_test(test_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
