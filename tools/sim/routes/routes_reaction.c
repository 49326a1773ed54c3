/* SPDX-License-Identifier: MIT */
/*
 * Reactions of the bot: put, taken back, listed.  Those of people are events
 * only and are not kept.
 */
#include "tools/sim/rest/route.h"

#include <string.h>

#define REACTIONS_KEPT 4096 /* the oldest goes */
#define PER_MESSAGE 20	    /* different ones: 30010 */

struct reaction {
	uint64_t message; /* 0: free */
	char emoji[128];  /* as in the path, decoded */
};

struct rest_reactions {
	struct reaction r[REACTIONS_KEPT];
	uint64_t added;
};

struct rest_reactions *
rest_reactions_new(void)
{
	return base_alloc(sizeof(struct rest_reactions));
}

void
rest_reactions_free(struct rest_reactions *rs)
{
	free(rs);
}

/* The id of a custom emoji "name:id", or NULL for a Unicode one. */
static const char *
custom_id(const char *emoji)
{
	const char *colon = strrchr(emoji, ':');
	uint64_t id;

	return colon && str_to_u64(colon + 1, &id) ? colon + 1 : NULL;
}

/* A Unicode emoji has at least one character above ASCII. */
static bool
emoji_known(const char *emoji)
{
	if (strlen(emoji) >= sizeof(((struct reaction *)NULL)->emoji))
		return false;
	if (custom_id(emoji) != NULL)
		return true;
	for (; *emoji != '\0'; emoji++)
		if ((unsigned char)*emoji >= 0x80)
			return true;
	return false;
}

static json_object *
emoji_json(const char *emoji)
{
	json_object *o = json_object_new_object();
	const char *id = custom_id(emoji);

	json_object_object_add(o, "id", id ? json_object_new_string(id) : NULL);
	json_object_object_add(o, "name",
	    id ? json_object_new_string_len(emoji, (int)(id - 1 - emoji))
	       : json_object_new_string(emoji));
	return o;
}

static struct reaction *
find(struct rest_reactions *rs, uint64_t message, const char *emoji)
{
	for (size_t i = 0; i < REACTIONS_KEPT; i++)
		if (rs->r[i].message == message &&
		    (emoji == NULL || strcmp(rs->r[i].emoji, emoji) == 0))
			return &rs->r[i];
	return NULL;
}

static unsigned
count(struct rest_reactions *rs, uint64_t message)
{
	unsigned n = 0;

	for (size_t i = 0; i < REACTIONS_KEPT; i++)
		n += rs->r[i].message == message;
	return n;
}

void
rest_reactions_show(struct rest *r, uint64_t message, json_object *m)
{
	json_object *list = NULL, *o;

	for (size_t i = 0; i < REACTIONS_KEPT; i++) {
		if (r->reactions->r[i].message != message)
			continue;
		if (list == NULL)
			list = json_object_new_array();
		o = json_object_new_object();
		json_object_object_add(
		    o, "emoji", emoji_json(r->reactions->r[i].emoji));
		json_object_object_add(o, "count", json_object_new_int(1));
		json_object_object_add(o, "me", json_object_new_boolean(true));
		json_object_array_add(list, o);
	}
	if (list != NULL)
		json_object_object_add(m, "reactions", list);
}

static void
announce(struct rest_call *c, const struct world_msg *m, const char *emoji,
    const char *t)
{
	json_object *o = json_object_new_object();
	bool by_user = strcmp(t, "MESSAGE_REACTION_ADD") == 0 ||
		       strcmp(t, "MESSAGE_REACTION_REMOVE") == 0;

	if (by_user) {
		json_object_object_add(
		    o, "user_id", rest_json_id(world_bot_id(c->w)));
		json_object_object_add(o, "type", json_object_new_int(0));
		json_object_object_add(
		    o, "burst", json_object_new_boolean(false));
	}
	json_object_object_add(o, "message_id", rest_json_id(m->id));
	json_object_object_add(o, "channel_id", rest_json_id(m->channel));
	if (emoji != NULL)
		json_object_object_add(o, "emoji", emoji_json(emoji));
	if (m->guild != WORLD_NOWHERE) {
		json_object_object_add(o, "guild_id",
		    rest_json_id(world_guild_id(c->w, m->guild)));
		if (strcmp(t, "MESSAGE_REACTION_ADD") == 0)
			json_object_object_add(o, "member",
			    world_render_member(
				c->w, m->guild, WORLD_BOT, true));
	}
	rest_msg_emit(c->sim, m->guild, t, o);
	json_object_put(o);
}

/* The message of the path, when the emoji of the path is one. */
static struct world_msg *
target(struct rest_call *c)
{
	struct world_msg *m = rest_msg_find(c, c->id[0], c->id[1]);

	if (m != NULL && c->words > 0 && !emoji_known(c->word[0])) {
		rest_reply_error(c, REST_UNKNOWN_EMOJI);
		return NULL;
	}
	return m;
}

void
route_reaction_add(struct rest_call *c)
{
	struct rest_reactions *rs = c->rest->reactions;
	struct world_msg *m = target(c);
	struct reaction *r;

	if (m == NULL)
		return;
	if (find(rs, m->id, c->word[0]) != NULL) {
		rest_reply_none(c);
		return;
	}
	if (count(rs, m->id) >= PER_MESSAGE) {
		rest_reply_error(c, REST_TOO_MANY_REACTIONS);
		return;
	}
	r = find(rs, 0, NULL);
	if (r == NULL)
		r = &rs->r[rs->added % REACTIONS_KEPT];
	rs->added++;
	r->message = m->id;
	str_copy(r->emoji, c->word[0], sizeof(r->emoji));
	announce(c, m, r->emoji, "MESSAGE_REACTION_ADD");
	rest_reply_none(c);
}

void
route_reaction_drop(struct rest_call *c)
{
	struct world_msg *m = target(c);
	struct reaction *r;

	if (m == NULL)
		return;
	/* Only the bot's own are kept; another user's is gone already. */
	r = c->ids > 2 && c->id[2] != world_bot_id(c->w)
		? NULL
		: find(c->rest->reactions, m->id, c->word[0]);
	if (r != NULL) {
		announce(c, m, r->emoji, "MESSAGE_REACTION_REMOVE");
		r->message = 0;
	}
	rest_reply_none(c);
}

void
route_reaction_list(struct rest_call *c)
{
	struct world_msg *m = target(c);
	json_object *list;

	if (m == NULL)
		return;
	list = json_object_new_array();
	if (find(c->rest->reactions, m->id, c->word[0]) != NULL)
		json_object_array_add(
		    list, json_tokener_parse(world_user_json(c->w, WORLD_BOT)));
	rest_reply(c, 200, list);
}

static void
drop_all(struct rest_call *c, const char *emoji, const char *t)
{
	struct world_msg *m = target(c);
	struct reaction *r;

	if (m == NULL)
		return;
	while ((r = find(c->rest->reactions, m->id, emoji)) != NULL)
		r->message = 0;
	announce(c, m, emoji, t);
	rest_reply_none(c);
}

void
route_reaction_drop_emoji(struct rest_call *c)
{
	drop_all(c, c->word[0], "MESSAGE_REACTION_REMOVE_EMOJI");
}

void
route_reaction_drop_all(struct rest_call *c)
{
	drop_all(c, NULL, "MESSAGE_REACTION_REMOVE_ALL");
}
