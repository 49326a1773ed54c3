/* SPDX-License-Identifier: MIT */
/* Who runs a fleet, and an operator's word that it is to be down. */
#include "shared/state/keeper.h"
#include "shared/state/stopped.h"
#include "tests/unit/rig/left_out.h"

#include <fcntl.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[64];

static void
write_file(const char *name, const char *text)
{
	char path[128];
	int fd;

	str_format(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_int_equal(fd_write_all(fd, text, strlen(text)), 0);
	close(fd);
}

static int
set_up(void **state)
{
	str_copy(dir, "/tmp/shardherd-keeper-XXXXXX", sizeof(dir));
	return mkdtemp(dir) == NULL ? -1 : 0;
}

static int
tear_down(void **state)
{
	static const char *const names[] = {"keeper", "stopped"};
	char path[128];

	for (size_t i = 0; i < nitems(names); i++) {
		str_format(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	return rmdir(dir);
}

static void
f_g4_the_unit_is_read_from_the_cgroup(void **state)
{
	static const struct {
		const char *text, *unit;
		bool session;
	} row[] = {
	    {"0::/system.slice/system-shardherd.slice/shardherd@main."
	     "service\n",
		"shardherd@main.service", false},
	    {"12:pids:/system.slice/a.service\n1:name=systemd:/system."
	     "slice/a.service\n0::/system.slice/a.service\n",
		"a.service", false},
	    {"0::/system.slice/a.service/workers\n", "a.service", false},
	    {"0::/user.slice/user-1000.slice/user@1000.service/app.slice/"
	     "bot.service\n",
		"bot.service", true},
	    {"0::/user.slice/user-1000.slice/user@1000.service/init.scope"
	     "\n",
		"", true},
	    {"0::/user.slice/user-0.slice/session-3.scope\n", "", false},
	    {"0::/x.servicefoo/y\n", "", false},
	    {"0::/\n", "", false},
	    {"", "", false},
	};

	for (size_t i = 0; i < nitems(row); i++) {
		struct keeper k = {0};

		assert_int_equal(keeper_unit(row[i].text, &k),
		    row[i].unit[0] != '\0');
		assert_string_equal(k.unit, row[i].unit);
		if (k.unit[0] != '\0')
			assert_int_equal(k.session, row[i].session);
	}
}

static void
f_g4_advice_names_who_runs_the_fleet(void **state)
{
	struct keeper k;
	char words[300];

	keeper_find(&k, dir);
	assert_true(k.known);
	assert_false(k.foreign);
	assert_string_equal(k.unit, "");
	keeper_command(&k, "start", "/x.conf", words, sizeof(words));
	assert_string_equal(words, "shardherd start");
	keeper_restart(dir, words, sizeof(words));
	assert_string_equal(words,
	    "\"shardherd stop\" and \"shardherd start\"");

	write_file("keeper", "0::/system.slice/shardherd@main.service\n");
	keeper_find(&k, dir);
	keeper_command(&k, "start", "/x.conf", words, sizeof(words));
	assert_string_equal(words, "systemctl start shardherd@main");
	keeper_restart(dir, words, sizeof(words));
	assert_string_equal(words, "\"systemctl restart shardherd@main\"");

	write_file("keeper",
	    "0::/user.slice/user-7.slice/user@7.service/"
	    "app.slice/bot.service\n");
	keeper_find(&k, dir);
	keeper_command(&k, "start", "/x.conf", words, sizeof(words));
	assert_string_equal(words, "systemctl --user start bot");
}

/* This test is in no unit: its word takes an earlier one's place. */
static void
f_g4_a_start_by_hand_forgets_the_unit(void **state)
{
	struct keeper k;

	write_file("keeper", "0::/system.slice/shardherd@main.service\n");
	unsetenv("SYSTEMD_EXEC_PID");
	keeper_leave(dir, false);
	keeper_find(&k, dir);
	assert_string_equal(k.unit, "");
}

static void
f_g4_nobody_else_may_start_it(void **state)
{
	const struct passwd *nobody = getpwnam("nobody");
	struct err e;

	assert_int_equal(keeper_check(dir, "/x.conf", &e), 0);
	assert_int_equal(keeper_check("/nonexistent/dir", "/x.conf", &e), 0);
	if (geteuid() != 0 || nobody == NULL)
		left_out();
	assert_int_equal(chown(dir, nobody->pw_uid, nobody->pw_gid), 0);
	assert_int_equal(keeper_check(dir, "/x.conf", &e), -1);
	assert_int_equal(e.code, EXIT_CONFIG);
	assert_non_null(strstr(e.text, "belongs to user nobody"));
	assert_non_null(
	    strstr(e.text, "runuser -u nobody -- shardherd -c /x.conf start"));
	write_file("keeper", "0::/system.slice/shardherd@main.service\n");
	assert_int_equal(keeper_check(dir, "/x.conf", &e), -1);
	assert_non_null(strstr(e.text, "by the unit shardherd@main.service"));
	assert_non_null(strstr(e.text, "Use: systemctl start shardherd@main"));
	/* And the other way round: nobody may not start root's. */
	assert_int_equal(chown(dir, 0, 0), 0);
	assert_int_equal(chmod(dir, 0755), 0);
	assert_int_equal(seteuid(nobody->pw_uid), 0);
	assert_int_equal(keeper_check(dir, "/x.conf", &e), -1);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(e.code, EXIT_CONFIG);
	assert_non_null(strstr(e.text, "belongs to user root"));
}

static void
f_g6_a_stop_is_an_intent(void **state)
{
	struct stopped s;
	char words[160];
	struct err e;

	assert_false(stopped_get(dir, &s));
	assert_int_equal(stopped_put(dir, &e), 0);
	assert_true(stopped_get(dir, &s));
	assert_true(s.at_ms > 1500000000000);
	assert_true(s.by[0] != '\0');
	stopped_words(&s, words, sizeof(words));
	assert_non_null(strstr(words, s.by));
	assert_non_null(strstr(words, " UTC"));
	/* A second one is as good. */
	assert_int_equal(stopped_put(dir, &e), 0);
	stopped_clear(dir);
	assert_false(stopped_get(dir, &s));
	stopped_clear(dir);
}

/* Cut short by a full disk, or scribbled over: it is still there. */
static void
f_g6_a_damaged_word_counts(void **state)
{
	static const char *const text[] = {"", "\n", "x",
	    "99999999999999999999999 root\n", "-5 root", "17\n"};
	struct stopped s;
	char words[160];

	for (size_t i = 0; i < nitems(text); i++) {
		write_file("stopped", text[i]);
		assert_true(stopped_get(dir, &s));
		stopped_words(&s, words, sizeof(words));
		assert_non_null(strstr(words, "It was stopped by "));
	}
	assert_false(stopped_get("/nonexistent/dir", &s));
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    T(f_g4_the_unit_is_read_from_the_cgroup),
	    T(f_g4_advice_names_who_runs_the_fleet),
	    T(f_g4_a_start_by_hand_forgets_the_unit),
	    T(f_g4_nobody_else_may_start_it),
	    T(f_g6_a_stop_is_an_intent),
	    T(f_g6_a_damaged_word_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
