/* SPDX-License-Identifier: MIT */
/*
 * What must be right before anything starts: directories, the lock, fds.
 * Every failure is one sentence with what to do about it.
 */
#ifndef SUPERVISOR_BASE_PREFLIGHT_H
#define SUPERVISOR_BASE_PREFLIGHT_H

#include <sys/resource.h>

#include "shared/config/config.h"
#include "supervisor/base/last_words.h"

/* Makes dir (and parents, 0700) when missing; it must be writable. */
int preflight_make_dir(const char *key, const char *dir, struct err *);
/* None of state_dir, run_dir and log_dir may belong to another user. */
int preflight_owner(const struct config *, struct err *);
/* state_dir, run_dir, log_dir. */
int preflight_dirs(const struct config *, struct err *);
/* Is this directory lost at a reboot? */
bool preflight_is_tmpfs(const char *dir);
/*
 * Locks state_dir/lock for the life of the process and writes the pid: the fd,
 * or -1 with EXIT_TRY_LATER when another supervisor has it.
 */
int preflight_lock(const char *state_dir, char found[LAST_WORDS_MAX],
    struct err *);
/*
 * Ends, and waits for, what an earlier program of another page layout left:
 * nobody could take it over, and two processes would have one session.
 * Bounded.
 */
void preflight_strangers(const char *state_dir);
/* Raises the soft fd limit to the hard one; was: as it had been. */
void preflight_raise_fds(struct rlimit *was);
/* Do `shards` fit into the limit? */
int preflight_fds_fit(uint32_t shards, struct err *);
/* Do the maps of the store and of the plugins' storage fit into the hard limit
 * of address space?  The soft one went up when the program began. */
int preflight_memory_fits(struct err *);
/* No core dumps (they hold the token), no new privileges. */
void preflight_harden(void);

#endif
