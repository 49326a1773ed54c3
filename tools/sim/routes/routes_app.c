/* SPDX-License-Identifier: MIT */
/* The bot's application: its settings, its linked roles, what it sells. */

#include "tools/sim/routes/routes.h"

#include "tools/sim/world/app.h"
#include "tools/sim/world/user.h"

#include <stdlib.h>
#include <string.h>

#define METADATA_MAX 5
/* What a bot may say of its own intents: those of apps not yet verified. */
#define FLAGS_LIMITED (1 << 13 | 1 << 15 | 1 << 19)

/* ---- settings --------------------------------------------------------- */

static json_object *
owner(struct world *w)
{
	return world_render_user(w, 0);
}

static unsigned
guilds_of(struct rest_call *c)
{
	unsigned n = 0;

	for (unsigned i = 0; i < world_guilds(c->w); i++)
		n += world_has_bot(c->w, i, c->bot);
	return n;
}

/* As it is shown: with its flags and what is counted; caller owns. */
static json_object *
app_object(struct rest_call *c)
{
	json_object *o = NULL;
	char flags[24];

	must(json_object_deep_copy(app_doc(c->w, c->bot), &o, NULL) == 0);
	if (c->other_bot)
		jso_set_id(o, "id", app_id(c->w, WORLD_BOT) + 1);
	must(str_format(flags, sizeof(flags), "%" PRIu64,
	    c->sim->bot[c->app].flags));
	jso_set_int(o, "flags", (int64_t)c->sim->bot[c->app].flags);
	jso_set_text(o, "flags_new", flags);
	jso_set(o, "bot", world_render_user(c->w, c->bot));
	jso_set(o, "owner", owner(c->w));
	jso_set_int(o, "approximate_guild_count", guilds_of(c));
	jso_set_int(o, "approximate_user_install_count", 0);
	jso_set_int(o, "approximate_user_authorization_count", 0);
	return o;
}

static void
app_get(struct rest_call *c)
{
	rest_reply(c, 200, app_object(c));
}

/* Bots have no OAuth2 access token. */
static void
oauth_me(struct rest_call *c)
{
	rest_reply_error(c, REST_BAD_OAUTH_TOKEN);
}

static void
install_params(struct rest_call *c, json_object *o, const char *key)
{
	json_object *p = jso_get(o, key);
	size_t was;

	if (p == NULL)
		return;
	if (!json_object_is_type(p, json_type_object)) {
		rest_form_no_object(c, key);
		return;
	}
	was = rest_form_enter(c, "%s", key);
	if (rest_form_array(c, p, "scopes", 32) == NULL)
		rest_form_required(c, "scopes");
	(void)rest_form_text(c, p, "permissions", 1, 20);
	rest_form_leave(c, was);
}

static void
integration_types(struct rest_call *c, json_object *body)
{
	json_object *o = jso_get(body, "integration_types_config");
	size_t was;

	if (o == NULL)
		return;
	if (!json_object_is_type(o, json_type_object)) {
		rest_form_no_object(c, "integration_types_config");
		return;
	}
	was = rest_form_enter(c, "integration_types_config");
	json_object_object_foreach (o, key, v) {
		size_t inner = rest_form_enter(c, "%.20s", key);

		if (strcmp(key, "0") != 0 && strcmp(key, "1") != 0)
			rest_form_error(c, "", "BASE_TYPE_CHOICES",
			    "Value must be one of {0, 1}.");
		else
			install_params(c, v, "oauth2_install_params");
		rest_form_leave(c, inner);
	}
	rest_form_leave(c, was);
}

static void
tags(struct rest_call *c, json_object *body)
{
	json_object *list = rest_form_array(c, body, "tags", 5);
	char path[32];

	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		json_object *v = json_object_array_get_idx(list, i);

		must(str_format(path, sizeof(path), "tags.%zu", i));
		if (!json_object_is_type(v, json_type_string))
			rest_form_error(c, path, "STRING_TYPE_CONVERT",
			    "Could not interpret value as string.");
		else if (rest_form_chars(json_object_get_string(v)) > 20)
			rest_form_error(c, path, "BASE_TYPE_MAX_LENGTH",
			    "Must be 20 or fewer in length.");
	}
}

static void
edit_check(struct rest_call *c, json_object *body)
{
	static const char *const urls[] = {"custom_install_url",
	    "role_connections_verification_url", "event_webhooks_url",
	    "interactions_endpoint_url"};
	int64_t n;

	(void)rest_form_string(c, body, "description", 0, 400);
	for (size_t i = 0; i < nitems(urls); i++)
		(void)rest_form_url(c, body, urls[i], false);
	/* Nothing outside is called, so nothing there can answer a PING. */
	if (jso_get(body, "interactions_endpoint_url") != NULL
	    && c->errors == NULL)
		rest_form_error(c, "interactions_endpoint_url",
		    "APPLICATION_INTERACTIONS_ENDPOINT_VERIFICATION_FAILED",
		    "The specified interactions endpoint url could not be "
		    "verified.");
	(void)rest_form_int(c, body, "event_webhooks_status", 1, 2, &n);
	(void)rest_form_array(c, body, "event_webhooks_types", 100);
	(void)rest_form_int(c, body, "flags", 0, INT32_MAX, &n);
	rest_form_image(c, body, "icon", false);
	rest_form_image(c, body, "cover_image", false);
	install_params(c, body, "install_params");
	integration_types(c, body);
	tags(c, body);
}

/* Null takes away; what a document must have is null then. */
static void
edit_apply(struct rest_call *c, json_object *doc, json_object *body)
{
	static const struct {
		const char *key;
		bool image, stays;
	} part[] = {{"description", false, true}, {"icon", true, true},
	    {"cover_image", true}, {"custom_install_url"}, {"install_params"},
	    {"role_connections_verification_url", false, true},
	    {"interactions_endpoint_url", false, true},
	    {"event_webhooks_url", false, true}, {"event_webhooks_status"},
	    {"event_webhooks_types"}, {"tags"}, {"integration_types_config"}};
	json_object *v;

	for (size_t i = 0; i < nitems(part); i++) {
		if (!json_object_object_get_ex(body, part[i].key, &v))
			continue;
		if (v == NULL && !part[i].stays)
			json_object_object_del(doc, part[i].key);
		else if (v == NULL && strcmp(part[i].key, "description") == 0)
			jso_set_text(doc, "description", "");
		else
			jso_set(doc, part[i].key,
			    part[i].image ? rest_form_image_hash(v)
					  : json_object_get(v));
	}
	if ((v = jso_get(body, "flags")) != NULL)
		c->sim->bot[c->app].flags = (c->sim->bot[c->app].flags
						& ~(uint64_t)FLAGS_LIMITED)
		    | ((uint64_t)json_object_get_int64(v) & FLAGS_LIMITED);
}

static void
app_edit(struct rest_call *c)
{
	json_object *body = rest_form_object(c);

	if (body == NULL)
		return;
	edit_check(c, body);
	if (rest_form_refused(c))
		return;
	edit_apply(c, app_doc(c->w, c->bot), body);
	rest_reply(c, 200, app_object(c));
}

/* Is the path's application the caller's? */
static bool
own(struct rest_call *c)
{
	if (c->id[0] == app_id(c->w, c->bot) + c->other_bot)
		return true;
	rest_reply_error(c, REST_UNKNOWN_APPLICATION);
	return false;
}

/* ---- linked roles ----------------------------------------------------- */

static void
metadata_get(struct rest_call *c)
{
	if (own(c))
		rest_reply(c, 200, json_object_get(app_metadata(c->w, c->bot)));
}

static void
metadata_check(struct rest_call *c, json_object *o)
{
	const char *key;
	int64_t n;

	if (!json_object_is_type(o, json_type_object)) {
		rest_form_no_object(c, "");
		return;
	}
	if (jso_get(o, "type") == NULL)
		rest_form_required(c, "type");
	(void)rest_form_int(c, o, "type", 1, 8, &n);
	key = rest_form_text(c, o, "key", 1, 50);
	if (key != NULL
	    && strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_")
		!= strlen(key))
		rest_form_error(c, "key", "STRING_TYPE_REGEX",
		    "String value did not match validation regex.");
	(void)rest_form_text(c, o, "name", 1, 100);
	(void)rest_form_text(c, o, "description", 1, 200);
}

static void
metadata_put(struct rest_call *c)
{
	json_object *list = c->body, *kept = NULL;

	if (!own(c))
		return;
	if (!json_object_is_type(list, json_type_array))
		rest_form_no_list(c, "");
	else if (json_object_array_length(list) > METADATA_MAX)
		rest_form_error(c, "", "BASE_TYPE_MAX_LENGTH",
		    "Must be %d or fewer in length.", METADATA_MAX);
	for (size_t i = 0;
	     c->errors == NULL && i < json_object_array_length(list); i++) {
		size_t was = rest_form_enter(c, "%zu", i);

		metadata_check(c, json_object_array_get_idx(list, i));
		rest_form_leave(c, was);
	}
	if (rest_form_refused(c))
		return;
	must(json_object_deep_copy(list, &kept, NULL) == 0);
	app_metadata_set(c->w, c->bot, kept);
	rest_reply(c, 200, json_object_get(kept));
}

/* ---- the shop --------------------------------------------------------- */

static void
sku_list(struct rest_call *c)
{
	if (own(c))
		rest_reply(c, 200, json_object_get(app_skus(c->w, c->bot)));
}

static bool
is_sku(struct rest_call *c, const char *id)
{
	json_object *list = app_skus(c->w, c->bot);

	for (size_t i = 0; id && i < json_object_array_length(list); i++)
		if (strcmp(jso_get_text(json_object_array_get_idx(list, i),
			       "id"),
			id)
		    == 0)
			return true;
	return false;
}

/* To the guild's shard, or that of DMs. */
static void
told(struct rest_call *c, const char *t, json_object *e)
{
	const char *id = jso_get_text(e, "guild_id");
	int64_t guild = id ? world_guild_find(c->w, strtoull(id, NULL, 10))
			   : -1;

	gateway_emit_json(c->sim, guild < 0 ? WORLD_NOWHERE : (uint32_t)guild,
	    t, e);
}

/* What is given must be the same. */
static bool
same(struct rest_call *c, json_object *e, const char *key)
{
	const char *want = rest_body_text(c, key), *is = jso_get_text(e, key);

	return want == NULL || (is != NULL && strcmp(want, is) == 0);
}

static bool
fits(struct rest_call *c, json_object *e, uint64_t id, uint64_t before)
{
	const char *skus = rest_body_text(c, "sku_ids");

	return same(c, e, "user_id") && same(c, e, "guild_id")
	    && id > rest_body_query(c, "after", 0)
	    && (before == 0 || id < before)
	    && (skus == NULL || strstr(skus, jso_get_text(e, "sku_id")));
}

static void
entitlement_list(struct rest_call *c)
{
	json_object *list;
	uint64_t before = rest_body_query(c, "before", 0);
	size_t limit;

	if (!own(c))
		return;
	limit = (size_t)rest_form_query(c, "limit", 1, 100, 100);
	if (rest_form_refused(c))
		return;
	list = json_object_new_array();
	json_object_object_foreach (app_entitlements(c->w, c->bot), key, e)
		if (json_object_array_length(list) < limit
		    && fits(c, e, strtoull(key, NULL, 10), before))
			json_object_array_add(list, json_object_get(e));
	rest_reply(c, 200, list);
}

/* Of the path's second id; NULL after an answer. */
static json_object *
entitlement(struct rest_call *c, char key[24])
{
	json_object *e;

	if (!own(c))
		return NULL;
	must(str_format(key, 24, "%" PRIu64, c->id[1]));
	e = jso_get(app_entitlements(c->w, c->bot), key);
	if (e == NULL)
		rest_reply_error(c, REST_UNKNOWN_ENTITLEMENT);
	return e;
}

static void
entitlement_get(struct rest_call *c)
{
	char key[24];
	json_object *e = entitlement(c, key);

	if (e != NULL)
		rest_reply(c, 200, json_object_get(e));
}

static json_object *
bought(struct rest_call *c, uint64_t sku, uint64_t who, bool guild)
{
	json_object *e = json_object_new_object();

	jso_set_id(e, "id", world_snowflake(c->w));
	jso_set_id(e, "sku_id", sku);
	jso_set_id(e, "application_id", c->id[0]);
	jso_set_id(e, guild ? "guild_id" : "user_id", who);
	jso_set_bool(e, "deleted", false);
	jso_set(e, "starts_at", NULL);
	jso_set(e, "ends_at", NULL);
	jso_set_int(e, "type", 8);
	jso_set_bool(e, "consumed", false);
	return e;
}

/* The form of a test entitlement: sku, owner, kind of owner. */
static bool
entitlement_form(struct rest_call *c, json_object *body, uint64_t *sku,
    uint64_t *who, int64_t *kind)
{
	static const char *const keys[] = {"sku_id", "owner_id", "owner_type"};

	for (size_t i = 0; i < nitems(keys); i++)
		if (jso_get(body, keys[i]) == NULL)
			rest_form_required(c, keys[i]);
	(void)rest_form_id(c, body, "sku_id", sku);
	(void)rest_form_id(c, body, "owner_id", who);
	(void)rest_form_int(c, body, "owner_type", 1, 2, kind);
	if (rest_form_refused(c))
		return false;
	if (!is_sku(c, jso_get_text(body, "sku_id")))
		rest_reply_error(c, REST_UNKNOWN_SKU);
	else if (*kind == 1 && guild_find(c->w, *who) == NULL)
		rest_reply_error(c, REST_UNKNOWN_GUILD);
	else if (*kind == 2 && user_find(c->w, *who) < 0)
		rest_reply_error(c, REST_UNKNOWN_USER);
	else if (json_object_object_length(app_entitlements(c->w, c->bot))
	    >= APP_ENTITLEMENTS_MAX)
		rest_reply_error(c, REST_FULL);
	else
		return true;
	return false;
}

static void
entitlement_create(struct rest_call *c)
{
	json_object *body = own(c) ? rest_form_object(c) : NULL, *e;
	uint64_t sku = 0, who = 0;
	int64_t kind = 0;

	if (body == NULL || !entitlement_form(c, body, &sku, &who, &kind))
		return;
	e = bought(c, sku, who, kind == 1);
	jso_set(app_entitlements(c->w, c->bot), jso_get_text(e, "id"), e);
	told(c, "ENTITLEMENT_CREATE", e);
	rest_reply(c, 200, json_object_get(e));
}

static void
entitlement_delete(struct rest_call *c)
{
	char key[24];
	json_object *e = entitlement(c, key);

	if (e == NULL)
		return;
	jso_set_bool(e, "deleted", true);
	told(c, "ENTITLEMENT_DELETE", e);
	json_object_object_del(app_entitlements(c->w, c->bot), key);
	rest_reply_none(c);
}

static void
entitlement_consume(struct rest_call *c)
{
	char key[24];
	json_object *e = entitlement(c, key);

	if (e == NULL)
		return;
	jso_set_bool(e, "consumed", true);
	told(c, "ENTITLEMENT_UPDATE", e);
	rest_reply_none(c);
}

/* Nobody subscribes here: there are test entitlements only. */
static void
subscription_list(struct rest_call *c)
{
	char id[24];

	must(str_format(id, sizeof(id), "%" PRIu64, c->id[0]));
	if (is_sku(c, id))
		rest_reply(c, 200, json_object_new_array());
	else
		rest_reply_error(c, REST_UNKNOWN_SKU);
}

#define ROUTE_APP "/applications/:application_id"

const struct route routes_app[] = {
    {"GET", "/applications/@me", app_get, LIMIT_APPLICATION},
    {"PATCH", "/applications/@me", app_edit, LIMIT_APPLICATION},
    {"GET", "/oauth2/applications/@me", app_get, LIMIT_APPLICATION},
    {"GET", "/oauth2/@me", oauth_me, LIMIT_APPLICATION},
    {"GET", ROUTE_APP "/role-connections/metadata", metadata_get,
	LIMIT_APPLICATION},
    {"PUT", ROUTE_APP "/role-connections/metadata", metadata_put,
	LIMIT_APPLICATION},
    {"GET", ROUTE_APP "/skus", sku_list, LIMIT_STORE},
    {"GET", ROUTE_APP "/entitlements", entitlement_list, LIMIT_STORE},
    {"POST", ROUTE_APP "/entitlements", entitlement_create, LIMIT_STORE},
    {"GET", ROUTE_APP "/entitlements/:entitlement_id", entitlement_get,
	LIMIT_STORE},
    {"DELETE", ROUTE_APP "/entitlements/:entitlement_id", entitlement_delete,
	LIMIT_STORE},
    {"POST", ROUTE_APP "/entitlements/:entitlement_id/consume",
	entitlement_consume, LIMIT_STORE},
    {"GET", "/skus/:sku_id/subscriptions", subscription_list, LIMIT_STORE},
    {0},
};
