/* SPDX-License-Identifier: MIT */
/*
 * What the handler inherits at its start: config, token, limits (contract.h).
 * Nothing here outlives the start; a secret is wiped where it was read.
 */
#ifndef HANDLER_INHERIT_H
#define HANDLER_INHERIT_H

#include "handler/process/plugin_spawn.h"
#include "shared/config/config.h"

#define INHERIT_CONFIG_MAX (1u << 20)
#define INHERIT_TOKEN_MAX 512u

/*
 * A config as the supervisor read it, from a memfd; path is whose it is.  The
 * problems are logged.
 */
int inherit_config(struct config *, int fd, const char *path, struct err *);
/* The folder of the config file. */
void inherit_dir(const struct config *, char *dir, size_t size);
/* Closes fd.  The caller wipes INHERIT_TOKEN_MAX + 1 bytes and frees. */
char *inherit_token(int fd, struct err *);
/* More fds for plugins and uplinks; no core with a token in it (I6). */
void inherit_limits(struct plugin_spawn_limits *);
/* The reading end of our own log pipe; -1: none. */
int inherit_log(void);
/* A signalfd for what the handler acts on; the rest is set as it must be. */
int inherit_signals(struct err *);

#endif
