/* SPDX-License-Identifier: MIT */
/*
 * Roles of a guild: listed, counted, made, moved, edited, deleted.  Nobody
 * touches a role that is not below their own highest, nor grants what they lack.
 */
#include "tools/sim/routes/structure/structure.h"

#include "tools/sim/act/act.h"
#include "tools/sim/world/user.h"

#include <stdlib.h>
#include <string.h>

static void
role_list(struct rest_call *c)
{
	struct guild *g = rest_guild(c);

	if (g != NULL)
		rest_reply(c, 200, guild_array(g, GUILD_ROLES));
}

static void
role_get(struct rest_call *c)
{
	struct guild *g = rest_guild(c);
	json_object *role = g
	    ? rest_guild_doc(c, g, GUILD_ROLES, c->id[1], REST_UNKNOWN_ROLE)
	    : NULL;

	if (role != NULL)
		rest_reply(c, 200, json_object_get(role));
}

static bool
count_one(void *arg, struct guild *g, unsigned user)
{
	json_object *counts = arg, *m = guild_member(g, user);
	json_object *roles = jso_get(m, "roles");

	for (size_t i = 0; i < json_object_array_length(roles); i++) {
		const char *id = json_object_get_string(
		    json_object_array_get_idx(roles, i));
		json_object *n = jso_get(counts, id);

		if (n != NULL)
			json_object_set_int64(n, json_object_get_int64(n) + 1);
	}
	json_object_put(m);
	return true;
}

/* Everyone has @everyone: it is not counted. */
static void
role_counts(struct rest_call *c)
{
	struct guild *g = rest_guild(c);
	json_object *counts;

	if (g == NULL)
		return;
	counts = json_object_new_object();
	json_object_object_foreach (guild_docs(g, GUILD_ROLES), id, role) {
		(void)role;
		if (strtoull(id, NULL, 10) != guild_id(g))
			jso_set_int(counts, id, 0);
	}
	guild_member_each(g, count_one, counts);
	rest_reply(c, 200, counts);
}

/* ---- the form ------------------------------------------------------------ */

/* Permissions as a text or a number; true when given and right. */
static bool
form_permissions(struct rest_call *c, json_object *body, uint64_t *bits)
{
	json_object *v = jso_get(body, "permissions");

	if (v == NULL)
		return false;
	if ((json_object_is_type(v, json_type_string)
		|| json_object_is_type(v, json_type_int))
	    && str_to_u64(json_object_get_string(v), bits))
		return true;
	rest_form_error(c, "permissions", "NUMBER_TYPE_COERCE",
	    "Value \"%.60s\" is not int.", json_object_get_string(v));
	return false;
}

/* False: answered. */
static bool
form_check(struct rest_call *c, struct guild *g, json_object *body)
{
	json_object *colors = jso_get(body, "colors");
	uint64_t bits = 0;
	int64_t n;

	(void)rest_form_string(c, body, "name", 0, 100);
	(void)rest_form_string(c, body, "unicode_emoji", 0, 100);
	(void)rest_form_int(c, body, "color", 0, 0xffffff, &n);
	if (colors != NULL && !json_object_is_type(colors, json_type_object))
		rest_form_no_object(c, "colors");
	else if (colors != NULL)
		(void)rest_form_int(c, colors, "primary_color", 0, 0xffffff,
		    &n);
	(void)rest_form_bool(c, body, "hoist", false);
	(void)rest_form_bool(c, body, "mentionable", false);
	if (jso_get(body, "icon") != NULL)
		rest_form_error(c, "icon", "GUILD_FEATURE_MISSING",
		    "This guild lacks the feature ROLE_ICONS.");
	(void)form_permissions(c, body, &bits);
	return !rest_form_refused(c) && rest_guild_may(c, g, bits);
}

static void
apply_color(json_object *role, json_object *body)
{
	json_object *colors = jso_get(body, "colors"), *to;
	json_object *color = jso_get(body, "color");

	if (colors != NULL)
		color = jso_get(colors, "primary_color");
	if (color == NULL)
		return;
	to = json_object_new_object();
	jso_set(to, "primary_color", json_object_get(color));
	jso_set(to, "secondary_color",
	    json_object_get(jso_get(colors, "secondary_color")));
	jso_set(to, "tertiary_color",
	    json_object_get(jso_get(colors, "tertiary_color")));
	jso_set(role, "colors", to);
	jso_set_int(role, "color", json_object_get_int64(color));
}

/* null is the default of what may not be null. */
static void
apply(struct rest_call *c, json_object *role, json_object *body)
{
	static const char *const keys[] = {"name", "hoist", "mentionable",
	    NULL};
	static const char *const nullable[] = {"unicode_emoji", NULL};
	uint64_t bits;
	char text[24];

	for (size_t i = 0; keys[i] != NULL; i++)
		if (jso_get(body, keys[i]) != NULL)
			jso_set(role, keys[i],
			    json_object_get(jso_get(body, keys[i])));
	rest_form_copy(role, body, nullable);
	apply_color(role, body);
	if (form_permissions(c, body, &bits)) {
		must(str_format(text, sizeof(text), "%" PRIu64, bits));
		jso_set_text(role, "permissions", text);
	}
}

static void
emit(struct rest_call *c, struct guild *g, const char *t, json_object *role)
{
	json_object *o = json_object_new_object();

	jso_set(o, "role", json_object_get(role));
	rest_guild_emit(c, g, t, o);
	json_object_put(o);
}

static json_object *
blank(struct guild *g, uint64_t id)
{
	json_object *role = json_object_new_object();
	json_object *colors = json_object_new_object();

	jso_set_int(colors, "primary_color", 0);
	jso_set(colors, "secondary_color", NULL);
	jso_set(colors, "tertiary_color", NULL);
	jso_set_id(role, "id", id);
	jso_set_text(role, "name", "new role");
	jso_set_int(role, "color", 0);
	jso_set(role, "colors", colors);
	jso_set_bool(role, "hoist", false);
	jso_set(role, "icon", NULL);
	jso_set(role, "unicode_emoji", NULL);
	jso_set_int(role, "position", 1);
	jso_set_text(role, "permissions",
	    jso_get_text(guild_get(g, GUILD_ROLES, guild_id(g)),
		"permissions"));
	jso_set_bool(role, "managed", false);
	jso_set_bool(role, "mentionable", false);
	jso_set_int(role, "flags", 0);
	return role;
}

static void
role_new(struct rest_call *c)
{
	json_object *body = rest_form_object(c), *role;
	struct guild *g;
	uint64_t id;

	if (body == NULL || (g = rest_guild(c)) == NULL
	    || !rest_guild_may(c, g, PERM_MANAGE_ROLES)
	    || !form_check(c, g, body))
		return;
	if (guild_count(g, GUILD_ROLES) >= guild_most(GUILD_ROLES)) {
		rest_reply_error(c, REST_TOO_MANY_ROLES);
		return;
	}
	id = world_snowflake(c->w);
	role = blank(g, id);
	apply(c, role, body);
	must(guild_put(g, GUILD_ROLES, id, role));
	emit(c, g, "GUILD_ROLE_CREATE", role);
	rest_guild_audit(c, g, ACT_ROLE_CREATE, id,
	    rest_guild_changes(NULL, role));
	rest_reply(c, 200, json_object_get(role));
}

/* The role of the path when the bot may touch it; everyone's is below all. */
static json_object *
touchable(struct rest_call *c, struct guild **g)
{
	json_object *role;

	if ((*g = rest_guild(c)) == NULL
	    || !rest_guild_may(c, *g, PERM_MANAGE_ROLES))
		return NULL;
	role = rest_guild_doc(c, *g, GUILD_ROLES, c->id[1], REST_UNKNOWN_ROLE);
	return role != NULL && rest_guild_above_role(c, *g, role) ? role : NULL;
}

static void
role_edit(struct rest_call *c)
{
	json_object *body = rest_form_object(c), *role, *was = NULL, *changes;
	struct guild *g;

	if (body == NULL || (role = touchable(c, &g)) == NULL
	    || !form_check(c, g, body))
		return;
	must(json_object_deep_copy(role, &was, NULL) == 0);
	guild_change(g);
	apply(c, role, body);
	changes = rest_guild_changes(was, role);
	if (!json_object_equal(was, role))
		emit(c, g, "GUILD_ROLE_UPDATE", role);
	if (changes != NULL)
		rest_guild_audit(c, g, ACT_ROLE_UPDATE, c->id[1], changes);
	json_object_put(was);
	rest_reply(c, 200, json_object_get(role));
}

/* Overwrites of a role that is gone go with it. */
static void
overwrites_drop(struct rest_call *c, struct guild *g, uint64_t role)
{
	json_object_object_foreach (guild_docs(g, GUILD_CHANNELS), key, doc) {
		json_object *list = jso_get(doc, "permission_overwrites");
		size_t n = list ? json_object_array_length(list) : 0;

		(void)key;
		for (size_t i = n; i-- > 0;) {
			const char *id =
			    jso_get_text(json_object_array_get_idx(list, i),
				"id");

			if (strtoull(id, NULL, 10) != role)
				continue;
			json_object_array_del_idx(list, i, 1);
			rest_guild_emit(c, g, "CHANNEL_UPDATE", doc);
		}
	}
}

static void
role_drop(struct rest_call *c)
{
	struct guild *g;
	json_object *role = touchable(c, &g), *was, *o;

	if (role == NULL)
		return;
	if (c->id[1] == guild_id(g)
	    || json_object_get_boolean(jso_get(role, "managed"))) {
		rest_reply_error(c, REST_INVALID_ROLE);
		return;
	}
	was = json_object_get(role);
	guild_drop(g, GUILD_ROLES, c->id[1]);
	guild_member_role_gone(g, c->id[1]);
	o = json_object_new_object();
	jso_set_id(o, "role_id", c->id[1]);
	rest_guild_emit(c, g, "GUILD_ROLE_DELETE", o);
	json_object_put(o);
	overwrites_drop(c, g, c->id[1]);
	rest_guild_audit(c, g, ACT_ROLE_DELETE, c->id[1],
	    rest_guild_changes(was, NULL));
	json_object_put(was);
	rest_reply_none(c);
}

/* ---- positions ----------------------------------------------------------- */

/* One of the list: the role it moves, and where to; NULL after an answer or
 * an error noted. */
static json_object *
move_of(struct rest_call *c, struct guild *g, json_object *one, int64_t *to)
{
	json_object *role, *at = jso_get(one, "position");
	uint64_t id = 0;

	if (!rest_form_id(c, one, "id", &id) && c->errors == NULL)
		rest_form_required(c, "id");
	*to = at ? json_object_get_int64(at) : -1;
	if (at != NULL && (!json_object_is_type(at, json_type_int) || *to < 0))
		rest_form_error(c, "position", "NUMBER_TYPE_COERCE",
		    "int value should be 0 or greater.");
	if (rest_form_refused(c))
		return NULL;
	role = rest_guild_doc(c, g, GUILD_ROLES, id, REST_UNKNOWN_ROLE);
	if (role == NULL || at == NULL
	    || *to == json_object_get_int64(jso_get(role, "position")))
		return role;
	if (id == guild_id(g)) {
		rest_reply_error(c, REST_INVALID_ROLE);
		return NULL;
	}
	if (!rest_guild_above_role(c, g, role))
		return NULL;
	if (*to < perm_rank(g, c->bot))
		return role;
	rest_reply_error(c, REST_MISSING_PERMISSIONS);
	return NULL;
}

static void
role_move(struct rest_call *c)
{
	struct guild *g = rest_guild(c);
	json_object *list = c->body, *role;
	int64_t to;

	if (g == NULL || !rest_guild_may(c, g, PERM_MANAGE_ROLES))
		return;
	if (!json_object_is_type(list, json_type_array)) {
		rest_form_no_list(c, "");
		(void)rest_form_refused(c);
		return;
	}
	/* All of them are right, or none is moved. */
	for (size_t i = 0; i < json_object_array_length(list); i++)
		if (move_of(c, g, json_object_array_get_idx(list, i), &to)
		    == NULL)
			return;
	guild_change(g);
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		role = move_of(c, g, json_object_array_get_idx(list, i), &to);
		if (role == NULL)
			return;
		if (to < 0
		    || to == json_object_get_int64(jso_get(role, "position")))
			continue;
		jso_set_int(role, "position", to);
		emit(c, g, "GUILD_ROLE_UPDATE", role);
	}
	rest_reply(c, 200, guild_array(g, GUILD_ROLES));
}

#define ROUTE_ROLES "/guilds/:guild_id/roles"

const struct route routes_role[] = {
    {"GET", ROUTE_ROLES, role_list, LIMIT_GUILD},
    {"GET", ROUTE_ROLES "/member-counts", role_counts, LIMIT_GUILD},
    {"GET", ROUTE_ROLES "/:role_id", role_get, LIMIT_GUILD},
    {"POST", ROUTE_ROLES, role_new, LIMIT_ROLE_WRITE},
    {"PATCH", ROUTE_ROLES, role_move, LIMIT_ROLE_WRITE},
    {"PATCH", ROUTE_ROLES "/:role_id", role_edit, LIMIT_ROLE_WRITE},
    {"DELETE", ROUTE_ROLES "/:role_id", role_drop, LIMIT_ROLE_WRITE},
    {0},
};
