/* SPDX-License-Identifier: MIT */
/* Who is in a voice channel: what people and moderators do about it. */
#ifndef TOOLS_SIM_ACT_ACT_VOICE_H
#define TOOLS_SIM_ACT_ACT_VOICE_H

#include "tools/sim/act/act.h"

/* Somebody enters a channel, or goes to another; members only. */
void act_voice_enter(const struct act *, unsigned user, uint64_t channel,
    bool self_mute, bool self_deaf);
/* False: was in none. */
bool act_voice_leave(const struct act *, unsigned user);
/* Is moved (0: disconnected) by somebody else, which the audit log keeps.
 * False: was in none. */
bool act_voice_move(const struct act *, unsigned user, uint64_t channel);

#endif
