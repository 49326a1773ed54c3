/* SPDX-License-Identifier: MIT */
/* Reactions of the bot: put, taken back, listed. */
#include "tools/sim/routes/routes.h"

#include "tools/sim/world/world_reaction.h"

#include <string.h>

static void
announce(struct rest_call *c, const struct world_msg *m, const char *emoji,
    const char *t)
{
	json_object *o = json_object_new_object();
	bool by_user = strcmp(t, "MESSAGE_REACTION_ADD") == 0
	    || strcmp(t, "MESSAGE_REACTION_REMOVE") == 0;

	if (by_user) {
		jso_set_id(o, "user_id", world_bot_id(c->w));
		jso_set_int(o, "type", 0);
		jso_set_bool(o, "burst", false);
	}
	jso_set_id(o, "message_id", m->id);
	jso_set_id(o, "channel_id", m->channel);
	if (emoji != NULL)
		jso_set(o, "emoji", world_reaction_emoji(emoji));
	if (m->guild != WORLD_NOWHERE) {
		jso_set_id(o, "guild_id", world_guild_id(c->w, m->guild));
		if (strcmp(t, "MESSAGE_REACTION_ADD") == 0)
			jso_set(o, "member",
			    world_render_member(c->w, m->guild, WORLD_BOT,
				true));
	}
	gateway_emit_json(c->sim, m->guild, t, o);
	json_object_put(o);
}

/* The message of the path, when the emoji of the path is one. */
static struct world_msg *
target(struct rest_call *c)
{
	struct world_msg *m = rest_msg_find(c, c->id[0], c->id[1]);

	if (m != NULL && c->words > 0 && !world_reaction_emoji_ok(c->word[0])) {
		rest_reply_error(c, REST_UNKNOWN_EMOJI);
		return NULL;
	}
	return m;
}

static void
reaction_add(struct rest_call *c)
{
	struct world_msg *m = target(c);

	if (m == NULL)
		return;
	if (world_reaction_find(c->w, m->id, c->word[0]) != NULL) {
		rest_reply_none(c);
		return;
	}
	if (!world_reaction_add(c->w, m->id, c->word[0])) {
		rest_reply_error(c, REST_TOO_MANY_REACTIONS);
		return;
	}
	announce(c, m, c->word[0], "MESSAGE_REACTION_ADD");
	rest_reply_none(c);
}

static void
reaction_drop(struct rest_call *c)
{
	struct world_msg *m = target(c);
	struct world_reaction *r;

	if (m == NULL)
		return;
	/* Only the bot's own are kept; another user's is gone already. */
	r = c->ids > 2 && c->id[2] != world_bot_id(c->w)
	    ? NULL
	    : world_reaction_find(c->w, m->id, c->word[0]);
	if (r != NULL) {
		announce(c, m, r->emoji, "MESSAGE_REACTION_REMOVE");
		r->message = 0;
	}
	rest_reply_none(c);
}

static void
reaction_list(struct rest_call *c)
{
	struct world_msg *m = target(c);
	json_object *list;

	if (m == NULL)
		return;
	list = json_object_new_array();
	if (world_reaction_find(c->w, m->id, c->word[0]) != NULL)
		json_object_array_add(list, world_render_user(c->w, WORLD_BOT));
	rest_reply(c, 200, list);
}

static void
drop_all(struct rest_call *c, const char *emoji, const char *t)
{
	struct world_msg *m = target(c);
	struct world_reaction *r;

	if (m == NULL)
		return;
	while ((r = world_reaction_find(c->w, m->id, emoji)) != NULL)
		r->message = 0;
	announce(c, m, emoji, t);
	rest_reply_none(c);
}

static void
reaction_drop_emoji(struct rest_call *c)
{
	drop_all(c, c->word[0], "MESSAGE_REACTION_REMOVE_EMOJI");
}

static void
reaction_drop_all(struct rest_call *c)
{
	drop_all(c, NULL, "MESSAGE_REACTION_REMOVE_ALL");
}

const struct route routes_reaction[] = {
    {"PUT", ROUTE_EMOJI "/@me", reaction_add, LIMIT_REACTION},
    {"DELETE", ROUTE_EMOJI "/@me", reaction_drop, LIMIT_REACTION},
    {"DELETE", ROUTE_EMOJI "/:user_id", reaction_drop, LIMIT_REACTION},
    {"GET", ROUTE_EMOJI, reaction_list, LIMIT_CHANNEL},
    {"DELETE", ROUTE_EMOJI, reaction_drop_emoji, LIMIT_REACTION},
    {"DELETE", ROUTE_MESSAGE "/reactions", reaction_drop_all, LIMIT_REACTION},
    {0},
};
