/* SPDX-License-Identifier: MIT */
/*
 * Whom a command line may name: plugins and clients, of the config and of the
 * fleet that runs, and shards.  One answer to a name that nobody has.
 */
#ifndef TOOLS_CLI_BASE_NAMES_H
#define TOOLS_CLI_BASE_NAMES_H

#include "tools/cli/base/cli.h"
#include "shared/view/view.h"

/* Bits: what a name may be of. */
enum names_kind { NAMES_SHARD = 1, NAMES_PLUGIN = 2, NAMES_CLIENT = 4 };

/* Each name once; the text is borrowed for the call. */
typedef void names_fn(const char *name, const char *about, void *arg);
void names_each(const struct cli *, const struct view *, unsigned kinds,
    names_fn *, void *arg);

/*
 * Which of these kinds it is of: bits, more than one where they share a name.
 * 0 with c->err (EXIT_USAGE, with what it could have been) when none is; all
 * of them where the config cannot be read and it cannot be told.  It looks at
 * the page of the fleet, if there is one; a number is a shard's.
 */
unsigned names_find(struct cli *, const char *name, unsigned kinds);

#endif
