/* SPDX-License-Identifier: MIT */
/*
 * Rate limits as Discord applies them (discord-protocol.md section 7.2):
 * a bucket per class and major parameter, a global limit per second, and the
 * ban for too many invalid requests.  Time is handed in; it reads no clock.
 */
#ifndef TOOLS_SIM_REST_LIMIT_H
#define TOOLS_SIM_REST_LIMIT_H

#include "shared/base/base.h"

#define LIMIT_GLOBAL 50	    /* requests in a second */
#define LIMIT_INVALID 10000 /* in LIMIT_INVALID_MS, then a ban */
#define LIMIT_INVALID_MS 600000
#define LIMIT_BAN_MS 3600000
#define LIMIT_BUCKETS_MAX 16384 /* live at once */
#define LIMIT_BOTS_MAX 17	/* SIM_BOTS_MAX and one that only REST knows */

/* class, requests, in milliseconds */
#define LIMIT_TABLE(X)                                                         \
	X(NONE, 0, 0)                                                          \
	X(GATEWAY, 5, 5000)                                                    \
	X(USER, 30, 30000)                                                     \
	X(DM_OPEN, 10, 60000)                                                  \
	X(APPLICATION, 10, 10000)                                              \
	X(INVITE, 20, 10000)                                                   \
	X(EXPRESSION, 20, 10000)                                               \
	X(CHANNEL, 50, 10000)                                                  \
	X(CHANNEL_EDIT, 10, 15000)                                             \
	X(CHANNEL_NAME, 2, 600000) /* name or topic: hidden, no headers */     \
	X(CHANNEL_WRITE, 10, 10000)                                            \
	X(MESSAGE_LIST, 50, 10000)                                             \
	X(MESSAGE_POST, 5, 5000)                                               \
	X(MESSAGE_EDIT, 5, 5000)                                               \
	X(MESSAGE_DELETE, 5, 1000)                                             \
	X(BULK_DELETE, 1, 1000)                                                \
	X(REACTION, 1, 250)                                                    \
	X(PIN, 10, 10000)                                                      \
	X(CROSSPOST, 10, 3600000)                                              \
	X(TYPING, 5, 5000)                                                     \
	X(WEBHOOK, 5, 2000)                                                    \
	X(COMMAND_READ, 50, 10000)                                             \
	X(COMMAND_WRITE, 5, 20000)                                             \
	X(ROLE_WRITE, 10, 10000)                                               \
	X(GUILD, 50, 10000)                                                    \
	X(GUILD_EDIT, 2, 10000)                                                \
	X(USER_EDIT, 10, 60000)                                                \
	X(USER_NAME, 2, 3600000) /* hidden, and refused as a form */           \
	X(GUILD_LEAVE, 10, 60000)                                              \
	X(MEMBER_EDIT, 10, 10000)                                              \
	X(MEMBER_ROLE, 10, 10000)                                              \
	X(MEMBER_REMOVE, 10, 10000)                                            \
	X(MEMBER_SEARCH, 10, 10000)                                            \
	X(BAN, 30, 30000)                                                      \
	X(PRUNE, 5, 10000)                                                     \
	X(AUDIT_LOG, 10, 10000)                                                \
	X(RULE, 10, 10000)                                                     \
	X(VOICE_STATE, 10, 10000)                                              \
	X(STORE, 20, 10000)

enum limit_class {
#define X(name, n, ms) LIMIT_##name,
	LIMIT_TABLE(X)
#undef X
	    LIMIT_CLASSES
};

struct limit_answer {
	bool refused; /* 429; wait reset_after_ms */
	uint32_t limit, remaining;
	uint64_t reset_after_ms;
	char bucket[33]; /* X-RateLimit-Bucket: the class, not the major */
};

struct limit;

struct limit *limit_new(uint64_t seed);
void limit_free(struct limit *);
/* Forgets every bucket, count and ban. */
void limit_reset(struct limit *);
/* One request of a class against a bot's bucket for this major parameter.
 * Bots are numbered to LIMIT_BOTS_MAX; limits are each bot's own. */
void limit_take(struct limit *, unsigned bot, enum limit_class, uint64_t major,
    uint64_t now_ms, struct limit_answer *);
/* One request against a bot's global limit: 0, or milliseconds to wait. */
uint64_t limit_take_global(struct limit *, unsigned bot, uint64_t now_ms);
/* Counts an answer of 401, 403 or 429 (not one of scope "shared"). */
void limit_invalid(struct limit *, uint64_t now_ms);
/* Milliseconds the ban has to run, 0 when there is none. */
uint64_t limit_banned(const struct limit *, uint64_t now_ms);
const char *limit_name(enum limit_class);

#endif
