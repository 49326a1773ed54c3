/* SPDX-License-Identifier: MIT */
/* This room: verbs for what lies on disk: the config, the token and
 * the store. */
#ifndef TOOLS_CLI_DATA_VERB_H
#define TOOLS_CLI_DATA_VERB_H

#include "tools/cli/base/cli.h"

cli_fn verb_cache, verb_client, verb_config, verb_db, verb_deadletter,
    verb_init, verb_rank, verb_token;

int verb_config_diff(struct cli *);

/* token reload: the exit code. */
struct verb_token_reload {
	const char *file; /* NULL: where the supervisor finds it; "-" */
	bool dry, yes, force, no_wait;
};
int verb_token_reload(struct cli *, const struct verb_token_reload *);

#endif
