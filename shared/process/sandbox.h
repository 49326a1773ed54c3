/* SPDX-License-Identifier: MIT */
/*
 * What a process that talks to the outside may still do once it has started:
 * Landlock leaves it the files it needs, seccomp takes system calls that only
 * an intruder would want.  A kernel without one of them goes on without it.
 * Children inherit both, so nobody who starts plugins may use it.
 */
#ifndef SHARED_PROCESS_SANDBOX_H
#define SHARED_PROCESS_SANDBOX_H

#include "shared/base/base.h"

#define SANDBOX_FILES 1u /* Landlock holds */
#define SANDBOX_CALLS 2u /* seccomp holds */
#define SANDBOX_ALL (SANDBOX_FILES | SANDBOX_CALLS)
#define SANDBOX_NET 4u /* ... for TCP, too: kernels since 6.7, not in ALL */
#define SANDBOX_PATHS 8u

/* What this kernel can do; a missing part in words, "" when there is none. */
unsigned sandbox_probe(char *missing, size_t size);
/*
 * For good: files below dir to read and write (and where dir/db and dir/spool
 * lead, should they be links), those of the system and ca_file ("": none) to
 * read, and nothing to execute.  Returns what holds now.
 */
unsigned sandbox_enter(const char *dir, const char *ca_file);

/* A cage of another cut: "" and NULL end the paths, 0 the ports. */
struct sandbox_cage {
	const char *write[SANDBOX_PATHS]; /* files below these, to write too */
	const char *read[SANDBOX_PATHS];  /* files, and what is below these */
	uint16_t connect[SANDBOX_PATHS];  /* TCP ports it may connect to; it
					     may listen at none */
	bool system; /* files of name service, certificates, libraries */
};
/* The same with that, and without capabilities.  What is missing on the disk
 * needs no rule. */
unsigned sandbox_enter_cage(const struct sandbox_cage *);

#endif
