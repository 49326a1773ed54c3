/* SPDX-License-Identifier: MIT */
#include "tools/sim/act/act_react.h"

#include "tools/sim/gateway/gateway.h"
#include "tools/sim/base/jso.h"
#include "tools/sim/world/user.h"

static json_object *
event(struct sim *sim, const struct world_msg *m, const char *emoji)
{
	json_object *o = json_object_new_object();

	jso_set_id(o, "message_id", m->id);
	jso_set_id(o, "channel_id", m->channel);
	if (m->guild != WORLD_NOWHERE)
		jso_set_id(o, "guild_id", world_guild_id(sim->world, m->guild));
	if (emoji != NULL)
		jso_set(o, "emoji", world_mark_emoji(sim->world, emoji));
	return o;
}

static void
tell(struct sim *sim, const struct world_msg *m, const char *t, json_object *o)
{
	gateway_emit_json(sim, m->guild, t, o);
	json_object_put(o);
}

/* The event of one user's reaction. */
static json_object *
event_of(struct sim *sim, const struct world_msg *m, unsigned user,
    const char *emoji, bool burst)
{
	json_object *o = event(sim, m, emoji);

	jso_set_id(o, "user_id", user_id(sim->world, user));
	jso_set_int(o, "type", burst);
	jso_set_bool(o, "burst", burst);
	return o;
}

enum world_marked
act_react_put(struct sim *sim, const struct world_msg *m, unsigned user,
    const char *emoji, bool burst)
{
	enum world_marked done = world_mark_react(sim->world, m->id, emoji,
	    user, burst);
	json_object *o, *member;

	if (done != WORLD_MARKED_NEW)
		return done;
	o = event_of(sim, m, user, emoji, burst);
	jso_set_id(o, "message_author_id", user_id(sim->world, m->user));
	if (burst)
		jso_set(o, "burst_colors", json_object_new_array());
	member = m->guild == WORLD_NOWHERE
	    ? NULL
	    : world_render_member(sim->world, m->guild, user, true);
	if (member != NULL)
		jso_set(o, "member", member);
	tell(sim, m, "MESSAGE_REACTION_ADD", o);
	return done;
}

bool
act_react_take(struct sim *sim, const struct world_msg *m, unsigned user,
    const char *emoji, bool burst)
{
	json_object *o = event_of(sim, m, user, emoji, burst);

	if (!world_mark_unreact(sim->world, m->id, emoji, user, burst)) {
		json_object_put(o);
		return false;
	}
	tell(sim, m, "MESSAGE_REACTION_REMOVE", o);
	return true;
}

void
act_react_clear(struct sim *sim, const struct world_msg *m, const char *emoji)
{
	world_mark_clear(sim->world, m->id, emoji);
	tell(sim, m,
	    emoji ? "MESSAGE_REACTION_REMOVE_EMOJI"
		  : "MESSAGE_REACTION_REMOVE_ALL",
	    event(sim, m, emoji));
}
