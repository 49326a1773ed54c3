/* SPDX-License-Identifier: MIT */
/*
 * The real branding.py through a year, and a leap year's winter, with the
 * handler's own storage and timers on the fake clock: killed in the middle of
 * runs, away over midnight, and refused, unheard and failed by Discord.  Each
 * evening what is up is compared with what days counted one by one say.
 */
#include "handler/api/rpc_impl.h"
#include "shared/base/log.h"
#include "tests/unit/handler/plugins/event_year.h"
#include "tests/unit/handler/plugins/fake_guild.h"
#include "tests/unit/rig/fake_plugin.h"
#include "tests/unit/rig/fake_time.h"
#include "tests/unit/handler/plugins/plugin_child.h"
#include "tests/unit/rig/scratch.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#define HOUR_MS 3600000u
#define DAY_MS (24 * HOUR_MS)
#define ROTATE_DAYS 3
#define STEPS_MAX 100000u /* of one day */

/* What becomes of a day. */
enum fate {
	QUIET,	  /* nothing happens but what is due */
	RESTART,  /* plugin and handler are restarted at noon */
	KILLED,	  /* the plugin is killed in the middle of its run */
	AWAY,	  /* nobody is there until the afternoon */
	FAILING,  /* the first calls get 503 */
	UNHEARD,  /* the first calls get no answer, but are carried out */
	BROKEN,	  /* 503 all day long */
	REFUSED,  /* 403 for the guild all day long */
	FATES
};

static struct {
	char dir[SCRATCH_MAX], repository[128];
	struct config config;
	char no_owners[1];
	struct intake intake;
	struct rpc rpc;
	struct plugin *plugins[1];
	struct plugin_child child;
	uint64_t asks, answered, events;
	bool up, initialised;
	unsigned kill_after; /* requests of the plugin; 0: never */
	struct fake_guild guild;
	uint64_t rng;
	/* What the evening's comparison knows. */
	struct fake_guild before;
	bool sound; /* the evening before all was as it should be */
	unsigned times[16]; /* announcements of each event */
	int64_t last[16], icon_day; /* last: began, of those announced */
	unsigned counts[16][8]; /* by event and icon, since it is shown */
	bool counted;		/* no count is in doubt */
	unsigned days[FATES];
	bool said_icon, said_banner;
} t;

/* ---- the handler's side of it ------------------------------------------------ */

static void
tell(struct buf *b)
{
	buf_add(b, "", 1);
	if (t.child.pid != 0)
		plugin_child_send(&t.child, buf_data(b));
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
	buf_printf(&b, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"error\":{\"code\":%d,"
	    "\"message\":\"%s\",\"data\":%s}}", id, code, message,
	    data ? data : "null");
	tell(&b);
}

static uint64_t
on_ask(const char *method, const char *params, size_t len)
{
	struct buf b = {0};

	if (!t.up)
		return 0;
	buf_printf(&b, "{\"jsonrpc\":\"2.0\",\"id\":%" PRIu64 ",\"method\":"
	    "\"%s\",\"params\":", PLUGIN_ASK_FIRST + t.asks, method);
	buf_add(&b, params, len);
	buf_puts(&b, "}");
	tell(&b);
	return PLUGIN_ASK_FIRST + t.asks++;
}

int
rest_call(struct rest *r, unsigned plugin, const struct rest_ask *ask,
    rest_done_fn *done, void *arg, bool *bad, const char **why)
{
	struct rest_answer a = {.why = "Discord refused the request"};
	struct fake_answer got;

	fake_guild_call(&t.guild, ask->method, ask->path, ask->body, &got);
	a.status = got.status;
	a.body = got.body;
	a.len = strlen(got.body);
	a.outcome = got.status == 0 ? REST_LATE
	    : got.status < 300	    ? REST_OK
				    : REST_REFUSED;
	done(arg, &a);
	return 0;
}

/* ---- the plugin's process ------------------------------------------------------ */

static void plugin_again(void);

static void
serve_request(const struct rpc_read *talk)
{
	if (t.kill_after > 0 && --t.kill_after == 0) {
		plugin_again();
		return;
	}
	rpc_request(&t.rpc, t.plugins[0], talk->id, talk->method,
	    talk->params);
	rpc_flush(&t.rpc);
}

static void
serve_answer(const struct rpc_read *talk)
{
	assert_int_equal(talk->kind, RPC_READ_RESULT);
	if (talk->number >= PLUGIN_ASK_FIRST) {
		t.answered = talk->number - PLUGIN_ASK_FIRST + 1;
		rpc_answered(&t.rpc, t.plugins[0], talk->number, NULL);
		rpc_flush(&t.rpc);
	} else if (talk->number == 0)
		t.initialised = true;
}

static void
serve(void)
{
	char *line = plugin_child_line(&t.child);
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
	while (t.up && t.answered < t.asks)
		serve();
}

/* What "/branding sub", with these options, is answered. */
static const char *
command_with(const char *sub, const char *options)
{
	struct buf b = {0};
	unsigned before = t.guild.answers;

	buf_printf(&b, "{\"jsonrpc\":\"2.0\",\"id\":%" PRIu64 ",\"method\":"
	    "\"event\",\"params\":{\"received_ms\":%" PRId64 ",\"again\":"
	    "false,\"event\":{\"t\":\"INTERACTION_CREATE\",\"d\":{}},"
	    "\"command\":{\"name\":\"branding\",\"road\":\"slash\","
	    "\"sub\":\"%s\",\"options\":%s,\"rank\":100,\"answer\":{"
	    "\"method\":\"interaction.respond\",\"params\":{\"id\":\"7\","
	    "\"token\":\"x\"}},\"more\":{\"method\":"
	    "\"interaction.followup\",\"params\":{\"application_id\":"
	    "\"8\",\"token\":\"x\"}}}}}", ++t.events, clock_wall_ms(), sub,
	    options);
	tell(&b);
	while (t.guild.answers == before)
		serve();
	serve_timers();
	return t.guild.answer;
}

static const char *
command(const char *sub)
{
	return command_with(sub, "{}");
}

static void
plugin_up(void)
{
	static const char *const argv[] = {"/usr/bin/python3", "-B",
	    "handler/plugins/branding.py", NULL};
	struct buf b = {0};

	plugin_child_start(&t.child, argv);
	buf_printf(&b, "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\","
	    "\"params\":{\"api\":1,\"plugin\":\"branding\",\"config\":{"
	    "\"repository\":\"%s\",\"guild\":\"1\",\"channel\":\"5\","
	    "\"log_channel\":\"6\",\"rank\":\"0\"}}}", t.repository);
	tell(&b);
	t.initialised = false;
	t.answered = t.asks;
	while (!t.initialised)
		serve();
	t.up = true;
	rpc_plugin_up(&t.rpc, t.plugins[0]);
	serve_timers();
}

static void
plugin_down(void)
{
	plugin_child_kill(&t.child);
	fake_plugin.life++;
	t.up = false;
	rpc_plugin_ended(&t.rpc, t.plugins[0]);
}

static void
plugin_again(void)
{
	plugin_down();
	plugin_up();
}

static void
handler_up(void)
{
	assert_int_equal(rpc_open(&t.rpc, NULL, &t.config, NULL), 0);
	rpc_flush(&t.rpc);
	plugin_up();
}

static void
handler_down(void)
{
	plugin_down();
	rpc_close(&t.rpc);
}

/* ---- time ------------------------------------------------------------------------ */

static int64_t
today(void)
{
	return clock_wall_ms() / DAY_MS;
}

static void
advance_to(int64_t wall_ms)
{
	unsigned steps = 0;

	while (clock_wall_ms() < wall_ms) {
		uint64_t left = (uint64_t)(wall_ms - clock_wall_ms());
		uint64_t next = fake_time_next();

		assert_true(++steps < STEPS_MAX);
		fake_time_advance(next < left ? next : left);
		rpc_flush(&t.rpc);
		serve_timers();
	}
}

static uint64_t
dice(uint64_t sides)
{
	t.rng = t.rng * 6364136223846793005u + 1442695040888963407u;
	return (t.rng >> 33) % sides;
}

/* ---- the evening ------------------------------------------------------------------ */

static bool
is_of(const char *shown, unsigned event, const char *what)
{
	char head[FAKE_GUILD_NAME];

	must(str_format(head, sizeof(head), "%s/%s",
	    event_years[event].name, what));
	return strncmp(shown, head, strlen(head)) == 0;
}

/* The one event that is on is announced when it ought to be, and once. */
static void
check_announcement(bool reached)
{
	int64_t began;
	unsigned event = event_year_on(today(), &began);
	unsigned new = t.guild.announced - t.before.announced;

	assert_in_range(new, 0, 1);
	if (new > 0) {
		assert_int_not_equal(event, 0);
		assert_int_equal(strcasecmp(t.guild.title,
		    event_years[event].name), 0);
		assert_int_not_equal(t.last[event], began);
		t.last[event] = began;
		t.times[event]++;
	}
	if (reached && event != 0)
		assert_int_equal(t.last[event], began);
}

/* Icons take turns: the one that came was among those shown least. */
static void
check_turns(unsigned source, bool other)
{
	const struct event_year *e = &event_years[source];
	unsigned *count = t.counts[source], icon, was = UINT32_MAX;

	if (other)
		memset(count, 0, sizeof(t.counts[0]));
	else if (is_of(t.before.icon, source, "icons/"))
		was = (unsigned)(strrchr(t.before.icon, '/')[1] - '0');
	icon = (unsigned)(strrchr(t.guild.icon, '/')[1] - '0');
	assert_true(icon < e->icons && icon != was);
	for (unsigned i = 0; i < e->icons; i++)
		assert_true(i == was || count[icon] <= count[i]);
	count[icon]++;
}

/* Whether an icon was due; only asked of days that follow a sound one. */
static bool
icon_is_due(unsigned source, unsigned source_before)
{
	return source != source_before || (event_years[source].icons > 1
	    && today() - t.icon_day >= ROTATE_DAYS);
}

static void
check_quiet(unsigned event, unsigned event_before)
{
	unsigned icon = event_year_icons(event);
	unsigned icon_before = event_year_icons(event_before);
	unsigned banner = event_year_banner(event);
	bool due = icon_is_due(icon, icon_before);
	bool other = banner != event_year_banner(event_before);

	assert_int_equal(t.guild.icons - t.before.icons, due);
	assert_int_equal(t.guild.banners - t.before.banners, other);
	assert_int_equal(t.guild.said, t.before.said);
	if (!due && !other && t.guild.announced == t.before.announced)
		assert_int_equal(t.guild.calls, t.before.calls);
	if (due && icon != icon_before)
		t.counted = true;
	if (due && t.counted)
		check_turns(icon, icon != icon_before);
}

/* Whatever is refused is said once, until it goes well. */
static void
check_refused(unsigned event, unsigned event_before)
{
	bool due = icon_is_due(event_year_icons(event),
	    event_year_icons(event_before))
	    || event_year_banner(event) != event_year_banner(event_before);

	assert_int_equal(t.guild.icons, t.before.icons);
	assert_int_equal(t.guild.banners, t.before.banners);
	assert_in_range(t.guild.said - t.before.said, t.sound && due, 2);
}

static void
check_evening(enum fate fate)
{
	int64_t began;
	unsigned event = event_year_on(today(), &began);
	unsigned event_before = event_year_on(today() - 1, &began);

	check_announcement(fate != BROKEN);
	assert_int_equal(t.guild.said_public, 0);
	if (fate == BROKEN) {
		assert_int_equal(t.guild.icons, t.before.icons);
		assert_int_equal(t.guild.banners, t.before.banners);
	} else if (fate == REFUSED)
		check_refused(event, event_before);
	else {
		assert_true(is_of(t.guild.icon, event_year_icons(event),
		    "icons/"));
		assert_true(is_of(t.guild.banner, event_year_banner(event),
		    "banner"));
	}
	if (fate <= RESTART && t.sound)
		check_quiet(event, event_before);
	else
		t.counted = false;
	t.sound = fate != BROKEN && fate != REFUSED;
	if (t.guild.icons != t.before.icons)
		t.icon_day = today();
}

/* ---- the days --------------------------------------------------------------------- */

static void
noon_restart(void)
{
	unsigned calls;

	advance_to(today() * DAY_MS + 12 * HOUR_MS);
	calls = t.guild.calls;
	handler_down();
	fake_time_advance(HOUR_MS);
	handler_up();
	advance_to(today() * DAY_MS + 18 * HOUR_MS);
	assert_int_equal(t.guild.calls, calls);
}

static void
day_begin(enum fate fate)
{
	t.guild.fault = fate == FAILING || fate == BROKEN ? FAKE_503
	    : fate == UNHEARD				  ? FAKE_LOST
	    : fate == REFUSED				  ? FAKE_403
							  : FAKE_FINE;
	t.guild.faults = fate == BROKEN ? UINT32_MAX : 1 + (unsigned)dice(6);
	t.kill_after = fate == KILLED ? 1 + (unsigned)dice(30) : 0;
	if (fate == AWAY) {
		handler_down();
		fake_time_advance((1 + dice(40)) * HOUR_MS);
		handler_up();
	}
	if (fate == RESTART)
		noon_restart();
}

static void
one_day(enum fate fate)
{
	int64_t day;

	t.before = t.guild;
	t.days[fate]++;
	day_begin(fate);
	day = today();
	advance_to((day + 1) * DAY_MS - 1000);
	t.guild.fault = FAKE_FINE;
	t.kill_after = 0;
	check_evening(fate);
	/* Nothing of the day's faults is left for the next. */
	advance_to((day + 1) * DAY_MS);
}

static void
days_go_by(int64_t until)
{
	while (today() < until) {
		uint64_t n = dice(4 * FATES);

		one_day(n < FATES ? (enum fate)n : QUIET);
	}
}

static void
wake_on(int64_t day)
{
	fake_time_advance((uint64_t)(day * DAY_MS - clock_wall_ms()));
	handler_up();
	assert_non_null(strstr(command("daemon status"), "is enabled"));
}

static void
start_on(int64_t day)
{
	wake_on(day);
	one_day(QUIET);
}

/* 2027-01-01 to 2027-12-31. */
static void
test_year(void **state)
{
	start_on(20819);
	days_go_by(20819 + 365);
	for (unsigned i = 1; i < event_years_n; i++)
		print_message("%s: announced %u times\n", event_years[i].name,
		    t.times[i]);
	for (unsigned i = 0; i < FATES; i++)
		assert_true(t.days[i] > 3);
	assert_int_equal(t.times[0], 0);
}

/* 2028-02-15 to 2028-03-20, across 29 February. */
static void
test_leap_year(void **state)
{
	t.rng = 2;
	start_on(21229);
	days_go_by(21229 + 35);
	assert_int_equal(t.times[4], 1);
}

/* What somebody changed by hand comes back with sync, and nothing else. */
static void
test_sync(void **state)
{
	unsigned calls;

	start_on(20819);
	calls = t.guild.calls;
	assert_non_null(strstr(command("sync"),
	    "Icon and banner are as they should be."));
	assert_non_null(strstr(t.guild.answer, "wrong is left out: there is no "
	    "30 February"));
	assert_int_equal(t.guild.calls, calls + 1);
	strcpy(t.guild.banner, "by hand");
	assert_non_null(strstr(command("sync"), "the banner is now"));
	assert_int_equal(t.guild.calls, calls + 3);
	assert_true(is_of(t.guild.banner, 2, "banner"));
	assert_int_equal(t.guild.announced, 1);
}

/* ---- what the guild cannot take ---------------------------------------------- */

#define FEBRUARY 20850	/* 2027-02-01: the fallback is on until the 20th */

static void
picture_write(const char *path, const char *data)
{
	char full[256];
	FILE *f;

	must(str_format(full, sizeof(full), "%s/%s", t.repository, path));
	f = fopen(full, "w");
	must(f != NULL);
	must(fputs(data, f) >= 0 && fclose(f) == 0);
}

static void
picture_remove(const char *path)
{
	char full[256];

	must(str_format(full, sizeof(full), "%s/%s", t.repository, path));
	must(unlink(full) == 0);
}

/* Several GIFs, one of which has another name. */
static void
gifs_write(void)
{
	picture_write("always/icons/g1.gif", "GIF89a one");
	picture_write("always/icons/g2.gif", "GIF89a two");
	picture_write("always/icons/g3.GIF.png", "GIF89a three");
	picture_write("always/icons/none.png", "no picture");
}

/* Those that the guild cannot have are passed over, each told once; nothing
 * of it goes where people are told of events. */
static void
f_f10_what_the_guild_can_take_takes_turns(void **state)
{
	gifs_write();
	wake_on(FEBRUARY);
	advance_to((FEBRUARY + 19) * (int64_t)DAY_MS - 1000);
	assert_int_equal(t.guild.icons, 7);
	assert_true(is_of(t.guild.icon, 0, "icons/"));
	assert_int_equal(t.guild.said_public, 0);
	/* No GIFs, the one with another name, the one that is none. */
	assert_int_equal(t.guild.said, 3);
}

/* When there is nothing it can have it keeps what it has, and says so once. */
static void
f_f10_nothing_to_take_is_told_once(void **state)
{
	char path[32];

	for (unsigned i = 0; i < 5; i++) {
		must(str_format(path, sizeof(path), "always/icons/%u.png", i));
		picture_remove(path);
	}
	picture_write("always/icons/g1.gif", "GIF89a one");
	picture_write("always/icons/g2.gif", "GIF89a two");
	t.guild.features = "";
	wake_on(FEBRUARY);
	advance_to((FEBRUARY + 19) * (int64_t)DAY_MS - 1000);
	assert_int_equal(t.guild.icons, 0);
	assert_int_equal(t.guild.said_public, 0);
	/* No GIFs, therefore no icon; no banner. */
	assert_int_equal(t.guild.said, 3);
	assert_non_null(strstr(command("sync"), "Failed to apply: icon, "
	    "banner."));
	assert_int_equal(t.guild.said, 3);
}

static void
f_f10_dry_run_says_what_sync_does(void **state)
{
	char icon[FAKE_GUILD_NAME];
	const char *at;

	gifs_write();
	start_on(FEBRUARY);
	command("daemon disable");
	for (unsigned i = 1; i < 8; i++) {
		advance_to((FEBRUARY + 3 * i) * (int64_t)DAY_MS);
		command_with("sync", "{\"mode\":\"dry-run\"}");
		at = strstr(t.guild.answer, "Would set the icon to ");
		assert_non_null(at);
		assert_int_equal(sscanf(at, "Would set the icon to %63[^.\\\"]",
		    icon), 1);
		command("sync");
		assert_memory_equal(t.guild.icon, icon, strlen(icon));
	}
}

/* What came while it was disabled does not wait for midnight. */
static void
f_f10_enable_is_at_once(void **state)
{
	int64_t noon = (FEBRUARY + 5) * (int64_t)DAY_MS + 12 * HOUR_MS;
	unsigned icons;

	start_on(FEBRUARY);
	command("daemon disable");
	advance_to(noon);
	icons = t.guild.icons;
	command("daemon enable");
	advance_to(noon + 60000);
	assert_int_equal(t.guild.icons, icons + 1);
}

/* ---- life --------------------------------------------------------------------------- */

static int
setup(void **state)
{
	memset(&t, 0, sizeof(t));
	fake_plugin_begin(&t.config);
	fake_plugin.result = on_result;
	fake_plugin.error = on_error;
	fake_plugin.ask = on_ask;
	fake_time_reset();
	log_init(LOG_TO_HOOK, LOG_L_ERROR);
	/* Where a disk's slowness does not make a year longer. */
	strcpy(t.dir, access("/dev/shm", W_OK) == 0 ? "/dev/shm/year-XXXXXX"
						    : "/tmp/year-XXXXXX");
	if (mkdtemp(t.dir) == NULL)
		return -1;
	must(str_format(t.repository, sizeof(t.repository), "%s/events",
	    t.dir));
	must(mkdir(t.repository, 0755) == 0);
	event_year_write(t.repository);
	t.config.state_dir = t.dir;
	t.config.owners = t.no_owners;
	t.config.plugins = 1;
	strcpy(t.config.plugin[0].name, "branding");
	t.config.plugin[0].timeout_s = 30;
	t.config.plugin[0].storage = 1 << 20;
	t.plugins[0] = fake_plugin_at(0);
	t.rpc.plugin = t.plugins;
	t.intake.open = 1;
	list_init(&t.intake.taps);
	t.rpc.intake = &t.intake;
	t.rng = 1;
	return 0;
}

static int
teardown(void **state)
{
	handler_down();
	return scratch_remove(t.dir);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(test_year),
	    T(test_leap_year),
	    T(test_sync),
	    T(f_f10_what_the_guild_can_take_takes_turns),
	    T(f_f10_nothing_to_take_is_told_once),
	    T(f_f10_dry_run_says_what_sync_does),
	    T(f_f10_enable_is_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
