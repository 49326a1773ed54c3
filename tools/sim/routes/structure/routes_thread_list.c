/* SPDX-License-Identifier: MIT */
/* Threads: which there are, and who is in them. */
#include "tools/sim/routes/structure/structure.h"

#include "tools/sim/act/act_thread.h"
#include "tools/sim/world/user.h"

#include <stdlib.h>
#include <string.h>

#define LIST_MAX 100

static json_object *
metadata(json_object *thread)
{
	return jso_get(thread, "thread_metadata");
}

static bool
is(json_object *thread, const char *what)
{
	return json_object_get_boolean(jso_get(metadata(thread), what));
}

static json_object *
shown(struct rest_call *c, const struct world_channel *ch)
{
	return act_thread_show(ch, guild_at(c->w, ch->guild), c->bot);
}

/* ---- lists --------------------------------------------------------------- */

/* Threads found, newest first, and the bot's memberships of them. */
struct listing {
	struct rest_call *c;
	struct guild *g;
	json_object *found; /* documents */
};

static json_object *
listed(struct listing *l, size_t from, size_t limit, bool *more)
{
	json_object *threads = json_object_new_array();
	json_object *members = json_object_new_array();
	json_object *o = json_object_new_object();
	size_t n = json_object_array_length(l->found);

	for (size_t i = from; i < n && i < from + limit; i++) {
		uint64_t id = jso_get_id(json_object_array_get_idx(l->found, i),
		    "id");
		struct world_channel ch;
		json_object *member;

		must(world_channel_find(l->c->w, id, &ch));
		json_object_array_add(threads, shown(l->c, &ch));
		member = act_thread_user(l->g, id, l->c->bot, false);
		if (member != NULL)
			json_object_array_add(members, member);
	}
	*more = from + limit < n;
	jso_set(o, "threads", threads);
	jso_set(o, "members", members);
	json_object_put(l->found);
	return o;
}

static bool
sees(struct rest_call *c, struct guild *g, json_object *doc)
{
	struct world_channel ch;
	json_object *member;
	bool in;

	must(world_channel_find(c->w, jso_get_id(doc, "id"), &ch));
	if (perm_channel(c->w, &ch, c->bot) == 0)
		return false;
	if (ch.type != 12
	    || (perm_channel(c->w, &ch, c->bot) & PERM_MANAGE_THREADS))
		return true;
	member = act_thread_user(g, ch.id, c->bot, false);
	in = member != NULL;
	json_object_put(member);
	return in;
}

static void
thread_active(struct rest_call *c)
{
	struct guild *g = rest_guild(c);
	struct listing l = {c, g, NULL};
	json_object *o;
	bool more;

	if (g == NULL)
		return;
	l.found = json_object_new_array();
	json_object_object_foreach (guild_docs(g, GUILD_THREADS), key, doc) {
		(void)key;
		if (!is(doc, "archived") && sees(c, g, doc))
			json_object_array_add(l.found, json_object_get(doc));
	}
	o = listed(&l, 0, SIZE_MAX / 2, &more);
	rest_reply(c, 200, o);
}

/* When it was archived; texts of one form compare as times do. */
static const char *
archived_at(json_object *doc)
{
	return jso_get_text(metadata(doc), "archive_timestamp");
}

static int
latest(const void *a, const void *b)
{
	return strcmp(archived_at(*(json_object *const *)b),
	    archived_at(*(json_object *const *)a));
}

/* What of a channel's archived threads is meant. */
enum archive {
	ARCHIVE_PUBLIC,
	ARCHIVE_PRIVATE,
	ARCHIVE_JOINED, /* private ones the bot is in */
};

static bool
is_meant(struct listing *l, json_object *doc, enum archive which)
{
	bool private = json_object_get_int(jso_get(doc, "type")) == 12, in;
	json_object *member;

	if (jso_get_id(doc, "parent_id") != l->c->id[0] || !is(doc, "archived")
	    || private != (which != ARCHIVE_PUBLIC))
		return false;
	if (which != ARCHIVE_JOINED)
		return true;
	member = act_thread_user(l->g, jso_get_id(doc, "id"), l->c->bot, false);
	in = member != NULL;
	json_object_put(member);
	return in;
}

static void
archive_list(struct rest_call *c, enum archive which)
{
	uint64_t limit = rest_body_query(c, "limit", LIST_MAX);
	const char *before = rest_body_text(c, "before");
	struct world_channel ch;
	struct listing l = {.c = c};
	json_object *o;
	size_t from = 0;
	bool more;

	if (!rest_msg_channel(c, c->id[0], &ch)
	    || !rest_guild_may_in(c, &ch,
		PERM_READ_MESSAGE_HISTORY
		    | (which == ARCHIVE_PRIVATE ? PERM_MANAGE_THREADS : 0)))
		return;
	if (limit < 1 || limit > LIST_MAX)
		rest_form_error(c, "limit", "NUMBER_TYPE_RANGE",
		    "int value should be between 1 and %d.", LIST_MAX);
	if (rest_form_refused(c))
		return;
	l.g = guild_at(c->w, ch.guild);
	l.found = json_object_new_array();
	json_object_object_foreach (guild_docs(l.g, GUILD_THREADS), key, doc) {
		(void)key;
		if (is_meant(&l, doc, which))
			json_object_array_add(l.found, json_object_get(doc));
	}
	json_object_array_sort(l.found, latest);
	while (before != NULL && from < json_object_array_length(l.found)
	    && strncmp(archived_at(json_object_array_get_idx(l.found, from)),
		   before, 23)
		>= 0)
		from++;
	o = listed(&l, from, (size_t)limit, &more);
	jso_set_bool(o, "has_more", more);
	rest_reply(c, 200, o);
}

static void
thread_archived_public(struct rest_call *c)
{
	archive_list(c, ARCHIVE_PUBLIC);
}

static void
thread_archived_private(struct rest_call *c)
{
	archive_list(c, ARCHIVE_PRIVATE);
}

static void
thread_archived_joined(struct rest_call *c)
{
	archive_list(c, ARCHIVE_JOINED);
}

/* ---- who is in one ------------------------------------------------------- */

/* The thread of the path, or an answer; open: not an archived one. */
static bool
thread_of(struct rest_call *c, struct world_channel *ch, bool open)
{
	if (!rest_msg_channel(c, c->id[0], ch))
		return false;
	if (!world_channel_is_thread(ch)) {
		rest_reply_error(c, REST_BAD_CHANNEL_TYPE);
		return false;
	}
	return !open || rest_msg_open(c, ch->id);
}

/* Whom the path names. */
static bool
user_of(struct rest_call *c, const struct world_channel *ch, unsigned *user)
{
	*user = c->bot;
	return c->ids < 2
	    || rest_guild_member(c, guild_at(c->w, ch->guild), c->id[1], user);
}

static void
user_put(struct rest_call *c)
{
	struct world_channel ch;
	struct act a;
	unsigned user;

	if (!thread_of(c, &ch, true) || !user_of(c, &ch, &user)
	    || (user != c->bot
		&& !rest_guild_may_in(c, &ch, PERM_SEND_MESSAGES_IN_THREADS)))
		return;
	a = rest_guild_act(c, guild_at(c->w, ch.guild));
	(void)act_thread_join(&a, &ch, user);
	rest_reply_none(c);
}

static void
user_drop(struct rest_call *c)
{
	struct world_channel ch;
	struct act a;
	unsigned user;
	bool owns;

	if (!thread_of(c, &ch, true) || !user_of(c, &ch, &user))
		return;
	owns = ch.type == 12
	    && jso_get_id(ch.doc, "owner_id") == user_id(c->w, c->bot);
	if (user != c->bot && !owns
	    && !rest_guild_may_in(c, &ch, PERM_MANAGE_THREADS))
		return;
	a = rest_guild_act(c, guild_at(c->w, ch.guild));
	(void)act_thread_leave(&a, &ch, user);
	rest_reply_none(c);
}

static void
user_get(struct rest_call *c)
{
	struct world_channel ch;
	unsigned user;
	json_object *o;

	if (!thread_of(c, &ch, false) || !user_of(c, &ch, &user))
		return;
	o = act_thread_user(guild_at(c->w, ch.guild), ch.id, user,
	    rest_body_true(c, "with_member"));
	if (o != NULL)
		rest_reply(c, 200, o);
	else
		rest_reply_error(c, REST_UNKNOWN_MEMBER);
}

/* All of them without with_member, as Discord does. */
static void
user_list(struct rest_call *c)
{
	bool with = rest_body_true(c, "with_member");
	uint64_t limit = rest_body_query(c, "limit", LIST_MAX);
	uint64_t after = rest_body_query(c, "after", 0);
	struct world_channel ch;
	json_object *list, *all;
	struct guild *g;

	if (!thread_of(c, &ch, false))
		return;
	if (limit < 1 || limit > LIST_MAX) {
		rest_form_error(c, "limit", "NUMBER_TYPE_RANGE",
		    "int value should be between 1 and %d.", LIST_MAX);
		(void)rest_form_refused(c);
		return;
	}
	g = guild_at(c->w, ch.guild);
	list = json_object_new_array();
	all = act_thread_users(g, ch.id);
	if (all == NULL) {
		rest_reply(c, 200, list);
		return;
	}
	json_object_object_foreach (all, id, doc) {
		uint64_t n = strtoull(id, NULL, 10);
		int64_t user = user_find(c->w, n);

		(void)doc;
		if (user >= 0 && n > after
		    && (!with || json_object_array_length(list) < limit))
			json_object_array_add(list,
			    act_thread_user(g, ch.id, (unsigned)user, with));
	}
	rest_reply(c, 200, list);
}

#define ROUTE_THREADS "/channels/:channel_id/threads"
#define ROUTE_USERS "/channels/:channel_id/thread-members"

const struct route routes_thread_list[] = {
    {"GET", "/guilds/:guild_id/threads/active", thread_active, LIMIT_GUILD},
    {"GET", ROUTE_THREADS "/archived/public", thread_archived_public,
	LIMIT_CHANNEL},
    {"GET", ROUTE_THREADS "/archived/private", thread_archived_private,
	LIMIT_CHANNEL},
    {"GET", "/channels/:channel_id/users/@me/threads/archived/private",
	thread_archived_joined, LIMIT_CHANNEL},
    {"GET", ROUTE_USERS, user_list, LIMIT_CHANNEL},
    {"GET", ROUTE_USERS "/@me", user_get, LIMIT_CHANNEL},
    {"GET", ROUTE_USERS "/:user_id", user_get, LIMIT_CHANNEL},
    {"PUT", ROUTE_USERS "/@me", user_put, LIMIT_CHANNEL_EDIT},
    {"PUT", ROUTE_USERS "/:user_id", user_put, LIMIT_CHANNEL_EDIT},
    {"DELETE", ROUTE_USERS "/@me", user_drop, LIMIT_CHANNEL_EDIT},
    {"DELETE", ROUTE_USERS "/:user_id", user_drop, LIMIT_CHANNEL_EDIT},
    {0},
};
