/* SPDX-License-Identifier: MIT */
/*
 * /webhooks: webhooks of channels, and what an interaction's token opens: its
 * first answer ("@original") and follow-ups.
 */
#include "tools/sim/routes/routes.h"

#include "tools/sim/act/act_thread.h"
#include "tools/sim/world/world_hook.h"
#include "tools/sim/world/world_interaction.h"
#include "tools/sim/world/user.h"

#include <string.h>

/* Who the token in the path belongs to; neither after an answer. */
struct owner {
	json_object *hook; /* borrowed */
	struct guild *g;
	struct world_interaction *live;
	struct world_channel ch;
};

/* The number of the bot whose application it is, or -1. */
static int
bot_of_app(struct rest_call *c, uint64_t app)
{
	int64_t user = user_find(c->w, app);

	return user < 0 ? -1 : user_bot_number(c->w, (unsigned)user);
}

static bool
owner_of(struct rest_call *c, struct owner *o)
{
	int bot = bot_of_app(c, c->id[0]);
	uint64_t channel;

	*o = (struct owner) {0};
	if (bot >= 0) {
		c->app = (unsigned)bot;
		c->bot = user_bot(c->w, c->app);
		o->live = world_interaction_by_token(c->w, c->word[0]);
		if (o->live != NULL && o->live->bot != c->app)
			o->live = NULL;
		/* Its webhook exists with the first answer only. */
		if (o->live == NULL || !o->live->answered) {
			rest_reply_error(c,
			    o->live ? REST_UNKNOWN_WEBHOOK
				    : REST_BAD_HOOK_TOKEN);
			return false;
		}
		channel = o->live->channel;
	} else {
		const char *token;

		o->hook = world_hook_find(c->w, c->id[0], &o->g);
		token = jso_get_text(o->hook, "token");
		if (token == NULL || strcmp(token, c->word[0]) != 0) {
			rest_reply_error(c,
			    o->hook ? REST_BAD_HOOK_TOKEN
				    : REST_UNKNOWN_WEBHOOK);
			return false;
		}
		channel = jso_get_id(o->hook, "channel_id");
	}
	if (world_channel_find(c->w, channel, &o->ch))
		return true;
	rest_reply_error(c, REST_UNKNOWN_CHANNEL);
	return false;
}

/* The webhook as it is shown: to who has only its token, not by whom. */
static json_object *
show(struct rest_call *c, json_object *hook, bool by_token)
{
	const char *token = jso_get_text(hook, "token");
	json_object *o = NULL;
	char url[SIM_URL_MAX + 128];

	must(json_object_deep_copy(hook, &o, NULL) == 0);
	if (by_token)
		json_object_object_del(o, "user");
	if (token == NULL)
		return o;
	must(str_format(url, sizeof(url), "%s/webhooks/%s/%s", c->sim->url_api,
	    jso_get_text(hook, "id"), token));
	jso_set_text(o, "url", url);
	return o;
}

static void
reply_list(struct rest_call *c, json_object *hooks)
{
	json_object *list = json_object_new_array();

	for (size_t i = 0; i < json_object_array_length(hooks); i++)
		json_object_array_add(list,
		    show(c, json_object_array_get_idx(hooks, i), false));
	json_object_put(hooks);
	rest_reply(c, 200, list);
}

/* The path's channel of a guild, where the bot manages webhooks. */
static bool
managed(struct rest_call *c, struct world_channel *ch)
{
	if (!rest_msg_channel(c, c->id[0], ch))
		return false;
	if (ch->guild != WORLD_NOWHERE)
		return rest_guild_may_in(c, ch, PERM_MANAGE_WEBHOOKS);
	rest_reply_error(c, REST_DM_ACTION);
	return false;
}

static void
hook_list(struct rest_call *c)
{
	struct world_channel ch;

	if (managed(c, &ch))
		reply_list(c, world_hook_list(guild_at(c->w, ch.guild), ch.id));
}

static void
hook_list_guild(struct rest_call *c)
{
	struct guild *g = rest_guild(c);

	if (g != NULL && rest_guild_may(c, g, PERM_MANAGE_WEBHOOKS))
		reply_list(c, world_hook_list(g, 0));
}

static void
announce(struct rest_call *c, struct guild *g, uint64_t channel)
{
	json_object *o = json_object_new_object();

	jso_set_id(o, "channel_id", channel);
	rest_guild_emit(c, g, "WEBHOOKS_UPDATE", o);
	json_object_put(o);
}

/* Discord keeps these for itself. */
static void
name_check(struct rest_call *c, const char *key, const char *name)
{
	static const char *const kept[] = {"clyde", "discord"};

	for (size_t i = 0; name != NULL && i < nitems(kept); i++)
		if (strcasestr(name, kept[i]) != NULL)
			rest_form_error(c, key, "USERNAME_INVALID_CONTAINS",
			    "Username cannot contain \"%s\"", kept[i]);
}

static void
hook_new(struct rest_call *c)
{
	json_object *body = rest_form_object(c), *h;
	struct world_channel ch;
	struct guild *g;
	const char *name;

	if (body == NULL || !managed(c, &ch))
		return;
	name = rest_form_string(c, body, "name", 1, 80);
	if (name == NULL && c->errors == NULL)
		rest_form_required(c, "name");
	name_check(c, "name", name);
	rest_form_image(c, body, "avatar", true);
	if (rest_form_refused(c))
		return;
	h = world_hook_new(c->w, &ch, c->bot, name);
	if (h == NULL) {
		rest_reply_error(c, REST_TOO_MANY_HOOKS);
		return;
	}
	jso_set(h, "avatar", rest_form_image_hash(jso_get(body, "avatar")));
	g = guild_at(c->w, ch.guild);
	announce(c, g, ch.id);
	rest_guild_audit(c, g, ACT_WEBHOOK_CREATE, jso_get_id(h, "id"), NULL);
	rest_reply(c, 200, show(c, h, false));
}

/* What is published in the path's channel comes to another from now on. */
static void
hook_follow(struct rest_call *c)
{
	json_object *body = rest_form_object(c), *h, *o, *extra;
	struct world_channel from, to;
	uint64_t id = 0;

	if (body == NULL)
		return;
	if (!rest_form_id(c, body, "webhook_channel_id", &id)
	    && c->errors == NULL)
		rest_form_required(c, "webhook_channel_id");
	if (rest_form_refused(c) || !rest_msg_channel(c, c->id[0], &from)
	    || !rest_msg_channel(c, id, &to)
	    || !rest_guild_may_in(c, &to, PERM_MANAGE_WEBHOOKS))
		return;
	if (from.type != 5 || (to.type != 0 && to.type != 5)) {
		rest_reply_error(c, REST_BAD_CHANNEL_TYPE);
		return;
	}
	h = world_hook_follow(c->w, &from, &to, c->bot);
	if (h == NULL) {
		rest_reply_error(c, REST_TOO_MANY_HOOKS);
		return;
	}
	announce(c, guild_at(c->w, to.guild), to.id);
	extra = json_object_new_object();
	jso_set(extra, "content", json_object_get(jso_get(h, "name")));
	(void)rest_msg_system(c, &to, 12, extra);
	json_object_put(extra);
	o = json_object_new_object();
	jso_set_id(o, "channel_id", from.id);
	jso_set(o, "webhook_id", json_object_get(jso_get(h, "id")));
	rest_reply(c, 200, o);
}

/* The path's webhook by its token, and not an interaction's; or an answer. */
static bool
hook_of(struct rest_call *c, struct owner *o)
{
	if (!owner_of(c, o))
		return false;
	if (o->hook == NULL)
		rest_reply_error(c, REST_UNKNOWN_WEBHOOK);
	return o->hook != NULL;
}

/* The path's webhook without a token, by who manages them; or an answer. */
static bool
hook_by_id(struct rest_call *c, struct owner *o)
{
	*o = (struct owner) {0};
	o->hook = world_hook_find(c->w, c->id[0], &o->g);
	if (o->hook == NULL || !guild_member_is(o->g, c->bot)) {
		rest_reply_error(c, REST_UNKNOWN_WEBHOOK);
		return false;
	}
	return rest_guild_may(c, o->g, PERM_MANAGE_WEBHOOKS);
}

static void
hook_get(struct rest_call *c)
{
	struct owner o;

	if (hook_of(c, &o))
		rest_reply(c, 200, show(c, o.hook, true));
}

static void
hook_get_id(struct rest_call *c)
{
	struct owner o;

	if (hook_by_id(c, &o))
		rest_reply(c, 200, show(c, o.hook, false));
}

/* A channel of the same guild that the form moves it to; or an answer. */
static bool
move_to(struct rest_call *c, struct owner *o, json_object *body)
{
	struct world_channel to;
	uint64_t id = 0;

	if (!rest_form_id(c, body, "channel_id", &id))
		return !rest_form_refused(c);
	if (!rest_msg_channel(c, id, &to)
	    || !rest_guild_may_in(c, &to, PERM_MANAGE_WEBHOOKS))
		return false;
	if (to.guild != guild_index(o->g)) {
		rest_reply_error(c, REST_UNKNOWN_CHANNEL);
		return false;
	}
	jso_set_id(o->hook, "channel_id", id);
	return true;
}

static void
edit(struct rest_call *c, struct owner *o, bool by_token)
{
	json_object *body = rest_form_object(c), *was = NULL, *changes;
	uint64_t from = jso_get_id(o->hook, "channel_id");
	const char *name;

	if (body == NULL)
		return;
	name = rest_form_string(c, body, "name", 1, 80);
	name_check(c, "name", name);
	rest_form_image(c, body, "avatar", true);
	if (rest_form_refused(c))
		return;
	must(json_object_deep_copy(o->hook, &was, NULL) == 0);
	guild_change(o->g);
	if (!by_token && !move_to(c, o, body)) {
		json_object_put(was);
		return;
	}
	if (name != NULL)
		jso_set_text(o->hook, "name", name);
	if (json_object_object_get_ex(body, "avatar", NULL))
		jso_set(o->hook, "avatar",
		    rest_form_image_hash(jso_get(body, "avatar")));
	changes = rest_guild_changes(was, o->hook);
	json_object_put(was);
	announce(c, o->g, jso_get_id(o->hook, "channel_id"));
	if (from != jso_get_id(o->hook, "channel_id"))
		announce(c, o->g, from);
	if (changes != NULL)
		rest_guild_audit(c, o->g, ACT_WEBHOOK_UPDATE, c->id[0],
		    changes);
	rest_reply(c, 200, show(c, o->hook, by_token));
}

static void
hook_edit(struct rest_call *c)
{
	struct owner o;

	if (hook_of(c, &o))
		edit(c, &o, true);
}

static void
hook_edit_id(struct rest_call *c)
{
	struct owner o;

	if (hook_by_id(c, &o))
		edit(c, &o, false);
}

static void
drop(struct rest_call *c, struct owner *o)
{
	announce(c, o->g, jso_get_id(o->hook, "channel_id"));
	rest_guild_audit(c, o->g, ACT_WEBHOOK_DELETE, c->id[0], NULL);
	world_hook_drop(o->g, c->id[0]);
	rest_reply_none(c);
}

static void
hook_drop(struct rest_call *c)
{
	struct owner o;

	if (hook_of(c, &o))
		drop(c, &o);
}

static void
hook_drop_id(struct rest_call *c)
{
	struct owner o;

	if (hook_by_id(c, &o))
		drop(c, &o);
}

/* A follow-up right after "deferred" fills the placeholder instead. */
static struct world_msg *
placeholder(struct rest_call *c, const struct owner *o)
{
	struct world_msg *m;
	json_object *msg;
	int flags;

	m = o->live && o->live->original
	    ? world_msg_find(c->w, o->live->original)
	    : NULL;
	if (m == NULL)
		return NULL;
	msg = world_render_msg(c->w, m);
	flags = json_object_get_int(jso_get(msg, "flags"));
	json_object_put(msg);
	return flags & REST_MSG_LOADING ? m : NULL;
}

/* Into the thread that the form begins in a forum; or an answer. */
static bool
begin_thread(struct rest_call *c, struct owner *o, const char *name,
    struct rest_author *by)
{
	struct act a = rest_guild_act(c, o->g);
	struct act_thread t = {.type = 11, .name = name, .archive_min = 4320};

	if (act_thread_new(&a, &o->ch, &t, &o->ch)) {
		by->id = o->ch.id;
		return true;
	}
	rest_reply_error(c, REST_TOO_MANY_THREADS);
	return false;
}

/* Where the message goes: the channel, one of its threads, a new one. */
static bool
destination(struct rest_call *c, struct owner *o, json_object *body,
    struct rest_author *by)
{
	const char *name = jso_get_text(body, "thread_name");
	uint64_t id = rest_body_query(c, "thread_id", 0), parent = o->ch.id;
	bool forum = o->ch.type == 15 || o->ch.type == 16;

	if (id != 0) {
		if (world_channel_find(c->w, id, &o->ch)
		    && world_channel_is_thread(&o->ch)
		    && jso_get_id(o->ch.doc, "parent_id") == parent)
			return true;
		rest_reply_error(c, REST_UNKNOWN_CHANNEL);
		return false;
	}
	if (forum && name != NULL)
		return begin_thread(c, o, name, by);
	if (forum || name != NULL)
		rest_reply_error(c,
		    forum ? REST_HOOK_NEEDS_THREAD : REST_HOOK_NO_FORUM);
	return !forum && name == NULL;
}

static void
hook_post_own(struct rest_call *c, struct owner *o, json_object *body)
{
	struct rest_author by = {.webhook = c->id[0]};
	struct world_msg *m;

	if (jso_get(o->hook, "application_id") == NULL
	    && !rest_body_true(c, "with_components"))
		json_object_object_del(body, "components");
	(void)rest_form_string(c, body, "username", 1, 80);
	(void)rest_form_string(c, body, "thread_name", 1, 100);
	(void)rest_form_string(c, body, "avatar_url", 0, 2048);
	name_check(c, "username", jso_get_text(body, "username"));
	if (!rest_msg_check(c, body, false) || !destination(c, o, body, &by))
		return;
	by.user = world_hook_author(o->hook, body);
	m = rest_msg_post(c, &o->ch, body, &by);
	json_object_put(by.user);
	if (rest_body_true(c, "wait"))
		rest_msg_reply(c, m);
	else
		rest_reply_none(c);
}

static void
hook_post(struct rest_call *c)
{
	json_object *body = rest_form_object(c);
	struct rest_author by = {.webhook = c->id[0]};
	struct world_msg *m;
	struct owner o;

	if (body == NULL || !owner_of(c, &o))
		return;
	json_object_object_del(body, "message_reference");
	if (o.hook != NULL) {
		hook_post_own(c, &o, body);
		return;
	}
	if (!rest_msg_check(c, body, false))
		return;
	m = placeholder(c, &o);
	if (m != NULL)
		rest_msg_edit(c, m, body);
	else {
		by.extra = json_object_new_object();
		jso_set(by.extra, "interaction_metadata",
		    world_interaction_metadata(c->w, o.live));
		m = rest_msg_post(c, &o.ch, body, &by);
		json_object_put(by.extra);
	}
	rest_msg_reply(c, m);
}

/* Was it posted through this token? */
static bool
is_of(struct rest_call *c, const struct owner *o, const struct world_msg *wm)
{
	json_object *m;
	bool same;

	if (o->live != NULL)
		return wm->channel == o->ch.id && wm->user == c->bot;
	m = world_render_msg(c->w, wm);
	same = jso_get_id(m, "webhook_id") == c->id[0];
	json_object_put(m);
	return same;
}

/* The message the path names, posted through this token; or an answer. */
static struct world_msg *
message_of(struct rest_call *c, struct owner *o)
{
	struct world_msg *m = NULL;
	uint64_t id = 0;

	if (!owner_of(c, o))
		return NULL;
	if (strcmp(c->word[1], "@original") == 0)
		id = o->live ? o->live->original : 0;
	else
		(void)str_to_u64(c->word[1], &id);
	if (id != 0)
		m = world_msg_find(c->w, id);
	if (m != NULL && is_of(c, o, m))
		return m;
	rest_reply_error(c, REST_UNKNOWN_MESSAGE);
	return NULL;
}

static void
hook_msg_get(struct rest_call *c)
{
	struct owner o;
	struct world_msg *m = message_of(c, &o);

	if (m != NULL)
		rest_msg_reply(c, m);
}

static void
hook_msg_edit(struct rest_call *c)
{
	json_object *body = rest_form_object(c);
	struct world_msg *m;
	struct owner o;

	if (body == NULL || (m = message_of(c, &o)) == NULL
	    || !rest_msg_check(c, body, true))
		return;
	rest_msg_edit(c, m, body);
	rest_msg_reply(c, m);
}

static void
hook_msg_drop(struct rest_call *c)
{
	struct owner o;
	struct world_msg *m = message_of(c, &o);

	if (m == NULL)
		return;
	rest_msg_delete(c, m);
	rest_reply_none(c);
}

const struct route routes_hook[] = {
    {"GET", "/channels/:channel_id/webhooks", hook_list, LIMIT_CHANNEL},
    {"POST", "/channels/:channel_id/webhooks", hook_new, LIMIT_CHANNEL_EDIT},
    {"POST", "/channels/:channel_id/followers", hook_follow,
	LIMIT_CHANNEL_EDIT},
    {"GET", "/guilds/:guild_id/webhooks", hook_list_guild, LIMIT_GUILD},
    {"GET", "/webhooks/:webhook_id", hook_get_id, LIMIT_WEBHOOK},
    {"PATCH", "/webhooks/:webhook_id", hook_edit_id, LIMIT_WEBHOOK},
    {"DELETE", "/webhooks/:webhook_id", hook_drop_id, LIMIT_WEBHOOK},
    {"GET", ROUTE_HOOK, hook_get, LIMIT_WEBHOOK, ROUTE_OPEN},
    {"PATCH", ROUTE_HOOK, hook_edit, LIMIT_WEBHOOK, ROUTE_OPEN},
    {"DELETE", ROUTE_HOOK, hook_drop, LIMIT_WEBHOOK, ROUTE_OPEN},
    {"POST", ROUTE_HOOK, hook_post, LIMIT_WEBHOOK, ROUTE_TOKEN},
    {"GET", ROUTE_HOOK "/messages/*", hook_msg_get, LIMIT_WEBHOOK, ROUTE_TOKEN},
    {"PATCH", ROUTE_HOOK "/messages/*", hook_msg_edit, LIMIT_WEBHOOK,
	ROUTE_TOKEN},
    {"DELETE", ROUTE_HOOK "/messages/*", hook_msg_drop, LIMIT_WEBHOOK,
	ROUTE_TOKEN},
    {0},
};
