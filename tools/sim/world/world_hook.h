/* SPDX-License-Identifier: MIT */
/* Webhooks: of a channel, used by whoever knows the token, until deleted. */
#ifndef TOOLS_SIM_WORLD_WORLD_HOOK_H
#define TOOLS_SIM_WORLD_WORLD_HOOK_H

#include "tools/sim/world/world.h"

#define WORLD_HOOKS_MAX 256
#define WORLD_HOOKS_PER_CHANNEL 15

struct world_hook {
	uint64_t id; /* 0: free, as it is set when it is deleted */
	uint64_t channel;
	char name[324]; /* 80 characters */
	char token[72];
};

/* NULL: the channel has WORLD_HOOKS_PER_CHANNEL, or no more are kept. */
struct world_hook *world_hook_new(struct world *, uint64_t channel,
    const char *name);
struct world_hook *world_hook_find(struct world *, uint64_t id);
/* The webhook object, and an array of a channel's; caller owns. */
json_object *world_hook_render(struct world *, const struct world_hook *);
json_object *world_hook_list(struct world *, uint64_t channel);

#endif
