/* SPDX-License-Identifier: MIT */
/*
 * What an exec'ed process, handler or gate, inherits at its start: config,
 * token, fds (contract.h).  Nothing here outlives the start; a secret is wiped
 * where it was read.
 */
#ifndef SHARED_WIRE_INHERIT_H
#define SHARED_WIRE_INHERIT_H

#include "shared/config/config.h"
#include "shared/wire/nonce.h"

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
/* All from CONTRACT_FD_CONTROL to last are for this process alone. */
void inherit_fds(int last);
/* One that need not be there: -1 then. */
int inherit_given(int fd);
/* Closes fd. */
int inherit_nonce(int fd, struct nonce *, struct err *);
/* The reading end of our own log pipe; -1: none. */
int inherit_log(void);
/* A signalfd for what such a process acts on; the rest is set as it must be. */
int inherit_signals(struct err *);

#endif
