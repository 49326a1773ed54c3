/* SPDX-License-Identifier: MIT */
/*
 * This room is the calls about what a guild is made of: channels and what they
 * permit, roles, threads; a file a subject, each with its table at its end, as
 * in routes.h.
 */
#ifndef TOOLS_SIM_ROUTES_STRUCTURE_STRUCTURE_H
#define TOOLS_SIM_ROUTES_STRUCTURE_STRUCTURE_H

#include "tools/sim/gateway/gateway.h"
#include "tools/sim/message/rest_msg.h"
#include "tools/sim/rest/rest_body.h"
#include "tools/sim/rest/rest_form.h"
#include "tools/sim/rest/rest_guild.h"
#include "tools/sim/rest/rest_reply.h"
#include "tools/sim/rest/route.h"

extern const struct route routes_channel[];
extern const struct route routes_overwrite[];
extern const struct route routes_role[];
extern const struct route routes_thread[];
extern const struct route routes_thread_list[];

/* PATCH and DELETE of a channel that is a thread: both answer. */
void structure_thread_edit(struct rest_call *, const struct world_channel *,
    json_object *body);
void structure_thread_drop(struct rest_call *, const struct world_channel *);
/* A form's permission_overwrites as they are kept (caller owns; NULL: none
 * given), and all the bits they name.  Notes errors. */
json_object *structure_overwrite_form(struct rest_call *, json_object *body,
    uint64_t *used);
/* May the bot set overwrites with these bits?  False: answered. */
bool structure_overwrite_may(struct rest_call *, struct guild *, uint64_t used);

#endif
