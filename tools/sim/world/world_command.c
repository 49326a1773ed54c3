/* SPDX-License-Identifier: MIT */
#include "tools/sim/world/world_impl.h"

struct world_commands *
world_command_scope(struct world *w, uint64_t guild)
{
	for (size_t i = 0; i < WORLD_COMMAND_SCOPES_MAX; i++) {
		struct world_commands *s = &w->commands[i];

		if (s->list == NULL) {
			s->guild = guild;
			s->list = json_object_new_array();
		}
		if (s->guild == guild)
			return s;
	}
	return NULL;
}
