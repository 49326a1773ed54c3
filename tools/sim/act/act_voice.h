/* SPDX-License-Identifier: MIT */
/* Who is in a voice channel, and VOICE_STATE_UPDATE of it. */
#ifndef TOOLS_SIM_ACT_ACT_VOICE_H
#define TOOLS_SIM_ACT_ACT_VOICE_H

#include "tools/sim/act/act.h"

/* The voice state as REST and the gateway show it, with guild_id and member;
 * NULL: in no voice channel.  Caller owns. */
json_object *act_voice_state(struct guild *, unsigned user);
/* Tells of it; one who is in no channel is told with channel_id null, with
 * the rest as was (borrowed) has it. */
void act_voice_told(const struct act *, unsigned user, json_object *was);
/* Somebody enters a channel, or goes to another; members only. */
void act_voice_enter(const struct act *, unsigned user, uint64_t channel,
    bool self_mute, bool self_deaf);
/* False: was in none. */
bool act_voice_leave(const struct act *, unsigned user);
/* Is moved (0: disconnected) by somebody else, which the audit log keeps.
 * False: was in none. */
bool act_voice_move(const struct act *, unsigned user, uint64_t channel);

#endif
