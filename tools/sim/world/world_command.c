/* SPDX-License-Identifier: MIT */
#include "tools/sim/base/jso.h"
#include "tools/sim/world/user.h"
#include "tools/sim/world/world_impl.h"

#include <stdlib.h>
#include <string.h>

struct world_commands *
world_command_scope(struct world *w, unsigned bot, uint64_t guild)
{
	for (size_t i = 0; i < WORLD_COMMAND_SCOPES_MAX; i++) {
		struct world_commands *s = &w->commands[i];

		if (s->list == NULL) {
			s->bot = bot;
			s->guild = guild;
			s->list = json_object_new_array();
		}
		if (s->bot == bot && s->guild == guild)
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

unsigned
world_command_bot(const struct world *w, json_object *command)
{
	const char *id = jso_get_text(command, "application_id");
	int64_t user = id ? user_find(w, strtoull(id, NULL, 10)) : -1;
	int bot = user >= 0 ? user_bot_number(w, (unsigned)user) : -1;

	return bot >= 0 ? (unsigned)bot : 0;
}

json_object *
world_command_list(const struct world *w, unsigned bot, uint64_t guild)
{
	for (size_t i = 0; i < WORLD_COMMAND_SCOPES_MAX; i++) {
		const struct world_commands *s = &w->commands[i];

		if (s->list != NULL && s->bot == bot && s->guild == guild)
			return s->list;
	}
	return NULL;
}

static json_object *
find_in(json_object *list, const char *name, int type)
{
	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		json_object *o = json_object_array_get_idx(list, i);

		if (world_command_type(o) == type
		    && strcmp(jso_get_text(o, "name"), name) == 0)
			return o;
	}
	return NULL;
}

json_object *
world_command_find(const struct world *w, int bot, uint64_t guild,
    const char *name, int type)
{
	const uint64_t scope[] = {guild, 0};

	for (size_t s = guild == 0; s < nitems(scope); s++)
		for (unsigned n = 0; n < w->bots; n++) {
			json_object *o = bot >= 0 && n != (unsigned)bot
			    ? NULL
			    : find_in(world_command_list(w, n, scope[s]), name,
				type);

			if (o != NULL)
				return o;
		}
	return NULL;
}
