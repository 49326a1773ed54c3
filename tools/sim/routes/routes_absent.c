/* SPDX-License-Identifier: MIT */
/*
 * What Discord has and the simulator lacks: answered 501 with the route's
 * name, and counted by it in the report.  A route that is made leaves its row.
 */
#include "tools/sim/routes/routes.h"

static void
absent(struct rest_call *c)
{
	char name[200];
	json_object *o = json_object_new_object(), *n;

	must(str_format(name, sizeof(name), "%s %s", c->route->method,
	    c->route->pattern));
	n = jso_get(c->rest->absent, name);
	jso_set_int(c->rest->absent, name, json_object_get_int64(n) + 1);
	jso_set_int(o, "code", 0);
	jso_set(o, "message",
	    json_object_new_string("501: Not in the simulator"));
	jso_set_text(o, "route", name);
	rest_reply(c, 501, o);
}

#define ABSENT(method, pattern)                                                \
	{                                                                      \
		method, pattern, absent, LIMIT_NONE                            \
	}

const struct route routes_absent[] = {
    ABSENT("GET", "/skus/:sku_id/subscriptions/:subscription_id"),
    ABSENT("DELETE", "/channels/:channel_id"),
    ABSENT("PUT", "/channels/:channel_id/permissions/:overwrite_id"),
    ABSENT("DELETE", "/channels/:channel_id/permissions/:overwrite_id"),
    ABSENT("POST", "/channels/:channel_id/followers"),
    ABSENT("POST", "/channels/:channel_id/messages/:message_id/crosspost"),
    ABSENT("GET", "/channels/:channel_id/pins"),
    ABSENT("GET", "/channels/:channel_id/messages/pins"),
    ABSENT("PUT", "/channels/:channel_id/pins/:message_id"),
    ABSENT("PUT", "/channels/:channel_id/messages/pins/:message_id"),
    ABSENT("DELETE", "/channels/:channel_id/pins/:message_id"),
    ABSENT("DELETE", "/channels/:channel_id/messages/pins/:message_id"),
    ABSENT("POST", "/channels/:channel_id/messages/:message_id/threads"),
    ABSENT("POST", "/channels/:channel_id/threads"),
    ABSENT("GET", "/guilds/:guild_id/threads/active"),
    ABSENT("GET", "/channels/:channel_id/threads/archived/public"),
    ABSENT("GET", "/channels/:channel_id/threads/archived/private"),
    ABSENT("GET", "/channels/:channel_id/users/@me/threads/archived/private"),
    ABSENT("PUT", "/channels/:channel_id/thread-members/@me"),
    ABSENT("DELETE", "/channels/:channel_id/thread-members/@me"),
    ABSENT("PUT", "/channels/:channel_id/thread-members/:user_id"),
    ABSENT("DELETE", "/channels/:channel_id/thread-members/:user_id"),
    ABSENT("GET", "/channels/:channel_id/thread-members/:user_id"),
    ABSENT("GET", "/channels/:channel_id/thread-members"),
    ABSENT("GET", "/guilds/:guild_id/webhooks"),
    ABSENT("GET", "/webhooks/:webhook_id"),
    ABSENT("PATCH", "/webhooks/:webhook_id"),
    ABSENT("DELETE", "/webhooks/:webhook_id"),
    ABSENT("PATCH", "/webhooks/:webhook_id/*"),
    ABSENT("GET", "/channels/:channel_id/polls/:message_id/answers/:answer_id"),
    ABSENT("POST", "/channels/:channel_id/polls/:message_id/expire"),
    ABSENT("POST", "/guilds/:guild_id/channels"),
    ABSENT("PATCH", "/guilds/:guild_id/channels"),
    ABSENT("PUT", "/guilds/:guild_id/members/:user_id"),
    ABSENT("GET", "/guilds/:guild_id/roles/:role_id"),
    ABSENT("GET", "/guilds/:guild_id/roles/member-counts"),
    ABSENT("POST", "/guilds/:guild_id/roles"),
    ABSENT("PATCH", "/guilds/:guild_id/roles"),
    ABSENT("PATCH", "/guilds/:guild_id/roles/:role_id"),
    ABSENT("DELETE", "/guilds/:guild_id/roles/:role_id"),
    {0},
};
