/* SPDX-License-Identifier: MIT */
/*
 * What a client may call.  Whoever is bound to some guilds may call what is
 * known to be of these, and a few routes that are nobody's; anything else is
 * refused, what Discord will invent tomorrow included.  A call whose path
 * holds its token is let through: with that anybody may call Discord.  Bodies
 * are not looked at.  Pure, but for the question which guild a channel is in.
 */
#ifndef HANDLER_REST_PROXY_PROXY_SCOPE_H
#define HANDLER_REST_PROXY_PROXY_SCOPE_H

#include "handler/rest/proxy/proxy_route.h"
#include "shared/config/config_ranges.h"

enum proxy_scope_rest {
	PROXY_SCOPE_NONE,
	PROXY_SCOPE_READ, /* GET alone */
	PROXY_SCOPE_FULL,
};

struct proxy_scope {
	enum proxy_scope_rest rest;
	const struct config_ranges *guilds; /* as in the config; NULL: none */
};

/* The guild of a channel or a thread; 0: not known. */
typedef uint64_t proxy_scope_guild_of(void *arg, uint64_t channel);

/* NULL, or a sentence that says why not. */
const char *proxy_scope_refuses(const struct proxy_scope *, const char *method,
    const struct proxy_route *, proxy_scope_guild_of *, void *arg);

#endif
