/* SPDX-License-Identifier: MIT */
/*
 * What the supervisor keeps open for processes that come and go: the gate's
 * log, a memfd, and the sockets at which the gate, the handler and web listen.  So
 * one that is killed loses no event, and who connects meanwhile waits in the
 * socket's queue instead of being refused.  Nothing here is read or written.
 */
#ifndef SUPERVISOR_CHILD_KEPT_H
#define SUPERVISOR_CHILD_KEPT_H

#include "shared/base/err.h"
#include "shared/wire/contract.h"

#define KEPT_BACKLOG 512 /* connections that wait */

struct fleet;

struct kept {
	struct fleet *fleet;
	int fd[KEPTS]; /* -1: there is none */
};

void kept_init(struct kept *, struct fleet *);
/*
 * What a process with this config text needs, made if there is none that fits:
 * an fd that stays ours; -1 with err, whose code is EXIT_FINE when it needs
 * none.
 */
int kept_need(struct kept *, enum contract_kept, const char *config,
    struct err *);
/* One that an orphan, or the program before us, had: it is used when there is
 * none yet.  fd stays the caller's. */
void kept_take(struct kept *, enum contract_kept, int fd);
void kept_close(struct kept *);

#endif
