/* SPDX-License-Identifier: MIT */
/*
 * This room is the calls for what a guild has besides channels, roles, members
 * and messages: invites, emojis, stickers, sounds, events, stages, templates
 * and its pages; a file a subject, each with its table at its end, as in
 * routes.h.  This header: the tables, and what several of them need.
 */
#ifndef TOOLS_SIM_ROUTES_MORE_MORE_H
#define TOOLS_SIM_ROUTES_MORE_MORE_H

#include "tools/sim/gateway/gateway.h"
#include "tools/sim/rest/rest_body.h"
#include "tools/sim/rest/rest_form.h"
#include "tools/sim/rest/rest_guild.h"
#include "tools/sim/message/rest_msg.h"
#include "tools/sim/rest/rest_reply.h"
#include "tools/sim/rest/route.h"
#include "tools/sim/world/user.h"

#include <string.h>

extern const struct route routes_invite[];
extern const struct route routes_emoji[];
extern const struct route routes_sticker[];
extern const struct route routes_sound[];
extern const struct route routes_event[];
extern const struct route routes_stage[];
extern const struct route routes_page[];
extern const struct route routes_template[];
extern const struct route routes_extra[];

#define MORE_CODE_SIZE 12

/* A deep copy; caller owns. */
json_object *more_copy(json_object *);
/* The user who calls; caller owns. */
json_object *more_maker(struct rest_call *);
/* Sets the members of doc that the body gives, of the NULL-ended list, and
 * returns the changes for the audit log; caller owns. */
json_object *more_apply(json_object *doc, json_object *body,
    const char *const *keys);
/* An array of copies of a list's documents, with guild_id; caller owns. */
json_object *more_list(struct guild *, enum guild_list);
/* Needs bits in the guild, or own and to be who made the document (its
 * "user"); else 50013. */
bool more_may_edit(struct rest_call *, struct guild *, json_object *doc,
    uint64_t bits, uint64_t own);
/* A data URI of at most max bytes of one of types ("image/png image/gif");
 * needed.  Notes errors; the type it has, or NULL. */
const char *more_data(struct rest_call *, json_object *body, const char *key,
    size_t max, const char *const *types);
/* A code (of an invite, a template) that tells its guild, and back: NULL. */
void more_code(struct guild *, char code[MORE_CODE_SIZE]);
struct guild *more_code_guild(struct world *, const char *code);
/* premium_tier, 0 to 3. */
unsigned more_tier(struct guild *);

#endif
