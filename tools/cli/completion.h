/* SPDX-License-Identifier: MIT */
/*
 * Completion for shells: their scripts, which ask this program what may come
 * next, and the answer, from the table of verbs and the fleet's page.
 */
#ifndef TOOLS_CLI_COMPLETION_H
#define TOOLS_CLI_COMPLETION_H

#include "tools/cli/base/cli.h"

cli_fn completion_verb;

#endif
