/* SPDX-License-Identifier: MIT */
#include "tools/sim/world/world_hook.h"

#include "tools/sim/base/jso.h"
#include "tools/sim/world/user.h"
#include "tools/sim/world/world_impl.h"

#include <stdlib.h>
#include <string.h>

#define FOLLOWERS "followers" /* of GUILD_OTHERS: channel -> [webhook ids] */

json_object *
world_hook_list(struct guild *g, uint64_t channel)
{
	json_object *list = json_object_new_array();

	json_object_object_foreach (guild_docs(g, GUILD_HOOKS), key, doc) {
		(void)key;
		if (channel == 0 || jso_get_id(doc, "channel_id") == channel)
			json_object_array_add(list, json_object_get(doc));
	}
	return list;
}

static bool
is_full(struct guild *g, uint64_t channel)
{
	json_object *list = world_hook_list(g, channel);
	bool full = json_object_array_length(list) >= WORLD_HOOKS_PER_CHANNEL;

	json_object_put(list);
	return full || guild_count(g, GUILD_HOOKS) >= guild_most(GUILD_HOOKS);
}

static json_object *
make(struct world *w, const struct world_channel *ch, unsigned user,
    const char *name, enum world_hook_type type)
{
	struct guild *g = guild_at(w, ch->guild);
	json_object *o;
	uint64_t id;

	if (is_full(g, ch->id))
		return NULL;
	o = json_object_new_object();
	id = world_snowflake(w);
	jso_set_id(o, "id", id);
	jso_set_int(o, "type", type);
	jso_set_id(o, "guild_id", guild_id(g));
	jso_set_id(o, "channel_id", ch->id);
	jso_set(o, "user", world_render_user(w, user));
	jso_set_text(o, "name", name);
	jso_set(o, "avatar", NULL);
	jso_set(o, "application_id", NULL);
	must(guild_put(g, GUILD_HOOKS, id, o));
	return o;
}

json_object *
world_hook_new(struct world *w, const struct world_channel *ch, unsigned user,
    const char *name)
{
	json_object *o = make(w, ch, user, name, WORLD_HOOK_INCOMING);
	char token[72];

	if (o == NULL)
		return NULL;
	world_token(w, token, sizeof(token));
	jso_set_text(o, "token", token);
	/* An application has the id of its bot here. */
	if (user_bot_number(w, user) >= 0)
		jso_set_id(o, "application_id", user_id(w, user));
	return o;
}

/* The list of a channel's followers; NULL: none, unless it is to be made. */
static json_object *
follower_ids(struct world *w, const struct world_channel *ch, bool make)
{
	struct guild *g = guild_at(w, ch->guild);
	json_object *all = guild_get_key(g, GUILD_OTHERS, FOLLOWERS), *ids;
	char key[24];

	must(str_format(key, sizeof(key), "%" PRIu64, ch->id));
	if (all == NULL && make) {
		all = json_object_new_object();
		must(guild_put_key(g, GUILD_OTHERS, FOLLOWERS, all));
	}
	ids = jso_get(all, key);
	if (ids == NULL && make)
		jso_set(all, key, ids = json_object_new_array());
	return json_object_is_type(ids, json_type_array) ? ids : NULL;
}

json_object *
world_hook_follow(struct world *w, const struct world_channel *from,
    const struct world_channel *to, unsigned user)
{
	struct guild *g = guild_at(w, from->guild);
	json_object *o, *part, *ids;
	char name[128];

	must(str_format(name, sizeof(name), "%.60s #%.60s",
	    jso_get_text(guild_head(g), "name"), from->name));
	o = make(w, to, user, name, WORLD_HOOK_FOLLOWER);
	if (o == NULL)
		return NULL;
	part = json_object_new_object();
	jso_set_id(part, "id", guild_id(g));
	jso_set_text(part, "name", jso_get_text(guild_head(g), "name"));
	jso_set(part, "icon", json_object_get(jso_get(guild_head(g), "icon")));
	jso_set(o, "source_guild", part);
	part = json_object_new_object();
	jso_set_id(part, "id", from->id);
	jso_set_text(part, "name", from->name);
	jso_set(o, "source_channel", part);
	ids = follower_ids(w, from, true);
	if (ids != NULL)
		json_object_array_add(ids, json_object_get(jso_get(o, "id")));
	return o;
}

json_object *
world_hook_find(struct world *w, uint64_t id, struct guild **g)
{
	int64_t home = world_home(w, id);

	*g = home < 0 ? NULL : guild_at(w, (unsigned)home);
	return *g ? guild_get(*g, GUILD_HOOKS, id) : NULL;
}

void
world_hook_drop(struct guild *g, uint64_t id)
{
	guild_drop(g, GUILD_HOOKS, id);
}

/* Those that are gone leave the list with the next who asks. */
json_object *
world_hook_followers(struct world *w, const struct world_channel *ch)
{
	json_object *ids = follower_ids(w, ch, false);
	json_object *list = json_object_new_array();

	for (size_t i = ids ? json_object_array_length(ids) : 0; i-- > 0;) {
		struct guild *g;
		json_object *hook = world_hook_find(w,
		    strtoull(json_object_get_string(
				 json_object_array_get_idx(ids, i)),
			NULL, 10),
		    &g);

		if (hook != NULL)
			json_object_array_add(list, json_object_get(hook));
		else
			json_object_array_del_idx(ids, i, 1);
	}
	return list;
}

json_object *
world_hook_author(json_object *hook, json_object *form)
{
	json_object *u = json_object_new_object(), *name;
	const char *picture = jso_get_text(form, "avatar_url");
	char hash[40];

	name = jso_get(form, "username");
	if (name == NULL)
		name = jso_get(hook, "name");
	jso_set(u, "id", json_object_get(jso_get(hook, "id")));
	jso_set(u, "username", json_object_get(name));
	jso_set(u, "avatar", json_object_get(jso_get(hook, "avatar")));
	if (picture != NULL && picture[0] != '\0') {
		uint64_t h = base_hash64(picture, strlen(picture));

		must(str_format(hash, sizeof(hash), "%016" PRIx64 "%016" PRIx64,
		    h, ~h));
		jso_set_text(u, "avatar", hash);
	}
	jso_set_text(u, "discriminator", "0000");
	jso_set_int(u, "public_flags", 0);
	jso_set_int(u, "flags", 0);
	jso_set_bool(u, "bot", true);
	jso_set(u, "global_name", NULL);
	return u;
}
