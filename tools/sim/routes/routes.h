/* SPDX-License-Identifier: MIT */
/*
 * This room is what each REST call does to the world: a file a subject, with
 * the handlers and, at its end, the table of their routes.
 *
 * A new route: its row and its handler in the file of its subject; its call in
 * tests/scenario/lib/discord_calls.py, which judges what it answers; what it
 * changes in world/, so that READY and GUILD_CREATE tell of it too; a new error
 * of Discord's in REST_ERRORS (rest_reply.h); a new bucket in LIMIT_TABLE
 * (limit.h).  A new subject: a file, and its line here and in routes.c.
 */
#ifndef TOOLS_SIM_ROUTES_ROUTES_H
#define TOOLS_SIM_ROUTES_ROUTES_H

#include "tools/sim/gateway/gateway.h"
#include "tools/sim/rest/rest_body.h"
#include "tools/sim/rest/rest_form.h"
#include "tools/sim/rest/rest_guild.h"
#include "tools/sim/message/rest_msg.h"
#include "tools/sim/rest/rest_reply.h"
#include "tools/sim/rest/route.h"

extern const struct route routes_bot[];
extern const struct route routes_app[];
extern const struct route routes_message[];
extern const struct route routes_reaction[];
extern const struct route routes_mark[];
extern const struct route routes_interaction[];
extern const struct route routes_hook[];
extern const struct route routes_command[];
extern const struct route routes_guild[];
extern const struct route routes_member[];
extern const struct route routes_moderation[];
extern const struct route routes_automod[];
extern const struct route routes_voice[];
extern const struct route routes_absent[];

/* All of them, ended by NULL. */
extern const struct route *const routes_all[];

#endif
