/* SPDX-License-Identifier: MIT */
/*
 * Who may do what (the documentation's "Permissions"): the bits by name, and
 * what a member has in a guild and in a channel: roles, overwrites, the owner,
 * administrators, who is timed out.
 */
#ifndef TOOLS_SIM_WORLD_PERM_H
#define TOOLS_SIM_WORLD_PERM_H

#include "tools/sim/world/guild.h"

/* name, bit (discord-protocol.md section 6.6 for those since 2026-02) */
#define PERM_TABLE(X)                                                          \
	X(CREATE_INSTANT_INVITE, 0)                                            \
	X(KICK_MEMBERS, 1)                                                     \
	X(BAN_MEMBERS, 2)                                                      \
	X(ADMINISTRATOR, 3)                                                    \
	X(MANAGE_CHANNELS, 4)                                                  \
	X(MANAGE_GUILD, 5)                                                     \
	X(ADD_REACTIONS, 6)                                                    \
	X(VIEW_AUDIT_LOG, 7)                                                   \
	X(PRIORITY_SPEAKER, 8)                                                 \
	X(STREAM, 9)                                                           \
	X(VIEW_CHANNEL, 10)                                                    \
	X(SEND_MESSAGES, 11)                                                   \
	X(SEND_TTS_MESSAGES, 12)                                               \
	X(MANAGE_MESSAGES, 13)                                                 \
	X(EMBED_LINKS, 14)                                                     \
	X(ATTACH_FILES, 15)                                                    \
	X(READ_MESSAGE_HISTORY, 16)                                            \
	X(MENTION_EVERYONE, 17)                                                \
	X(USE_EXTERNAL_EMOJIS, 18)                                             \
	X(VIEW_GUILD_INSIGHTS, 19)                                             \
	X(CONNECT, 20)                                                         \
	X(SPEAK, 21)                                                           \
	X(MUTE_MEMBERS, 22)                                                    \
	X(DEAFEN_MEMBERS, 23)                                                  \
	X(MOVE_MEMBERS, 24)                                                    \
	X(USE_VAD, 25)                                                         \
	X(CHANGE_NICKNAME, 26)                                                 \
	X(MANAGE_NICKNAMES, 27)                                                \
	X(MANAGE_ROLES, 28)                                                    \
	X(MANAGE_WEBHOOKS, 29)                                                 \
	X(MANAGE_GUILD_EXPRESSIONS, 30)                                        \
	X(USE_APPLICATION_COMMANDS, 31)                                        \
	X(REQUEST_TO_SPEAK, 32)                                                \
	X(MANAGE_EVENTS, 33)                                                   \
	X(MANAGE_THREADS, 34)                                                  \
	X(CREATE_PUBLIC_THREADS, 35)                                           \
	X(CREATE_PRIVATE_THREADS, 36)                                          \
	X(USE_EXTERNAL_STICKERS, 37)                                           \
	X(SEND_MESSAGES_IN_THREADS, 38)                                        \
	X(USE_EMBEDDED_ACTIVITIES, 39)                                         \
	X(MODERATE_MEMBERS, 40)                                                \
	X(USE_SOUNDBOARD, 42)                                                  \
	X(CREATE_GUILD_EXPRESSIONS, 43)                                        \
	X(CREATE_EVENTS, 44)                                                   \
	X(USE_EXTERNAL_SOUNDS, 45)                                             \
	X(SEND_VOICE_MESSAGES, 46)                                             \
	X(SET_VOICE_CHANNEL_STATUS, 48)                                        \
	X(SEND_POLLS, 49)                                                      \
	X(USE_EXTERNAL_APPS, 50)                                               \
	X(PIN_MESSAGES, 51)                                                    \
	X(BYPASS_SLOWMODE, 52)

#define X(name, bit) static const uint64_t PERM_##name = UINT64_C(1) << bit;
PERM_TABLE(X)
#undef X
#define PERM_ALL (~UINT64_C(0))

/* The bit of a name of the table, or 0. */
uint64_t perm_named(const char *name);
/* The name of the lowest of some bits, or "". */
const char *perm_name(uint64_t bits);
/* What a user has in the guild as a whole; 0: not a member. */
uint64_t perm_guild(struct guild *, unsigned user);
/* The same in a channel or thread (of which its parent decides); in a DM
 * everything. */
uint64_t perm_channel(struct world *, const struct world_channel *,
    unsigned user);
bool perm_owner(struct guild *, unsigned user);
/* The position of the highest role; above every role for the owner, -1 for
 * who is no member. */
int perm_rank(struct guild *, unsigned user);

#endif
