/* SPDX-License-Identifier: MIT */
/* Members and how many there are, presences, voice states. */
#include "shared/guilds/guild_cache_impl.h"

#include "shared/json/edit.h"
#include "shared/json/walk.h"

#include <string.h>

static const char *const no_guild[] = {"guild_id"};

static bool
has(struct guild_cache_tx *t, unsigned kind, uint64_t id)
{
	MDB_val v;

	return guild_cache_tx_get(t, t->guild, kind, id, &v);
}

static bool
is_kept(struct guild_cache_tx *t, uint64_t user, bool in_voice)
{
	if (user == t->cache->self)
		return true;
	switch (t->cache->members) {
	case GUILD_CACHE_SELF:
		return false;
	case GUILD_CACHE_IN_VOICE:
		return in_voice || has(t, GUILD_CACHE_VOICE, user);
	case GUILD_CACHE_SEEN:
	case GUILD_CACHE_ALL:
		return true;
	}
	bug("members of no kind");
}

bool
guild_cache_put_member(struct guild_cache_tx *t, const char *value, size_t len,
    bool in_voice)
{
	uint64_t user = guild_cache_element(GUILD_CACHE_MEMBER, value, len);

	if (user != 0 && is_kept(t, user, in_voice))
		guild_cache_put_bare(t, GUILD_CACHE_MEMBER, user, value, len);
	return user != 0;
}

/* ---- how many ------------------------------------------------------- */

/*
 * A join, if it is one: GUILD_MEMBER_ADD may come for who is there already
 * (protocol 6.6).  Its joined_at is then not behind that of the last one
 * counted, or of the GUILD_CREATE; all are of one form and zone.
 */
static void
count_join(struct guild_cache_tx *t, const char *d, size_t len)
{
	struct guild_cache_count count;
	char joined[sizeof(count.joined)];
	struct walk_item at;
	MDB_val v;

	if (!guild_cache_tx_get(t, t->guild, GUILD_CACHE_COUNT, 0, &v)
	    || v.mv_size != sizeof(count)
	    || !walk_find(d, len, "joined_at", &at) || at.value[0] != '"'
	    || !str_format(joined, sizeof(joined), "%.*s", (int)at.len - 2,
		at.value + 1))
		return;
	memcpy(&count, v.mv_data, sizeof(count));
	if (count.members < 0 || strcmp(joined, count.joined) <= 0)
		return;
	count.members++;
	memset(count.joined, 0, sizeof(count.joined));
	str_copy(count.joined, joined, sizeof(count.joined));
	guild_cache_tx_put(t, t->guild, GUILD_CACHE_COUNT, 0, &count,
	    sizeof(count));
}

static void
count_leave(struct guild_cache_tx *t)
{
	struct guild_cache_count count;
	MDB_val v;

	if (!guild_cache_tx_get(t, t->guild, GUILD_CACHE_COUNT, 0, &v)
	    || v.mv_size != sizeof(count))
		return;
	memcpy(&count, v.mv_data, sizeof(count));
	if (count.members <= 0)
		return;
	count.members--;
	guild_cache_tx_put(t, t->guild, GUILD_CACHE_COUNT, 0, &count,
	    sizeof(count));
}

/* ---- members -------------------------------------------------------- */

bool
guild_cache_member_add(struct guild_cache_tx *t, const char *d, size_t len)
{
	count_join(t, d, len);
	return guild_cache_put_member(t, d, len, false);
}

/* It need not have all that is known. */
bool
guild_cache_member_update(struct guild_cache_tx *t, const char *d, size_t len)
{
	uint64_t user = guild_cache_element(GUILD_CACHE_MEMBER, d, len);
	struct edit e;
	MDB_val old;

	if (user == 0)
		return false;
	if (!guild_cache_tx_get(t, t->guild, GUILD_CACHE_MEMBER, user, &old))
		return guild_cache_put_member(t, d, len, false);
	guild_cache_make(t, &e);
	edit_merge(&e, old.mv_data, old.mv_size, d, len, no_guild,
	    nitems(no_guild));
	guild_cache_made(t, &e, GUILD_CACHE_MEMBER, user);
	return true;
}

bool
guild_cache_member_remove(struct guild_cache_tx *t, const char *d, size_t len)
{
	uint64_t user = guild_cache_element(GUILD_CACHE_MEMBER, d, len);

	if (user == 0)
		return false;
	count_leave(t);
	guild_cache_tx_drop(t, t->guild, GUILD_CACHE_MEMBER, user);
	guild_cache_tx_drop(t, t->guild, GUILD_CACHE_PRESENCE, user);
	return true;
}

bool
guild_cache_members_chunk(struct guild_cache_tx *t, const char *d, size_t len)
{
	struct walk_item list, item;
	bool ok = true;
	struct walk w;

	if (!walk_find(d, len, "members", &list)
	    || !walk_into(&w, list.value, list.len))
		return false;
	if (t->cache->members == GUILD_CACHE_ALL)
		while (walk_next(&w, &item))
			ok &= guild_cache_put_member(t, item.value, item.len,
			    false);
	if (walk_find(d, len, "presences", &list)
	    && walk_into(&w, list.value, list.len))
		while (walk_next(&w, &item))
			ok &= guild_cache_put_presence(t, item.value, item.len);
	return ok;
}

/* ---- presences ------------------------------------------------------ */

bool
guild_cache_put_presence(struct guild_cache_tx *t, const char *value,
    size_t len)
{
	uint64_t user = guild_cache_element(GUILD_CACHE_PRESENCE, value, len);
	struct walk_item status;

	if (user == 0)
		return false;
	if (!t->cache->presences)
		return true;
	if (walk_find(value, len, "status", &status) && status.len == 9
	    && memcmp(status.value, "\"offline\"", 9) == 0)
		guild_cache_tx_drop(t, t->guild, GUILD_CACHE_PRESENCE, user);
	else
		guild_cache_put_bare(t, GUILD_CACHE_PRESENCE, user, value, len);
	return true;
}

bool
guild_cache_presence(struct guild_cache_tx *t, const char *d, size_t len)
{
	return guild_cache_put_presence(t, d, len);
}

/* ---- voice states --------------------------------------------------- */

static void
voice_left(struct guild_cache_tx *t, uint64_t user)
{
	guild_cache_tx_drop(t, t->guild, GUILD_CACHE_VOICE, user);
	if (t->cache->members == GUILD_CACHE_IN_VOICE && user != t->cache->self)
		guild_cache_tx_drop(t, t->guild, GUILD_CACHE_MEMBER, user);
}

bool
guild_cache_voice(struct guild_cache_tx *t, const char *d, size_t len)
{
	static const char *const not_kept[] = {"guild_id", "member"};
	uint64_t user = walk_id(d, len, "user_id");
	struct walk_item member;
	struct edit e;

	if (user == 0)
		return false;
	if (walk_id(d, len, "channel_id") == 0) {
		voice_left(t, user);
		return true;
	}
	guild_cache_make(t, &e);
	edit_members(&e, d, len, not_kept, nitems(not_kept));
	guild_cache_made(t, &e, GUILD_CACHE_VOICE, user);
	if (t->cache->members != GUILD_CACHE_SELF
	    && walk_find(d, len, "member", &member))
		return guild_cache_put_member(t, member.value, member.len,
		    true);
	return true;
}
