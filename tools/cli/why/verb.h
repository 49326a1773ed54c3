/* SPDX-License-Identifier: MIT */
#ifndef TOOLS_CLI_WHY_VERB_H
#define TOOLS_CLI_WHY_VERB_H

#include "tools/cli/base/cli.h"

cli_fn verb_why;
/* Of `client` and `shard`; the config is loaded. */
int verb_why_client(struct cli *, const char *name);
int verb_why_shard(struct cli *, uint64_t id);

#endif
