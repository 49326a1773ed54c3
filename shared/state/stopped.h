/* SPDX-License-Identifier: MIT */
/*
 * An operator's word that the fleet is to be down: a file in state_dir that
 * `stop` leaves, `ensure` respects, also after a reboot, and the next start
 * takes away.  A supervisor that is told by a signal leaves none: systemd, or
 * the machine's shutdown, wants no more than an end for now.
 */
#ifndef SHARED_STATE_STOPPED_H
#define SHARED_STATE_STOPPED_H

#include "shared/base/err.h"

struct stopped {
	int64_t at_ms; /* wall clock */
	char by[64];   /* the user's name, or number */
};

/* Leaves the word, for the user of this process (behind sudo, who called it).
   As root the file becomes state_dir's owner's. */
int stopped_put(const char *state_dir, struct err *);
/* Is there one?  A damaged one counts: nobody else makes such a file. */
bool stopped_get(const char *state_dir, struct stopped *);
/* Somebody wants it to run; nothing happens when there is none. */
void stopped_clear(const char *state_dir);
/* "It was stopped by root at 2026-11-29 06:55:47 UTC". */
void stopped_words(const struct stopped *, char *out, size_t size);

#endif
