/* SPDX-License-Identifier: MIT */
/*
 * What a message points at: who and what it mentions, the message it answers
 * or forwards; and whether its author may do all that there.
 */
#include "tools/sim/message/rest_msg.h"

#include "tools/sim/rest/rest_form.h"
#include "tools/sim/rest/rest_guild.h"
#include "tools/sim/rest/rest_reply.h"
#include "tools/sim/world/user.h"

#include <string.h>

#define MENTIONS_MAX 100
#define APP_MESSAGE_CONTENT (UINT64_C(3) << 18) /* of /applications/@me */

/* ---- mentions ------------------------------------------------------------ */

static bool
listed(json_object *list, const char *word)
{
	for (size_t i = 0; json_object_is_type(list, json_type_array)
	     && i < json_object_array_length(list);
	     i++)
		if (json_object_is_type(json_object_array_get_idx(list, i),
			json_type_string)
		    && strcmp(json_object_get_string(
				  json_object_array_get_idx(list, i)),
			   word)
			== 0)
			return true;
	return false;
}

/* Does allowed_mentions let this one through?  kind: "users", "roles",
 * "everyone"; id: NULL for everyone. */
static bool
lets(json_object *body, const char *kind, const char *id)
{
	json_object *allowed = jso_get(body, "allowed_mentions");

	return allowed == NULL || listed(jso_get(allowed, "parse"), kind)
	    || (id != NULL && listed(jso_get(allowed, kind), id));
}

static void
mention_user(struct rest_call *c, json_object *list, uint64_t id)
{
	int64_t user = user_find(c->w, id);
	char text[24];

	must(str_format(text, sizeof(text), "%" PRIu64, id));
	if (user < 0)
		return;
	for (size_t i = 0; i < json_object_array_length(list); i++)
		if (strcmp(jso_get_text(json_object_array_get_idx(list, i),
			       "id"),
			text)
		    == 0)
			return;
	json_object_array_add(list, world_render_user(c->w, (unsigned)user));
}

/* Calls for each <@id>, <@!id> (role: <@&id>) of text. */
static void
each_mention(const char *text, bool role, json_object *body,
    void (*fn)(void *arg, uint64_t id), void *arg)
{
	unsigned n = 0;

	for (const char *s = text; (s = strstr(s, "<@")) != NULL; s++) {
		const char *at = s + 2;
		char id[24];
		size_t len;

		if ((*at == '&') != role)
			continue;
		at += *at == '&' || *at == '!';
		len = strspn(at, "0123456789");
		if (len == 0 || len >= sizeof(id) || at[len] != '>')
			continue;
		must(str_format(id, sizeof(id), "%.*s", (int)len, at));
		if (lets(body, role ? "roles" : "users", id)
		    && n++ < MENTIONS_MAX)
			fn(arg, strtoull(id, NULL, 10));
	}
}

struct mention {
	struct rest_call *c;
	struct guild *g;
	json_object *list;
	bool all; /* roles that nobody may mention, too */
};

static void
one_user(void *arg, uint64_t id)
{
	struct mention *m = arg;

	mention_user(m->c, m->list, id);
}

static void
one_role(void *arg, uint64_t id)
{
	struct mention *m = arg;
	json_object *role = guild_get(m->g, GUILD_ROLES, id);

	if (role != NULL
	    && (m->all
		|| json_object_get_boolean(jso_get(role, "mentionable"))))
		json_object_array_add(m->list, jso_id(id));
}

void
rest_msg_mention(struct rest_call *c, json_object *m,
    const struct world_channel *ch, json_object *body)
{
	struct mention one = {.c = c,
	    .g = ch->doc ? guild_at(c->w, ch->guild) : NULL,
	    .list = json_object_new_array(),
	    .all = perm_channel(c->w, ch, c->bot) & PERM_MENTION_EVERYONE};
	json_object *roles = json_object_new_array();
	const char *text = jso_get_text(body, "content");

	if (text != NULL)
		each_mention(text, false, body, one_user, &one);
	jso_set(m, "mentions", one.list);
	one.list = roles;
	if (text != NULL && one.g != NULL)
		each_mention(text, true, body, one_role, &one);
	jso_set(m, "mention_roles", roles);
	jso_set_bool(m, "mention_everyone",
	    text != NULL && one.g != NULL && one.all
		&& (strstr(text, "@everyone") || strstr(text, "@here"))
		&& lets(body, "everyone", NULL));
}

/* ---- answers and forwards ------------------------------------------------ */

/* Only messages to a channel can be forwards. */
bool
rest_msg_forwards(struct rest_call *c, json_object *body)
{
	return strncmp(c->path, "/channels/", 10) == 0
	    && json_object_get_int(
		   jso_get(jso_get(body, "message_reference"), "type"))
	    == 1;
}

/* The message a form refers to, or NULL. */
static struct world_msg *
referred(struct rest_call *c, json_object *body)
{
	const char *id = jso_get_text(jso_get(body, "message_reference"),
	    "message_id");

	return id ? world_msg_find(c->w, strtoull(id, NULL, 10)) : NULL;
}

static void
answers(struct rest_call *c, json_object *m, const struct world_msg *to,
    json_object *body)
{
	json_object *old = world_render_msg(c->w, to);
	json_object *allowed = jso_get(body, "allowed_mentions");
	const char *author = jso_get_text(jso_get(old, "author"), "id");

	if (author != NULL
	    && (allowed == NULL
		|| json_object_get_boolean(jso_get(allowed, "replied_user"))))
		mention_user(c, jso_get(m, "mentions"),
		    strtoull(author, NULL, 10));
	json_object_object_del(old, "referenced_message");
	jso_set(m, "referenced_message", old);
	jso_set_int(m, "type", 19);
}

static void
forwards(struct rest_call *c, json_object *m, const struct world_msg *of)
{
	static const char *const keys[] = {"type", "content", "embeds",
	    "attachments", "timestamp", "edited_timestamp", "flags", "mentions",
	    "mention_roles", "sticker_items", "components", NULL};
	json_object *old = world_render_msg(c->w, of);
	json_object *part = json_object_new_object();
	json_object *shot = json_object_new_object();
	json_object *list = json_object_new_array();

	rest_form_copy(part, old, keys);
	jso_set(shot, "message", part);
	json_object_array_add(list, shot);
	jso_set(m, "message_snapshots", list);
	jso_set_int(m, "flags",
	    json_object_get_int(jso_get(m, "flags")) | REST_MSG_FORWARD);
	json_object_put(old);
}

void
rest_msg_refer(struct rest_call *c, json_object *m, json_object *body)
{
	struct world_msg *to = referred(c, body);
	json_object *ref;

	/* Gone, and the form said fail_if_not_exists: false. */
	if (to == NULL)
		return;
	ref = json_object_new_object();
	jso_set_int(ref, "type", rest_msg_forwards(c, body));
	jso_set_id(ref, "message_id", to->id);
	jso_set_id(ref, "channel_id", to->channel);
	if (to->guild != WORLD_NOWHERE)
		jso_set_id(ref, "guild_id", world_guild_id(c->w, to->guild));
	jso_set(m, "message_reference", ref);
	if (rest_msg_forwards(c, body))
		forwards(c, m, to);
	else
		answers(c, m, to, body);
}

/* ---- what is allowed ----------------------------------------------------- */

/* Without the privileged content of messages, only a bot's own, those that
 * mention it and those of DMs can be read (protocol, section 6.6). */
static bool
readable(struct rest_call *c, const struct world_msg *m)
{
	json_object *o, *list;
	char id[24];
	bool found;

	if ((c->sim->bot[c->app].flags & APP_MESSAGE_CONTENT) != 0
	    || m->user == c->bot || m->guild == WORLD_NOWHERE)
		return true;
	must(str_format(id, sizeof(id), "%" PRIu64, user_id(c->w, c->bot)));
	o = world_render_msg(c->w, m);
	list = jso_get(o, "mentions");
	found = false;
	for (size_t i = 0; i < json_object_array_length(list); i++)
		found |= strcmp(jso_get_text(json_object_array_get_idx(list, i),
				    "id"),
			     id)
		    == 0;
	json_object_put(o);
	return found;
}

static bool
forward_allowed(struct rest_call *c, json_object *body)
{
	json_object *ref = jso_get(body, "message_reference");
	struct world_msg *m = referred(c, body);
	struct world_channel from;
	uint64_t channel = 0;

	if (!rest_form_id(c, ref, "channel_id", &channel) && c->errors == NULL)
		rest_form_required(c, "message_reference.channel_id");
	if (m == NULL || (channel != 0 && m->channel != channel))
		rest_form_error(c, "message_reference",
		    "MESSAGE_REFERENCE_UNKNOWN_MESSAGE", "Unknown message");
	if (rest_form_refused(c) || !rest_msg_channel(c, channel, &from)
	    || !rest_guild_may_in(c, &from, PERM_READ_MESSAGE_HISTORY))
		return false;
	if (readable(c, m))
		return true;
	rest_reply_error(c, REST_UNREADABLE);
	return false;
}

static bool
given(json_object *body, const char *key)
{
	json_object *v = jso_get(body, key);

	return v != NULL
	    && !(json_object_is_type(v, json_type_array)
		&& json_object_array_length(v) == 0);
}

/* Archived threads are opened by a message; locked ones are not. */
static bool
thread_takes(struct rest_call *c, const struct world_channel *ch)
{
	json_object *data = jso_get(ch->doc, "thread_metadata");

	if (!world_channel_is_thread(ch)
	    || !json_object_get_boolean(jso_get(data, "locked"))
	    || (perm_channel(c->w, ch, c->bot) & PERM_MANAGE_THREADS))
		return true;
	rest_reply_error(c, REST_THREAD_LOCKED);
	return false;
}

bool
rest_msg_allowed(struct rest_call *c, const struct world_channel *ch,
    json_object *body)
{
	uint64_t need = world_channel_is_thread(ch)
	    ? PERM_SEND_MESSAGES_IN_THREADS
	    : PERM_SEND_MESSAGES;

	if (given(body, "embeds"))
		need |= PERM_EMBED_LINKS;
	if (c->files > 0)
		need |= PERM_ATTACH_FILES;
	if (given(body, "poll"))
		need |= PERM_SEND_POLLS;
	if (!rest_guild_may_in(c, ch, need) || !thread_takes(c, ch))
		return false;
	if (rest_msg_forwards(c, body))
		return forward_allowed(c, body);
	if (!given(body, "message_reference")
	    || (perm_channel(c->w, ch, c->bot) & PERM_READ_MESSAGE_HISTORY))
		return true;
	rest_reply_error(c, REST_NO_HISTORY);
	return false;
}
