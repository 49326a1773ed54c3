/* SPDX-License-Identifier: MIT */
/*
 * Which intents switch on which dispatches, and what a message looks like to a
 * bot without the MESSAGE_CONTENT intent: empty, except for its own messages,
 * direct messages and those that mention it (discord-protocol.md section 6.2).
 */
#ifndef TOOLS_SIM_GATEWAY_INTENTS_H
#define TOOLS_SIM_GATEWAY_INTENTS_H

#include "tools/sim/base/sbuf.h"

#define INTENTS_PRESENCES (UINT64_C(1) << 8)
#define INTENTS_MESSAGE_CONTENT (UINT64_C(1) << 15)

/* Do these intents ask for dispatches named t?  dm: not of a guild. */
bool intents_want(uint64_t intents, const char *t, bool dm);
/* Do these intents see messages named t without their content? */
bool intents_hides(uint64_t intents, const char *t);
/* Replaces out by d without content; false when d is one that all may see.
 * bot: its user id. */
bool intents_hide(uint64_t bot, const char *d, struct sbuf *out);

#endif
