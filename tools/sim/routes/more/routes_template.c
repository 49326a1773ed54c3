/* SPDX-License-Identifier: MIT */
/* Templates of guilds: one each, found by its code. */
#include "tools/sim/routes/more/more.h"

/* The guild as a template keeps it: no ids but numbers from 0 up. */
static json_object *
serialized(struct guild *g)
{
	static const char *const keys[] = {"name", "description", "region",
	    "verification_level", "default_message_notifications",
	    "explicit_content_filter", "preferred_locale", "afk_timeout",
	    "system_channel_flags", NULL};
	static const char *const refs[] = {"afk_channel_id",
	    "system_channel_id"};
	json_object *o = json_object_new_object(), *roles, *channels;
	json_object *number = json_object_new_object();
	int64_t n = 0;

	rest_form_copy(o, guild_head(g), keys);
	jso_set(o, "icon_hash",
	    json_object_get(jso_get(guild_head(g), "icon")));
	roles = guild_array(g, GUILD_ROLES);
	for (size_t i = 0; i < json_object_array_length(roles); i++) {
		json_object *role = more_copy(
		    json_object_array_get_idx(roles, i));

		jso_set_int(role, "id", n++);
		json_object_array_put_idx(roles, i, role);
	}
	jso_set(o, "roles", roles);
	channels = guild_array(g, GUILD_CHANNELS);
	n = 1;
	for (size_t i = 0; i < json_object_array_length(channels); i++)
		jso_set_int(number,
		    jso_get_text(json_object_array_get_idx(channels, i), "id"),
		    n++);
	for (size_t i = 0; i < json_object_array_length(channels); i++) {
		json_object *ch = more_copy(
		    json_object_array_get_idx(channels, i));
		const char *parent = jso_get_text(ch, "parent_id");
		json_object *at = parent ? jso_get(number, parent) : NULL;

		jso_set(ch, "id",
		    json_object_get(jso_get(number, jso_get_text(ch, "id"))));
		jso_set(ch, "parent_id", json_object_get(at));
		json_object_array_put_idx(channels, i, ch);
	}
	jso_set(o, "channels", channels);
	for (size_t i = 0; i < nitems(refs); i++) {
		const char *id = jso_get_text(guild_head(g), refs[i]);

		jso_set(o, refs[i],
		    id ? json_object_get(jso_get(number, id)) : NULL);
	}
	json_object_put(number);
	return o;
}

static bool
form(struct rest_call *c, json_object *body, bool needed)
{
	if (needed)
		(void)rest_form_text(c, body, "name", 1, 100);
	else
		(void)rest_form_string(c, body, "name", 1, 100);
	(void)rest_form_string(c, body, "description", 0, 120);
	return !rest_form_refused(c);
}

static struct guild *
managed(struct rest_call *c)
{
	struct guild *g = rest_guild(c);

	return g != NULL && rest_guild_may(c, g, PERM_MANAGE_GUILD) ? g : NULL;
}

static void
template_list(struct rest_call *c)
{
	struct guild *g = managed(c);

	if (g != NULL)
		rest_reply(c, 200, guild_array(g, GUILD_TEMPLATES));
}

static void
set_now(struct rest_call *c, struct guild *g, json_object *o)
{
	jso_set_text(o, "updated_at", world_render_now(c->w));
	jso_set(o, "serialized_source_guild", serialized(g));
	jso_set(o, "is_dirty", NULL);
}

static void
template_new(struct rest_call *c)
{
	json_object *body = rest_form_object(c), *o;
	char code[MORE_CODE_SIZE];
	struct guild *g;

	if (body == NULL || (g = managed(c)) == NULL || !form(c, body, true))
		return;
	if (guild_count(g, GUILD_TEMPLATES) >= guild_most(GUILD_TEMPLATES)) {
		rest_reply_error(c, REST_HAS_TEMPLATE);
		return;
	}
	more_code(g, code);
	o = json_object_new_object();
	jso_set_text(o, "code", code);
	jso_set(o, "name", json_object_get(jso_get(body, "name")));
	jso_set(o, "description",
	    json_object_get(jso_get(body, "description")));
	jso_set_int(o, "usage_count", 0);
	jso_set_id(o, "creator_id", user_id(c->w, c->bot));
	jso_set(o, "creator", more_maker(c));
	jso_set_text(o, "created_at", world_render_now(c->w));
	jso_set_id(o, "source_guild_id", guild_id(g));
	set_now(c, g, o);
	must(guild_put_key(g, GUILD_TEMPLATES, code, json_object_get(o)));
	rest_reply(c, 200, o);
}

static void
template_get(struct rest_call *c)
{
	struct guild *g = more_code_guild(c->w, c->word[0]);
	json_object *doc = g ? guild_get_key(g, GUILD_TEMPLATES, c->word[0])
			     : NULL;

	if (doc != NULL)
		rest_reply(c, 200, json_object_get(doc));
	else
		rest_reply_error(c, REST_UNKNOWN_TEMPLATE);
}

/* The path's template of the path's guild; NULL after an answer. */
static json_object *
template_of(struct rest_call *c, struct guild **g)
{
	json_object *doc;

	*g = managed(c);
	if (*g == NULL)
		return NULL;
	doc = guild_get_key(*g, GUILD_TEMPLATES, c->word[0]);
	if (doc == NULL)
		rest_reply_error(c, REST_UNKNOWN_TEMPLATE);
	return doc;
}

static void
template_sync(struct rest_call *c)
{
	struct guild *g;
	json_object *doc = template_of(c, &g);

	if (doc == NULL)
		return;
	guild_change(g);
	set_now(c, g, doc);
	rest_reply(c, 200, json_object_get(doc));
}

static void
template_edit(struct rest_call *c)
{
	static const char *const keys[] = {"name", "description", NULL};
	json_object *body = rest_form_object(c), *doc;
	struct guild *g;

	if (body == NULL || (doc = template_of(c, &g)) == NULL
	    || !form(c, body, false))
		return;
	guild_change(g);
	if (jso_get(body, "name") == NULL)
		json_object_object_del(body, "name");
	rest_form_copy(doc, body, keys);
	rest_reply(c, 200, json_object_get(doc));
}

static void
template_drop(struct rest_call *c)
{
	struct guild *g;
	json_object *doc = template_of(c, &g);

	if (doc == NULL)
		return;
	json_object_get(doc);
	guild_drop_key(g, GUILD_TEMPLATES, c->word[0]);
	rest_reply(c, 200, doc);
}

const struct route routes_template[] = {
    {"GET", "/guilds/:guild_id/templates", template_list, LIMIT_GUILD},
    {"POST", "/guilds/:guild_id/templates", template_new, LIMIT_EXPRESSION},
    {"GET", "/guilds/templates/*", template_get, LIMIT_GUILD},
    {"PUT", "/guilds/:guild_id/templates/*", template_sync, LIMIT_EXPRESSION},
    {"PATCH", "/guilds/:guild_id/templates/*", template_edit, LIMIT_EXPRESSION},
    {"DELETE", "/guilds/:guild_id/templates/*", template_drop,
	LIMIT_EXPRESSION},
    {0},
};
