/* SPDX-License-Identifier: MIT */
/* Guilds: get, edit, and lists of channels, members, roles. */

#include "tools/sim/routes/routes.h"

#include <inttypes.h>
#include <string.h>

/* Index of the path's guild, or -1 after an answer. */
static int64_t
guild_of(struct rest_call *c)
{
	int64_t guild = world_guild_find(c->w, c->id[0]);

	if (guild < 0)
		rest_reply_error(c, REST_UNKNOWN_GUILD);
	return guild;
}

static void
guild_get(struct rest_call *c)
{
	int64_t guild = guild_of(c);
	json_object *o;

	if (guild < 0)
		return;
	o = world_render_guild_object(c->w, (unsigned)guild);
	if (rest_body_true(c, "with_counts")) {
		jso_set_int(o, "approximate_member_count", WORLD_MEMBERS + 1);
		jso_set_int(o, "approximate_presence_count", 1);
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

/* The name an image gets: a hash of it; null takes the image away. */
static json_object *
image_hash(json_object *v)
{
	const char *s = json_object_get_string(v);
	uint64_t h;
	char text[40];

	if (v == NULL)
		return NULL;
	h = base_hash64(s, strlen(s));
	must(str_format(text, sizeof(text), "%s%016" PRIx64 "%016" PRIx64,
	    strncmp(s, "data:image/gif", 14) == 0 ? "a_" : "", h, ~h));
	return json_object_new_string(text);
}

static bool
edit_apply(struct rest_call *c, json_object *body)
{
	static const struct {
		const char *key;
		bool image;
	} part[] = {{"name"}, {"description"}, {"verification_level"},
	    {"afk_timeout"}, {"preferred_locale"}, {"icon", true},
	    {"splash", true}, {"banner", true}, {"discovery_splash", true}};
	json_object *v;

	for (size_t i = 0; i < nitems(part); i++)
		if (json_object_object_get_ex(body, part[i].key, &v)
		    && world_overlay_set(c->w, c->id[0], part[i].key,
			   part[i].image ? image_hash(v) : json_object_get(v))
			== -1) {
			rest_reply_error(c, REST_FULL);
			return false;
		}
	return true;
}

static void
guild_edit(struct rest_call *c)
{
	json_object *body = rest_form_object(c), *o;
	int64_t guild;

	if (body == NULL || (guild = guild_of(c)) < 0)
		return;
	o = world_render_guild_object(c->w, (unsigned)guild);
	edit_check(c, body, o);
	json_object_put(o);
	if (rest_form_refused(c) || !edit_apply(c, body))
		return;
	o = world_render_guild_object(c->w, (unsigned)guild);
	gateway_emit_json(c->sim, (uint32_t)guild, "GUILD_UPDATE", o);
	rest_reply(c, 200, o);
}

static void
guild_channels(struct rest_call *c)
{
	int64_t guild = guild_of(c);
	json_object *list;
	struct world_channel ch;

	if (guild < 0)
		return;
	list = json_object_new_array();
	for (unsigned n = 0; n < WORLD_CHANNELS; n++) {
		world_channel(c->w, (unsigned)guild, n, &ch);
		json_object_array_add(list, world_render_channel(c->w, &ch));
	}
	rest_reply(c, 200, list);
}

static void
guild_roles(struct rest_call *c)
{
	int64_t guild = guild_of(c);
	json_object *o;

	if (guild < 0)
		return;
	o = world_render_guild_object(c->w, (unsigned)guild);
	rest_reply(c, 200, json_object_get(json_object_object_get(o, "roles")));
	json_object_put(o);
}

/* The n-th member of a guild; the bot comes last. */
static unsigned
member_user(struct rest_call *c, unsigned guild, unsigned n)
{
	return n < WORLD_MEMBERS ? world_member(c->w, guild, n) : WORLD_BOT;
}

/* Ascending by user id, as the list's `after` needs them. */
static void
guild_members(struct rest_call *c)
{
	int64_t guild = guild_of(c);
	uint64_t limit = rest_body_query(c, "limit", 1);
	uint64_t after = rest_body_query(c, "after", 0);
	json_object *list;

	if (guild < 0)
		return;
	if (limit < 1 || limit > 1000) {
		rest_form_error(c, "limit", "NUMBER_TYPE_MAX",
		    "int value should be between 1 and 1000.");
		(void)rest_form_refused(c);
		return;
	}
	list = json_object_new_array();
	while (json_object_array_length(list) < limit) {
		uint64_t best = UINT64_MAX;
		unsigned user = 0;

		for (unsigned n = 0; n <= WORLD_MEMBERS; n++) {
			unsigned u = member_user(c, (unsigned)guild, n);
			uint64_t id = world_user_id(c->w, u);

			if (id > after && id < best) {
				best = id;
				user = u;
			}
		}
		if (best == UINT64_MAX)
			break;
		after = best;
		json_object_array_add(list,
		    world_render_member(c->w, (unsigned)guild, user, true));
	}
	rest_reply(c, 200, list);
}

static void
guild_member(struct rest_call *c)
{
	int64_t guild = guild_of(c), user = world_user_find(c->w, c->id[1]);

	if (guild < 0)
		return;
	for (unsigned n = 0; n <= WORLD_MEMBERS; n++)
		if (member_user(c, (unsigned)guild, n) == user) {
			rest_reply(c, 200,
			    world_render_member(c->w, (unsigned)guild,
				(unsigned)user, true));
			return;
		}
	rest_reply_error(c, user < 0 ? REST_UNKNOWN_USER : REST_UNKNOWN_MEMBER);
}

const struct route routes_guild[] = {
    {"GET", "/guilds/:guild_id", guild_get, LIMIT_GUILD},
    {"PATCH", "/guilds/:guild_id", guild_edit, LIMIT_GUILD_EDIT},
    {"GET", "/guilds/:guild_id/channels", guild_channels, LIMIT_GUILD},
    {"GET", "/guilds/:guild_id/members", guild_members, LIMIT_GUILD},
    {"GET", "/guilds/:guild_id/members/:user_id", guild_member, LIMIT_GUILD},
    {"GET", "/guilds/:guild_id/roles", guild_roles, LIMIT_GUILD},
    {0},
};
