/* SPDX-License-Identifier: MIT */
/*
 * Makes processes: shards by fork alone, handlers, gate, web and runners by exec
 * of their program.
 * Each gets exactly the fds contract.h names and nothing else of ours.
 */
#ifndef SUPERVISOR_CHILD_SPAWN_H
#define SUPERVISOR_CHILD_SPAWN_H

#include "supervisor/base/helper.h"
#include "supervisor/child/member.h"

/* Sets pid, ipc and lines of the child. */
int spawn_child(struct member *, struct err *);
/* Takes over both ends of a child's that we have: channel and log pipe. */
void spawn_listen(struct member *, int control, int log_fd);
/*
 * A memfd with a config as we read it: a file edited since must not reach one
 * child and not the other.
 */
int spawn_config(const char *text, struct err *);
/* A pipe that holds the token: no environment and no argument does. */
int spawn_token(const char *token, struct err *);
/* The program at path in its examining role (contract.h), as a helper: what it
 * prints is what that says. */
int spawn_examiner(struct fleet *, struct helper *, const struct program *,
    const char *path, double deadline_s, struct err *);

#endif
