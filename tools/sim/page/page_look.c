/* SPDX-License-Identifier: MIT */
#include "tools/sim/page/page_look.h"

#include "tools/sim/world/guild.h"

uint64_t
page_look_guilds(const struct world *w)
{
	return world_guilds(w);
}

int64_t
page_look_find(const struct world *w, uint64_t id)
{
	return world_guild_find(w, id);
}

static struct guild *
at(struct world *w, uint64_t index)
{
	return index < world_guilds(w) ? guild_at(w, (unsigned)index) : NULL;
}

json_object *
page_look_guild(struct world *w, uint64_t index)
{
	struct guild *g = at(w, index);

	return g != NULL ? guild_object(g) : NULL;
}

static void
add_all(json_object *list, json_object *docs)
{
	json_object_object_foreach (docs, key, doc) {
		(void)key;
		json_object_array_add(list, json_object_get(doc));
	}
}

json_object *
page_look_channels(struct world *w, uint64_t index)
{
	json_object *list = json_object_new_array();
	struct guild *g = at(w, index);

	if (g != NULL) {
		add_all(list, guild_docs(g, GUILD_CHANNELS));
		add_all(list, guild_docs(g, GUILD_THREADS));
	}
	return list;
}

struct members {
	json_object *list;
	uint64_t skip, left;
};

static bool
take_member(void *arg, struct guild *g, unsigned user)
{
	struct members *m = arg;

	if (m->skip > 0)
		m->skip--;
	else if (m->left-- > 0)
		json_object_array_add(m->list, guild_member(g, user));
	else
		return false;
	return true;
}

json_object *
page_look_members(struct world *w, uint64_t index, uint64_t from, uint64_t n,
    uint64_t *all)
{
	struct members m = {json_object_new_array(), from, n};
	struct guild *g = at(w, index);

	*all = g != NULL ? guild_members(g) : 0;
	if (from < *all)
		guild_member_each(g, take_member, &m);
	return m.list;
}

json_object *
page_look_channel(struct world *w, uint64_t id)
{
	struct world_channel c;

	return world_channel_find(w, id, &c) ? world_render_channel(w, &c)
					     : NULL;
}

json_object *
page_look_messages(struct world *w, uint64_t channel, uint64_t before,
    uint64_t n, uint64_t *older)
{
	struct world_msg *found[PAGE_LOOK_MESSAGES + 1];
	json_object *list = json_object_new_array();
	size_t have;

	must(n > 0 && n <= PAGE_LOOK_MESSAGES);
	have = world_msg_list_all(w, channel, before, found, n + 1);
	*older = have > n ? found[n - 1]->id : 0;
	for (size_t i = have > n ? n : have; i > 0; i--)
		json_object_array_add(list, world_render_msg(w, found[i - 1]));
	return list;
}
