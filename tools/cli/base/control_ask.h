/* SPDX-License-Identifier: MIT */
/*
 * One question to the supervisor over its control socket.  Each call waits for
 * the answer, and first for a supervisor that is just about to listen again.
 */
#ifndef TOOLS_CLI_BASE_CONTROL_ASK_H
#define TOOLS_CLI_BASE_CONTROL_ASK_H

#include "shared/config/config.h"

struct json_object;

/* A request, to be filled in and handed to one of the next two. */
struct json_object *control_ask_new(const char *cmd);
/*
 * Sends the request (taken over) and returns the answer, which the caller puts.
 * NULL with err: EXIT_DOWN when nobody listens, else as the supervisor says.
 */
struct json_object *control_ask(const struct config *,
    struct json_object *request, struct err *);
/* The same when the answer comes in lines: fn (NULL: none) gets those before
 * the last.  fd: goes with the request, -1: none. */
typedef void control_ask_fn(const char *key, const char *text, void *arg);
struct json_object *control_ask_lines(const struct config *,
    struct json_object *request, int fd, double seconds, control_ask_fn *,
    void *arg, struct err *);

/* Does anybody listen? */
bool control_ask_anybody(const struct config *);

#endif
