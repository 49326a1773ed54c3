/* SPDX-License-Identifier: MIT */
/*
 * Reactions, whoever gives them: kept in the world and told on the gateway.
 * Whether somebody may do it has been asked before.
 */
#ifndef TOOLS_SIM_ACT_ACT_REACT_H
#define TOOLS_SIM_ACT_ACT_REACT_H

#include "tools/sim/base/sim.h"
#include "tools/sim/world/world_mark.h"

/* A user (index) reacts; emoji as in a path, and one (world_mark_emoji_ok).
 * Told unless it was there before or did not fit. */
enum world_marked act_react_put(struct sim *, const struct world_msg *,
    unsigned user, const char *emoji, bool burst);
/* A user's reaction goes; false: there was none. */
bool act_react_take(struct sim *, const struct world_msg *, unsigned user,
    const char *emoji, bool burst);
/* All of an emoji go or, with NULL, all there are. */
void act_react_clear(struct sim *, const struct world_msg *, const char *emoji);
#endif
