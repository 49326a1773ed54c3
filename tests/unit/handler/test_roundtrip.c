/* SPDX-License-Identifier: MIT */
/*
 * A probe step by step, on a fake clock and with REST played by the test:
 * what it asks in which order, its times, and each way in which it can end.
 */
#include "handler/roundtrip.h"
#include "shared/base/clock.h"
#include "tests/unit/rig/fake_time.h"

#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define PING "\xf0\x9f\x8f\x93"
#define MSG "/channels/500/messages/600"
#define OWN MSG "/reactions/%F0%9F%8F%93/@me"

static struct {
	struct roundtrip trip;
	struct intake intake;
	struct timers *timers;
	struct ev_loop *loop;
	/* the call that waits for its answer */
	char call[256];
	rest_done_fn *done;
	void *arg;
	unsigned calls, answers;
	struct msg_probe_answer result;
} t;

int
rest_call(struct rest *r, unsigned plugin, const struct rest_ask *ask,
    rest_done_fn *done, void *arg, bool *bad, const char **why)
{
	assert_int_equal(plugin, REST_OWN);
	str_format(t.call, sizeof(t.call), "%s %s", ask->method, ask->path);
	t.done = done;
	t.arg = arg;
	t.calls++;
	return 0;
}

static void
on_answer(void *arg, uint32_t serial, const struct msg_probe_answer *m)
{
	assert_int_equal(serial, 9);
	t.answers++;
	t.result = *m;
}

static int
set_up(void **state)
{
	memset(&t, 0, sizeof(t));
	fake_time_reset();
	t.loop = ev_loop_new(0);
	t.timers = timer_base_new(t.loop);
	t.intake.shard_count = 4;
	list_init(&t.intake.taps);
	roundtrip_init(&t.trip, t.timers);
	t.trip.intake = &t.intake;
	t.trip.intents = 1u << 10;
	t.trip.answer = on_answer;
	return 0;
}

static int
tear_down(void **state)
{
	if (t.done != NULL)
		t.done(t.arg,
		    &(struct rest_answer) {.outcome = REST_STOPPED, .why = ""});
	roundtrip_stop(&t.trip);
	timer_base_free(t.timers);
	ev_loop_destroy(t.loop);
	return 0;
}

static void
begin(uint64_t message)
{
	struct msg_probe ask = {.channel = 500,
	    .message = message,
	    .deadline_ms = 10000,
	    .slow_ms = 3000,
	    .emoji = PING};

	roundtrip_begin(&t.trip, &ask, 9);
}

/* Discord answers the call that must be this one. */
static void
answer(const char *call, int status, const char *body)
{
	rest_done_fn *done = t.done;

	assert_string_equal(t.call, call);
	assert_non_null(done);
	t.done = NULL;
	done(t.arg,
	    &(struct rest_answer) {.outcome = status < 300 ? REST_OK
							   : REST_REFUSED,
		.status = status,
		.body = body,
		.len = strlen(body),
		.why = "Discord refused"});
}

static void
to_reaction(const char *message)
{
	begin(600);
	answer("GET /users/@me", 200, "{\"id\":\"42\"}");
	/* (guild >> 22) % 4 is 3 */
	answer("GET /channels/500", 200, "{\"guild_id\":\"29360128\"}");
	answer("GET " MSG, 200, message);
}

static void
event(const char *user, const char *emoji, bool wanted)
{
	char text[400];
	struct up_hdr h = {.t_off = 6,
	    .t_len = 20,
	    .seq = 8,
	    .session = 3,
	    .recv_ms = (uint64_t)clock_wall_ms() - 2};

	str_format(text, sizeof(text),
	    "{\"t\":\"MESSAGE_REACTION_ADD\",\"s\":"
	    "8,\"op\":0,\"d\":{\"user_id\":\"%s\",\"message_id\":\"600\","
	    "\"emoji\":{\"id\":null,\"name\":\"%s\"}}}",
	    user, emoji);
	h.len = (uint32_t)strlen(text);
	if (!list_empty(&t.intake.taps))
		t.trip.tap.fn(&t.trip.tap,
		    &(struct intake_event) {.shard = 3,
			.h = &h,
			.raw = text,
			.wanted = wanted});
}

static void
there_and_back(void **state)
{
	struct event e = {.seq = 8, .session = 3, .pending = 2};

	to_reaction("{}");
	assert_string_equal(t.call, "PUT " OWN);
	fake_time_advance(40);
	event("41", PING, true); /* somebody else */
	event("42", "x", true);	 /* another one */
	event("42", PING, true);
	answer("PUT " OWN, 204, "");
	assert_string_equal(t.call, "PUT " OWN); /* plugins work on it */
	fake_time_advance(10);
	roundtrip_finished(&t.trip, &e);
	assert_string_equal(t.call, "PUT " OWN);
	e.pending = 1;
	roundtrip_finished(&t.trip, &e);
	answer("DELETE " OWN, 204, "");
	assert_int_equal(t.answers, 1);
	assert_int_equal(t.result.code, 0);
	assert_int_equal(t.result.shard, 3);
	assert_int_equal(t.result.rest_ms, 40);
	assert_int_equal(t.result.gateway_ms, 38);
	assert_int_equal(t.result.handler_ms, 2);
	assert_int_equal(t.result.done_ms, 10);
	assert_int_equal(t.result.total_ms, 50);
	assert_true(list_empty(&t.intake.taps));
	/* What does not change is not asked again. */
	begin(600);
	assert_string_equal(t.call, "GET " MSG);
}

static void
a_leftover_goes_first(void **state)
{
	to_reaction("{\"reactions\":[{\"me\":true,\"emoji\":{\"id\":null,"
		    "\"name\":\"" PING "\xef\xb8\x8f\"}}]}");
	answer("DELETE " OWN, 204, "");
	assert_string_equal(t.call, "PUT " OWN);
	event("42", PING, false);
	fake_time_advance(3500);
	answer("PUT " OWN, 204, "");
	answer("DELETE " OWN, 500, ""); /* the next probe sees to it */
	assert_int_equal(t.result.code, EXIT_DEGRADED);
	assert_non_null(strstr(t.result.text, "slow"));
}

static void
not_back(void **state)
{
	to_reaction("{}");
	answer("PUT " OWN, 204, "");
	fake_time_advance(10001);
	event("42", PING, false); /* too late */
	answer("DELETE " OWN, 204, "");
	assert_int_equal(t.answers, 1);
	assert_int_equal(t.result.code, EXIT_DOWN);
	assert_non_null(strstr(t.result.text, "shardherd why 3"));
	assert_int_equal(t.result.total_ms, -1);
}

static void
rest_is_late(void **state)
{
	to_reaction("{}");
	fake_time_advance(10001);
	assert_int_equal(t.result.code, EXIT_DOWN);
	assert_non_null(strstr(t.result.text, "has not answered the reaction"));
	/* Its answer is nobody's business any more, not even the next one's. */
	answer("PUT " OWN, 204, "");
	assert_int_equal(t.answers, 1);
}

static void
plugins_are_late(void **state)
{
	to_reaction("{}");
	answer("PUT " OWN, 204, "");
	event("42", PING, true);
	fake_time_advance(10001);
	answer("DELETE " OWN, 204, "");
	assert_int_equal(t.result.code, EXIT_DEGRADED);
	assert_non_null(strstr(t.result.text, "plugin list"));
}

static void
refusals(void **state)
{
	begin(600);
	answer("GET /users/@me", 200, "{\"id\":\"42\"}");
	answer("GET /channels/500", 404, "");
	assert_int_equal(t.result.code, EXIT_CONFIG);
	begin(600);
	t.trip.intents = 1u << 13;
	answer("GET /channels/500", 200, "{\"guild_id\":\"29360128\"}");
	assert_non_null(strstr(t.result.text, "GUILD_MESSAGE_REACTIONS"));
	t.trip.intents = ~0u;
	begin(600);
	answer("GET " MSG, 404, "");
	assert_non_null(strstr(t.result.text, "--setup 500"));
	begin(600);
	answer("GET " MSG, 403, "");
	assert_non_null(strstr(t.result.text, "Add Reactions"));
	begin(600);
	answer("GET " MSG, 200, "{}");
	answer("PUT " OWN, 400, "");
	assert_non_null(strstr(t.result.text, "emoji"));
	assert_int_equal(t.result.code, EXIT_CONFIG);
	begin(600);
	answer("GET " MSG, 502, "");
	assert_int_equal(t.result.code, EXIT_DOWN);
	assert_int_equal(t.answers, 6);
}

static void
posts_one(void **state)
{
	begin(0);
	answer("POST /channels/500/messages", 200, "{\"id\":\"777\"}");
	assert_int_equal(t.result.code, 0);
	assert_int_equal(t.result.message, 777);
	/* And one at a time. */
	begin(600);
	begin(600);
	assert_int_equal(t.result.code, EXIT_TRY_LATER);
}

int
main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
	const struct CMUnitTest tests[] = {T(there_and_back),
	    T(a_leftover_goes_first), T(not_back), T(rest_is_late),
	    T(plugins_are_late), T(refusals), T(posts_one)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
