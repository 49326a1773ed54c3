/* SPDX-License-Identifier: MIT */
/*
 * The routes: one table of method, pattern, handler, bucket class and what a
 * route does without.  In a pattern ":name" is a snowflake, "*" any one part.
 */
#ifndef TOOLS_SIM_REST_ROUTE_H
#define TOOLS_SIM_REST_ROUTE_H

#include "tools/sim/rest/rest_call.h"

enum route_flag {
	ROUTE_OPEN = 1,		/* no Authorization needed */
	ROUTE_NO_GLOBAL = 2,	/* outside the global limit */
};

typedef void route_fn(struct rest_call *);

struct route {
	const char *method, *pattern;
	route_fn *fn;
	enum limit_class cls;
	unsigned flags;		/* enum route_flag */
};

/*
 * Finds the route of call->method and call->path and fills route, id, word.
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

/* method, pattern, handler, class, flags */
#define ROUTES(X)                                                              \
	X(GET, "/gateway", gateway, GATEWAY, ROUTE_OPEN)                       \
	X(GET, "/gateway/bot", gateway_bot, GATEWAY, 0)                        \
	X(GET, "/users/@me", user_me, USER, 0)                                 \
	X(POST, "/users/@me/channels", dm_open, DM_OPEN, 0)                    \
	X(GET, "/users/:user_id", user_get, USER, 0)                           \
	X(GET, "/applications/@me", application, APPLICATION, 0)               \
	X(GET, "/channels/:channel_id", channel_get, CHANNEL, 0)               \
	X(PATCH, "/channels/:channel_id", channel_edit, CHANNEL_EDIT, 0)       \
	X(POST, "/channels/:channel_id/typing", typing, TYPING, 0)             \
	X(GET, "/channels/:channel_id/messages", message_list, MESSAGE_LIST, 0) \
	X(POST, "/channels/:channel_id/messages", message_post, MESSAGE_POST, 0) \
	X(POST, "/channels/:channel_id/messages/bulk-delete", message_bulk,    \
	    BULK_DELETE, 0)                                                    \
	X(GET, ROUTE_MESSAGE, message_get, CHANNEL, 0)                         \
	X(PATCH, ROUTE_MESSAGE, message_edit, MESSAGE_EDIT, 0)                 \
	X(DELETE, ROUTE_MESSAGE, message_delete, MESSAGE_DELETE, 0)            \
	X(PUT, ROUTE_EMOJI "/@me", reaction_add, REACTION, 0)                  \
	X(DELETE, ROUTE_EMOJI "/@me", reaction_drop, REACTION, 0)              \
	X(DELETE, ROUTE_EMOJI "/:user_id", reaction_drop, REACTION, 0)         \
	X(GET, ROUTE_EMOJI, reaction_list, CHANNEL, 0)                         \
	X(DELETE, ROUTE_EMOJI, reaction_drop_emoji, REACTION, 0)               \
	X(DELETE, ROUTE_MESSAGE "/reactions", reaction_drop_all, REACTION, 0)  \
	X(GET, "/channels/:channel_id/webhooks", hook_list, CHANNEL, 0)        \
	X(POST, "/channels/:channel_id/webhooks", hook_new, CHANNEL_EDIT, 0)   \
	X(POST, "/interactions/:interaction_id/*/callback", callback, NONE,    \
	    ROUTE_TOKEN)                                                       \
	X(GET, ROUTE_HOOK, hook_get, WEBHOOK, ROUTE_OPEN)                      \
	X(DELETE, ROUTE_HOOK, hook_drop, WEBHOOK, ROUTE_OPEN)                  \
	X(POST, ROUTE_HOOK, hook_post, WEBHOOK, ROUTE_TOKEN)                   \
	X(GET, ROUTE_HOOK "/messages/*", hook_msg_get, WEBHOOK, ROUTE_TOKEN)   \
	X(PATCH, ROUTE_HOOK "/messages/*", hook_msg_edit, WEBHOOK, ROUTE_TOKEN) \
	X(DELETE, ROUTE_HOOK "/messages/*", hook_msg_drop, WEBHOOK,            \
	    ROUTE_TOKEN)                                                       \
	X(GET, ROUTE_GLOBAL, command_list, COMMAND_READ, 0)                    \
	X(POST, ROUTE_GLOBAL, command_post, COMMAND_WRITE, 0)                  \
	X(PUT, ROUTE_GLOBAL, command_replace, COMMAND_WRITE, 0)                \
	X(GET, ROUTE_GLOBAL "/:command_id", command_get, COMMAND_READ, 0)      \
	X(PATCH, ROUTE_GLOBAL "/:command_id", command_edit, COMMAND_WRITE, 0)  \
	X(DELETE, ROUTE_GLOBAL "/:command_id", command_drop, COMMAND_WRITE, 0) \
	X(GET, ROUTE_LOCAL, command_list, COMMAND_READ, 0)                     \
	X(POST, ROUTE_LOCAL, command_post, COMMAND_WRITE, 0)                   \
	X(PUT, ROUTE_LOCAL, command_replace, COMMAND_WRITE, 0)                 \
	X(GET, ROUTE_LOCAL "/:command_id", command_get, COMMAND_READ, 0)       \
	X(PATCH, ROUTE_LOCAL "/:command_id", command_edit, COMMAND_WRITE, 0)   \
	X(DELETE, ROUTE_LOCAL "/:command_id", command_drop, COMMAND_WRITE, 0)  \
	X(GET, "/guilds/:guild_id", guild_get, GUILD, 0)                       \
	X(PATCH, "/guilds/:guild_id", guild_edit, GUILD_EDIT, 0)               \
	X(GET, "/guilds/:guild_id/channels", guild_channels, GUILD, 0)         \
	X(GET, "/guilds/:guild_id/members", guild_members, GUILD, 0)           \
	X(GET, "/guilds/:guild_id/members/:user_id", guild_member, GUILD, 0)   \
	X(GET, "/guilds/:guild_id/roles", guild_roles, GUILD, 0)

/* One handler may serve several routes. */
#define X(method, pattern, fn, cls, flags) route_fn route_##fn;
ROUTES(X)
#undef X

#endif
