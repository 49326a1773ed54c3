/* SPDX-License-Identifier: MIT */
/* Which lines go through. */
#include "handler/rest/proxy/proxy_head.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>
#include <cmocka.h>

static struct proxy_head head;

static void
add(const char *line)
{
	char *exact = base_alloc(strlen(line));

	/* No byte behind it is there. */
	memcpy(exact, line, strlen(line));
	proxy_head_add(&head, exact, strlen(line));
	free(exact);
}

static const char *
value(const char *name)
{
	for (size_t i = 0; i < head.n; i++)
		if (strcasecmp(head.line[i].name, name) == 0)
			return head.line[i].value;
	return NULL;
}

static void
test_up(void **state)
{
	assert_true(proxy_head_goes_up("content-type"));
	assert_true(proxy_head_goes_up("X-Audit-Log-Reason"));
	assert_true(proxy_head_goes_up("User-Agent"));
	assert_false(proxy_head_goes_up("Authorization"));
	assert_false(proxy_head_goes_up("Cookie"));
	assert_false(proxy_head_goes_up("Host"));
	assert_false(proxy_head_goes_up("Content-Length"));
	assert_false(proxy_head_goes_up("Transfer-Encoding"));
	assert_false(proxy_head_goes_up("Connection"));
	assert_false(proxy_head_goes_up("Expect"));
	assert_false(proxy_head_goes_up("X-Forwarded-For"));
	assert_true(proxy_head_value_ok("a\tb \xc3\xa4"));
	assert_false(proxy_head_value_ok("a\r\nAuthorization: x"));
	assert_false(proxy_head_value_ok("a\x7f"));
}

static void
test_down(void **state)
{
	proxy_head_init(&head);
	add("HTTP/1.1 429 Too Many Requests\r\n");
	add("X-RateLimit-Remaining: 0\r\n");
	add("Retry-After:  3 \r\n");
	add("Content-Type: application/json\r\n");
	add("Content-Length: 12\r\n");
	add("Set-Cookie: a=b\r\n");
	add("Connection: keep-alive\r\n");
	add("transfer-encoding: chunked\r\n");
	add("Via:\r\n");
	add("\r\n");
	assert_string_equal(value("x-ratelimit-remaining"), "0");
	assert_string_equal(value("Retry-After"), "3");
	assert_string_equal(value("Via"), "");
	assert_int_equal(head.n, 4);
	assert_int_equal(head.length, 12);
	/* Another head: what an interim answer said does not count. */
	add("HTTP/1.1 200 OK\r\n");
	assert_int_equal(head.n, 0);
	assert_int_equal(head.length, -1);
	proxy_head_free(&head);
}

/* The length it says is not that of what the client gets. */
static void
test_coded(void **state)
{
	proxy_head_init(&head);
	add("Content-Encoding: gzip\r\n");
	add("Content-Length: 12\r\n");
	assert_int_equal(head.length, -1);
	add("HTTP/2 200\r\n");
	add("Content-Length: 12\r\n");
	add("Content-Encoding: gzip\r\n");
	assert_int_equal(head.length, -1);
	add("HTTP/2 200\r\n");
	add("Content-Length: -12\r\n");
	assert_int_equal(head.length, -1);
	add("HTTP/2 200\r\n");
	add("Content-Length: 99999999999999999999\r\n");
	assert_int_equal(head.length, -1);
	proxy_head_free(&head);
}

static void
test_bounds(void **state)
{
	char line[2048];

	proxy_head_init(&head);
	for (int i = 0; i < 200; i++) {
		str_format(line, sizeof(line), "X-%d: y\r\n", i);
		add(line);
	}
	assert_int_equal(head.n, PROXY_HEAD_LINES);
	add("HTTP/1.1 200 OK\r\n");
	memset(line, 'a', sizeof(line));
	line[sizeof(line) - 1] = '\0';
	line[1] = ':';
	for (int i = 0; i < 100; i++)
		add(line);
	assert_in_range(head.n, 1, PROXY_HEAD_BYTES / 2000);
	add("HTTP/1.1 200 OK\r\n");
	add(":\r\n");
	add("no colon\r\n");
	add("A: b\x01\r\n");
	add("\n");
	assert_int_equal(head.n, 0);
	proxy_head_free(&head);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_up),
	    cmocka_unit_test(test_down),
	    cmocka_unit_test(test_coded),
	    cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
