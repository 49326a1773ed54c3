/* SPDX-License-Identifier: MIT */
/*
 * Reactions the bot has put on messages.  Those of people are events only and
 * are not kept.
 */
#ifndef TOOLS_SIM_WORLD_WORLD_REACTION_H
#define TOOLS_SIM_WORLD_WORLD_REACTION_H

#include "tools/sim/world/world.h"

#define WORLD_REACTIONS_MAX 4096 /* the oldest goes */
#define WORLD_REACTIONS_PER_MESSAGE 20
#define WORLD_EMOJI_MAX 128

struct world_reaction {
	uint64_t message;	     /* 0: free, as it is set when taken back */
	char emoji[WORLD_EMOJI_MAX]; /* as in a path: Unicode, or "name:id" */
};

/* emoji NULL: any. */
struct world_reaction *world_reaction_find(struct world *, uint64_t message,
    const char *emoji);
/* False: the message has as many different ones as it may have. */
bool world_reaction_add(struct world *, uint64_t message, const char *emoji);
bool world_reaction_emoji_ok(const char *emoji);
/* The emoji object; caller owns. */
json_object *world_reaction_emoji(const char *emoji);
/* Adds "reactions" to a message object when it has any. */
void world_reaction_show(const struct world *, uint64_t message, json_object *);

#endif
