/* SPDX-License-Identifier: MIT */
/* rpc_answer.c: what it takes is what the tree says of the same line, and the
 * lines that plugins really write are taken. */
#include "handler/process/rpc_answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static const char *const taken[] = {
    "{\"jsonrpc\":\"2.0\",\"id\":12,\"result\":null}",
    "{\"jsonrpc\": \"2.0\", \"id\": 12, \"result\": null}",
    "{ \"id\": 999999999999999, \"jsonrpc\": \"2.0\", \"result\": {} }",
    "{\"id\":5,\"result\":{}}\r",
    "{\"id\":5,\"result\":true}",
    "{\"id\":5,\"result\":false}",
    "{\"result\":0,\"id\":5}",
    "{\"jsonrpc\":\"2.0\",\"method\":\"done\",\"params\":{\"upto\":12}}",
    "{\"jsonrpc\": \"2.0\", \"method\": \"done\", \"params\": {\"upto\": 0}}",
    "\t{\"params\":{\"upto\":7},\"method\":\"done\"} ",
};

static const char *const left[] = {
    "",
    " ",
    "{}",
    "{\"id\":0,\"result\":null}",
    "{\"id\":01,\"result\":null}",
    "{\"id\":-1,\"result\":null}",
    "{\"id\":1e3,\"result\":null}",
    "{\"id\":1.0,\"result\":null}",
    "{\"id\":\"1\",\"result\":null}",
    "{\"id\":1000000000000000,\"result\":null}",
    "{\"id\":4503599627370496,\"result\":null}",
    "{\"id\":18446744073709551617,\"result\":null}",
    "{\"id\":1,\"result\":{\"api\":1}}",
    "{\"id\":1,\"result\":[]}",
    "{\"id\":1,\"result\":nul}",
    "{\"id\":1,\"result\":nullx}",
    "{\"id\":1,\"result\":null} {}",
    "{\"id\":1,\"result\":null,}",
    "{\"id\":1,\"result\":null",
    "{\"id\":1,\"id\":2,\"result\":null}",
    "{\"id\":1,\"result\":null,\"result\":null}",
    "{\"id\":1,\"result\":null,\"error\":{\"message\":\"no\"}}",
    "{\"id\":1,\"result\":null,\"error\":null}",
    "{\"id\":1}",
    "{\"i\\u0064\":1,\"result\":null}",
    "{\"method\":\"done\",\"params\":{\"upto\":7},\"id\":1}",
    "{\"method\":\"done\",\"params\":{\"upto\":7,\"x\":1}}",
    "{\"method\":\"done\",\"params\":{\"upto\":-7}}",
    "{\"method\":\"done\",\"params\":[7]}",
    "{\"method\":\"done\"}",
    "{\"method\":\"undone\",\"params\":{\"upto\":7}}",
    "{\"jsonrpc\":2.0,\"id\":1,\"result\":null}",
    "{\"jsonrpc\":\"\xff\",\"id\":1,\"result\":null}",
};

/* Whether it is taken; then the tree must say the same. */
static bool
takes(const char *text, size_t len)
{
	/* Own allocation, so that ASan sees one byte too many. */
	char *tight = malloc(len ? len : 1);
	enum rpc_read_kind kind;
	struct rpc_read t;
	uint64_t number;
	bool yes;

	assert_non_null(tight);
	memcpy(tight, text, len);
	yes = rpc_answer_read(tight, len, &kind, &number);
	if (yes) {
		rpc_read_tree(&t, tight, len);
		if (t.kind != kind || t.number != number)
			fail_msg("not so: %.*s", (int)len, text);
		rpc_read_free(&t);
	}
	free(tight);
	return yes;
}

static void
test_tables(void **state)
{
	struct rpc_read t;

	for (size_t i = 0; i < nitems(taken); i++)
		if (!takes(taken[i], strlen(taken[i])))
			fail_msg("is not taken: %s", taken[i]);
	for (size_t i = 0; i < nitems(left); i++)
		if (takes(left[i], strlen(left[i])))
			fail_msg("is taken: %s", left[i]);
	rpc_read_parse(&t, taken[0], strlen(taken[0]));
	assert_int_equal(t.kind, RPC_READ_RESULT);
	assert_int_equal(t.number, 12);
	assert_null(t.tree);
	rpc_read_free(&t);
}

/* Each line with each byte of it left out, doubled, or made another. */
static void
test_spoilt(void **state)
{
	static const char some[] = "\"\\{}[]:, \t\r0159-.eunx\x01\x7f\x80\xff";
	char text[256];
	unsigned n = 0;

	for (size_t i = 0; i < nitems(taken); i++) {
		size_t len = strlen(taken[i]);

		for (size_t at = 0; at < len; at++) {
			memcpy(text, taken[i], len);
			memmove(text + at, text + at + 1, len - at - 1);
			n += takes(text, len - 1);
			memcpy(text, taken[i], at + 1);
			memcpy(text + at + 1, taken[i] + at, len - at);
			n += takes(text, len + 1);
			n += takes(taken[i], at);
			for (size_t k = 0; k < sizeof(some); k++) {
				memcpy(text, taken[i], len);
				text[at] = some[k];
				n += takes(text, len);
			}
		}
	}
	assert_true(n > 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_tables),
	    cmocka_unit_test(test_spoilt),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
