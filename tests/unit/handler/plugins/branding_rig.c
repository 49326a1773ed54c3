/* SPDX-License-Identifier: MIT */
#include "tests/unit/handler/plugins/branding_rig.h"
#include "shared/base/log.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#define STEPS_MAX 100000u /* of one day */

struct branding_rig bot;

/* ---- the handler's side --------------------------------------------- */

static void
tell(struct buf *b)
{
	buf_add(b, "", 1);
	if (bot.child.pid != 0)
		plugin_child_send(&bot.child, buf_data(b));
	buf_free(b);
}

static void
on_result(uint64_t life, const char *id, const char *result, size_t len)
{
	struct buf b = {0};

	if (life != fake_plugin.life)
		return;
	buf_printf(&b, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":", id);
	buf_add(&b, result, len);
	buf_puts(&b, "}");
	tell(&b);
}

static void
on_error(uint64_t life, const char *id, int code, const char *message,
    const char *data)
{
	struct buf b = {0};

	if (life != fake_plugin.life)
		return;
	buf_printf(&b,
	    "{\"jsonrpc\":\"2.0\",\"id\":%s,\"error\":{\"code\":%d,"
	    "\"message\":\"%s\",\"data\":%s}}",
	    id, code, message, data ? data : "null");
	tell(&b);
}

static uint64_t
on_ask(const char *method, const char *params, size_t len)
{
	struct buf b = {0};

	if (!bot.up)
		return 0;
	buf_printf(&b,
	    "{\"jsonrpc\":\"2.0\",\"id\":%" PRIu64 ",\"method\":"
	    "\"%s\",\"params\":",
	    PLUGIN_ASK_FIRST + bot.asks, method);
	buf_add(&b, params, len);
	buf_puts(&b, "}");
	tell(&b);
	return PLUGIN_ASK_FIRST + bot.asks++;
}

static int
on_rest(const struct rest_ask *ask, rest_done_fn *done, void *arg)
{
	struct rest_answer a = {.why = "Discord refused the request"};
	struct fake_answer got;

	fake_guild_call(&bot.guild, ask->method, ask->path, ask->body, &got);
	a.status = got.status;
	a.body = got.body;
	a.len = strlen(got.body);
	a.outcome = got.status == 0 ? REST_LATE
	    : got.status < 300	    ? REST_OK
				    : REST_REFUSED;
	done(arg, &a);
	return 0;
}

/* ---- the plugin's process ------------------------------------------- */

static void plugin_again(void);

static void
serve_request(const struct rpc_read *talk)
{
	if (bot.kill_after > 0 && --bot.kill_after == 0) {
		plugin_again();
		return;
	}
	rpc_request(&bot.rpc, bot.plugins[0], talk->id, talk->method,
	    talk->params);
	rpc_flush(&bot.rpc);
}

static void
serve_answer(const struct rpc_read *talk)
{
	assert_int_equal(talk->kind, RPC_READ_RESULT);
	if (talk->number >= PLUGIN_ASK_FIRST) {
		bot.answered = talk->number - PLUGIN_ASK_FIRST + 1;
		rpc_answered(&bot.rpc, bot.plugins[0], talk->number, NULL);
		rpc_flush(&bot.rpc);
	} else if (talk->number == 0)
		bot.initialised = true;
}

static void
serve(void)
{
	char *line = plugin_child_line(&bot.child);
	struct rpc_read talk;

	rpc_read_parse(&talk, line, strlen(line));
	if (talk.kind == RPC_READ_REQUEST)
		serve_request(&talk);
	else
		serve_answer(&talk);
	rpc_read_free(&talk);
	free(line);
}

/* Until every timer that fired is answered. */
static void
serve_timers(void)
{
	while (bot.up && bot.answered < bot.asks)
		serve();
}

const char *
branding_rig_command_with(const char *sub, const char *options)
{
	struct buf b = {0};
	unsigned before = bot.guild.answers;

	buf_printf(&b,
	    "{\"jsonrpc\":\"2.0\",\"id\":%" PRIu64 ",\"method\":"
	    "\"event\",\"params\":{\"received_ms\":%" PRId64 ",\"again\":"
	    "false,\"event\":{\"t\":\"INTERACTION_CREATE\",\"d\":{}},"
	    "\"command\":{\"name\":\"branding\",\"road\":\"slash\","
	    "\"sub\":\"%s\",\"options\":%s,\"rank\":100,\"answer\":{"
	    "\"method\":\"interaction.respond\",\"params\":{\"id\":\"7\","
	    "\"token\":\"x\"}},\"more\":{\"method\":"
	    "\"interaction.followup\",\"params\":{\"application_id\":"
	    "\"8\",\"token\":\"x\"}}}}}",
	    ++bot.events, clock_wall_ms(), sub, options);
	tell(&b);
	while (bot.guild.answers == before)
		serve();
	serve_timers();
	return bot.guild.answer;
}

const char *
branding_rig_command(const char *sub)
{
	return branding_rig_command_with(sub, "{}");
}

static void
plugin_up(void)
{
	static const char *const argv[] = {"/usr/bin/python3", "-B",
	    "handler/plugins/branding.py", NULL};
	struct buf b = {0};

	plugin_child_start(&bot.child, argv);
	buf_printf(&b,
	    "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\","
	    "\"params\":{\"api\":1,\"plugin\":\"branding\",\"config\":{"
	    "\"repository\":\"%s\",\"guild\":\"1\",\"channel\":\"5\","
	    "\"log_channel\":\"6\",\"rank\":\"0\"}}}",
	    bot.repository);
	tell(&b);
	bot.initialised = false;
	bot.answered = bot.asks;
	while (!bot.initialised)
		serve();
	bot.up = true;
	rpc_plugin_up(&bot.rpc, bot.plugins[0]);
	serve_timers();
}

static void
plugin_down(void)
{
	plugin_child_kill(&bot.child);
	fake_plugin.life++;
	bot.up = false;
	rpc_plugin_ended(&bot.rpc, bot.plugins[0]);
}

static void
plugin_again(void)
{
	plugin_down();
	plugin_up();
}

void
branding_rig_up(void)
{
	assert_int_equal(rpc_open(&bot.rpc, NULL, &bot.config, NULL), 0);
	rpc_flush(&bot.rpc);
	plugin_up();
}

void
branding_rig_down(void)
{
	plugin_down();
	rpc_close(&bot.rpc);
}

/* ---- time ----------------------------------------------------------- */

int64_t
branding_rig_today(void)
{
	return clock_wall_ms() / DAY_MS;
}

void
branding_rig_until(int64_t wall_ms)
{
	unsigned steps = 0;

	while (clock_wall_ms() < wall_ms) {
		uint64_t left = (uint64_t)(wall_ms - clock_wall_ms());
		uint64_t next = fake_time_next();

		assert_true(++steps < STEPS_MAX);
		fake_time_advance(next < left ? next : left);
		rpc_flush(&bot.rpc);
		serve_timers();
	}
}

void
branding_rig_wake(int64_t day)
{
	fake_time_advance((uint64_t)(day * DAY_MS - clock_wall_ms()));
	branding_rig_up();
	assert_non_null(
	    strstr(branding_rig_command("daemon status"), "is enabled"));
}

/* ---- life ----------------------------------------------------------- */

int
branding_rig_setup(void **state)
{
	memset(&bot, 0, sizeof(bot));
	fake_plugin_begin(&bot.config);
	fake_plugin.result = on_result;
	fake_plugin.error = on_error;
	fake_plugin.ask = on_ask;
	fake_plugin.rest = on_rest;
	fake_time_reset();
	log_init(LOG_TO_HOOK, LOG_L_ERROR);
	/* Where a disk's slowness does not make a year longer. */
	strcpy(bot.dir,
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm/year-XXXXXX"
					  : "/tmp/year-XXXXXX");
	if (mkdtemp(bot.dir) == NULL)
		return -1;
	must(str_format(bot.repository, sizeof(bot.repository), "%s/events",
	    bot.dir));
	must(mkdir(bot.repository, 0755) == 0);
	event_year_write(bot.repository);
	bot.config.state_dir = bot.dir;
	bot.config.owners = bot.no_owners;
	bot.config.plugins = 1;
	strcpy(bot.config.plugin[0].name, "branding");
	bot.config.plugin[0].timeout_s = 30;
	bot.config.plugin[0].storage = 1 << 20;
	bot.plugins[0] = fake_plugin_at(0);
	bot.rpc.plugin = bot.plugins;
	bot.intake.open = 1;
	list_init(&bot.intake.taps);
	bot.rpc.intake = &bot.intake;
	return 0;
}

int
branding_rig_teardown(void **state)
{
	branding_rig_down();
	return scratch_remove(bot.dir);
}
