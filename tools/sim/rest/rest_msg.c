/* SPDX-License-Identifier: MIT */
/*
 * Messages a bot posts: made from the form, kept in the world, announced on
 * the gateway.  rest_msg_form.c has checked the form before.
 */
#include "tools/sim/rest/rest_msg.h"

#include "tools/sim/book/pings.h"
#include "tools/sim/gateway/gateway.h"
#include "tools/sim/rest/rest_file.h"
#include "tools/sim/rest/rest_form.h"
#include "tools/sim/rest/rest_reply.h"
#include "tools/sim/world/world_reaction.h"
#include "tools/sim/world/user.h"

#include <inttypes.h>
#include <string.h>

bool
rest_msg_channel(struct rest_call *c, uint64_t id, struct world_channel *ch)
{
	if (world_channel_find(c->w, id, ch))
		return true;
	rest_reply_error(c, REST_UNKNOWN_CHANNEL);
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

/* Users named as <@id> in content, unless allowed_mentions says otherwise. */
static json_object *
mentions(struct rest_call *c, json_object *body, const char *content)
{
	json_object *list = json_object_new_array();
	json_object *allowed = jso_get(body, "allowed_mentions");
	json_object *parse = jso_get(allowed, "parse");

	if (content == NULL
	    || (allowed != NULL
		&& (parse == NULL
		    || strstr(json_object_get_string(parse), "users") == NULL)))
		return list;
	for (const char *s = content; (s = strstr(s, "<@")) != NULL
	     && json_object_array_length(list) < 100;) {
		uint64_t id = strtoull(s += 2, NULL, 10);
		int64_t user = user_find(c->w, id);

		if (user >= 0)
			json_object_array_add(list,
			    world_render_user(c->w, (unsigned)user));
	}
	return list;
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

/* The reference and, for a reply, the message it answers. */
static void
reference(struct rest_call *c, json_object *m, const struct world_channel *ch,
    json_object *body)
{
	json_object *form = jso_get(body, "message_reference"), *ref, *old;
	json_object *id = jso_get(form, "message_id");
	struct world_msg *to;

	if (id == NULL)
		return;
	to = world_msg_find(c->w,
	    strtoull(json_object_get_string(id), NULL, 10));
	/* Gone, and the form said fail_if_not_exists: false. */
	if (to == NULL)
		return;
	ref = json_object_new_object();
	jso_set_int(ref, "type", 0);
	jso_set_id(ref, "message_id", to->id);
	jso_set_id(ref, "channel_id", to->channel);
	if (ch->guild != WORLD_NOWHERE)
		jso_set_id(ref, "guild_id", world_guild_id(c->w, ch->guild));
	old = world_render_msg(c->w, to);
	json_object_object_del(old, "referenced_message");
	jso_set(m, "referenced_message", old);
	jso_set(m, "message_reference", ref);
	jso_set_int(m, "type", 19);
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
	jso_set(m, "mentions", mentions(c, body, content));
	jso_set(m, "mention_roles", json_object_new_array());
	jso_set_bool(m, "mention_everyone", false);
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
		     : world_render_user(c->w, WORLD_BOT));
	jso_set(m, "attachments",
	    rest_file_attach(c, ch->id, body,
		json_object_get_int(jso_get(body, "flags"))
		    & REST_MSG_EPHEMERAL));
	rest_form_copy(m, body, (const char *const[]) {"nonce", NULL});
	if (by->webhook != 0)
		jso_set_id(m, "webhook_id", by->webhook);
	rest_msg_stickers(c, m, ch, body);
	finish(m);
	reference(c, m, ch, body);
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
			    world_render_member(c->w, ch.guild, WORLD_BOT,
				false));
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

struct world_msg *
rest_msg_post(struct rest_call *c, const struct world_channel *ch,
    json_object *body, const struct rest_author *by)
{
	struct world_msg wm = {.id = world_snowflake(c->w),
			     .channel = ch->id,
			     .guild = ch->guild,
			     .user = WORLD_BOT},
			 *kept;
	json_object *m = build(c, wm.id, ch, body, by);
	const char *nonce = jso_get_text(body, "nonce");

	wm.hidden = (json_object_get_int(jso_get(m, "flags"))
			& REST_MSG_EPHEMERAL)
	    != 0;
	if (nonce != NULL)
		str_copy(wm.nonce, nonce, sizeof(wm.nonce));
	wm.json = base_strdup(jso_text(m));
	kept = world_msg_add(c->w, WORLD_OWN, &wm);
	count_ping(c, body, kept);
	announce(c, "MESSAGE_CREATE", kept, m);
	json_object_put(m);
	return kept;
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
	world_msg_set(wm, base_strdup(jso_text(m)));
	announce(c, "MESSAGE_UPDATE", wm, m);
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
	world_msg_drop(wm);
	json_object_put(o);
}

void
rest_msg_reply(struct rest_call *c, const struct world_msg *wm)
{
	json_object *m = world_render_msg(c->w, wm);

	world_reaction_show(c->w, wm->id, m);
	rest_reply(c, 200, m);
}
