/* SPDX-License-Identifier: MIT */
/* What a tap wrote down, line by line, and what transcript.c makes of it. */
#include "tools/cli/plugin_test/transcript.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static struct transcript t;

static void
say(const char *line)
{
	char copy[2048];

	str_copy(copy, line, sizeof(copy));
	transcript_line(&t, copy, strlen(copy));
}

static int
set_up(void **state)
{
	transcript_init(&t, "the mark");
	return 0;
}

static int
tear_down(void **state)
{
	transcript_free(&t);
	return 0;
}

#define RPC "{\"jsonrpc\":\"2.0\","

static void
initialise(void)
{
	say("5 ^ 123");
	say("10 < " RPC "\"id\":0,\"method\":\"initialize\",\"params\":{}}");
	say("14 > " RPC "\"id\":0,\"result\":{\"api\":1,\"commands\":[{\"name\""
	    ":\"x\",\"help\":\"h\"}]}}");
}

static void
event(const char *head, const char *name, const char *d)
{
	char line[512];

	str_format(line, sizeof(line),
	    "%s,\"method\":\"event\",\"params\":"
	    "{\"event\":{\"t\":\"%s\",\"d\":%s}}}",
	    head, name, d);
	say(line);
}

static void
answers_are_matched(void **state)
{
	initialise();
	assert_int_equal(json_object_array_length(t.commands), 1);
	assert_int_equal(t.event[0].answered_ms - t.event[0].sent_ms, 4);
	event("20 < " RPC "\"id\":1", "MESSAGE_CREATE", "{\"id\":\"7\"}");
	event("20 < " RPC "\"id\":2", "TYPING_START", "{}");
	event("20 < " RPC "\"id\":3", "TYPING_START", "{}");
	assert_int_equal(transcript_open(&t), 3);
	say("21 > " RPC "\"id\":2,\"error\":{\"code\":1,\"message\":\"no\"}}");
	assert_int_equal(transcript_open(&t), 2);
	assert_true(t.event[2].failed);
	assert_string_equal(t.event[2].why, "no");
	say("22 > " RPC "\"method\":\"done\",\"params\":{\"upto\":3}}");
	assert_int_equal(transcript_open(&t), 0);
	assert_int_equal(t.bad.n, 0);
	assert_false(t.marked);
	event("30 < " RPC "\"id\":4", "MESSAGE_CREATE",
	    "{\"content\":\"the mark\"}");
	assert_true(t.marked);
}

static void
calls_are_matched(void **state)
{
	initialise();
	event("20 < " RPC "\"id\":1", "INTERACTION_CREATE", "{\"id\":\"77\"}");
	assert_null(transcript_response(&t, "77"));
	say("21 > " RPC "\"id\":\"a\",\"method\":\"kv.get\",\"params\":{}}");
	say("22 > " RPC "\"id\":9,\"method\":\"interaction.respond\",\"params\""
	    ":{\"id\":\"77\",\"token\":\"x\",\"content\":\"hello\"}}");
	say("23 < " RPC "\"id\":9,\"result\":true}");
	say("23 < " RPC "\"id\":\"a\",\"error\":{\"code\":-32602,\"message\":"
	    "\"key?\"}}");
	assert_string_equal(transcript_response(&t, "77")->content, "hello");
	assert_true(transcript_response(&t, "77")->answered);
	assert_false(transcript_response(&t, "77")->failed);
	assert_string_equal(t.call[0].why, "-32602, key?");
	assert_false(
	    transcript_about(&t, "INTERACTION_CREATE", "77")->answered);
	assert_null(transcript_about(&t, "INTERACTION_CREATE", "78"));
}

/* Each one breaks the protocol in its own way. */
static void
bad_lines_are_found(void **state)
{
	static const char *const bad[] = {"debug", "{", "[]", "{} {}",
	    "{\"id\":1,\"result\":null}", RPC "\"id\":1}",
	    RPC "\"id\":1,\"result\":null,\"error\":{\"code\":1,"
		"\"message\":\"\"}}",
	    RPC "\"id\":1,\"error\":\"no\"}", RPC "\"id\":55,\"result\":null}",
	    RPC "\"id\":\"1\",\"result\":"
		"null}",
	    RPC "\"method\":5}",
	    RPC "\"method\":\"say\",\"params\":"
		"5}",
	    RPC "\"id\":[],\"method\":\"say\"}"};
	char line[512];

	initialise();
	event("20 < " RPC "\"id\":1", "TYPING_START", "{}");
	for (size_t i = 0; i < nitems(bad); i++) {
		str_format(line, sizeof(line), "30 > %s", bad[i]);
		say(line);
		assert_int_equal(t.bad.n, i + 1);
	}
	assert_int_equal(transcript_open(&t), 1);
	say("31 > " RPC "\"id\":1,\"result\":null}");
	assert_int_equal(t.bad.n, nitems(bad));
	say("31 > " RPC "\"id\":1,\"result\":null}");
	assert_int_equal(t.bad.n, nitems(bad) + 1);
	assert_string_equal(t.bad.text[0], "line 2, it is not JSON: debug");
}

static void
its_end_is_known(void **state)
{
	initialise();
	say("30 ! Traceback");
	say("30 ! TypeError: 5");
	say("31 >+ {\"jsonrpc");
	say("31 < " RPC "\"method\":\"shutdown\"}");
	say("32 = signal 9");
	say("garbage");
	assert_int_equal(t.errors.n, 2);
	assert_string_equal(t.last_error, "TypeError: 5");
	assert_int_equal(t.bad.n, 0);
	assert_true(t.shutdown);
	assert_int_equal(t.starts, 1);
	assert_int_equal(t.ends, 1);
	assert_string_equal(t.end, "signal 9");
}

static void
options_get_values(void **state)
{
	struct json_object *declared = json_tokener_parse(
	    "[{\"type\":3,"
	    "\"name\":\"a\",\"min_length\":6},{\"type\":4,\"name\":\"b\","
	    "\"min_value\":7},{\"type\":5,\"name\":\"c\"},{\"type\":3,\"name\":"
	    "\"d\",\"choices\":[{\"name\":\"N\",\"value\":\"n\"}]}]");
	struct json_object *o = transcript_options(declared);

	assert_string_equal(json_object_to_json_string_ext(o,
				JSON_C_TO_STRING_PLAIN),
	    "[{\"type\":3,\"name\":\"a\",\"value\":"
	    "\"testtt\"},{\"type\":4,\"name\":\"b\",\"value\":7},{\"type\":5,"
	    "\"name\":\"c\",\"value\":true},{\"type\":3,\"name\":\"d\","
	    "\"value\":\"n\"}]");
	json_object_put(o);
	json_object_put(declared);
	declared = json_tokener_parse("[{\"type\":1,\"name\":\"on\"},"
				      "{\"type\":1,\"name\":\"off\"}]");
	o = transcript_options(declared);
	assert_string_equal(json_object_to_json_string_ext(o,
				JSON_C_TO_STRING_PLAIN),
	    "[{\"type\":1,\"name\":\"on\",\"options\":[]}]");
	json_object_put(o);
	json_object_put(declared);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(answers_are_matched, set_up,
		tear_down),
	    cmocka_unit_test_setup_teardown(calls_are_matched, set_up,
		tear_down),
	    cmocka_unit_test_setup_teardown(bad_lines_are_found, set_up,
		tear_down),
	    cmocka_unit_test_setup_teardown(its_end_is_known, set_up,
		tear_down),
	    cmocka_unit_test_setup_teardown(options_get_values, set_up,
		tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
