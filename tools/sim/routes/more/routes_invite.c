/* SPDX-License-Identifier: MIT */
/* Invites: made for a channel, found by their code until they are over. */
#include "tools/sim/routes/more/more.h"

#include "shared/base/clock.h"

#define AGE_MAX 604800 /* seconds */
#define AGE 86400
#define USES_MAX 100
#define AUDIT_CREATE 40
#define AUDIT_DELETE 42

struct wish {
	int64_t max_age, max_uses, target_type;
	uint64_t target_user, target_app;
	bool temporary, unique;
};

static bool
form(struct rest_call *c, json_object *body, struct wish *w)
{
	*w = (struct wish) {.max_age = AGE};
	(void)rest_form_int(c, body, "max_age", 0, AGE_MAX, &w->max_age);
	(void)rest_form_int(c, body, "max_uses", 0, USES_MAX, &w->max_uses);
	(void)rest_form_int(c, body, "target_type", 1, 2, &w->target_type);
	(void)rest_form_id(c, body, "target_user_id", &w->target_user);
	(void)rest_form_id(c, body, "target_application_id", &w->target_app);
	w->temporary = rest_form_bool(c, body, "temporary", false);
	w->unique = rest_form_bool(c, body, "unique", false);
	if (w->target_type == 1 && w->target_user == 0)
		rest_form_required(c, "target_user_id");
	if (w->target_type == 2 && w->target_app == 0)
		rest_form_required(c, "target_application_id");
	return !rest_form_refused(c);
}

/* Milliseconds since 1970 at which it ends, 0: never. */
static int64_t
ends(json_object *invite)
{
	int64_t age = json_object_get_int64(jso_get(invite, "max_age"));

	return age == 0
	    ? 0
	    : json_object_get_int64(jso_get(invite, "made_ms")) + age * 1000;
}

static bool
over(json_object *invite)
{
	int64_t at = ends(invite);

	return at != 0 && at <= clock_wall_ms();
}

static void
drop_over(struct guild *g)
{
	json_object *gone = json_object_new_array();

	json_object_object_foreach (guild_docs(g, GUILD_INVITES), code, doc)
		if (over(doc))
			json_object_array_add(gone,
			    json_object_new_string(code));
	for (size_t i = 0; i < json_object_array_length(gone); i++)
		guild_drop_key(g, GUILD_INVITES,
		    json_object_get_string(json_object_array_get_idx(gone, i)));
	json_object_put(gone);
}

/* The invite as it is shown; whole: with what those who manage see. */
static json_object *
render(struct rest_call *c, struct guild *g, json_object *doc, bool whole)
{
	static const char *const hidden[] = {"uses", "max_uses", "max_age",
	    "temporary", "created_at"};
	static const char *const part[] = {"id", "name", "icon", "splash",
	    "banner", "description", "features", "verification_level",
	    "vanity_url_code", "nsfw_level", "nsfw",
	    "premium_subscription_count", NULL};
	json_object *o = more_copy(doc), *of = json_object_new_object();
	json_object *in = json_object_new_object();
	struct world_channel ch;
	uint64_t id;

	json_object_object_del(o, "made_ms");
	json_object_object_del(o, "channel_id");
	for (size_t i = 0; i < nitems(hidden) && !whole; i++)
		json_object_object_del(o, hidden[i]);
	rest_form_copy(of, guild_head(g), part);
	jso_set(o, "guild", of);
	jso_set_id(o, "guild_id", guild_id(g));
	id = jso_get_id(doc, "channel_id");
	jso_set_id(in, "id", id);
	if (world_channel_find(c->w, id, &ch)) {
		jso_set_text(in, "name", ch.name);
		jso_set_int(in, "type", ch.type);
	}
	jso_set(o, "channel", in);
	return o;
}

static json_object *
list(struct rest_call *c, struct guild *g, uint64_t channel)
{
	json_object *a = json_object_new_array();

	drop_over(g);
	json_object_object_foreach (guild_docs(g, GUILD_INVITES), code, doc) {
		(void)code;
		if (channel == 0 || jso_get_id(doc, "channel_id") == channel)
			json_object_array_add(a, render(c, g, doc, true));
	}
	return a;
}

/* The path's channel, in a guild; or an answer. */
static struct guild *
place(struct rest_call *c, struct world_channel *ch, uint64_t bits)
{
	if (!rest_msg_channel(c, c->id[0], ch))
		return NULL;
	if (ch->guild == WORLD_NOWHERE) {
		rest_reply_error(c, REST_DM_ACTION);
		return NULL;
	}
	return rest_guild_may_in(c, ch, bits) ? guild_at(c->w, ch->guild)
					      : NULL;
}

static void
channel_list(struct rest_call *c)
{
	struct world_channel ch;
	struct guild *g = place(c, &ch, PERM_MANAGE_CHANNELS);

	if (g != NULL)
		rest_reply(c, 200, list(c, g, ch.id));
}

static void
guild_list(struct rest_call *c)
{
	struct guild *g = rest_guild(c);

	if (g != NULL && rest_guild_may(c, g, PERM_MANAGE_GUILD))
		rest_reply(c, 200, list(c, g, 0));
}

/* One that says the same is given again, unless a new one is wished. */
static json_object *
alike(struct rest_call *c, struct guild *g, uint64_t channel,
    const struct wish *w)
{
	json_object *a, *found = NULL;

	if (w->unique || w->target_type != 0)
		return NULL;
	a = list(c, g, channel);
	for (size_t i = 0; i < json_object_array_length(a); i++) {
		json_object *it = json_object_array_get_idx(a, i);

		if (json_object_get_int64(jso_get(it, "max_age")) == w->max_age
		    && json_object_get_int64(jso_get(it, "max_uses"))
			== w->max_uses
		    && json_object_get_boolean(jso_get(it, "temporary"))
			== w->temporary
		    && jso_get(it, "target_type") == NULL
		    && jso_get_id(jso_get(it, "inviter"), "id")
			== user_id(c->w, c->bot))
			found = it;
	}
	json_object_get(found);
	json_object_put(a);
	return found;
}

static void
set_times(struct rest_call *c, json_object *o)
{
	char text[40];
	int64_t at = ends(o);
	time_t second = (time_t)(at / 1000);
	struct tm tm;

	jso_set_text(o, "created_at", world_render_now(c->w));
	jso_set(o, "expires_at", NULL);
	if (at == 0)
		return;
	must(gmtime_r(&second, &tm) != NULL
	    && strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S+00:00", &tm)
		> 0);
	jso_set_text(o, "expires_at", text);
}

static json_object *
build(struct rest_call *c, const char *code, uint64_t channel,
    const struct wish *w)
{
	json_object *o = json_object_new_object();
	int64_t target = w->target_user ? user_find(c->w, w->target_user) : -1;

	jso_set_int(o, "type", 0);
	jso_set_text(o, "code", code);
	jso_set(o, "inviter", more_maker(c));
	jso_set_int(o, "max_age", w->max_age);
	jso_set_int(o, "max_uses", w->max_uses);
	jso_set_bool(o, "temporary", w->temporary);
	jso_set_int(o, "uses", 0);
	jso_set_int(o, "flags", 0);
	jso_set_id(o, "channel_id", channel);
	jso_set_int(o, "made_ms", clock_wall_ms());
	set_times(c, o);
	if (w->target_type != 0)
		jso_set_int(o, "target_type", w->target_type);
	if (w->target_type == 1 && target >= 0)
		jso_set(o, "target_user",
		    world_render_user(c->w, (unsigned)target));
	if (w->target_type == 2) {
		json_object *app = json_object_new_object();

		jso_set_id(app, "id", w->target_app);
		jso_set(o, "target_application", app);
	}
	return o;
}

/* An invite has no id: its code is among the changes. */
static void
audit(struct rest_call *c, struct guild *g, int type, const char *code)
{
	json_object *changes = json_object_new_array();
	json_object *text = json_object_new_string(code);

	rest_guild_change(changes, "code", type == AUDIT_DELETE ? text : NULL,
	    type == AUDIT_DELETE ? NULL : text);
	rest_guild_audit(c, g, type, 0, changes);
}

static void
invite_new(struct rest_call *c)
{
	json_object *body = rest_form_object(c), *doc, *d;
	char code[MORE_CODE_SIZE];
	struct world_channel ch;
	struct guild *g;
	struct wish w;

	if (body == NULL
	    || (g = place(c, &ch, PERM_CREATE_INSTANT_INVITE)) == NULL
	    || !form(c, body, &w))
		return;
	if (ch.type == 4 || world_channel_is_thread(&ch)) {
		rest_reply_error(c, REST_BAD_CHANNEL_TYPE);
		return;
	}
	doc = alike(c, g, ch.id, &w);
	if (doc != NULL) {
		rest_reply(c, 200, doc);
		return;
	}
	more_code(g, code);
	doc = build(c, code, ch.id, &w);
	if (!guild_put_key(g, GUILD_INVITES, code, json_object_get(doc))) {
		json_object_put(doc);
		rest_reply_error(c, REST_TOO_MANY_INVITES);
		return;
	}
	d = more_copy(doc);
	json_object_object_del(d, "made_ms");
	rest_guild_emit(c, g, "INVITE_CREATE", d);
	json_object_put(d);
	audit(c, g, AUDIT_CREATE, code);
	rest_reply(c, 200, render(c, g, doc, true));
	json_object_put(doc);
}

/* The invite of the path's code and its guild; NULL after an answer. */
static json_object *
invite_of(struct rest_call *c, struct guild **g)
{
	json_object *doc = NULL;

	*g = more_code_guild(c->w, c->word[0]);
	if (*g != NULL) {
		drop_over(*g);
		doc = guild_get_key(*g, GUILD_INVITES, c->word[0]);
	}
	if (doc == NULL)
		rest_reply_error(c, REST_UNKNOWN_INVITE);
	return doc;
}

static void
invite_get(struct rest_call *c)
{
	struct guild *g;
	json_object *doc = invite_of(c, &g), *o, *event;
	uint64_t id = rest_body_query(c, "guild_scheduled_event_id", 0);

	if (doc == NULL)
		return;
	o = render(c, g, doc, false);
	if (rest_body_true(c, "with_counts")) {
		jso_set_int(o, "approximate_member_count", guild_members(g));
		jso_set_int(o, "approximate_presence_count", guild_members(g));
	}
	event = id ? guild_get(g, GUILD_EVENTS, id) : NULL;
	if (event != NULL)
		jso_set(o, "guild_scheduled_event", more_copy(event));
	rest_reply(c, 200, o);
}

static bool
may_drop(struct rest_call *c, struct guild *g, json_object *doc)
{
	struct world_channel ch;
	uint64_t id;

	if (perm_guild(g, c->bot) & PERM_MANAGE_GUILD)
		return true;
	id = jso_get_id(doc, "channel_id");
	if (world_channel_find(c->w, id, &ch))
		return rest_guild_may_in(c, &ch, PERM_MANAGE_CHANNELS);
	return rest_guild_may(c, g, PERM_MANAGE_CHANNELS);
}

static void
invite_drop(struct rest_call *c)
{
	struct guild *g;
	json_object *doc = invite_of(c, &g), *o, *d;

	if (doc == NULL || !may_drop(c, g, doc))
		return;
	o = render(c, g, doc, false);
	d = json_object_new_object();
	jso_set(d, "channel_id", json_object_get(jso_get(doc, "channel_id")));
	jso_set_text(d, "code", c->word[0]);
	guild_drop_key(g, GUILD_INVITES, c->word[0]);
	rest_guild_emit(c, g, "INVITE_DELETE", d);
	json_object_put(d);
	audit(c, g, AUDIT_DELETE, c->word[0]);
	rest_reply(c, 200, o);
}

/* A guild without the feature has none that could be shown. */
static void
vanity(struct rest_call *c)
{
	struct guild *g = rest_guild(c);

	if (g != NULL && rest_guild_may(c, g, PERM_MANAGE_GUILD))
		rest_reply_error(c, REST_MISSING_ACCESS);
}

const struct route routes_invite[] = {
    {"GET", "/channels/:channel_id/invites", channel_list, LIMIT_CHANNEL},
    {"POST", "/channels/:channel_id/invites", invite_new, LIMIT_INVITE},
    {"GET", "/guilds/:guild_id/invites", guild_list, LIMIT_GUILD},
    {"GET", "/guilds/:guild_id/vanity-url", vanity, LIMIT_GUILD},
    {"GET", "/invites/*", invite_get, LIMIT_INVITE, ROUTE_OPEN},
    {"DELETE", "/invites/*", invite_drop, LIMIT_INVITE},
    {0},
};
