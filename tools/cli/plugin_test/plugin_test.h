/* SPDX-License-Identifier: MIT */
/*
 * This room: plugin test: the plugin runs in a fleet of its own against the
 * simulator, with a tap between it and the handler.  It gets events and each
 * command it declares; what it said is judged, a line per check.
 */
#ifndef TOOLS_CLI_PLUGIN_TEST_PLUGIN_TEST_H
#define TOOLS_CLI_PLUGIN_TEST_PLUGIN_TEST_H

#include "tools/cli/base/option.h"

struct plugin_test_what {
	bool keep;		   /* the folder stays */
	const char *conf;	   /* a shardherd.conf, or NULL */
	struct option_list config; /* KEY=VALUE, of the plugin's own */
	struct option_list say;	   /* messages */
};
/* Of the words behind "test"; the exit code. */
int plugin_test_run(struct cli *, const struct plugin_test_what *);

#endif
