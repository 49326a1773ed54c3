/* SPDX-License-Identifier: MIT */
/* Commands whose answer comes in lines. */
#ifndef TOOLS_CLI_RELOAD_H
#define TOOLS_CLI_RELOAD_H

#include "tools/cli.h"

/* Sends the request (taken over), shows the lines; the exit code. */
int cli_follow(struct cli *, struct json_object *request, double seconds);

#endif
