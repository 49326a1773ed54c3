/* SPDX-License-Identifier: MIT */
/*
 * branding.py through a year, and a leap year's winter: killed in the middle of
 * runs, away over midnight, and refused, unheard and failed by Discord.  Each
 * evening what is up is compared with what days counted one by one say.
 */
#include "tests/unit/handler/plugins/branding_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>
#include <cmocka.h>

#define ROTATE_DAYS 3

/* What becomes of a day. */
enum fate {
	QUIET,	 /* nothing happens but what is due */
	RESTART, /* plugin and handler are restarted at noon */
	KILLED,	 /* the plugin is killed in the middle of its run */
	AWAY,	 /* nobody is there until the afternoon */
	FAILING, /* the first calls get 503 */
	UNHEARD, /* the first calls get no answer, but are carried out */
	BROKEN,	 /* 503 all day long */
	REFUSED, /* 403 for the guild all day long */
	FATES
};

static struct {
	uint64_t rng;
	/* What the evening's comparison knows. */
	struct fake_guild before;
	bool sound;	    /* the evening before all was as it should be */
	unsigned times[16]; /* announcements of each event */
	int64_t last[16], icon_day; /* last: began, of those announced */
	unsigned counts[16][8];	    /* by event and icon, since it is shown */
	bool counted;		    /* no count is in doubt */
	unsigned days[FATES];
} t;

static int
setup(void **state)
{
	memset(&t, 0, sizeof(t));
	t.rng = 1;
	return branding_rig_setup(state);
}

static uint64_t
dice(uint64_t sides)
{
	t.rng = t.rng * 6364136223846793005u + 1442695040888963407u;
	return (t.rng >> 33) % sides;
}

/* ---- the evening ---------------------------------------------------- */

/* The one event that is on is announced when it ought to be, and once. */
static void
check_announcement(bool reached)
{
	int64_t began;
	unsigned event = event_year_on(branding_rig_today(), &began);
	unsigned new = bot.guild.announced - t.before.announced;

	assert_in_range(new, 0, 1);
	if (new > 0) {
		assert_int_not_equal(event, 0);
		assert_int_equal(strcasecmp(bot.guild.title,
				     event_years[event].name),
		    0);
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
	else if (event_year_shown(t.before.icon, source, "icons/"))
		was = (unsigned)(strrchr(t.before.icon, '/')[1] - '0');
	icon = (unsigned)(strrchr(bot.guild.icon, '/')[1] - '0');
	assert_true(icon < e->icons && icon != was);
	for (unsigned i = 0; i < e->icons; i++)
		assert_true(i == was || count[icon] <= count[i]);
	count[icon]++;
}

/* Whether an icon was due; only asked of days that follow a sound one. */
static bool
icon_is_due(unsigned source, unsigned source_before)
{
	return source != source_before
	    || (event_years[source].icons > 1
		&& branding_rig_today() - t.icon_day >= ROTATE_DAYS);
}

static void
check_quiet(unsigned event, unsigned event_before)
{
	unsigned icon = event_year_icons(event);
	unsigned icon_before = event_year_icons(event_before);
	unsigned banner = event_year_banner(event);
	bool due = icon_is_due(icon, icon_before);
	bool other = banner != event_year_banner(event_before);

	assert_int_equal(bot.guild.icons - t.before.icons, due);
	assert_int_equal(bot.guild.banners - t.before.banners, other);
	assert_int_equal(bot.guild.said, t.before.said);
	if (!due && !other && bot.guild.announced == t.before.announced)
		assert_int_equal(bot.guild.calls, t.before.calls);
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

	assert_int_equal(bot.guild.icons, t.before.icons);
	assert_int_equal(bot.guild.banners, t.before.banners);
	assert_in_range(bot.guild.said - t.before.said, t.sound && due, 2);
}

static void
check_evening(enum fate fate)
{
	int64_t began;
	unsigned event = event_year_on(branding_rig_today(), &began);
	unsigned event_before = event_year_on(branding_rig_today() - 1, &began);

	check_announcement(fate != BROKEN);
	assert_int_equal(bot.guild.said_public, 0);
	if (fate == BROKEN) {
		assert_int_equal(bot.guild.icons, t.before.icons);
		assert_int_equal(bot.guild.banners, t.before.banners);
	} else if (fate == REFUSED)
		check_refused(event, event_before);
	else {
		assert_true(event_year_shown(bot.guild.icon,
		    event_year_icons(event), "icons/"));
		assert_true(event_year_shown(bot.guild.banner,
		    event_year_banner(event), "banner"));
	}
	if (fate <= RESTART && t.sound)
		check_quiet(event, event_before);
	else
		t.counted = false;
	t.sound = fate != BROKEN && fate != REFUSED;
	if (bot.guild.icons != t.before.icons)
		t.icon_day = branding_rig_today();
}

/* ---- the days ------------------------------------------------------- */

static void
noon_restart(void)
{
	unsigned calls;

	branding_rig_until(branding_rig_today() * DAY_MS + 12 * HOUR_MS);
	calls = bot.guild.calls;
	branding_rig_down();
	fake_time_advance(HOUR_MS);
	branding_rig_up();
	branding_rig_until(branding_rig_today() * DAY_MS + 18 * HOUR_MS);
	assert_int_equal(bot.guild.calls, calls);
}

static void
day_begin(enum fate fate)
{
	bot.guild.fault = fate == FAILING || fate == BROKEN ? FAKE_503
	    : fate == UNHEARD				    ? FAKE_LOST
	    : fate == REFUSED				    ? FAKE_403
							    : FAKE_FINE;
	bot.guild.faults = fate == BROKEN ? UINT32_MAX : 1 + (unsigned)dice(6);
	bot.kill_after = fate == KILLED ? 1 + (unsigned)dice(30) : 0;
	if (fate == AWAY) {
		branding_rig_down();
		fake_time_advance((1 + dice(40)) * HOUR_MS);
		branding_rig_up();
	}
	if (fate == RESTART)
		noon_restart();
}

static void
one_day(enum fate fate)
{
	int64_t day;

	t.before = bot.guild;
	t.days[fate]++;
	day_begin(fate);
	day = branding_rig_today();
	branding_rig_until((day + 1) * DAY_MS - 1000);
	bot.guild.fault = FAKE_FINE;
	bot.kill_after = 0;
	check_evening(fate);
	/* Nothing of the day's faults is left for the next. */
	branding_rig_until((day + 1) * DAY_MS);
}

static void
days_go_by(int64_t until)
{
	while (branding_rig_today() < until) {
		uint64_t n = dice(4 * FATES);

		one_day(n < FATES ? (enum fate)n : QUIET);
	}
}

static void
start_on(int64_t day)
{
	branding_rig_wake(day);
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
	calls = bot.guild.calls;
	assert_non_null(strstr(branding_rig_command("sync"),
	    "Icon and banner are as they should be."));
	assert_non_null(strstr(bot.guild.answer,
	    "wrong is left out: there is "
	    "no 30 February"));
	assert_int_equal(bot.guild.calls, calls + 1);
	strcpy(bot.guild.banner, "by hand");
	assert_non_null(
	    strstr(branding_rig_command("sync"), "the banner is now"));
	assert_int_equal(bot.guild.calls, calls + 3);
	assert_true(event_year_shown(bot.guild.banner, 2, "banner"));
	assert_int_equal(bot.guild.announced, 1);
}

int
main(void)
{
#define T(name)                                                                \
	cmocka_unit_test_setup_teardown(name, setup, branding_rig_teardown)
	const struct CMUnitTest tests[] = {
	    T(test_year),
	    T(test_leap_year),
	    T(test_sync),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
