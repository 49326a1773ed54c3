/* SPDX-License-Identifier: MIT */
#include "tools/sim/base/jso.h"
#include "tools/sim/world/world_impl.h"

static unsigned
count(const struct world *w, uint64_t channel)
{
	unsigned n = 0;

	for (size_t k = 0; k < WORLD_HOOKS_MAX; k++)
		n += w->hook[k].id != 0 && w->hook[k].channel == channel;
	return n;
}

struct world_hook *
world_hook_new(struct world *w, uint64_t channel, const char *name)
{
	if (count(w, channel) >= WORLD_HOOKS_PER_CHANNEL)
		return NULL;
	for (size_t k = 0; k < WORLD_HOOKS_MAX; k++) {
		struct world_hook *h = &w->hook[k];

		if (h->id != 0)
			continue;
		h->id = world_snowflake(w);
		h->channel = channel;
		str_copy(h->name, name, sizeof(h->name));
		world_token(w, h->token, sizeof(h->token));
		return h;
	}
	return NULL;
}

struct world_hook *
world_hook_find(struct world *w, uint64_t id)
{
	for (size_t k = 0; id != 0 && k < WORLD_HOOKS_MAX; k++)
		if (w->hook[k].id == id)
			return &w->hook[k];
	return NULL;
}

json_object *
world_hook_render(struct world *w, const struct world_hook *h)
{
	json_object *o = json_object_new_object();
	struct world_channel ch;

	jso_set_id(o, "id", h->id);
	jso_set_int(o, "type", 1);
	jso_set_id(o, "channel_id", h->channel);
	if (world_channel_find(w, h->channel, &ch) && ch.guild != WORLD_NOWHERE)
		jso_set_id(o, "guild_id", world_guild_id(w, ch.guild));
	jso_set_text(o, "name", h->name);
	jso_set(o, "avatar", NULL);
	jso_set_id(o, "application_id", world_app_id(w));
	jso_set_text(o, "token", h->token);
	return o;
}

json_object *
world_hook_list(struct world *w, uint64_t channel)
{
	json_object *list = json_object_new_array();

	for (size_t k = 0; k < WORLD_HOOKS_MAX; k++)
		if (w->hook[k].id != 0 && w->hook[k].channel == channel)
			json_object_array_add(list,
			    world_hook_render(w, &w->hook[k]));
	return list;
}
