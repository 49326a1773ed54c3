/* SPDX-License-Identifier: MIT */
/* envelope.c: every sample event, the odd ones, and each truncation of them. */
#include "shared/json/envelope.h"

#include <dirent.h>
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static char *
slurp(const char *dir, const char *name, size_t *len)
{
	char path[512];
	must(str_format(path, sizeof(path), "%s/%s", dir, name));
	FILE *f = fopen(path, "rb");
	assert_non_null(f);
	char *buf = base_alloc(1 << 20);
	*len = fread(buf, 1, 1 << 20, f);
	fclose(f);
	return buf;
}

static void
each_file(const char *dir, void (*fn)(const char *name, char *, size_t))
{
	DIR *d = opendir(dir);
	int n = 0;

	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		size_t len;
		if (strstr(e->d_name, ".json") == NULL)
			continue;
		char *buf = slurp(dir, e->d_name, &len);
		fn(e->d_name, buf, len);
		free(buf);
		n++;
	}
	closedir(d);
	assert_true(n > 10);
}

/* The scan must agree with a real parser on op, s and t. */
static void
compare(const char *name, char *text, size_t len)
{
	struct json_tokener *tok = json_tokener_new_ex(1024);
	struct json_object *o = json_tokener_parse_ex(tok, text, (int)len), *v;
	struct envelope e;

	assert_non_null(o);
	assert_int_equal(envelope_scan(text, len, &e), 0);
	assert_true(envelope_valid(text, len, 1024));
	v = json_object_object_get(o, "op");
	assert_int_equal(e.op,
	    json_object_is_type(v, json_type_int) ? json_object_get_int64(v)
						  : ENVELOPE_OP_NONE);
	v = json_object_object_get(o, "s");
	assert_int_equal(e.has_s, json_object_is_type(v, json_type_int));
	if (e.has_s) {
		assert_int_equal(e.s, json_object_get_int64(v));
		assert_int_equal(e.s, strtoull(text + e.s_off, NULL, 10));
	}
	v = json_object_object_get(o, "t");
	assert_int_equal(e.t_len,
	    v == NULL ? 0 : json_object_get_string_len(v));
	if (v != NULL)
		assert_memory_equal(text + e.t_off, json_object_get_string(v),
		    e.t_len);
	json_object_put(o);
	json_tokener_free(tok);
}

static void
truncate_all(const char *name, char *text, size_t len)
{
	size_t step = len > 4096 ? 997 : 1;

	while (len > 0 && text[len - 1] <= ' ')
		len--;
	for (size_t n = 0; n < len; n += step) {
		/* Own allocation, so that ASan sees one byte too many. */
		char *copy = base_alloc(n + 1);
		char *tight = realloc(copy, n ? n : 1);
		struct envelope e;
		memcpy(tight, text, n);
		(void)envelope_scan(tight, n, &e);
		assert_false(envelope_valid(tight, n, 1024));
		free(tight);
	}
}

static void
test_samples(void **state)
{
	each_file("tests/data/events", compare);
	each_file("tests/data/odd", compare);
	each_file("tests/data/control", compare);
}

static void
test_truncated(void **state)
{
	each_file("tests/data/events", truncate_all);
	each_file("tests/data/odd", truncate_all);
}

static void
test_stops_at_d(void **state)
{
	static const char text[] = "{\"t\":\"X\",\"s\":7,\"op\":0,\"d\":{\"bro";
	struct envelope e;

	assert_int_equal(envelope_scan(text, sizeof(text) - 1, &e), 0);
	assert_int_equal(e.s, 7);
	assert_int_equal(e.d_off,
	    strlen("{\"t\":\"X\",\"s\":7,\"op\":0,\"d\":"));
}

static void
test_valid_table(void **state)
{
	static const struct {
		const char *text;
		bool ok;
	} table[] = {
	    {"{}", true},
	    {"[]", true},
	    {"1", true},
	    {"-0.5e+3", true},
	    {" \"x\" ", true},
	    {"[[],{},[{}]]", true},
	    {"null", true},
	    {"", false},
	    {"{", false},
	    {"{\"a\"}", false},
	    {"[1,]", false},
	    {"{\"a\":1,}", false},
	    {"01", false},
	    {"1.", false},
	    {"\"\t\"", false},
	    {"\"\\x\"", false},
	    {"\"\\u12g4\"", false},
	    {"nul", false},
	    {"[1}", false},
	    {"{} {}", false},
	    {"'a'", false},
	    {"\"\xc3\xa9\"", true},
	    {"\"\xc3\"", false},
	    {"\"\xed\xa0\x80\"", false},
	    {"\"\xf4\x90\x80\x80\"", false},
	    {"\"\xc0\x80\"", false},
	    {"\"\\ud800\"", true},
	    {"+1", false},
	    {"{\"a\":[1,{\"b\":null}],\"c\":\"\\\\\"}", true},
	    {"[[[[1]]]]", true},
	    {"[1 2]", false},
	    {"{1:2}", false},
	};

	for (size_t i = 0; i < nitems(table); i++) {
		if (envelope_valid(table[i].text, strlen(table[i].text), 64)
		    != table[i].ok)
			fail_msg("row %zu: %s", i, table[i].text);
	}
	assert_false(envelope_valid("[[[]]]", 6, 2));
	assert_true(envelope_valid("[[[]]]", 6, 3));
}

static void
test_find(void **state)
{
	static const char text[] =
	    " {\"a\":{\"key\":1},\"key\" : [\"}\",\"\\\"\"] ,\"z\":0}";
	size_t off, len;

	assert_int_equal(envelope_find(text, sizeof(text) - 1, "key", &off,
			     &len),
	    0);
	assert_int_equal(len, strlen("[\"}\",\"\\\"\"]"));
	assert_memory_equal(text + off, "[\"}\",\"\\\"\"]", len);
	assert_int_equal(envelope_find(text, sizeof(text) - 1, "ke", &off,
			     &len),
	    -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_samples),
	    cmocka_unit_test(test_truncated),
	    cmocka_unit_test(test_stops_at_d),
	    cmocka_unit_test(test_valid_table),
	    cmocka_unit_test(test_find),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
