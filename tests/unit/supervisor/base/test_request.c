/* SPDX-License-Identifier: MIT */
/* Requests of the control socket, good and bad. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "supervisor/base/request.h"

static int
parse(const char *line, struct request *r)
{
	struct err e = {.code = 0};
	int rc = request_parse(line, strlen(line), r, &e);

	assert_int_equal(rc == -1, e.code == EXIT_USAGE);
	return rc;
}

static void
test_requests(void **state)
{
	struct request r;

	assert_int_equal(parse("{\"cmd\":\"ping\"}", &r), 0);
	assert_int_equal(r.verb, REQUEST_PING);
	assert_int_equal(parse("{\"cmd\":\"stop\"}", &r), 0);
	assert_false(r.end_sessions);
	assert_int_equal(parse("{\"cmd\":\"stop\",\"end_sessions\":true}", &r),
	    0);
	assert_true(r.end_sessions);
	assert_int_equal(parse("{\"id\":3,\"action\":\"restart\","
			       "\"cmd\":\"shard\",\"more\":[1]}",
			     &r),
	    0);
	assert_int_equal(r.shard, 3);
	assert_int_equal(r.action, REQUEST_RESTART);
	assert_int_equal(parse("{\"cmd\":\"shard\",\"id\":0,"
			       "\"action\":\"reconnect\"}",
			     &r),
	    0);
	assert_int_equal(r.action, REQUEST_RECONNECT);
	assert_int_equal(parse("{\"cmd\":\"shard\",\"id\":0,"
			       "\"action\":\"renew\"}",
			     &r),
	    0);
	assert_int_equal(r.action, REQUEST_RENEW);
	assert_int_equal(parse("{\"cmd\":\"renew-gate\"}", &r), 0);
	assert_int_equal(r.verb, REQUEST_RENEW_GATE);
	assert_int_equal(parse("{\"cmd\":\"log-level\",\"level\":\"warn\"}",
			     &r),
	    0);
	assert_int_equal(r.level, LOG_L_WARN);
	assert_int_equal(parse("{\"cmd\":\"client\",\"action\":\"restart\","
			       "\"name\":\"bot\"}",
			     &r),
	    0);
	assert_int_equal(r.verb, REQUEST_CLIENT);
	assert_false(r.kick);
	assert_string_equal(r.client.name, "bot");
	assert_int_equal(parse("{\"cmd\":\"client\",\"action\":\"kick\","
			       "\"name\":\"bot\",\"end\":true}",
			     &r),
	    0);
	assert_true(r.kick && r.client.sessions == 1);
	assert_int_equal(parse("{\"cmd\":\"client\",\"action\":\"kick\"}", &r),
	    -1);
	assert_int_equal(parse("{\"cmd\":\"client\",\"name\":\"bot\"}", &r),
	    -1);
	assert_int_equal(parse("{\"cmd\":\"client\",\"action\":\"stop\","
			       "\"name\":\"bot\"}",
			     &r),
	    -1);
	assert_int_equal(parse("{\"cmd\":\"rollout\"}", &r), 0);
	assert_int_equal(r.rollout.action, REQUEST_ROLLOUT_BEGIN);
	assert_int_equal(r.rollout.canary, -1);
	assert_true(r.rollout.pause_s == -1);
	assert_int_equal(parse("{\"cmd\":\"rollout\",\"action\":\"undo\","
			       "\"canary\":0,\"pause_s\":1.5,\"all\":true}",
			     &r),
	    0);
	assert_int_equal(r.rollout.action, REQUEST_ROLLOUT_UNDO);
	assert_int_equal(r.rollout.canary, 0);
	assert_true(r.rollout.pause_s == 1.5 && r.rollout.all);
	assert_int_equal(parse("{\"cmd\":\"events\",\"names\":[]}", &r), 0);
	assert_string_equal(r.events.names, "*");
	assert_int_equal(r.events.shard, -1);
	assert_int_equal(parse("{\"cmd\":\"events\",\"names\":[\"A_B\",\"C\"],"
			       "\"guild\":\"12\",\"shard\":3}",
			     &r),
	    0);
	assert_string_equal(r.events.names, "A_B, C");
	assert_int_equal(r.events.guild, 12);
	assert_int_equal(r.events.shard, 3);
}

static void
test_bad_requests(void **state)
{
	static const char *const bad[] = {"", "{", "[]", "null", "7",
	    "\"ping\"", "{}", "{\"cmd\":\"ping\\u0000not\"}", "{\"cmd\":1}",
	    "{\"cmd\":\"Ping\"}", "{\"cmd\":\"shard\"}",
	    "{\"cmd\":\"shard\",\"id\":-1,\"action\":\"restart\"}",
	    "{\"cmd\":\"shard\",\"id\":1}",
	    "{\"cmd\":\"shard\",\"id\":\"1\",\"action\":\"restart\"}",
	    "{\"cmd\":\"shard\",\"id\":1,\"action\":\"explode\"}",
	    "{\"cmd\":\"stop\",\"end_sessions\":\"yes\"}",
	    "{\"cmd\":\"rollout\",\"action\":\"explode\"}",
	    "{\"cmd\":\"rollout\",\"canary\":-1}",
	    "{\"cmd\":\"rollout\",\"parallel\":\"2\"}",
	    "{\"cmd\":\"rollout\",\"pause_s\":-1}",
	    "{\"cmd\":\"log-level\",\"level\":\"loud\"}",
	    "{\"cmd\":\"events\",\"names\":\"*\"}",
	    "{\"cmd\":\"events\",\"names\":[\"*\"]}",
	    "{\"cmd\":\"events\",\"names\":[\"\"]}",
	    "{\"cmd\":\"events\",\"names\":[\"a, b\"]}",
	    "{\"cmd\":\"events\",\"names\":[3]}",
	    "{\"cmd\":\"events\",\"guild\":12}",
	    "{\"cmd\":\"events\",\"guild\":\"0\"}",
	    "{\"cmd\":\"events\",\"shard\":-1}",
	    "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{}}}}"
	    "}}}}}"};
	struct request r;

	for (size_t i = 0; i < nitems(bad); i++)
		assert_int_equal(parse(bad[i], &r), -1);
}

static void
test_error_is_one_line(void **state)
{
	struct err e = {.code = 75, .text = "say \"no\"\nplease"};
	char out[256];

	request_error(&e, out, sizeof(out));
	assert_string_equal(out,
	    "{\"ok\":false,\"code\":75,\"error\":\"say "
	    "\\\"no\\\"\\nplease\"}\n");
}

int
main(void)
{
#define T(name) cmocka_unit_test(name)
	const struct CMUnitTest tests[] = {
	    T(test_requests),
	    T(test_bad_requests),
	    T(test_error_is_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
