/* SPDX-License-Identifier: MIT */
/* What a request brings: body, query, headers. */
#ifndef TOOLS_SIM_REST_REST_BODY_H
#define TOOLS_SIM_REST_REST_BODY_H

#include "tools/sim/rest/rest_call.h"

/* Parses call->raw by its Content-Type; false when it answered an error. */
bool rest_body_parse(struct rest_call *);
/* Undoes %XX (and + when plus); false on a bad escape or a cut. */
bool rest_body_decode(char *to, size_t size, const char *from, size_t len,
    bool plus);
/* A number of the query: its value, or dflt when absent or not a number. */
uint64_t rest_body_query(struct rest_call *, const char *key, uint64_t dflt);
/* A text of the query, decoded, until the call is over; NULL: absent. */
const char *rest_body_text(struct rest_call *, const char *key);
/* Is it "true" or "1" in the query? */
bool rest_body_true(struct rest_call *, const char *key);
/* A header or NULL. */
const char *rest_body_header(struct rest_call *, const char *name);

#endif
