/* SPDX-License-Identifier: MIT */
/* The bot itself: gateway, users, application, DM channels. */

#include "tools/sim/routes/routes.h"

#include "tools/sim/book/starts.h"
#include "tools/sim/world/user.h"

#include <inttypes.h>

static void
gateway(struct rest_call *c)
{
	json_object *o = json_object_new_object();

	jso_set_text(o, "url", c->sim->url_gateway);
	rest_reply(c, 200, o);
}

static json_object *
start_limit(struct sim *sim)
{
	json_object *o = json_object_new_object();
	int64_t after = (int64_t)starts_reset_after_ms(sim);

	jso_set_int(o, "total", sim->starts.total);
	jso_set_int(o, "remaining", sim->starts.remaining);
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
	jso_set(o, "session_start_limit", start_limit(c->sim));
	rest_reply(c, 200, o);
}

static void
user_me(struct rest_call *c)
{
	json_object *o = world_render_user(c->w, WORLD_BOT);
	char id[24];

	if (c->other_bot) {
		str_format(id, sizeof(id), "%" PRIu64, world_app_id(c->w) + 1);
		jso_set_text(o, "id", id);
		jso_set_text(o, "username", "other-bot");
	}
	jso_set_int(o, "flags", 0);
	jso_set(o, "banner", NULL);
	jso_set(o, "accent_color", NULL);
	jso_set_bool(o, "mfa_enabled", true);
	jso_set_text(o, "locale", "en-US");
	jso_set_int(o, "premium_type", 0);
	jso_set(o, "email", NULL);
	jso_set_bool(o, "verified", true);
	rest_reply(c, 200, o);
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
	if (user == WORLD_BOT)
		rest_reply_error(c, REST_NO_DM);
	else if (user < 0)
		rest_reply_error(c, REST_UNKNOWN_USER);
	else {
		world_dm_open(c->w, (unsigned)user, &ch);
		rest_reply(c, 200, world_render_channel(c->w, &ch));
	}
}

static void
application(struct rest_call *c)
{
	struct sbuf t = {0};

	sbuf_fmt(&t,
	    "{\"id\":\"%" PRIu64 "\",\"name\":\"sim-bot\","
	    "\"icon\":null,\"description\":\"A bot in a little world\","
	    "\"summary\":\"\","
	    "\"bot_public\":true,\"bot_require_code_grant\":false,"
	    "\"flags\":%" PRIu64 ",\"flags_new\":\"%" PRIu64 "\","
	    "\"interactions_endpoint_url\":null,"
	    "\"approximate_guild_count\":%u,\"verify_key\":\"%016" PRIx64
	    "%016" PRIx64 "%016" PRIx64 "%016" PRIx64 "\",\"owner\":%s,"
	    "\"team\":null}",
	    world_app_id(c->w) + c->other_bot, c->sim->app_flags,
	    c->sim->app_flags, world_guilds(c->w),
	    world_hash(c->w, WORLD_HASH_KEY, 0),
	    world_hash(c->w, WORLD_HASH_KEY, 1),
	    world_hash(c->w, WORLD_HASH_KEY, 2),
	    world_hash(c->w, WORLD_HASH_KEY, 3), user_text(c->w, 0));
	rest_reply_text(c, 200, t.p);
	sbuf_free(&t);
}

const struct route routes_bot[] = {
    {"GET", "/gateway", gateway, LIMIT_GATEWAY, ROUTE_OPEN},
    {"GET", "/gateway/bot", gateway_bot, LIMIT_GATEWAY},
    {"GET", "/users/@me", user_me, LIMIT_USER},
    {"POST", "/users/@me/channels", dm_open, LIMIT_DM_OPEN},
    {"GET", "/users/:user_id", user_get, LIMIT_USER},
    {"GET", "/applications/@me", application, LIMIT_APPLICATION},
    {0},
};
