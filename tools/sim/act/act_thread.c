/* SPDX-License-Identifier: MIT */
#include "tools/sim/act/act_thread.h"

#include "tools/sim/base/jso.h"
#include "tools/sim/world/user.h"

#include <stdlib.h>

static const char *
key_of(struct guild *g, unsigned user, char key[24])
{
	must(str_format(key, 24, "%" PRIu64, user_id(guild_world(g), user)));
	return key;
}

json_object *
act_thread_users(struct guild *g, uint64_t thread)
{
	return guild_get(g, GUILD_THREAD_MEMBERS, thread);
}

json_object *
act_thread_user(struct guild *g, uint64_t thread, unsigned user,
    bool with_member)
{
	char key[24];
	json_object *doc = jso_get(act_thread_users(g, thread),
	    key_of(g, user, key));
	json_object *o = NULL;

	if (doc == NULL)
		return NULL;
	must(json_object_deep_copy(doc, &o, NULL) == 0);
	if (with_member)
		jso_set(o, "member", guild_member(g, user));
	return o;
}

json_object *
act_thread_show(const struct world_channel *ch, struct guild *g, unsigned user)
{
	json_object *o = world_render_channel(guild_world(g), ch);
	json_object *member = act_thread_user(g, ch->id, user, false);

	if (member != NULL)
		jso_set(o, "member", member);
	return o;
}

static void
count_set(const struct act *a, const struct world_channel *ch, int by)
{
	int64_t n = json_object_get_int64(jso_get(ch->doc, "member_count"))
	    + by;

	guild_change(a->guild);
	jso_set_int(ch->doc, "member_count", n > 0 ? n : 0);
}

/* Into the list; false: is there, or it is full. */
static bool
enter(const struct act *a, const struct world_channel *ch, unsigned user)
{
	json_object *all = act_thread_users(a->guild, ch->id), *o;
	char key[24];

	if (all == NULL) {
		all = json_object_new_object();
		if (!guild_put(a->guild, GUILD_THREAD_MEMBERS, ch->id, all))
			return false;
	}
	if (jso_get(all, key_of(a->guild, user, key)) != NULL
	    || json_object_object_length(all) >= ACT_THREAD_USERS)
		return false;
	o = json_object_new_object();
	jso_set_id(o, "id", ch->id);
	jso_set_text(o, "user_id", key);
	jso_set_text(o, "join_timestamp",
	    world_render_now(guild_world(a->guild)));
	jso_set_int(o, "flags", 0);
	jso_set(all, key, o);
	count_set(a, ch, 1);
	return true;
}

/* THREAD_MEMBERS_UPDATE with one who came (or went). */
static void
users_told(const struct act *a, const struct world_channel *ch, unsigned user,
    bool came)
{
	json_object *o = json_object_new_object();
	json_object *list = json_object_new_array(), *one;

	jso_set_id(o, "id", ch->id);
	jso_set_id(o, "guild_id", guild_id(a->guild));
	jso_set(o, "member_count",
	    json_object_get(jso_get(ch->doc, "member_count")));
	if (came) {
		one = act_thread_user(a->guild, ch->id, user, true);
		jso_set(one, "presence", NULL);
	} else {
		one = jso_id(user_id(guild_world(a->guild), user));
	}
	json_object_array_add(list, one);
	jso_set(o, came ? "added_members" : "removed_member_ids", list);
	act_emit(a, "THREAD_MEMBERS_UPDATE", o);
	json_object_put(o);
}

/* THREAD_CREATE; new: it has just begun. */
static void
created_told(const struct act *a, const struct world_channel *ch, unsigned user,
    bool new)
{
	json_object *o = act_thread_show(ch, a->guild, user);

	if (new)
		jso_set_bool(o, "newly_created", true);
	act_emit(a, "THREAD_CREATE", o);
	json_object_put(o);
}

static json_object *
metadata(struct world *w, const struct act_thread *t)
{
	json_object *o = json_object_new_object();

	jso_set_bool(o, "archived", false);
	jso_set_text(o, "archive_timestamp", world_render_now(w));
	jso_set_int(o, "auto_archive_duration", t->archive_min);
	jso_set_bool(o, "locked", false);
	jso_set_text(o, "create_timestamp", world_render_now(w));
	if (t->type == 12)
		jso_set_bool(o, "invitable", !t->closed);
	return o;
}

static json_object *
make(const struct act *a, const struct world_channel *parent,
    const struct act_thread *t, uint64_t id)
{
	json_object *o = json_object_new_object();
	struct world *w = guild_world(a->guild);

	jso_set_id(o, "id", id);
	jso_set_int(o, "type", t->type);
	jso_set_id(o, "guild_id", guild_id(a->guild));
	jso_set_id(o, "parent_id", parent->id);
	jso_set_id(o, "owner_id", user_id(w, a->by));
	jso_set_text(o, "name", t->name);
	jso_set(o, "last_message_id", NULL);
	jso_set(o, "last_pin_timestamp", NULL);
	jso_set_int(o, "rate_limit_per_user", t->slow_s);
	jso_set_int(o, "flags", 0);
	jso_set_int(o, "message_count", 0);
	jso_set_int(o, "member_count", 0);
	jso_set_int(o, "total_message_sent", 0);
	jso_set(o, "thread_metadata", metadata(w, t));
	if (t->tags != NULL)
		jso_set(o, "applied_tags", json_object_get(t->tags));
	return o;
}

bool
act_thread_new(const struct act *a, const struct world_channel *parent,
    const struct act_thread *t, struct world_channel *out)
{
	struct world *w = guild_world(a->guild);
	uint64_t id = t->id ? t->id : world_snowflake(w);

	if (!guild_put(a->guild, GUILD_THREADS, id, make(a, parent, t, id)))
		return false;
	must(world_channel_find(w, id, out));
	(void)enter(a, out, a->by);
	created_told(a, out, a->by, true);
	users_told(a, out, a->by, true);
	act_audit(a, ACT_THREAD_CREATE, id, NULL, NULL);
	return true;
}

bool
act_thread_join(const struct act *a, const struct world_channel *ch,
    unsigned user)
{
	if (!enter(a, ch, user))
		return false;
	/* A bot that comes to a private thread hears of it first. */
	if (ch->type == 12 && user_bot_number(guild_world(a->guild), user) >= 0)
		created_told(a, ch, user, false);
	users_told(a, ch, user, true);
	return true;
}

bool
act_thread_leave(const struct act *a, const struct world_channel *ch,
    unsigned user)
{
	json_object *all = act_thread_users(a->guild, ch->id);
	char key[24];

	if (jso_get(all, key_of(a->guild, user, key)) == NULL)
		return false;
	json_object_object_del(all, key);
	count_set(a, ch, -1);
	users_told(a, ch, user, false);
	return true;
}

void
act_thread_changed(const struct act *a, const struct world_channel *ch)
{
	json_object *o = world_render_channel(guild_world(a->guild), ch);

	act_emit(a, "THREAD_UPDATE", o);
	json_object_put(o);
}

void
act_thread_drop(const struct act *a, const struct world_channel *ch)
{
	json_object *o = json_object_new_object();
	uint64_t id = ch->id;

	jso_set_id(o, "id", id);
	jso_set_id(o, "guild_id", guild_id(a->guild));
	jso_set(o, "parent_id", json_object_get(jso_get(ch->doc, "parent_id")));
	jso_set_int(o, "type", ch->type);
	guild_drop(a->guild, GUILD_THREADS, id);
	guild_drop(a->guild, GUILD_THREAD_MEMBERS, id);
	act_emit(a, "THREAD_DELETE", o);
	json_object_put(o);
	act_audit(a, ACT_THREAD_DELETE, id, NULL, NULL);
}
