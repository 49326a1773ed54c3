/* SPDX-License-Identifier: MIT */
/*
 * What a handler starts with: the inherited descriptors, and every module
 * tied to the ones it needs.
 */
#ifndef HANDLER_SETUP_H
#define HANDLER_SETUP_H

#include "handler/handler_impl.h"

/* More fds for plugins and uplinks; no core with a token in it (I6). */
void setup_limits(struct guest_limits *);
/* path: the configuration's.  0, or -1: the process is to end. */
int setup_handler(struct handler *, const char *path, struct err *);

#endif
