/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_CLI_SEE_VERB_CHECK_H
#define TOOLS_CLI_SEE_VERB_CHECK_H

#include "tools/cli/base/view.h"

/* "main WARNING - 15/16 ready, shard 7 ... | ready=15;..."; the exit code.
 * trouble: of the config file, which is not the fleet's, or "". */
int verb_check_line(const struct view *, const char *trouble, char *out,
    size_t size);

#endif
