/* SPDX-License-Identifier: MIT */
/*
 * Channels of a guild: made, edited, moved, deleted; and typing.  Threads have
 * a file of their own, what a channel permits too.
 */

#include "tools/sim/routes/structure/routes_channel_form.h"

#include "tools/sim/act/act_voice.h"
#include "tools/sim/world/guild.h"
#include "tools/sim/world/user.h"
#include "tools/sim/world/world_hook.h"

#include "shared/base/clock.h"

#include <stdlib.h>
#include <string.h>

static void
channel_get(struct rest_call *c)
{
	struct world_channel ch;

	if (rest_msg_channel(c, c->id[0], &ch))
		rest_reply(c, 200, world_render_channel(c->w, &ch));
}

/* ---- make ---------------------------------------------------------------- */

static int64_t
last_position(struct guild *g)
{
	int64_t last = -1;

	json_object_object_foreach (guild_docs(g, GUILD_CHANNELS), key, doc) {
		int64_t at = json_object_get_int64(jso_get(doc, "position"));

		(void)key;
		last = at > last ? at : last;
	}
	return last;
}

static json_object *
blank(struct guild *g, uint64_t id, int type)
{
	json_object *o = json_object_new_object();
	bool voice = type == CHANNEL_VOICE || type == CHANNEL_STAGE;

	jso_set_id(o, "id", id);
	jso_set_int(o, "version", clock_wall_ms());
	jso_set_int(o, "type", type);
	jso_set_int(o, "position", last_position(g) + 1);
	jso_set(o, "permission_overwrites", json_object_new_array());
	jso_set_int(o, "flags", 0);
	jso_set(o, "parent_id", NULL);
	if (type == CHANNEL_CATEGORY)
		return o;
	jso_set(o, "topic", NULL);
	jso_set_int(o, "rate_limit_per_user", 0);
	jso_set_bool(o, "nsfw", false);
	jso_set(o, "last_message_id", NULL);
	if (voice) {
		jso_set_int(o, "bitrate", 64000);
		jso_set_int(o, "user_limit", 0);
		jso_set(o, "rtc_region", NULL);
	}
	if (routes_channel_form_is_forum(type)) {
		jso_set(o, "available_tags", json_object_new_array());
		jso_set(o, "default_reaction_emoji", NULL);
		jso_set(o, "default_sort_order", NULL);
		jso_set_int(o, "default_forum_layout", 0);
	}
	return o;
}

/* The type a form asks for; -1 and an error noted when it is none. */
static int
type_of(struct rest_call *c, json_object *body)
{
	static const int types[] = {CHANNEL_TEXT, CHANNEL_VOICE,
	    CHANNEL_CATEGORY, CHANNEL_NEWS, CHANNEL_STAGE, 14, CHANNEL_FORUM,
	    CHANNEL_MEDIA};
	int64_t type = 0;

	if (jso_get(body, "type") == NULL)
		return CHANNEL_TEXT;
	if (!rest_form_int(c, body, "type", 0, 255, &type))
		return -1;
	for (size_t i = 0; i < nitems(types); i++)
		if (types[i] == type)
			return (int)type;
	rest_form_error(c, "type", "BASE_TYPE_CHOICES",
	    "Value must be one of {0, 2, 4, 5, 13, 14, 15, 16}.");
	return -1;
}

static void
emit(struct rest_call *c, struct guild *g, const char *t, uint64_t id)
{
	struct world_channel ch;
	json_object *o;

	must(world_channel_find(c->w, id, &ch));
	o = world_render_channel(c->w, &ch);
	rest_guild_emit(c, g, t, o);
	json_object_put(o);
}

static void
make(struct rest_call *c, struct guild *g, json_object *body, int type,
    json_object *overwrites)
{
	uint64_t id = world_snowflake(c->w);
	json_object *doc = blank(g, id, type);
	struct world_channel ch;

	routes_channel_form_apply(c, doc, body, type, overwrites);
	if (overwrites == NULL)
		routes_channel_form_inherit(g, doc);
	if (!guild_put(g, GUILD_CHANNELS, id, doc)) {
		rest_reply_error(c, REST_TOO_MANY_CHANNELS);
		return;
	}
	emit(c, g, "CHANNEL_CREATE", id);
	rest_guild_audit(c, g, ACT_CHANNEL_CREATE, id,
	    rest_guild_changes(NULL, doc));
	must(world_channel_find(c->w, id, &ch));
	rest_reply(c, 201, world_render_channel(c->w, &ch));
}

static void
channel_new(struct rest_call *c)
{
	json_object *body = rest_form_object(c), *overwrites;
	struct guild *g;
	uint64_t used = 0;
	int type;

	if (body == NULL || (g = rest_guild(c)) == NULL
	    || !rest_guild_may(c, g, PERM_MANAGE_CHANNELS))
		return;
	type = type_of(c, body);
	if (jso_get(body, "name") == NULL)
		rest_form_required(c, "name");
	routes_channel_form_check(c, g, body, type);
	overwrites = structure_overwrite_form(c, body, &used);
	if (!rest_form_refused(c)
	    && (overwrites == NULL || structure_overwrite_may(c, g, used)))
		make(c, g, body, type, overwrites);
	json_object_put(overwrites);
}

/* ---- edit ---------------------------------------------------------------- */

/* Text and announcement channels may become each other. */
static int
new_type(struct rest_call *c, const struct world_channel *ch, json_object *body)
{
	int type = jso_get(body, "type") ? type_of(c, body) : ch->type;
	bool both = (type == CHANNEL_TEXT || type == CHANNEL_NEWS)
	    && (ch->type == CHANNEL_TEXT || ch->type == CHANNEL_NEWS);

	if (type >= 0 && type != ch->type && !both)
		rest_form_error(c, "type", "CHANNEL_TYPE_INVALID",
		    "Only text and announcement channels become each other.");
	return type;
}

static void
edit(struct rest_call *c, const struct world_channel *ch, json_object *body,
    int type, json_object *overwrites)
{
	struct guild *g = guild_at(c->w, ch->guild);
	json_object *was = NULL, *changes;
	struct world_channel now;

	must(json_object_deep_copy(ch->doc, &was, NULL) == 0);
	guild_change(g);
	jso_set_int(ch->doc, "type", type);
	routes_channel_form_apply(c, ch->doc, body, type, overwrites);
	changes = rest_guild_changes(was, ch->doc);
	if (!json_object_equal(was, ch->doc))
		emit(c, g, "CHANNEL_UPDATE", ch->id);
	if (changes != NULL)
		rest_guild_audit(c, g, ACT_CHANNEL_UPDATE, ch->id, changes);
	json_object_put(was);
	must(world_channel_find(c->w, ch->id, &now));
	rest_reply(c, 200, world_render_channel(c->w, &now));
}

static bool
names(json_object *body)
{
	return json_object_object_get_ex(body, "name", NULL)
	    || json_object_object_get_ex(body, "topic", NULL);
}

static void
channel_edit(struct rest_call *c)
{
	json_object *body = rest_form_object(c), *overwrites;
	struct world_channel ch;
	uint64_t used = 0;
	int type;

	if (body == NULL || !rest_msg_channel(c, c->id[0], &ch))
		return;
	if (ch.guild == WORLD_NOWHERE) {
		rest_reply_error(c, REST_DM_ACTION);
		return;
	}
	if (world_channel_is_thread(&ch)) {
		structure_thread_edit(c, &ch, body);
		return;
	}
	if (!rest_guild_may_in(c, &ch, PERM_MANAGE_CHANNELS))
		return;
	type = new_type(c, &ch, body);
	routes_channel_form_check(c, guild_at(c->w, ch.guild), body, type);
	overwrites = structure_overwrite_form(c, body, &used);
	if (!rest_form_refused(c)
	    && (overwrites == NULL
		|| structure_overwrite_may(c, guild_at(c->w, ch.guild), used))
	    && (!names(body) || !rest_limited(c, LIMIT_CHANNEL_NAME, ch.id)))
		edit(c, &ch, body, type, overwrites);
	json_object_put(overwrites);
}

/* ---- move ---------------------------------------------------------------- */

/* One of the list: its channel, or NULL after an answer or an error noted. */
static json_object *
move_of(struct rest_call *c, struct guild *g, json_object *one)
{
	json_object *doc, *at = jso_get(one, "position");
	uint64_t id = 0;

	if (!rest_form_id(c, one, "id", &id) && c->errors == NULL)
		rest_form_required(c, "id");
	if (at != NULL
	    && (!json_object_is_type(at, json_type_int)
		|| json_object_get_int64(at) < 0))
		rest_form_error(c, "position", "NUMBER_TYPE_COERCE",
		    "int value should be 0 or greater.");
	doc = guild_get(g, GUILD_CHANNELS, id);
	if (doc != NULL)
		routes_channel_form_parent(c, g, one,
		    json_object_get_int(jso_get(doc, "type")));
	if (rest_form_refused(c))
		return NULL;
	if (doc == NULL)
		rest_reply_error(c, REST_UNKNOWN_CHANNEL);
	return doc;
}

static void
move(struct rest_call *c, struct guild *g, json_object *one, json_object *doc)
{
	json_object *was = NULL, *changes;

	must(json_object_deep_copy(doc, &was, NULL) == 0);
	if (jso_get(one, "position") != NULL)
		jso_set(doc, "position",
		    json_object_get(jso_get(one, "position")));
	routes_channel_form_move(doc, one);
	if (json_object_get_boolean(jso_get(one, "lock_permissions")))
		routes_channel_form_inherit(g, doc);
	changes = rest_guild_changes(was, doc);
	if (!json_object_equal(was, doc))
		emit(c, g, "CHANNEL_UPDATE", jso_get_id(doc, "id"));
	if (changes != NULL)
		rest_guild_audit(c, g, ACT_CHANNEL_UPDATE,
		    jso_get_id(doc, "id"), changes);
	json_object_put(was);
}

/* All of them are right, or none is moved. */
static void
channel_move(struct rest_call *c)
{
	struct guild *g = rest_guild(c);
	json_object *list = c->body;

	if (g == NULL || !rest_guild_may(c, g, PERM_MANAGE_CHANNELS))
		return;
	if (!json_object_is_type(list, json_type_array)) {
		rest_form_no_list(c, "");
		(void)rest_form_refused(c);
		return;
	}
	for (size_t i = 0; i < json_object_array_length(list); i++)
		if (move_of(c, g, json_object_array_get_idx(list, i)) == NULL)
			return;
	guild_change(g);
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		json_object *one = json_object_array_get_idx(list, i);

		move(c, g, one,
		    guild_get(g, GUILD_CHANNELS, jso_get_id(one, "id")));
	}
	rest_reply_none(c);
}

/* ---- delete -------------------------------------------------------------- */

/* The id of the first document of a list that has this value at a key, or 0;
 * so that the list may change meanwhile. */
static uint64_t
first_with(struct guild *g, enum guild_list list, const char *key, uint64_t id)
{
	json_object_object_foreach (guild_docs(g, list), at, doc)
		if (jso_get_id(doc, key) == id)
			return strtoull(at, NULL, 10);
	return 0;
}

/* What was in the channel goes with it; clients are not told of each. */
static void
empty(struct rest_call *c, struct guild *g, uint64_t channel)
{
	struct act a = rest_guild_act(c, g);
	uint64_t id;

	while ((id = first_with(g, GUILD_THREADS, "parent_id", channel)) != 0) {
		guild_drop(g, GUILD_THREADS, id);
		guild_drop(g, GUILD_THREAD_MEMBERS, id);
	}
	while ((id = first_with(g, GUILD_HOOKS, "channel_id", channel)) != 0)
		world_hook_drop(g, id);
	while ((id = first_with(g, GUILD_VOICE, "channel_id", channel)) != 0) {
		int64_t user = user_find(c->w, id);

		if (user < 0 || !act_voice_leave(&a, (unsigned)user))
			guild_drop(g, GUILD_VOICE, id);
	}
}

/* A category's channels stand alone then. */
static void
orphan(struct rest_call *c, struct guild *g, uint64_t category)
{
	json_object_object_foreach (guild_docs(g, GUILD_CHANNELS), key, doc) {
		if (jso_get_id(doc, "parent_id") != category)
			continue;
		jso_set(doc, "parent_id", NULL);
		emit(c, g, "CHANNEL_UPDATE", strtoull(key, NULL, 10));
	}
}

/* The guild names it no more. */
static void
unname(struct rest_call *c, struct guild *g, uint64_t channel)
{
	static const char *const keys[] = {"system_channel_id",
	    "afk_channel_id", "rules_channel_id", "public_updates_channel_id",
	    "widget_channel_id", "safety_alerts_channel_id"};
	bool changed = false;
	json_object *o;

	for (size_t i = 0; i < nitems(keys); i++)
		if (jso_get_id(guild_head(g), keys[i]) == channel) {
			jso_set(guild_head(g), keys[i], NULL);
			changed = true;
		}
	if (!changed)
		return;
	o = guild_object(g);
	gateway_emit_json(c->sim, guild_index(g), "GUILD_UPDATE", o);
	json_object_put(o);
}

static void
channel_drop(struct rest_call *c)
{
	struct world_channel ch;
	json_object *o;
	struct guild *g;

	if (!rest_msg_channel(c, c->id[0], &ch))
		return;
	/* It is closed, and the next message opens it again. */
	if (ch.guild == WORLD_NOWHERE) {
		rest_reply(c, 200, world_render_channel(c->w, &ch));
		return;
	}
	if (world_channel_is_thread(&ch)) {
		structure_thread_drop(c, &ch);
		return;
	}
	if (!rest_guild_may_in(c, &ch, PERM_MANAGE_CHANNELS))
		return;
	g = guild_at(c->w, ch.guild);
	guild_change(g);
	o = world_render_channel(c->w, &ch);
	empty(c, g, ch.id);
	guild_drop(g, GUILD_CHANNELS, ch.id);
	rest_guild_emit(c, g, "CHANNEL_DELETE", o);
	if (json_object_get_int(jso_get(o, "type")) == CHANNEL_CATEGORY)
		orphan(c, g, c->id[0]);
	unname(c, g, c->id[0]);
	rest_guild_audit(c, g, ACT_CHANNEL_DELETE, c->id[0],
	    rest_guild_changes(o, NULL));
	rest_reply(c, 200, o);
}

/* ---- typing -------------------------------------------------------------- */

static void
typing(struct rest_call *c)
{
	struct world_channel ch;
	json_object *o;

	if (!rest_msg_channel(c, c->id[0], &ch))
		return;
	if (!world_channel_is_text(&ch)) {
		rest_reply_error(c, REST_NOT_TEXT);
		return;
	}
	if (!rest_guild_may_in(c, &ch,
		world_channel_is_thread(&ch) ? PERM_SEND_MESSAGES_IN_THREADS
					     : PERM_SEND_MESSAGES))
		return;
	o = json_object_new_object();
	jso_set_id(o, "user_id", user_id(c->w, c->bot));
	jso_set_int(o, "timestamp", clock_wall_ms() / 1000);
	jso_set_id(o, "channel_id", ch.id);
	if (ch.guild != WORLD_NOWHERE) {
		jso_set_id(o, "guild_id", world_guild_id(c->w, ch.guild));
		jso_set(o, "member",
		    world_render_member(c->w, ch.guild, c->bot, true));
	}
	gateway_emit_json(c->sim, ch.guild, "TYPING_START", o);
	json_object_put(o);
	rest_reply_none(c);
}

const struct route routes_channel[] = {
    {"GET", "/channels/:channel_id", channel_get, LIMIT_CHANNEL},
    {"PATCH", "/channels/:channel_id", channel_edit, LIMIT_CHANNEL_EDIT},
    {"DELETE", "/channels/:channel_id", channel_drop, LIMIT_CHANNEL_EDIT},
    {"POST", "/channels/:channel_id/typing", typing, LIMIT_TYPING},
    {"POST", "/guilds/:guild_id/channels", channel_new, LIMIT_CHANNEL_WRITE},
    {"PATCH", "/guilds/:guild_id/channels", channel_move, LIMIT_CHANNEL_WRITE},
    {0},
};
