/* SPDX-License-Identifier: MIT */
/*
 * A guild: JSON documents in Discord's own form, kept by id in lists.  One that
 * nobody has changed is computed from the seed when it is asked for and
 * forgotten again; from its first change on it is kept.  Members are computed
 * one by one, so a guild of thousands costs what was changed of it.
 *
 * A document that is borrowed is good until GUILD_RESIDENT_MAX / 2 other guilds
 * were looked at, which nothing here does while it holds one.
 */
#ifndef TOOLS_SIM_WORLD_GUILD_H
#define TOOLS_SIM_WORLD_GUILD_H

#include "tools/sim/world/world.h"

#define GUILD_RESIDENT_MAX 128 /* unchanged ones kept for the next look */

/* word in GUILD_CREATE and in a world's file, is it sent in GUILD_CREATE, are
 * its keys ids that world_home() knows, how many it takes */
#define GUILD_LIST_TABLE(X)                                                    \
	X(ROLES, "roles", true, false, 250)                                    \
	X(CHANNELS, "channels", true, true, 500)                               \
	X(THREADS, "threads", true, true, 1000)                                \
	X(EMOJIS, "emojis", true, true, 500)                                   \
	X(STICKERS, "stickers", true, true, 60)                                \
	X(VOICE, "voice_states", true, false, 5000)                            \
	X(PRESENCES, "presences", true, false, 5000)                           \
	X(EVENTS, "guild_scheduled_events", true, true, 100)                   \
	X(STAGES, "stage_instances", true, false, 50)                          \
	X(SOUNDS, "soundboard_sounds", true, false, 48)                        \
	X(MEMBERS, "members", false, false, 100000)                            \
	X(BANS, "bans", false, false, 100000)                                  \
	X(THREAD_MEMBERS, "thread_members", false, false, 1000)                \
	X(INVITES, "invites", false, false, 1000)                              \
	X(HOOKS, "webhooks", false, true, 1000)                                \
	X(RULES, "auto_moderation_rules", false, false, 16)                    \
	X(AUDIT, "audit_log", false, false, 1000)                              \
	X(TEMPLATES, "templates", false, false, 1)                             \
	X(INTEGRATIONS, "integrations", false, false, 50)                      \
	X(COMMAND_PERMISSIONS, "command_permissions", false, false, 500)       \
	X(OTHERS, "others", false, false, 16)

enum guild_list {
#define X(name, word, sent, home, most) GUILD_##name,
	GUILD_LIST_TABLE(X)
#undef X
	    GUILD_LISTS
};

struct guild;

/* By index; NULL when there is none, or it was deleted. */
struct guild *guild_at(struct world *, unsigned index);
/* By snowflake; NULL: unknown or deleted. */
struct guild *guild_find(struct world *, uint64_t id);
/* Another one, as the seed has it but for its name, which the caller sets, and
 * with no bot in it; NULL: WORLD_GUILDS_MAX. */
struct guild *guild_new(struct world *);
/* It is found no more; g is good until the next turn. */
void guild_delete(struct guild *);
uint64_t guild_id(const struct guild *);
unsigned guild_index(const struct guild *);
struct world *guild_world(const struct guild *);

/* The guild object without the lists; borrowed.  Edited in place after
 * guild_change(). */
json_object *guild_head(struct guild *);
/* All documents of a list, an object by key (a snowflake's digits, but for
 * invites: their codes); borrowed. */
json_object *guild_docs(struct guild *, enum guild_list);
/* The document, borrowed; NULL: none.  For members: guild_member. */
json_object *guild_get(struct guild *, enum guild_list, uint64_t id);
json_object *guild_get_key(struct guild *, enum guild_list, const char *key);

/* From now on the guild is kept: call it before a document is edited. */
void guild_change(struct guild *);
/* Adds or replaces a document, taking it over; false when the list is full
 * (then doc is put). */
bool guild_put(struct guild *, enum guild_list, uint64_t id, json_object *doc);
bool guild_put_key(struct guild *, enum guild_list, const char *key,
    json_object *doc);
/* False: there was none. */
bool guild_drop(struct guild *, enum guild_list, uint64_t id);
bool guild_drop_key(struct guild *, enum guild_list, const char *key);
size_t guild_count(struct guild *, enum guild_list);
/* How many a list takes. */
size_t guild_most(enum guild_list);

/* ---- members: guild_member.c ------------------------------------------ */

/* The member object with its user; caller owns.  NULL: not a member. */
json_object *guild_member(struct guild *, unsigned user);
bool guild_member_is(struct guild *, unsigned user);
/* The stored document, to be edited; borrowed.  NULL: not a member. */
json_object *guild_member_edit(struct guild *, unsigned user);
/* Becomes a member (or stays the one it is) with these documents' defaults:
 * false when it was one. */
bool guild_member_join(struct guild *, unsigned user);
/* Leaves with its voice state and presence; false: was none. */
bool guild_member_leave(struct guild *, unsigned user);
unsigned guild_members(struct guild *);
/* A role that is in no list any more leaves its members. */
void guild_member_role_gone(struct guild *, uint64_t role);
/* Calls fn for each member until it says false: those of the seed in their
 * order (bots of the seed first), then those who joined.  fn must not change
 * who is a member. */
void guild_member_each(struct guild *,
    bool (*fn)(void *arg, struct guild *, unsigned user), void *arg);
/* The user the n-th member of the seed is, whether or not still a member. */
unsigned guild_member_seed(const struct world *, unsigned index, unsigned n);

/* ---- what is sent: guild_make.c --------------------------------------- */

/*
 * d of GUILD_CREATE for a bot (its user index).  all: its session has the
 * GUILD_PRESENCES intent, so members up to large come with it; else the bot
 * and who is in a voice channel, as Discord does.  Caller owns.
 */
json_object *guild_create(struct guild *, unsigned bot, bool all,
    unsigned large);
/* The guild as REST and GUILD_UPDATE show it: head, roles, emojis, stickers;
 * caller owns. */
json_object *guild_object(struct guild *);
/* An array of a list's documents; caller owns. */
json_object *guild_array(struct guild *, enum guild_list);

#endif
