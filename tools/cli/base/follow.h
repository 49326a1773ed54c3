/* SPDX-License-Identifier: MIT */
/* Commands whose answer comes in lines. */
#ifndef TOOLS_CLI_BASE_FOLLOW_H
#define TOOLS_CLI_BASE_FOLLOW_H

#include "tools/cli/base/cli.h"

/* Shows one line of an answer; arg: struct cli. */
void cli_show_line(const char *key, const char *text, void *arg);
/* Sends the request (taken over), shows the lines; the exit code, EXIT_WAIT
 * when the seconds are over. */
int cli_follow(struct cli *, struct json_object *request, double seconds);
/* The same, and fd goes with the request; -1: none. */
int cli_follow_fd(struct cli *, struct json_object *request, int fd,
    double seconds);
/* The same, but the last line is the caller's; NULL with c->err. */
struct json_object *cli_reload_follow(struct cli *,
    struct json_object *request, double seconds);

#endif
