/* SPDX-License-Identifier: MIT */
/*
 * The queue of REST calls: turns, bounds, deadlines, what is repeated and what
 * is not.
 */
#include "tests/unit/handler/rest/rest_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static void
test_answer(void **state)
{
	rest_rig_ask(0, "/users/@me");
	assert_int_equal(calls.n, 0);
	rest_flush(calls.rest);
	assert_int_equal(calls.n, 1);
	rest_rig_answer(200, NULL, "{\"id\":\"1\"}");
	assert_int_equal(calls.done, 1);
	assert_int_equal(calls.last.outcome, REST_OK);
	assert_string_equal(calls.body, "{\"id\":\"1\"}");
	assert_int_equal(rest_busy(calls.rest), 0);
}

/* A plugin with many calls does not keep another one waiting. */
static void
test_turns(void **state)
{
	char path[32];
	unsigned i;

	for (i = 0; i < 100; i++) {
		str_format(path, sizeof(path), "/guilds/%u", i);
		rest_rig_ask(3, path);
	}
	rest_rig_ask(4, "/guilds/900");
	rest_rig_ask(4, "/guilds/901");
	rest_flush(calls.rest);
	assert_int_equal(calls.n, REST_FLYING_EACH + 2);
	for (i = 0; strcmp(calls.flying[i]->path, "/guilds/901") != 0; i++)
		assert_true(i < 6);
	while (calls.n > 0)
		rest_rig_answer(200, NULL, "");
	rest_rig_sleep(); /* the global limit */
	while (calls.n > 0)
		rest_rig_answer(200, NULL, "");
	rest_rig_sleep();
	while (calls.n > 0)
		rest_rig_answer(200, NULL, "");
	assert_int_equal(calls.done, 102);
}

static void
test_full(void **state)
{
	int i;

	for (i = 0; i < REST_QUEUE_MAX; i++)
		rest_rig_ask(0, "/guilds/1");
	assert_int_equal(rest_rig_ask_path(0, "GET", "/guilds/1", true), -1);
	rest_rig_ask(1, "/guilds/1");
	rest_forget(calls.rest, 0);
	assert_int_equal(calls.done, REST_QUEUE_MAX);
	assert_int_equal(calls.last.outcome, REST_STOPPED);
	assert_int_equal(rest_busy(calls.rest), 1);
}

static void
test_repeats(void **state)
{
	rest_rig_ask(0, "/guilds/1");
	rest_flush(calls.rest);
	for (int i = 1; i < REST_TRIES; i++) {
		rest_rig_answer(i == 1 ? 502 : 0, NULL, "bad gateway");
		assert_int_equal(calls.done, 0);
		assert_int_equal(calls.n, 0);
		rest_rig_sleep();
		assert_int_equal(calls.n, 1);
	}
	rest_rig_answer(0, NULL, "");
	assert_int_equal(calls.last.outcome, REST_LATE);

	assert_int_equal(rest_rig_ask_path(0, "POST", "/channels/1/messages",
			     false),
	    0);
	rest_flush(calls.rest);
	rest_rig_answer(502, NULL, "");
	assert_int_equal(calls.last.outcome, REST_REFUSED);
	assert_int_equal(calls.last.status, 502);
	assert_int_equal(calls.done, 2);
}

static void
test_limited(void **state)
{
	rest_rig_ask_path(0, "POST", "/channels/1/messages", false);
	rest_flush(calls.rest);
	/* The body is more exact than the header. */
	rest_rig_answer(429, "Retry-After: 3\r\n",
	    "{\"retry_after\":2.5,\"global\":false}");
	assert_int_equal(calls.done, 0);
	assert_int_equal(fake_time_next(), 2500);
	rest_rig_sleep();
	assert_int_equal(calls.n, 1);
	rest_rig_answer(429, "Retry-After: 60\r\n", "");
	assert_int_equal(calls.done, 1);
	assert_int_equal(calls.last.outcome, REST_LIMITED);
	assert_int_equal(rest_counted(calls.rest)->limited, 2);
}

/* One call at a time while nothing is known of a bucket, and a deadline. */
static void
test_deadline(void **state)
{
	rest_rig_ask(0, "/channels/1/pins");
	rest_rig_ask(0, "/channels/1/pins");
	rest_flush(calls.rest);
	assert_int_equal(calls.n, 1);
	assert_int_equal(fake_time_next(), REST_DEADLINE_MS);
	rest_rig_sleep();
	assert_int_equal(calls.done, 1);
	assert_int_equal(calls.last.outcome, REST_LIMITED);
	assert_int_equal(calls.n, 1);
}

static int
ask_holding(unsigned plugin, size_t bytes)
{
	return rest_rig_call(plugin,
	    &(struct rest_ask) {.method = "GET",
		.path = "/guilds/1",
		.holds = bytes});
}

/* Few calls that are long count as many. */
static void
f_c4_long_calls_are_bounded_together(void **state)
{
	size_t len = REST_BODY_MAX - 1;
	char *body = base_alloc(len + 1);
	const struct rest_ask ask = {.method = "POST",
	    .body = body,
	    .path = "/channels/1/messages"};
	unsigned n = 0, plugins = 0;

	memset(body, 'x', len);
	while (rest_rig_call(0, &ask) == 0)
		n++;
	assert_in_range(n, 7, REST_BYTES_EACH / len);
	/* Nor all plugins together. */
	for (n = 0; plugins < 40; plugins++)
		while (rest_rig_call(plugins, &ask) == 0)
			n++;
	assert_true(n * len <= REST_BYTES_ALL);
	/* What the caller keeps meanwhile, a whisper, counts, too. */
	for (unsigned i = 0; i < 40; i++)
		rest_forget(calls.rest, i);
	for (n = 0; ask_holding(1, REST_BYTES_EACH / 4 + 1) == 0; n++)
		continue;
	assert_int_equal(n, 3);
	/* What is over is no longer counted. */
	for (unsigned i = 0; i < 40; i++)
		rest_forget(calls.rest, i);
	assert_int_equal(rest_rig_call(0, &ask), 0);
	free(body);
}

static void
test_stop(void **state)
{
	rest_rig_ask(0, "/guilds/1");
	rest_flush(calls.rest);
	rest_rig_ask(0, "/guilds/2");
	rest_stop(calls.rest);
	rest_flush(calls.rest);
	assert_int_equal(calls.done, 1);
	assert_int_equal(calls.last.outcome, REST_STOPPED);
	rest_rig_answer(503, NULL, ""); /* and nothing is tried again */
	assert_int_equal(calls.done, 2);
	assert_int_equal(rest_busy(calls.rest), 0);
}

int
main(void)
{
#define T(name)                                                                \
	cmocka_unit_test_setup_teardown(name, rest_rig_setup, rest_rig_teardown)
	const struct CMUnitTest tests[] = {
	    T(test_answer),
	    T(test_turns),
	    T(test_full),
	    T(test_repeats),
	    T(test_limited),
	    T(test_deadline),
	    T(f_c4_long_calls_are_bounded_together),
	    T(test_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
