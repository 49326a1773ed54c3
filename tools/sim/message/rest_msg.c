/* SPDX-License-Identifier: MIT */
/*
 * Messages a bot posts: made from the form, kept in the world, announced on
 * the gateway.  rest_msg_form.c has checked the form before.
 */
#include "tools/sim/message/rest_msg.h"

#include "tools/sim/book/pings.h"
#include "tools/sim/gateway/gateway.h"
#include "tools/sim/rest/rest_body.h"
#include "tools/sim/rest/rest_file.h"
#include "tools/sim/rest/rest_form.h"
#include "tools/sim/rest/rest_reply.h"
#include "tools/sim/rest/rest_guild.h"
#include "tools/sim/act/act_poll.h"
#include "tools/sim/world/user.h"
#include "tools/sim/world/world_mark.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define USERS_MAX 100
#define USERS_DEFAULT 25

/* A private thread is seen by its members and by who manages threads. */
static bool
sees(struct rest_call *c, const struct world_channel *ch)
{
	uint64_t may = perm_channel(c->w, ch, c->bot);
	struct guild *g;
	char id[24];

	if (ch->type != 12 || (may & PERM_MANAGE_THREADS))
		return may & PERM_VIEW_CHANNEL;
	g = guild_at(c->w, ch->guild);
	must(str_format(id, sizeof(id), "%" PRIu64, user_id(c->w, c->bot)));
	return (may & PERM_VIEW_CHANNEL)
	    && jso_get(guild_get(g, GUILD_THREAD_MEMBERS, ch->id), id) != NULL;
}

bool
rest_msg_channel(struct rest_call *c, uint64_t id, struct world_channel *ch)
{
	if (!world_channel_find(c->w, id, ch))
		rest_reply_error(c, REST_UNKNOWN_CHANNEL);
	else if (!sees(c, ch))
		rest_reply_error(c, REST_MISSING_ACCESS);
	else
		return true;
	return false;
}

bool
rest_msg_open(struct rest_call *c, uint64_t channel)
{
	struct world_channel ch;

	if (!world_channel_find(c->w, channel, &ch)
	    || !json_object_get_boolean(
		jso_get(jso_get(ch.doc, "thread_metadata"), "archived")))
		return true;
	rest_reply_error(c, REST_THREAD_ARCHIVED);
	return false;
}

struct world_msg *
rest_msg_find(struct rest_call *c, uint64_t channel, uint64_t id)
{
	struct world_channel ch;
	struct world_msg *m;

	if (!rest_msg_channel(c, channel, &ch))
		return NULL;
	m = world_msg_find(c->w, id);
	if (m != NULL && m->channel == channel && !m->hidden)
		return m;
	rest_reply_error(c, REST_UNKNOWN_MESSAGE);
	return NULL;
}

static json_object *
given_or(json_object *body, const char *key, json_object *dflt)
{
	json_object *v = jso_get(body, key);

	if (v == NULL)
		return dflt;
	json_object_put(dflt);
	return json_object_get(v);
}

static void
overlay(json_object *m, json_object *extra)
{
	if (extra == NULL)
		return;
	json_object_object_foreach (extra, key, value)
		jso_set(m, key, json_object_get(value));
}

static void number(json_object *o, json_object *taken, int64_t *next);

static void
number_list(json_object *list, json_object *taken, int64_t *next)
{
	for (size_t i = 0; json_object_is_type(list, json_type_array)
	     && i < json_object_array_length(list);
	     i++)
		number(json_object_array_get_idx(list, i), taken, next);
}

static void
number(json_object *o, json_object *taken, int64_t *next)
{
	char key[24];

	if (json_object_get_int64(jso_get(o, "id")) == 0) {
		do
			must(str_format(key, sizeof(key), "%" PRId64,
			    (*next)++));
		while (jso_get(taken, key) != NULL);
		jso_set_int(o, "id", *next - 1);
	}
	number_list(jso_get(o, "components"), taken, next);
	if (jso_get(o, "accessory") != NULL)
		number(jso_get(o, "accessory"), taken, next);
}

static void
collect(json_object *o, json_object *taken)
{
	json_object *list = jso_get(o, "components");
	const char *id = jso_get_text(o, "id");

	if (id != NULL)
		jso_set_bool(taken, id, true);
	if (jso_get(o, "accessory") != NULL)
		collect(jso_get(o, "accessory"), taken);
	for (size_t i = 0; json_object_is_type(list, json_type_array)
	     && i < json_object_array_length(list);
	     i++)
		collect(json_object_array_get_idx(list, i), taken);
}

/* Gives each component an id, as Discord does. */
static void
number_all(json_object *list)
{
	json_object *taken = json_object_new_object();
	int64_t next = 1;

	for (size_t i = 0; json_object_is_type(list, json_type_array)
	     && i < json_object_array_length(list);
	     i++)
		collect(json_object_array_get_idx(list, i), taken);
	number_list(list, taken, &next);
	json_object_put(taken);
}

/* Components get their numbers, media their URLs, embeds their kind. */
static void
finish(json_object *m)
{
	json_object *embeds = jso_get(m, "embeds");
	size_t n = json_object_is_type(embeds, json_type_array)
	    ? json_object_array_length(embeds)
	    : 0;

	number_all(json_object_object_get(m, "components"));
	rest_file_resolve(m);
	for (size_t i = 0; i < n; i++) {
		json_object *e = json_object_array_get_idx(embeds, i);

		if (jso_get(e, "type") == NULL)
			jso_set_text(e, "type", "rich");
	}
}

static json_object *
build(struct rest_call *c, uint64_t id, const struct world_channel *ch,
    json_object *body, const struct rest_author *by)
{
	json_object *m = json_object_new_object();
	const char *content = jso_get_text(body, "content");

	jso_set_int(m, "type", 0);
	jso_set_bool(m, "tts", json_object_get_boolean(jso_get(body, "tts")));
	jso_set_text(m, "timestamp", world_render_now(c->w));
	jso_set_bool(m, "pinned", false);
	rest_msg_mention(c, m, ch, body);
	jso_set_id(m, "id", id);
	jso_set(m, "flags", given_or(body, "flags", json_object_new_int(0)));
	jso_set(m, "embeds", given_or(body, "embeds", json_object_new_array()));
	jso_set(m, "edited_timestamp", NULL);
	jso_set_text(m, "content", content ? content : "");
	jso_set(m, "components",
	    given_or(body, "components", json_object_new_array()));
	jso_set_id(m, "channel_id", ch->id);
	jso_set(m, "author",
	    by->user ? json_object_get(by->user)
		     : world_render_user(c->w, c->bot));
	jso_set(m, "attachments",
	    rest_file_attach(c, ch->id, body,
		json_object_get_int(jso_get(body, "flags"))
		    & REST_MSG_EPHEMERAL));
	rest_form_copy(m, body, (const char *const[]) {"nonce", NULL});
	if (by->webhook != 0)
		jso_set_id(m, "webhook_id", by->webhook);
	if (jso_get(body, "poll") != NULL)
		jso_set(m, "poll", act_poll_make(jso_get(body, "poll")));
	rest_msg_stickers(c, m, ch, body);
	finish(m);
	rest_msg_refer(c, m, body);
	overlay(m, by->extra);
	return m;
}

/* The event has what REST leaves out: guild, member, kind of channel. */
static void
announce(struct rest_call *c, const char *t, const struct world_msg *wm,
    json_object *m)
{
	struct world_channel ch;

	if (wm->hidden || !world_channel_find(c->w, wm->channel, &ch))
		return;
	jso_set_int(m, "channel_type", ch.type);
	if (ch.guild != WORLD_NOWHERE) {
		jso_set_id(m, "guild_id", world_guild_id(c->w, ch.guild));
		if (jso_get(m, "webhook_id") == NULL)
			jso_set(m, "member",
			    world_render_member(c->w, ch.guild, c->bot, false));
	}
	gateway_emit_json(c->sim, ch.guild, t, m);
}

/* Whose question the message answers: what its reference or nonce names, or
 * a "pong" with neither, the oldest open "!ping" of its channel. */
static void
count_ping(struct rest_call *c, json_object *body, const struct world_msg *m)
{
	json_object *ref = jso_get(jso_get(body, "message_reference"),
	    "message_id");
	const char *content = jso_get_text(body, "content");
	uint64_t id = 0, nonce = 0;

	if (ref != NULL)
		id = strtoull(json_object_get_string(ref), NULL, 10);
	(void)str_to_u64(m->nonce, &nonce);
	if (id != 0 && world_ping_answer(c->w, id))
		;
	else if (nonce != 0 && world_ping_answer(c->w, nonce))
		id = nonce;
	else if (content != NULL && strncmp(content, "pong", 4) == 0)
		id = world_ping_answer_in(c->w, m->channel);
	else
		id = 0;
	if (id != 0)
		pings_answered(c->sim, id);
}

/* Keeps and tells of m (taken over) as the newest of its channel. */
static struct world_msg *
publish(struct rest_call *c, const struct world_channel *ch, json_object *m,
    const char *nonce)
{
	int flags = json_object_get_int(jso_get(m, "flags"));
	struct world_msg wm = {.id = jso_get_id(m, "id"),
			     .channel = ch->id,
			     .guild = ch->guild,
			     .user = c->bot,
			     .hidden = (flags & REST_MSG_EPHEMERAL) != 0},
			 *kept;

	if (nonce != NULL)
		str_copy(wm.nonce, nonce, sizeof(wm.nonce));
	wm.json = base_strdup(jso_text(m));
	kept = world_msg_add(c->w, WORLD_OWN, &wm);
	if (!wm.hidden && world_channel_said(c->w, ch, wm.id)) {
		json_object *thread = world_render_channel(c->w, ch);

		gateway_emit_json(c->sim, ch->guild, "THREAD_UPDATE", thread);
		json_object_put(thread);
	}
	act_poll_show(c->w, kept, c->bot, m);
	announce(c, "MESSAGE_CREATE", kept, m);
	json_object_put(m);
	return kept;
}

struct world_msg *
rest_msg_post(struct rest_call *c, const struct world_channel *ch,
    json_object *body, const struct rest_author *by)
{
	struct world_msg *kept = publish(c, ch,
	    build(c, by->id ? by->id : world_snowflake(c->w), ch, body, by),
	    jso_get_text(body, "nonce"));

	count_ping(c, body, kept);
	return kept;
}

struct world_msg *
rest_msg_system(struct rest_call *c, const struct world_channel *ch, int type,
    json_object *extra)
{
	json_object *form = json_object_new_object(), *m;
	struct rest_author by = {.extra = extra};

	m = build(c, world_snowflake(c->w), ch, form, &by);
	jso_set_int(m, "type", type);
	json_object_put(form);
	return publish(c, ch, m, NULL);
}

/* A thread that began with a message has its id. */
static void
thread_show(struct world *w, const struct world_msg *wm, json_object *m)
{
	struct world_channel thread;

	if (world_channel_find(w, wm->id, &thread) && thread.id != wm->channel)
		jso_set(m, "thread", world_render_channel(w, &thread));
}

void
rest_msg_update(struct rest_call *c, struct world_msg *wm, json_object *m)
{
	world_msg_set(wm, base_strdup(jso_text(m)));
	act_poll_show(c->w, wm, c->bot, m);
	thread_show(c->w, wm, m);
	announce(c, "MESSAGE_UPDATE", wm, m);
}

/* What the list of {"id": ...} says of an id; NULL: nothing. */
static json_object *
kept(json_object *list, const char *id)
{
	for (size_t i = 0;
	     id != NULL && json_object_is_type(list, json_type_array)
	     && i < json_object_array_length(list);
	     i++) {
		json_object *it = json_object_array_get_idx(list, i);
		const char *has = jso_get_text(it, "id");

		if (has != NULL && strcmp(has, id) == 0)
			return it;
	}
	return NULL;
}

/* attachments of an edit name what stays, else all does; new files are added
 * behind. */
static void
edit_attachments(struct rest_call *c, json_object *m,
    const struct world_msg *wm, json_object *body)
{
	static const char *const said[] = {"description", "title", NULL};
	bool choose = json_object_object_get_ex(body, "attachments", NULL);
	json_object *keep = jso_get(body, "attachments"), *old, *new, *more;

	if (!choose && c->files == 0)
		return;
	new = json_object_new_array();
	old = json_object_object_get(m, "attachments");
	for (size_t i = 0; json_object_is_type(old, json_type_array)
	     && i < json_object_array_length(old);
	     i++) {
		json_object *a = json_object_array_get_idx(old, i);
		json_object *form = kept(keep, jso_get_text(a, "id"));

		if (!choose || form != NULL) {
			rest_form_copy(a, form, said);
			json_object_array_add(new, json_object_get(a));
		} else
			rest_file_drop(c->rest, jso_get_text(a, "id"));
	}
	more = rest_file_attach(c, wm->channel, body, wm->hidden);
	for (size_t i = 0; i < json_object_array_length(more); i++)
		json_object_array_add(new,
		    json_object_get(json_object_array_get_idx(more, i)));
	json_object_put(more);
	jso_set(m, "attachments", new);
}

/* What a flag says for good: seen by one user, made of components. */
static int
edit_flags(const struct world_msg *wm, json_object *m, int was)
{
	int flags = json_object_get_int(json_object_object_get(m, "flags"));

	flags |= was & REST_MSG_COMPONENTS_V2;
	flags &= ~REST_MSG_LOADING;
	return wm->hidden ? flags | REST_MSG_EPHEMERAL : flags;
}

void
rest_msg_edit(struct rest_call *c, struct world_msg *wm, json_object *body)
{
	static const char *const keys[] = {"content", "embeds", "components",
	    "flags", NULL};
	json_object *m = world_render_msg(c->w, wm);
	int was = json_object_get_int(json_object_object_get(m, "flags"));

	rest_form_copy(m, body, keys);
	if (json_object_object_get(m, "content") == NULL)
		jso_set_text(m, "content", "");
	if (json_object_object_get(m, "embeds") == NULL)
		jso_set(m, "embeds", json_object_new_array());
	edit_attachments(c, m, wm, body);
	if (json_object_object_get(m, "components") == NULL)
		jso_set(m, "components", json_object_new_array());
	finish(m);
	jso_set_int(m, "flags", edit_flags(wm, m, was));
	jso_set_text(m, "edited_timestamp", world_render_now(c->w));
	rest_msg_update(c, wm, m);
	json_object_put(m);
}

void
rest_msg_delete(struct rest_call *c, struct world_msg *wm)
{
	json_object *o = json_object_new_object();

	jso_set_id(o, "id", wm->id);
	jso_set_id(o, "channel_id", wm->channel);
	if (wm->guild != WORLD_NOWHERE)
		jso_set_id(o, "guild_id", world_guild_id(c->w, wm->guild));
	if (!wm->hidden)
		gateway_emit_json(c->sim, wm->guild, "MESSAGE_DELETE", o);
	rest_msg_forget(c, wm);
	json_object_put(o);
}

void
rest_msg_forget(struct rest_call *c, struct world_msg *wm)
{
	struct world_channel ch;

	if (!wm->hidden && world_channel_find(c->w, wm->channel, &ch))
		world_channel_unsaid(c->w, &ch);
	world_mark_clear(c->w, wm->id, NULL);
	(void)world_mark_unpin(c->w, wm->channel, wm->id);
	world_msg_drop(wm);
}

json_object *
rest_msg_show(struct rest_call *c, const struct world_msg *wm)
{
	json_object *m = world_render_msg(c->w, wm);

	world_mark_show(c->w, wm->id, c->bot, m);
	act_poll_show(c->w, wm, c->bot, m);
	thread_show(c->w, wm, m);
	return m;
}

void
rest_msg_reply(struct rest_call *c, const struct world_msg *wm)
{
	rest_reply(c, 200, rest_msg_show(c, wm));
}

static int
ascending(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

json_object *
rest_msg_users(struct rest_call *c, json_object *ids)
{
	uint64_t after = rest_body_query(c, "after", 0);
	uint64_t limit = rest_body_query(c, "limit", USERS_DEFAULT);
	size_t n = ids ? json_object_array_length(ids) : 0;
	json_object *list;
	uint64_t *id;

	if (limit < 1 || limit > USERS_MAX) {
		rest_form_error(c, "limit",
		    limit < 1 ? "NUMBER_TYPE_MIN" : "NUMBER_TYPE_MAX",
		    "int value should be between 1 and %d.", USERS_MAX);
		(void)rest_form_refused(c);
		return NULL;
	}
	list = json_object_new_array();
	id = base_alloc((n + 1) * sizeof(*id));
	for (size_t i = 0; i < n; i++)
		id[i] = strtoull(json_object_get_string(
				     json_object_array_get_idx(ids, i)),
		    NULL, 10);
	qsort(id, n, sizeof(*id), ascending);
	for (size_t i = 0; i < n && json_object_array_length(list) < limit;
	     i++) {
		int64_t user = user_find(c->w, id[i]);

		if (id[i] > after && user >= 0)
			json_object_array_add(list,
			    world_render_user(c->w, (unsigned)user));
	}
	free(id);
	return list;
}
