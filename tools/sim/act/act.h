/* SPDX-License-Identifier: MIT */
/*
 * This room is what changes a guild and tells of it: the world, the events of
 * the gateway and the audit log in one go.  Calls and people both come here
 * once it is sure that they may.
 */
#ifndef TOOLS_SIM_ACT_ACT_H
#define TOOLS_SIM_ACT_ACT_H

#include "tools/sim/world/guild.h"

struct sim;

/* Somebody does something in a guild. */
struct act {
	struct sim *sim;
	struct guild *guild;
	unsigned by;	    /* the user who does it */
	const char *reason; /* for the audit log; NULL: none given */
};

/* Discord's audit log action types. */
enum act_type {
	ACT_CHANNEL_CREATE = 10,
	ACT_CHANNEL_UPDATE = 11,
	ACT_CHANNEL_DELETE = 12,
	ACT_OVERWRITE_CREATE = 13,
	ACT_OVERWRITE_UPDATE = 14,
	ACT_OVERWRITE_DELETE = 15,
	ACT_MEMBER_KICK = 20,
	ACT_MEMBER_PRUNE = 21,
	ACT_MEMBER_BAN_ADD = 22,
	ACT_MEMBER_BAN_REMOVE = 23,
	ACT_MEMBER_UPDATE = 24,
	ACT_MEMBER_ROLE_UPDATE = 25,
	ACT_MEMBER_MOVE = 26,
	ACT_MEMBER_DISCONNECT = 27,
	ACT_ROLE_CREATE = 30,
	ACT_ROLE_UPDATE = 31,
	ACT_ROLE_DELETE = 32,
	ACT_WEBHOOK_CREATE = 50,
	ACT_WEBHOOK_UPDATE = 51,
	ACT_WEBHOOK_DELETE = 52,
	ACT_MESSAGE_DELETE = 72,
	ACT_MESSAGE_BULK_DELETE = 73,
	ACT_MESSAGE_PIN = 74,
	ACT_MESSAGE_UNPIN = 75,
	ACT_THREAD_CREATE = 110,
	ACT_THREAD_UPDATE = 111,
	ACT_THREAD_DELETE = 112,
	ACT_RULE_CREATE = 140,
	ACT_RULE_UPDATE = 141,
	ACT_RULE_DELETE = 142,
};

/* Tells the sessions; d is borrowed, and gets guild_id when it has none. */
void act_emit(const struct act *, const char *t, json_object *d);
/* The same, when the bot has one of these permissions (PERM_...), as Discord
 * demands of some events besides their intent. */
void act_emit_to(const struct act *, uint64_t bits, const char *t,
    json_object *d);
/*
 * Writes an entry of the audit log and tells those who may see it.  target 0:
 * none.  changes (an array of {key, old_value, new_value}) and options are
 * taken over; NULL: none.
 */
void act_audit(const struct act *, int type, uint64_t target,
    json_object *changes, json_object *options);
/* Adds one to changes; takes both values over, NULL leaves one out. */
void act_change(json_object *changes, const char *key, json_object *was,
    json_object *is);

#endif
