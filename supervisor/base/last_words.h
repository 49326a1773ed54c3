/* SPDX-License-Identifier: MIT */
/*
 * A supervisor that dies by a broken invariant or a signal says so: in the
 * log, and in the lock file behind its pid, where the next one finds it.  One
 * that ended in order leaves the lock file empty; a pid without words is one
 * that was killed, or went down with the machine.
 */
#ifndef SUPERVISOR_BASE_LAST_WORDS_H
#define SUPERVISOR_BASE_LAST_WORDS_H

#include "shared/base/base.h"

#define LAST_WORDS_MAX 512

/*
 * Fatal signals are ours from here on, until last_words_over(); arg and the
 * lock stay the caller's and must live as long.  log is called from within the
 * signal.  Once per process.
 */
void last_words_begin(void (*log)(void *arg, const char *text), void *arg,
    int lock_fd);
/* It ends in order: the lock file says nothing. */
void last_words_over(int lock_fd);

/*
 * What the supervisor before this one left in the lock, read before this one
 * writes its own pid: "" when it ended in order or never was, else a sentence.
 */
void last_words_found(int lock_fd, char out[LAST_WORDS_MAX]);

#endif
