/* SPDX-License-Identifier: MIT */
/*
 * timer.* on the fake clock: a simulated year with restarts, what is missed,
 * what is not answered, and what is left on disk.
 */
#include "handler/api/rpc.h"
#include "tests/unit/rig/fake_plugin.h"
#include "tests/unit/rig/fake_time.h"

#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static struct {
	char dir[64];
	struct config config;
	struct intake intake;
	struct rpc rpc;
	bool up;
	bool diligent;	  /* answers at once */
	uint64_t asks;	  /* requests to the plugin so far */
	char asked[1024]; /* the last one's parameters */
	struct plugin *plugins[2];
} t;

static uint64_t
on_ask(const char *method, const char *params, size_t len)
{
	if (!t.up)
		return 0;
	assert_string_equal(method, "timer");
	must(len < sizeof(t.asked));
	memcpy(t.asked, params, len);
	t.asked[len] = '\0';
	return PLUGIN_ASK_FIRST + t.asks++;
}

/* ---- helpers -------------------------------------------------------- */

static void
ask(unsigned plugin, const char *method, const char *params)
{
	fake_plugin_call(&t.rpc, plugin, method, params);
}

static const char *
call(unsigned plugin, const char *method, const char *params)
{
	unsigned before = fake_plugin.answers;

	ask(plugin, method, params);
	rpc_flush(&t.rpc);
	assert_int_equal(fake_plugin.answers, before + 1);
	return fake_plugin.answer;
}

/* The call after one that is not answered yet. */
static void
call_two(unsigned plugin, const char *method, const char *params)
{
	unsigned before = fake_plugin.answers;

	ask(plugin, method, params);
	rpc_flush(&t.rpc);
	assert_int_equal(fake_plugin.answers, before + 2);
}

static int
setup(void **state)
{
	memset(&t, 0, sizeof(t));
	fake_plugin_begin(&t.config);
	fake_plugin.ask = on_ask;
	fake_time_reset();
	strcpy(t.dir, "/tmp/timers-XXXXXX");
	assert_non_null(mkdtemp(t.dir));
	t.config.state_dir = t.dir;
	t.config.plugins = 2;
	strcpy(t.config.plugin[0].name, "a");
	strcpy(t.config.plugin[1].name, "b");
	t.config.plugin[0].timeout_s = t.config.plugin[1].timeout_s = 30;
	t.config.handler_drain_timeout_s = 10;
	t.plugins[0] = fake_plugin_at(0);
	t.plugins[1] = fake_plugin_at(1);
	t.rpc.plugin = t.plugins;
	t.intake.open = 1;
	t.up = true;
	list_init(&t.intake.taps);
	t.rpc.intake = &t.intake;
	return rpc_open(&t.rpc, NULL, &t.config, NULL);
}

static int
teardown(void **state)
{
	char path[128];

	rpc_close(&t.rpc);
	for (const char *const *f = (const char *const[]) {"kv/data.mdb",
		 "kv/lock.mdb", "kv/write.lock", NULL};
	     *f != NULL; f++) {
		str_format(path, sizeof(path), "%s/%s", t.dir, *f);
		unlink(path);
	}
	str_format(path, sizeof(path), "%s/kv", t.dir);
	rmdir(path);
	return rmdir(t.dir);
}

static void
answer_last(void)
{
	rpc_answered(&t.rpc, fake_plugin_at(0), PLUGIN_ASK_FIRST + t.asks - 1,
	    NULL);
	rpc_flush(&t.rpc);
}

/* Moves on as the loop does: a turn after what the timers did. */
static void
advance(uint64_t ms)
{
	for (uint64_t step; ms > 0; ms -= step) {
		uint64_t before = t.asks;

		step = ms < 60000 ? ms : 60000;
		fake_time_advance(step);
		rpc_flush(&t.rpc);
		if (t.diligent && t.asks > before)
			answer_last();
	}
}

static void
restart(uint64_t down_ms)
{
	rpc_close(&t.rpc);
	fake_time_advance(down_ms);
	assert_int_equal(rpc_open(&t.rpc, NULL, &t.config, NULL), 0);
	rpc_flush(&t.rpc);
	advance(1000);
}

static bool
asked_has(const char *text)
{
	return strstr(t.asked, text) != NULL;
}

static void
test_once(void **state)
{
	call(0, "timer.set",
	    "{\"name\":\"x\",\"after\":90,\"payload\":{\"a\":1}}");
	assert_string_equal(fake_plugin.answer, "{\"due_ms\":1790000090000}");
	advance(80000);
	assert_int_equal(t.asks, 0);
	advance(20000);
	assert_int_equal(t.asks, 1);
	assert_string_equal(t.asked,
	    "{\"name\":\"x\",\"due_ms\":"
	    "1790000090000,\"now_ms\":1790000090000,\"late\":false,"
	    "\"again\":false,\"payload\":{\"a\":1}}");
	answer_last();
	assert_string_equal(call(0, "timer.list", "{}"), "{\"timers\":[]}");
	restart(1000);
	advance(600000);
	assert_int_equal(t.asks, 1);
}

static void
test_unanswered(void **state)
{
	call(0, "timer.set", "{\"name\":\"x\",\"after\":1}");
	advance(2000);
	assert_int_equal(t.asks, 1);
	advance(31000);
	assert_int_equal(t.asks, 2);
	assert_true(asked_has("\"again\":true"));
	/* Its process ends: the next one is asked. */
	t.up = false;
	rpc_plugin_ended(&t.rpc, fake_plugin_at(0));
	advance(60000);
	assert_int_equal(t.asks, 2);
	t.up = true;
	rpc_plugin_up(&t.rpc, fake_plugin_at(0));
	assert_int_equal(t.asks, 3);
	/* Unanswered at the handler's end: asked after the restart. */
	restart(1000);
	assert_int_equal(t.asks, 4);
	answer_last();
	restart(1000);
	advance(60000);
	assert_int_equal(t.asks, 4);
}

/* Down for three days: one firing, flagged, and then the next midnight. */
static void
test_missed(void **state)
{
	call(0, "timer.set", "{\"name\":\"x\",\"daily\":\"00:05\"}");
	t.diligent = true;
	restart(3 * 86400000u);
	assert_int_equal(t.asks, 1);
	assert_true(asked_has("\"late\":true"));
	advance(3600000);
	assert_int_equal(t.asks, 1);
	advance(86400000);
	assert_int_equal(t.asks, 2);
	assert_true(asked_has("\"late\":false"));
}

/* Plugins set their schedules at each start, before and after what is stored
 * is read: what fell due fires all the same, once. */
static void
test_schedule_set_again(void **state)
{
	static const char daily[] = "{\"name\":\"x\",\"daily\":\"00:05\"}";

	call(0, "timer.set", daily);
	t.up = false;
	rpc_close(&t.rpc);
	fake_time_advance(86400000);
	assert_int_equal(rpc_open(&t.rpc, NULL, &t.config, NULL), 0);
	t.intake.open = 0;
	call(0, "timer.set", daily);
	t.intake.open = 1;
	rpc_flush(&t.rpc);
	advance(1000);
	t.up = true;
	rpc_plugin_up(&t.rpc, fake_plugin_at(0));
	assert_int_equal(t.asks, 1);
	call(0, "timer.set", daily);
	advance(1000);
	assert_int_equal(t.asks, 1);
	answer_last();
	advance(3600000);
	assert_int_equal(t.asks, 1);
	/* Another time, another timer; a cancelled one is not kept. */
	ask(0, "timer.cancel", "{\"name\":\"x\"}");
	call_two(0, "timer.set", daily);
	assert_true(strstr(call(0, "timer.list", "{}"), "00:05") != NULL);
	call(0, "timer.set", "{\"name\":\"x\",\"daily\":\"00:06\"}");
	assert_true(strstr(call(0, "timer.list", "{}"), "00:06") != NULL);
}

static void
test_year(void **state)
{
	unsigned days = 0;

	t.diligent = true;
	call(0, "timer.set", "{\"name\":\"x\",\"cron\":\"5 0 * * *\"}");
	for (unsigned hour = 0; hour < 366 * 24; hour++) {
		advance(3600000);
		if (hour % 1000 == 999)
			restart(60000);
		if (t.asks == days)
			continue;
		assert_int_equal(t.asks, ++days);
		assert_true(asked_has("\"late\":false"));
	}
	assert_int_equal(days, 366);
}

/* A handler that has no shards leaves the timers to the one that has. */
static void
test_without_shards(void **state)
{
	call(0, "timer.set", "{\"name\":\"x\",\"after\":1}");
	t.intake.open = 0;
	rpc_flush(&t.rpc);
	advance(60000);
	assert_int_equal(t.asks, 0);
	t.intake.open = 1;
	rpc_flush(&t.rpc);
	advance(1000);
	assert_int_equal(t.asks, 1);
}

/* A plugin that is loaded while the handler runs gets what it had set. */
static void
test_loaded_later(void **state)
{
	call(1, "timer.set", "{\"name\":\"old\",\"after\":5}");
	t.config.plugins = 1;
	restart(10000);
	advance(60000);
	assert_int_equal(t.asks, 0);
	t.config.plugins = 2;
	rpc_plugin_up(&t.rpc, fake_plugin_at(1));
	assert_int_equal(t.asks, 1);
	assert_true(asked_has("\"name\":\"old\""));
	/* Once: another process of it does not read them again. */
	rpc_plugin_up(&t.rpc, fake_plugin_at(1));
	assert_int_equal(t.asks, 1);
	rpc_answered(&t.rpc, fake_plugin_at(1), PLUGIN_ASK_FIRST, NULL);
	rpc_flush(&t.rpc);
	assert_string_equal(call(1, "timer.list", "{}"), "{\"timers\":[]}");
}

static void
test_set_anew_and_cancel(void **state)
{
	call(0, "timer.set", "{\"name\":\"x\",\"after\":1}");
	advance(1000);
	assert_int_equal(t.asks, 1);
	call(0, "timer.set", "{\"name\":\"x\",\"after\":100}");
	answer_last(); /* to the one before */
	assert_string_equal(call(0, "timer.list", "{}"),
	    "{\"timers\":[{\"name\":\"x\",\"due_ms\":1790000101000,"
	    "\"payload\":null}]}");
	assert_string_equal(call(1, "timer.list", "{}"), "{\"timers\":[]}");
	assert_string_equal(call(1, "timer.cancel", "{\"name\":\"x\"}"),
	    "false");
	assert_string_equal(call(0, "timer.cancel", "{\"name\":\"x\"}"),
	    "true");
	advance(300000);
	assert_int_equal(t.asks, 1);
}

static void
test_bad_parameters(void **state)
{
	static const char *const bad[] = {
	    "{\"after\":1}",
	    "{\"name\":\"x\"}",
	    "{\"name\":\"x\",\"after\":-1}",
	    "{\"name\":\"x\",\"after\":\"1\"}",
	    "{\"name\":\"x\",\"after\":1e300}",
	    "{\"name\":\"x\",\"after\":1,\"daily\":\"00:05\"}",
	    "{\"name\":\"x\",\"daily\":\"24:00\"}",
	    "{\"name\":\"x\",\"cron\":\"* * *\"}",
	    "{\"name\":\"x\",\"cron\":\"0 0 30 2 *\"}",
	    "{\"name\":\"x\",\"at_ms\":-5}",
	};

	for (size_t i = 0; i < nitems(bad); i++) {
		call(0, "timer.set", bad[i]);
		assert_int_equal(fake_plugin.code, RPC_BAD_PARAMS);
	}
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(test_once),
	    T(test_unanswered),
	    T(test_missed),
	    T(test_schedule_set_again),
	    T(test_year),
	    T(test_without_shards),
	    T(test_loaded_later),
	    T(test_set_anew_and_cancel),
	    T(test_bad_parameters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
