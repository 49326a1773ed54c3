/* SPDX-License-Identifier: MIT */
/* Emojis, of guilds and of applications. */
#include "tools/sim/routes/more/more.h"

#define BYTES_MAX (256u << 10)
#define OF_APP_MAX 2000
#define AUDIT_CREATE 60
#define AUDIT_UPDATE 61
#define AUDIT_DELETE 62

/* Of each kind, animated and not, by tier. */
static const unsigned most[] = {50, 100, 150, 250};

static const char *const types[] = {"image/png", "image/jpeg", "image/gif",
    "image/webp", "image/avif", NULL};

static void
check_name(struct rest_call *c, json_object *body, bool needed)
{
	const char *s = needed ? rest_form_text(c, body, "name", 2, 32)
			       : rest_form_string(c, body, "name", 2, 32);

	for (; s != NULL && *s != '\0'; s++)
		if (!(*s >= '0' && *s <= '9') && !(*s >= 'a' && *s <= 'z')
		    && !(*s >= 'A' && *s <= 'Z') && *s != '_') {
			rest_form_error(c, "name", "STRING_TYPE_REGEX",
			    "String value did not match validation regex.");
			return;
		}
}

/* roles: a list of those who may use it, each one of the guild's. */
static void
check_roles(struct rest_call *c, struct guild *g, json_object *body)
{
	json_object *list = rest_form_array(c, body, "roles", 250);

	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		const char *id = json_object_get_string(
		    json_object_array_get_idx(list, i));

		if (id == NULL || guild_get_key(g, GUILD_ROLES, id) == NULL)
			rest_form_error(c, "roles", "UNKNOWN_ROLE",
			    "Unknown Role");
	}
}

static json_object *
build(struct rest_call *c, json_object *body, bool animated)
{
	json_object *o = json_object_new_object();
	json_object *roles = jso_get(body, "roles");

	jso_set_id(o, "id", world_snowflake(c->w));
	jso_set(o, "name", json_object_get(jso_get(body, "name")));
	jso_set(o, "roles",
	    roles ? json_object_get(roles) : json_object_new_array());
	jso_set(o, "user", more_maker(c));
	jso_set_bool(o, "require_colons", true);
	jso_set_bool(o, "managed", false);
	jso_set_bool(o, "animated", animated);
	jso_set_bool(o, "available", true);
	return o;
}

/* ---- of a guild ------------------------------------------------------- */

static void
announce(struct rest_call *c, struct guild *g)
{
	json_object *d = json_object_new_object();

	jso_set(d, "emojis", guild_array(g, GUILD_EMOJIS));
	rest_guild_emit(c, g, "GUILD_EMOJIS_UPDATE", d);
	json_object_put(d);
}

static void
emoji_list(struct rest_call *c)
{
	struct guild *g = rest_guild(c);

	if (g != NULL)
		rest_reply(c, 200, guild_array(g, GUILD_EMOJIS));
}

static bool
room(struct guild *g, bool animated)
{
	unsigned n = 0;

	json_object_object_foreach (guild_docs(g, GUILD_EMOJIS), key, doc) {
		(void)key;
		n += json_object_get_boolean(jso_get(doc, "animated"))
		    == animated;
	}
	return n < most[more_tier(g)];
}

static void
emoji_new(struct rest_call *c)
{
	json_object *body = rest_form_object(c), *o;
	struct guild *g;
	const char *type;
	uint64_t id;

	if (body == NULL || (g = rest_guild(c)) == NULL
	    || !rest_guild_may(c, g, PERM_CREATE_GUILD_EXPRESSIONS))
		return;
	check_name(c, body, true);
	check_roles(c, g, body);
	type = more_data(c, body, "image", BYTES_MAX, types);
	if (rest_form_refused(c))
		return;
	if (!room(g, strcmp(type, "image/gif") == 0)) {
		rest_reply_error(c,
		    strcmp(type, "image/gif") == 0 ? REST_TOO_MANY_ANIMATED
						   : REST_TOO_MANY_EMOJIS);
		return;
	}
	o = build(c, body, strcmp(type, "image/gif") == 0);
	id = jso_get_id(o, "id");
	if (!guild_put(g, GUILD_EMOJIS, id, json_object_get(o))) {
		json_object_put(o);
		rest_reply_error(c, REST_TOO_MANY_EMOJIS);
		return;
	}
	announce(c, g);
	rest_guild_audit(c, g, AUDIT_CREATE, id, NULL);
	rest_reply(c, 201, o);
}

static void
emoji_get(struct rest_call *c)
{
	struct guild *g = rest_guild(c);
	json_object *doc;

	if (g == NULL)
		return;
	doc = rest_guild_doc(c, g, GUILD_EMOJIS, c->id[1],
	    REST_UNKNOWN_GUILD_EMOJI);
	if (doc != NULL)
		rest_reply(c, 200, json_object_get(doc));
}

/* The path's emoji, which the bot may change; NULL after an answer. */
static json_object *
mine(struct rest_call *c, struct guild *g)
{
	json_object *doc = rest_guild_doc(c, g, GUILD_EMOJIS, c->id[1],
	    REST_UNKNOWN_GUILD_EMOJI);

	return doc != NULL
		&& more_may_edit(c, g, doc, PERM_MANAGE_GUILD_EXPRESSIONS,
		    PERM_CREATE_GUILD_EXPRESSIONS)
	    ? doc
	    : NULL;
}

static void
emoji_edit(struct rest_call *c)
{
	static const char *const keys[] = {"name", "roles", NULL};
	json_object *body = rest_form_object(c), *doc, *changes;
	struct guild *g;

	if (body == NULL || (g = rest_guild(c)) == NULL
	    || (doc = mine(c, g)) == NULL)
		return;
	check_name(c, body, false);
	check_roles(c, g, body);
	if (rest_form_refused(c))
		return;
	guild_change(g);
	changes = more_apply(doc, body, keys);
	if (jso_get(doc, "roles") == NULL)
		jso_set(doc, "roles", json_object_new_array());
	announce(c, g);
	rest_guild_audit(c, g, AUDIT_UPDATE, c->id[1], changes);
	rest_reply(c, 200, json_object_get(doc));
}

static void
emoji_drop(struct rest_call *c)
{
	struct guild *g = rest_guild(c);

	if (g == NULL || mine(c, g) == NULL)
		return;
	guild_drop(g, GUILD_EMOJIS, c->id[1]);
	announce(c, g);
	rest_guild_audit(c, g, AUDIT_DELETE, c->id[1], NULL);
	rest_reply_none(c);
}

/* ---- of an application ------------------------------------------------ */

/* The caller's own, by id; NULL after an answer. */
static json_object *
of_app(struct rest_call *c)
{
	char id[24];
	json_object *list;

	if (c->id[0] != user_id(c->w, c->bot)) {
		rest_reply_error(c, REST_UNKNOWN_APPLICATION);
		return NULL;
	}
	must(str_format(id, sizeof(id), "%" PRIu64, c->id[0]));
	list = jso_get(c->rest->app_emojis, id);
	if (list == NULL) {
		list = json_object_new_object();
		jso_set(c->rest->app_emojis, id, list);
	}
	return list;
}

static json_object *
one_of_app(struct rest_call *c, json_object *list)
{
	char id[24];
	json_object *doc;

	must(str_format(id, sizeof(id), "%" PRIu64, c->id[1]));
	doc = jso_get(list, id);
	if (doc == NULL)
		rest_reply_error(c, REST_UNKNOWN_GUILD_EMOJI);
	return doc;
}

static void
app_list(struct rest_call *c)
{
	json_object *list = of_app(c), *o, *items;

	if (list == NULL)
		return;
	items = json_object_new_array();
	json_object_object_foreach (list, id, doc) {
		(void)id;
		json_object_array_add(items, json_object_get(doc));
	}
	o = json_object_new_object();
	jso_set(o, "items", items);
	rest_reply(c, 200, o);
}

static bool
name_taken(json_object *list, const char *name)
{
	json_object_object_foreach (list, id, doc) {
		(void)id;
		if (strcmp(jso_get_text(doc, "name"), name) == 0)
			return true;
	}
	return false;
}

static void
app_new(struct rest_call *c)
{
	json_object *body = rest_form_object(c), *list, *o;
	const char *type;

	if (body == NULL || (list = of_app(c)) == NULL)
		return;
	check_name(c, body, true);
	type = more_data(c, body, "image", BYTES_MAX, types);
	if (c->errors == NULL && name_taken(list, jso_get_text(body, "name")))
		rest_form_error(c, "name",
		    "APPLICATION_EMOJI_NAME_ALREADY_TAKEN",
		    "This emoji name is already taken");
	if (rest_form_refused(c))
		return;
	if (json_object_object_length(list) >= OF_APP_MAX) {
		rest_reply_error(c, REST_TOO_MANY_EMOJIS);
		return;
	}
	json_object_object_del(body, "roles");
	o = build(c, body, strcmp(type, "image/gif") == 0);
	jso_set(list, jso_get_text(o, "id"), json_object_get(o));
	rest_reply(c, 201, o);
}

static void
app_get(struct rest_call *c)
{
	json_object *list = of_app(c), *doc;

	if (list != NULL && (doc = one_of_app(c, list)) != NULL)
		rest_reply(c, 200, json_object_get(doc));
}

static void
app_edit(struct rest_call *c)
{
	json_object *body = rest_form_object(c), *list, *doc, *name;

	if (body == NULL || (list = of_app(c)) == NULL
	    || (doc = one_of_app(c, list)) == NULL)
		return;
	check_name(c, body, false);
	if (rest_form_refused(c))
		return;
	name = jso_get(body, "name");
	if (name != NULL)
		jso_set(doc, "name", json_object_get(name));
	rest_reply(c, 200, json_object_get(doc));
}

static void
app_drop(struct rest_call *c)
{
	json_object *list = of_app(c);
	char id[24];

	if (list == NULL || one_of_app(c, list) == NULL)
		return;
	must(str_format(id, sizeof(id), "%" PRIu64, c->id[1]));
	json_object_object_del(list, id);
	rest_reply_none(c);
}

const struct route routes_emoji[] = {
    {"GET", "/guilds/:guild_id/emojis", emoji_list, LIMIT_GUILD},
    {"POST", "/guilds/:guild_id/emojis", emoji_new, LIMIT_EXPRESSION},
    {"GET", "/guilds/:guild_id/emojis/:emoji_id", emoji_get, LIMIT_GUILD},
    {"PATCH", "/guilds/:guild_id/emojis/:emoji_id", emoji_edit,
	LIMIT_EXPRESSION},
    {"DELETE", "/guilds/:guild_id/emojis/:emoji_id", emoji_drop,
	LIMIT_EXPRESSION},
    {"GET", "/applications/:application_id/emojis", app_list,
	LIMIT_APPLICATION},
    {"POST", "/applications/:application_id/emojis", app_new, LIMIT_EXPRESSION},
    {"GET", "/applications/:application_id/emojis/:emoji_id", app_get,
	LIMIT_APPLICATION},
    {"PATCH", "/applications/:application_id/emojis/:emoji_id", app_edit,
	LIMIT_EXPRESSION},
    {"DELETE", "/applications/:application_id/emojis/:emoji_id", app_drop,
	LIMIT_EXPRESSION},
    {0},
};
