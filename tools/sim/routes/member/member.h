/* SPDX-License-Identifier: MIT */
/*
 * This room is the calls about members: edits, roles, kicks, bans, pruning, the
 * audit log, auto moderation, voice; a file a subject, each with its table at
 * its end, as in routes.h.
 */
#ifndef TOOLS_SIM_ROUTES_MEMBER_MEMBER_H
#define TOOLS_SIM_ROUTES_MEMBER_MEMBER_H

#include "tools/sim/rest/rest_body.h"
#include "tools/sim/rest/rest_form.h"
#include "tools/sim/rest/rest_guild.h"
#include "tools/sim/rest/rest_reply.h"
#include "tools/sim/rest/route.h"
#include "tools/sim/world/user.h"

extern const struct route routes_member[];
extern const struct route routes_moderation[];
extern const struct route routes_automod[];
extern const struct route routes_voice[];

#endif
