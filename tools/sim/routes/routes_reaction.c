/* SPDX-License-Identifier: MIT */
/* Reactions: given, taken back, listed, cleared. */
#include "tools/sim/routes/routes.h"

#include "tools/sim/act/act_react.h"
#include "tools/sim/world/user.h"

/* The message of the path when the emoji of the path is one and the bot may
 * do so there; of a DM, everybody only their own. */
static struct world_msg *
target(struct rest_call *c, uint64_t may)
{
	struct world_msg *m = rest_msg_find(c, c->id[0], c->id[1]);
	struct world_channel ch;

	if (m == NULL || !world_channel_find(c->w, m->channel, &ch)
	    || !rest_guild_may_in(c, &ch, may))
		return NULL;
	if (ch.guild == WORLD_NOWHERE && (may & PERM_MANAGE_MESSAGES)) {
		rest_reply_error(c, REST_DM_ACTION);
		return NULL;
	}
	if (c->words > 0 && !world_mark_emoji_ok(c->word[0])) {
		rest_reply_error(c, REST_UNKNOWN_EMOJI);
		return NULL;
	}
	return m;
}

/* An emoji that is there may be joined without ADD_REACTIONS. */
static void
reaction_add(struct rest_call *c)
{
	bool joins = c->words > 0
	    && world_mark_reacted(c->w, c->id[1], c->word[0]);
	struct world_msg *m = target(c,
	    PERM_READ_MESSAGE_HISTORY | (joins ? 0 : PERM_ADD_REACTIONS));

	if (m == NULL || !rest_msg_open(c, m->channel))
		return;
	if (act_react_put(c->sim, m, c->bot, c->word[0], false)
	    == WORLD_MARKED_FULL)
		rest_reply_error(c, REST_TOO_MANY_REACTIONS);
	else
		rest_reply_none(c);
}

static void
reaction_drop(struct rest_call *c)
{
	bool own = c->ids < 3 || c->id[2] == user_id(c->w, c->bot);
	struct world_msg *m = target(c,
	    PERM_READ_MESSAGE_HISTORY | (own ? 0 : PERM_MANAGE_MESSAGES));
	int64_t user = own ? c->bot : user_find(c->w, c->id[2]);

	if (m == NULL)
		return;
	if (user < 0) {
		rest_reply_error(c, REST_UNKNOWN_USER);
		return;
	}
	if (!act_react_take(c->sim, m, (unsigned)user, c->word[0], false))
		(void)act_react_take(c->sim, m, (unsigned)user, c->word[0],
		    true);
	rest_reply_none(c);
}

static void
reaction_list(struct rest_call *c)
{
	struct world_msg *m = target(c, PERM_READ_MESSAGE_HISTORY);
	json_object *list;

	if (m == NULL)
		return;
	list = rest_msg_users(c,
	    world_mark_reactors(c->w, m->id, c->word[0],
		rest_body_query(c, "type", 0) == 1));
	if (list != NULL)
		rest_reply(c, 200, list);
}

static void
drop_all(struct rest_call *c, const char *emoji)
{
	struct world_msg *m = target(c,
	    PERM_READ_MESSAGE_HISTORY | PERM_MANAGE_MESSAGES);

	if (m == NULL)
		return;
	act_react_clear(c->sim, m, emoji);
	rest_reply_none(c);
}

static void
reaction_drop_emoji(struct rest_call *c)
{
	drop_all(c, c->word[0]);
}

static void
reaction_drop_all(struct rest_call *c)
{
	drop_all(c, NULL);
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
