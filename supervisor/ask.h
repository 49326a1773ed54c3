/* SPDX-License-Identifier: MIT */
/*
 * The asker: a short-lived child that puts the supervisor's three questions
 * to Discord's REST API (/gateway/bot, /users/@me, /applications/@me) and
 * writes one struct to a pipe.  The supervisor itself never resolves a name,
 * never waits for a socket and never parses a body.
 */
#ifndef SUPERVISOR_ASK_H
#define SUPERVISOR_ASK_H

#include "shared/config/config.h"
#include "shared/store/store.h"
#include "shared/base/timer.h"

#include <ev.h>
#include <sys/types.h>

/* What became of a question (discord-protocol.md 1.3). */
#define ASK_STATUSES(X)                                                        \
	X(OK, "answered")                                                      \
	X(UNAUTHORIZED, "401: the token is wrong or was reset")                \
	X(FORBIDDEN, "403: refused at the edge")                               \
	X(LIMITED, "429: rate limited")                                        \
	X(SERVER, "server trouble")                                            \
	X(UNREACHABLE, "not reachable")                                        \
	X(GARBAGE, "an answer that makes no sense")                            \
	X(NONE, "not asked")

enum ask_status {
#define X(n, s) ASK_##n,
	ASK_STATUSES(X)
#undef X
	ASK_STATUS_COUNT
};
extern const char *const ask_status_name[ASK_STATUS_COUNT];

#define ASK_MAGIC 0x41534b31u
#define ASK_REQUEST_S 10	/* one question */
#define ASK_DEADLINE_S 35	/* all of them, then the child is killed */
#define ASK_BODY_MAX (256 << 10)

/* The one thing the child writes; smaller than PIPE_BUF, so never torn. */
struct ask_answer {
	uint32_t magic;
	uint32_t status;		/* enum ask_status of /gateway/bot;
					   UNAUTHORIZED: of /users/@me, too */
	int32_t http;			/* 0: no HTTP answer */
	uint32_t cloudflare;		/* the answer was not Discord's own */
	double retry_after_s;		/* 0: none given */
	char words[256];		/* curl's or ours, "" */
	char url[STORE_URL_MAX];
	int64_t shards, max_concurrency, total, remaining, reset_after_ms;
	uint32_t user_status, app_status;
	char user_name[64], user_id[24];
	uint64_t app_flags;
	uint32_t app_endpoint;		/* interactions_endpoint_url is set */
	uint32_t reserved;
	char app_id[24];
};
_Static_assert(sizeof(struct ask_answer) < 4096, "one atomic pipe write");

enum ask_what { ASK_GATEWAY_BOT, ASK_EVERYTHING };

struct ask;
typedef void ask_fn(struct ask *, const struct ask_answer *);

struct ask {
	struct ev_loop *loop;
	const struct config *config;
	const char *token;
	const char *ca_file;	/* the path in use, "" for none */
	ask_fn *done;
	struct timer deadline;
	ev_io rd;
	int fd;			/* -1: nothing under way */
	pid_t pid;
	char got[sizeof(struct ask_answer)];
	size_t got_len;
};

void ask_init(struct ask *, struct ev_loop *, struct timers *,
    const struct config *, const char *token, const char *ca_file, ask_fn *);
/* Forks the asker; done follows exactly once unless this returns -1. */
int ask_start(struct ask *, enum ask_what, struct err *);
bool ask_busy(const struct ask *);
/* Kills a running asker without an answer. */
void ask_stop(struct ask *);
/* Was this the asker?  Called with every pid reaped. */
bool ask_reaped(struct ask *, pid_t);

#endif
