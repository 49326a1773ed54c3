/* SPDX-License-Identifier: MIT */
/* Random dispatches and the documents they change; see cache_rig.h. */
#include "tests/unit/shared/guilds/cache_rig_impl.h"

#include "shared/json/json.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

static const struct listed {
	const char *name, *key;
} lists[] = {{"roles", "id"}, {"channels", "id"}, {"threads", "id"},
    {"members", "user"}, {"emojis", "id"}, {"stickers", "id"},
    {"soundboard_sounds", "sound_id"}, {"voice_states", "user_id"},
    {"stage_instances", "id"}, {"guild_scheduled_events", "id"},
    {"presences", "user"}};

uint64_t
cache_rig_pick(struct cache_rig *r, uint64_t below)
{
	r->seed = r->seed * 6364136223846793005u + 1442695040888963407u;
	return (r->seed >> 33) % below;
}

uint64_t
cache_rig_id(unsigned guild)
{
	return (uint64_t)(guild + 1) << 22 | 1;
}

json_object *
rig_parse(const char *text)
{
	json_object *o;

	must(json_parse(&o, text, strlen(text)));
	return o;
}

void
rig_put_id(json_object *o, const char *key, uint64_t id)
{
	char text[24];

	str_format(text, sizeof(text), "%" PRIu64, id);
	json_put_text(o, key, text);
}

/* What no document of Discord's describes, yet. */
void
rig_strange(struct cache_rig *r, json_object *o)
{
	static const char *const values[] = {"null", "1.50", "-0",
	    "123456789012345678901234567890", "\"\\u00e9\\ud83e\\uddc0\\\"]}\"",
	    "[]", "{\"a\":[{\"id\":\"7\"}]}", "true", "\"\xf0\x9f\xa7\x80\""};
	char key[16];

	for (uint64_t n = pick(r, 4); n > 0; n--) {
		str_format(key, sizeof(key), "new_%u", (unsigned)pick(r, 5));
		json_object_object_add(o, key,
		    rig_parse(values[pick(r, nitems(values))]));
	}
}

json_object *
rig_thing(struct cache_rig *r, uint64_t id)
{
	json_object *o = json_object_new_object();
	char name[32];

	rig_put_id(o, "id", id);
	str_format(name, sizeof(name), "n%u", (unsigned)pick(r, 1000));
	json_put_text(o, "name", name);
	rig_strange(r, o);
	return o;
}

uint64_t
rig_user(struct cache_rig *r)
{
	return USER + pick(r, 8);
}

json_object *
rig_member(struct cache_rig *r, uint64_t id)
{
	json_object *o = json_object_new_object();

	json_object_object_add(o, "user", rig_thing(r, id));
	json_put_text(o, "joined_at", "2020-01-01T00:00:00.000000+00:00");
	rig_strange(r, o);
	return o;
}

json_object *
rig_thread(struct cache_rig *r, uint64_t id, bool may_end)
{
	json_object *o = rig_thing(r, id);

	rig_put_id(o, "parent_id", CHANNEL + pick(r, 4));
	json_put_int(o, "member_count", 1);
	if (pick(r, 2))
		json_object_object_add(o, "thread_metadata",
		    rig_parse(may_end && pick(r, 3) == 0
			    ? "{\"archived\":true}"
			    : "{\"archived\":false}"));
	return o;
}

json_object *
rig_voice(struct cache_rig *r, uint64_t id)
{
	json_object *o = json_object_new_object();

	rig_put_id(o, "user_id", id);
	rig_put_id(o, "channel_id", CHANNEL + pick(r, 4));
	rig_strange(r, o);
	return o;
}

json_object *
rig_presence(struct cache_rig *r, uint64_t id)
{
	json_object *o = json_object_new_object(),
		    *who = json_object_new_object();

	rig_put_id(who, "id", id);
	json_object_object_add(o, "user", who);
	json_put_text(o, "status", pick(r, 3) ? "idle" : "offline");
	rig_strange(r, o);
	return o;
}

static json_object *
sound(struct cache_rig *r, uint64_t id)
{
	json_object *o = json_object_new_object();

	rig_put_id(o, "sound_id", id);
	rig_strange(r, o);
	return o;
}

json_object *
rig_element(struct cache_rig *r, const char *list, uint64_t n)
{
	static const struct {
		const char *list;
		uint64_t base;
	} plain[] = {{"roles", ROLE}, {"channels", CHANNEL}, {"emojis", EMOJI},
	    {"stickers", STICKER}, {"stage_instances", STAGE},
	    {"guild_scheduled_events", EVENT}};

	for (size_t i = 0; i < nitems(plain); i++)
		if (strcmp(list, plain[i].list) == 0)
			return rig_thing(r, plain[i].base + n);
	if (strcmp(list, "threads") == 0)
		return rig_thread(r, THREAD + n, false);
	if (strcmp(list, "members") == 0)
		return rig_member(r, USER + n);
	if (strcmp(list, "soundboard_sounds") == 0)
		return sound(r, SOUND + n);
	if (strcmp(list, "voice_states") == 0)
		return rig_voice(r, USER + n);
	return rig_presence(r, USER + n);
}

json_object *
rig_array(struct cache_rig *r, const char *list, unsigned size)
{
	json_object *a = json_object_new_array();

	for (unsigned n = 0; n < size; n++)
		if (n == 0 || pick(r, 3) > 0)
			json_object_array_add(a, rig_element(r, list, n));
	return a;
}

json_object *
cache_rig_guild(struct cache_rig *r, unsigned guild, unsigned size)
{
	json_object *o = rig_thing(r, cache_rig_id(guild));

	/* In any order, and now and then one is not there. */
	for (size_t i = pick(r, nitems(lists)), n = 0; n < nitems(lists);
	     i++, n++) {
		const char *name = lists[i % nitems(lists)].name;

		if (pick(r, 12) > 0 || strcmp(name, "members") == 0)
			json_object_object_add(o, name,
			    rig_array(r, name, size));
	}
	json_put_int(o, "member_count", 50);
	json_put_bool(o, "unavailable", false);
	rig_strange(r, o);
	return o;
}

/* ---- the documents -------------------------------------------------- */

uint64_t
rig_id_of(json_object *o, const char *key)
{
	json_object *v = json_get(o, key);
	uint64_t id = 0;

	if (strcmp(key, "user") == 0)
		return rig_id_of(v, "id");
	if (v != NULL)
		str_to_u64(json_object_get_string(v), &id);
	return id;
}

const char *
rig_key_of(const char *list)
{
	for (size_t i = 0; i < nitems(lists); i++)
		if (strcmp(list, lists[i].name) == 0)
			return lists[i].key;
	bug("no such list");
}

json_object *
rig_copy(json_object *o)
{
	json_object *c = NULL;

	must(o == NULL || json_object_deep_copy(o, &c, NULL) == 0);
	return c;
}

json_object *
rig_list_of(json_object *g, const char *list)
{
	json_object *a = json_get(g, list);

	if (a == NULL) {
		a = json_object_new_array();
		json_object_object_add(g, list, a);
	}
	return a;
}

json_object *
rig_find(json_object *g, const char *list, uint64_t id, size_t *at)
{
	json_object *a = rig_list_of(g, list);

	for (size_t i = 0; i < json_object_array_length(a); i++)
		if (rig_id_of(json_object_array_get_idx(a, i), rig_key_of(list))
		    == id) {
			if (at != NULL)
				*at = i;
			return json_object_array_get_idx(a, i);
		}
	return NULL;
}

void
rig_take_out(json_object *g, const char *list, uint64_t id)
{
	size_t at;

	if (rig_find(g, list, id, &at) != NULL)
		json_object_array_del_idx(rig_list_of(g, list), at, 1);
}

/* Takes o. */
void
rig_upsert(json_object *g, const char *list, json_object *o)
{
	rig_take_out(g, list, rig_id_of(o, rig_key_of(list)));
	json_object_array_add(rig_list_of(g, list), o);
}

void
rig_merge(json_object *to, json_object *from, const char *without)
{
	json_object_object_foreach (from, key, v) {
		if (strcmp(key, without) != 0)
			json_object_object_add(to, key, rig_copy(v));
	}
}

static bool
kept(struct cache_rig *r, json_object *g, uint64_t id)
{
	return id == USER || r->members >= GUILD_CACHE_SEEN
	    || (r->members == GUILD_CACHE_IN_VOICE
		&& rig_find(g, "voice_states", id, NULL) != NULL);
}

void
rig_keep_member(struct cache_rig *r, json_object *g, json_object *m)
{
	json_object *o;

	if (!kept(r, g, rig_id_of(m, "user")))
		return;
	o = rig_copy(m);
	json_object_object_del(o, "guild_id");
	rig_upsert(g, "members", o);
}

void
rig_keep_presence(struct cache_rig *r, json_object *g, json_object *p)
{
	json_object *o;

	if (!r->presences)
		return;
	rig_take_out(g, "presences", rig_id_of(p, "user"));
	if (strcmp(json_get_text(p, "status"), "offline") == 0)
		return;
	o = rig_copy(p);
	json_object_object_del(o, "guild_id");
	rig_upsert(g, "presences", o);
}

void
rig_keep_thread(json_object *g, json_object *thread_)
{
	uint64_t id = rig_id_of(thread_, "id");
	json_object *old = rig_find(g, "threads", id, NULL),
		    *o = rig_copy(thread_);
	json_object *was = json_get(old, "member");

	json_object_object_del(o, "newly_created");
	if (json_get(o, "member") == NULL && was != NULL)
		json_object_object_add(o, "member", rig_copy(was));
	if (json_object_get_boolean(
		json_get(json_get(o, "thread_metadata"), "archived"))) {
		rig_take_out(g, "threads", id);
		json_object_put(o);
	} else {
		rig_upsert(g, "threads", o);
	}
}

void
rig_set_membership(json_object *g, uint64_t id, json_object *m)
{
	json_object *t = rig_find(g, "threads", id, NULL), *o;

	if (t == NULL)
		return;
	o = rig_copy(m);
	json_object_object_del(o, "guild_id");
	json_object_object_del(o, "member");
	json_object_object_del(o, "presence");
	json_object_object_add(t, "member", o);
}

void
cache_rig_drop(struct cache_rig *r)
{
	for (unsigned n = 0; n < CACHE_RIG_GUILDS; n++)
		json_object_put(r->guild[n]);
}

static const char *sort_key;

static int
by_id(const void *a, const void *b)
{
	uint64_t x = rig_id_of(*(json_object *const *)a, sort_key);
	uint64_t y = rig_id_of(*(json_object *const *)b, sort_key);

	return x < y ? -1 : x > y;
}

void
cache_rig_sort(json_object *guild)
{
	for (size_t i = 0; i < nitems(lists); i++) {
		sort_key = lists[i].key;
		json_object_array_sort(rig_list_of(guild, lists[i].name),
		    by_id);
	}
}
