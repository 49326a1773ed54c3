/* SPDX-License-Identifier: MIT */
/*
 * What a client's request asks for, by its method and its target as they were
 * sent.  Pure.
 */
#ifndef HANDLER_REST_PROXY_PROXY_ROUTE_H
#define HANDLER_REST_PROXY_PROXY_ROUTE_H

#include "handler/rest/endpoint.h"

/* Discord's own tokens of webhooks have 68 characters, interactions' more. */
#define PROXY_ROUTE_HOOK_TOKEN 80

enum proxy_route_kind {
	PROXY_ROUTE_CALL,	 /* for Discord */
	PROXY_ROUTE_GATEWAY,	 /* GET /gateway, answered by us */
	PROXY_ROUTE_GATEWAY_BOT, /* GET /gateway/bot, likewise */
};

struct proxy_route {
	enum proxy_route_kind kind;
	unsigned version; /* 9 or 10; 0: it names none */
	const char *path; /* within the target, with its query */
	struct endpoint endpoint;
	bool callback; /* an interaction's first answer: it has 3 seconds */
	bool hook;     /* a webhook's token, and not an interaction's */
};

/* 0, or the HTTP status of a refusal, with a sentence. */
int proxy_route_parse(struct proxy_route *, const char *method,
    const char *target, const char **why);

#endif
