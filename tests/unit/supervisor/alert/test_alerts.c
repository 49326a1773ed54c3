/* SPDX-License-Identifier: MIT */
/* Alerts on a fake clock, with a recorder in place of the delivering child. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <json-c/json.h>
#include <string.h>

#include "supervisor/alert/alerts.h"
#include "tests/unit/rig/fake_time.h"

#define REPEAT_MS 3600000
#define SENT_MAX 256

static struct {
	struct alerts a;
	struct timers *timers;
	struct alert_fact fact[ALERTS];
	struct alert_msg sent[SENT_MAX];
	size_t delivering, said, kept, failed;
	bool nobody, unable;
} t;

static bool
act_wanted(void *arg)
{
	return !t.nobody;
}

static bool
act_deliver(void *arg, const struct alert_msg *m)
{
	if (t.unable)
		return false;
	assert_true(t.delivering < SENT_MAX);
	t.sent[t.delivering++] = *m;
	return true;
}

static void
act_say(void *arg, const struct alert_msg *m)
{
	t.said++;
}

static void
act_keep(void *arg)
{
	t.kept++;
}

static void
act_failed(void *arg, const struct alert_msg *m, const char *why)
{
	t.failed++;
}

static const struct alert_actions actions = {act_wanted, act_deliver, act_say,
    act_keep, act_failed};

static int
set_up(void **state)
{
	fake_time_reset();
	memset(&t, 0, sizeof(t));
	t.timers = timer_base_new(NULL);
	alerts_init(&t.a, t.timers, &actions, NULL);
	return 0;
}

static int
tear_down(void **state)
{
	alerts_stop(&t.a);
	timer_base_free(t.timers);
	return 0;
}

static void
judge(enum alert_kind kind, const char *text)
{
	t.fact[kind].bad = text != NULL;
	str_copy(t.fact[kind].text, text != NULL ? text : "", ALERT_TEXT);
	alerts_judge(&t.a, t.fact, REPEAT_MS);
}

static void
deliver(const char *why)
{
	alerts_delivered(&t.a, 0, why);
}

/* So many looks, two seconds apart. */
static void
looks(unsigned n)
{
	while (n-- > 0) {
		fake_time_advance(2000);
		alerts_judge(&t.a, t.fact, REPEAT_MS);
	}
}

static void
test_once_repeat_over(void **state)
{
	judge(ALERT_LEFT, "31 are left");
	assert_int_equal(t.delivering, 1);
	assert_int_equal(t.sent[0].news, ALERT_RAISED);
	assert_string_equal(t.sent[0].kind, "left");
	deliver("");
	judge(ALERT_LEFT, "30 are left");
	looks(1700);
	assert_int_equal(t.delivering, 1); /* once */
	looks(101);
	assert_int_equal(t.delivering, 2); /* after an hour */
	assert_int_equal(t.sent[1].news, ALERT_STANDS);
	assert_string_equal(t.sent[1].text, "30 are left");
	assert_int_equal(t.sent[1].since_ms, t.sent[0].since_ms);
	deliver("");
	judge(ALERT_LEFT, NULL);
	assert_int_equal(t.delivering, 2); /* it may flap */
	assert_int_equal(alerts_standing(&t.a), 1);
	looks(6);
	assert_int_equal(t.delivering, 3);
	assert_int_equal(t.sent[2].news, ALERT_OVER);
	assert_int_equal(alerts_standing(&t.a), 0);
	deliver("");
	looks(4000);
	assert_int_equal(t.delivering, 3);
	assert_int_equal(t.said, 3);
	assert_int_equal(t.kept, 2 * 3); /* as it is made, and told */
}

static void
test_flapping_is_one(void **state)
{
	for (int i = 0; i < 50; i++) {
		judge(ALERT_DEAF, i % 2 ? NULL : "1 of 4 shards");
		fake_time_advance(2000);
	}
	assert_int_equal(t.said, 1);
}

/* A restart neither forgets what stands nor says it again. */
static void
test_restart(void **state)
{
	t.a.state[ALERT_HOLD].on = true;
	t.a.state[ALERT_HOLD].since_ms = clock_wall_ms() - 60000;
	t.a.state[ALERT_HOLD].sent_ms = clock_wall_ms() - 60000;
	judge(ALERT_HOLD, "on hold");
	assert_int_equal(t.delivering, 0);
	judge(ALERT_HOLD, NULL);
	looks(6);
	assert_int_equal(t.delivering, 1);
	assert_int_equal(t.sent[0].news, ALERT_OVER);
}

/* A supervisor ended with a message in its queue: the next one says it. */
static void
f_a9_told_is_what_was_delivered(void **state)
{
	struct alert_state before;

	judge(ALERT_HOLD, "on hold");
	assert_int_equal(t.delivering, 1);
	looks(100);
	assert_int_equal(t.delivering, 1); /* it is on its way */
	before = t.a.state[ALERT_HOLD];
	/* The kept state of alert_facts.c: on, since and sent alone. */
	alerts_stop(&t.a);
	alerts_init(&t.a, t.timers, &actions, NULL);
	t.a.state[ALERT_HOLD].on = before.on;
	t.a.state[ALERT_HOLD].since_ms = before.since_ms;
	t.a.state[ALERT_HOLD].sent_ms = before.sent_ms;
	looks(1);
	assert_int_equal(t.delivering, 2);
	assert_int_equal(t.sent[1].news, ALERT_RAISED);
	assert_int_equal(t.sent[1].since_ms, before.since_ms);
	deliver("");
	looks(1700);
	assert_int_equal(t.delivering, 2); /* told: once */
	/* Its end, given up, is said again after a while. */
	judge(ALERT_HOLD, NULL);
	looks(6);
	for (int i = 0; i < ALERT_TRIES; i++) {
		deliver("no route");
		fake_time_advance(120000);
	}
	assert_int_equal(t.failed, 1);
	assert_int_equal(t.delivering, 2 + ALERT_TRIES);
	assert_true(t.a.state[ALERT_HOLD].untold);
	looks(ALERT_ANEW_MS / 2000);
	assert_int_equal(t.delivering, 3 + ALERT_TRIES);
	assert_int_equal(t.sent[2 + ALERT_TRIES].news, ALERT_OVER);
	deliver("");
	assert_false(t.a.state[ALERT_HOLD].untold);
	looks(4000);
	assert_int_equal(t.delivering, 3 + ALERT_TRIES);
}

static void
test_one_at_a_time_in_order(void **state)
{
	judge(ALERT_LEFT, "left");
	judge(ALERT_FOREIGN, "foreign");
	judge(ALERT_DEAF, "deaf");
	assert_int_equal(t.delivering, 1);
	deliver("");
	deliver("");
	assert_int_equal(t.delivering, 3);
	assert_string_equal(t.sent[1].text, "foreign");
	assert_string_equal(t.sent[2].text, "deaf");
	deliver("");
	deliver(""); /* nothing under way: ignored */
	assert_int_equal(t.a.waiting, 0);
}

static void
test_failure(void **state)
{
	judge(ALERT_LEFT, "left");
	judge(ALERT_DEAF, "deaf");
	/* The hook worked, the webhook did not: only that is tried again. */
	alerts_delivered(&t.a, ALERT_DONE_HOOK, "the webhook answered 500");
	assert_int_equal(t.delivering, 1);
	fake_time_advance(4999);
	assert_int_equal(t.delivering, 1);
	fake_time_advance(1);
	assert_int_equal(t.delivering, 2);
	assert_string_equal(t.sent[1].text, "left");
	assert_int_equal(t.sent[1].done, ALERT_DONE_HOOK);
	deliver("the webhook answered 500");
	fake_time_advance(30000);
	deliver("the webhook answered 500");
	fake_time_advance(120000);
	assert_int_equal(t.delivering, ALERT_TRIES);
	assert_int_equal(t.failed, 0);
	deliver("the webhook answered 500");
	/* Given up, counted, and the next one has its own tries. */
	assert_int_equal(t.failed, 1);
	assert_int_equal(t.a.failed, 1);
	assert_int_equal(t.delivering, ALERT_TRIES + 1);
	assert_string_equal(t.sent[ALERT_TRIES].text, "deaf");
	assert_int_equal(t.sent[ALERT_TRIES].done, 0);
}

static void
test_no_process(void **state)
{
	t.unable = true;
	judge(ALERT_LEFT, "left");
	assert_int_equal(t.delivering, 0);
	t.unable = false;
	fake_time_advance(5000);
	assert_int_equal(t.delivering, 1);
}

static void
test_queue_is_bounded(void **state)
{
	for (int i = 0; i < 3 * ALERT_QUEUE; i++) {
		judge(ALERT_DEAF, "deaf");
		judge(ALERT_DEAF, NULL);
		fake_time_advance(ALERT_CLEAR_MS);
		judge(ALERT_DEAF, NULL);
	}
	assert_int_equal(t.delivering, 1); /* it never answers */
	assert_int_equal(t.a.waiting, ALERT_QUEUE);
	assert_int_equal(t.a.failed, 5 * ALERT_QUEUE);
	deliver("");
	/* The one on its way was not pushed out; what follows is newer. */
	assert_int_equal(t.a.waiting, ALERT_QUEUE - 1);
	assert_true(t.sent[1].at_ms > t.sent[0].at_ms + 700000);
}

static void
test_nobody_wants_it(void **state)
{
	t.nobody = true;
	judge(ALERT_LEFT, "left");
	assert_int_equal(t.said, 1);
	assert_int_equal(t.a.waiting, 0);
}

static void
test_bodies(void **state)
{
	char name[] = "herd";
	struct config c = {.name = name};
	struct alert_msg m = {.kind = "foreign",
	    .news = ALERT_RAISED,
	    .since_ms = 5,
	    .at_ms = 6,
	    .text = "say \"no\" @everyone"};
	char *body = alert_send_body(&c, &m, false);
	struct json_object *o = json_tokener_parse(body), *v;

	assert_true(json_object_object_get_ex(o, "kind", &v));
	assert_string_equal(json_object_get_string(v), "foreign");
	assert_true(json_object_object_get_ex(o, "state", &v));
	assert_string_equal(json_object_get_string(v), "alert");
	assert_true(json_object_object_get_ex(o, "text", &v));
	assert_string_equal(json_object_get_string(v), m.text);
	json_object_put(o);
	free(body);
	body = alert_send_body(&c, &m, true);
	o = json_tokener_parse(body);
	assert_true(json_object_object_get_ex(o, "content", &v));
	assert_string_equal(json_object_get_string(v),
	    "**herd** alert (foreign): say \"no\" @everyone");
	assert_non_null(strstr(body, "\"allowed_mentions\":{\"parse\":[]}"));
	json_object_put(o);
	free(body);
}

static void
test_whose_webhook(void **state)
{
	assert_true(alert_send_is_discord("https://discord.com/x"));
	assert_true(alert_send_is_discord("https://DISCORD.com:443/x"));
	assert_true(
	    alert_send_is_discord("http://10.0.0.1:8080/api/webhooks/1/t"));
	assert_false(alert_send_is_discord("https://discord.com.evil/x"));
	assert_false(alert_send_is_discord("https://x/y?u=/api/webhooks/1"));
	assert_false(alert_send_is_discord("discord.com"));
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

/* A program that fails is quoted; one that talks too much holds up nothing. */
static void
test_hook_words(void **state)
{
	char name[] = "n", none[] = "",
	     fails[] = "/bin/sh -c 'echo a; echo no route to host >&2; echo; "
		       "exit 3'",
	     talks[] = "/bin/sh -c 'head -c 1000000 /dev/zero; exit 0'",
	     silent[] = "/bin/sh -c 'exit 4'";
	struct config c = {.name = name,
	    .alert_webhook = none,
	    .alert_exec = fails};
	struct alert_msg m = {.kind = "left", .text = "words"};
	char why[192];

	assert_int_equal(alert_send_run(&c, "", &m, why, sizeof(why)),
	    ALERT_DONE_WEBHOOK);
	assert_string_equal(why,
	    "the alert program failed (status 3): no route to host");
	c.alert_exec = talks;
	alert_send_run(&c, "", &m, why, sizeof(why));
	assert_string_equal(why, "");
	c.alert_exec = silent;
	alert_send_run(&c, "", &m, why, sizeof(why));
	assert_string_equal(why, "the alert program failed (status 4)");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(test_once_repeat_over),
	    T(test_flapping_is_one),
	    T(test_restart),
	    T(f_a9_told_is_what_was_delivered),
	    T(test_one_at_a_time_in_order),
	    T(test_failure),
	    T(test_no_process),
	    T(test_queue_is_bounded),
	    T(test_nobody_wants_it),
	    T(test_bodies),
	    T(test_whose_webhook),
	    T(test_hook_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
