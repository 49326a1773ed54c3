/* SPDX-License-Identifier: MIT */
/* Threads: begun at a message, in a channel or a forum; edited, deleted. */
#include "tools/sim/routes/structure/routes_channel_form.h"

#include "tools/sim/act/act_thread.h"
#include "tools/sim/world/user.h"

#include <string.h>

#define ARCHIVE_MIN 4320 /* unless the channel says otherwise */
#define TAGS_MAX 5
#define FLAG_REQUIRE_TAG 16 /* of a forum */

enum message_type {
	MESSAGE_THREAD_CREATED = 18,
	MESSAGE_THREAD_STARTER = 21,
};

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

/* ---- begin --------------------------------------------------------------- */

/* What the forms of all threads have. */
static void
check(struct rest_call *c, json_object *body)
{
	int64_t n;

	(void)rest_form_string(c, body, "name", 1, 100);
	(void)rest_form_int(c, body, "rate_limit_per_user", 0, 21600, &n);
	routes_channel_form_archive(c, body, "auto_archive_duration");
}

static void
read_form(struct rest_call *c, const struct world_channel *parent,
    json_object *body, struct act_thread *t)
{
	json_object *v = jso_get(body, "auto_archive_duration");

	if (jso_get(body, "name") == NULL)
		rest_form_required(c, "name");
	check(c, body);
	if (v == NULL)
		v = jso_get(parent->doc, "default_auto_archive_duration");
	t->name = jso_get_text(body, "name");
	t->archive_min = v ? json_object_get_int(v) : ARCHIVE_MIN;
	v = jso_get(body, "rate_limit_per_user");
	if (v == NULL)
		v = jso_get(parent->doc, "default_thread_rate_limit_per_user");
	t->slow_s = json_object_get_int(v);
}

static bool
begin(struct rest_call *c, const struct world_channel *parent,
    const struct act_thread *t, struct world_channel *out)
{
	struct act a = rest_guild_act(c, guild_at(c->w, parent->guild));

	if (act_thread_new(&a, parent, t, out))
		return true;
	rest_reply_error(c, REST_TOO_MANY_THREADS);
	return false;
}

/* What a thread begins with does not count as said in it. */
static void
uncount(const struct world_channel *ch)
{
	jso_set_int(ch->doc, "message_count", 0);
	jso_set_int(ch->doc, "total_message_sent", 0);
}

static json_object *
shown(struct rest_call *c, const struct world_channel *ch)
{
	return act_thread_show(ch, guild_at(c->w, ch->guild), c->bot);
}

/* A message of Discord's that points at a message or a thread. */
static void
say(struct rest_call *c, const struct world_channel *in, int type,
    uint64_t channel, uint64_t message, const char *content)
{
	json_object *extra = json_object_new_object();
	json_object *ref = json_object_new_object();

	jso_set_id(ref, "channel_id", channel);
	jso_set_id(ref, "guild_id", world_guild_id(c->w, in->guild));
	if (message != 0)
		jso_set_id(ref, "message_id", message);
	jso_set(extra, "message_reference", ref);
	jso_set_text(extra, "content", content);
	(void)rest_msg_system(c, in, type, extra);
	json_object_put(extra);
}

/* The message says from now on that it has a thread. */
static void
mark(struct rest_call *c, struct world_msg *wm)
{
	json_object *m = world_render_msg(c->w, wm);

	jso_set_int(m, "flags",
	    json_object_get_int(jso_get(m, "flags")) | REST_MSG_HAS_THREAD);
	rest_msg_update(c, wm, m);
	json_object_put(m);
}

static void
thread_from_message(struct rest_call *c)
{
	json_object *body = rest_form_object(c);
	struct world_channel parent, ch;
	struct act_thread t = {0};
	struct world_msg *m;

	if (body == NULL || (m = rest_msg_find(c, c->id[0], c->id[1])) == NULL
	    || !rest_msg_channel(c, c->id[0], &parent))
		return;
	if (parent.type != 0 && parent.type != 5) {
		rest_reply_error(c, REST_BAD_CHANNEL_TYPE);
		return;
	}
	if (!rest_guild_may_in(c, &parent, PERM_CREATE_PUBLIC_THREADS))
		return;
	t.type = parent.type == 5 ? 10 : 11;
	t.id = m->id;
	read_form(c, &parent, body, &t);
	if (rest_form_refused(c))
		return;
	if (world_channel_find(c->w, m->id, &ch)) {
		rest_reply_error(c, REST_THREAD_THERE);
		return;
	}
	if (!begin(c, &parent, &t, &ch))
		return;
	mark(c, m);
	say(c, &ch, MESSAGE_THREAD_STARTER, parent.id, m->id, "");
	uncount(&ch);
	rest_reply(c, 201, shown(c, &ch));
}

/* Public or private, as the form and the channel have it; -1 after an
 * answer. */
static int
type_of(struct rest_call *c, const struct world_channel *parent,
    json_object *body)
{
	int64_t type = 12;

	if (jso_get(body, "type") != NULL)
		(void)rest_form_int(c, body, "type", 10, 12, &type);
	if (rest_form_refused(c))
		return -1;
	if ((parent->type == 5 && type == 10)
	    || (parent->type == 0 && type != 10))
		return (int)type;
	rest_reply_error(c, REST_BAD_CHANNEL_TYPE);
	return -1;
}

static void
thread_alone(struct rest_call *c, const struct world_channel *parent,
    json_object *body)
{
	json_object *invitable = jso_get(body, "invitable");
	struct act_thread t = {0};
	struct world_channel ch;

	read_form(c, parent, body, &t);
	t.type = type_of(c, parent, body);
	if (t.type < 0
	    || !rest_guild_may_in(c, parent,
		t.type == 12 ? PERM_CREATE_PRIVATE_THREADS
			     : PERM_CREATE_PUBLIC_THREADS))
		return;
	t.closed = invitable != NULL && !json_object_get_boolean(invitable);
	if (!begin(c, parent, &t, &ch))
		return;
	if (t.type != 12)
		say(c, parent, MESSAGE_THREAD_CREATED, ch.id, 0, t.name);
	rest_reply(c, 201, shown(c, &ch));
}

/* ---- posts of a forum ---------------------------------------------------- */

static bool
has_tag(json_object *forum, const char *id)
{
	json_object *list = jso_get(forum, "available_tags");

	for (size_t i = 0; list != NULL && i < json_object_array_length(list);
	     i++)
		if (strcmp(jso_get_text(json_object_array_get_idx(list, i),
			       "id"),
			id)
		    == 0)
			return true;
	return false;
}

/* The tags a form applies: NULL and no error when none does. */
static json_object *
check_tags(struct rest_call *c, json_object *forum, json_object *body)
{
	json_object *list = rest_form_array(c, body, "applied_tags", TAGS_MAX);

	for (size_t i = 0; list != NULL && i < json_object_array_length(list);
	     i++) {
		const char *id = json_object_get_string(
		    json_object_array_get_idx(list, i));

		if (id == NULL || !has_tag(forum, id))
			rest_form_error(c, "applied_tags",
			    "CHANNEL_FORUM_TAG_UNKNOWN",
			    "The channel has no such tag.");
	}
	return list;
}

static void
thread_post(struct rest_call *c, const struct world_channel *forum,
    json_object *body)
{
	json_object *form = jso_get(body, "message"), *o;
	struct act_thread t = {.type = 11};
	struct rest_author by = {0};
	struct world_channel ch;
	struct world_msg *m;

	if (!rest_guild_may_in(c, forum, PERM_SEND_MESSAGES))
		return;
	read_form(c, forum, body, &t);
	t.tags = check_tags(c, forum->doc, body);
	if (form == NULL)
		rest_form_required(c, "message");
	else if (!json_object_is_type(form, json_type_object))
		rest_form_no_object(c, "message");
	if (rest_form_refused(c) || !rest_msg_check(c, form, false))
		return;
	if ((t.tags == NULL || json_object_array_length(t.tags) == 0)
	    && (json_object_get_int(jso_get(forum->doc, "flags"))
		& FLAG_REQUIRE_TAG)) {
		rest_reply_error(c, REST_TAG_REQUIRED);
		return;
	}
	if (!begin(c, forum, &t, &ch))
		return;
	by.id = ch.id;
	m = rest_msg_post(c, &ch, form, &by);
	uncount(&ch);
	o = shown(c, &ch);
	jso_set(o, "message", rest_msg_show(c, m));
	rest_reply(c, 201, o);
}

static void
thread_new(struct rest_call *c)
{
	json_object *body = rest_form_object(c);
	struct world_channel parent;

	if (body == NULL || !rest_msg_channel(c, c->id[0], &parent))
		return;
	if (parent.guild == WORLD_NOWHERE)
		rest_reply_error(c, REST_DM_ACTION);
	else if (routes_channel_form_is_forum(parent.type))
		thread_post(c, &parent, body);
	else
		thread_alone(c, &parent, body);
}

/* ---- edit and delete ----------------------------------------------------- */

/* Whoever may write in it may open it again; its owner may more, who manages
 * threads all. */
static bool
edit_may(struct rest_call *c, const struct world_channel *ch, json_object *body)
{
	static const char *const owners[] = {"name", "archived",
	    "auto_archive_duration", "applied_tags", "invitable"};
	bool owner = jso_get_id(ch->doc, "owner_id") == user_id(c->w, c->bot);
	json_object *archived = jso_get(body, "archived");
	bool opens = archived != NULL && !json_object_get_boolean(archived)
	    && json_object_object_length(body) == 1 && !is(ch->doc, "locked");
	size_t n = 0;

	for (size_t i = 0; i < nitems(owners); i++)
		n += json_object_object_get_ex(body, owners[i], NULL);
	if (opens)
		return rest_guild_may_in(c, ch, PERM_SEND_MESSAGES_IN_THREADS);
	if (owner && !is(ch->doc, "locked")
	    && n == (size_t)json_object_object_length(body))
		return true;
	return rest_guild_may_in(c, ch, PERM_MANAGE_THREADS);
}

/* The document and its metadata side by side, to compare two of them. */
static json_object *
flat(json_object *doc)
{
	json_object *o = NULL, *data = NULL;

	must(json_object_deep_copy(doc, &o, NULL) == 0);
	must(json_object_deep_copy(metadata(doc), &data, NULL) == 0);
	json_object_object_del(o, "thread_metadata");
	json_object_object_foreach (data, key, value)
		jso_set(o, key, json_object_get(value));
	json_object_put(data);
	return o;
}

static void
apply(struct rest_call *c, json_object *doc, json_object *body)
{
	static const char *const top[] = {"name", "rate_limit_per_user",
	    "flags", "applied_tags", NULL};
	static const char *const data[] = {"archived", "locked", "invitable",
	    "auto_archive_duration", NULL};
	bool was = is(doc, "archived");

	for (size_t i = 0; top[i] != NULL; i++)
		if (jso_get(body, top[i]) != NULL)
			jso_set(doc, top[i],
			    json_object_get(jso_get(body, top[i])));
	for (size_t i = 0; data[i] != NULL; i++)
		if (jso_get(body, data[i]) != NULL)
			jso_set(metadata(doc), data[i],
			    json_object_get(jso_get(body, data[i])));
	if (was != is(doc, "archived"))
		jso_set_text(metadata(doc), "archive_timestamp",
		    world_render_now(c->w));
}

static void
check_bool(struct rest_call *c, json_object *body, const char *key)
{
	json_object *v;

	if (json_object_object_get_ex(body, key, &v)
	    && !json_object_is_type(v, json_type_boolean))
		rest_form_error(c, key, "BOOLEAN_TYPE_CONVERT",
		    "Must be either true or false.");
}

void
structure_thread_edit(struct rest_call *c, const struct world_channel *ch,
    json_object *body)
{
	struct act a = rest_guild_act(c, guild_at(c->w, ch->guild));
	struct world_channel parent;
	json_object *was, *is_now, *changes, *archived;
	int64_t n;

	if (!edit_may(c, ch, body))
		return;
	check(c, body);
	(void)rest_form_int(c, body, "flags", 0, INT32_MAX, &n);
	check_bool(c, body, "archived");
	check_bool(c, body, "locked");
	check_bool(c, body, "invitable");
	if (world_channel_find(c->w, jso_get_id(ch->doc, "parent_id"), &parent))
		(void)check_tags(c, parent.doc, body);
	if (rest_form_refused(c))
		return;
	archived = jso_get(body, "archived");
	if (is(ch->doc, "archived")
	    && (archived == NULL || json_object_get_boolean(archived))) {
		rest_reply_error(c, REST_THREAD_ARCHIVED);
		return;
	}
	was = flat(ch->doc);
	guild_change(a.guild);
	apply(c, ch->doc, body);
	is_now = flat(ch->doc);
	changes = rest_guild_changes(was, is_now);
	if (!json_object_equal(was, is_now))
		act_thread_changed(&a, ch);
	if (changes != NULL)
		act_audit(&a, ACT_THREAD_UPDATE, ch->id, changes, NULL);
	json_object_put(was);
	json_object_put(is_now);
	rest_reply(c, 200, shown(c, ch));
}

void
structure_thread_drop(struct rest_call *c, const struct world_channel *ch)
{
	struct act a = rest_guild_act(c, guild_at(c->w, ch->guild));
	json_object *o;

	if (!rest_guild_may_in(c, ch, PERM_MANAGE_THREADS))
		return;
	o = shown(c, ch);
	act_thread_drop(&a, ch);
	rest_reply(c, 200, o);
}

const struct route routes_thread[] = {
    {"POST", ROUTE_MESSAGE "/threads", thread_from_message,
	LIMIT_CHANNEL_WRITE},
    {"POST", "/channels/:channel_id/threads", thread_new, LIMIT_CHANNEL_WRITE},
    {0},
};
