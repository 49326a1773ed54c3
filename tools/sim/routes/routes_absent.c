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
    ABSENT("GET", "/applications/:application_id/emojis"),
    ABSENT("POST", "/applications/:application_id/emojis"),
    ABSENT("GET", "/applications/:application_id/emojis/:emoji_id"),
    ABSENT("PATCH", "/applications/:application_id/emojis/:emoji_id"),
    ABSENT("DELETE", "/applications/:application_id/emojis/:emoji_id"),
    ABSENT("GET", "/applications/:application_id/activity-instances/*"),
    ABSENT("DELETE", "/channels/:channel_id"),
    ABSENT("PUT", "/channels/:channel_id/permissions/:overwrite_id"),
    ABSENT("DELETE", "/channels/:channel_id/permissions/:overwrite_id"),
    ABSENT("GET", "/channels/:channel_id/invites"),
    ABSENT("POST", "/channels/:channel_id/invites"),
    ABSENT("POST", "/channels/:channel_id/followers"),
    ABSENT("PUT", "/channels/:channel_id/voice-status"),
    ABSENT("POST", "/channels/:channel_id/send-soundboard-sound"),
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
    ABSENT("POST", "/guilds"),
    ABSENT("DELETE", "/guilds/:guild_id"),
    ABSENT("GET", "/guilds/:guild_id/preview"),
    ABSENT("POST", "/guilds/:guild_id/channels"),
    ABSENT("PATCH", "/guilds/:guild_id/channels"),
    ABSENT("PUT", "/guilds/:guild_id/members/:user_id"),
    ABSENT("GET", "/guilds/:guild_id/roles/:role_id"),
    ABSENT("GET", "/guilds/:guild_id/roles/member-counts"),
    ABSENT("POST", "/guilds/:guild_id/roles"),
    ABSENT("PATCH", "/guilds/:guild_id/roles"),
    ABSENT("PATCH", "/guilds/:guild_id/roles/:role_id"),
    ABSENT("DELETE", "/guilds/:guild_id/roles/:role_id"),
    ABSENT("GET", "/guilds/:guild_id/emojis"),
    ABSENT("POST", "/guilds/:guild_id/emojis"),
    ABSENT("GET", "/guilds/:guild_id/emojis/:emoji_id"),
    ABSENT("PATCH", "/guilds/:guild_id/emojis/:emoji_id"),
    ABSENT("DELETE", "/guilds/:guild_id/emojis/:emoji_id"),
    ABSENT("GET", "/guilds/:guild_id/stickers"),
    ABSENT("POST", "/guilds/:guild_id/stickers"),
    ABSENT("GET", "/guilds/:guild_id/stickers/:sticker_id"),
    ABSENT("PATCH", "/guilds/:guild_id/stickers/:sticker_id"),
    ABSENT("DELETE", "/guilds/:guild_id/stickers/:sticker_id"),
    ABSENT("GET", "/stickers/:sticker_id"),
    ABSENT("GET", "/sticker-packs"),
    ABSENT("GET", "/sticker-packs/:pack_id"),
    ABSENT("GET", "/guilds/:guild_id/invites"),
    ABSENT("GET", "/invites/*"),
    ABSENT("DELETE", "/invites/*"),
    ABSENT("GET", "/guilds/:guild_id/integrations"),
    ABSENT("DELETE", "/guilds/:guild_id/integrations/:integration_id"),
    ABSENT("GET", "/guilds/:guild_id/vanity-url"),
    ABSENT("GET", "/guilds/:guild_id/widget"),
    ABSENT("PATCH", "/guilds/:guild_id/widget"),
    ABSENT("GET", "/guilds/:guild_id/widget.json"),
    ABSENT("GET", "/guilds/:guild_id/widget.png"),
    ABSENT("GET", "/guilds/:guild_id/welcome-screen"),
    ABSENT("PATCH", "/guilds/:guild_id/welcome-screen"),
    ABSENT("GET", "/guilds/:guild_id/onboarding"),
    ABSENT("PUT", "/guilds/:guild_id/onboarding"),
    ABSENT("PUT", "/guilds/:guild_id/incident-actions"),
    ABSENT("GET", "/guilds/:guild_id/templates"),
    ABSENT("POST", "/guilds/:guild_id/templates"),
    ABSENT("PUT", "/guilds/:guild_id/templates/*"),
    ABSENT("PATCH", "/guilds/:guild_id/templates/*"),
    ABSENT("DELETE", "/guilds/:guild_id/templates/*"),
    ABSENT("GET", "/guilds/templates/*"),
    ABSENT("GET", "/guilds/:guild_id/soundboard-sounds"),
    ABSENT("POST", "/guilds/:guild_id/soundboard-sounds"),
    ABSENT("GET", "/guilds/:guild_id/soundboard-sounds/:sound_id"),
    ABSENT("PATCH", "/guilds/:guild_id/soundboard-sounds/:sound_id"),
    ABSENT("DELETE", "/guilds/:guild_id/soundboard-sounds/:sound_id"),
    ABSENT("GET", "/soundboard-default-sounds"),
    ABSENT("GET", "/guilds/:guild_id/scheduled-events"),
    ABSENT("POST", "/guilds/:guild_id/scheduled-events"),
    ABSENT("GET", "/guilds/:guild_id/scheduled-events/:event_id"),
    ABSENT("PATCH", "/guilds/:guild_id/scheduled-events/:event_id"),
    ABSENT("DELETE", "/guilds/:guild_id/scheduled-events/:event_id"),
    ABSENT("GET", "/guilds/:guild_id/scheduled-events/:event_id/users"),
    ABSENT("POST", "/stage-instances"),
    ABSENT("GET", "/stage-instances/:channel_id"),
    ABSENT("PATCH", "/stage-instances/:channel_id"),
    ABSENT("DELETE", "/stage-instances/:channel_id"),
    ABSENT("GET", "/guilds/:guild_id/messages/search"),
    ABSENT("GET",
	"/applications/:application_id/guilds/:guild_id/commands/permissions"),
    ABSENT("GET",
	"/applications/:application_id/guilds/:guild_id/commands/:command_id/permissions"),
    ABSENT("PUT",
	"/applications/:application_id/guilds/:guild_id/commands/:command_id/permissions"),
    {0},
};
