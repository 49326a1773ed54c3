/* SPDX-License-Identifier: MIT */
/* Turns of calls that wait for one bucket; calls that pass in pieces. */
#include "tests/unit/handler/rest/rest_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

/* How many answers it takes until queue who's n calls of the bucket are
 * through; while nothing is known of it, one call is made at a time. */
static unsigned
served_after(const char *who, unsigned n)
{
	unsigned answers = 0;

	rest_flush(calls.rest);
	while (n > 0) {
		if (calls.n == 0)
			rest_rig_sleep(); /* the global limit */
		assert_int_equal(calls.n, 1);
		n -= strcmp(calls.flying[0]->path, who) == 0;
		rest_rig_answer(200, NULL, "");
		answers++;
	}
	return answers;
}

static void
drain(void)
{
	while (calls.n > 0 || rest_busy(calls.rest) > 0) {
		while (calls.n > 0)
			rest_rig_answer(200, NULL, "");
		if (rest_busy(calls.rest) > 0)
			rest_rig_sleep();
	}
}

/* Of whatever number of queues: whoever comes with few calls waits for one of
 * each of the others, not for all they have. */
static void
test_bucket_turns(void **state)
{
	for (unsigned others = 1; others <= 4; others++) {
		for (unsigned q = 0; q < others; q++)
			for (unsigned i = 0; i < 20; i++)
				rest_rig_ask(q, "/channels/1/pins?many");
		served_after("/channels/1/pins?many", 5);
		for (unsigned i = 0; i < 3; i++)
			rest_rig_ask(9, "/channels/1/pins?few");
		assert_in_range(served_after("/channels/1/pins?few", 3), 3,
		    3 * (others + 1) + 1);
		drain();
	}
}

/* Calls of other buckets do not cost a queue its turn in this one. */
static void
test_other_buckets(void **state)
{
	char path[40];

	for (unsigned i = 0; i < 10; i++)
		rest_rig_ask(0, "/channels/1/pins?many");
	rest_rig_ask(1, "/channels/1/pins?few");
	rest_flush(calls.rest);
	for (unsigned i = 0; i < 4; i++) {
		str_format(path, sizeof(path), "/guilds/%u", i);
		rest_rig_ask(1, path);
		rest_flush(calls.rest);
	}
	/* The first of the bucket's, and four others. */
	assert_int_equal(calls.n, 5);
	rest_rig_answer(200, NULL, "");
	assert_int_equal(calls.n, 5);
	assert_string_equal(calls.flying[4]->path, "/channels/1/pins?few");
	drain();
}

/* ---- calls in pieces ------------------------------------------------ */

static struct http_stream pieces;

static struct rest_call *
pass(unsigned client, const char *method, const char *path)
{
	const struct rest_ask ask = {.method = method, .path = path};
	struct rest_call *c;
	const char *why;
	bool bad;

	c = rest_pass(calls.rest, REST_CLIENT + client, &ask, &pieces,
	    rest_rig_done, NULL, &bad, &why);
	assert_non_null(c);
	rest_flush(calls.rest);
	return c;
}

static void
test_429_is_the_clients(void **state)
{
	pass(0, "POST", "/channels/1/messages");
	assert_int_equal(calls.n, 1);
	rest_rig_answer(429, "Retry-After: 3\r\n",
	    "{\"retry_after\":3,\"global\":false}");
	assert_int_equal(calls.done, 1);
	assert_int_equal(calls.last.outcome, REST_REFUSED);
	assert_int_equal(calls.last.status, 429);
	assert_string_equal(calls.body, "{\"retry_after\":3,\"global\":false}");
	/* The limiter has learned from it, for all. */
	rest_rig_ask_path(5, "POST", "/channels/1/messages", false);
	rest_flush(calls.rest);
	assert_int_equal(calls.n, 0);
	rest_rig_sleep();
	assert_int_equal(calls.n, 1);
	rest_rig_answer(200, NULL, "");
}

static void
test_never_again(void **state)
{
	pass(0, "GET", "/guilds/1");
	rest_rig_answer(502, NULL, "bad gateway");
	assert_int_equal(calls.last.status, 502);
	pass(0, "GET", "/guilds/1");
	rest_rig_answer(0, NULL, "");
	assert_int_equal(calls.last.outcome, REST_LATE);
	assert_int_equal(rest_busy(calls.rest), 0);
}

static void
test_held_too_long(void **state)
{
	pass(0, "POST", "/channels/1/messages");
	rest_rig_answer(429, "Retry-After: 12\r\n", "{\"retry_after\":12}");
	pass(0, "POST", "/channels/1/messages");
	/* It is known to be too long: at once. */
	assert_int_equal(calls.done, 2);
	assert_int_equal(calls.last.outcome, REST_LIMITED);
	assert_int_equal(calls.last.retry_ms, 12000);

	pass(0, "GET", "/channels/1/pins");
	pass(0, "GET", "/channels/1/pins");
	rest_rig_pass(REST_PASS_MS - 1);
	assert_int_equal(calls.done, 2);
	rest_rig_pass(2);
	assert_int_equal(calls.done, 3);
	assert_int_equal(calls.last.outcome, REST_LIMITED);
	assert_true(calls.last.retry_ms > 0);
	/* The other one is under way and may take its time. */
	rest_rig_answer(200, NULL, "");
	assert_int_equal(calls.last.outcome, REST_OK);
}

static void
test_cancelled(void **state)
{
	struct rest_call *flying = pass(0, "GET", "/channels/1/pins"),
			 *waiting = pass(0, "GET", "/channels/1/pins");

	pass(1, "GET", "/channels/1/pins");
	assert_int_equal(calls.n, 1);
	rest_pass_cancel(waiting);
	calls.n = 0; /* the rig's http_cancel() leaves it there */
	rest_pass_cancel(flying);
	rest_flush(calls.rest);
	assert_int_equal(calls.n, 1);
	assert_int_equal(calls.done, 0);
	rest_rig_answer(200, NULL, "");
	assert_int_equal(calls.done, 1);
	assert_int_equal(rest_busy(calls.rest), 0);
}

/* Clients that fill their room leave the plugins' and the callbacks'. */
static void
test_rooms(void **state)
{
	char path[40];

	for (unsigned i = 0; i < 40; i++) {
		str_format(path, sizeof(path), "/guilds/%u", i);
		pass(i % 3, "GET", path);
	}
	assert_int_equal(calls.n, REST_PASSING_MAX);
	rest_rig_ask(0, "/guilds/900");
	rest_flush(calls.rest);
	assert_int_equal(calls.n, REST_PASSING_MAX + 1);
	for (unsigned i = 0; i < REST_LANE_MAX + 1; i++) {
		str_format(path, sizeof(path), "/interactions/%u/t/callback",
		    i);
		pass(32, "POST", path);
	}
	assert_int_equal(calls.n, REST_PASSING_MAX + 1 + REST_LANE_MAX);
	drain();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f)                                                                   \
	cmocka_unit_test_setup_teardown(f, rest_rig_setup, rest_rig_teardown)
	    T(test_bucket_turns),
	    T(test_other_buckets),
	    T(test_429_is_the_clients),
	    T(test_never_again),
	    T(test_held_too_long),
	    T(test_cancelled),
	    T(test_rooms),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
