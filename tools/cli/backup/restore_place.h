/* SPDX-License-Identifier: MIT */
/*
 * state_dir while a backup is put back: no supervisor may start there, a new
 * state is built in a directory of its own, and changes places with the old
 * one, which is kept under a name that tells when.  SIGKILL at any instant
 * leaves one or the other where the next start looks.
 */
#ifndef TOOLS_CLI_BACKUP_RESTORE_PLACE_H
#define TOOLS_CLI_BACKUP_RESTORE_PLACE_H

#include "shared/config/config.h"

struct restore_place {
	const char *state_dir; /* borrowed */
	int lock_fd;
	char building[CONFIG_PATH_MAX + 32]; /* STATE_DIR/restore.new */
	char kept[CONFIG_PATH_MAX + 64];     /* after a swap; "": nothing was
						there */
};

/* EXIT_TRY_LATER while a fleet runs there. */
int restore_place_take(struct restore_place *, const char *state_dir,
    struct err *);
void restore_place_leave(struct restore_place *);
/* Is there a store or a storage? */
bool restore_place_taken(const struct restore_place *);
/* Nothing is in `building`, what an earlier one left neither. */
int restore_place_clear(struct restore_place *, struct err *);
int restore_place_swap(struct restore_place *, struct err *);

#endif
