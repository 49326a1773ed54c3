/* SPDX-License-Identifier: MIT */
/* Dispatches, each made and applied to its document at once. */
#include "tests/unit/shared/guilds/cache_rig_impl.h"

#include "shared/json/json.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

static json_object *
of_guild(unsigned g, json_object *o)
{
	rig_put_id(o, "guild_id", cache_rig_id(g));
	return o;
}

static json_object *
fresh(unsigned g)
{
	return of_guild(g, json_object_new_object());
}

static void
iso(int64_t ms, char *out, size_t size)
{
	time_t s = (time_t)(ms / 1000);
	struct tm tm;

	gmtime_r(&s, &tm);
	strftime(out, size, "%Y-%m-%dT%H:%M:%S.000000+00:00", &tm);
}

static json_object *
guild_create(struct cache_rig *r, unsigned n)
{
	json_object *d = cache_rig_guild(r, n, 5), *g = rig_copy(d);
	json_object *all = rig_copy(rig_list_of(g, "members"));
	json_object *online = rig_copy(rig_list_of(g, "presences"));

	json_object_put(r->guild[n]);
	r->guild[n] = g;
	json_object_object_add(g, "members", json_object_new_array());
	json_object_object_add(g, "presences", json_object_new_array());
	for (size_t i = 0; i < json_object_array_length(all); i++)
		rig_keep_member(r, g, json_object_array_get_idx(all, i));
	for (size_t i = 0; i < json_object_array_length(online); i++)
		rig_keep_presence(r, g, json_object_array_get_idx(online, i));
	json_object_put(all);
	json_object_put(online);
	iso(r->now_ms, r->joined[n], sizeof(r->joined[n]));
	r->joined[n][19] = '\0';
	return d;
}

static json_object *
guild_gone(struct cache_rig *r, unsigned n, bool outage)
{
	json_object *d = json_object_new_object();

	rig_put_id(d, "id", cache_rig_id(n));
	json_object_put(r->guild[n]);
	r->guild[n] = NULL;
	if (outage) {
		json_put_bool(d, "unavailable", true);
		r->guild[n] = json_object_new_object();
	}
	return d;
}

static json_object *
guild_update(struct cache_rig *r, unsigned n)
{
	static const char *const whole[] = {"roles", "emojis", "stickers"};
	json_object *d = rig_thing(r, cache_rig_id(n)), *g = r->guild[n];

	of_guild(n, d);
	rig_merge(g, d, "guild_id");
	for (size_t i = 0; i < nitems(whole); i++)
		if (pick(r, 2)) {
			json_object_object_add(d, whole[i],
			    rig_array(r, whole[i], 4));
			json_object_object_add(g, whole[i],
			    rig_copy(json_get(d, whole[i])));
		}
	return d;
}

/* Of an object that is an element itself: put, or taken out. */
static json_object *
plain(struct cache_rig *r, unsigned n, const char *list, bool put)
{
	json_object *d = of_guild(n, rig_element(r, list, pick(r, 7)));
	uint64_t id = rig_id_of(d, rig_key_of(list));
	json_object *o = rig_copy(d);

	/* As GUILD_CREATE has them. */
	if (strcmp(list, "channels") == 0)
		json_object_object_del(o, "guild_id");
	if (put)
		rig_upsert(r->guild[n], list, json_object_get(o));
	else
		rig_take_out(r->guild[n], list, id);
	json_object_put(o);
	return d;
}

static json_object *
role(struct cache_rig *r, unsigned n, bool put)
{
	json_object *d = fresh(n), *o = rig_thing(r, ROLE + pick(r, 7));

	if (put) {
		json_object_object_add(d, "role", o);
		rig_upsert(r->guild[n], "roles", rig_copy(o));
		return d;
	}
	rig_put_id(d, "role_id", rig_id_of(o, "id"));
	rig_take_out(r->guild[n], "roles", rig_id_of(o, "id"));
	json_object_put(o);
	return d;
}

/* All threads, or those of parents (an array of ids). */
static void
drop_threads(json_object *g, json_object *parents)
{
	json_object *a = rig_list_of(g, "threads");

	for (size_t i = json_object_array_length(a); i-- > 0;) {
		json_object *p = json_get(json_object_array_get_idx(a, i),
		    "parent_id");
		bool drop = parents == NULL;

		for (size_t k = 0;
		     parents != NULL && k < json_object_array_length(parents);
		     k++)
			drop |= strcmp(json_object_get_string(p),
				    json_object_get_string(
					json_object_array_get_idx(parents, k)))
			    == 0;
		if (drop)
			json_object_array_del_idx(a, i, 1);
	}
}

static json_object *
one_id(uint64_t id)
{
	char text[24];

	str_format(text, sizeof(text), "%" PRIu64, id);
	return json_object_new_string(text);
}

static json_object *
channel_delete(struct cache_rig *r, unsigned n)
{
	json_object *d = plain(r, n, "channels", false);
	json_object *parents = json_object_new_array();

	json_object_array_add(parents, one_id(rig_id_of(d, "id")));
	drop_threads(r->guild[n], parents);
	json_object_put(parents);
	return d;
}

static json_object *
pins(struct cache_rig *r, unsigned n)
{
	uint64_t id = (pick(r, 2) ? CHANNEL : THREAD) + pick(r, 5);
	json_object *d = fresh(n), *at = NULL, *o;

	rig_put_id(d, "channel_id", id);
	if (pick(r, 2)) {
		at = json_object_new_string("2026-01-01T00:00:00+00:00");
		json_object_object_add(d, "last_pin_timestamp", at);
	}
	o = rig_find(r->guild[n], id < THREAD ? "channels" : "threads", id,
	    NULL);
	if (o != NULL)
		json_object_object_add(o, "last_pin_timestamp",
		    at != NULL ? rig_copy(at) : NULL);
	return d;
}

static json_object *
thread_put(struct cache_rig *r, unsigned n)
{
	json_object *d = of_guild(n, rig_thread(r, THREAD + pick(r, 7), true));

	if (pick(r, 2))
		json_put_bool(d, "newly_created", true);
	if (pick(r, 3) == 0)
		json_object_object_add(d, "member", rig_parse("{\"flags\":1}"));
	rig_keep_thread(r->guild[n], d);
	return d;
}

static json_object *
membership(struct cache_rig *r, uint64_t id, uint64_t user_id)
{
	json_object *o = json_object_new_object();

	rig_put_id(o, "id", id);
	rig_put_id(o, "user_id", user_id);
	rig_strange(r, o);
	return o;
}

static json_object *
thread_sync(struct cache_rig *r, unsigned n)
{
	json_object *d = fresh(n), *threads = rig_array(r, "threads", 4);
	json_object *parents = NULL, *members = json_object_new_array(), *m;

	if (pick(r, 2)) {
		parents = json_object_new_array();
		for (uint64_t i = pick(r, 3); i > 0; i--)
			json_object_array_add(parents,
			    one_id(CHANNEL + pick(r, 4)));
		json_object_object_add(d, "channel_ids", parents);
	}
	drop_threads(r->guild[n], parents);
	json_object_object_add(d, "threads", threads);
	json_object_object_add(d, "members", members);
	for (size_t i = 0; i < json_object_array_length(threads); i++)
		rig_keep_thread(r->guild[n],
		    json_object_array_get_idx(threads, i));
	m = membership(r, THREAD + pick(r, 4), USER);
	json_object_array_add(members, m);
	rig_set_membership(r->guild[n], rig_id_of(m, "id"), m);
	return d;
}

static json_object *
thread_member(struct cache_rig *r, unsigned n)
{
	json_object *d = of_guild(n, membership(r, THREAD + pick(r, 7), USER));

	rig_set_membership(r->guild[n], rig_id_of(d, "id"), d);
	return d;
}

static json_object *
thread_members(struct cache_rig *r, unsigned n)
{
	json_object *d = fresh(n), *a = json_object_new_array(), *m;
	uint64_t id = THREAD + pick(r, 7), who = rig_user(r);
	json_object *t = rig_find(r->guild[n], "threads", id, NULL);

	rig_put_id(d, "id", id);
	json_put_int(d, "member_count", (int64_t)pick(r, 9));
	if (t != NULL)
		json_object_object_add(t, "member_count",
		    rig_copy(json_get(d, "member_count")));
	if (pick(r, 2)) {
		json_object_array_add(a, one_id(who));
		json_object_object_add(d, "removed_member_ids", a);
		if (t != NULL && who == USER)
			json_object_object_del(t, "member");
		return d;
	}
	m = membership(r, id, who);
	json_object_object_add(m, "member", rig_member(r, who));
	json_object_object_add(m, "presence", NULL);
	json_object_array_add(a, m);
	json_object_object_add(d, "added_members", a);
	if (who == USER)
		rig_set_membership(r->guild[n], id, m);
	return d;
}

/* Replaces a list (or, of sounds that changed, only those). */
static json_object *
whole(struct cache_rig *r, unsigned n, const char *list, bool all)
{
	json_object *d = fresh(n), *a = rig_array(r, list, 5);

	json_object_object_add(d, list, a);
	if (all)
		json_object_object_add(r->guild[n], list,
		    json_object_new_array());
	for (size_t i = 0; i < json_object_array_length(a); i++)
		rig_upsert(r->guild[n], list,
		    rig_copy(json_object_array_get_idx(a, i)));
	return d;
}

static json_object *
scheduled(struct cache_rig *r, unsigned n)
{
	json_object *d = of_guild(n, rig_thing(r, EVENT + pick(r, 7)));
	int64_t status = 1 + (int64_t)pick(r, 4);

	json_put_int(d, "status", status);
	if (status < 3)
		rig_upsert(r->guild[n], "guild_scheduled_events", rig_copy(d));
	else
		rig_take_out(r->guild[n], "guild_scheduled_events",
		    rig_id_of(d, "id"));
	return d;
}

static json_object *
member_add(struct cache_rig *r, unsigned n)
{
	json_object *d = of_guild(n, rig_member(r, rig_user(r))),
		    *g = r->guild[n];
	int64_t count = json_object_get_int64(json_get(g, "member_count"));
	char at[40];

	/* Every second one is told of again. */
	iso(r->now_ms, at, sizeof(at));
	if (pick(r, 2))
		str_copy(at, json_get_text(d, "joined_at"), sizeof(at));
	else if (pick(r, 4) == 0)
		str_copy(at, r->joined[n], sizeof(at));
	json_put_text(d, "joined_at", at);
	if (strcmp(at, r->joined[n]) > 0) {
		json_put_int(g, "member_count", count + 1);
		str_copy(r->joined[n], at, sizeof(r->joined[n]));
	}
	rig_keep_member(r, g, d);
	return d;
}

static json_object *
member_update(struct cache_rig *r, unsigned n)
{
	json_object *d = of_guild(n, rig_member(r, rig_user(r))), *old;

	if (pick(r, 2))
		json_object_object_del(d, "joined_at");
	old = rig_find(r->guild[n], "members", rig_id_of(d, "user"), NULL);
	if (old != NULL)
		rig_merge(old, d, "guild_id");
	else
		rig_keep_member(r, r->guild[n], d);
	return d;
}

static json_object *
member_remove(struct cache_rig *r, unsigned n)
{
	json_object *d = of_guild(n, rig_member(r, rig_user(r))),
		    *g = r->guild[n];
	int64_t count = json_object_get_int64(json_get(g, "member_count"));

	json_put_int(g, "member_count", count > 0 ? count - 1 : 0);
	rig_take_out(g, "members", rig_id_of(d, "user"));
	rig_take_out(g, "presences", rig_id_of(d, "user"));
	return d;
}

static json_object *
chunk(struct cache_rig *r, unsigned n)
{
	json_object *d = fresh(n), *m = rig_array(r, "members", 4);
	json_object *p = rig_array(r, "presences", 4);

	json_object_object_add(d, "members", m);
	json_object_object_add(d, "presences", p);
	for (size_t i = 0;
	     r->members == GUILD_CACHE_ALL && i < json_object_array_length(m);
	     i++)
		rig_keep_member(r, r->guild[n],
		    json_object_array_get_idx(m, i));
	for (size_t i = 0; i < json_object_array_length(p); i++)
		rig_keep_presence(r, r->guild[n],
		    json_object_array_get_idx(p, i));
	return d;
}

static json_object *
voice_update(struct cache_rig *r, unsigned n)
{
	json_object *d = of_guild(n, rig_voice(r, rig_user(r))),
		    *g = r->guild[n], *o;
	uint64_t id = rig_id_of(d, "user_id");

	json_object_object_add(d, "member", rig_member(r, id));
	if (pick(r, 3) == 0) {
		json_object_object_add(d, "channel_id", NULL);
		rig_take_out(g, "voice_states", id);
		if (r->members == GUILD_CACHE_IN_VOICE && id != USER)
			rig_take_out(g, "members", id);
		return d;
	}
	o = rig_copy(d);
	json_object_object_del(o, "guild_id");
	json_object_object_del(o, "member");
	rig_upsert(g, "voice_states", o);
	if (r->members != GUILD_CACHE_SELF)
		rig_keep_member(r, g, json_get(d, "member"));
	return d;
}

static json_object *
presence_update(struct cache_rig *r, unsigned n)
{
	json_object *d = of_guild(n, rig_presence(r, rig_user(r)));

	rig_keep_presence(r, r->guild[n], d);
	return d;
}

#define PLAINS(X)                                                              \
	X(CHANNEL_CREATE, "channels", true)                                    \
	X(CHANNEL_UPDATE, "channels", true)                                    \
	X(THREAD_DELETE, "threads", false)                                     \
	X(GUILD_SOUNDBOARD_SOUND_CREATE, "soundboard_sounds", true)            \
	X(GUILD_SOUNDBOARD_SOUND_UPDATE, "soundboard_sounds", true)            \
	X(GUILD_SOUNDBOARD_SOUND_DELETE, "soundboard_sounds", false)           \
	X(STAGE_INSTANCE_CREATE, "stage_instances", true)                      \
	X(STAGE_INSTANCE_UPDATE, "stage_instances", true)                      \
	X(STAGE_INSTANCE_DELETE, "stage_instances", false)                     \
	X(GUILD_SCHEDULED_EVENT_DELETE, "guild_scheduled_events", false)

static json_object *
in_guild(struct cache_rig *r, enum dispatch what, unsigned n)
{
	switch (what) {
#define X(name, list, put)                                                     \
	case DISPATCH_##name:                                                  \
		return plain(r, n, list, put);
		PLAINS(X)
#undef X
	case DISPATCH_GUILD_UPDATE:
		return guild_update(r, n);
	case DISPATCH_GUILD_ROLE_CREATE:
	case DISPATCH_GUILD_ROLE_UPDATE:
		return role(r, n, true);
	case DISPATCH_GUILD_ROLE_DELETE:
		return role(r, n, false);
	case DISPATCH_CHANNEL_DELETE:
		return channel_delete(r, n);
	case DISPATCH_CHANNEL_PINS_UPDATE:
		return pins(r, n);
	case DISPATCH_THREAD_CREATE:
	case DISPATCH_THREAD_UPDATE:
		return thread_put(r, n);
	case DISPATCH_THREAD_LIST_SYNC:
		return thread_sync(r, n);
	case DISPATCH_THREAD_MEMBER_UPDATE:
		return thread_member(r, n);
	case DISPATCH_THREAD_MEMBERS_UPDATE:
		return thread_members(r, n);
	case DISPATCH_GUILD_EMOJIS_UPDATE:
		return whole(r, n, "emojis", true);
	case DISPATCH_GUILD_STICKERS_UPDATE:
		return whole(r, n, "stickers", true);
	case DISPATCH_GUILD_SOUNDBOARD_SOUNDS_UPDATE:
		return whole(r, n, "soundboard_sounds", false);
	case DISPATCH_SOUNDBOARD_SOUNDS:
		return whole(r, n, "soundboard_sounds", true);
	case DISPATCH_GUILD_SCHEDULED_EVENT_CREATE:
	case DISPATCH_GUILD_SCHEDULED_EVENT_UPDATE:
		return scheduled(r, n);
	case DISPATCH_GUILD_MEMBER_ADD:
		return member_add(r, n);
	case DISPATCH_GUILD_MEMBER_UPDATE:
		return member_update(r, n);
	case DISPATCH_GUILD_MEMBER_REMOVE:
		return member_remove(r, n);
	case DISPATCH_GUILD_MEMBERS_CHUNK:
		return chunk(r, n);
	case DISPATCH_PRESENCE_UPDATE:
		return presence_update(r, n);
	case DISPATCH_VOICE_STATE_UPDATE:
		return voice_update(r, n);
	default:
		return NULL;
	}
}

json_object *
cache_rig_event(struct cache_rig *r, enum dispatch *what)
{
	unsigned n = (unsigned)pick(r, CACHE_RIG_GUILDS);
	json_object *d;

	r->now_ms += (int64_t)pick(r, 1500);
	if (json_get(r->guild[n], "name") == NULL || pick(r, 60) == 0) {
		*what = DISPATCH_GUILD_CREATE;
		return guild_create(r, n);
	}
	if (pick(r, 80) == 0) {
		*what = DISPATCH_GUILD_DELETE;
		return guild_gone(r, n, pick(r, 2) == 0);
	}
	do {
		*what = (enum dispatch)(1 + pick(r, DISPATCH_ALL - 1));
		d = in_guild(r, *what, n);
	} while (d == NULL);
	return d;
}
