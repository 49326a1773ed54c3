/* SPDX-License-Identifier: MIT */
/*
 * This room is the world as one JSON document, so that a test begins where it
 * likes; a document that is none is refused.  This header: saved and read; what
 * the seed does not tell of guilds, people and channels, what was said, and
 * what the bots have registered.  Interactions under way are not in it.
 */
#ifndef TOOLS_SIM_SAVED_WORLD_FILE_H
#define TOOLS_SIM_SAVED_WORLD_FILE_H

#include "tools/sim/world/world.h"

#include "shared/base/err.h"

#define WORLD_FILE_MAX (1u << 30) /* bytes */

/* Caller owns. */
json_object *world_file_save(struct world *);
/* The world a document describes; NULL with a sentence that says what of it is
 * wrong, when it is none. */
struct world *world_file_load(json_object *, struct err *);
/* The same from a file. */
struct world *world_file_read(const char *path, struct err *);

#endif
