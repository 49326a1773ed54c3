/* SPDX-License-Identifier: MIT */
/*
 * A route: method, pattern, handler, bucket class and what it does without.  In
 * a pattern ":name" is a snowflake, "*" any one part.  Routes come in tables,
 * one a subject, that end with an empty row; of several that match the one that
 * is literal where the others are not is taken, wherever it stands.
 */
#ifndef TOOLS_SIM_REST_ROUTE_H
#define TOOLS_SIM_REST_ROUTE_H

#include "tools/sim/rest/rest_call.h"

enum route_flag {
	ROUTE_OPEN = 1,	     /* no Authorization needed */
	ROUTE_NO_GLOBAL = 2, /* outside the global limit */
};

/* Answers the call, once, before it returns: nothing here waits. */
typedef void route_fn(struct rest_call *);

struct route {
	const char *method; /* NULL: the end */
	const char *pattern;
	route_fn *fn;
	enum limit_class cls;
	unsigned flags; /* enum route_flag */
};

/*
 * Finds among rest->routes that of call->method and call->path and fills route,
 * id, word.
 * False when it answered 400, 404 or 405.
 */
bool route_find(struct rest_call *);
/* The major parameter of the call's bucket. */
uint64_t route_major(const struct rest_call *);

#define ROUTE_MESSAGE "/channels/:channel_id/messages/:message_id"
#define ROUTE_EMOJI ROUTE_MESSAGE "/reactions/*"
#define ROUTE_HOOK "/webhooks/:webhook_id/*"
#define ROUTE_GLOBAL "/applications/:application_id/commands"
#define ROUTE_LOCAL "/applications/:application_id/guilds/:guild_id/commands"
#define ROUTE_TOKEN (ROUTE_OPEN | ROUTE_NO_GLOBAL) /* the path has a token */

#endif
