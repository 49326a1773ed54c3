/* SPDX-License-Identifier: MIT */
/* The upgrade's text and the control payloads, odd ones included. */
#include "shard/session/payload.h"
#include "shard/net/ws_upgrade.h"

#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* The example of RFC 6455, section 1.3. */
#define KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
#define GOOD                                                                   \
	"HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\n"           \
	"Connection: keep-alive, Upgrade\r\nSec-WebSocket-Accept: " ACCEPT     \
	"\r\n"

static int
parse(const char *text, struct ws_upgrade_answer *a)
{
	return ws_upgrade_parse(text, strlen(text), KEY, a);
}

static void
test_url(void **state)
{
	static const char *const bad[] = {"", "https://h", "wss://",
	    "wss://h:0", "wss://h:99999", "wss://h:x", "wss://u@h", "wss://h /",
	    "wss://[::1", "wss://[::1]x", "ws:/h"};
	struct ws_upgrade_url u;

	assert_int_equal(ws_upgrade_parse_url("wss://gateway.discord.gg", &u),
	    0);
	assert_true(u.tls);
	assert_int_equal(u.port, 443);
	assert_string_equal(u.host, "gateway.discord.gg");
	assert_string_equal(u.path, "/");
	assert_int_equal(ws_upgrade_parse_url("ws://[::1]:81/x?v=9", &u), 0);
	assert_false(u.tls);
	assert_int_equal(u.port, 81);
	assert_string_equal(u.host, "::1");
	assert_string_equal(u.authority, "[::1]:81");
	assert_string_equal(u.path, "/x");
	for (size_t i = 0; i < nitems(bad); i++)
		assert_int_equal(ws_upgrade_parse_url(bad[i], &u), -1);
}

static void
test_answer(void **state)
{
	struct ws_upgrade_answer a;

	for (size_t n = 0; n < strlen(GOOD "\r\n"); n++)
		assert_int_equal(ws_upgrade_parse(GOOD "\r\n", n, KEY, &a), 0);
	assert_int_equal(parse(GOOD "\r\nrest", &a), 1);
	assert_null(a.wrong);
	assert_int_equal(a.length, strlen(GOOD) + 2);
	assert_int_equal(parse(GOOD "Sec-WebSocket-Extensions: x\r\n\r\n", &a),
	    1);
	assert_non_null(a.wrong);
	assert_int_equal(ws_upgrade_parse(GOOD "\r\n", strlen(GOOD "\r\n"),
			     "AAAAAAAAAAAAAAAAAAAAAA==", &a),
	    1);
	assert_non_null(a.wrong);
	assert_int_equal(parse("HTTP/1.1 101 x\r\n\r\n", &a), 1);
	assert_non_null(a.wrong);
	assert_int_equal(parse("HTTP/1.1 429 Too Many\nretry-after: 37\r\n"
			       "CF-RAY: abc\r\n\r\n",
			     &a),
	    1);
	assert_int_equal(a.status, 429);
	assert_int_equal(a.retry_after_s, 37);
	assert_string_equal(a.ray, "abc");
	assert_int_equal(parse("HTTP/1.1 503 x\r\nRetry-After: soon\r\n\r\n",
			     &a),
	    1);
	assert_int_equal(a.retry_after_s, 0);
	assert_int_equal(parse("SSH-2.0-OpenSSH\r\n", &a), -1);
	assert_int_equal(parse("HTTP/1.1 2x0 OK\r\n", &a), -1);
}

static void
test_identify(void **state)
{
	struct payload_identify i = {"t\\ok\"e\x01n", 53608447, 3, 16, 50,
	    "{\"status\":\"online\"}"};
	char out[PAYLOAD_MAX + 1], big[PAYLOAD_MAX];
	struct json_object *o, *d, *v;
	size_t len = payload_identify(out, &i);

	o = json_tokener_parse(out);
	assert_int_equal(strlen(out), len);
	assert_true(json_object_object_get_ex(o, "d", &d));
	assert_true(json_object_object_get_ex(d, "token", &v));
	assert_string_equal(json_object_get_string(v), "t\\ok\"e\x01n");
	assert_true(json_object_object_get_ex(d, "shard", &v));
	assert_string_equal(json_object_to_json_string_ext(v, 0), "[3,16]");
	assert_true(json_object_object_get_ex(d, "presence", &v));
	assert_string_equal(json_object_to_json_string_ext(v, 0),
	    "{\"since\":null,\"activities\":[],\"status\":\"online\","
	    "\"afk\":false}");
	json_object_put(o);
	assert_true(payload_presence(out, "{\"status\":\"idle\"}") > 0);
	assert_string_equal(out,
	    "{\"op\":3,\"d\":{\"since\":null,"
	    "\"activities\":[],\"status\":\"idle\",\"afk\":false}}");
	assert_true(payload_presence(out, "") > 0);
	assert_int_equal(payload_presence(out, "[1]"), 0);
	i.presence = "[1]";
	assert_int_equal(payload_identify(out, &i), 0);
	i.presence = "";
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	i.token = big;
	assert_int_equal(payload_identify(out, &i), 0);
}

static void
test_written(void **state)
{
	char out[PAYLOAD_MAX + 1];

	assert_true(payload_heartbeat(out, true, 4294967297u) > 0);
	assert_string_equal(out, "{\"op\":1,\"d\":4294967297}");
	assert_true(payload_heartbeat(out, false, 5) > 0);
	assert_string_equal(out, "{\"op\":1,\"d\":null}");
	assert_true(payload_resume(out, "t", "s", 1337) > 0);
	assert_string_equal(out,
	    "{\"op\":6,\"d\":{\"token\":\"t\","
	    "\"session_id\":\"s\",\"seq\":1337}}");
	payload_wipe(out);
	assert_int_equal(out[0], 0);
	assert_true(payload_identity("a") != payload_identity("b"));
}

static uint64_t
interval(const char *text)
{
	return payload_hello(text, strlen(text));
}

static void
test_hello(void **state)
{
	assert_int_equal(interval("{\"op\":10,\"d\":{\"heartbeat_interval\":"
				  "41250,\"_trace\":[]}}"),
	    41250);
	assert_int_equal(interval("{\"op\":10,\"d\":{\"heartbeat_interval\":"
				  "99999999999}}"),
	    99999999999u);
	assert_int_equal(interval("{\"d\":{\"heartbeat_interval\":0}}"), 0);
	assert_int_equal(interval("{\"d\":{\"heartbeat_interval\":-5}}"), 0);
	assert_int_equal(interval("{\"d\":{\"heartbeat_interval\":\"9\"}}"), 0);
	assert_int_equal(interval("{\"d\":{\"heartbeat_interval\":nan}}"), 0);
	assert_int_equal(interval("{\"d\":{}}"), 0);
	assert_int_equal(interval("{\"d\":null}"), 0);
	assert_int_equal(interval("x"), 0);
}

static void
test_resumable(void **state)
{
	static const char *const no[] = {"{\"op\":9,\"d\":false}",
	    "{\"op\":9,\"d\":null}", "{\"op\":9}", "{\"d\":\"true\"}"};

	assert_true(payload_resumable("{\"op\":9,\"d\":true}", 17));
	for (size_t i = 0; i < nitems(no); i++)
		assert_false(payload_resumable(no[i], strlen(no[i])));
}

static void
test_ready(void **state)
{
	static const char text[] =
	    "{\"t\":\"READY\",\"s\":1,\"op\":0,\"d\":{"
	    "\"guilds\":[{\"id\":\"1\",\"x\":{\"y\":[{}]}},{\"id\":\"}{\"},{}],"
	    "\"session_id\":\"ab\\u0063\","
	    "\"resume_gateway_url\":\"wss:\\/\\/h\"}}";
	static const char odd[] = "{\"d\":{\"session_id\":7,\"guilds\":{}}}";
	struct payload_ready r;

	payload_ready(text, sizeof(text) - 1, &r);
	assert_string_equal(r.session, "abc");
	assert_string_equal(r.url, "wss://h");
	assert_int_equal(r.guilds, 3);
	payload_ready(odd, sizeof(odd) - 1, &r);
	assert_string_equal(r.session, "");
	assert_int_equal(r.guilds, 0);
	payload_ready("[]", 2, &r);
	assert_string_equal(r.session, "");
}

static bool
limited(const char *text, struct payload_limited *l)
{
	return payload_limited(text, strlen(text), l);
}

static void
test_limited(void **state)
{
	struct payload_limited l;

	assert_true(limited(
	    "{\"t\":\"RATE_LIMITED\",\"s\":3,\"op\":0,\"d\":{"
	    "\"opcode\":8,\"retry_after\":29.457,\"meta\":{\"guild_id\":"
	    "\"197038439483310086\",\"nonce\":null}}}",
	    &l));
	assert_int_equal(l.opcode, 8);
	assert_true(l.retry_after_s > 29.45 && l.retry_after_s < 29.46);
	assert_int_equal(l.guild, 197038439483310086u);
	assert_true(limited("{\"d\":{\"opcode\":8,\"retry_after\":1}}", &l));
	assert_int_equal(l.guild, 0);
	assert_false(limited("{\"d\":{\"opcode\":8}}", &l));
	assert_false(
	    limited("{\"d\":{\"opcode\":\"x\",\"retry_after\":1}}", &l));
	assert_false(limited("{\"d\":{\"opcode\":8,\"retry_after\":-1}}", &l));
	assert_false(limited("{\"d\":null}", &l));
}

static void
test_full_list(void **state)
{
	static const struct {
		const char *text;
		uint64_t guild;
	} rows[] = {
	    {"{\"op\":8,\"d\":{\"guild_id\":\"41\",\"query\":\"\","
	     "\"limit\":0}}",
		41},
	    {"{\"op\":8,\"d\":{\"guild_id\":41,\"query\":\"\","
	     "\"limit\":0}}",
		41},
	    {"{\"op\":8,\"d\":{\"guild_id\":\"41\",\"query\":\"a\","
	     "\"limit\":0}}",
		0},
	    {"{\"op\":8,\"d\":{\"guild_id\":\"41\",\"query\":\"\","
	     "\"limit\":5}}",
		0},
	    {"{\"op\":8,\"d\":{\"guild_id\":\"41\",\"user_ids\":"
	     "[\"1\"]}}",
		0},
	    {"{\"op\":8,\"d\":{\"guild_id\":\"\",\"query\":\"\","
	     "\"limit\":0}}",
		0},
	};

	for (size_t i = 0; i < nitems(rows); i++)
		assert_int_equal(payload_full_list(rows[i].text,
				     strlen(rows[i].text)),
		    rows[i].guild);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_url),
	    cmocka_unit_test(test_answer),
	    cmocka_unit_test(test_identify),
	    cmocka_unit_test(test_written),
	    cmocka_unit_test(test_hello),
	    cmocka_unit_test(test_resumable),
	    cmocka_unit_test(test_ready),
	    cmocka_unit_test(test_limited),
	    cmocka_unit_test(test_full_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
