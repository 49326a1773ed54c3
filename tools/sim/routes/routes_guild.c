/* SPDX-License-Identifier: MIT */
/* Guilds: get, edit, and lists of channels, members. */

#include "tools/sim/routes/routes.h"
#include "tools/sim/world/guild.h"
#include "tools/sim/world/user.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void
guild_get_one(struct rest_call *c)
{
	struct guild *g = rest_guild(c);
	json_object *o;

	if (g == NULL)
		return;
	o = guild_object(g);
	if (rest_body_true(c, "with_counts")) {
		jso_set_int(o, "approximate_member_count", guild_members(g));
		jso_set_int(o, "approximate_presence_count", guild_members(g));
	}
	rest_reply(c, 200, o);
}

static bool
feature(json_object *guild, const char *name)
{
	json_object *list = json_object_object_get(guild, "features");

	return strstr(json_object_get_string(list), name) != NULL;
}

static void
edit_check(struct rest_call *c, json_object *body, json_object *now)
{
	static const char *const images[] = {"icon", "splash", "banner",
	    "discovery_splash"};
	int64_t n;

	(void)rest_form_string(c, body, "name", 2, 100);
	(void)rest_form_string(c, body, "description", 0, 300);
	(void)rest_form_int(c, body, "verification_level", 0, 4, &n);
	(void)rest_form_int(c, body, "afk_timeout", 60, 3600, &n);
	for (size_t i = 0; i < nitems(images); i++)
		rest_form_image(c, body, images[i],
		    feature(now, i == 0 ? "ANIMATED_ICON" : "ANIMATED_BANNER"));
	if (jso_get(body, "banner") != NULL && !feature(now, "\"BANNER"))
		rest_form_error(c, "banner", "GUILD_FEATURE_MISSING",
		    "This guild lacks the feature BANNER.");
}

static void
edit_apply(struct guild *g, json_object *body)
{
	static const struct {
		const char *key;
		bool image, always; /* always: null leaves it as it is */
	} part[] = {{"name", false, true}, {"description"},
	    {"verification_level"}, {"afk_timeout"}, {"preferred_locale"},
	    {"icon", true}, {"splash", true}, {"banner", true},
	    {"discovery_splash", true}};
	json_object *v;

	guild_change(g);
	for (size_t i = 0; i < nitems(part); i++)
		if (json_object_object_get_ex(body, part[i].key, &v)
		    && (v != NULL || !part[i].always))
			jso_set(guild_head(g), part[i].key,
			    part[i].image ? rest_form_image_hash(v)
					  : json_object_get(v));
}

static void
guild_edit(struct rest_call *c)
{
	json_object *body = rest_form_object(c), *o;
	struct guild *g;

	if (body == NULL || (g = rest_guild(c)) == NULL)
		return;
	edit_check(c, body, guild_head(g));
	if (rest_form_refused(c))
		return;
	edit_apply(g, body);
	o = guild_object(g);
	gateway_emit_json(c->sim, guild_index(g), "GUILD_UPDATE", o);
	rest_reply(c, 200, o);
}

static void
guild_channels(struct rest_call *c)
{
	struct guild *g = rest_guild(c);
	json_object *list;

	if (g == NULL)
		return;
	list = json_object_new_array();
	json_object_object_foreach (guild_docs(g, GUILD_CHANNELS), id, doc) {
		struct world_channel ch;

		(void)doc;
		must(world_channel_find(c->w, strtoull(id, NULL, 10), &ch));
		json_object_array_add(list, world_render_channel(c->w, &ch));
	}
	rest_reply(c, 200, list);
}

struct finding {
	uint64_t after;
	unsigned *user;
	size_t n;
};

static bool
find_after(void *arg, struct guild *g, unsigned user)
{
	struct finding *f = arg;

	if (user_id(guild_world(g), user) > f->after)
		f->user[f->n++] = user;
	return true;
}

static int
by_id(const void *a, const void *b, void *w)
{
	uint64_t x = user_id(w, *(const unsigned *)a);
	uint64_t y = user_id(w, *(const unsigned *)b);

	return x < y ? -1 : x > y;
}

/* Ascending by user id, as the list's `after` needs them. */
static void
guild_members_list(struct rest_call *c)
{
	struct guild *g = rest_guild(c);
	uint64_t limit = rest_body_query(c, "limit", 1);
	struct finding f = {.after = rest_body_query(c, "after", 0)};
	json_object *list;

	if (g == NULL)
		return;
	if (limit < 1 || limit > 1000) {
		rest_form_error(c, "limit", "NUMBER_TYPE_MAX",
		    "int value should be between 1 and 1000.");
		(void)rest_form_refused(c);
		return;
	}
	f.user = base_alloc(guild_members(g) * sizeof(*f.user));
	guild_member_each(g, find_after, &f);
	qsort_r(f.user, f.n, sizeof(*f.user), by_id, c->w);
	list = json_object_new_array();
	for (size_t i = 0; i < f.n && i < limit; i++)
		json_object_array_add(list, guild_member(g, f.user[i]));
	free(f.user);
	rest_reply(c, 200, list);
}

static void
guild_member_get(struct rest_call *c)
{
	struct guild *g = rest_guild(c);
	int64_t user = user_find(c->w, c->id[1]);

	if (g == NULL)
		return;
	if (user < 0)
		rest_reply_error(c, REST_UNKNOWN_USER);
	else if (!guild_member_is(g, (unsigned)user))
		rest_reply_error(c, REST_UNKNOWN_MEMBER);
	else
		rest_reply(c, 200, guild_member(g, (unsigned)user));
}

const struct route routes_guild[] = {
    {"GET", "/guilds/:guild_id", guild_get_one, LIMIT_GUILD},
    {"PATCH", "/guilds/:guild_id", guild_edit, LIMIT_GUILD_EDIT},
    {"GET", "/guilds/:guild_id/channels", guild_channels, LIMIT_GUILD},
    {"GET", "/guilds/:guild_id/members", guild_members_list, LIMIT_GUILD},
    {"GET", "/guilds/:guild_id/members/:user_id", guild_member_get,
	LIMIT_GUILD},
    {0},
};
