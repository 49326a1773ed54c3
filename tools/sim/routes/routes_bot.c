/* SPDX-License-Identifier: MIT */
/* The bot itself: gateway, users, its guilds, DM channels. */

#include "tools/sim/routes/routes.h"

#include "tools/sim/act/act_member.h"
#include "tools/sim/book/starts.h"
#include "tools/sim/world/user.h"
#include "tools/sim/world/app.h"

#include "shared/base/clock.h"

#include <string.h>

static void
gateway(struct rest_call *c)
{
	json_object *o = json_object_new_object();

	jso_set_text(o, "url", c->sim->url_gateway);
	rest_reply(c, 200, o);
}

static json_object *
start_limit(struct sim *sim, unsigned bot)
{
	json_object *o = json_object_new_object();
	int64_t after = (int64_t)starts_reset_after_ms(sim, bot);

	jso_set_int(o, "total", sim->bot[bot].starts.total);
	jso_set_int(o, "remaining", sim->bot[bot].starts.remaining);
	jso_set_int(o, "reset_after", after);
	jso_set_int(o, "max_concurrency", sim->cfg.max_concurrency);
	return o;
}

static void
gateway_bot(struct rest_call *c)
{
	json_object *o = json_object_new_object();

	jso_set_text(o, "url", c->sim->url_gateway);
	jso_set_int(o, "shards", c->sim->cfg.shards);
	jso_set(o, "session_start_limit", start_limit(c->sim, c->app));
	rest_reply(c, 200, o);
}

/* The bot as only it sees itself; caller owns. */
static json_object *
self(struct rest_call *c)
{
	json_object *o = world_render_own(c->w, c->bot);

	if (c->other_bot) {
		jso_set_id(o, "id", app_id(c->w, WORLD_BOT) + 1);
		jso_set_text(o, "username", "other-bot");
	}
	if (jso_get(o, "banner") == NULL)
		jso_set(o, "banner", NULL);
	jso_set(o, "accent_color", NULL);
	jso_set_text(o, "locale", "en-US");
	jso_set_int(o, "premium_type", 0);
	return o;
}

static void
user_me(struct rest_call *c)
{
	rest_reply(c, 200, self(c));
}

/* Twice in an hour; refused as a form, as Discord does. */
static void
name_check(struct rest_call *c, json_object *body)
{
	const char *name = rest_form_string(c, body, "username", 2, 32);
	struct limit_answer a;

	if (name == NULL || c->errors != NULL
	    || strcmp(name, jso_get_text(user_doc(c->w, c->bot), "username"))
		== 0)
		return;
	if (strcasestr(name, "discord") != NULL
	    || strcasestr(name, "clyde") != NULL || strpbrk(name, "@#:") != NULL
	    || strstr(name, "```") != NULL) {
		rest_form_error(c, "username", "USERNAME_INVALID_CONTAINS",
		    "Username cannot contain \"%s\"",
		    strpbrk(name, "@#:`") ? "@, #, :, ```" : "discord");
		return;
	}
	limit_take(c->rest->limit, c->app, LIMIT_USER_NAME,
	    user_id(c->w, c->bot), clock_boot_ms(), &a);
	if (a.refused)
		rest_form_error(c, "username", "USERNAME_RATE_LIMIT",
		    "You are changing your username or Discord Tag too fast. "
		    "Try again later.");
}

/* USER_UPDATE goes to every shard. */
static void
user_edit(struct rest_call *c)
{
	static const char *const image[] = {"avatar", "banner"};
	const struct gateway_audience to = {.bot = (int)c->app,
	    .but = GATEWAY_ANY,
	    .all_shards = true};
	json_object *body = rest_form_object(c), *doc, *v;

	if (body == NULL)
		return;
	for (size_t i = 0; i < nitems(image); i++)
		rest_form_image(c, body, image[i], true);
	name_check(c, body);
	if (rest_form_refused(c))
		return;
	doc = user_doc(c->w, c->bot);
	if ((v = jso_get(body, "username")) != NULL)
		jso_set(doc, "username", json_object_get(v));
	for (size_t i = 0; i < nitems(image); i++)
		if (json_object_object_get_ex(body, image[i], &v))
			jso_set(doc, image[i], rest_form_image_hash(v));
	user_changed(c->w, c->bot);
	v = self(c);
	gateway_emit_to(c->sim, &to, WORLD_NOWHERE, "USER_UPDATE", v);
	rest_reply(c, 200, v);
}

static void
user_get(struct rest_call *c)
{
	int64_t user = user_find(c->w, c->id[0]);

	if (user < 0)
		rest_reply_error(c, REST_UNKNOWN_USER);
	else
		rest_reply(c, 200, world_render_user(c->w, (unsigned)user));
}

static void
dm_open(struct rest_call *c)
{
	json_object *body = rest_form_object(c);
	struct world_channel ch;
	uint64_t id = 0;
	int64_t user;

	if (body == NULL)
		return;
	if (!rest_form_id(c, body, "recipient_id", &id) && c->errors == NULL)
		rest_form_required(c, "recipient_id");
	if (rest_form_refused(c))
		return;
	user = user_find(c->w, id);
	if (user < 0)
		rest_reply_error(c, REST_UNKNOWN_USER);
	else if (user_bot_number(c->w, (unsigned)user) >= 0)
		rest_reply_error(c, REST_NO_DM);
	else {
		world_dm_open(c->w, c->app, (unsigned)user, &ch);
		rest_reply(c, 200, world_render_channel(c->w, &ch));
	}
}

/* ---- the bot's guilds ------------------------------------------------- */

static json_object *
brief(struct rest_call *c, struct guild *g, bool counts)
{
	static const char *const keys[] = {"id", "name", "icon", "banner",
	    "features", NULL};
	json_object *o = json_object_new_object();
	char may[24];

	rest_form_copy(o, guild_head(g), keys);
	jso_set_bool(o, "owner", perm_owner(g, c->bot));
	must(str_format(may, sizeof(may), "%" PRIu64, perm_guild(g, c->bot)));
	jso_set_text(o, "permissions", may);
	if (counts) {
		jso_set_int(o, "approximate_member_count", guild_members(g));
		jso_set_int(o, "approximate_presence_count", guild_members(g));
	}
	return o;
}

/* Guilds' ids ascend with their index: the first whose id is not below. */
static unsigned
not_below(const struct world *w, uint64_t id)
{
	unsigned from = 0, to = world_guilds(w);

	while (from < to) {
		unsigned middle = from + (to - from) / 2;

		if (world_guild_id(w, middle) < id)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

/* Where a page begins that ends before this index. */
static unsigned
back_from(struct rest_call *c, unsigned to, unsigned limit)
{
	while (to > 0 && limit > 0)
		limit -= world_has_bot(c->w, --to, c->bot);
	return to;
}

static void
guild_list(struct rest_call *c)
{
	uint64_t before = rest_body_query(c, "before", 0);
	uint64_t after = rest_body_query(c, "after", 0);
	bool counts = rest_body_true(c, "with_counts");
	unsigned from = 0, to = world_guilds(c->w), limit;
	json_object *list;

	limit = (unsigned)rest_form_query(c, "limit", 1, 200, 200);
	if (rest_form_refused(c))
		return;
	if (before != 0)
		to = not_below(c->w, before);
	if (after != 0)
		from = not_below(c->w, after + 1);
	else if (before != 0)
		from = back_from(c, to, limit);
	list = json_object_new_array();
	for (; from < to && json_object_array_length(list) < limit; from++)
		if (world_has_bot(c->w, from, c->bot))
			json_object_array_add(list,
			    brief(c, guild_at(c->w, from), counts));
	rest_reply(c, 200, list);
}

static void
guild_me(struct rest_call *c)
{
	struct guild *g = rest_guild(c);

	if (g != NULL)
		rest_reply(c, 200, guild_member(g, c->bot));
}

static void
guild_leave(struct rest_call *c)
{
	struct guild *g = rest_guild(c);
	struct act a;

	if (g == NULL)
		return;
	if (perm_owner(g, c->bot)) {
		rest_reply_error(c, REST_INVALID_GUILD);
		return;
	}
	a = rest_guild_act(c, g);
	(void)act_member_leave(&a, c->bot);
	rest_reply_none(c);
}

#define ROUTE_GUILDS "/users/@me/guilds"

const struct route routes_bot[] = {
    {"GET", "/gateway", gateway, LIMIT_GATEWAY, ROUTE_OPEN},
    {"GET", "/gateway/bot", gateway_bot, LIMIT_GATEWAY},
    {"GET", "/users/@me", user_me, LIMIT_USER},
    {"PATCH", "/users/@me", user_edit, LIMIT_USER_EDIT},
    {"GET", ROUTE_GUILDS, guild_list, LIMIT_USER},
    {"GET", ROUTE_GUILDS "/:guild_id/member", guild_me, LIMIT_USER},
    {"DELETE", ROUTE_GUILDS "/:guild_id", guild_leave, LIMIT_GUILD_LEAVE},
    {"POST", "/users/@me/channels", dm_open, LIMIT_DM_OPEN},
    {"GET", "/users/:user_id", user_get, LIMIT_USER},
    {0},
};
