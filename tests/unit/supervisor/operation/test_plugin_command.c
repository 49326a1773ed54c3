/* SPDX-License-Identifier: MIT */
/* Plugin commands, the handler a puppet: what it says decides. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <signal.h>
#include <string.h>

#include "tests/unit/supervisor/puppet.h"

static struct fleet *f;

static void
answer(bool ok, enum plugin_section section, bool unknown)
{
	struct msg_plugin_answer m = {.ok = ok,
	    .section = section,
	    .unknown = unknown};

	plugin_command_answered(f->plugin_command, f->handler,
	    f->plugin_command->serial, &m);
}

static void
ask_plugin(enum plugin_action action)
{
	struct msg_plugin m = {.action = action, .name = "x"};
	struct err e;

	if (plugin_command_ask(f->plugin_command, 0, &m, &e) == -1)
		fail_msg("%s", e.text);
}

static void
append_plugin(const char *exec)
{
	FILE *out = fopen(f->config->path, "a");

	fprintf(out, "[plugin \"x\"]\nexec = %s\n", exec);
	fclose(out);
}

static void
f_c10_the_handler_knows_which_plugins_there_are(void **state)
{
	f = puppet_open("", false);
	append_plugin("/bin/false");
	/* It does not come up, and is tried again: it is there. */
	ask_plugin(PLUGIN_DO_LOAD);
	answer(false, PLUGIN_SECTION_TAKEN, false);
	assert_int_equal(f->config->plugins, 1);
	assert_non_null(strstr(f->handler->program.config, "/bin/false"));
	ask_plugin(PLUGIN_DO_UNLOAD);
	answer(true, PLUGIN_SECTION_LEFT, false);
	assert_int_equal(f->config->plugins, 1);
	assert_false(plugin_command_busy(f->plugin_command));
	puppet_close();
	/* Whatever we think there is, it is asked. */
	f = puppet_open("", false);
	ask_plugin(PLUGIN_DO_UNLOAD);
	assert_int_equal(puppet_told(f->handler, MSG_PLUGIN), 1);
	answer(false, PLUGIN_SECTION_LEFT, true);
	assert_int_equal(f->config->plugins, 0);
	puppet_close();
}

/* Up already: what the file says now is not what it runs with. */
static void
f_c10_a_section_is_in_force_when_taken(void **state)
{
	f = puppet_open("", false);
	append_plugin("/bin/false");
	ask_plugin(PLUGIN_DO_LOAD);
	answer(true, PLUGIN_SECTION_LEFT, false);
	assert_int_equal(f->config->plugins, 0);
	/* Nobody waits any more, and it is taken nevertheless. */
	ask_plugin(PLUGIN_DO_LOAD);
	fake_time_advance(600000);
	assert_false(plugin_command_busy(f->plugin_command));
	answer(true, PLUGIN_SECTION_TAKEN, false);
	assert_int_equal(f->config->plugins, 1);
	puppet_close();
	/* An older handler says nothing about it. */
	f = puppet_open("", false);
	append_plugin("/bin/false");
	ask_plugin(PLUGIN_DO_LOAD);
	answer(true, PLUGIN_SECTION_UNSAID, false);
	assert_int_equal(f->config->plugins, 1);
	puppet_close();
}

static void
test_a_handler_dies_that_was_asked(void **state)
{
	f = puppet_open("", false);
	ask_plugin(PLUGIN_DO_UNLOAD);
	puppet_dies(f->handler, SIGKILL);
	assert_false(plugin_command_busy(f->plugin_command));
	puppet_close();
}

int
main(void)
{
#define T(name) cmocka_unit_test(name)
	const struct CMUnitTest tests[] = {
	    T(f_c10_the_handler_knows_which_plugins_there_are),
	    T(f_c10_a_section_is_in_force_when_taken),
	    T(test_a_handler_dies_that_was_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
