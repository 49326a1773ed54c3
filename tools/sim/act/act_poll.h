/* SPDX-License-Identifier: MIT */
/*
 * Polls in messages: the object, votes and who has them, the end.
 */
#ifndef TOOLS_SIM_ACT_ACT_POLL_H
#define TOOLS_SIM_ACT_ACT_POLL_H

#include "tools/sim/base/sim.h"
#include "tools/sim/world/world.h"

/* The poll of a form that was checked; caller owns. */
json_object *act_poll_make(json_object *form);
/* Sets the results of the poll of a message object, as the bot (a user) sees
 * them, when it has one. */
void act_poll_show(struct world *, const struct world_msg *, unsigned bot,
    json_object *m);
bool act_poll_ended(json_object *poll);
/* A user votes for an answer_id, or (add false) no more.  Where one answer is
 * allowed, the former vote goes.  NULL, or a sentence that says why not. */
const char *act_poll_vote(struct sim *, const struct world_msg *, unsigned user,
    unsigned answer, bool add);
/* The embed of the message that tells the result of m, a message object;
 * caller owns. */
json_object *act_poll_result(struct world *, const struct world_msg *,
    json_object *m);

#endif
