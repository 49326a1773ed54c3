/* SPDX-License-Identifier: MIT */
/* config.KEY in a plugin's section: what is its own. */
#include "shared/config/config_keys.h"
#include "shared/config/config_plugin_keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct {
	char said[32][1200];
	size_t n;
	struct config config;
	struct err err;
} t;

static void
on_problem(const char *line, void *arg)
{
	assert_true(t.n < nitems(t.said));
	str_copy(t.said[t.n++], line, sizeof(t.said[0]));
}

static int
parse(const char *text)
{
	t.n = 0;
	config_free(&t.config);
	return config_parse(&t.config, "shardherd.conf", text, on_problem, NULL,
	    &t.err);
}

#define BOT "[bot]\nintents = GUILDS\n"

static void
test_own_keys(void **state)
{
	static const char *const want[] = {
	    "[bot] config.x: unknown key",
	    "config.x: given twice",
	    "config.: expected config.",
	    "config.a b: expected config.",
	    "config.bad: expected UTF-8",
	    "cnfig.KEY: unknown key; did you mean config.KEY?",
	};
	char *json;

	assert_int_equal(parse(BOT
			     "[plugin \"p\"]\nexec = /bin/cat\n"
			     "config.url = http://h:1/?a=b\nconfig.empty =\n"
			     "config.a.b-c_D = \"\xe2\x9c\x82\\\n"),
	    0);
	json = config_plugin_keys_json(t.config.plugin[0].own);
	assert_string_equal(json,
	    "{\"url\":\"http://h:1/?a=b\",\"empty\":"
	    "\"\",\"a.b-c_D\":\"\\\"\xe2\x9c\x82\\\\\"}");
	free(json);
	json = config_plugin_keys_json(NULL);
	assert_string_equal(json, "{}");
	free(json);
	assert_int_equal(
	    parse(
		BOT "config.x = 1\n[plugin \"p\"]\n"
		    "exec = /bin/cat\nconfig.x = 1\nconfig.x = 2\nconfig. = 1\n"
		    "config.a b = 1\nconfig.bad = \xff\ncnfig.KEY = 1\n"),
	    -1);
	assert_int_equal(t.n, nitems(want));
	for (size_t i = 0; i < nitems(want); i++)
		assert_non_null(strstr(t.said[i], want[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_own_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
