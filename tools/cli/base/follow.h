/* SPDX-License-Identifier: MIT */
/* Orders whose answer comes in lines: they are shown as they come. */
#ifndef TOOLS_CLI_BASE_FOLLOW_H
#define TOOLS_CLI_BASE_FOLLOW_H

#include "tools/cli/base/cli.h"

/* Shows one line before the last; arg: struct cli.  A control_ask_fn. */
void follow_show(const char *key, const char *text, void *arg);
/* The last line (taken over) is shown with --json only; EXIT_FINE. */
int follow_end(struct cli *, struct json_object *answer);
/*
 * Sends the request (taken over), shows the lines, and how far it is: "The
 * handler is replaced".  The exit code, EXIT_WAIT when the seconds are over.
 */
int follow_order(struct cli *, struct json_object *request, const char *what,
    double seconds);

#endif
