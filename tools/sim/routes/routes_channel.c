/* SPDX-License-Identifier: MIT */
/* Channels: get, edit, typing. */

#include "tools/sim/routes/routes.h"

#include "tools/sim/world/guild.h"

#include "shared/base/clock.h"

static void
channel_get(struct rest_call *c)
{
	struct world_channel ch;

	if (rest_msg_channel(c, c->id[0], &ch))
		rest_reply(c, 200, world_render_channel(c->w, &ch));
}

static bool
edit_check(struct rest_call *c, json_object *body)
{
	int64_t n;

	(void)rest_form_string(c, body, "name", 1, 100);
	(void)rest_form_string(c, body, "topic", 0, 1024);
	(void)rest_form_int(c, body, "rate_limit_per_user", 0, 21600, &n);
	(void)rest_form_int(c, body, "position", 0, INT32_MAX, &n);
	(void)rest_form_int(c, body, "user_limit", 0, 99, &n);
	(void)rest_form_int(c, body, "bitrate", 8000, 384000, &n);
	return !rest_form_refused(c);
}

static void
channel_edit(struct rest_call *c)
{
	static const char *const keys[] = {"name", "topic", "nsfw",
	    "rate_limit_per_user", "position", "user_limit", "bitrate",
	    "parent_id", "permission_overwrites"};
	json_object *body = rest_form_object(c), *v, *o;
	struct world_channel ch;

	if (body == NULL || !rest_msg_channel(c, c->id[0], &ch)
	    || !edit_check(c, body))
		return;
	if (ch.guild == WORLD_NOWHERE) {
		rest_reply_error(c, REST_DM_ACTION);
		return;
	}
	if ((json_object_object_get_ex(body, "name", NULL)
		|| json_object_object_get_ex(body, "topic", NULL))
	    && rest_limited(c, LIMIT_CHANNEL_NAME, ch.id))
		return;
	guild_change(guild_at(c->w, ch.guild));
	for (size_t i = 0; i < nitems(keys); i++)
		if (json_object_object_get_ex(body, keys[i], &v))
			jso_set(ch.doc, keys[i], json_object_get(v));
	o = world_render_channel(c->w, &ch);
	gateway_emit_json(c->sim, ch.guild, "CHANNEL_UPDATE", o);
	rest_reply(c, 200, o);
}

static void
typing(struct rest_call *c)
{
	struct world_channel ch;
	json_object *o;

	if (!rest_msg_channel(c, c->id[0], &ch))
		return;
	if (!world_channel_is_text(&ch)) {
		rest_reply_error(c, REST_NOT_TEXT);
		return;
	}
	o = json_object_new_object();
	jso_set_id(o, "user_id", world_bot_id(c->w));
	jso_set_int(o, "timestamp", clock_wall_ms() / 1000);
	jso_set_id(o, "channel_id", ch.id);
	if (ch.guild != WORLD_NOWHERE) {
		jso_set_id(o, "guild_id", world_guild_id(c->w, ch.guild));
		jso_set(o, "member",
		    world_render_member(c->w, ch.guild, WORLD_BOT, true));
	}
	gateway_emit_json(c->sim, ch.guild, "TYPING_START", o);
	json_object_put(o);
	rest_reply_none(c);
}

const struct route routes_channel[] = {
    {"GET", "/channels/:channel_id", channel_get, LIMIT_CHANNEL},
    {"PATCH", "/channels/:channel_id", channel_edit, LIMIT_CHANNEL_EDIT},
    {"POST", "/channels/:channel_id/typing", typing, LIMIT_TYPING},
    {0},
};
