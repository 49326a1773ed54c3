/* SPDX-License-Identifier: MIT */
/*
 * What one answer means for the other calls: 401s, 429s and blocks, what proves
 * them and what ends them.
 */
#include "tests/unit/handler/rest/rest_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define REFUSED "{\"message\":\"401: Unauthorized\",\"code\":0}"
#define PAGE "<html>error code: 1015</html>"

static bool
flies(const char *path)
{
	for (size_t i = 0; i < calls.n; i++)
		if (strcmp(calls.flying[i]->path, path) == 0)
			return true;
	return false;
}

/* One call of a route of its own, answered so. */
static void
one(const char *path, int status, const char *body)
{
	unsigned done = calls.done;

	rest_rig_ask(0, path);
	rest_flush(calls.rest);
	assert_int_equal(calls.n, 1);
	rest_rig_answer(status, NULL, body);
	assert_true(calls.done == done + 1 || status == 429 || status == 403);
}

/* One call's 401 is that call's: what proves it is asked, and fine. */
static void
f_b2_one_401_is_no_proof(void **state)
{
	one("/oauth2/@me", 401, REFUSED);
	assert_int_equal(calls.last.outcome, REST_REFUSED);
	assert_int_equal(calls.last.status, 401);
	rest_rig_ask(1, "/guilds/1");
	rest_flush(calls.rest);
	assert_int_equal(calls.n, 2);
	assert_true(flies("/users/@me") && flies("/guilds/1"));
	rest_rig_answer(200, NULL, "{\"id\":\"1\"}");
	rest_rig_answer(200, NULL, "{}");
	assert_int_equal(calls.last.outcome, REST_OK);
	assert_int_equal(rest_held(calls.rest)->state, PAGE_REST_FINE);
	/* And not again for each. */
	one("/oauth2/@me", 401, REFUSED);
	assert_int_equal(calls.n, 0);
}

/* Proved, it stops all but what needs no token; and it ends. */
static void
f_b2_a_proved_401_stops_all_until_it_is_over(void **state)
{
	one("/guilds/1", 401, REFUSED);
	assert_true(flies("/users/@me"));
	rest_rig_answer(401, NULL, REFUSED);
	assert_int_equal(rest_held(calls.rest)->state, PAGE_REST_TOKEN);
	rest_rig_ask(0, "/guilds/2");
	rest_rig_ask_path(0, "POST", "/interactions/1/token/callback", false);
	rest_flush(calls.rest);
	assert_int_equal(calls.n, 1); /* a token of its own */
	assert_int_equal(calls.last.outcome, REST_REFUSED);
	assert_int_equal(calls.last.status, 401);
	rest_rig_answer(204, NULL, "");
	for (int i = 0; i < 3; i++) { /* by itself, at growing distances */
		assert_int_equal(fake_time_next(), REST_HOLD_TOKEN_MS << i);
		rest_rig_sleep();
		assert_true(flies("/users/@me"));
		rest_rig_answer(i == 2 ? 200 : 401, NULL,
		    i == 2 ? "{}" : REFUSED);
	}
	assert_int_equal(rest_held(calls.rest)->state, PAGE_REST_FINE);
	one("/guilds/3", 200, "{}");
	assert_int_equal(calls.last.outcome, REST_OK);
}

/* A proof that is not answered is none. */
static void
f_b2_no_answer_proves_nothing(void **state)
{
	static const int status[] = {0, 502, 404};

	for (size_t i = 0; i < nitems(status); i++) {
		one("/guilds/1", 401, REFUSED);
		rest_rig_answer(status[i], NULL, "");
		assert_int_equal(rest_held(calls.rest)->state, PAGE_REST_FINE);
		rest_rig_pass(REST_HOLD_FRESH_MS + 1);
	}
}

/* What a limiter says of no wait is no reason to spin. */
static void
f_b5_a_429_always_waits(void **state)
{
	static const char *const said[] = {"{\"retry_after\":0}",
	    "{\"retry_after\":-3}", "{\"retry_after\":NaN}", "{}",
	    "{\"retry_after\":\"soon\"}", "{\"retry_after\":0.001}"};
	uint64_t begin;
	unsigned n;

	for (size_t i = 0; i < nitems(said); i++) {
		rest_rig_teardown(NULL);
		rest_rig_setup(NULL);
		begin = clock_boot_ms();
		rest_rig_ask_path(0, "POST", "/channels/1/messages", false);
		rest_flush(calls.rest);
		for (n = 0; calls.done == 0; n++) {
			if (calls.n == 0) {
				assert_true(fake_time_next() >= 500);
				rest_rig_sleep();
			}
			assert_int_equal(calls.n, 1);
			rest_rig_answer(429, NULL, said[i]);
		}
		assert_int_equal(n, REST_LIMITED_TRIES);
		assert_int_equal(calls.last.outcome, REST_LIMITED);
		assert_true(clock_boot_ms() - begin >= 500 * (1 + 2 + 4 + 8));
	}
}

/* Global, of zero, to what is exempt: nor there. */
static void
f_b5_a_global_429_of_an_interaction_waits(void **state)
{
	rest_rig_ask_path(0, "POST", "/interactions/1/token/callback", true);
	rest_flush(calls.rest);
	rest_rig_answer(429, "X-RateLimit-Global: true\r\n",
	    "{\"retry_after\":0,\"global\":true}");
	assert_int_equal(calls.n, 0);
	assert_int_equal(fake_time_next(), 500);
}

/* Cloudflare's page on three routes, or on the proof: of the address. */
static void
f_b5_a_block_of_the_address_stops_all(void **state)
{
	uint64_t begin = clock_boot_ms();
	unsigned proofs = 0;

	rest_rig_ask(0, "/guilds/1");
	rest_rig_ask(0, "/guilds/1/roles");
	rest_flush(calls.rest);
	rest_rig_answer(429, NULL, PAGE);
	/* The proof is made; what was asked meanwhile waits for it. */
	assert_true(flies("/users/@me"));
	rest_rig_ask(1, "/channels/1");
	rest_flush(calls.rest);
	assert_false(flies("/channels/1"));
	rest_rig_answer(429, NULL, PAGE); /* the roles */
	rest_rig_answer(429, NULL, PAGE); /* the proof */
	assert_int_equal(rest_held(calls.rest)->state, PAGE_REST_BLOCKED);
	/* None of them could be made in time, and says why. */
	assert_int_equal(calls.done, 3);
	assert_int_equal(calls.last.outcome, REST_LIMITED);
	assert_non_null(strstr(calls.last.why, "Cloudflare"));
	assert_int_equal(calls.n, 0);
	while (clock_boot_ms() - begin < 600000) {
		rest_rig_sleep();
		if (calls.n == 1 && flies("/users/@me")) {
			rest_rig_answer(403, NULL, "{\"code\":40333}");
			proofs++;
		}
		assert_int_equal(calls.n, 0);
	}
	assert_in_range(proofs, 3, 6);
	while (calls.n == 0)
		rest_rig_sleep();
	rest_rig_answer(200, NULL, "{}");
	assert_int_equal(rest_held(calls.rest)->state, PAGE_REST_FINE);
	one("/guilds/2/emojis", 200, "{}");
}

/* One route alone is blocked, as for what is said there: the others go on. */
static void
f_b5_a_block_of_one_route_is_no_block_of_all(void **state)
{
	rest_rig_ask_path(0, "POST", "/channels/1/messages", false);
	rest_flush(calls.rest);
	rest_rig_answer(403, NULL, PAGE);
	assert_int_equal(rest_held(calls.rest)->state, PAGE_REST_ROUTE);
	rest_rig_answer(200, NULL, "{}"); /* the proof */
	assert_int_equal(calls.done, 1);
	assert_int_equal(calls.last.outcome, REST_LIMITED);
	assert_non_null(strstr(calls.last.why, "POST /channels"));
	one("/guilds/1", 200, "{}");
	assert_int_equal(calls.last.outcome, REST_OK);
	rest_rig_ask_path(0, "POST", "/channels/2/messages", false);
	rest_flush(calls.rest);
	assert_int_equal(calls.n, 0);
	rest_rig_pass(60001);
	assert_int_equal(rest_held(calls.rest)->state, PAGE_REST_FINE);
	/* Twice more, on other routes and within a minute: all wait for the
	 * proof, which is made at once. */
	one("/guilds/5", 403, "{\"code\":40333,\"message\":\"x\"}");
	while (calls.n > 0)
		rest_rig_answer(200, NULL, "{}");
	one("/guilds/5/roles", 403, PAGE);
	one("/guilds/5/emojis", 403, PAGE);
	assert_true(flies("/users/@me"));
	rest_rig_answer(403, NULL, PAGE);
	assert_int_equal(rest_held(calls.rest)->state, PAGE_REST_BLOCKED);
}

/* Follow-ups alone are blocked for a day: four routes, and all else goes on. */
static void
f_b5_many_routes_stop_nobody_else(void **state)
{
	static const char *const path[] = {"/webhooks/1", "/webhooks/1/x",
	    "/webhooks/1/x/y", "/webhooks/1/x/y/z"};

	for (unsigned i = 0; i < 4; i++) {
		one(path[i], 429, PAGE);
		while (calls.n > 0) {
			assert_true(flies("/users/@me"));
			rest_rig_answer(200, NULL, "{}");
		}
	}
	assert_int_equal(rest_held(calls.rest)->state, PAGE_REST_ROUTE);
	one("/guilds/1", 200, "{}");
	assert_int_equal(calls.last.outcome, REST_OK);
	for (unsigned i = 0; i < 4; i++) {
		rest_rig_ask(0, path[i]);
		rest_flush(calls.rest);
		assert_int_equal(calls.n, 0);
		assert_int_equal(calls.last.outcome, REST_LIMITED);
	}
}

/* Three routes at once outweigh a proof that was made before. */
static void
f_b5_many_routes_outweigh_an_older_proof(void **state)
{
	for (int i = 0; i < 4; i++)
		rest_rig_ask(0,
		    (const char *const[]) {"/channels/1", "/channels/1/pins",
			"/guilds/1", "/guilds/1/roles"}[i]);
	rest_flush(calls.rest);
	assert_int_equal(calls.n, 4);
	for (int i = 0; i < 4; i++)
		rest_rig_answer(429, NULL, PAGE);
	rest_rig_answer(200, NULL, "{}"); /* the proof, which is made again */
	assert_true(flies("/users/@me"));
	rest_rig_answer(429, NULL, PAGE);
	assert_int_equal(rest_held(calls.rest)->state, PAGE_REST_BLOCKED);
	while (calls.n == 0)
		rest_rig_sleep();
	assert_true(flies("/users/@me"));
	rest_rig_answer(200, NULL, "{}");
	assert_true(rest_held(calls.rest)->state < PAGE_REST_BLOCKED);
}

/* Three 429s of one interaction's token, and it is left alone. */
static void
f_b5_follow_ups_stop_after_three_429s(void **state)
{
	static const struct rest_ask ask = {.method = "POST",
	    .exempt = true,
	    .path = "/webhooks/1/aW50ZXJhY3Rpb24"};
	unsigned n = 0;

	for (int i = 0; i < 4; i++) {
		assert_int_equal(rest_rig_call(0, &ask), 0);
		rest_flush(calls.rest);
		while (calls.done == (unsigned)i) {
			if (calls.n == 0)
				rest_rig_sleep();
			if (calls.n == 0)
				continue;
			n++;
			rest_rig_answer(429, "X-RateLimit-Scope: shared\r\n",
			    "{\"retry_after\":0.5}");
		}
	}
	assert_int_equal(n, 3);
	assert_int_equal(calls.last.outcome, REST_LIMITED);
	assert_non_null(strstr(calls.last.why, "interaction"));
}

/* A plugin that is refused again and again stops itself, not the others. */
static void
f_b5_refusals_of_one_plugin_are_its_own(void **state)
{
	char path[64];

	for (unsigned i = 0; i < REST_INVALID_EACH; i++) {
		str_format(path, sizeof(path), "/guilds/%u", i);
		rest_rig_pass(50);
		one(path, 403, "{\"code\":50013}");
	}
	rest_rig_ask(0, "/guilds/9");
	rest_flush(calls.rest);
	assert_int_equal(calls.n, 0);
	assert_int_equal(calls.last.outcome, REST_LIMITED);
	rest_rig_ask(1, "/guilds/9");
	rest_flush(calls.rest);
	assert_int_equal(calls.n, 1);
}

int
main(void)
{
#define T(name)                                                                \
	cmocka_unit_test_setup_teardown(name, rest_rig_setup, rest_rig_teardown)
	const struct CMUnitTest tests[] = {
	    T(f_b2_one_401_is_no_proof),
	    T(f_b2_a_proved_401_stops_all_until_it_is_over),
	    T(f_b2_no_answer_proves_nothing),
	    T(f_b5_a_429_always_waits),
	    T(f_b5_a_global_429_of_an_interaction_waits),
	    T(f_b5_a_block_of_the_address_stops_all),
	    T(f_b5_a_block_of_one_route_is_no_block_of_all),
	    T(f_b5_many_routes_stop_nobody_else),
	    T(f_b5_many_routes_outweigh_an_older_proof),
	    T(f_b5_follow_ups_stop_after_three_429s),
	    T(f_b5_refusals_of_one_plugin_are_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
