/* SPDX-License-Identifier: MIT */
/* The soundboard, and what is said of a voice channel. */
#include "tools/sim/routes/more/more.h"

#define BYTES_MAX (512u << 10)
#define AUDIT_CREATE 130
#define AUDIT_UPDATE 131
#define AUDIT_DELETE 132
#define AUDIT_STATUS 192
#define AUDIT_STATUS_DELETE 193
#define STATUS_MAX 500

static const unsigned most[] = {8, 24, 36, 48};

static const char *const types[] = {"audio/mpeg", "audio/mp3", "audio/ogg",
    NULL};

/* Two that everybody has. */
static const char defaults[] =
    "[{\"name\":\"drip\",\"sound_id\":\"1\",\"volume\":1.0,\"emoji_id\":null,"
    "\"emoji_name\":\"\\ud83d\\udca7\",\"available\":true},"
    "{\"name\":\"knock\",\"sound_id\":\"2\",\"volume\":1.0,\"emoji_id\":null,"
    "\"emoji_name\":\"\\ud83d\\udeaa\",\"available\":true}]";

static void
check(struct rest_call *c, json_object *body, bool needed)
{
	json_object *v = jso_get(body, "volume");
	double volume = json_object_get_double(v);
	uint64_t id;

	if (needed)
		(void)rest_form_text(c, body, "name", 2, 32);
	else
		(void)rest_form_string(c, body, "name", 2, 32);
	if (v != NULL
	    && ((!json_object_is_type(v, json_type_double)
		    && !json_object_is_type(v, json_type_int))
		|| !(volume >= 0 && volume <= 1)))
		rest_form_error(c, "volume", "NUMBER_TYPE_MAX",
		    "float value should be between 0.0 and 1.0.");
	(void)rest_form_id(c, body, "emoji_id", &id);
	(void)rest_form_string(c, body, "emoji_name", 0, 32);
}

static void
announce(struct rest_call *c, struct guild *g, const char *t, json_object *doc)
{
	json_object *d = more_copy(doc);

	rest_guild_emit(c, g, t, d);
	json_object_put(d);
}

static void
sound_list(struct rest_call *c)
{
	struct guild *g = rest_guild(c);
	json_object *o;

	if (g == NULL)
		return;
	o = json_object_new_object();
	jso_set(o, "items", more_list(g, GUILD_SOUNDS));
	rest_reply(c, 200, o);
}

static json_object *
build(struct rest_call *c, struct guild *g, json_object *body, uint64_t id)
{
	static const char *const keys[] = {"name", "emoji_id", "emoji_name",
	    "volume", NULL};
	json_object *o = json_object_new_object();

	jso_set(o, "emoji_id", NULL);
	jso_set(o, "emoji_name", NULL);
	rest_form_copy(o, body, keys);
	if (jso_get(o, "volume") == NULL)
		jso_set(o, "volume", json_object_new_double(1));
	jso_set_id(o, "sound_id", id);
	jso_set_id(o, "guild_id", guild_id(g));
	jso_set_bool(o, "available", true);
	jso_set(o, "user", more_maker(c));
	return o;
}

static void
sound_new(struct rest_call *c)
{
	json_object *body = rest_form_object(c), *o;
	struct guild *g;
	uint64_t id;

	if (body == NULL || (g = rest_guild(c)) == NULL
	    || !rest_guild_may(c, g, PERM_CREATE_GUILD_EXPRESSIONS))
		return;
	check(c, body, true);
	(void)more_data(c, body, "sound", BYTES_MAX, types);
	if (rest_form_refused(c))
		return;
	if (guild_count(g, GUILD_SOUNDS) >= most[more_tier(g)]) {
		rest_reply_error(c, REST_TOO_MANY_SOUNDS);
		return;
	}
	id = world_snowflake(c->w);
	o = build(c, g, body, id);
	must(guild_put(g, GUILD_SOUNDS, id, json_object_get(o)));
	announce(c, g, "GUILD_SOUNDBOARD_SOUND_CREATE", o);
	rest_guild_audit(c, g, AUDIT_CREATE, id, NULL);
	rest_reply(c, 201, o);
}

static json_object *
sound_of(struct rest_call *c, struct guild *g)
{
	return rest_guild_doc(c, g, GUILD_SOUNDS, c->id[1], REST_UNKNOWN_SOUND);
}

static json_object *
mine(struct rest_call *c, struct guild *g)
{
	json_object *doc = sound_of(c, g);

	return doc != NULL
		&& more_may_edit(c, g, doc, PERM_MANAGE_GUILD_EXPRESSIONS,
		    PERM_CREATE_GUILD_EXPRESSIONS)
	    ? doc
	    : NULL;
}

static void
sound_get(struct rest_call *c)
{
	struct guild *g = rest_guild(c);
	json_object *doc = g ? sound_of(c, g) : NULL;

	if (doc != NULL)
		rest_reply(c, 200, json_object_get(doc));
}

static void
sound_edit(struct rest_call *c)
{
	static const char *const keys[] = {"name", "volume", "emoji_id",
	    "emoji_name", NULL};
	json_object *body = rest_form_object(c), *doc, *changes;
	struct guild *g;

	if (body == NULL || (g = rest_guild(c)) == NULL
	    || (doc = mine(c, g)) == NULL)
		return;
	check(c, body, false);
	if (rest_form_refused(c))
		return;
	guild_change(g);
	changes = more_apply(doc, body, keys);
	if (jso_get(doc, "volume") == NULL)
		jso_set(doc, "volume", json_object_new_double(1));
	announce(c, g, "GUILD_SOUNDBOARD_SOUND_UPDATE", doc);
	rest_guild_audit(c, g, AUDIT_UPDATE, c->id[1], changes);
	rest_reply(c, 200, json_object_get(doc));
}

static void
sound_drop(struct rest_call *c)
{
	struct guild *g = rest_guild(c);
	json_object *d;

	if (g == NULL || mine(c, g) == NULL)
		return;
	guild_drop(g, GUILD_SOUNDS, c->id[1]);
	d = json_object_new_object();
	jso_set_id(d, "sound_id", c->id[1]);
	rest_guild_emit(c, g, "GUILD_SOUNDBOARD_SOUND_DELETE", d);
	json_object_put(d);
	rest_guild_audit(c, g, AUDIT_DELETE, c->id[1], NULL);
	rest_reply_none(c);
}

static void
sound_defaults(struct rest_call *c)
{
	rest_reply_text(c, 200, defaults);
}

/* ---- in a voice channel ----------------------------------------------- */

/* The path's voice or stage channel; NULL after an answer. */
static struct guild *
voice_of(struct rest_call *c, struct world_channel *ch, uint64_t bits)
{
	if (!rest_msg_channel(c, c->id[0], ch))
		return NULL;
	if (ch->type != 2 && ch->type != 13) {
		rest_reply_error(c,
		    ch->guild == WORLD_NOWHERE ? REST_DM_ACTION
					       : REST_BAD_CHANNEL_TYPE);
		return NULL;
	}
	return rest_guild_may_in(c, ch, bits) ? guild_at(c->w, ch->guild)
					      : NULL;
}

static bool
is_in(struct rest_call *c, struct guild *g, uint64_t channel)
{
	json_object *state = guild_get(g, GUILD_VOICE, user_id(c->w, c->bot));

	return jso_get_id(state, "channel_id") == channel;
}

/* One of a guild the bot is in, or of everybody; caller owns, NULL: none. */
static json_object *
sound_find(struct rest_call *c, struct guild *here, uint64_t id, uint64_t from)
{
	struct guild *g = from ? guild_find(c->w, from) : here;
	json_object *doc, *all, *found = NULL;

	if (g == NULL || !guild_member_is(g, c->bot))
		return NULL;
	doc = guild_get(g, GUILD_SOUNDS, id);
	if (doc != NULL)
		return json_object_get(doc);
	all = json_tokener_parse(defaults);
	for (size_t i = 0; i < json_object_array_length(all) && !found; i++) {
		json_object *it = json_object_array_get_idx(all, i);

		if (json_object_get_uint64(jso_get(it, "sound_id")) == id)
			found = json_object_get(it);
	}
	json_object_put(all);
	return found;
}

static void
play(struct rest_call *c, struct guild *g, json_object *sound)
{
	json_object *d = json_object_new_object();
	json_object *e = json_object_new_object();

	jso_set_id(d, "channel_id", c->id[0]);
	jso_set_id(d, "user_id", user_id(c->w, c->bot));
	jso_set(e, "id", json_object_get(jso_get(sound, "emoji_id")));
	jso_set(e, "name", json_object_get(jso_get(sound, "emoji_name")));
	jso_set(d, "emoji", e);
	jso_set_int(d, "animation_type", 1);
	jso_set_int(d, "animation_id", 0);
	jso_set(d, "sound_id", json_object_get(jso_get(sound, "sound_id")));
	jso_set(d, "sound_volume", json_object_get(jso_get(sound, "volume")));
	rest_guild_emit(c, g, "VOICE_CHANNEL_EFFECT_SEND", d);
	json_object_put(d);
}

static void
sound_send(struct rest_call *c)
{
	json_object *body = rest_form_object(c), *sound;
	struct world_channel ch;
	uint64_t id = 0, from = 0;
	struct guild *g;

	if (body == NULL
	    || (g = voice_of(c, &ch, PERM_SPEAK | PERM_USE_SOUNDBOARD)) == NULL)
		return;
	if (!rest_form_id(c, body, "sound_id", &id) && c->errors == NULL)
		rest_form_required(c, "sound_id");
	(void)rest_form_id(c, body, "source_guild_id", &from);
	if (rest_form_refused(c))
		return;
	if (!is_in(c, g, ch.id)) {
		rest_reply_error(c, REST_NOT_IN_VOICE);
		return;
	}
	sound = sound_find(c, g, id, from);
	if (sound == NULL) {
		rest_reply_error(c, REST_UNKNOWN_SOUND);
		return;
	}
	play(c, g, sound);
	json_object_put(sound);
	rest_reply_none(c);
}

/* Who is not in the channel itself must also manage it. */
static void
voice_status(struct rest_call *c)
{
	json_object *body = rest_form_object(c), *d;
	struct world_channel ch;
	struct guild *g;
	const char *text;

	if (body == NULL
	    || (g = voice_of(c, &ch, PERM_SET_VOICE_CHANNEL_STATUS)) == NULL
	    || (!is_in(c, g, ch.id)
		&& !rest_guild_may_in(c, &ch, PERM_MANAGE_CHANNELS)))
		return;
	text = rest_form_string(c, body, "status", 0, STATUS_MAX);
	if (rest_form_refused(c))
		return;
	if (text != NULL && *text == '\0')
		text = NULL;
	guild_change(g);
	jso_set(ch.doc, "status", text ? json_object_new_string(text) : NULL);
	d = json_object_new_object();
	jso_set_id(d, "id", ch.id);
	jso_set(d, "status", json_object_get(jso_get(ch.doc, "status")));
	rest_guild_emit(c, g, "VOICE_CHANNEL_STATUS_UPDATE", d);
	json_object_put(d);
	rest_guild_audit(c, g, text ? AUDIT_STATUS : AUDIT_STATUS_DELETE, ch.id,
	    NULL);
	rest_reply_none(c);
}

const struct route routes_sound[] = {
    {"GET", "/guilds/:guild_id/soundboard-sounds", sound_list, LIMIT_GUILD},
    {"POST", "/guilds/:guild_id/soundboard-sounds", sound_new,
	LIMIT_EXPRESSION},
    {"GET", "/guilds/:guild_id/soundboard-sounds/:sound_id", sound_get,
	LIMIT_GUILD},
    {"PATCH", "/guilds/:guild_id/soundboard-sounds/:sound_id", sound_edit,
	LIMIT_EXPRESSION},
    {"DELETE", "/guilds/:guild_id/soundboard-sounds/:sound_id", sound_drop,
	LIMIT_EXPRESSION},
    {"GET", "/soundboard-default-sounds", sound_defaults, LIMIT_GUILD},
    {"POST", "/channels/:channel_id/send-soundboard-sound", sound_send,
	LIMIT_CHANNEL},
    {"PUT", "/channels/:channel_id/voice-status", voice_status, LIMIT_CHANNEL},
    {0},
};
