/* SPDX-License-Identifier: MIT */
/* Commands whose answer comes in lines. */
#ifndef TOOLS_CLI_BASE_FOLLOW_H
#define TOOLS_CLI_BASE_FOLLOW_H

#include "tools/cli/base/cli.h"

/* Shows one line of an answer; arg: struct cli. */
void follow_show(const char *key, const char *text, void *arg);
/* Sends the request (taken over), shows the lines; the exit code, EXIT_WAIT
 * when the seconds are over. */
int follow_order(struct cli *, struct json_object *request, double seconds);
/* The same, and fd goes with the request; -1: none. */
int follow_fd(struct cli *, struct json_object *request, int fd,
    double seconds);
/* The same, but the last line is the caller's; NULL with c->err. */
struct json_object *follow_answer(struct cli *,
    struct json_object *request, double seconds);

#endif
