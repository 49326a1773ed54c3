/* SPDX-License-Identifier: MIT */
#include "tools/sim/world/app.h"

#include "tools/sim/base/jso.h"
#include "tools/sim/world/user.h"
#include "tools/sim/world/world_impl.h"

#include <inttypes.h>
#include <string.h>

/* A subscription of users, its group, and a thing to use up. */
static const struct {
	const char *name, *slug;
	int type, flags;
} sku[] = {
    {"Greenhouse Season", "greenhouse-season", 5, 1 << 2 | 1 << 8},
    {"Greenhouse Season", "greenhouse-season", 6, 1 << 2 | 1 << 8},
    {"Basket of Plums", "basket-of-plums", 3, 1 << 2},
};

uint64_t
app_id(const struct world *w, unsigned bot)
{
	return bot == WORLD_BOT ? w->app : user_id(w, bot);
}

static json_object *
scopes(const char *a, const char *b)
{
	json_object *o = json_object_new_object();
	json_object *list = json_object_new_array();

	json_object_array_add(list, json_object_new_string(a));
	if (b != NULL)
		json_object_array_add(list, json_object_new_string(b));
	jso_set(o, "scopes", list);
	jso_set_text(o, "permissions", "0");
	return o;
}

/* {"0": of guilds, "1": of users}. */
static json_object *
installs(void)
{
	json_object *o = json_object_new_object();
	json_object *guild = json_object_new_object();
	json_object *user = json_object_new_object();

	jso_set(guild, "oauth2_install_params",
	    scopes("applications.commands", "bot"));
	jso_set(user, "oauth2_install_params",
	    scopes("applications.commands", NULL));
	jso_set(o, "0", guild);
	jso_set(o, "1", user);
	return o;
}

static json_object *
application(struct world *w, unsigned bot)
{
	static const char *const none[] = {"icon", "type", "team",
	    "interactions_endpoint_url", "role_connections_verification_url",
	    "event_webhooks_url"};
	json_object *o = json_object_new_object();
	char key[80];

	jso_set_id(o, "id", app_id(w, bot));
	jso_set(o, "name",
	    json_object_get(jso_get(user_doc(w, bot), "username")));
	jso_set_text(o, "description", "A bot in a little world");
	jso_set_text(o, "summary", "");
	for (size_t i = 0; i < nitems(none); i++)
		jso_set(o, none[i], NULL);
	jso_set_bool(o, "bot_public", true);
	jso_set_bool(o, "bot_require_code_grant", false);
	jso_set_bool(o, "is_monetized", true);
	jso_set_bool(o, "hook", true);
	must(str_format(key, sizeof(key),
	    "%016" PRIx64 "%016" PRIx64 "%016" PRIx64 "%016" PRIx64,
	    world_hash(w, WORLD_HASH_KEY, 0), world_hash(w, WORLD_HASH_KEY, 1),
	    world_hash(w, WORLD_HASH_KEY, 2),
	    world_hash(w, WORLD_HASH_KEY, 3)));
	jso_set_text(o, "verify_key", key);
	jso_set(o, "redirect_uris", json_object_new_array());
	jso_set(o, "tags", json_object_new_array());
	jso_set_int(o, "event_webhooks_status", 1);
	jso_set(o, "event_webhooks_types", json_object_new_array());
	jso_set(o, "install_params", scopes("applications.commands", "bot"));
	jso_set(o, "integration_types_config", installs());
	return o;
}

static json_object *
for_sale(struct world *w, unsigned bot)
{
	json_object *list = json_object_new_array();

	for (size_t i = 0; i < nitems(sku); i++) {
		json_object *o = json_object_new_object();

		jso_set_id(o, "id", app_id(w, bot) + 16 + i);
		jso_set_int(o, "type", sku[i].type);
		jso_set_id(o, "application_id", app_id(w, bot));
		jso_set_text(o, "name", sku[i].name);
		jso_set_text(o, "slug", sku[i].slug);
		jso_set_int(o, "flags", sku[i].flags);
		json_object_array_add(list, o);
	}
	return list;
}

/* All of a bot's, in one object that a world's file can take as it is. */
static json_object *
app(struct world *w, unsigned bot)
{
	char key[24];
	json_object *o;

	must(str_format(key, sizeof(key), "%" PRIu64, user_id(w, bot)));
	if (w->apps == NULL)
		w->apps = json_object_new_object();
	o = jso_get(w->apps, key);
	if (o != NULL)
		return o;
	o = json_object_new_object();
	jso_set(o, "application", application(w, bot));
	jso_set(o, "role_connections", json_object_new_array());
	jso_set(o, "skus", for_sale(w, bot));
	jso_set(o, "entitlements", json_object_new_object());
	jso_set(w->apps, key, o);
	return o;
}

json_object *
app_doc(struct world *w, unsigned bot)
{
	return jso_get(app(w, bot), "application");
}

json_object *
app_metadata(struct world *w, unsigned bot)
{
	return jso_get(app(w, bot), "role_connections");
}

void
app_metadata_set(struct world *w, unsigned bot, json_object *list)
{
	jso_set(app(w, bot), "role_connections", list);
}

json_object *
app_skus(struct world *w, unsigned bot)
{
	return jso_get(app(w, bot), "skus");
}

json_object *
app_entitlements(struct world *w, unsigned bot)
{
	return jso_get(app(w, bot), "entitlements");
}

json_object *
app_all(struct world *w)
{
	return w->apps;
}

static const struct {
	const char *key;
	json_type type;
} part[] = {
    {"application", json_type_object},
    {"role_connections", json_type_array},
    {"skus", json_type_array},
    {"entitlements", json_type_object},
};

static bool
list_ok(json_object *list)
{
	for (size_t i = 0; i < json_object_array_length(list); i++)
		if (!json_object_is_type(
			jso_get(json_object_array_get_idx(list, i), "id"),
			json_type_string))
			return false;
	return true;
}

bool
app_restore(struct world *w, json_object *all)
{
	if (!json_object_is_type(all, json_type_object))
		return false;
	json_object_object_foreach (all, id, one) {
		(void)id;
		for (size_t i = 0; i < nitems(part); i++)
			if (!json_object_is_type(jso_get(one, part[i].key),
				part[i].type))
				return false;
		if (!list_ok(jso_get(one, "skus")))
			return false;
		json_object_object_foreach (jso_get(one, "entitlements"), key,
		    e) {
			(void)key;
			if (!json_object_is_type(jso_get(e, "sku_id"),
				json_type_string))
				return false;
		}
	}
	json_object_put(w->apps);
	w->apps = json_object_get(all);
	return true;
}
