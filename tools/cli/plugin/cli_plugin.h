/* SPDX-License-Identifier: MIT */
/* What `plugin` does without a fleet: write a plugin, and try one. */
#ifndef TOOLS_CLI_PLUGIN_CLI_PLUGIN_H
#define TOOLS_CLI_PLUGIN_CLI_PLUGIN_H

#include "tools/cli/base/cli.h"

/* cli_plugin_new.c; lang and dir may be NULL. */
int plugin_template(struct cli *, const char *lang, const char *dir);
bool trial_name_ok(const char *);

/* cli_plugin_test.c */
struct plugin_test_what {
	bool keep;		/* the folder stays */
	const char *conf;	/* a shardherd.conf, or NULL */
	struct option_list config;	/* KEY=VALUE, of the plugin's own */
	struct option_list say;	/* messages */
};
int plugin_test_run(struct cli *, const struct plugin_test_what *);

#endif
