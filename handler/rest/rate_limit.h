/* SPDX-License-Identifier: MIT */
/*
 * REST rate limits as Discord states them in its answers
 * (discord-protocol.md 7.2): buckets by id and major parameter, the global
 * limit, retry_after, and a guard against the ban that follows 10 000 invalid
 * requests.  Pure bookkeeping on a clock that the caller passes in, in ms.
 */
#ifndef HANDLER_REST_RATE_LIMIT_H
#define HANDLER_REST_RATE_LIMIT_H

#include "handler/rest/endpoint.h"

#define RATE_LIMIT_MAX 8192 /* buckets and routes remembered, each */
/*
 * Requests in any one second of Discord's (50 allowed): a call's place is free
 * again a second after its answer, so however long requests are on their way
 * no second there sees more.  The rest is for the supervisor's few calls.
 */
#define RATE_LIMIT_GLOBAL 48
#define RATE_LIMIT_INVALID_SHED 5000 /* in 10 minutes: no optional calls */
#define RATE_LIMIT_INVALID_STOP 9000 /* nothing but interaction callbacks */
#define RATE_LIMIT_UNKNOWN 1	     /* at once, before the first answer */

/* What one answer said. */
struct rate_limit_reply {
	int status;
	char id[64];		  /* X-RateLimit-Bucket; "" absent */
	int64_t limit, remaining; /* -1: absent */
	double reset_after_s;	  /* < 0: absent */
	double retry_after_s;	  /* header or body; < 0: absent */
	bool global, shared;
	bool limits;  /* any X-RateLimit header was there */
	bool blocked; /* not Discord's own: said by the caller */
};
void rate_limit_reply_init(struct rate_limit_reply *);
/* Reads one "Name: value\r\n" line of the answer's head. */
void rate_limit_reply_header(struct rate_limit_reply *, const char *line,
    size_t len);

/* Invalid requests of the last 10 minutes, by minute. */
#define RATE_LIMIT_MINUTES 11 /* one-minute counts that cover any ten */
struct rate_limit_invalid {
	unsigned count[RATE_LIMIT_MINUTES];
	uint64_t minute; /* of the newest count */
};
void rate_limit_invalid_add(struct rate_limit_invalid *, uint64_t now);
unsigned rate_limit_invalid_sum(struct rate_limit_invalid *, uint64_t now);

struct rate_limits;
struct rate_limit;

struct rate_limits *rate_limit_new(void);
/* Somebody else has made n calls at that time. */
void rate_limit_others(struct rate_limits *, unsigned n, uint64_t when);
void rate_limit_free(struct rate_limits *);
/*
 * Milliseconds until a call to this endpoint may go; 0: now.  UINT64_MAX: not
 * before another answer came.
 */
uint64_t rate_limit_wait(struct rate_limits *, const struct endpoint *,
    uint64_t now);
/* It goes now; rate_limit_done must follow. */
struct rate_limit *rate_limit_take(struct rate_limits *,
    const struct endpoint *, uint64_t now);
/* It was answered, or reply NULL: it failed without an answer. */
void rate_limit_done(struct rate_limits *, struct rate_limit *,
    const struct endpoint *, const struct rate_limit_reply *, uint64_t now);
/* Invalid requests of the last 10 minutes. */
unsigned rate_limit_invalid(struct rate_limits *, uint64_t now);
/* May a call go at all, as far as the invalid-request guard is concerned? */
bool rate_limit_allows(struct rate_limits *, const struct endpoint *,
    bool optional, uint64_t now);

#endif
