/* SPDX-License-Identifier: MIT */
/* What `plugin` does without a fleet: write a plugin, and try one. */
#ifndef TOOLS_CLI_PLUGIN_CLI_PLUGIN_H
#define TOOLS_CLI_PLUGIN_CLI_PLUGIN_H

#include "tools/cli/base/cli.h"

/* cli_plugin_new.c; lang and dir may be NULL. */
int cli_plugin_new(struct cli *, const char *lang, const char *dir);
bool cli_plugin_name_ok(const char *);

/* cli_plugin_test.c */
struct cli_plugin_test {
	bool keep;		/* the folder stays */
	const char *conf;	/* a shardherd.conf, or NULL */
	struct cli_list config;	/* KEY=VALUE, of the plugin's own */
	struct cli_list say;	/* messages */
};
int cli_plugin_test(struct cli *, const struct cli_plugin_test *);

#endif
