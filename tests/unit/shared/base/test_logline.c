/* SPDX-License-Identifier: MIT */
/* The forms of a log line, whatever it holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <json-c/json.h>
#include <string.h>

#include "shared/base/logline.h"

static void
check_form(enum logline_format f, const char *text, const char *want)
{
	struct logline l = {.wall_ms = 1790000000123,
			   .level = LOG_L_WARN,
			   .who = "shard 3"},
		       back;
	char out[1024];
	size_t n = logline_write(out, sizeof(out), f, &l, text);

	assert_int_equal(n, strlen(out));
	assert_int_equal(out[n - 1], '\n');
	assert_ptr_equal(strchr(out, '\n'), out + n - 1);
	out[n - 1] = '\0';
	assert_string_equal(out, want);
	assert_true(logline_read(out, &back));
	assert_int_equal(back.wall_ms, l.wall_ms);
	assert_int_equal(back.level, l.level);
	assert_string_equal(back.who, "shard 3");
	assert_int_equal(logline_shard(&back), 3);
}

#define TIME "2026-09-21T14:13:20.123Z"

static void
test_forms(void **state)
{
	static const char forged[] = "a\n" TIME " error supervisor: b";

	check_form(LOGLINE_TEXT, forged,
	    TIME " warn shard 3: a\\x0a" TIME " error supervisor: b");
	check_form(LOGLINE_LOGFMT, "say \"x\" = \\",
	    "time=" TIME " level=warn "
	    "who=\"shard 3\" shard=3 msg=\"say \\\"x\\\" = \\\\\"");
	check_form(LOGLINE_JSON, forged,
	    "{\"time\":\"" TIME "\",\"level\":"
	    "\"warn\",\"who\":\"shard 3\",\"shard\":3,\"msg\":\"a\\u000a" TIME
	    " error supervisor: b\"}");
	/* Broken UTF-8 and what some readers take for the end of a line. */
	check_form(LOGLINE_JSON, "\xff\xc3\xa4\xe2\x80\xa8\xc2\x85\xed\xa0\x80",
	    "{\"time\":\"" TIME "\",\"level\":\"warn\",\"who\":\"shard 3\","
	    "\"shard\":3,\"msg\":\"\xef\xbf\xbd\xc3\xa4\\u2028\\u0085"
	    "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"}");
}

/* Whatever comes in: one line, and valid JSON. */
static void
test_any_bytes_as_json(void **state)
{
	struct logline l = {.wall_ms = 1,
	    .level = LOG_L_INFO,
	    .who = "handler"};
	char in[900], out[1024];
	unsigned seed = 7;

	for (int round = 0; round < 3000; round++) {
		struct json_object *o;
		size_t n;

		for (size_t i = 0; i + 1 < sizeof(in); i++) {
			seed = seed * 1103515245 + 12345;
			in[i] = (char)(seed >> 16);
			if (in[i] == '\0')
				in[i] = '"';
		}
		in[seed / 65536 % sizeof(in)] = '\0';
		in[sizeof(in) - 1] = '\0';
		n = logline_write(out, sizeof(out), LOGLINE_JSON, &l, in);
		assert_true(n < sizeof(out));
		assert_ptr_equal(strchr(out, '\n'), out + n - 1);
		o = json_tokener_parse(out);
		assert_non_null(o);
		json_object_put(o);
	}
}

static void
test_times(void **state)
{
	int64_t ms;

	assert_true(logline_time_read("2026-09-21T14:13:20Z", &ms));
	assert_int_equal(ms, 1790000000000);
	assert_false(logline_time_read("2026-13-21T14:13:20Z", &ms));
	assert_false(logline_time_read("2026-09-21 14:13:20Z", &ms));
	assert_false(logline_time_read("2026-09-21T14:13:20", &ms));
	assert_false(logline_time_read("", &ms));
}

int
main(void)
{
#define T(name) cmocka_unit_test(name)
	const struct CMUnitTest tests[] = {
	    T(test_forms),
	    T(test_any_bytes_as_json),
	    T(test_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
