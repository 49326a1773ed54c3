/* SPDX-License-Identifier: MIT */
/* What two configs differ in, and the one between them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "shared/config/config_diff.h"

#define HEAD "[bot]\nintents = GUILDS\n"
#define PLUGIN(name, rest) "[plugin \"" name "\"]\nexec = /bin/cat\n" rest

static struct config was, now, out;
static char words[8192];

static void
problem(const char *line, void *arg)
{
	fail_msg("%s", line);
}

static void
load(const char *a, const char *b)
{
	struct err e;

	assert_int_equal(config_parse(&was, "/tmp/c.conf", a, problem, NULL,
			     &e),
	    0);
	assert_int_equal(config_parse(&now, "/tmp/c.conf", b, problem, NULL,
			     &e),
	    0);
	words[0] = '\0';
}

static int
unload(void **state)
{
	config_free(&was);
	config_free(&now);
	config_free(&out);
	return 0;
}

static void
on_change(const struct config_diff_change *c, void *arg)
{
	size_t len = strlen(words);

	config_diff_change_words(c, words + len, sizeof(words) - len);
	strcat(words, config_diff_change_live(c) ? " live\n" : " left\n");
}

static void
test_same(void **state)
{
	load(HEAD "[log]\nfiles = 14\n", HEAD);
	assert_int_equal(config_diff(&was, &now, NULL, NULL), 0);
}

static void
test_words(void **state)
{
	load(HEAD PLUGIN("a", "") PLUGIN("b", "window = 9\n"),
	    HEAD
	    "[gateway]\ncompress = none\n[log]\nlevel = debug\n" PLUGIN("b",
		"window = 10\n") PLUGIN("c", ""));
	assert_int_equal(config_diff(&was, &now, on_change, NULL), 5);
	assert_string_equal(words,
	    "[gateway] compress: \"auto\" -> \"none\" left\n"
	    "[log] level: \"info\" -> \"debug\" live\n"
	    "[plugin \"a\"]: taken out (/bin/cat) live\n"
	    "[plugin \"b\"] window: \"9\" -> \"10\" live\n"
	    "[plugin \"c\"]: new (/bin/cat) live\n");
}

/* A plugin's own keys: which, but never what they hold. */
static void
test_own(void **state)
{
	struct err e;

	load(HEAD PLUGIN("a",
		 "config.x = 1\nconfig.y = secret\n"
		 "config.z = = a b ; c\n"),
	    HEAD PLUGIN("a",
		"config.new = 2\n"
		"config.y = other\nconfig.z = = a b ; c\n"));
	config_diff(&was, &now, on_change, NULL);
	assert_string_equal(words,
	    "[plugin \"a\"] config.x: taken out live\n"
	    "[plugin \"a\"] config.y: another value live\n"
	    "[plugin \"a\"] config.new: new live\n");
	assert_int_equal(config_diff_merge(&was, &now, &out, &e), 0);
	assert_string_equal(out.plugin[0].own, "new=2\ny=other\nz== a b ; c\n");
	assert_int_equal(config_diff(&out, &now, NULL, NULL), 0);
}

/* Merging takes the live half; what is left is the other half. */
static void
test_merge(void **state)
{
	struct err e;

	load(HEAD
	    "[gateway]\nshards = 3\n[alerts]\nexec = /bin/true\n" PLUGIN("a",
		""),
	    "[bot]\nintents = GUILDS, GUILD_MESSAGES\n"
	    "presence = {\"status\":\"idle\"}\n[handler]\nprobation = 3s\n" PLUGIN(
		"b", "window = 7\ntimeout = 90s\n"));
	assert_int_equal(config_diff_merge(&was, &now, &out, &e), 0);
	config_diff(&out, &now, on_change, NULL);
	assert_null(strstr(words, " live"));
	assert_int_equal(out.intents, 1);
	assert_int_equal(out.shards, 3);
	assert_string_equal(out.presence, "");
	assert_true(out.handler_probation_s == 3);
	assert_string_equal(out.alert_exec, "");
	assert_int_equal(out.plugins, 1);
	assert_string_equal(out.plugin[0].name, "b");
	assert_int_equal(out.plugin[0].window, 7);
	/* Its text is what a handler reads: it says the same. */
	config_free(&now);
	assert_int_equal(config_parse(&now, "/tmp/c.conf", out.text, problem,
			     NULL, &e),
	    0);
	assert_int_equal(config_diff(&out, &now, NULL, NULL), 0);
}

/* The other half, as far as it is the shards'. */
static void
test_merge_shards(void **state)
{
	struct err e;

	load(HEAD "[gateway]\nshards = 3\n" PLUGIN("a", ""),
	    "[bot]\nintents = GUILDS, GUILD_MESSAGES\n"
	    "presence = {\"status\":\"idle\"}\n[handler]\nprobation = 3s\n"
	    "[limits]\nspool_age = 5m\n[log]\nfiles = 9\n" PLUGIN("b",
		"window = 7\n"));
	assert_int_equal(config_diff_merge_shards(&was, &now, &out, &e), 0);
	config_diff(&was, &out, on_change, NULL);
	assert_string_equal(words,
	    "[bot] presence: \"\" -> \"{\"status\":\"idle\"}\" left\n"
	    "[limits] spool_age: \"1h\" -> \"5m\" left\n");
	assert_int_equal(out.shards, 3);
	assert_string_equal(out.plugin[0].name, "a");
	assert_true(config_diff_sum(&was, CONFIG_RELOAD_SHARDS)
	    != config_diff_sum(&out, CONFIG_RELOAD_SHARDS));
	assert_true(config_diff_sum(&now, CONFIG_RELOAD_SHARDS)
	    == config_diff_sum(&out, CONFIG_RELOAD_SHARDS));
}

static void
test_merge_one_plugin(void **state)
{
	struct err e;

	load(HEAD PLUGIN("a", "") PLUGIN("b", ""),
	    HEAD "[log]\nfiles = 9\n" PLUGIN("a", "window = 1\n")
		PLUGIN("b", "window = 2\n") PLUGIN("c", "window = 3\n"));
	assert_int_equal(config_diff_merge_plugin(&was, &now, "b", &out, &e),
	    0);
	config_diff(&was, &out, on_change, NULL);
	assert_string_equal(words,
	    "[plugin \"b\"] window: \"64\" -> \"2\" live\n");
	config_free(&out);
	words[0] = '\0';
	assert_int_equal(config_diff_merge_plugin(&was, &now, "c", &out, &e),
	    0);
	config_diff(&was, &out, on_change, NULL);
	assert_string_equal(words, "[plugin \"c\"]: new (/bin/cat) live\n");
	config_free(&out);
	words[0] = '\0';
	assert_int_equal(config_diff_merge_plugin(&now, &was, "c", &out, &e),
	    0);
	config_diff(&now, &out, on_change, NULL);
	assert_string_equal(words,
	    "[plugin \"c\"]: taken out (/bin/cat) live\n");
}

int
main(void)
{
#define T(f) cmocka_unit_test_teardown(f, unload)
	const struct CMUnitTest tests[] = {
	    T(test_same),
	    T(test_words),
	    T(test_own),
	    T(test_merge),
	    T(test_merge_shards),
	    T(test_merge_one_plugin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
