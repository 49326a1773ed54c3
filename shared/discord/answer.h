/* SPDX-License-Identifier: MIT */
/*
 * This room: what an answer of Discord means, and which of its URLs are
 * believed.
 *
 * What one HTTP answer to a call of Discord's API means, and for whom: this
 * call, its route, or everybody.  The one judge of the handler's calls and of
 * the supervisor's questions (discord-protocol.md 1.3, 6.6, 7.2, 7.4).  An
 * answer may come from Discord, from Cloudflare in front of it, or from any
 * proxy between: none is taken for everybody's here; whoever asks proves that
 * with ANSWER_PROOF first.  Pure functions.
 */
#ifndef SHARED_DISCORD_ANSWER_H
#define SHARED_DISCORD_ANSWER_H

#include "shared/base/base.h"

/* What a good token is answered with 200, and a bad one with 401. */
#define ANSWER_PROOF "/users/@me"

#define ANSWER_WAIT_MAX_S 86400.0 /* no limiter of Discord's says more */
#define ANSWER_WAIT_ODD_S 3600.0  /* taken for what is beyond that */
#define ANSWER_FLOOR_S 0.5	  /* after a 429; doubled with each in a row */
#define ANSWER_FLOOR_MAX_S 60.0
#define ANSWER_BLOCK_S 60.0 /* after a block; doubled likewise */
#define ANSWER_BLOCK_MAX_S 900.0
#define ANSWER_BODY_MAX (4u << 20) /* of a refusal's body that is read */

/* What it means, for whom, when, and what is done: as the manual shows it. */
#define ANSWERS(X)                                                             \
	X(OK, CALL, "2xx", "it is the call's result")                          \
	X(LIMITED, ROUTE, "429 with Discord's limits",                         \
	    "the calls of this bucket wait")                                   \
	X(SHARED, ROUTE, "429 of scope \"shared\"",                            \
	    "the same; it does not count toward a ban")                        \
	X(GLOBAL, ALL, "429 that says \"global\"",                             \
	    "all calls wait but answers to interactions")                      \
	X(BLOCKED, ALL,                                                        \
	    "429 or 403 that is not Discord's own, 403 with code "             \
	    "40333",                                                           \
	    "the route waits; all do when GET /users/@me is answered "         \
	    "so, too")                                                         \
	X(TOKEN, ALL, "401",                                                   \
	    "the call is refused; all are when GET "                           \
	    "/users/@me is answered so, too")                                  \
	X(OWN_TOKEN, CALL, "401 where the path holds the token",               \
	    "the call is refused")                                             \
	X(FORBIDDEN, CALL, "any other 403",                                    \
	    "the call is refused; it counts toward a ban")                     \
	X(TROUBLE, CALL, "5xx, or none",                                       \
	    "it is made again where that is harmless")                         \
	X(REFUSED, CALL, "any other", "the call is refused")

enum answer_means {
#define X(n, whom, when, done) ANSWER_##n,
	ANSWERS(X)
#undef X
	    ANSWER_MEANINGS
};

enum answer_whom { ANSWER_CALL, ANSWER_ROUTE, ANSWER_ALL, ANSWER_WHOMS };

/* The rows above, and the words of a column. */
extern const struct answer_row {
	enum answer_whom whom;
	const char *when, *done;
} answer_row[ANSWER_MEANINGS];
extern const char *const answer_whom_name[ANSWER_WHOMS];

struct answer {
	int status; /* 0: none came */
	const char *body;
	size_t len;
	double retry_after_s; /* the header's, answer_seconds; < 0: none */
	bool limits;	      /* it had X-RateLimit headers */
	bool global, shared;  /* as those say */
	bool bare;	      /* the call carried no bot token */
};

struct answer_verdict {
	enum answer_means means;
	double wait_s; /* as was said, < 0: it was not */
	bool counts;   /* toward the ban of the address */
	bool json;     /* the body is an object, or an array */
	int64_t code;  /* its "code", 0: none */
};

struct answer_verdict answer_judge(const struct answer *);

/*
 * Seconds of a header or body that says how long to wait: a number, or a date;
 * -1 for what is neither, or negative.  Never above ANSWER_WAIT_MAX_S.
 */
double answer_seconds(const char *text);

/* How long to wait after so many refusals in a row (1: the first), never 0. */
double answer_limited_s(double said_s, unsigned times);
double answer_blocked_s(double said_s, unsigned times);

#endif
