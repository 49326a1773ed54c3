/* SPDX-License-Identifier: MIT */
/*
 * This room: verbs that look, at the stats page, the store and the log; they
 * ask none of the processes (I7), but for `budget --ask` and `--force`.
 */
#ifndef TOOLS_CLI_SEE_VERB_H
#define TOOLS_CLI_SEE_VERB_H

#include "tools/cli/base/cli.h"
#include "shared/view/view.h"

cli_fn verb_budget, verb_check, verb_logs;

/* "main WARNING - 15/16 ready, shard 7 ... | ready=15;..."; the exit code.
 * trouble: of the config file, which is not the fleet's, or "". */
int verb_check_line(const struct view *, const char *trouble, char *out,
    size_t size);

#endif
