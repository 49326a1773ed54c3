/* SPDX-License-Identifier: MIT */
/* Parts of plugin_test.c: what each may use of it. */
#ifndef TOOLS_CLI_PLUGIN_TEST_PLUGIN_TEST_IMPL_H
#define TOOLS_CLI_PLUGIN_TEST_PLUGIN_TEST_IMPL_H

#include "tools/cli/plugin_test/trial.h"

enum plugin_test_verdict { PASS, NOTE, FAIL };

struct plugin_test {
	struct cli *cli;
	struct trial trial;
	struct json_object *checks;
	unsigned failed;
};

/* A line of the result; 0. */
int plugin_test_say(struct plugin_test *, enum plugin_test_verdict,
    const char *check, const char *, ...) printflike(4, 5);
/* -1, with why nothing can be said of the plugin. */
int plugin_test_give_up(struct plugin_test *, const char *what);
uint64_t plugin_test_in_s(unsigned seconds);

/* plugin_test_commands.c: 0, or -1 when the rig fails. */
int plugin_test_commands(struct plugin_test *);
int plugin_test_messages(struct plugin_test *, const struct option_list *);

#endif
