/* SPDX-License-Identifier: MIT */
/* What a request asks for. */
#include "handler/rest/proxy/proxy_route.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static struct proxy_route r;
static const char *why;

static void
good(const char *method, const char *target, unsigned version, const char *path,
    enum proxy_route_kind kind)
{
	assert_int_equal(proxy_route_parse(&r, method, target, &why), 0);
	assert_int_equal(r.version, version);
	assert_string_equal(r.path, path);
	assert_int_equal(r.kind, kind);
}

static void
bad(int status, const char *method, const char *target)
{
	assert_int_equal(proxy_route_parse(&r, method, target, &why), status);
	assert_true(strlen(why) > 10);
}

static void
test_versions(void **state)
{
	good("GET", "/api/v10/users/@me", 10, "/users/@me", PROXY_ROUTE_CALL);
	good("GET", "/api/v9/users/@me", 9, "/users/@me", PROXY_ROUTE_CALL);
	good("GET", "/api/users/@me", 0, "/users/@me", PROXY_ROUTE_CALL);
	good("GET", "/api/voice/regions", 0, "/voice/regions",
	    PROXY_ROUTE_CALL);
	good("GET", "/api/v10/channels/1/messages?limit=5", 10,
	    "/channels/1/messages?limit=5", PROXY_ROUTE_CALL);
	bad(400, "GET", "/api/v8/users/@me");
	bad(400, "GET", "/api/v100/users/@me");
	bad(400, "GET", "/api/v010/users/@me");
	bad(400, "GET", "/api/v99999999999999999999/users/@me");
	bad(404, "GET", "/");
	bad(404, "GET", "/api");
	bad(404, "GET", "/apix/v10/users/@me");
	bad(404, "GET", "http://discord.com/api/v10/users/@me");
	bad(404, "OPTIONS", "*");
}

static void
test_gateway(void **state)
{
	good("GET", "/api/v10/gateway", 10, "/gateway", PROXY_ROUTE_GATEWAY);
	good("GET", "/api/gateway/bot", 0, "/gateway/bot",
	    PROXY_ROUTE_GATEWAY_BOT);
	good("GET", "/api/v9/gateway/bot?x=1", 9, "/gateway/bot?x=1",
	    PROXY_ROUTE_GATEWAY_BOT);
	good("POST", "/api/v10/gateway/bot", 10, "/gateway/bot",
	    PROXY_ROUTE_CALL);
	good("GET", "/api/v10/gateway/bots", 10, "/gateway/bots",
	    PROXY_ROUTE_CALL);
}

static void
test_malformed(void **state)
{
	bad(400, "GET", "/api/v10/");
	bad(400, "GET", "/api/v10//users");
	bad(400, "GET", "/api/v10/channels/../users/@me");
	bad(400, "GET", "/api/v10/channels/%2e%2E/users/@me");
	bad(400, "GET", "/api/v10/users/a b");
	bad(400, "GET", "/api/v10/users/\xc3\xa4");
	bad(405, "TRACE", "/api/v10/users/@me");
	bad(405, "HEAD", "/api/v10/users/@me");
	bad(405, "", "/api/v10/users/@me");
}

static void
test_tokens_in_the_path(void **state)
{
	char target[400];

	good("POST", "/api/v10/interactions/1/tok/callback", 10,
	    "/interactions/1/tok/callback", PROXY_ROUTE_CALL);
	assert_true(r.callback && r.endpoint.bare && !r.hook);
	good("POST", "/api/v10/interactions/1/tok/callback?with_response=true",
	    10, "/interactions/1/tok/callback?with_response=true",
	    PROXY_ROUTE_CALL);
	assert_true(r.callback);
	good("POST", "/api/v10/webhooks/1/short", 10, "/webhooks/1/short",
	    PROXY_ROUTE_CALL);
	assert_true(!r.callback && r.endpoint.bare && r.hook);
	good("GET", "/api/v10/webhooks/1", 10, "/webhooks/1", PROXY_ROUTE_CALL);
	assert_true(!r.callback && !r.endpoint.bare && !r.hook);
	/* An interaction's token is long. */
	memset(target, 'a', sizeof(target));
	memcpy(target, "/api/v10/webhooks/1/", 20);
	str_copy(target + 220, "/messages/@original", 30);
	good("PATCH", target, 10, target + 8, PROXY_ROUTE_CALL);
	assert_true(r.endpoint.bare && !r.hook && !r.callback);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_versions),
	    cmocka_unit_test(test_gateway),
	    cmocka_unit_test(test_malformed),
	    cmocka_unit_test(test_tokens_in_the_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
