/* SPDX-License-Identifier: MIT */
/*
 * The dispatches a bot gets (discord-protocol.md sections 6.2, 6.3): what each
 * is called, which intents ask for it, where it says its guild, and what a
 * client of the gate has of it.  Pure functions, of any thread.
 */
#ifndef SHARED_DISCORD_DISPATCH_H
#define SHARED_DISCORD_DISPATCH_H

#include "shared/base/base.h"

/*
 * number, name, intents in a guild and in a direct message (any of the bits; 0:
 * none is needed, or, of a direct message, those of a guild are), the key of d
 * that has the guild, who gets it, whether it is made up for.
 *
 * The numbers lie in logs that outlive the program: a new one goes to the end,
 * none is ever given to another name.
 */
#define DISPATCHES(X)                                                          \
	X(1, READY, 0, 0, NONE, NOBODY, NO)                                    \
	X(2, RESUMED, 0, 0, NONE, NOBODY, NO)                                  \
	X(3, RATE_LIMITED, 0, 0, NONE, ASKER, NO)                              \
	X(4, USER_UPDATE, 0, 0, NONE, ALL, NO)                                 \
	X(5, INTERACTION_CREATE, 0, 0, GUILD_ID, ALL, YOUNG)                   \
	X(6, APPLICATION_COMMAND_PERMISSIONS_UPDATE, 0, 0, GUILD_ID, ALL, YES) \
	X(7, VOICE_SERVER_UPDATE, 0, 0, GUILD_ID, ASKER, NO)                   \
	X(8, ENTITLEMENT_CREATE, 0, 0, GUILD_ID, ALL, YES)                     \
	X(9, ENTITLEMENT_UPDATE, 0, 0, GUILD_ID, ALL, YES)                     \
	X(10, ENTITLEMENT_DELETE, 0, 0, GUILD_ID, ALL, YES)                    \
	X(11, SUBSCRIPTION_CREATE, 0, 0, NONE, ALL, YES)                       \
	X(12, SUBSCRIPTION_UPDATE, 0, 0, NONE, ALL, YES)                       \
	X(13, SUBSCRIPTION_DELETE, 0, 0, NONE, ALL, YES)                       \
	X(14, GUILD_MEMBERS_CHUNK, 0, 0, GUILD_ID, ASKER, NO)                  \
	X(15, SOUNDBOARD_SOUNDS, 0, 0, GUILD_ID, ASKER, NO)                    \
	X(16, CHANNEL_INFO, 0, 0, GUILD_ID, ASKER, NO)                         \
	X(17, GUILD_CREATE, 1u << 0, 0, ID, ALL, NO)                           \
	X(18, GUILD_UPDATE, 1u << 0, 0, ID, ALL, NO)                           \
	X(19, GUILD_DELETE, 1u << 0, 0, ID, ALL, NO)                           \
	X(20, GUILD_ROLE_CREATE, 1u << 0, 0, GUILD_ID, ALL, NO)                \
	X(21, GUILD_ROLE_UPDATE, 1u << 0, 0, GUILD_ID, ALL, NO)                \
	X(22, GUILD_ROLE_DELETE, 1u << 0, 0, GUILD_ID, ALL, NO)                \
	X(23, CHANNEL_CREATE, 1u << 0, 0, GUILD_ID, ALL, NO)                   \
	X(24, CHANNEL_UPDATE, 1u << 0, 0, GUILD_ID, ALL, NO)                   \
	X(25, CHANNEL_DELETE, 1u << 0, 0, GUILD_ID, ALL, NO)                   \
	X(26, CHANNEL_PINS_UPDATE, 1u << 0, 1u << 12, GUILD_ID, ALL, NO)       \
	X(27, THREAD_CREATE, 1u << 0, 0, GUILD_ID, ALL, NO)                    \
	X(28, THREAD_UPDATE, 1u << 0, 0, GUILD_ID, ALL, NO)                    \
	X(29, THREAD_DELETE, 1u << 0, 0, GUILD_ID, ALL, NO)                    \
	X(30, THREAD_LIST_SYNC, 1u << 0, 0, GUILD_ID, ALL, NO)                 \
	X(31, THREAD_MEMBER_UPDATE, 1u << 0, 0, GUILD_ID, ALL, NO)             \
	X(32, THREAD_MEMBERS_UPDATE, 1u << 0 | 1u << 1, 0, GUILD_ID, ALL, NO)  \
	X(33, STAGE_INSTANCE_CREATE, 1u << 0, 0, GUILD_ID, ALL, NO)            \
	X(34, STAGE_INSTANCE_UPDATE, 1u << 0, 0, GUILD_ID, ALL, NO)            \
	X(35, STAGE_INSTANCE_DELETE, 1u << 0, 0, GUILD_ID, ALL, NO)            \
	X(36, VOICE_CHANNEL_STATUS_UPDATE, 1u << 0, 0, GUILD_ID, ALL, NO)      \
	X(37, VOICE_CHANNEL_START_TIME_UPDATE, 1u << 0, 0, GUILD_ID, ALL, NO)  \
	X(38, GUILD_MEMBER_ADD, 1u << 1, 0, GUILD_ID, ALL, YES)                \
	X(39, GUILD_MEMBER_UPDATE, 1u << 1, 0, GUILD_ID, ALL, YES)             \
	X(40, GUILD_MEMBER_REMOVE, 1u << 1, 0, GUILD_ID, ALL, YES)             \
	X(41, GUILD_AUDIT_LOG_ENTRY_CREATE, 1u << 2, 0, GUILD_ID, ALL, YES)    \
	X(42, GUILD_BAN_ADD, 1u << 2, 0, GUILD_ID, ALL, YES)                   \
	X(43, GUILD_BAN_REMOVE, 1u << 2, 0, GUILD_ID, ALL, YES)                \
	X(44, GUILD_EMOJIS_UPDATE, 1u << 3, 0, GUILD_ID, ALL, NO)              \
	X(45, GUILD_STICKERS_UPDATE, 1u << 3, 0, GUILD_ID, ALL, NO)            \
	X(46, GUILD_SOUNDBOARD_SOUND_CREATE, 1u << 3, 0, GUILD_ID, ALL, NO)    \
	X(47, GUILD_SOUNDBOARD_SOUND_UPDATE, 1u << 3, 0, GUILD_ID, ALL, NO)    \
	X(48, GUILD_SOUNDBOARD_SOUND_DELETE, 1u << 3, 0, GUILD_ID, ALL, NO)    \
	X(49, GUILD_SOUNDBOARD_SOUNDS_UPDATE, 1u << 3, 0, GUILD_ID, ALL, NO)   \
	X(50, GUILD_INTEGRATIONS_UPDATE, 1u << 4, 0, GUILD_ID, ALL, YES)       \
	X(51, INTEGRATION_CREATE, 1u << 4, 0, GUILD_ID, ALL, YES)              \
	X(52, INTEGRATION_UPDATE, 1u << 4, 0, GUILD_ID, ALL, YES)              \
	X(53, INTEGRATION_DELETE, 1u << 4, 0, GUILD_ID, ALL, YES)              \
	X(54, WEBHOOKS_UPDATE, 1u << 5, 0, GUILD_ID, ALL, YES)                 \
	X(55, INVITE_CREATE, 1u << 6, 0, GUILD_ID, ALL, YES)                   \
	X(56, INVITE_DELETE, 1u << 6, 0, GUILD_ID, ALL, YES)                   \
	X(57, VOICE_STATE_UPDATE, 1u << 7, 0, GUILD_ID, ALL, NO)               \
	X(58, VOICE_CHANNEL_EFFECT_SEND, 1u << 7, 0, GUILD_ID, ALL, NO)        \
	X(59, PRESENCE_UPDATE, 1u << 8, 0, GUILD_ID, ALL, NO)                  \
	X(60, MESSAGE_CREATE, 1u << 9, 1u << 12, GUILD_ID, ALL, YES)           \
	X(61, MESSAGE_UPDATE, 1u << 9, 1u << 12, GUILD_ID, ALL, YES)           \
	X(62, MESSAGE_DELETE, 1u << 9, 1u << 12, GUILD_ID, ALL, YES)           \
	X(63, MESSAGE_DELETE_BULK, 1u << 9, 1u << 12, GUILD_ID, ALL, YES)      \
	X(64, MESSAGE_REACTION_ADD, 1u << 10, 1u << 13, GUILD_ID, ALL, YES)    \
	X(65, MESSAGE_REACTION_REMOVE, 1u << 10, 1u << 13, GUILD_ID, ALL, YES) \
	X(66, MESSAGE_REACTION_REMOVE_ALL, 1u << 10, 1u << 13, GUILD_ID, ALL,  \
	    YES)                                                               \
	X(67, MESSAGE_REACTION_REMOVE_EMOJI, 1u << 10, 1u << 13, GUILD_ID,     \
	    ALL, YES)                                                          \
	X(68, TYPING_START, 1u << 11, 1u << 14, GUILD_ID, ALL, NO)             \
	X(69, GUILD_SCHEDULED_EVENT_CREATE, 1u << 16, 0, GUILD_ID, ALL, NO)    \
	X(70, GUILD_SCHEDULED_EVENT_UPDATE, 1u << 16, 0, GUILD_ID, ALL, NO)    \
	X(71, GUILD_SCHEDULED_EVENT_DELETE, 1u << 16, 0, GUILD_ID, ALL, NO)    \
	X(72, GUILD_SCHEDULED_EVENT_USER_ADD, 1u << 16, 0, GUILD_ID, ALL, YES) \
	X(73, GUILD_SCHEDULED_EVENT_USER_REMOVE, 1u << 16, 0, GUILD_ID, ALL,   \
	    YES)                                                               \
	X(74, AUTO_MODERATION_RULE_CREATE, 1u << 20, 0, GUILD_ID, ALL, YES)    \
	X(75, AUTO_MODERATION_RULE_UPDATE, 1u << 20, 0, GUILD_ID, ALL, YES)    \
	X(76, AUTO_MODERATION_RULE_DELETE, 1u << 20, 0, GUILD_ID, ALL, YES)    \
	X(77, AUTO_MODERATION_ACTION_EXECUTION, 1u << 21, 0, GUILD_ID, ALL,    \
	    YES)                                                               \
	X(78, MESSAGE_POLL_VOTE_ADD, 1u << 24, 1u << 25, GUILD_ID, ALL, YES)   \
	X(79, MESSAGE_POLL_VOTE_REMOVE, 1u << 24, 1u << 25, GUILD_ID, ALL, YES)

enum dispatch {
	DISPATCH_UNKNOWN, /* a name that is in no row */
#define X(number, name, guild, dm, where, to, catch_up)                        \
	DISPATCH_##name = number,
	DISPATCHES(X)
#undef X
	    DISPATCH_ALL
};

/* The key of d: none, guild_id, or id, as d is the guild itself. */
enum dispatch_where {
	DISPATCH_WHERE_NONE,
	DISPATCH_WHERE_GUILD_ID,
	DISPATCH_WHERE_ID,
};

enum dispatch_to {
	DISPATCH_TO_ALL,    /* whose intents ask for it */
	DISPATCH_TO_ASKER,  /* who asked, or owns the voice connection */
	DISPATCH_TO_NOBODY, /* the gate says its own */
};

/*
 * Is it sent later to a client that was away and IDENTIFYs?  What its READY and
 * GUILD_CREATEs show already, and what is void by then, is not.
 */
enum dispatch_catch_up {
	DISPATCH_CATCH_UP_NO,
	DISPATCH_CATCH_UP_YES,
	DISPATCH_CATCH_UP_YOUNG, /* while Discord takes the answer */
};

extern const struct dispatch_row {
	const char *name;
	uint32_t guild, dm;
	enum dispatch_where where;
	enum dispatch_to to;
	enum dispatch_catch_up catch_up;
} dispatch_row[DISPATCH_ALL];

/* name: of len bytes, as in t. */
enum dispatch dispatch_of(const char *name, size_t len);

/*
 * Do these intents ask for it?  dm: it is of no guild.  Of an unknown name
 * nobody knows which intent does, so it is true: Discord sends what it has not
 * documented yet to everybody.  Who must not see more than was asked for looks
 * at DISPATCH_UNKNOWN first.
 */
bool dispatch_wanted(enum dispatch, uint64_t intents, bool dm);

/* The guild it is of, from the raw object d; 0: none. */
uint64_t dispatch_guild(enum dispatch, const char *d, size_t len);

#endif
