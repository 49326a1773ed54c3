/* SPDX-License-Identifier: MIT */
/*
 * Applications, one of each bot: the application object, the metadata of its
 * linked roles, what it sells and who has bought it; all documents in Discord's
 * own form.
 */
#ifndef TOOLS_SIM_WORLD_APP_H
#define TOOLS_SIM_WORLD_APP_H

#include "tools/sim/world/world.h"

#define APP_ENTITLEMENTS_MAX 10000

/* The application of a bot (its user index), without what others count: flags,
 * approximate numbers.  Borrowed; edited in place. */
json_object *app_doc(struct world *, unsigned bot);
/* Its id. */
uint64_t app_id(const struct world *, unsigned bot);
/* An array of at most five; borrowed. */
json_object *app_metadata(struct world *, unsigned bot);
/* Takes the array over. */
void app_metadata_set(struct world *, unsigned bot, json_object *list);
/* An array: what is for sale, the same from the beginning; borrowed. */
json_object *app_skus(struct world *, unsigned bot);
/* By id, oldest first; borrowed.  Edited in place. */
json_object *app_entitlements(struct world *, unsigned bot);

/* All of it, for a world's file; borrowed, NULL: as the seed has it.  And the
 * other way: false when it is none of such. */
json_object *app_all(struct world *);
bool app_restore(struct world *, json_object *all);

#endif
