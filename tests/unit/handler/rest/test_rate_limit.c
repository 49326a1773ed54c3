/* SPDX-License-Identifier: MIT */
/* REST limits on a clock of the test's own: buckets, the global limit, 429s
 * and the guard against a ban. */
#include "handler/rest/rate_limit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static struct rate_limits *b;
static uint64_t now;

static int
setup(void **state)
{
	b = rate_limit_new();
	now = 1000000;
	return 0;
}

static int
teardown(void **state)
{
	rate_limit_free(b);
	return 0;
}

static struct endpoint
ep(const char *method, const char *path)
{
	struct endpoint e;
	const char *why;

	assert_int_equal(endpoint_parse(&e, method, path, &why), 0);
	return e;
}

static struct rate_limit_reply
reply(int status, const char *head)
{
	struct rate_limit_reply r;

	rate_limit_reply_init(&r);
	r.status = status;
	while (*head) {
		size_t n = strcspn(head, "\n") + 1;

		rate_limit_reply_header(&r, head, n);
		head += n;
	}
	return r;
}

static void
call(const char *method, const char *path, int status, const char *head)
{
	struct endpoint e = ep(method, path);
	struct rate_limit_reply r = reply(status, head);

	assert_int_equal(rate_limit_wait(b, &e, now), 0);
	rate_limit_done(b, rate_limit_take(b, &e, now), &e, &r, now);
}

static uint64_t
wait_for(const char *method, const char *path)
{
	struct endpoint e = ep(method, path);

	return rate_limit_wait(b, &e, now);
}

static void
test_headers(void **state)
{
	struct rate_limit_reply r = reply(429,
	    "X-RateLimit-Bucket: abcd\r\nx-ratelimit-limit: 5\r\n"
	    "X-RateLimit-Remaining:2\r\nX-RateLimit-Reset-After: 1.5\r\n"
	    "Retry-After: 64\r\nX-RateLimit-Global: true\r\n"
	    "X-RateLimit-Scope: shared\r\nno colon\r\n"
	    "X-RateLimit-Remaining-X: 9\r\n");

	assert_string_equal(r.id, "abcd");
	assert_int_equal(r.limit, 5);
	assert_int_equal(r.remaining, 2);
	assert_true(r.reset_after_s == 1.5 && r.retry_after_s == 64);
	assert_true(r.global && r.shared);
	r = reply(200, "Retry-After: -1\r\n");
	assert_true(r.retry_after_s < 0);
	r = reply(200,
	    "Retry-After: garbage\r\nX-RateLimit-Reset-After: nan\r\n");
	assert_true(r.retry_after_s < 0 && r.reset_after_s < 0);
}

static void
test_bucket(void **state)
{
	static const char path[] = "/channels/1/messages";
	struct endpoint e = ep("POST", path);
	struct rate_limit *k;

	/* Nothing known: one at a time. */
	k = rate_limit_take(b, &e, now);
	assert_int_equal(wait_for("POST", path), UINT64_MAX);
	assert_int_equal(wait_for("POST", "/channels/2/messages"), 0);
	rate_limit_done(b, k, &e, NULL, now);
	assert_int_equal(wait_for("POST", path), 0);

	call("POST", path, 200,
	    "X-RateLimit-Bucket: q\r\nX-RateLimit-Limit: 5"
	    "\r\nX-RateLimit-Remaining: 2\r\nX-RateLimit-Reset-After: 3\r\n");
	rate_limit_take(b, &e, now);
	k = rate_limit_take(b, &e, now);
	assert_int_equal(wait_for("POST", path), 3000);
	/* Another channel has a bucket of its own under the same id. */
	assert_int_equal(wait_for("POST", "/channels/2/messages"), 0);
	now += 3000;
	assert_int_equal(wait_for("POST", path), 0);
	rate_limit_done(b, k, &e, NULL, now);
}

/* Routes that Discord puts into one bucket share it once that is known. */
static void
test_shared_id(void **state)
{
	call("PATCH", "/channels/1/messages/5", 200,
	    "X-RateLimit-Bucket: m\r\n"
	    "X-RateLimit-Limit: 2\r\nX-RateLimit-Remaining: 1\r\n"
	    "X-RateLimit-Reset-After: 9\r\n");
	call("DELETE", "/channels/1/messages/6", 204,
	    "X-RateLimit-Bucket: m\r\n"
	    "X-RateLimit-Limit: 2\r\nX-RateLimit-Remaining: 0\r\n"
	    "X-RateLimit-Reset-After: 8\r\n");
	assert_int_equal(wait_for("PATCH", "/channels/1/messages/7"), 8000);
	assert_int_equal(wait_for("PATCH", "/channels/2/messages/7"), 0);
}

static void
test_retry_after(void **state)
{
	call("POST", "/channels/1/typing", 429,
	    "Retry-After: 2\r\n"
	    "X-RateLimit-Scope: shared\r\n");
	assert_int_equal(wait_for("POST", "/channels/1/typing"), 2000);
	assert_int_equal(wait_for("POST", "/channels/2/typing"), 0);
	assert_int_equal(rate_limit_invalid(b, now),
	    0); /* shared: not counted */
	call("GET", "/users/@me", 429,
	    "Retry-After: 7\r\n"
	    "X-RateLimit-Global: true\r\n");
	assert_int_equal(rate_limit_invalid(b, now), 1);
	assert_int_equal(wait_for("GET", "/guilds/1"), 7000);
	assert_int_equal(wait_for("POST", "/interactions/1/tok/callback"), 0);
	now += 7000;
	assert_int_equal(wait_for("GET", "/guilds/1"), 0);
}

static void
test_global(void **state)
{
	char path[64];

	for (int i = 0; i < RATE_LIMIT_GLOBAL; i++) {
		str_format(path, sizeof(path), "/guilds/%d", i);
		call("GET", path, 200, "");
		now += 10;
	}
	/* 48 in the last 480 ms: the first leaves the second after 1000. */
	assert_int_equal(wait_for("GET", "/guilds/1000"), 1000 - 480);
	assert_int_equal(wait_for("POST", "/interactions/1/tok/callback"), 0);
	now += 520;
	call("GET", "/guilds/1000", 200, "");
	assert_int_equal(wait_for("GET", "/guilds/1001"), 10);
}

/* What is on its way may count in any second from here on. */
static void
test_global_counts_answers(void **state)
{
	struct endpoint e[RATE_LIMIT_GLOBAL];
	struct rate_limit *k[RATE_LIMIT_GLOBAL];
	char path[64];
	const char *why;

	for (int i = 0; i < RATE_LIMIT_GLOBAL; i++) {
		str_format(path, sizeof(path), "/guilds/%d", i);
		assert_int_equal(endpoint_parse(&e[i], "GET", path, &why), 0);
		k[i] = rate_limit_take(b, &e[i], now);
	}
	now += 5000;
	assert_true(wait_for("GET", "/guilds/1000") == UINT64_MAX);
	rate_limit_done(b, k[0], &e[0], NULL, now);
	assert_int_equal(wait_for("GET", "/guilds/1000"), 1000);
	now += 1000;
	assert_int_equal(wait_for("GET", "/guilds/1000"), 0);
	for (int i = 1; i < RATE_LIMIT_GLOBAL; i++)
		rate_limit_done(b, k[i], &e[i], NULL, now);
}

static void
test_ban_guard(void **state)
{
	struct endpoint e = ep("GET", "/guilds/1");
	struct endpoint cb = ep("POST", "/interactions/1/tok/callback");
	struct rate_limit_reply r = reply(403, "");

	for (int i = 0; i < RATE_LIMIT_INVALID_STOP; i++) {
		assert_true(rate_limit_allows(b, &e, false, now));
		assert_int_equal(rate_limit_allows(b, &e, true, now),
		    i < RATE_LIMIT_INVALID_SHED);
		rate_limit_done(b, rate_limit_take(b, &e, now), &e, &r, now);
		now += 20;
	}
	assert_false(rate_limit_allows(b, &e, false, now));
	assert_true(rate_limit_allows(b, &cb, true, now));
	now += 11 * 60000;
	assert_true(rate_limit_allows(b, &e, true, now));
	assert_int_equal(rate_limit_invalid(b, now), 0);
}

/* Any number of channels: memory stays bounded, what limits is kept. */
static void
test_many(void **state)
{
	char path[64];

	call("GET", "/channels/9", 429, "Retry-After: 3000\r\n");
	for (int i = 0; i < 3 * RATE_LIMIT_MAX; i++) {
		str_format(path, sizeof(path), "/channels/%d/messages",
		    1000 + i);
		call("GET", path, 200,
		    "X-RateLimit-Bucket: z\r\n"
		    "X-RateLimit-Limit: 5\r\nX-RateLimit-Remaining: 4\r\n"
		    "X-RateLimit-Reset-After: 0.01\r\n");
		now += 23;
	}
	assert_true(wait_for("GET", "/channels/9") > 1000000);
}

static void
test_endpoint(void **state)
{
	static const struct {
		const char *method, *path, *route, *major;
	} good[] = {
	    {"GET", "/users/@me", "GET /users/@me", ""},
	    {"POST", "/channels/12/messages", "POST /channels/:id/messages",
		"channels/12/0"},
	    {"GET", "/channels/12/messages?limit=5",
		"GET /channels/:id/messages", "channels/12/0"},
	    {"PUT", "/channels/1/messages/2/reactions/%F0/@me",
		"PUT /channels/:id/messages/:id/reactions/:emoji/@me",
		"channels/1/0"},
	};
	static const char *const bad[] = {"", "x", "/", "//a", "/a/../b",
	    "/a b", "/a#b", "/a/", "/\xc3\xa4", "/a\r\nHost: b"};
	struct endpoint e, f;
	const char *why;
	char text[32];

	for (size_t i = 0; i < nitems(good); i++) {
		e = ep(good[i].method, good[i].path);
		assert_string_equal(e.route, good[i].route);
		assert_string_equal(e.major, good[i].major);
		assert_false(e.bare || e.interaction);
	}
	for (size_t i = 0; i < nitems(bad); i++)
		assert_int_equal(endpoint_parse(&e, "GET", bad[i], &why), -1);
	assert_int_equal(endpoint_parse(&e, "TRACE", "/a", &why), -1);
	e = ep("POST", "/webhooks/1/tokenA");
	f = ep("POST", "/webhooks/1/tokenB");
	assert_true(e.bare && !e.interaction);
	assert_string_equal(e.route, f.route);
	assert_string_not_equal(e.major, f.major);
	assert_null(strstr(e.major, "tokenA"));
	assert_true(endpoint_encode(text, sizeof(text), "a:1/\xc3\xa4"));
	assert_string_equal(text, "a:1%2F%C3%A4");
	assert_false(endpoint_encode(text, 4, "abcd"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_headers),
	    cmocka_unit_test_setup_teardown(test_bucket, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_shared_id, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_retry_after, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_global, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_global_counts_answers, setup,
		teardown),
	    cmocka_unit_test_setup_teardown(test_ban_guard, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_many, setup, teardown),
	    cmocka_unit_test(test_endpoint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
