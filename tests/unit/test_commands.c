/* SPDX-License-Identifier: MIT */
/* Slash commands: what is refused, and what counts as the same. */
#include "handler/declare.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static char *
normal_text(const char *text)
{
	struct json_object *o = json_tokener_parse(text), *n;
	char *out;

	assert_non_null(o);
	n = declare_normal(o);
	out = base_strdup(json_object_to_json_string_ext(n,
	    JSON_C_TO_STRING_PLAIN));
	json_object_put(n);
	json_object_put(o);
	return out;
}

/* What we send, and what Discord makes of it. */
static void
test_same(void **state)
{
	static const char *const row[][2] = {
	    {"{\"name\":\"a\",\"description\":\"b\"}",
		"{\"id\":\"1\",\"application_id\":\"2\",\"version\":\"3\","
		"\"type\":1,\"default_member_permissions\":null,"
		"\"description\":\"b\",\"name\":\"a\",\"nsfw\":false,"
		"\"contexts\":null,\"integration_types\":[0],\"options\":[],"
		"\"dm_permission\":true,\"name_localizations\":null}"},
	    {"{\"name\":\"a\",\"description\":\"b\",\"options\":[{\"type\":4,"
		"\"name\":\"n\",\"description\":\"d\",\"required\":false}]}",
		"{\"type\":1,\"name\":\"a\",\"description\":\"b\","
		"\"options\":[{\"name\":\"n\",\"description\":\"d\","
		"\"type\":4,\"choices\":[]}]}"},
	};

	for (size_t i = 0; i < nitems(row); i++) {
		char *ours = normal_text(row[i][0]);
		char *theirs = normal_text(row[i][1]);

		assert_string_equal(ours, theirs);
		free(ours);
		free(theirs);
	}
}

static void
test_different(void **state)
{
	static const char base[] = "{\"name\":\"a\",\"description\":\"b\","
	    "\"options\":[{\"type\":1,\"name\":\"n\",\"description\":\"d\"}]}";
	static const char *const other[] = {
	    "{\"name\":\"a\",\"description\":\"c\","
	    "\"options\":[{\"type\":1,\"name\":\"n\",\"description\":\"d\"}]}",
	    "{\"name\":\"a\",\"description\":\"b\","
	    "\"options\":[{\"type\":1,\"name\":\"m\",\"description\":\"d\"}]}",
	    "{\"name\":\"a\",\"description\":\"b\","
	    "\"options\":[{\"name\":\"n\",\"description\":\"d\"}]}",
	    "{\"name\":\"a\",\"description\":\"b\"}",
	    "{\"name\":\"a\",\"description\":\"b\",\"nsfw\":true,"
	    "\"options\":[{\"type\":1,\"name\":\"n\",\"description\":\"d\"}]}",
	};
	char *one = normal_text(base);

	for (size_t i = 0; i < nitems(other); i++) {
		char *two = normal_text(other[i]);

		assert_string_not_equal(one, two);
		free(two);
	}
	free(one);
}

static void
test_refused(void **state)
{
	static const char *const bad[] = {"3", "{}", "{\"name\":\"a\"}",
	    "{\"name\":\"\",\"help\":\"h\"}", "{\"name\":\"A\",\"help\":\"h\"}",
	    "{\"name\":\"a b\",\"help\":\"h\"}",
	    "{\"name\":\"a23456789012345678901234567890123\",\"help\":\"h\"}",
	    "{\"name\":\"a\",\"help\":7}"};
	static const char *const good[] = {"{\"name\":\"a-b_1\",\"help\":\"h\"}",
	    "{\"name\":\"w\xc3\xbcrfel\",\"help\":\"h\"}"};
	struct json_object *o;

	for (size_t i = 0; i < nitems(bad); i++) {
		o = json_tokener_parse(bad[i]);
		assert_non_null(declare_fault(o));
		json_object_put(o);
	}
	for (size_t i = 0; i < nitems(good); i++) {
		o = json_tokener_parse(good[i]);
		assert_null(declare_fault(o));
		json_object_put(o);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_same),
	    cmocka_unit_test(test_different),
	    cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
