/* SPDX-License-Identifier: MIT */
/*
 * The first moments of a program that a supervisor has become by exec: what the
 * one before handed over, as words KEY=VALUE.  A word this program does not
 * know is passed over, one that is missing has a value that means none, so that
 * neither side need be of the same version.
 */
#ifndef SUPERVISOR_UPGRADE_UPGRADE_HANDOFF_H
#define SUPERVISOR_UPGRADE_UPGRADE_HANDOFF_H

#include "shared/base/err.h"
#include "shared/wire/role_args.h"

#include <sys/resource.h>

/*
 * X(member, key): fds survive the exec, and are of the new program from then
 * on; -1: none.
 */
#define UPGRADE_HANDOFF_FDS(X)                                                 \
	X(lock, "lock")		/* of state_dir/lock, locked */                \
	X(config, "config")	/* memfd: the text in force */                 \
	X(token, "token")	/* pipe: the token in force */                 \
	X(client, "client")	/* control client that is told how it went */  \
	X(back, "back")		/* the program of before, to return to */      \
	X(guard, "guard")	/* channel to the guard, upgrade_guard.h */    \
	X(gate_log, "gate_log") /* of kept.h, each */                          \
	X(gate_listen, "gate_listen")                                          \
	X(rest_listen, "rest_listen")                                          \
	X(web_listen, "web_listen")                                            \
	X(web_public, "web_public")

#define UPGRADE_HANDOFF_NUMBERS(X)                                             \
	X(count, "count") /* shards of the layout; 0: none yet */              \
	X(foreground, "foreground")                                            \
	X(handler, "handler")	/* 1: replace it, when all is taken over */    \
	X(restart, "restart")	/* 1: everything was stopped before */         \
	X(nofile, "nofile")	/* soft limit of fds as once started with */   \
	X(returned, "returned") /* 1: the next program could not start */

struct arrival {
#define X(m, s) int m;
	UPGRADE_HANDOFF_FDS(X)
#undef X
#define X(m, s) uint64_t m;
	UPGRADE_HANDOFF_NUMBERS(X)
#undef X
	const char *path; /* of the config file */
	const char *from; /* version of before; "": not known */
	const char *home; /* path of the program behind back, or "" */
	const char *why;  /* with returned: a sentence */
};

/* The role. */
int upgrade_handoff_main(int argc, char **argv, char **main_argv,
    supervisor_fn *supervise);
/* 0, or -1 with EXIT_USAGE when a word makes no sense. */
int upgrade_handoff_parse(int argc, char **argv, struct arrival *,
    struct err *);
/*
 * The words for the exec of path in this role, which the caller frees with
 * free(): argv[0] is path, and borrowed as all of *a.
 */
char **upgrade_handoff_argv(const struct arrival *, char *path);
/* Before the exec the fds must survive it; after it, or when it failed, not. */
void upgrade_handoff_keep(const struct arrival *, bool keep);

#endif
