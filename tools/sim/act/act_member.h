/* SPDX-License-Identifier: MIT */
/*
 * What happens to members: they join, leave, are kicked, banned, pruned,
 * renamed, given roles, timed out.  Whether somebody may do it has been asked
 * before.
 */
#ifndef TOOLS_SIM_ACT_ACT_MEMBER_H
#define TOOLS_SIM_ACT_ACT_MEMBER_H

#include "tools/sim/act/act.h"

#define ACT_BAN_SECONDS_MAX 604800 /* of messages deleted by a ban */

/* GUILD_MEMBER_ADD; for the bot GUILD_CREATE.  False: was a member, or is
 * banned. */
bool act_member_join(const struct act *, unsigned user);
/* Leaves by itself; for the bot GUILD_DELETE.  False: was no member. */
bool act_member_leave(const struct act *, unsigned user);
bool act_member_kick(const struct act *, unsigned user);
/* Member or not; deletes its messages of the last seconds (0: none).  False:
 * was banned before, or the list is full. */
bool act_member_ban(const struct act *, unsigned user, unsigned seconds);
bool act_member_unban(const struct act *, unsigned user);
/* Kicks n users that are members: one entry of the audit log. */
void act_member_prune(const struct act *, const unsigned *user, size_t n,
    unsigned days);
/*
 * Sets those of nick, roles (an array of ids), mute, deaf,
 * communication_disabled_until, flags, avatar, banner that fields has, writes
 * what changed into the audit log, and tells GUILD_MEMBER_UPDATE (and
 * VOICE_STATE_UPDATE) when something did.  fields is borrowed; its values are
 * right.
 */
void act_member_edit(const struct act *, unsigned user, json_object *fields);
/* One role, on or off. */
void act_member_role(const struct act *, unsigned user, uint64_t role, bool on);
bool act_member_has_role(struct guild *, unsigned user, uint64_t role);

#endif
