/* SPDX-License-Identifier: MIT */
/* What the command line says about itself, from the table of verbs. */
#ifndef TOOLS_CLI_HELP_H
#define TOOLS_CLI_HELP_H

#include "tools/cli/base/cli.h"

/* All verbs, by what they are for. */
void help_list(void);
/* One of them: its forms, options, exit codes and examples. */
void help_verb(const struct cli_verb *);

#endif
