/* SPDX-License-Identifier: MIT */
/*
 * Answers that mean something for more calls than the one they answer
 * (shared/answer.h): a route that Cloudflare blocks, an address it blocks, a
 * token Discord refuses, the global limit.  What stops all calls was proved
 * before, is told once, and ends with a proof of the contrary: nothing foreign
 * is final.  Pure bookkeeping on a clock that the caller passes in, in ms; the
 * caller makes the proof, GET /users/@me.
 */
#ifndef HANDLER_REST_REST_HOLD_H
#define HANDLER_REST_REST_HOLD_H

#include "shared/discord/answer.h"
#include "shared/page/page.h"

#define REST_HOLD_ROUTES 3	     /* so many blocked at once: proved anew */
#define REST_HOLD_PLACES 16	     /* blocked routes that are remembered */
#define REST_HOLD_NEAR_MS 60000u     /* at once */
#define REST_HOLD_FORGET_MS 1800000u /* then a block is the first again */
#define REST_HOLD_FRESH_MS 10000u    /* between two proofs that all is well */
#define REST_HOLD_TOKEN_MS 60000u    /* then the token is tried; doubled */
#define REST_HOLD_TOKEN_MAX_MS 600000u
#define REST_HOLD_TELL_MS 5000u /* shorter global limits are no news */

struct rest_hold_route {
	char route[256];     /* "": free */
	uint64_t blocked_ms; /* when that was answered last */
	uint64_t until_ms;
	unsigned times; /* in a row */
	int status;	/* of the answer */
};

struct rest_hold {
	enum page_rest state;
	uint64_t since_ms, until_ms; /* until: of a proof, or the limit's end */
	enum page_rest
	    last; /* what stopped all last, when, how often in a row */
	uint64_t last_ms;
	unsigned times;
	uint64_t wanted_ms;  /* a proof, from then on; 0: none */
	bool pausing;	     /* all calls wait for it */
	bool proving, stale; /* one is made; what came meanwhile outweighs it */
	uint64_t proved_ms;  /* last one that found nothing wrong; 0: none */
	struct rest_hold_route route[REST_HOLD_PLACES];
	char words[PAGE_WORDS]; /* of state, or of the blocked route; "" */
};

/* A call of this route was answered so; not for proofs. */
void rest_hold_answered(struct rest_hold *, const struct answer_verdict *,
    int status, const char *route, uint64_t now);
/* Is a proof due?  rest_hold_proved must follow when it is made. */
bool rest_hold_wants_proof(const struct rest_hold *, uint64_t now);
void rest_hold_proving(struct rest_hold *);
/* v NULL: it could not be made, or was not answered. */
void rest_hold_proved(struct rest_hold *, const struct answer_verdict *v,
    int status, uint64_t now);
/* NULL, or why a call that carries the token (not bare) is refused. */
const char *rest_hold_refuses(const struct rest_hold *, bool bare);
/* Milliseconds until a call of this route may go; UINT64_MAX: not before the
 * proof is through.  An urgent one waits for no proof. */
uint64_t rest_hold_wait(const struct rest_hold *, const char *route,
    bool urgent, uint64_t now);
/* Milliseconds until it should be looked at again, UINT64_MAX: never. */
uint64_t rest_hold_due(const struct rest_hold *, uint64_t now);
/* What passes by itself has passed. */
void rest_hold_tick(struct rest_hold *, uint64_t now);

#endif
