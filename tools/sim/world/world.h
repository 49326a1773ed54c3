/* SPDX-License-Identifier: MIT */
/*
 * This room is the little world the simulator plays, all invented, and what
 * calls and people change in it.  What is fixed is computed from the seed and
 * the index, so half a million guilds cost no memory; what a bot changed and
 * the last messages are kept, in bounded stores.  It knows nothing of sockets.
 *
 * This header: guilds, channels, roles, users, messages.  What else there is
 * has a header of its own (world_hook.h, ...) and its store in world_impl.h.
 */
#ifndef TOOLS_SIM_WORLD_WORLD_H
#define TOOLS_SIM_WORLD_WORLD_H

#include "shared/base/base.h"

#include <json-c/json.h>

struct world;
struct sbuf;

#define WORLD_GUILDS_MAX (1u << 20)
#define WORLD_PEOPLE 131071u /* of the seed, over all guilds; a prime */
#define WORLD_MEMBERS 8u     /* people per guild, unless told otherwise */
#define WORLD_MEMBERS_MAX 100000u
#define WORLD_ROLES 4u		 /* per guild, @everyone first */
#define WORLD_CHANNELS 6u	 /* per guild */
#define WORLD_NOWHERE UINT32_MAX /* guild index of a DM */
#define WORLD_BOT UINT32_MAX	 /* user index of the bot */
#define WORLD_EPOCH_MS INT64_C(1420070400000)

/* What a world begins as. */
struct world_shape {
	uint64_t seed;
	unsigned guilds;    /* 1 to WORLD_GUILDS_MAX */
	unsigned bots;	    /* in each guild, to SIM_BOTS_MAX; 0 is 1 */
	unsigned members;   /* people per guild, to WORLD_MEMBERS_MAX */
	size_t guild_bytes; /* the least GUILD_CREATE has; 0: as it comes */
};

/* NULL when a number is out of its bounds. */
struct world *world_new(const struct world_shape *);
/* From now on each guild has so many people of the seed (at most
 * WORLD_MEMBERS_MAX), but for those who left; nobody is told. */
void world_members_set(struct world *, unsigned);
void world_free(struct world *);

unsigned world_guilds(const struct world *);
/* Consecutive guilds fall on all shards in turn, for every shard count. */
uint64_t world_guild_id(const struct world *, unsigned guild);
/* Index, or -1. */
int64_t world_guild_find(const struct world *, uint64_t id);
/* The same; n may be the index, as people at the desk say it. */
int64_t world_guild_named(const struct world *, uint64_t n);

/* Is the guild there, and the bot (a user) in it? */
bool world_has_bot(struct world *, unsigned guild, unsigned bot);

struct world_channel {
	uint64_t id;
	uint32_t guild;	 /* index; WORLD_NOWHERE: a DM */
	uint32_t number; /* of a DM: the user's index */
	unsigned bot;	 /* of a DM: whose it is, the bot's number */
	int type;	 /* Discord's channel type */
	const char *name;
	json_object *doc; /* borrowed; NULL: a DM */
};
/* The seed's channel `number` (< WORLD_CHANNELS) of a guild: id, guild, type
 * and name; whether it is still there is not asked. */
void world_channel_seed(const struct world *, unsigned guild, unsigned number,
    struct world_channel *);
/* Also threads, and DM channels once opened. */
bool world_channel_find(struct world *, uint64_t id, struct world_channel *);
/* Can messages be in it? */
bool world_channel_is_text(const struct world_channel *);
/* Is it a thread (types 10 to 12)? */
bool world_channel_is_thread(const struct world_channel *);
/* A message was made in it: its last_message_id, and what a thread counts.
 * True: it is a thread that was archived, and is so no more. */
bool world_channel_said(struct world *, const struct world_channel *,
    uint64_t message);
/* A message of it was deleted: a thread counts one less. */
void world_channel_unsaid(struct world *, const struct world_channel *);
/* Opens (or finds) the DM channel of a bot (its number) with a user. */
void world_dm_open(struct world *, unsigned bot, unsigned user,
    struct world_channel *);
unsigned world_bots(const struct world *);
/* The n-th channel of a guild people talk in; false: it has none left. */
bool world_talk_channel(struct world *, unsigned guild, uint64_t n,
    struct world_channel *);
/* The guild that something is in, or was in that the seed has (its index); -1:
 * nothing of that id is known. */
int64_t world_home(const struct world *, uint64_t id);

uint64_t world_role_id(const struct world *, unsigned guild, unsigned n);
/* The n-th of a guild's people, of those the seed knows. */
unsigned world_member(const struct world *, unsigned guild, unsigned n);
uint64_t world_app_id(const struct world *);

/* A new id for something made now: ascending, never twice. */
uint64_t world_snowflake(struct world *);
/* Kinds of world_hash that are not ids (those are below 16). */
enum world_hash_kind { WORLD_HASH_KEY = 16, WORLD_HASH_TOKEN };
/* 64 bits that depend on the seed, the kind and the number only. */
uint64_t world_hash(const struct world *, unsigned kind, uint64_t n);

/* ---- messages: world_msg.c ------------------------------------------ */

enum world_ring {
	WORLD_CHAT, /* what the generator says */
	WORLD_PING, /* messages of people that ask for an answer */
	WORLD_OWN,  /* what the bot posted */
	WORLD_RINGS
};

#define WORLD_NONCE_MAX 25
#define WORLD_NONCE_MS 300000 /* enforce_nonce looks this far back */

struct world_msg {
	uint64_t id, channel;
	uint64_t number;	 /* of a generated message: picks its text */
	uint64_t made_ms;	 /* clock_boot_ms */
	uint32_t guild, user;	 /* indices; WORLD_NOWHERE, WORLD_BOT */
	uint32_t answers;	 /* of a ping */
	bool ping, gone, hidden; /* hidden: ephemeral, not in lists */
	char nonce[WORLD_NONCE_MAX + 1];
	char *json; /* message object; NULL: generated */
};

/* Adds a copy of *m (taking over m->json); the oldest of the ring goes. */
struct world_msg *world_msg_add(struct world *, enum world_ring,
    const struct world_msg *m);
/* Not the deleted ones.  NULL: unknown or fallen out of the ring. */
struct world_msg *world_msg_find(struct world *, uint64_t id);
struct world_msg *world_msg_by_nonce(struct world *, const char *nonce);
/* Newest first; at most max (> 0) with before > id > after (0: no bound):
 * those next to `after` when that is given, else the newest. */
size_t world_msg_list(struct world *, uint64_t channel, uint64_t before,
    uint64_t after, struct world_msg **out, size_t max);
/* The newest under `before` (0: of all), newest first, with the hidden ones. */
size_t world_msg_list_all(struct world *, uint64_t channel, uint64_t before,
    struct world_msg **out, size_t max);
/* Newest first, at most max of a user in a guild, none older than ms and all
 * in the channel of the newest. */
size_t world_msg_of(struct world *, unsigned guild, unsigned user, uint64_t ms,
    struct world_msg **out, size_t max);
/* The k-th newest of a ring, of all channels, deleted ones too; NULL past the
 * oldest. */
struct world_msg *world_msg_recent(struct world *, enum world_ring, uint64_t k);
/* Replaces the stored object (taking json over). */
void world_msg_set(struct world_msg *, char *json);
void world_msg_drop(struct world_msg *);

/* The bot answered this message; true when it is a ping. */
bool world_ping_answer(struct world *, uint64_t id);
/* An answer that names no message: id of the channel's oldest open ping (else
 * its last ping), now answered; 0 when nobody asked there. */
uint64_t world_ping_answer_in(struct world *, uint64_t channel);

/* ---- what is sent: world_render.c ----------------------------------- */

/*
 * Replaces out by d of a generated event of kind t in a guild; number says
 * which text a message has.  ping: a MESSAGE_CREATE in which a person says
 * "!ping".  Returns out->p, or NULL for a kind it does not know, or when nobody
 * is left to do it or nowhere to do it in.
 */
const char *world_render_event(struct world *, uint64_t *rng, const char *t,
    unsigned guild, uint64_t number, bool ping, struct sbuf *out);
/* Id of the message made last: by world_render_event or world_render_said. */
uint64_t world_render_last(const struct world *);
/* Names of the kinds, by number; NULL after the last. */
const char *world_render_kind(unsigned n);
/* Replaces out by d of a MESSAGE_CREATE in which a person of the channel says
 * text; one that begins with "!ping" is a ping. */
const char *world_render_said(struct world *, const struct world_channel *,
    const char *text, struct sbuf *out);
/* The message object as REST shows it; caller owns. */
json_object *world_render_msg(struct world *, const struct world_msg *);
/* As REST shows it, with guild_id; caller owns. */
json_object *world_render_channel(struct world *, const struct world_channel *);
/* The user object; caller owns. */
json_object *world_render_user(struct world *, unsigned user);
/* The same as a bot itself sees it, in READY and USER_UPDATE; caller owns. */
json_object *world_render_own(struct world *, unsigned user);
/* guild_object() and guild_member(), by index. */
json_object *world_render_guild_object(struct world *, unsigned guild);
json_object *world_render_member(struct world *, unsigned guild, unsigned user,
    bool with_user);
/* "2026-08-01T12:00:00.000000+00:00" of now, until the next call. */
const char *world_render_now(struct world *);
/* The same of a time: milliseconds since 1970. */
const char *world_render_time(struct world *, int64_t wall_ms);

#endif
