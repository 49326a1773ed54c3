/* SPDX-License-Identifier: MIT */
/*
 * Who is in which voice channel: what a bot asks for with op 4, what anybody
 * does to be in one, and what everybody is told.  There is no voice server:
 * the endpoint that VOICE_SERVER_UPDATE names leads nowhere.
 */
#ifndef TOOLS_SIM_GATEWAY_VOICE_H
#define TOOLS_SIM_GATEWAY_VOICE_H

#include "tools/sim/gateway/session.h"
#include "tools/sim/world/guild.h"

#define VOICE_ENDPOINT "voice.sim.invalid:443" /* a name that nobody has */

struct voice_state {
	uint64_t channel;    /* 0: none, the user leaves */
	const char *session; /* voice states belong to one; borrowed */
	bool self_mute, self_deaf;
};

/* Op 4. */
void voice_request(struct conn *, json_object *d);
/* The voice state as REST and the gateway show it, with guild_id and member;
 * NULL: in no voice channel.  Caller owns. */
struct json_object *voice_shown(struct guild *, unsigned user);
/* Tells of it; one who is in no channel is told with channel_id null, with
 * the rest as was (borrowed) has it. */
void voice_told(struct sim *, struct guild *, unsigned user,
    struct json_object *was);
/* The user is there from now on, and all who see it are told; false when
 * nothing changed.  The channel is one of the guild's that has voice. */
bool voice_set(struct sim *, struct guild *, unsigned user,
    const struct voice_state *);
/* Its bot leaves the channels it is in by this session (section 4.4). */
void voice_session_ends(struct session *);

#endif
