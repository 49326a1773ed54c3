/* SPDX-License-Identifier: MIT */
/* What Discord's answers to the supervisor mean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "supervisor/identify/discord_ask_rest.h"
#include "supervisor/identify/answer_rules.h"

#define HTTPS "https://discord.com/api/v10"

static const char good[] =
    "{\"url\":\"wss://gateway.discord.gg\","
    "\"shards\":9,\"session_start_limit\":{\"total\":1000,\"remaining\":999,"
    "\"reset_after\":14400000,\"max_concurrency\":1}}";

static void
test_gateway_body(void **state)
{
	struct discord_ask_answer a = {0};

	assert_true(discord_ask_rest_gateway(good, strlen(good), &a));
	assert_string_equal(a.url, "wss://gateway.discord.gg");
	assert_int_equal(a.shards, 9);
	assert_int_equal(a.remaining, 999);
	assert_int_equal(a.reset_after_ms, 14400000);
	assert_true(answer_rules_answer_ok(&a, HTTPS));
	/* Every truncation is refused, none is read past its end. */
	for (size_t n = 0; n < strlen(good); n++)
		assert_false(discord_ask_rest_gateway(good, n, &a));
	assert_false(discord_ask_rest_gateway("<html>", 6, &a));
	assert_false(discord_ask_rest_gateway("{\"url\":5}", 9, &a));
}

static void
test_answer_limits(void **state)
{
	struct discord_ask_answer a = {.shards = 1,
	    .total = 1000,
	    .remaining = -3,
	    .reset_after_ms = -1,
	    .max_concurrency = 0,
	    .url = "wss://h"};

	assert_true(answer_rules_answer_ok(&a, HTTPS));
	assert_int_equal(a.max_concurrency, 1);
	assert_int_equal(a.remaining, 0);
	assert_int_equal(a.reset_after_ms, 0);
	/* A reset in a million years is no wait, and must not end us. */
	a.reset_after_ms = INT64_MAX;
	assert_true(answer_rules_answer_ok(&a, HTTPS));
	assert_int_equal(a.reset_after_ms, 48 * 3600 * 1000);
	a.shards = 0;
	assert_false(answer_rules_answer_ok(&a, HTTPS));
	a.shards = ANSWER_RULES_SHARDS_MAX + 1;
	assert_false(answer_rules_answer_ok(&a, HTTPS));
}

/* What began with TLS is not continued without; the rule: test_gateway_url. */
static void
f_b6_an_answer_that_names_a_plain_url_is_refused(void **state)
{
	struct discord_ask_answer a = {.shards = 1,
	    .total = 1000,
	    .max_concurrency = 1,
	    .url = "ws://127.0.0.1:80"};

	assert_true(answer_rules_answer_ok(&a, "http://127.0.0.1:81/api"));
	assert_false(answer_rules_answer_ok(&a, HTTPS));
	assert_non_null(strstr(a.words, "in the clear"));
}

/* Each answer leads to the next question at once: remaining 0, reset now. */
static void
f_b8_answers_that_ask_again_are_asked_less_and_less(void **state)
{
	struct answer_rules_pace p = {0};
	uint64_t now = 1000, questions = 0;

	while (now < 3600000) {
		now += (uint64_t)(answer_rules_pace_s(&p, now, 0.9) * 1000);
		questions++;
		now += 80; /* a round trip */
		p.over_ms = now;
	}
	/* At 842d226: 45 000. */
	assert_in_range(questions, 50, 80);
	/* Never a spin, whatever the die says. */
	for (unsigned i = 0; i < 20; i++) {
		double s = answer_rules_pace_s(&p, now, 0);

		assert_true(s >= 0.5);
		now += (uint64_t)(s * 1000);
		p.over_ms = now;
	}
	/* What is asked in its own time does not wait. */
	now += ANSWER_RULES_CALM_MS;
	assert_true(answer_rules_pace_s(&p, now, 0.9) == 0);
	p.over_ms = now + 50;
	assert_true(answer_rules_pace_s(&p, now + 60, 0.9) == 0);
	p.over_ms = now + 100;
	assert_true(answer_rules_pace_s(&p, now + 110, 0.9) > 0);
}

static struct discord_ask_answer
judged(long status, const char *body, double header,
    enum discord_ask_status want)
{
	struct ask_http h = {status, header, body, strlen(body)};
	struct discord_ask_answer a = {0};

	assert_int_equal(discord_ask_rest_judge(&h, &a), want);
	a.status = want;
	return a;
}

/* A 401 of /gateway/bot alone is no proof; of /users/@me alone neither. */
static void
f_b2_two_answers_prove_a_bad_token(void **state)
{
	struct discord_ask_answer a = {0};

	assert_int_equal(discord_ask_rest_proved(DISCORD_ASK_UNAUTHORIZED, &a),
	    DISCORD_ASK_UNAUTHORIZED);
	for (unsigned i = 0; i < DISCORD_ASK_STATUS_COUNT; i++)
		if (i != DISCORD_ASK_UNAUTHORIZED) {
			a.words[0] = '\0';
			assert_int_equal(discord_ask_rest_proved(i, &a),
			    DISCORD_ASK_GARBAGE);
			assert_non_null(strstr(a.words, "not the token"));
		}
}

/* Cloudflare's block in JSON, and waits nobody can mean. */
static void
f_b5_the_supervisor_judges_as_the_handler(void **state)
{
	struct discord_ask_answer a;

	a = judged(403,
	    "{\"message\":\"internal network error\",\"code\":40333}", 0,
	    DISCORD_ASK_FORBIDDEN);
	assert_true(a.cloudflare);
	assert_true(answer_rules_retry_s(&a, 1, 0) >= 60);
	a = judged(429, "{\"retry_after\":1e300}", 0, DISCORD_ASK_LIMITED);
	assert_true(a.retry_after_s <= 86400);
	a = judged(429, "{\"retry_after\":NaN}", 0, DISCORD_ASK_LIMITED);
	assert_true(a.retry_after_s <= 0);
	assert_true(answer_rules_retry_s(&a, 1, 0) >= 0.5);
	/* A 5xx is no limit: somebody's Retry-After is no hour of silence. */
	a = judged(503, "<html>", 86400, DISCORD_ASK_SERVER);
	assert_true(answer_rules_retry_s(&a, 1, 0) <= 300);
	a = judged(503, "", 20, DISCORD_ASK_SERVER);
	assert_true(answer_rules_retry_s(&a, 1, 0) >= 20);
}

static void
test_judge(void **state)
{
	struct discord_ask_answer a;

	judged(401, "{\"message\":\"401: Unauthorized\",\"code\":0}", 0,
	    DISCORD_ASK_UNAUTHORIZED);
	judged(502, "<html>", 0, DISCORD_ASK_SERVER);
	judged(302, "", 0, DISCORD_ASK_GARBAGE);
	a = judged(429, "{\"retry_after\":64.57,\"global\":false}", 65,
	    DISCORD_ASK_LIMITED);
	assert_false(a.cloudflare);
	assert_true(answer_rules_retry_s(&a, 1, 0.5) >= 65);
	a = judged(429, "error code: 1015", 0, DISCORD_ASK_LIMITED);
	assert_true(a.cloudflare);
	assert_true(answer_rules_retry_s(&a, 1, 0) >= 60);
	a = judged(429, "error code: 1015", 82721, DISCORD_ASK_LIMITED);
	assert_true(answer_rules_retry_s(&a, 1, 0) >= 82721);
	a = judged(403, "<html>1020</html>", 0, DISCORD_ASK_FORBIDDEN);
	assert_true(answer_rules_retry_s(&a, 1, 0) >= 60);
}

static void
test_backoff(void **state)
{
	struct discord_ask_answer a = {.status = DISCORD_ASK_UNREACHABLE};

	assert_true(answer_rules_retry_s(&a, 1, 1) <= 1);
	assert_true(answer_rules_retry_s(&a, 4, 1) <= 8);
	assert_true(answer_rules_retry_s(&a, 1000, 1) <= 60);
	assert_true(answer_rules_retry_s(&a, 1000, 0) >= 0.5);
}

static void
test_intents(void **state)
{
	const uint64_t members = 2, presences = 256, content = 32768;

	assert_int_equal(answer_rules_missing_intents(1 | 512, 0), 0);
	assert_int_equal(answer_rules_missing_intents(members | content, 0),
	    members | content);
	assert_int_equal(answer_rules_missing_intents(members, 1u << 14), 0);
	assert_int_equal(answer_rules_missing_intents(members, 1u << 15), 0);
	assert_int_equal(answer_rules_missing_intents(presences, 1u << 13), 0);
	assert_int_equal(answer_rules_missing_intents(content | members,
			     1u << 19),
	    members);
}

static void
test_app_and_user(void **state)
{
	static const char app[] = "{\"flags\":8953856,"
				  "\"interactions_endpoint_url\":null}";
	static const char big[] =
	    "{\"flags\":0,\"flags_new\":\"549755813888\","
	    "\"interactions_endpoint_url\":\"https://x/y\"}";
	static const char user[] = "{\"id\":\"123\",\"username\":\"pong\"}";
	struct discord_ask_answer a = {0};

	assert_true(discord_ask_rest_app(app, strlen(app), &a));
	assert_int_equal(a.app_flags, 8953856);
	assert_int_equal(a.app_endpoint, 0);
	assert_true(discord_ask_rest_app(big, strlen(big), &a));
	assert_true(a.app_flags == 549755813888u);
	assert_int_equal(a.app_endpoint, 1);
	assert_true(discord_ask_rest_user(user, strlen(user), &a));
	assert_string_equal(a.user_name, "pong");
	assert_false(
	    discord_ask_rest_user("{}", 2, &a) && a.user_id[0] == '\0');
}

static void
test_counts(void **state)
{
	assert_int_equal(answer_rules_count(0, 9), 9);
	assert_int_equal(answer_rules_count(16, 9), 16);
	assert_int_equal(answer_rules_count(0, 0), 0);
	assert_int_equal(answer_rules_count(ANSWER_RULES_SHARDS_MAX + 1, 1), 0);
}

int
main(void)
{
#define T(name) cmocka_unit_test(name)
	const struct CMUnitTest tests[] = {
	    T(test_gateway_body),
	    T(test_answer_limits),
	    T(f_b6_an_answer_that_names_a_plain_url_is_refused),
	    T(f_b8_answers_that_ask_again_are_asked_less_and_less),
	    T(test_judge),
	    T(f_b2_two_answers_prove_a_bad_token),
	    T(f_b5_the_supervisor_judges_as_the_handler),
	    T(test_backoff),
	    T(test_intents),
	    T(test_app_and_user),
	    T(test_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
