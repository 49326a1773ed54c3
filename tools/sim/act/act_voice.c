/* SPDX-License-Identifier: MIT */
#include "tools/sim/act/act_voice.h"

#include "tools/sim/base/jso.h"
#include "tools/sim/gateway/gateway.h"
#include "tools/sim/gateway/voice.h"
#include "tools/sim/world/user.h"

#include <string.h>

static json_object *
stored(struct guild *g, unsigned user)
{
	return guild_get(g, GUILD_VOICE, user_id(guild_world(g), user));
}

static bool
put(const struct act *a, unsigned user, uint64_t channel, bool self_mute,
    bool self_deaf)
{
	const char *session = jso_get_text(stored(a->guild, user),
	    "session_id");
	char id[33];

	if (session == NULL)
		gateway_random_hex(id, 16);
	else
		str_copy(id, session, sizeof(id));
	return voice_set(a->sim, a->guild, user,
	    &(struct voice_state) {channel, id, self_mute, self_deaf});
}

void
act_voice_enter(const struct act *a, unsigned user, uint64_t channel,
    bool self_mute, bool self_deaf)
{
	(void)put(a, user, channel, self_mute, self_deaf);
}

bool
act_voice_leave(const struct act *a, unsigned user)
{
	return put(a, user, 0, false, false);
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
	return put(a, user, channel,
	    json_object_get_boolean(jso_get(state, "self_mute")),
	    json_object_get_boolean(jso_get(state, "self_deaf")));
}
