/* SPDX-License-Identifier: MIT */
/* Voice: regions, and the voice states of the bot and of others. */

#include "tools/sim/routes/member/member.h"

#include "tools/sim/act/act_voice.h"
#include "tools/sim/gateway/voice.h"

#include "shared/base/clock.h"

#include <string.h>

#define STAGE 13 /* the channel type one speaks in by leave only */

static const struct {
	const char *id, *name;
} region[] = {
    {"brazil", "Brazil"},
    {"hongkong", "Hong Kong"},
    {"india", "India"},
    {"japan", "Japan"},
    {"rotterdam", "Rotterdam"},
    {"singapore", "Singapore"},
    {"southafrica", "South Africa"},
    {"sydney", "Sydney"},
    {"us-central", "US Central"},
    {"us-east", "US East"},
    {"us-south", "US South"},
    {"us-west", "US West"},
};

static json_object *
regions(void)
{
	json_object *list = json_object_new_array();

	for (size_t i = 0; i < nitems(region); i++) {
		json_object *o = json_object_new_object();

		jso_set_text(o, "id", region[i].id);
		jso_set_text(o, "name", region[i].name);
		jso_set_bool(o, "custom", false);
		jso_set_bool(o, "deprecated", false);
		jso_set_bool(o, "optimal",
		    strcmp(region[i].id, "us-east") == 0);
		json_object_array_add(list, o);
	}
	return list;
}

static void
voice_regions(struct rest_call *c)
{
	rest_reply(c, 200, regions());
}

static void
guild_regions(struct rest_call *c)
{
	if (rest_guild(c) != NULL)
		rest_reply(c, 200, regions());
}

/* ---- states ----------------------------------------------------------- */

static void
state_show(struct rest_call *c, struct guild *g, unsigned user)
{
	json_object *o = voice_shown(g, user);

	if (o == NULL)
		rest_reply_error(c, REST_UNKNOWN_VOICE_STATE);
	else
		rest_reply(c, 200, o);
}

static void
state_me(struct rest_call *c)
{
	struct guild *g = rest_guild(c);

	if (g != NULL)
		state_show(c, g, c->bot);
}

static void
state_get(struct rest_call *c)
{
	struct guild *g = rest_guild(c);
	unsigned user;

	if (g != NULL && rest_guild_member(c, g, c->id[1], &user))
		state_show(c, g, user);
}

/* The state of who is on a stage, and that stage; NULL after an answer. */
static json_object *
on_stage(struct rest_call *c, struct guild *g, unsigned user, json_object *body,
    struct world_channel *ch)
{
	json_object *state = guild_get(g, GUILD_VOICE, user_id(c->w, user));
	uint64_t at = 0, id;

	const char *channel = jso_get_text(state, "channel_id");

	if (channel == NULL || !str_to_u64(channel, &at)) {
		rest_reply_error(c, REST_UNKNOWN_VOICE_STATE);
		return NULL;
	}
	if (rest_form_id(c, body, "channel_id", &id) && id != at)
		rest_reply_error(c, REST_UNKNOWN_VOICE_STATE);
	else if (rest_form_refused(c))
		;
	else if (!world_channel_find(c->w, at, ch) || ch->type != STAGE)
		rest_reply_error(c, REST_BAD_CHANNEL_TYPE);
	else
		return state;
	return NULL;
}

/* Speaks from now on or no more; a bot's hand goes down, that of a person who
 * is invited goes up. */
static void
suppress(struct rest_call *c, json_object *state, unsigned user, bool yes)
{
	bool person = user_bot_number(c->w, user) < 0;

	jso_set_bool(state, "suppress", yes);
	jso_set(state, "request_to_speak_timestamp",
	    person && !yes ? json_object_new_string(world_render_now(c->w))
			   : NULL);
}

static void
state_edit_me(struct rest_call *c)
{
	json_object *body = rest_form_object(c), *state;
	struct world_channel ch;
	struct guild *g;
	struct act a;
	int64_t ms = 0;
	bool quiet, asks;

	if (body == NULL || (g = rest_guild(c)) == NULL)
		return;
	quiet = rest_form_bool(c, body, "suppress", true);
	asks = rest_form_time(c, body, "request_to_speak_timestamp", &ms);
	if (rest_form_refused(c)
	    || (state = on_stage(c, g, c->bot, body, &ch)) == NULL
	    || (!quiet && !rest_guild_may_in(c, &ch, PERM_MUTE_MEMBERS))
	    || (asks && !rest_guild_may_in(c, &ch, PERM_REQUEST_TO_SPEAK)))
		return;
	guild_change(g);
	if (jso_get(body, "suppress") != NULL)
		suppress(c, state, c->bot, quiet);
	if (asks)
		jso_set_text(state, "request_to_speak_timestamp",
		    world_render_time(c->w, ms));
	else if (json_object_object_get_ex(body, "request_to_speak_timestamp",
		     NULL))
		jso_set(state, "request_to_speak_timestamp", NULL);
	a = rest_guild_act(c, g);
	voice_told(c->sim, a.guild, c->bot, state);
	rest_reply_none(c);
}

/* Somebody else is taken off the stage, or invited to speak. */
static void
state_edit(struct rest_call *c)
{
	json_object *body = rest_form_object(c), *state;
	struct world_channel ch;
	struct guild *g;
	struct act a;
	unsigned user;
	bool quiet;

	if (body == NULL || (g = rest_guild(c)) == NULL
	    || !rest_guild_member(c, g, c->id[1], &user))
		return;
	quiet = rest_form_bool(c, body, "suppress", true);
	if (rest_form_refused(c)
	    || (state = on_stage(c, g, user, body, &ch)) == NULL
	    || !rest_guild_may_in(c, &ch, PERM_MUTE_MEMBERS))
		return;
	guild_change(g);
	if (jso_get(body, "suppress") != NULL)
		suppress(c, state, user, quiet);
	a = rest_guild_act(c, g);
	voice_told(c->sim, a.guild, user, state);
	rest_reply_none(c);
}

#define ROUTE_STATES "/guilds/:guild_id/voice-states"

const struct route routes_voice[] = {
    {"GET", "/voice/regions", voice_regions, LIMIT_GUILD},
    {"GET", "/guilds/:guild_id/regions", guild_regions, LIMIT_GUILD},
    {"GET", ROUTE_STATES "/@me", state_me, LIMIT_VOICE_STATE},
    {"PATCH", ROUTE_STATES "/@me", state_edit_me, LIMIT_VOICE_STATE},
    {"GET", ROUTE_STATES "/:user_id", state_get, LIMIT_VOICE_STATE},
    {"PATCH", ROUTE_STATES "/:user_id", state_edit, LIMIT_VOICE_STATE},
    {0},
};
