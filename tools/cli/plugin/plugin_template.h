/* SPDX-License-Identifier: MIT */
/*
 * plugin new: writes a plugin that works as it is, from the files the program
 * carries.  It makes one folder and never touches one that exists.
 */
#ifndef TOOLS_CLI_PLUGIN_PLUGIN_TEMPLATE_H
#define TOOLS_CLI_PLUGIN_PLUGIN_TEMPLATE_H

#include "tools/cli/base/cli.h"

/* Of the name in the second word; lang and dir may be NULL.  The exit code. */
int plugin_template(struct cli *, const char *lang, const char *dir);

#endif
