/* SPDX-License-Identifier: MIT */
#include "tools/sim/base/jso.h"
#include "tools/sim/world/world_impl.h"

#include <string.h>

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

int
world_command_type(json_object *command)
{
	json_object *type = jso_get(command, "type");

	return type ? json_object_get_int(type) : 1;
}

json_object *
world_command_list(const struct world *w, uint64_t guild)
{
	for (size_t i = 0; i < WORLD_COMMAND_SCOPES_MAX; i++)
		if (w->commands[i].list != NULL
		    && w->commands[i].guild == guild)
			return w->commands[i].list;
	return NULL;
}

json_object *
world_command_find(struct world *w, uint64_t guild, const char *name, int type)
{
	json_object *list = world_command_list(w, guild);

	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		json_object *o = json_object_array_get_idx(list, i);

		if (world_command_type(o) == type
		    && strcmp(jso_get_text(o, "name"), name) == 0)
			return o;
	}
	return guild != 0 ? world_command_find(w, 0, name, type) : NULL;
}
