/* SPDX-License-Identifier: MIT */
/* Permission overwrites of channels: of a whole form, set one by one, dropped.
 */
#include "tools/sim/routes/structure/structure.h"

#include "tools/sim/world/user.h"

#include <string.h>

static uint64_t
bits_of(struct rest_call *c, json_object *o, const char *path, const char *key)
{
	json_object *v = jso_get(o, key);
	uint64_t bits = 0;
	char at[64];

	if (v == NULL)
		return 0;
	if ((json_object_is_type(v, json_type_string)
		|| json_object_is_type(v, json_type_int))
	    && str_to_u64(json_object_get_string(v), &bits))
		return bits;
	must(str_format(at, sizeof(at), "%s%s", path, key));
	rest_form_error(c, at, "NUMBER_TYPE_COERCE",
	    "Value \"%.60s\" is not int.", json_object_get_string(v));
	return 0;
}

/* One overwrite as it is kept, of an id; path is where it is in the form.  The
 * bits it names are added to *used.  Notes errors; caller owns. */
static json_object *
one_of(struct rest_call *c, json_object *form, uint64_t id, const char *path,
    uint64_t *used)
{
	json_object *o = json_object_new_object();
	uint64_t allow = bits_of(c, form, path, "allow");
	uint64_t deny = bits_of(c, form, path, "deny");
	json_object *type = jso_get(form, "type");
	char text[24];

	if (!json_object_is_type(type, json_type_int)
	    || json_object_get_int64(type) < 0
	    || json_object_get_int64(type) > 1) {
		must(str_format(text, sizeof(text), "%stype", path));
		rest_form_error(c, text, "BASE_TYPE_CHOICES",
		    "Value must be one of {0, 1}.");
	}
	jso_set_id(o, "id", id);
	jso_set_int(o, "type", json_object_get_int64(type));
	must(str_format(text, sizeof(text), "%" PRIu64, allow));
	jso_set_text(o, "allow", text);
	must(str_format(text, sizeof(text), "%" PRIu64, deny));
	jso_set_text(o, "deny", text);
	*used |= allow | deny;
	return o;
}

json_object *
structure_overwrite_form(struct rest_call *c, json_object *body, uint64_t *used)
{
	json_object *form = rest_form_array(c, body, "permission_overwrites",
	    1000);
	json_object *list;
	char path[48];

	if (form == NULL)
		return NULL;
	list = json_object_new_array();
	for (size_t i = 0; i < json_object_array_length(form); i++) {
		json_object *one = json_object_array_get_idx(form, i);
		const char *s = jso_get_text(one, "id");
		uint64_t id = 0;

		must(str_format(path, sizeof(path),
		    "permission_overwrites.%zu.", i));
		if (s == NULL || !str_to_u64(s, &id))
			rest_form_error(c, "permission_overwrites",
			    "NUMBER_TYPE_COERCE", "An id is no snowflake.");
		json_object_array_add(list, one_of(c, one, id, path, used));
	}
	return list;
}

bool
structure_overwrite_may(struct rest_call *c, struct guild *g, uint64_t used)
{
	uint64_t has = perm_guild(g, c->bot);

	/* MANAGE_ROLES itself is given by administrators alone. */
	if ((used & PERM_MANAGE_ROLES) && has != PERM_ALL)
		used |= PERM_ADMINISTRATOR;
	return rest_guild_may(c, g, PERM_MANAGE_ROLES | used);
}

/* The path's channel, of a guild and no thread; or an answer. */
static struct guild *
target(struct rest_call *c, struct world_channel *ch)
{
	if (!rest_msg_channel(c, c->id[0], ch))
		return NULL;
	if (ch->guild == WORLD_NOWHERE)
		rest_reply_error(c, REST_DM_ACTION);
	else if (world_channel_is_thread(ch))
		rest_reply_error(c, REST_BAD_CHANNEL_TYPE);
	else if (rest_guild_may_in(c, ch, PERM_MANAGE_ROLES))
		return guild_at(c->w, ch->guild);
	return NULL;
}

/* Where the id's overwrite is in the list, or -1. */
static int
find(json_object *list, uint64_t id)
{
	for (size_t i = 0; i < json_object_array_length(list); i++)
		if (jso_get_id(json_object_array_get_idx(list, i), "id") == id)
			return (int)i;
	return -1;
}

static bool
exists(struct world *w, struct guild *g, uint64_t id, bool member)
{
	int64_t user;

	if (!member)
		return guild_get(g, GUILD_ROLES, id) != NULL;
	user = user_find(w, id);
	return user >= 0 && guild_member_is(g, (unsigned)user);
}

static void
told(struct rest_call *c, struct guild *g, const struct world_channel *ch,
    int type, json_object *one)
{
	json_object *o = world_render_channel(c->w, ch);
	json_object *options = json_object_new_object();

	gateway_emit_json(c->sim, ch->guild, "CHANNEL_UPDATE", o);
	json_object_put(o);
	jso_set(options, "id", json_object_get(jso_get(one, "id")));
	jso_set_text(options, "type",
	    json_object_get_int(jso_get(one, "type")) == 1 ? "1" : "0");
	rest_guild_audit_with(c, g, type, ch->id, NULL, options);
	rest_reply_none(c);
}

static void
overwrite_put(struct rest_call *c)
{
	json_object *body = rest_form_object(c), *one, *list;
	struct world_channel ch;
	struct guild *g;
	uint64_t used = 0;
	int at;

	if (body == NULL || (g = target(c, &ch)) == NULL)
		return;
	one = one_of(c, body, c->id[1], "", &used);
	if (rest_form_refused(c) || !structure_overwrite_may(c, g, used)) {
		json_object_put(one);
		return;
	}
	if (!exists(c->w, g, c->id[1],
		json_object_get_int(jso_get(one, "type")) == 1)) {
		json_object_put(one);
		rest_reply_error(c, REST_UNKNOWN_OVERWRITE);
		return;
	}
	guild_change(g);
	list = jso_get(ch.doc, "permission_overwrites");
	at = find(list, c->id[1]);
	if (at >= 0)
		json_object_array_put_idx(list, (size_t)at, one);
	else
		json_object_array_add(list, one);
	told(c, g, &ch, at >= 0 ? ACT_OVERWRITE_UPDATE : ACT_OVERWRITE_CREATE,
	    one);
}

static void
overwrite_drop(struct rest_call *c)
{
	struct world_channel ch;
	struct guild *g = target(c, &ch);
	json_object *list, *one;
	int at;

	if (g == NULL)
		return;
	list = jso_get(ch.doc, "permission_overwrites");
	at = find(list, c->id[1]);
	if (at < 0) {
		rest_reply_error(c, REST_UNKNOWN_OVERWRITE);
		return;
	}
	one = json_object_get(json_object_array_get_idx(list, (size_t)at));
	guild_change(g);
	json_object_array_del_idx(list, (size_t)at, 1);
	told(c, g, &ch, ACT_OVERWRITE_DELETE, one);
	json_object_put(one);
}

#define ROUTE_OVERWRITE "/channels/:channel_id/permissions/:overwrite_id"

const struct route routes_overwrite[] = {
    {"PUT", ROUTE_OVERWRITE, overwrite_put, LIMIT_CHANNEL_EDIT},
    {"DELETE", ROUTE_OVERWRITE, overwrite_drop, LIMIT_CHANNEL_EDIT},
    {0},
};
