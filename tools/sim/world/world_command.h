/* SPDX-License-Identifier: MIT */
/* The application commands a bot has registered, globally and per guild. */
#ifndef TOOLS_SIM_WORLD_WORLD_COMMAND_H
#define TOOLS_SIM_WORLD_WORLD_COMMAND_H

#include "tools/sim/world/world.h"

#define WORLD_COMMAND_SCOPES_MAX 1024 /* guilds with commands of their own */

struct world_commands {
	uint64_t guild;	   /* 0: the global ones */
	json_object *list; /* array; NULL: a free slot */
	unsigned creates;  /* of this day */
	uint64_t day_ends_ms;
};

/* Those of a guild (0: the global ones), made when missing; NULL: all slots
 * are taken. */
struct world_commands *world_command_scope(struct world *, uint64_t guild);

#endif
