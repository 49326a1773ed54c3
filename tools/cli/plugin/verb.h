/* SPDX-License-Identifier: MIT */
/*
 * This room: the verb for plugins: what they do, orders to one, writing and
 * trying one.
 */
#ifndef TOOLS_CLI_PLUGIN_VERB_H
#define TOOLS_CLI_PLUGIN_VERB_H

#include "tools/cli/base/cli.h"

cli_fn verb_plugin;

/* plugin new: of the name in the second word; lang and dir may be NULL. */
int verb_plugin_new(struct cli *, const char *lang, const char *dir);

#endif
