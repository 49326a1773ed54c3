/* SPDX-License-Identifier: MIT */
/* The application commands a bot has registered, globally and per guild. */
#ifndef TOOLS_SIM_WORLD_WORLD_COMMAND_H
#define TOOLS_SIM_WORLD_WORLD_COMMAND_H

#include "tools/sim/world/world.h"

#define WORLD_COMMAND_SCOPES_MAX 1024 /* guilds with commands of their own */

struct world_commands {
	unsigned bot;	   /* whose, its number */
	uint64_t guild;	   /* 0: the global ones */
	json_object *list; /* array; NULL: a free slot */
	unsigned creates;  /* of this day */
	uint64_t day_ends_ms;
};

/* Those of a bot (its number) in a guild (0: the global ones), made when
 * missing; NULL: all slots are taken. */
struct world_commands *world_command_scope(struct world *, unsigned bot,
    uint64_t guild);
/* The same, borrowed; NULL: it has none. */
json_object *world_command_list(const struct world *, unsigned bot,
    uint64_t guild);
/* The command of that name and type that a guild (0: a DM) has of a bot (-1:
 * any): its own comes before a global one; borrowed.  NULL: none is
 * registered. */
json_object *world_command_find(const struct world *, int bot, uint64_t guild,
    const char *name, int type);
/* The number of the bot whose it is. */
unsigned world_command_bot(const struct world *, json_object *command);
/* Its type: chat, when none was given. */
int world_command_type(json_object *command);

#endif
