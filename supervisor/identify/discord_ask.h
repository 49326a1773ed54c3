/* SPDX-License-Identifier: MIT */
/*
 * The asker: a short-lived child that puts the supervisor's three questions
 * to Discord's REST API (/gateway/bot, /users/@me, /applications/@me) and
 * writes one struct to a pipe.  The supervisor itself never resolves a name,
 * never waits for a socket and never parses a body.
 */
#ifndef SUPERVISOR_IDENTIFY_DISCORD_ASK_H
#define SUPERVISOR_IDENTIFY_DISCORD_ASK_H

#include "shared/config/config.h"
#include "shared/store/store.h"
#include "supervisor/base/helper.h"

/* What became of a question (discord-protocol.md 1.3). */
#define DISCORD_ASK_STATUSES(X)                                                \
	X(OK, "answered")                                                      \
	X(UNAUTHORIZED, "401: the token is wrong or was reset")                \
	X(FORBIDDEN, "403: refused at the edge")                               \
	X(LIMITED, "429: rate limited")                                        \
	X(SERVER, "server trouble")                                            \
	X(UNREACHABLE, "not reachable")                                        \
	X(GARBAGE, "an answer that makes no sense")                            \
	X(NONE, "not asked")

enum discord_ask_status {
#define X(n, s) DISCORD_ASK_##n,
	DISCORD_ASK_STATUSES(X)
#undef X
	    DISCORD_ASK_STATUS_COUNT
};
extern const char *const discord_ask_status_name[DISCORD_ASK_STATUS_COUNT];

#define DISCORD_ASK_MAGIC 0x41534b31u
#define DISCORD_ASK_REQUEST_S 10  /* one question */
#define DISCORD_ASK_DEADLINE_S 35 /* all of them, then the child is killed */
#define DISCORD_ASK_BODY_MAX (256 << 10)

/* The one thing the child writes. */
struct discord_ask_answer {
	uint32_t magic;
	uint32_t status;      /* enum discord_ask_status of /gateway/bot;
					   UNAUTHORIZED: of /users/@me, too */
	int32_t http;	      /* 0: no HTTP answer */
	uint32_t cloudflare;  /* the answer was not Discord's own */
	double retry_after_s; /* 0: none given */
	char words[256];      /* curl's or ours, "" */
	char url[STORE_URL_MAX];
	int64_t shards, max_concurrency, total, remaining, reset_after_ms;
	uint32_t user_status, app_status;
	char user_name[64], user_id[24];
	uint64_t app_flags;
	uint32_t app_endpoint; /* interactions_endpoint_url is set */
	uint32_t reserved;
	char app_id[24];
};
_Static_assert(sizeof(struct discord_ask_answer) < HELPER_SAID_MAX,
    "kept whole");

enum discord_ask_what { DISCORD_ASK_GATEWAY_BOT, DISCORD_ASK_EVERYTHING };

struct discord_ask;
typedef void discord_ask_fn(struct discord_ask *,
    const struct discord_ask_answer *);

struct discord_ask {
	struct helper helper;
	const struct config *config;
	const char *token;
	const char *ca_file; /* the path in use, "" for none */
	discord_ask_fn *done;
	enum discord_ask_what what;
};

void discord_ask_init(struct discord_ask *, struct ev_loop *, struct timers *,
    const struct config *, const char *token, const char *ca_file,
    discord_ask_fn *);
/* Forks the asker; done follows exactly once unless this returns -1. */
int discord_ask_start(struct discord_ask *, enum discord_ask_what,
    struct err *);

#endif
