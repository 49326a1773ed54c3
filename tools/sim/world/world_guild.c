/* SPDX-License-Identifier: MIT */
/*
 * Guild, channel, role and member objects: written from the index, with what
 * a bot changed laid over them.  These are asked for rarely; nothing here is
 * on the generator's path.
 */
#include "tools/sim/world/world_impl.h"

#include "tools/sim/base/sbuf.h"
#include "tools/sim/base/jso.h"

#include <inttypes.h>

static const char *const place[] = {"Observatory", "Bakery", "Workshop",
    "Library", "Orchard", "Harbor", "Quarry", "Greenhouse"};
static const char *const owner[] = {"Kestrel", "Plover", "Marten", "Osprey",
    "Gorse", "Juniper", "Lantern"};
static const char *const role_name[WORLD_ROLES] = {"@everyone", "regulars",
    "moderators", "bots"};

static void
overlay_apply(const struct world *w, uint64_t id, json_object *o)
{
	json_object *over = world_overlay(w, id);

	if (over == NULL)
		return;
	json_object_object_foreach (over, key, value)
		jso_set(o, key, json_object_get(value));
}

static void
role_text(const struct world *w, unsigned guild, unsigned n, struct sbuf *out)
{
	sbuf_fmt(out,
	    "{\"id\":\"%" PRIu64 "\",\"name\":\"%s\",\"color\":%u,"
	    "\"colors\":{\"primary_color\":%u,\"secondary_color\":null,"
	    "\"tertiary_color\":null},\"hoist\":false,\"icon\":null,"
	    "\"unicode_emoji\":null,\"position\":%u,\"permissions\":\"%s\","
	    "\"managed\":false,\"mentionable\":false,\"flags\":0}",
	    world_role_id(w, guild, n), role_name[n], n * 3447003 % 0xffffff,
	    n * 3447003 % 0xffffff, n,
	    n == 0	 ? "2248473465835073"
		: n == 3 ? "8"
			 : "1099780063232");
}

static void
member_text(const struct world *w, unsigned guild, unsigned user,
    bool with_user, struct sbuf *out)
{
	unsigned role = user == WORLD_BOT ? 3 : 1 + user % (WORLD_ROLES - 1);

	sbuf_fmt(out,
	    "{\"roles\":[\"%" PRIu64 "\"],\"premium_since\":null,"
	    "\"pending\":false,\"nick\":null,\"mute\":false,"
	    "\"joined_at\":\"2025-10-05T10:24:44.918000+00:00\",\"flags\":0,"
	    "\"deaf\":false,\"communication_disabled_until\":null,"
	    "\"banner\":null,\"avatar\":null",
	    world_role_id(w, guild, role));
	if (with_user)
		sbuf_fmt(out, ",\"user\":%s", world_user_json(w, user));
	sbuf_str(out, "}");
}

static void
channel_text(const struct world *w, const struct world_channel *c,
    bool with_guild, struct sbuf *out)
{
	struct world_channel parent;

	world_channel(w, c->guild, 0, &parent);
	sbuf_fmt(out,
	    "{\"version\":1785585689925,\"type\":%d,\"position\":%u,"
	    "\"permission_overwrites\":[],\"name\":\"%s\",\"id\":\"%" PRIu64
	    "\",\"flags\":0",
	    c->type, c->number, c->name, c->id);
	if (c->type != 4)
		sbuf_fmt(out,
		    ",\"topic\":null,\"rate_limit_per_user\":0,"
		    "\"parent_id\":\"%" PRIu64 "\",\"nsfw\":false,"
		    "\"last_message_id\":null",
		    parent.id);
	if (c->type == 2)
		sbuf_str(out,
		    ",\"bitrate\":64000,\"user_limit\":0,\"rtc_region\":null");
	if (with_guild)
		sbuf_fmt(out, ",\"guild_id\":\"%" PRIu64 "\"",
		    world_guild_id(w, c->guild));
	sbuf_str(out, "}");
}

static void
guild_head(const struct world *w, unsigned guild, struct sbuf *out)
{
	struct world_channel system;

	world_channel(w, guild, 1, &system);
	sbuf_fmt(out,
	    "{\"id\":\"%" PRIu64 "\",\"name\":\"%s %s %u\","
	    "\"icon\":null,\"description\":null,\"home_header\":null,"
	    "\"splash\":null,\"discovery_splash\":null,\"features\":[\"NEWS\"%"
	    "s],"
	    "\"banner\":null,\"owner_id\":\"%" PRIu64 "\","
	    "\"application_id\":null,\"region\":\"us-east\","
	    "\"afk_channel_id\":null,\"afk_timeout\":300,"
	    "\"system_channel_id\":\"%" PRIu64 "\",\"system_channel_flags\":0,",
	    world_guild_id(w, guild), owner[guild % nitems(owner)],
	    place[guild % nitems(place)], guild,
	    guild % 2 == 0 ? ",\"BANNER\"" : "",
	    world_user_id(w, world_member(w, guild, 0)), system.id);
	sbuf_str(out,
	    "\"widget_enabled\":false,\"widget_channel_id\":null,"
	    "\"verification_level\":1,\"default_message_notifications\":1,"
	    "\"mfa_level\":0,\"explicit_content_filter\":2,"
	    "\"max_presences\":null,\"max_members\":25000000,"
	    "\"max_stage_video_channel_users\":50,"
	    "\"max_video_channel_users\":25,\"vanity_url_code\":null,"
	    "\"premium_tier\":1,\"premium_subscription_count\":3,"
	    "\"preferred_locale\":\"en-US\",\"rules_channel_id\":null,"
	    "\"safety_alerts_channel_id\":null,"
	    "\"public_updates_channel_id\":null,\"hub_type\":null,"
	    "\"premium_progress_bar_enabled\":false,\"nsfw\":false,"
	    "\"nsfw_level\":0,\"incidents_data\":null,"
	    "\"emojis\":[],\"stickers\":[],\"roles\":[");
	for (unsigned n = 0; n < WORLD_ROLES; n++) {
		sbuf_str(out, n == 0 ? "" : ",");
		role_text(w, guild, n, out);
	}
	sbuf_str(out, "]");
}

static void
guild_rest(const struct world *w, unsigned guild, struct sbuf *out)
{
	sbuf_fmt(out,
	    ",\"joined_at\":\"2026-07-02T12:00:00.000000+00:00\","
	    "\"large\":false,\"unavailable\":false,\"geo_restricted\":false,"
	    "\"lazy\":true,\"member_count\":%u,\"voice_states\":[],"
	    "\"presences\":[],\"threads\":[],\"stage_instances\":[],"
	    "\"guild_scheduled_events\":[],\"soundboard_sounds\":[],"
	    "\"embedded_activities\":[],\"members\":[",
	    WORLD_MEMBERS + 1);
	member_text(w, guild, WORLD_BOT, true, out);
	for (unsigned n = 0; n < 2; n++) {
		sbuf_str(out, ",");
		member_text(w, guild, world_member(w, guild, n), true, out);
	}
	sbuf_str(out, "],\"channels\":[");
	for (unsigned n = 0; n < WORLD_CHANNELS; n++) {
		struct world_channel c;

		world_channel(w, guild, n, &c);
		sbuf_str(out, n == 0 ? "" : ",");
		channel_text(w, &c, false, out);
	}
	sbuf_str(out, "]}");
}

/* Names the bot gave to a guild and its channels; the slow way round. */
static void
guild_changed(struct world *w, unsigned guild, struct sbuf *out)
{
	json_object *o, *channels;
	bool any = world_overlay(w, world_guild_id(w, guild)) != NULL;
	struct world_channel c;

	for (unsigned n = 0; n < WORLD_CHANNELS; n++) {
		world_channel(w, guild, n, &c);
		any |= world_overlay(w, c.id) != NULL;
	}
	if (!any)
		return;
	o = json_tokener_parse(out->p);
	must(o != NULL);
	overlay_apply(w, world_guild_id(w, guild), o);
	channels = json_object_object_get(o, "channels");
	for (unsigned n = 0; n < WORLD_CHANNELS; n++) {
		world_channel(w, guild, n, &c);
		overlay_apply(w, c.id, json_object_array_get_idx(channels, n));
	}
	sbuf_reset(out);
	sbuf_str(out, jso_text(o));
	json_object_put(o);
}

size_t
world_render_guild(struct world *w, unsigned guild, char *buf, size_t size)
{
	struct sbuf out = {0};
	size_t len;

	guild_head(w, guild, &out);
	guild_rest(w, guild, &out);
	guild_changed(w, guild, &out);
	len = str_copy(buf, out.p, size);
	sbuf_free(&out);
	return len;
}

static json_object *
parsed(struct sbuf *text)
{
	json_object *o = json_tokener_parse(text->p);

	must(o != NULL);
	sbuf_free(text);
	return o;
}

json_object *
world_render_guild_object(struct world *w, unsigned guild)
{
	struct sbuf out = {0};
	json_object *o;

	guild_head(w, guild, &out);
	sbuf_str(&out, "}");
	o = parsed(&out);
	overlay_apply(w, world_guild_id(w, guild), o);
	return o;
}

json_object *
world_render_channel(struct world *w, const struct world_channel *c)
{
	struct sbuf out = {0};
	json_object *o;

	if (c->guild == WORLD_NOWHERE)
		sbuf_fmt(&out,
		    "{\"id\":\"%" PRIu64 "\",\"type\":1,"
		    "\"last_message_id\":null,\"flags\":0,\"recipients\":[%s]}",
		    c->id, world_user_json(w, c->number));
	else
		channel_text(w, c, true, &out);
	o = parsed(&out);
	overlay_apply(w, c->id, o);
	return o;
}

json_object *
world_render_user(const struct world *w, unsigned user)
{
	return json_tokener_parse(world_user_json(w, user));
}

json_object *
world_render_member(struct world *w, unsigned guild, unsigned user,
    bool with_user)
{
	struct sbuf out = {0};

	member_text(w, guild, user, with_user, &out);
	return parsed(&out);
}
