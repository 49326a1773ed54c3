/* SPDX-License-Identifier: MIT */
/*
 * A state beside the one that is there: a directory with a store and a storage
 * in it, filled from a backup and from the store that is there.
 */
#ifndef TOOLS_CLI_BACKUP_RESTORE_BUILD_H
#define TOOLS_CLI_BACKUP_RESTORE_BUILD_H

#include "tools/cli/backup/restore_rules.h"

struct backup_file_in;

/* from: an open one, read from its beginning.  there: the store, NULL: none can
 * be read.  Everything is on disk then. */
int restore_build(const char *dir, struct backup_file_in *from,
    const struct store *there, struct restore_rules *, struct err *);

#endif
