/* SPDX-License-Identifier: MIT */
/*
 * This room: `status`: the whole fleet in the rows and columns there are.
 */
#ifndef TOOLS_CLI_STATUS_VERB_H
#define TOOLS_CLI_STATUS_VERB_H

#include "tools/cli/base/cli.h"

cli_fn verb_status;

#endif
