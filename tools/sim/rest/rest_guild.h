/* SPDX-License-Identifier: MIT */
/*
 * What the calls that look at or change a guild have in common: is the bot in
 * it, may it, does it stand above whom it touches; the event and the entry in
 * the audit log.  A function that says false has answered the call.
 */
#ifndef TOOLS_SIM_REST_REST_GUILD_H
#define TOOLS_SIM_REST_REST_GUILD_H

#include "tools/sim/act/act.h"
#include "tools/sim/rest/rest_call.h"
#include "tools/sim/world/guild.h"
#include "tools/sim/world/perm.h"

/* The guild of the path's first id, with the calling bot in it; NULL after an
 * answer. */
struct guild *rest_guild(struct rest_call *);
/* All of bits (PERM_...); else 50013. */
bool rest_guild_may(struct rest_call *, struct guild *, uint64_t bits);
/* The same in a channel; 50001 when it is not even seen. */
bool rest_guild_may_in(struct rest_call *, const struct world_channel *,
    uint64_t bits);
/* The bot's highest role is above the member's, or the role's position; the
 * owner is below nobody.  Else 50013. */
bool rest_guild_above(struct rest_call *, struct guild *, unsigned user);
bool rest_guild_above_role(struct rest_call *, struct guild *,
    json_object *role);
/* The user of a snowflake in the path, as a member: 10013 or 10007. */
bool rest_guild_member(struct rest_call *, struct guild *, uint64_t id,
    unsigned *user);
/* A document of the guild; else the error given. */
json_object *rest_guild_doc(struct rest_call *, struct guild *, enum guild_list,
    uint64_t id, int error);
/* What the calling bot does in the guild, for the room act; its reason is that
 * of X-Audit-Log-Reason and good until the next call. */
struct act rest_guild_act(struct rest_call *, struct guild *);
/* Tells the sessions; d is borrowed, and gets guild_id when it has none. */
void rest_guild_emit(struct rest_call *, struct guild *, const char *t,
    json_object *d);
/*
 * Writes an entry of Discord's action type into the audit log, with the reason
 * of X-Audit-Log-Reason, and tells those who may see it.  changes (taken over;
 * NULL: none) is the array of {key, old_value, new_value}.
 */
void rest_guild_audit(struct rest_call *, struct guild *, int type,
    uint64_t target, json_object *changes);
/* The same with the entry's options (taken over; NULL: none). */
void rest_guild_audit_with(struct rest_call *, struct guild *, int type,
    uint64_t target, json_object *changes, json_object *options);
/* What the audit log tells of two states of a document (was NULL: it is new, is
 * NULL: it is gone), as changes; caller owns.  NULL: nothing. */
json_object *rest_guild_changes(json_object *was, json_object *is);
/* Adds one to changes; takes both values over, NULL leaves one out. */
void rest_guild_change(json_object *changes, const char *key, json_object *was,
    json_object *is);

#endif
