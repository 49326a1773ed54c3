/* SPDX-License-Identifier: MIT */
/* Who else can write what a fleet runs and trusts. */
#include "shared/config/config_perms.h"
#include "shared/config/config_keys.h"

#include "tests/unit/rig/left_out.h"
#include "tests/unit/rig/scratch.h"

#include <fcntl.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct {
	char dir[SCRATCH_MAX];
	char said[32][2000];
	size_t n;
	struct config config;
} t;

static void
on_warning(const char *line, void *arg)
{
	assert_true(t.n < nitems(t.said));
	str_copy(t.said[t.n++], line, sizeof(t.said[0]));
}

static const char *
at(const char *name)
{
	static char path[4][256];
	static int turn;
	char *p = path[turn++ % 4];

	str_format(p, sizeof(path[0]), "%s/%s", t.dir, name);
	return p;
}

static void
file(const char *name, const char *text)
{
	int fd = open(at(name), O_WRONLY | O_CREAT | O_TRUNC, 0755);

	assert_true(fd != -1);
	assert_int_equal(fd_write_all(fd, text, strlen(text)), 0);
	close(fd);
	assert_int_equal(chmod(at(name), 0755), 0);
}

static void
dir(const char *name)
{
	assert_int_equal(mkdir(at(name), 0755), 0);
	assert_int_equal(chmod(at(name), 0755), 0);
}

static int
set_up(void **state)
{
	char text[1200];
	struct err e;

	memset(&t, 0, sizeof(t));
	if (scratch_make(t.dir, sizeof(t.dir)) == -1)
		return -1;
	dir("etc");
	dir("lib");
	dir("lib/real");
	dir("var");
	dir("var/state");
	dir("var/run");
	dir("var/log");
	file("lib/plugin", "#!/bin/sh\n");
	file("lib/real/script", "x\n");
	file("lib/alert", "#!/bin/sh\n");
	file("etc/ca.pem", "x\n");
	if (symlink(at("lib/real/script"), at("lib/script")) == -1)
		return -1;
	str_format(text, sizeof(text),
	    "[bot]\nintents = GUILDS\n[gateway]\n"
	    "ca_file = ca.pem\n[paths]\nstate_dir = ../var/state\n"
	    "run_dir = ../var/run\nlog_dir = ../var/log\n[alerts]\n"
	    "exec = %s\n[plugin \"a\"]\nexec = %s\n[plugin \"b\"]\n"
	    "exec = /bin/sh %s\n",
	    at("lib/alert"), at("lib/plugin"), at("lib/script"));
	file("etc/bot.conf", text);
	return config_load(&t.config, at("etc/bot.conf"), on_warning, NULL, &e);
}

static int
tear_down(void **state)
{
	config_free(&t.config);
	return scratch_remove(t.dir);
}

/* One thing is made writable: one line that has these words, or none. */
static void
expect(const char *name, mode_t mode, const char *key, const char *words)
{
	struct stat st;

	assert_int_equal(stat(at(name), &st), 0);
	assert_int_equal(chmod(at(name), mode), 0);
	t.n = 0;
	config_perms_warn(&t.config, on_warning, NULL);
	assert_int_equal(chmod(at(name), st.st_mode & 07777), 0);
	assert_int_equal(t.n, words != NULL);
	if (words == NULL)
		return;
	assert_non_null(strstr(t.said[0], at("etc/bot.conf: ")));
	assert_non_null(strstr(t.said[0], key));
	assert_non_null(strstr(t.said[0], words));
}

static void
f_d8_what_others_can_write_is_told(void **state)
{
	expect("etc/bot.conf", 0644, "", NULL);
	expect("etc/bot.conf", 0666, "bot.conf", "by everybody (mode 0666)");
	expect("etc/ca.pem", 0666, "[gateway] ca_file: ", "everybody");
	expect("lib/plugin", 0777, "[plugin \"a\"] exec: ", "everybody");
	expect("lib/alert", 0757, "[alerts] exec: ", "everybody");
	expect("var/state", 0777, "[paths] state_dir: ", "keeps there");
	expect("var/run", 0777, "[paths] run_dir: ", "everybody");
	expect("var/log", 0703, "[paths] log_dir: ", "everybody");
	/* config_warn, and so `config check`, has it. */
	assert_int_equal(chmod(at("lib/plugin"), 0777), 0);
	t.n = 0;
	config_warn(&t.config, on_warning, NULL);
	assert_int_equal(t.n, 1);
}

/* Who may rename needs no right to write. */
static void
f_d8_so_are_the_directories_above(void **state)
{
	expect("etc", 0777, "the directory ", "in the place of");
	expect("lib", 0777, "[alerts] exec: the directory ", "everybody");
	expect("var", 0777, "[paths] state_dir: the directory ", "everybody");
	/* A sticky one of root or our own, as /tmp: they can't. */
	expect("var", 01777, "", NULL);
	/* But put into it they can. */
	expect("var/state", 01777, "[paths] state_dir: ", "everybody");
}

/* The script behind a link, and behind its interpreter. */
static void
f_d8_links_are_followed(void **state)
{
	expect("lib/real/script", 0666, "[plugin \"b\"] exec: ", "everybody");
	expect("lib/real", 0777, "[plugin \"b\"] exec: the directory ",
	    "everybody");
}

static void
f_d8_another_users_file_is_that_users(void **state)
{
	struct passwd *nobody = getpwnam("nobody");
	uid_t uid;
	gid_t gid;

	if (geteuid() != 0 || nobody == NULL)
		left_out();
	uid = nobody->pw_uid;
	gid = nobody->pw_gid;
	assert_int_equal(chown(at("lib/plugin"), uid, gid), 0);
	expect("lib/plugin", 0755, "[plugin \"a\"] exec: ", "by user nobody");
	/* That plugin runs as nobody anyway. */
	free(t.config.plugin[0].user);
	t.config.plugin[0].user = base_strdup("nobody");
	expect("lib/plugin", 0755, "", NULL);
	assert_int_equal(chown(at("lib/plugin"), 0, gid), 0);
	expect("lib/plugin", 0755, "", NULL);
	expect("lib/plugin", 0775, "[plugin \"a\"] exec: ", "by group ");
	assert_int_equal(chown(at("lib/plugin"), 0, 0), 0);
	/* root's own group is no stranger. */
	expect("lib/plugin", 0775, "", NULL);
	/* And a fleet of nobody's is nobody's. */
	assert_int_equal(chown(at("etc/bot.conf"), uid, gid), 0);
	expect("etc/bot.conf", 0600, "bot.conf", "by user nobody");
	assert_int_equal(chown(at("var/state"), uid, gid), 0);
	expect("etc/bot.conf", 0600, "", NULL);
}

/* What is not there, and words that are no paths. */
static void
f_d8_nothing_there_is_nothing_to_say(void **state)
{
	rmdir(at("var/run"));
	unlink(at("lib/plugin"));
	expect("etc", 0755, "", NULL);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    T(f_d8_what_others_can_write_is_told),
	    T(f_d8_so_are_the_directories_above),
	    T(f_d8_links_are_followed),
	    T(f_d8_another_users_file_is_that_users),
	    T(f_d8_nothing_there_is_nothing_to_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
