/* SPDX-License-Identifier: MIT */
/* Whose token is it, by the API of the config?  One GET /users/@me; the token never reaches a message. */
#ifndef TOOLS_CLI_DATA_TOKEN_WHO_H
#define TOOLS_CLI_DATA_TOKEN_WHO_H

#include "tools/cli/base/cli.h"

struct token_who {
	char name[128];
	char id[32];
};

/*
 * 0 with who; -1 with EXIT_CONFIG when the API says the token is wrong,
 * EXIT_TRY_LATER when it cannot be asked now.
 */
int token_who_ask(const struct cli *, const char *token, struct token_who *,
    struct err *);

#endif
