/* SPDX-License-Identifier: MIT */
/* The bot itself: gateway, users, application, DM channels. */
#include "tools/sim/rest/route.h"

#include "tools/sim/book/starts.h"

#include <inttypes.h>
#include <string.h>

void
route_gateway(struct rest_call *c)
{
	json_object *o = json_object_new_object();

	json_object_object_add(
	    o, "url", json_object_new_string(c->sim->url_gateway));
	rest_reply(c, 200, o);
}

static json_object *
start_limit(struct sim *sim)
{
	json_object *o = json_object_new_object();
	int64_t after = (int64_t)starts_reset_after_ms(sim);

	json_object_object_add(
	    o, "total", json_object_new_int64(sim->starts.total));
	json_object_object_add(
	    o, "remaining", json_object_new_int64(sim->starts.remaining));
	json_object_object_add(o, "reset_after", json_object_new_int64(after));
	json_object_object_add(o, "max_concurrency",
	    json_object_new_int64(sim->cfg.max_concurrency));
	return o;
}

void
route_gateway_bot(struct rest_call *c)
{
	json_object *o = json_object_new_object();

	json_object_object_add(
	    o, "url", json_object_new_string(c->sim->url_gateway));
	json_object_object_add(
	    o, "shards", json_object_new_int64(c->sim->cfg.shards));
	json_object_object_add(o, "session_start_limit", start_limit(c->sim));
	rest_reply(c, 200, o);
}

static json_object *
user_json(struct rest_call *c, unsigned user)
{
	return json_tokener_parse(world_user_json(c->w, user));
}

void
route_user_me(struct rest_call *c)
{
	json_object *o = user_json(c, WORLD_BOT);
	char id[24];

	if (c->other_bot) {
		str_format(id, sizeof(id), "%" PRIu64,
		    world_app_id(c->w) + 1);
		json_object_object_add(o, "id", json_object_new_string(id));
		json_object_object_add(o, "username",
		    json_object_new_string("other-bot"));
	}
	json_object_object_add(o, "flags", json_object_new_int(0));
	json_object_object_add(o, "banner", NULL);
	json_object_object_add(o, "accent_color", NULL);
	json_object_object_add(o, "mfa_enabled", json_object_new_boolean(true));
	json_object_object_add(o, "locale", json_object_new_string("en-US"));
	json_object_object_add(o, "premium_type", json_object_new_int(0));
	json_object_object_add(o, "email", NULL);
	json_object_object_add(o, "verified", json_object_new_boolean(true));
	rest_reply(c, 200, o);
}

void
route_user_get(struct rest_call *c)
{
	int64_t user = world_user_find(c->w, c->id[0]);

	if (user < 0)
		rest_reply_error(c, REST_UNKNOWN_USER);
	else
		rest_reply(c, 200, user_json(c, (unsigned)user));
}

void
route_dm_open(struct rest_call *c)
{
	json_object *body = rest_form_object(c);
	struct world_channel ch;
	uint64_t id = 0;
	int64_t user;

	if (body == NULL)
		return;
	if (!rest_form_id(c, body, "recipient_id", &id) && c->errors == NULL)
		rest_form_error(c, "recipient_id", "BASE_TYPE_REQUIRED",
		    "This field is required");
	if (rest_form_refused(c))
		return;
	user = world_user_find(c->w, id);
	if (user == WORLD_BOT)
		rest_reply_error(c, REST_NO_DM);
	else if (user < 0)
		rest_reply_error(c, REST_UNKNOWN_USER);
	else {
		world_dm_open(c->w, (unsigned)user, &ch);
		rest_reply(c, 200, world_render_channel(c->w, &ch));
	}
}

void
route_application(struct rest_call *c)
{
	struct sbuf t = {0};

	sbuf_fmt(&t,
	    "{\"id\":\"%" PRIu64 "\",\"name\":\"sim-bot\","
	    "\"icon\":null,\"description\":\"A bot in a little world\","
	    "\"bot_public\":true,\"bot_require_code_grant\":false,"
	    "\"flags\":%" PRIu64 ",\"flags_new\":\"%" PRIu64 "\","
	    "\"interactions_endpoint_url\":null,"
	    "\"approximate_guild_count\":%u,\"verify_key\":\"%016" PRIx64
	    "%016" PRIx64 "%016" PRIx64 "%016" PRIx64 "\",\"owner\":%s,"
	    "\"team\":null}",
	    world_app_id(c->w) + c->other_bot, c->sim->app_flags, c->sim->app_flags,
	    world_guilds(c->w), world_hash(c->w, WORLD_HASH_KEY, 0),
	    world_hash(c->w, WORLD_HASH_KEY, 1),
	    world_hash(c->w, WORLD_HASH_KEY, 2),
	    world_hash(c->w, WORLD_HASH_KEY, 3), world_user_json(c->w, 0));
	rest_reply_text(c, 200, t.p);
	sbuf_free(&t);
}
