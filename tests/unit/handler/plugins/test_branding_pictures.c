/* SPDX-License-Identifier: MIT */
/* What the guild cannot take, and what a command changes at once. */
#include "tests/unit/handler/plugins/branding_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#define FEBRUARY 20850 /* 2027-02-01: the fallback is on until the 20th */

static void
picture_write(const char *path, const char *data)
{
	char full[256];
	FILE *f;

	must(str_format(full, sizeof(full), "%s/%s", bot.repository, path));
	f = fopen(full, "w");
	must(f != NULL);
	must(fputs(data, f) >= 0 && fclose(f) == 0);
}

static void
picture_remove(const char *path)
{
	char full[256];

	must(str_format(full, sizeof(full), "%s/%s", bot.repository, path));
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
	branding_rig_wake(FEBRUARY);
	branding_rig_until((FEBRUARY + 19) * (int64_t)DAY_MS - 1000);
	assert_int_equal(bot.guild.icons, 7);
	assert_true(event_year_shown(bot.guild.icon, 0, "icons/"));
	assert_int_equal(bot.guild.said_public, 0);
	/* No GIFs, the one with another name, the one that is none. */
	assert_int_equal(bot.guild.said, 3);
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
	bot.guild.features = "";
	branding_rig_wake(FEBRUARY);
	branding_rig_until((FEBRUARY + 19) * (int64_t)DAY_MS - 1000);
	assert_int_equal(bot.guild.icons, 0);
	assert_int_equal(bot.guild.said_public, 0);
	/* No GIFs, therefore no icon; no banner. */
	assert_int_equal(bot.guild.said, 3);
	assert_non_null(strstr(branding_rig_command("sync"),
	    "Failed to apply: icon, banner."));
	assert_int_equal(bot.guild.said, 3);
}

static void
f_f10_dry_run_says_what_sync_does(void **state)
{
	char icon[FAKE_GUILD_NAME];
	const char *at;

	gifs_write();
	branding_rig_wake(FEBRUARY);
	branding_rig_until((FEBRUARY + 1) * (int64_t)DAY_MS);
	branding_rig_command("daemon disable");
	for (unsigned i = 1; i < 8; i++) {
		branding_rig_until((FEBRUARY + 3 * i) * (int64_t)DAY_MS);
		branding_rig_command_with("sync", "{\"mode\":\"dry-run\"}");
		at = strstr(bot.guild.answer, "Would set the icon to ");
		assert_non_null(at);
		assert_int_equal(sscanf(at, "Would set the icon to %63[^.\\\"]",
				     icon),
		    1);
		branding_rig_command("sync");
		assert_memory_equal(bot.guild.icon, icon, strlen(icon));
	}
}

/* What came while it was disabled does not wait for midnight. */
static void
f_f10_enable_is_at_once(void **state)
{
	int64_t noon = (FEBRUARY + 5) * (int64_t)DAY_MS + 12 * HOUR_MS;
	unsigned icons;

	branding_rig_wake(FEBRUARY);
	branding_rig_until((FEBRUARY + 1) * (int64_t)DAY_MS);
	branding_rig_command("daemon disable");
	branding_rig_until(noon);
	icons = bot.guild.icons;
	branding_rig_command("daemon enable");
	branding_rig_until(noon + 60000);
	assert_int_equal(bot.guild.icons, icons + 1);
}

int
main(void)
{
#define T(name)                                                                \
	cmocka_unit_test_setup_teardown(name, branding_rig_setup,              \
	    branding_rig_teardown)
	const struct CMUnitTest tests[] = {
	    T(f_f10_what_the_guild_can_take_takes_turns),
	    T(f_f10_nothing_to_take_is_told_once),
	    T(f_f10_dry_run_says_what_sync_does),
	    T(f_f10_enable_is_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
