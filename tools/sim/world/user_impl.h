/* SPDX-License-Identifier: MIT */
/* The parts of user.h that only the world and its file call. */
#ifndef TOOLS_SIM_WORLD_USER_IMPL_H
#define TOOLS_SIM_WORLD_USER_IMPL_H

#include "tools/sim/world/user.h"

void user_open(struct world *);
/* A user as a world's file has it (doc is taken over): one that differs from
 * the seed, or the next one that was made.  False: neither. */
bool user_restore(struct world *, unsigned user, uint64_t id, json_object *doc);
/* The user of another bot of the seed, its n-th. */
unsigned user_more_bot(struct world *, uint64_t id, unsigned n);
/* Is there a user of this index? */
bool user_is(const struct world *, unsigned user);
void user_close(struct world *);

#endif
