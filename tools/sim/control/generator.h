/* SPDX-License-Identifier: MIT */
/*
 * The event generator: so many dispatches a second, of a weighted mix of
 * kinds, gathered every few milliseconds, the same for the same seed.
 */
#ifndef TOOLS_SIM_CONTROL_GENERATOR_H
#define TOOLS_SIM_CONTROL_GENERATOR_H

#include "tools/sim/base/sim.h"

#define GENERATOR_RATE_MAX 200000.0
#define GENERATOR_MIX_DEFAULT                                                  \
	"MESSAGE_CREATE=50,TYPING_START=20,PRESENCE_UPDATE=15,"                \
	"MESSAGE_REACTION_ADD=5,MESSAGE_UPDATE=3,VOICE_STATE_UPDATE=3,"        \
	"GUILD_MEMBER_UPDATE=2,MESSAGE_DELETE=2"

int generator_start(struct sim *, struct err *);
void generator_stop(struct sim *);
/* 0 or -1 when out of range. */
int generator_rate(struct sim *, double per_second);
void generator_pause(struct sim *, bool);
bool generator_running(const struct sim *);

#endif
