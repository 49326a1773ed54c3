/* SPDX-License-Identifier: MIT */
/*
 * token reload: has the supervisor check another token and move the fleet over.
 * The cost is shown first; a person is asked, a script says --yes.  The token
 * comes from the supervisor's own source, a file or stdin, never from argv.
 */
#ifndef TOOLS_CLI_DATA_TOKEN_RELOAD_H
#define TOOLS_CLI_DATA_TOKEN_RELOAD_H

#include "tools/cli/base/cli.h"

struct token_reload {
	const char *file;	/* NULL: where the supervisor finds it; "-" */
	bool dry, yes, force, no_wait;
};
/* The exit code; all is said. */
int token_reload(struct cli *, const struct token_reload *);

#endif
