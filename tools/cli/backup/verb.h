/* SPDX-License-Identifier: MIT */
/* The forms of `db` that copy a fleet's state and put a copy back. */
#ifndef TOOLS_CLI_BACKUP_VERB_H
#define TOOLS_CLI_BACKUP_VERB_H

#include "tools/cli/base/cli.h"

/* Words and options are taken, the config is not loaded yet. */
int verb_backup(struct cli *, const char *to);
int verb_restore(struct cli *, const char *from, bool dry_run, bool yes);

#endif
