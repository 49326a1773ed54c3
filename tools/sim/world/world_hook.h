/* SPDX-License-Identifier: MIT */
/*
 * Webhooks: documents in a guild's list, used by whoever knows the token until
 * deleted; and those that follow an announcement channel.
 */
#ifndef TOOLS_SIM_WORLD_WORLD_HOOK_H
#define TOOLS_SIM_WORLD_WORLD_HOOK_H

#include "tools/sim/world/guild.h"

#define WORLD_HOOKS_PER_CHANNEL 15

enum world_hook_type {
	WORLD_HOOK_INCOMING = 1,
	WORLD_HOOK_FOLLOWER = 2,
};

/* A new one of a channel of a guild, made by a user; borrowed.  NULL: the
 * channel has WORLD_HOOKS_PER_CHANNEL, or the guild is full. */
json_object *world_hook_new(struct world *, const struct world_channel *,
    unsigned user, const char *name);
/* The same, which brings what is published in `from` to `to`. */
json_object *world_hook_follow(struct world *, const struct world_channel *from,
    const struct world_channel *to, unsigned user);
/* Borrowed; its guild into *g.  NULL: unknown. */
json_object *world_hook_find(struct world *, uint64_t id, struct guild **g);
void world_hook_drop(struct guild *, uint64_t id);
/* An array of a guild's, or only those of a channel (0: all); caller owns. */
json_object *world_hook_list(struct guild *, uint64_t channel);
/* An array of those that follow a channel; caller owns. */
json_object *world_hook_followers(struct world *, const struct world_channel *);
/* The author of its messages; a form may give another name and picture (NULL:
 * none does); caller owns. */
json_object *world_hook_author(json_object *hook, json_object *form);

#endif
