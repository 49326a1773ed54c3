/* SPDX-License-Identifier: MIT */
/*
 * What a program of somebody else's that runs as our own user may not reach:
 * files are hidden in a mount namespace of its own, under an empty directory or
 * /dev/null; other processes' memory is out of reach, as theirs are other
 * rights than ours; and as root it loses the powers over the machine.  All else
 * stays as it is: it reads and writes what it could before.
 *
 * Not promised: a hidden file that is replaced shows again to those that run
 * already; other names of it (hard links, other mounts) were never hidden; and
 * what the program may write of ours elsewhere it may still write.
 */
#ifndef SHARED_PROCESS_CONFINE_H
#define SHARED_PROCESS_CONFINE_H

#include "shared/base/base.h"

#define CONFINE_FILES 1u     /* hidden is hidden, memory is out of reach */
#define CONFINE_PROCESSES 2u /* Landlock: memory, and signals where it can */
#define CONFINE_HIDDEN_MAX 8u

struct confine {
	unsigned what; /* CONFINE_*, as confine_probe found */
	const char *hidden[CONFINE_HIDDEN_MAX];
	size_t n;
	/* Names, up to a NULL: what is hidden of a hidden directory that
	 * can't be hidden as a whole. */
	const char *const *ours;
};

/* What works here and for us.  Forks and waits for it, the first time. */
unsigned confine_probe(void);
/*
 * In a child, before its exec and without other threads: 0, or -1 with errno
 * and what could not be done.  keep: paths that stay in sight, up to a NULL;
 * of a hidden directory above one of them only what is ours is hidden.
 */
int confine_enter(const struct confine *, const char *const *keep,
    const char **what);

#endif
