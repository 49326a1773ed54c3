/* SPDX-License-Identifier: MIT */
/* What clients say, as libraries say it and as nobody should. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "handler/gate/client/client_payload.h"

#include <string.h>

static bool
payload(const char *text, struct client_payload *p)
{
	return client_payload_read(text, strlen(text), p);
}

static void
op_and_d(void **state)
{
	struct client_payload p;
	uint64_t s;

	assert_true(payload("{\"op\":1,\"d\":251}", &p));
	assert_int_equal(p.op, 1);
	assert_true(client_payload_seq(&p, &s));
	assert_int_equal(s, 251);
	assert_true(payload(" {\"d\":null,\"x\":{\"op\":9},\"op\":1} ", &p));
	assert_int_equal(p.op, 1);
	assert_false(client_payload_seq(&p, &s));
	assert_true(payload("{\"op\":1}", &p));
	assert_false(client_payload_seq(&p, &s));
	assert_true(payload("{\"op\":1,\"d\":-3}", &p));
	assert_false(client_payload_seq(&p, &s));
	assert_true(payload("{\"op\":1,\"d\":7.0}", &p));
	assert_true(client_payload_seq(&p, &s));
	assert_int_equal(s, 7);
	assert_true(payload("{\"op\":\"1\"}", &p));
	assert_int_equal(p.op, -1);
	assert_true(payload("{}", &p));
	assert_int_equal(p.op, -1);
}

static void
what_is_no_object(void **state)
{
	static const char *const bad[] = {"", "null", "[1]", "{", "{\"op\":1,}",
	    "{\"op\":1} x",
	    "{\"op\":1,\"d\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
	    "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}"};
	struct client_payload p;

	for (size_t i = 0; i < nitems(bad); i++)
		assert_false(payload(bad[i], &p));
}

static bool
identify(const char *d, struct client_identify *id)
{
	char text[1024];
	struct client_payload p;

	snprintf(text, sizeof(text), "{\"op\":2,\"d\":%s}", d);
	assert_true(payload(text, &p));
	return client_payload_identify(&p, id);
}

static void
an_identify(void **state)
{
	struct client_identify id;

	assert_true(identify("{\"token\":\"Bot a.b.c\",\"intents\":513,"
			     "\"properties\":{},\"shard\":[3,16]}",
	    &id));
	assert_string_equal(id.token, "a.b.c");
	assert_int_equal(id.intents, 513);
	assert_int_equal(id.shard, 3);
	assert_int_equal(id.count, 16);
	assert_false(id.shard_bad);
	assert_null(id.presence);
	assert_true(identify("{\"token\":\"a\",\"intents\":0}", &id));
	assert_int_equal(id.shard, 0);
	assert_int_equal(id.count, 1);
	assert_true(identify("{\"token\":\"a\",\"intents\":0,\"shard\":null,"
			     "\"presence\":null}",
	    &id));
	assert_int_equal(id.count, 1);
}

static void
no_identify(void **state)
{
	static const char *const bad[] = {"null", "[]", "{}", "{\"intents\":1}",
	    "{\"token\":\"a\"}", "{\"token\":null,\"intents\":1}",
	    "{\"token\":\"a\",\"intents\":\"1\"}",
	    "{\"token\":\"a\",\"intents\":1,\"shard\":5}",
	    "{\"token\":\"a\\u0000\",\"intents\":1}",
	    "{\"token\":\"a\",\"intents\":1,\"presence\":7}"};
	static const char *const shard[] = {"[]", "[0]", "[0,0]", "[1,1]",
	    "[2,1]", "[0,1,2]", "[-1,2]", "[0,65537]", "[\"0\",1]",
	    "[0,99999999999999999999]"};
	struct client_identify id;
	char text[128];

	for (size_t i = 0; i < nitems(bad); i++)
		assert_false(identify(bad[i], &id));
	for (size_t i = 0; i < nitems(shard); i++) {
		snprintf(text, sizeof(text),
		    "{\"token\":\"a\",\"intents\":1,\"shard\":%s}", shard[i]);
		assert_true(identify(text, &id));
		assert_true(id.shard_bad);
	}
}

static bool
resume(const char *d, struct client_resume *r)
{
	char text[1024];
	struct client_payload p;

	snprintf(text, sizeof(text), "{\"op\":6,\"d\":%s}", d);
	assert_true(payload(text, &p));
	return client_payload_resume(&p, r);
}

static void
a_resume(void **state)
{
	struct client_resume r;

	assert_true(
	    resume("{\"token\":\"a\",\"session_id\":\"0af\",\"seq\":12}", &r));
	assert_string_equal(r.session, "0af");
	assert_int_equal(r.s, 12);
	/* What is no id of ours is no fault: it names no session. */
	assert_true(resume("{\"token\":\"a\",\"session_id\":\"0123456789012345"
			   "678901234567890123456789\",\"seq\":null}",
	    &r));
	assert_string_equal(r.session, "");
	assert_int_equal(r.s, 0);
	assert_false(resume("{\"token\":\"a\",\"seq\":12}", &r));
	assert_false(resume("{\"token\":\"a\",\"session_id\":\"0af\"}", &r));
	assert_false(
	    resume("{\"token\":\"a\",\"session_id\":5,\"seq\":1}", &r));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(op_and_d),
	    cmocka_unit_test(what_is_no_object),
	    cmocka_unit_test(an_identify),
	    cmocka_unit_test(no_identify),
	    cmocka_unit_test(a_resume),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
