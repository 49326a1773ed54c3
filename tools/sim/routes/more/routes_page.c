/* SPDX-License-Identifier: MIT */
/* The pages of a guild: preview, widget, welcome screen, onboarding, and what
 * is paused in an incident. */
#include "tools/sim/routes/more/more.h"

#include "tools/sim/base/image.h"

#include "shared/base/clock.h"

#define AUDIT_GUILD 1
#define AUDIT_ONBOARDING 167
#define DAY_MS INT64_C(86400000)
#define MEMBERS_SHOWN 100

/* A kept page, or what it is before anybody made one; caller owns. */
static json_object *
page(struct guild *g, const char *name, const char *dflt)
{
	json_object *doc = guild_get_key(g, GUILD_OTHERS, name);

	return doc != NULL ? more_copy(doc) : json_tokener_parse(dflt);
}

/* GUILD_UPDATE, as the head was changed. */
static void
announce(struct rest_call *c, struct guild *g)
{
	json_object *o = guild_object(g);

	gateway_emit_json(c->sim, guild_index(g), "GUILD_UPDATE", o);
	json_object_put(o);
}

/* The path's guild when the bot manages it; NULL after an answer. */
static struct guild *
managed(struct rest_call *c, uint64_t bits)
{
	struct guild *g = rest_guild(c);

	return g != NULL && rest_guild_may(c, g, bits) ? g : NULL;
}

static void
preview(struct rest_call *c)
{
	static const char *const keys[] = {"id", "name", "icon", "splash",
	    "discovery_splash", "features", "description", NULL};
	struct guild *g = rest_guild(c);
	json_object *o;

	if (g == NULL)
		return;
	o = json_object_new_object();
	rest_form_copy(o, guild_head(g), keys);
	jso_set(o, "emojis", guild_array(g, GUILD_EMOJIS));
	jso_set(o, "stickers", guild_array(g, GUILD_STICKERS));
	jso_set_int(o, "approximate_member_count", guild_members(g));
	jso_set_int(o, "approximate_presence_count", guild_members(g));
	rest_reply(c, 200, o);
}

/* ---- widget ----------------------------------------------------------- */

static json_object *
widget(struct guild *g)
{
	json_object *o = json_object_new_object(), *head = guild_head(g);

	jso_set(o, "enabled", json_object_get(jso_get(head, "widget_enabled")));
	jso_set(o, "channel_id",
	    json_object_get(jso_get(head, "widget_channel_id")));
	return o;
}

static void
widget_get(struct rest_call *c)
{
	struct guild *g = managed(c, PERM_MANAGE_GUILD);

	if (g != NULL)
		rest_reply(c, 200, widget(g));
}

static void
widget_edit(struct rest_call *c)
{
	json_object *body = rest_form_object(c), *v;
	struct guild *g;
	uint64_t id;
	bool on;

	if (body == NULL || (g = managed(c, PERM_MANAGE_GUILD)) == NULL)
		return;
	on = rest_form_bool(c, body, "enabled",
	    json_object_get_boolean(jso_get(guild_head(g), "widget_enabled")));
	if (rest_form_id(c, body, "channel_id", &id)
	    && guild_get(g, GUILD_CHANNELS, id) == NULL)
		rest_form_error(c, "channel_id", "CHANNEL_UNKNOWN",
		    "Unknown Channel");
	if (rest_form_refused(c))
		return;
	guild_change(g);
	jso_set_bool(guild_head(g), "widget_enabled", on);
	if (json_object_object_get_ex(body, "channel_id", &v))
		jso_set(guild_head(g), "widget_channel_id", json_object_get(v));
	announce(c, g);
	rest_guild_audit(c, g, AUDIT_GUILD, guild_id(g), NULL);
	rest_reply(c, 200, widget(g));
}

/* The path's guild, whoever asks, when its widget is on; or an answer. */
static struct guild *
open_widget(struct rest_call *c)
{
	struct guild *g = guild_find(c->w, c->id[0]);

	if (g != NULL
	    && json_object_get_boolean(
		jso_get(guild_head(g), "widget_enabled")))
		return g;
	rest_reply_error(c, g ? REST_WIDGET_OFF : REST_UNKNOWN_GUILD);
	return NULL;
}

static bool
widget_member(void *arg, struct guild *g, unsigned user)
{
	json_object *list = arg, *o = json_object_new_object();
	char id[24];

	/* They have no ids of their own there. */
	must(str_format(id, sizeof(id), "%zu", json_object_array_length(list)));
	jso_set_text(o, "id", id);
	jso_set(o, "username",
	    json_object_get(
		jso_get(user_doc(guild_world(g), user), "username")));
	jso_set_text(o, "discriminator", "0000");
	jso_set(o, "avatar", NULL);
	jso_set_text(o, "status", "online");
	jso_set_text(o, "avatar_url", "");
	json_object_array_add(list, o);
	return json_object_array_length(list) < MEMBERS_SHOWN;
}

static void
widget_json(struct rest_call *c)
{
	static const char *const keys[] = {"id", "name", "position", NULL};
	struct guild *g = open_widget(c);
	json_object *o, *channels, *members;

	if (g == NULL)
		return;
	o = json_object_new_object();
	jso_set_id(o, "id", guild_id(g));
	jso_set(o, "name", json_object_get(jso_get(guild_head(g), "name")));
	jso_set(o, "instant_invite", NULL);
	channels = json_object_new_array();
	json_object_object_foreach (guild_docs(g, GUILD_CHANNELS), key, doc) {
		json_object *ch;

		(void)key;
		if (json_object_get_int(jso_get(doc, "type")) != 2)
			continue;
		ch = json_object_new_object();
		rest_form_copy(ch, doc, keys);
		json_object_array_add(channels, ch);
	}
	jso_set(o, "channels", channels);
	members = json_object_new_array();
	guild_member_each(g, widget_member, members);
	jso_set(o, "members", members);
	jso_set_int(o, "presence_count", guild_members(g));
	rest_reply(c, 200, o);
}

static void
widget_png(struct rest_call *c)
{
	if (open_widget(c) == NULL)
		return;
	rest_reply_bytes(c, 200, "image/png", NULL);
	image_png(&c->out, 32, 0x5865f2);
}

/* ---- welcome screen --------------------------------------------------- */

static const char no_welcome[] = "{\"description\":null,"
				 "\"welcome_channels\":[]}";

static void
welcome_get(struct rest_call *c)
{
	struct guild *g = rest_guild(c);

	if (g == NULL)
		return;
	/* One that is not there yet is for those who could make it. */
	if (guild_get_key(g, GUILD_OTHERS, "welcome_screen") == NULL
	    && !(perm_guild(g, c->bot) & PERM_MANAGE_GUILD))
		rest_reply_error(c, REST_UNKNOWN_WELCOME);
	else
		rest_reply(c, 200, page(g, "welcome_screen", no_welcome));
}

static void
check_welcome(struct rest_call *c, struct guild *g, json_object *body)
{
	json_object *list = rest_form_array(c, body, "welcome_channels", 5);

	(void)rest_form_bool(c, body, "enabled", false);
	(void)rest_form_string(c, body, "description", 0, 140);
	for (size_t i = 0; list && i < json_object_array_length(list) && i < 5;
	     i++) {
		json_object *it = json_object_array_get_idx(list, i);
		size_t was = rest_form_enter(c, "welcome_channels.%zu", i);
		uint64_t id;

		(void)rest_form_text(c, it, "description", 1, 50);
		if (jso_get(it, "channel_id") == NULL)
			rest_form_required(c, "channel_id");
		else if (rest_form_id(c, it, "channel_id", &id)
		    && guild_get(g, GUILD_CHANNELS, id) == NULL)
			rest_form_error(c, "channel_id", "CHANNEL_UNKNOWN",
			    "Unknown Channel");
		rest_form_leave(c, was);
	}
}

/* Of each channel what Discord keeps. */
static json_object *
welcome_channels(json_object *list)
{
	static const char *const keys[] = {"channel_id", "description",
	    "emoji_id", "emoji_name", NULL};
	json_object *a = json_object_new_array();

	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		json_object *o = json_object_new_object();

		jso_set(o, "emoji_id", NULL);
		jso_set(o, "emoji_name", NULL);
		rest_form_copy(o, json_object_array_get_idx(list, i), keys);
		json_object_array_add(a, o);
	}
	return a;
}

static void
welcome_edit(struct rest_call *c)
{
	static const char *const keys[] = {"description", NULL};
	json_object *body = rest_form_object(c), *doc, *v;
	struct guild *g;

	if (body == NULL || (g = managed(c, PERM_MANAGE_GUILD)) == NULL)
		return;
	check_welcome(c, g, body);
	if (rest_form_refused(c))
		return;
	doc = page(g, "welcome_screen", no_welcome);
	rest_form_copy(doc, body, keys);
	if (json_object_object_get_ex(body, "welcome_channels", &v))
		jso_set(doc, "welcome_channels", welcome_channels(v));
	if (!guild_put_key(g, GUILD_OTHERS, "welcome_screen",
		json_object_get(doc))) {
		json_object_put(doc);
		rest_reply_error(c, REST_FULL);
		return;
	}
	rest_reply(c, 200, doc);
}

/* ---- onboarding ------------------------------------------------------- */

static const char no_onboarding[] =
    "{\"prompts\":[],\"default_channel_ids\":[],\"enabled\":false,\"mode\":0}";

static json_object *
onboarding(struct guild *g)
{
	json_object *o = page(g, "onboarding", no_onboarding);

	jso_set_id(o, "guild_id", guild_id(g));
	return o;
}

static void
onboarding_get(struct rest_call *c)
{
	struct guild *g = rest_guild(c);

	if (g != NULL)
		rest_reply(c, 200, onboarding(g));
}

static void
check_options(struct rest_call *c, json_object *prompt)
{
	json_object *list = rest_form_array(c, prompt, "options", 50);

	if (jso_get(prompt, "options") == NULL)
		rest_form_required(c, "options");
	for (size_t i = 0; list && i < json_object_array_length(list) && i < 50;
	     i++) {
		json_object *it = json_object_array_get_idx(list, i);
		size_t was = rest_form_enter(c, "options.%zu", i);

		(void)rest_form_text(c, it, "title", 1, 50);
		(void)rest_form_string(c, it, "description", 0, 100);
		(void)rest_form_array(c, it, "channel_ids", 50);
		(void)rest_form_array(c, it, "role_ids", 50);
		rest_form_leave(c, was);
	}
}

static void
check_onboarding(struct rest_call *c, struct guild *g, json_object *body)
{
	json_object *list = rest_form_array(c, body, "prompts", 15);
	json_object *ids = rest_form_array(c, body, "default_channel_ids", 500);
	int64_t n;

	(void)rest_form_bool(c, body, "enabled", false);
	(void)rest_form_int(c, body, "mode", 0, 1, &n);
	for (size_t i = 0; list && i < json_object_array_length(list) && i < 15;
	     i++) {
		json_object *it = json_object_array_get_idx(list, i);
		size_t was = rest_form_enter(c, "prompts.%zu", i);

		(void)rest_form_text(c, it, "title", 1, 100);
		(void)rest_form_int(c, it, "type", 0, 1, &n);
		check_options(c, it);
		rest_form_leave(c, was);
	}
	for (size_t i = 0; ids && i < json_object_array_length(ids); i++) {
		const char *id = json_object_get_string(
		    json_object_array_get_idx(ids, i));

		if (id == NULL || guild_get_key(g, GUILD_CHANNELS, id) == NULL)
			rest_form_error(c, "default_channel_ids",
			    "CHANNEL_UNKNOWN", "Unknown Channel");
	}
}

static json_object *
option(struct rest_call *c, json_object *form)
{
	static const char *const keys[] = {"title", "description",
	    "channel_ids", "role_ids", "emoji", NULL};
	json_object *o = json_object_new_object();
	json_object *e = json_object_new_object();

	jso_set(e, "id", json_object_get(jso_get(form, "emoji_id")));
	jso_set(e, "name", json_object_get(jso_get(form, "emoji_name")));
	jso_set_bool(e, "animated",
	    json_object_get_boolean(jso_get(form, "emoji_animated")));
	jso_set_id(o, "id", world_snowflake(c->w));
	jso_set(o, "channel_ids", json_object_new_array());
	jso_set(o, "role_ids", json_object_new_array());
	jso_set(o, "description", NULL);
	jso_set(o, "emoji", e);
	rest_form_copy(o, form, keys);
	return o;
}

static json_object *
prompt(struct rest_call *c, json_object *form)
{
	static const char *const keys[] = {"type", "title", "single_select",
	    "required", "in_onboarding", NULL};
	json_object *o = json_object_new_object();
	json_object *list = jso_get(form, "options");
	json_object *a = json_object_new_array();

	jso_set_id(o, "id", world_snowflake(c->w));
	jso_set_int(o, "type", 0);
	jso_set_bool(o, "single_select", false);
	jso_set_bool(o, "required", false);
	jso_set_bool(o, "in_onboarding", true);
	rest_form_copy(o, form, keys);
	for (size_t i = 0; i < json_object_array_length(list); i++)
		json_object_array_add(a,
		    option(c, json_object_array_get_idx(list, i)));
	jso_set(o, "options", a);
	return o;
}

static void
onboarding_put(struct rest_call *c)
{
	static const char *const keys[] = {"default_channel_ids", "enabled",
	    "mode", NULL};
	json_object *body = rest_form_object(c), *doc, *list, *a;
	struct guild *g;

	if (body == NULL
	    || (g = managed(c, PERM_MANAGE_GUILD | PERM_MANAGE_ROLES)) == NULL)
		return;
	check_onboarding(c, g, body);
	if (rest_form_refused(c))
		return;
	doc = page(g, "onboarding", no_onboarding);
	rest_form_copy(doc, body, keys);
	list = jso_get(body, "prompts");
	if (list != NULL) {
		a = json_object_new_array();
		for (size_t i = 0; i < json_object_array_length(list); i++)
			json_object_array_add(a,
			    prompt(c, json_object_array_get_idx(list, i)));
		jso_set(doc, "prompts", a);
	}
	if (!guild_put_key(g, GUILD_OTHERS, "onboarding", doc)) {
		rest_reply_error(c, REST_FULL);
		return;
	}
	rest_guild_audit(c, g, AUDIT_ONBOARDING, guild_id(g), NULL);
	rest_reply(c, 200, onboarding(g));
}

/* ---- incidents -------------------------------------------------------- */

static void
incidents(struct rest_call *c)
{
	static const char *const keys[] = {"invites_disabled_until",
	    "dms_disabled_until", NULL};
	json_object *body = rest_form_object(c), *was, *o;
	struct guild *g;

	if (body == NULL || (g = managed(c, PERM_MANAGE_GUILD)) == NULL)
		return;
	for (size_t i = 0; keys[i] != NULL; i++) {
		int64_t ms;

		if (rest_form_time(c, body, keys[i], &ms)
		    && ms > clock_wall_ms() + DAY_MS)
			rest_form_error(c, keys[i], "DATE_TIME_TYPE_MAX",
			    "It can be at most 24 hours from now.");
	}
	if (rest_form_refused(c))
		return;
	was = jso_get(guild_head(g), "incidents_data");
	o = was ? more_copy(was) : json_object_new_object();
	for (size_t i = 0; keys[i] != NULL; i++)
		if (jso_get(o, keys[i]) == NULL)
			jso_set(o, keys[i], NULL);
	rest_form_copy(o, body, keys);
	guild_change(g);
	jso_set(guild_head(g), "incidents_data", json_object_get(o));
	announce(c, g);
	rest_reply(c, 200, o);
}

const struct route routes_page[] = {
    {"GET", "/guilds/:guild_id/preview", preview, LIMIT_GUILD},
    {"GET", "/guilds/:guild_id/widget", widget_get, LIMIT_GUILD},
    {"PATCH", "/guilds/:guild_id/widget", widget_edit, LIMIT_EXPRESSION},
    {"GET", "/guilds/:guild_id/widget.json", widget_json, LIMIT_GUILD,
	ROUTE_OPEN},
    {"GET", "/guilds/:guild_id/widget.png", widget_png, LIMIT_GUILD,
	ROUTE_OPEN},
    {"GET", "/guilds/:guild_id/welcome-screen", welcome_get, LIMIT_GUILD},
    {"PATCH", "/guilds/:guild_id/welcome-screen", welcome_edit,
	LIMIT_EXPRESSION},
    {"GET", "/guilds/:guild_id/onboarding", onboarding_get, LIMIT_GUILD},
    {"PUT", "/guilds/:guild_id/onboarding", onboarding_put, LIMIT_EXPRESSION},
    {"PUT", "/guilds/:guild_id/incident-actions", incidents, LIMIT_EXPRESSION},
    {0},
};
