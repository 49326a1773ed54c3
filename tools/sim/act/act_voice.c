/* SPDX-License-Identifier: MIT */
#include "tools/sim/act/act_voice.h"

#include "tools/sim/base/jso.h"
#include "tools/sim/gateway/gateway.h"
#include "tools/sim/world/user.h"

#include <string.h>

static json_object *
stored(struct guild *g, unsigned user)
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
act_voice_state(struct guild *g, unsigned user)
{
	json_object *state = stored(g, user);

	return state != NULL ? shown(g, user, state) : NULL;
}

void
act_voice_told(const struct act *a, unsigned user, json_object *was)
{
	json_object *o = act_voice_state(a->guild, user);

	if (o == NULL) {
		o = shown(a->guild, user, was);
		jso_set(o, "channel_id", NULL);
	}
	act_emit(a, "VOICE_STATE_UPDATE", o);
	json_object_put(o);
}

static json_object *
fresh(struct guild *g, unsigned user)
{
	json_object *o = json_object_new_object();
	json_object *member = guild_member(g, user);
	char session[33];

	gateway_random_hex(session, 16);
	jso_set_id(o, "user_id", user_id(guild_world(g), user));
	jso_set_bool(o, "suppress", false);
	jso_set_text(o, "session_id", session);
	jso_set_bool(o, "self_video", false);
	jso_set(o, "request_to_speak_timestamp", NULL);
	jso_set_bool(o, "mute",
	    json_object_get_boolean(jso_get(member, "mute")));
	jso_set_bool(o, "deaf",
	    json_object_get_boolean(jso_get(member, "deaf")));
	json_object_put(member);
	return o;
}

static bool
is_stage(struct guild *g, uint64_t channel)
{
	return json_object_get_int(
		   jso_get(guild_get(g, GUILD_CHANNELS, channel), "type"))
	    == 13;
}

/* On a stage one listens until one is invited to speak. */
static void
place(struct guild *g, json_object *state, uint64_t channel)
{
	jso_set_id(state, "channel_id", channel);
	jso_set_bool(state, "suppress", is_stage(g, channel));
	jso_set(state, "request_to_speak_timestamp", NULL);
}

void
act_voice_enter(const struct act *a, unsigned user, uint64_t channel,
    bool self_mute, bool self_deaf)
{
	struct guild *g = a->guild;
	json_object *state = stored(g, user);

	guild_change(g);
	if (state == NULL) {
		state = fresh(g, user);
		if (!guild_put(g, GUILD_VOICE, user_id(guild_world(g), user),
			state))
			return;
	}
	jso_set_bool(state, "self_mute", self_mute);
	jso_set_bool(state, "self_deaf", self_deaf);
	place(g, state, channel);
	act_voice_told(a, user, state);
}

bool
act_voice_leave(const struct act *a, unsigned user)
{
	json_object *was = json_object_get(stored(a->guild, user));

	if (was == NULL)
		return false;
	guild_drop(a->guild, GUILD_VOICE, user_id(guild_world(a->guild), user));
	act_voice_told(a, user, was);
	json_object_put(was);
	return true;
}

static json_object *
options(uint64_t channel)
{
	json_object *o = json_object_new_object();

	if (channel != 0)
		jso_set_id(o, "channel_id", channel);
	jso_set_text(o, "count", "1");
	return o;
}

bool
act_voice_move(const struct act *a, unsigned user, uint64_t channel)
{
	json_object *state = stored(a->guild, user);

	if (state == NULL)
		return false;
	act_audit(a, channel ? ACT_MEMBER_MOVE : ACT_MEMBER_DISCONNECT, 0, NULL,
	    options(channel));
	if (channel == 0)
		return act_voice_leave(a, user);
	guild_change(a->guild);
	place(a->guild, state, channel);
	act_voice_told(a, user, state);
	return true;
}
