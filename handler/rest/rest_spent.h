/* SPDX-License-Identifier: MIT */
/*
 * Interactions whose follow-ups were limited too often: pressing on with one
 * token has led to a ban of the address (discord-protocol.md 6.6).  A fixed
 * number of places, the oldest goes first.
 */
#ifndef HANDLER_REST_REST_SPENT_H
#define HANDLER_REST_REST_SPENT_H

#include "handler/rest/endpoint.h"

#define REST_SPENT_429S 3     /* of one token, then no call is made with it */
#define REST_SPENT_MS 900000u /* a token lives no longer */
#define REST_SPENT_PLACES 256

struct rest_spent {
	struct {
		uint64_t key, since_ms; /* since_ms 0: free */
		unsigned limited;
	} place[REST_SPENT_PLACES];
};

/* A call to this endpoint was answered 429. */
void rest_spent_limited(struct rest_spent *, const struct endpoint *,
    uint64_t now);
bool rest_spent_is(const struct rest_spent *, const struct endpoint *,
    uint64_t now);

#endif
