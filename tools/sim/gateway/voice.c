/* SPDX-License-Identifier: MIT */
#include "tools/sim/gateway/voice.h"

#include "tools/sim/base/jso.h"
#include "tools/sim/book/stats.h"
#include "tools/sim/gateway/check.h"
#include "tools/sim/gateway/gateway.h"
#include "tools/sim/gateway/opcode.h"
#include "tools/sim/gateway/request.h"
#include "tools/sim/world/perm.h"
#include "tools/sim/world/user.h"

#include <string.h>

#define CHANNEL_VOICE 2
#define CHANNEL_STAGE 13

/* ---- what everybody is told ----------------------------------------- */

static json_object *
state_of(struct guild *g, unsigned user)
{
	return guild_get(g, GUILD_VOICE, user_id(guild_world(g), user));
}

static json_object *
shown(struct guild *g, unsigned user, json_object *state)
{
	json_object *o = NULL, *member = guild_member(g, user);

	must(json_object_deep_copy(state, &o, NULL) == 0);
	jso_set_id(o, "guild_id", guild_id(g));
	if (member != NULL)
		jso_set(o, "member", member);
	return o;
}

json_object *
voice_shown(struct guild *g, unsigned user)
{
	json_object *state = state_of(g, user);

	return state != NULL ? shown(g, user, state) : NULL;
}

void
voice_told(struct sim *sim, struct guild *g, unsigned user, json_object *was)
{
	json_object *o = voice_shown(g, user);

	if (o == NULL) {
		o = shown(g, user, was);
		jso_set(o, "channel_id", NULL);
	}
	gateway_emit_json(sim, guild_index(g), "VOICE_STATE_UPDATE", o);
	json_object_put(o);
}

static uint64_t
id_of(json_object *o, const char *key)
{
	uint64_t id;

	return check_snowflake(jso_get(o, key), &id) ? id : 0;
}

/* The channel the user is in, or 0. */
static uint64_t
channel_of(struct guild *g, unsigned user)
{
	return id_of(state_of(g, user), "channel_id");
}

static bool
is_stage(struct guild *g, uint64_t channel)
{
	json_object *o = guild_get(g, GUILD_CHANNELS, channel);

	return json_object_get_int(jso_get(o, "type")) == CHANNEL_STAGE;
}

/* The document as GUILD_CREATE has it; what a moderator did to the member
 * holds.  Caller owns. */
static json_object *
document(struct guild *g, unsigned user, const struct voice_state *v)
{
	json_object *o = json_object_new_object(), *m = guild_member(g, user);

	jso_set_id(o, "user_id", user_id(guild_world(g), user));
	jso_set_text(o, "session_id", v->session);
	jso_set_bool(o, "self_video", false);
	jso_set_bool(o, "self_mute", v->self_mute);
	jso_set_bool(o, "self_deaf", v->self_deaf);
	jso_set(o, "request_to_speak_timestamp", NULL);
	jso_set_bool(o, "mute", json_object_get_boolean(jso_get(m, "mute")));
	jso_set_bool(o, "deaf", json_object_get_boolean(jso_get(m, "deaf")));
	jso_set_id(o, "channel_id", v->channel);
	/* On a stage one listens until one is invited to speak. */
	jso_set_bool(o, "suppress", is_stage(g, v->channel));
	json_object_put(m);
	return o;
}

bool
voice_set(struct sim *sim, struct guild *g, unsigned user,
    const struct voice_state *v)
{
	json_object *was = json_object_get(state_of(g, user));
	uint64_t key = user_id(guild_world(g), user);
	bool done = v->channel > 0
	    ? guild_put(g, GUILD_VOICE, key, document(g, user, v))
	    : guild_drop(g, GUILD_VOICE, key);

	if (done)
		voice_told(sim, g, user, was);
	json_object_put(was);
	return done;
}

/* ---- op 4 ----------------------------------------------------------- */

/* The guilds in which a session has put its bot into a channel. */
static void
remember(struct session *s, uint64_t guild)
{
	for (unsigned i = 0; i < s->voices; i++) {
		if (s->voice[i] == guild)
			return;
	}
	if (s->voices % 16 == 0)
		s->voice = base_realloc(s->voice,
		    (s->voices + 16) * sizeof(*s->voice));
	s->voice[s->voices++] = guild;
}

void
voice_session_ends(struct session *s)
{
	const struct voice_state none = {0, s->id, false, false};

	while (s->voices > 0) {
		struct guild *g = guild_find(s->sim->world,
		    s->voice[--s->voices]);
		json_object *o = g ? state_of(g, s->user) : NULL;
		const char *of = jso_get_text(o, "session_id");

		if (of && strcmp(of, s->id) == 0)
			voice_set(s->sim, g, s->user, &none);
	}
	free(s->voice);
	s->voice = NULL;
}

static void
tell_server(struct session *s, uint64_t guild)
{
	json_object *o = json_object_new_object();
	char token[33];

	gateway_random_hex(token, 16);
	jso_set_text(o, "token", token);
	jso_set_id(o, "guild_id", guild);
	jso_set_text(o, "endpoint", VOICE_ENDPOINT);
	gateway_next(s->sim);
	session_dispatch(s, "VOICE_SERVER_UPDATE", jso_text(o),
	    strlen(jso_text(o)), JOURNAL_COUNTED);
	json_object_put(o);
}

/* NULL, or why nobody could join it. */
static const char *
check_channel(struct sim *sim, struct guild *g, unsigned bot, uint64_t id)
{
	const uint64_t need = PERM_VIEW_CHANNEL | PERM_CONNECT;
	struct world_channel ch;

	if (!world_channel_find(sim->world, id, &ch)
	    || ch.guild != guild_index(g))
		return "is none of this guild";
	if (ch.type != CHANNEL_VOICE && ch.type != CHANNEL_STAGE)
		return "has no voice";
	if ((perm_channel(sim->world, &ch, bot) & need) != need)
		return "may not be joined: CONNECT or VIEW_CHANNEL is missing";
	return NULL;
}

/* Discord does nothing when a channel can't be joined. */
static void
join(struct conn *c, struct guild *g, const struct voice_state *v)
{
	uint64_t was = channel_of(g, c->session->user);
	const char *why = v->channel > 0 && v->channel != was
	    ? check_channel(c->sim, g, c->session->user, v->channel)
	    : NULL;

	if (why) {
		stats_violation(c->sim, c->key, "op 4: channel %" PRIu64 " %s",
		    v->channel, why);
		return;
	}
	if (v->channel > 0)
		remember(c->session, guild_id(g));
	if (voice_set(c->sim, g, c->session->user, v) && v->channel > 0
	    && v->channel != was && c->session)
		tell_server(c->session, guild_id(g));
}

static bool
read_flag(json_object *d, const char *key, bool *out, struct check_odd *odd)
{
	json_object *v = jso_get(d, key);

	*out = json_object_get_boolean(v);
	if (!v)
		check_odd_add(odd, "self_mute or self_deaf is absent");
	return !v || json_object_is_type(v, json_type_boolean);
}

void
voice_request(struct conn *c, json_object *d)
{
	json_object *channel = jso_get(d, "channel_id");
	struct voice_state v = {.session = c->session->id};
	uint64_t guild = id_of(d, "guild_id");
	struct check_odd odd = {0};
	int64_t i;

	if (!guild || !read_flag(d, "self_mute", &v.self_mute, &odd)
	    || !read_flag(d, "self_deaf", &v.self_deaf, &odd)
	    || (channel ? !check_snowflake(channel, &v.channel)
			: !check_null(d, "channel_id"))) {
		opcode_refuse(c, 4001,
		    "op 4: guild_id, channel_id, self_mute or self_deaf is "
		    "wrong");
		return;
	}
	if (odd.text[0])
		stats_odd(c->sim, c->key, "op 4: %s", odd.text);
	i = request_guild(c, guild, 4);
	if (i >= 0)
		join(c, guild_at(c->sim->world, (unsigned)i), &v);
}
