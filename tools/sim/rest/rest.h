/* SPDX-License-Identifier: MIT */
/*
 * This room is the REST side without its routes: an HTTP server on the
 * simulator's loop that reads calls, limits them, refuses what Discord refuses
 * and answers in Discord's words.  It never blocks and never trusts a request.
 */
#ifndef TOOLS_SIM_REST_REST_H
#define TOOLS_SIM_REST_REST_H

#include "tools/sim/base/sbuf.h"
#include "tools/sim/base/sim.h"
#include "tools/sim/rest/limit.h"

struct rest_call;
struct route;

#define REST_CONNECTIONS_MAX 512
#define REST_DOORS_MAX 8
#define REST_IDLE_S 60		  /* keep-alive connection without words */
#define REST_BODY_MAX (26u << 20) /* a little above Discord's 25 MiB */

/* Listens at cfg.listen:cfg.port, fills url_api.  routes: tables
 * (route.h), NULL-ended.  0 or -1. */
int rest_start(struct sim *, const struct route *const *routes, struct err *);
void rest_stop(struct sim *);

/*
 * What is not below /api/: fn answers each request whose path begins with
 * prefix (static), with rest_reply_page() or another answer; the longest prefix
 * counts.  No such call is a bot's, so none is counted or limited.
 */
typedef void rest_door_fn(struct rest_call *);
void rest_door(struct sim *, const char *prefix, rest_door_fn *);

/* One more request against a bucket; true when it answered 429. */
bool rest_limited(struct rest_call *, enum limit_class, uint64_t major);
/* Appends the JSON object of the report's "rest". */
void rest_report(struct sim *, struct sbuf *out);

#endif
