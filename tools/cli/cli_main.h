/* SPDX-License-Identifier: MIT */
/*
 * This room: the command line: the table of verbs, what each takes, and the way
 * to it. What a verb does is in the rooms below.
 */
#ifndef TOOLS_CLI_CLI_MAIN_H
#define TOOLS_CLI_CLI_MAIN_H

#include "tools/cli/base/cli.h"

/* The exit code of the process.  supervise: becomes the supervisor, for run and
 * start. */
int cli_main(int argc, char **argv, supervisor_fn *supervise);

/* The verbs about the program itself. */
cli_fn cli_main_help, cli_main_version;

#endif
