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

/* What this kernel can do; a missing part in words, "" when there is none. */
unsigned sandbox_probe(char *missing, size_t size);
/*
 * For good: files below dir to read and write (and where dir/db and dir/spool
 * lead, should they be links), those of the system and ca_file ("": none) to
 * read, and nothing to execute.  Returns what holds now.
 */
unsigned sandbox_enter(const char *dir, const char *ca_file);

#endif
