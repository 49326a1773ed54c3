/* SPDX-License-Identifier: MIT */
/* What `plugin` does without a fleet: write a plugin, and try one. */
#ifndef TOOLS_CLI_PLUGIN_H
#define TOOLS_CLI_PLUGIN_H

#include "tools/cli.h"

/* cli_plugin_new.c; lang and dir may be NULL. */
int cli_plugin_new(struct cli *, const char *lang, const char *dir);
bool cli_plugin_name_ok(const char *);

/* cli_plugin_test.c */
int cli_plugin_test(struct cli *, bool keep);

#endif
