/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_CLI_TOP_VERB_H
#define TOOLS_CLI_TOP_VERB_H

#include "tools/cli/base/cli.h"

cli_fn verb_top;
/* "ncurses 6.4.20221231", for `version`. */
const char *verb_top_curses(void);

#endif
