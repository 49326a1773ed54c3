/* SPDX-License-Identifier: MIT */
/* Roles, channels, threads, expressions, stages and scheduled events. */
#include "shared/guilds/guild_cache_impl.h"

#include "shared/json/edit.h"
#include "shared/json/envelope.h"
#include "shared/json/walk.h"

#include <string.h>

/* Drops the fragment whose id is d's member key. */
static bool
drop_by(struct guild_cache_tx *t, unsigned kind, const char *d, size_t len,
    const char *key)
{
	uint64_t id = walk_id(d, len, key);

	if (id != 0)
		guild_cache_tx_drop(t, t->guild, kind, id);
	return id != 0;
}

/* Puts the elements of d's list key; replace: instead of all there are. */
static bool
put_all(struct guild_cache_tx *t, unsigned kind, const char *d, size_t len,
    bool replace)
{
	struct walk_item list, item;
	bool ok = true;
	struct walk w;

	if (!walk_find(d, len, guild_cache_list[kind].name, &list)
	    || !walk_into(&w, list.value, list.len) || w.close != ']')
		return false;
	if (replace)
		guild_cache_tx_drop_all(t, t->guild, kind, NULL, NULL);
	while (walk_next(&w, &item))
		ok &= guild_cache_put(t, kind, item.value, item.len);
	return ok;
}

/* Sets one member of a fragment; value NULL: cuts it.  false: no fragment. */
static bool
set_in(struct guild_cache_tx *t, unsigned kind, uint64_t id, const char *key,
    const char *value, size_t len)
{
	struct edit e;
	MDB_val old;

	if (!guild_cache_tx_get(t, t->guild, kind, id, &old))
		return false;
	guild_cache_make(t, &e);
	edit_set(&e, old.mv_data, old.mv_size, key, value, len);
	guild_cache_made(t, &e, kind, id);
	return true;
}

/* ---- roles ---------------------------------------------------------- */

bool
guild_cache_role(struct guild_cache_tx *t, const char *d, size_t len)
{
	struct walk_item role;

	return walk_find(d, len, "role", &role)
	    && guild_cache_put(t, GUILD_CACHE_ROLE, role.value, role.len);
}

/* An array without those that are id. */
static void
array_without(struct buf *out, const struct walk_item *list, uint64_t id)
{
	struct walk_item item;
	bool first = true;
	struct walk w;

	buf_add(out, "[", 1);
	if (walk_into(&w, list->value, list->len))
		while (walk_next(&w, &item)) {
			if (envelope_id(item.value, item.len) == id)
				continue;
			if (!first)
				buf_add(out, ",", 1);
			buf_add(out, item.value, item.len);
			first = false;
		}
	buf_add(out, "]", 1);
}

static void
take_role(struct guild_cache_tx *t, uint64_t member, uint64_t role)
{
	struct buf rest = {0};
	struct walk_item roles;
	MDB_val v;

	if (guild_cache_tx_get(t, t->guild, GUILD_CACHE_MEMBER, member, &v)
	    && walk_find(v.mv_data, v.mv_size, "roles", &roles)) {
		array_without(&rest, &roles, role);
		set_in(t, GUILD_CACHE_MEMBER, member, "roles", buf_data(&rest),
		    buf_len(&rest));
	}
	buf_free(&rest);
}

struct holders {
	uint64_t role;
	struct buf ids;
};

static void
note_holder(uint64_t id, const MDB_val *member, void *arg)
{
	struct walk_item roles, item;
	struct holders *h = arg;
	struct walk w;

	if (!walk_find(member->mv_data, member->mv_size, "roles", &roles)
	    || !walk_into(&w, roles.value, roles.len))
		return;
	while (walk_next(&w, &item))
		if (envelope_id(item.value, item.len) == h->role) {
			buf_add(&h->ids, &id, sizeof(id));
			return;
		}
}

/* No event tells that its members have it no more. */
bool
guild_cache_role_delete(struct guild_cache_tx *t, const char *d, size_t len)
{
	struct holders h = {.role = walk_id(d, len, "role_id")};
	uint64_t id;

	if (!drop_by(t, GUILD_CACHE_ROLE, d, len, "role_id"))
		return false;
	guild_cache_tx_each(t, t->guild, GUILD_CACHE_MEMBER, note_holder, &h);
	for (; buf_len(&h.ids) > 0; buf_eat(&h.ids, sizeof(id))) {
		memcpy(&id, buf_data(&h.ids), sizeof(id));
		take_role(t, id, h.role);
	}
	buf_free(&h.ids);
	return true;
}

/* ---- channels ------------------------------------------------------- */

/* An obfuscated one, too, is kept as it was sent last. */
bool
guild_cache_channel(struct guild_cache_tx *t, const char *d, size_t len)
{
	uint64_t id = guild_cache_element(GUILD_CACHE_CHANNEL, d, len);

	if (id != 0)
		guild_cache_put_bare(t, GUILD_CACHE_CHANNEL, id, d, len);
	return id != 0;
}

static bool
is_below(const MDB_val *thread, void *arg)
{
	return walk_id(thread->mv_data, thread->mv_size, "parent_id")
	    == *(const uint64_t *)arg;
}

bool
guild_cache_channel_delete(struct guild_cache_tx *t, const char *d, size_t len)
{
	uint64_t id = walk_id(d, len, "id");

	if (id == 0)
		return false;
	guild_cache_tx_drop(t, t->guild, GUILD_CACHE_CHANNEL, id);
	guild_cache_tx_drop_all(t, t->guild, GUILD_CACHE_THREAD, is_below, &id);
	return true;
}

bool
guild_cache_pins(struct guild_cache_tx *t, const char *d, size_t len)
{
	struct walk_item at = {.value = "null", .len = 4};
	uint64_t id = walk_id(d, len, "channel_id");

	if (id == 0)
		return false;
	if (!walk_find(d, len, "last_pin_timestamp", &at))
		at = (struct walk_item) {.value = "null", .len = 4};
	if (!set_in(t, GUILD_CACHE_CHANNEL, id, "last_pin_timestamp", at.value,
		at.len))
		set_in(t, GUILD_CACHE_THREAD, id, "last_pin_timestamp",
		    at.value, at.len);
	return true;
}

/* ---- threads -------------------------------------------------------- */

static bool
is_archived(const char *value, size_t len)
{
	struct walk_item meta, archived;

	return walk_find(value, len, "thread_metadata", &meta)
	    && walk_find(meta.value, meta.len, "archived", &archived)
	    && archived.value[0] == 't';
}

static bool
is_private(const char *value, size_t len)
{
	struct walk_item type;

	return walk_find(value, len, "type", &type) && type.len == 2
	    && memcmp(type.value, "12", 2) == 0;
}

bool
guild_cache_put_thread(struct guild_cache_tx *t, const char *value, size_t len)
{
	static const char *const not_kept[] = {"newly_created"};
	uint64_t id = walk_id(value, len, "id");
	struct walk_item member;
	struct edit e;
	MDB_val old;

	if (id == 0)
		return false;
	if (is_archived(value, len)) {
		guild_cache_tx_drop(t, t->guild, GUILD_CACHE_THREAD, id);
		return true;
	}
	guild_cache_make(t, &e);
	edit_members(&e, value, len, not_kept, 1);
	/* An update does not say that the bot is in it. */
	if (!walk_find(value, len, "member", &member)
	    && guild_cache_tx_get(t, t->guild, GUILD_CACHE_THREAD, id, &old)
	    && walk_find(old.mv_data, old.mv_size, "member", &member))
		edit_add(&e, "member", member.value, member.len);
	guild_cache_made(t, &e, GUILD_CACHE_THREAD, id);
	return true;
}

bool
guild_cache_thread(struct guild_cache_tx *t, const char *d, size_t len)
{
	uint64_t id = walk_id(d, len, "id");
	struct walk_item member;
	MDB_val old;

	/* Of a private one the bot is not in, no list has it. */
	if (t->event->what == DISPATCH_THREAD_UPDATE && is_private(d, len)
	    && !walk_find(d, len, "member", &member)
	    && !guild_cache_tx_get(t, t->guild, GUILD_CACHE_THREAD, id, &old))
		return id != 0;
	return guild_cache_put_thread(t, d, len);
}

bool
guild_cache_thread_delete(struct guild_cache_tx *t, const char *d, size_t len)
{
	return drop_by(t, GUILD_CACHE_THREAD, d, len, "id");
}

/* A thread of one of these parents? */
static bool
is_of_parents(const MDB_val *thread, void *arg)
{
	const struct walk_item *parents = arg;
	uint64_t parent = walk_id(thread->mv_data, thread->mv_size,
	    "parent_id");
	struct walk_item item;
	struct walk w;

	if (!walk_into(&w, parents->value, parents->len))
		return false;
	while (walk_next(&w, &item))
		if (envelope_id(item.value, item.len) == parent)
			return true;
	return false;
}

/* The bot's membership of a thread, as a thread has it: without guild_id, and
 * what a list of members has more. */
static bool
set_membership(struct guild_cache_tx *t, uint64_t thread, const char *value,
    size_t len)
{
	static const char *const not_kept[] = {"guild_id", "member",
	    "presence"};
	struct buf b = {0};
	struct edit e;

	if (thread == 0)
		return false;
	edit_begin(&e, &b);
	edit_members(&e, value, len, not_kept, nitems(not_kept));
	edit_end(&e);
	set_in(t, GUILD_CACHE_THREAD, thread, "member", buf_data(&b),
	    buf_len(&b));
	buf_free(&b);
	return true;
}

/* Without channel_ids it is of the whole guild; what is not in it is no more
 * active, or no more to be seen. */
bool
guild_cache_thread_sync(struct guild_cache_tx *t, const char *d, size_t len)
{
	struct walk_item parents, list, item;
	bool some = walk_find(d, len, "channel_ids", &parents)
	    && parents.value[0] == '[';
	bool ok = true;
	struct walk w;

	if (!walk_find(d, len, "threads", &list) || list.value[0] != '[')
		return false;
	guild_cache_tx_drop_all(t, t->guild, GUILD_CACHE_THREAD,
	    some ? is_of_parents : NULL, &parents);
	walk_into(&w, list.value, list.len);
	while (walk_next(&w, &item))
		ok &= guild_cache_put_thread(t, item.value, item.len);
	if (walk_find(d, len, "members", &list)
	    && walk_into(&w, list.value, list.len))
		while (walk_next(&w, &item))
			ok &= set_membership(t,
			    walk_id(item.value, item.len, "id"), item.value,
			    item.len);
	return ok;
}

bool
guild_cache_thread_member(struct guild_cache_tx *t, const char *d, size_t len)
{
	return set_membership(t, walk_id(d, len, "id"), d, len);
}

/* Of the list key in d: does it have the bot? */
static bool
names_self(struct guild_cache_tx *t, const char *d, size_t len, const char *key,
    struct walk_item *item)
{
	struct walk_item list;
	struct walk w;

	if (t->cache->self == 0 || !walk_find(d, len, key, &list)
	    || !walk_into(&w, list.value, list.len))
		return false;
	while (walk_next(&w, item)) {
		uint64_t id = envelope_id(item->value, item->len);

		if (item->value[0] == '{')
			id = walk_id(item->value, item->len, "user_id");
		if (id == t->cache->self)
			return true;
	}
	return false;
}

/* The bot left it, or was taken out: a private one it sees no more. */
static void
left_thread(struct guild_cache_tx *t, uint64_t id)
{
	MDB_val old;

	if (guild_cache_tx_get(t, t->guild, GUILD_CACHE_THREAD, id, &old)
	    && is_private(old.mv_data, old.mv_size))
		guild_cache_tx_drop(t, t->guild, GUILD_CACHE_THREAD, id);
	else
		set_in(t, GUILD_CACHE_THREAD, id, "member", NULL, 0);
}

bool
guild_cache_thread_members(struct guild_cache_tx *t, const char *d, size_t len)
{
	uint64_t id = walk_id(d, len, "id");
	struct walk_item item;

	if (id == 0)
		return false;
	if (walk_find(d, len, "member_count", &item))
		set_in(t, GUILD_CACHE_THREAD, id, "member_count", item.value,
		    item.len);
	if (names_self(t, d, len, "removed_member_ids", &item))
		left_thread(t, id);
	if (names_self(t, d, len, "added_members", &item))
		set_membership(t, id, item.value, item.len);
	return true;
}

/* ---- expressions ---------------------------------------------------- */

bool
guild_cache_emojis(struct guild_cache_tx *t, const char *d, size_t len)
{
	return put_all(t, GUILD_CACHE_EMOJI, d, len, true);
}

bool
guild_cache_stickers(struct guild_cache_tx *t, const char *d, size_t len)
{
	return put_all(t, GUILD_CACHE_STICKER, d, len, true);
}

bool
guild_cache_sound(struct guild_cache_tx *t, const char *d, size_t len)
{
	return guild_cache_put(t, GUILD_CACHE_SOUND, d, len);
}

bool
guild_cache_sound_delete(struct guild_cache_tx *t, const char *d, size_t len)
{
	return drop_by(t, GUILD_CACHE_SOUND, d, len, "sound_id");
}

/* Those that changed, and, asked for, all there are. */
bool
guild_cache_sounds(struct guild_cache_tx *t, const char *d, size_t len)
{
	return put_all(t, GUILD_CACHE_SOUND, d, len, false);
}

bool
guild_cache_sounds_all(struct guild_cache_tx *t, const char *d, size_t len)
{
	return put_all(t, GUILD_CACHE_SOUND, d, len, true);
}

/* ---- stages, scheduled events --------------------------------------- */

bool
guild_cache_stage(struct guild_cache_tx *t, const char *d, size_t len)
{
	return guild_cache_put(t, GUILD_CACHE_STAGE, d, len);
}

bool
guild_cache_stage_delete(struct guild_cache_tx *t, const char *d, size_t len)
{
	return drop_by(t, GUILD_CACHE_STAGE, d, len, "id");
}

/* One that is over (3) or called off (4) is in no GUILD_CREATE. */
bool
guild_cache_scheduled(struct guild_cache_tx *t, const char *d, size_t len)
{
	struct walk_item status;

	if (walk_find(d, len, "status", &status) && status.len == 1
	    && (status.value[0] == '3' || status.value[0] == '4'))
		return drop_by(t, GUILD_CACHE_EVENT, d, len, "id");
	return guild_cache_put(t, GUILD_CACHE_EVENT, d, len);
}

bool
guild_cache_scheduled_delete(struct guild_cache_tx *t, const char *d,
    size_t len)
{
	return drop_by(t, GUILD_CACHE_EVENT, d, len, "id");
}
