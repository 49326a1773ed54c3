/* SPDX-License-Identifier: MIT */
/*
 * The documents of a guild as the seed has it, and what is sent of a guild.
 * With guild_bytes it is filled up, each kind of thing in turn, until
 * GUILD_CREATE is that long.
 */
#include "tools/sim/world/guild_impl.h"

#include "tools/sim/base/jso.h"
#include "tools/sim/base/sbuf.h"
#include "tools/sim/world/user.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_IN_VOICE 2 /* people in the lounge from the beginning */

static const char *const place[] = {"Observatory", "Bakery", "Workshop",
    "Library", "Orchard", "Harbor", "Quarry", "Greenhouse"};
static const char *const owner[] = {"Kestrel", "Plover", "Marten", "Osprey",
    "Gorse", "Juniper", "Lantern"};
static const char *const role_name[WORLD_ROLES] = {"@everyone", "regulars",
    "moderators", "bots"};
/* What everyone may; moderators besides: kick, ban, manage messages, threads,
 * nicknames, time-outs; bots: everything. */
static const char *const role_may[WORLD_ROLES] = {"2248473465835073",
    "1099780063232", "1117240951814", "8"};

static void
add(struct guild *g, enum guild_list list, uint64_t id, struct sbuf *text)
{
	json_object *o = json_tokener_parse(text->p);
	char key[24];

	must(o != NULL && str_format(key, sizeof(key), "%" PRIu64, id));
	jso_set(g->list[list], key, o);
	g->made += text->len + 1;
	sbuf_free(text);
}

static void
role(struct guild *g, uint64_t id, const char *name, unsigned position,
    const char *may)
{
	unsigned color = position * 3447003 % 0xffffff;
	struct sbuf t = {0};

	sbuf_fmt(&t,
	    "{\"id\":\"%" PRIu64 "\",\"name\":\"%s\",\"color\":%u,"
	    "\"colors\":{\"primary_color\":%u,\"secondary_color\":null,"
	    "\"tertiary_color\":null},\"hoist\":false,\"icon\":null,"
	    "\"unicode_emoji\":null,\"position\":%u,\"permissions\":\"%s\","
	    "\"managed\":false,\"mentionable\":false,\"flags\":0}",
	    id, name, color, color, position, may);
	add(g, GUILD_ROLES, id, &t);
}

static void
channel(struct guild *g, uint64_t id, int type, const char *name,
    unsigned position)
{
	struct world_channel parent;
	struct sbuf t = {0};

	world_channel_seed(g->w, g->index, 0, &parent);
	sbuf_fmt(&t,
	    "{\"version\":1785585689925,\"type\":%d,\"position\":%u,"
	    "\"permission_overwrites\":[],\"name\":\"%s\",\"id\":\"%" PRIu64
	    "\",\"flags\":0",
	    type, position, name, id);
	if (type == 4)
		sbuf_str(&t, ",\"parent_id\":null");
	else
		sbuf_fmt(&t,
		    ",\"topic\":null,\"rate_limit_per_user\":0,"
		    "\"parent_id\":\"%" PRIu64 "\",\"nsfw\":false,"
		    "\"last_message_id\":null",
		    parent.id);
	if (type == 2)
		sbuf_str(&t,
		    ",\"bitrate\":64000,\"user_limit\":0,\"rtc_region\":null");
	sbuf_str(&t, "}");
	add(g, GUILD_CHANNELS, id, &t);
}

static void
voice(struct guild *g, unsigned user)
{
	struct world_channel lounge;
	struct sbuf t = {0};

	world_channel_seed(g->w, g->index, 4, &lounge);
	sbuf_fmt(&t,
	    "{\"user_id\":\"%" PRIu64 "\",\"suppress\":false,"
	    "\"session_id\":\"%016" PRIx64 "%016" PRIx64
	    "\",\"self_video\":false,\"self_mute\":true,\"self_deaf\":false,"
	    "\"request_to_speak_timestamp\":null,\"mute\":false,"
	    "\"deaf\":false,\"channel_id\":\"%" PRIu64 "\"}",
	    user_id(g->w, user), g->id, user_id(g->w, user), lounge.id);
	add(g, GUILD_VOICE, user_id(g->w, user), &t);
}

static void
head(struct guild *g)
{
	const struct world *w = g->w;
	struct world_channel system;
	struct sbuf t = {0};

	world_channel_seed(w, g->index, 1, &system);
	sbuf_fmt(&t,
	    "{\"id\":\"%" PRIu64 "\",\"name\":\"%s %s %u\","
	    "\"icon\":null,\"description\":null,\"home_header\":null,"
	    "\"splash\":null,\"discovery_splash\":null,\"features\":[\"NEWS\"%s"
	    "],\"banner\":null,\"owner_id\":\"%" PRIu64 "\","
	    "\"application_id\":null,\"region\":\"us-east\","
	    "\"afk_channel_id\":null,\"afk_timeout\":300,"
	    "\"system_channel_id\":\"%" PRIu64 "\",\"system_channel_flags\":0,",
	    g->id, owner[g->index % nitems(owner)],
	    place[g->index % nitems(place)], g->index,
	    g->index % 2 == 0 ? ",\"BANNER\"" : "",
	    user_id(w, world_member(w, g->index, 0)), system.id);
	sbuf_str(&t,
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
	    "\"nsfw_level\":0,\"incidents_data\":null}");
	g->head = json_tokener_parse(t.p);
	must(g->head != NULL);
	sbuf_free(&t);
}

/* ---- large ones ------------------------------------------------------- */

static void
more_emoji(struct guild *g, uint64_t id, unsigned n)
{
	struct sbuf t = {0};

	sbuf_fmt(&t,
	    "{\"id\":\"%" PRIu64 "\",\"name\":\"sprig_%u\",\"roles\":[],"
	    "\"require_colons\":true,\"managed\":false,\"animated\":%s,"
	    "\"available\":true}",
	    id, n, n % 5 == 0 ? "true" : "false");
	add(g, GUILD_EMOJIS, id, &t);
}

static void
more_thread(struct guild *g, uint64_t id, unsigned n)
{
	struct world_channel parent;
	struct sbuf t = {0};

	world_channel_seed(g->w, g->index, 1, &parent);
	sbuf_fmt(&t,
	    "{\"id\":\"%" PRIu64 "\",\"type\":11,\"guild_id\":\"%" PRIu64
	    "\",\"parent_id\":\"%" PRIu64 "\",\"owner_id\":\"%" PRIu64
	    "\",\"name\":\"Notes of day %u\",\"last_message_id\":null,"
	    "\"rate_limit_per_user\":0,\"flags\":0,\"message_count\":0,"
	    "\"member_count\":1,\"total_message_sent\":0,"
	    "\"thread_metadata\":{\"archived\":false,"
	    "\"archive_timestamp\":\"2026-07-02T12:00:00.000000+00:00\","
	    "\"auto_archive_duration\":10080,\"locked\":false,"
	    "\"create_timestamp\":\"2026-07-02T12:00:00.000000+00:00\"}}",
	    id, g->id, parent.id,
	    user_id(g->w, world_member(g->w, g->index, n)), n);
	add(g, GUILD_THREADS, id, &t);
}

static void
more(struct guild *g, unsigned n)
{
	uint64_t id = world_more_id(g->w, g->index, n);
	char name[32];

	if (n % 4 == 0 && guild_count(g, GUILD_ROLES) < 240) {
		must(str_format(name, sizeof(name), "guild of %u", n));
		role(g, id, name, n / 4 + WORLD_ROLES, "0");
	} else if (n % 4 == 1 && guild_count(g, GUILD_EMOJIS) < 240) {
		more_emoji(g, id, n);
	} else if (n % 4 == 2 || guild_count(g, GUILD_CHANNELS) >= 490) {
		more_thread(g, id, n);
	} else {
		must(str_format(name, sizeof(name), "room-%u", n));
		channel(g, id, n % 20 == 3 ? 2 : 0, name, n);
	}
}

static size_t
length(struct guild *g)
{
	json_object *o = guild_create(g, WORLD_BOT, false, 0);
	size_t n = strlen(jso_text(o));

	json_object_put(o);
	return n;
}

/* As long as it shall be, which is counted as it grows: to write it all again
 * for every document takes as long as that sounds. */
static void
fill_up(struct guild *g)
{
	size_t rest = g->w->guild_bytes > 0 ? length(g) - g->made : 0;

	for (unsigned n = 0; rest + g->made < g->w->guild_bytes
	     && n < WORLD_MORE_MAX && guild_count(g, GUILD_THREADS) < 990;
	     n++)
		more(g, n);
}

void
guild_make(struct guild *g)
{
	struct world_channel c;

	head(g);
	for (unsigned n = 0; n < WORLD_ROLES; n++)
		role(g, world_role_id(g->w, g->index, n), role_name[n], n,
		    role_may[n]);
	for (unsigned n = 0; n < WORLD_CHANNELS; n++) {
		world_channel_seed(g->w, g->index, n, &c);
		channel(g, c.id, c.type, c.name, n);
	}
	for (unsigned n = 0; n < FIRST_IN_VOICE && n < g->w->members; n++)
		voice(g, world_member(g->w, g->index, n));
	fill_up(g);
}

/* ---- what is sent ----------------------------------------------------- */

json_object *
guild_object(struct guild *g)
{
	static const enum guild_list with[] = {GUILD_ROLES, GUILD_EMOJIS,
	    GUILD_STICKERS};
	json_object *o = NULL;

	must(json_object_deep_copy(g->head, &o, NULL) == 0);
	for (size_t i = 0; i < nitems(with); i++)
		jso_set(o, guild_list_word(with[i]), guild_array(g, with[i]));
	return o;
}

struct choosing {
	json_object *list;
	unsigned bot, large;
	bool all;
};

static bool
choose(void *arg, struct guild *g, unsigned user)
{
	struct choosing *c = arg;
	bool seen = user == c->bot
	    || guild_get(g, GUILD_VOICE, user_id(g->w, user)) != NULL;

	if (seen || (c->all && json_object_array_length(c->list) < c->large))
		json_object_array_add(c->list, guild_member(g, user));
	return true;
}

static json_object *
presence(struct world *w, unsigned user)
{
	json_object *o = json_object_new_object();
	json_object *who = json_object_new_object();
	json_object *on = json_object_new_object();

	jso_set_id(who, "id", user_id(w, user));
	jso_set_text(on, "desktop", "online");
	jso_set(o, "user", who);
	jso_set_text(o, "status", "online");
	jso_set(o, "activities", json_object_new_array());
	jso_set(o, "client_status", on);
	return o;
}

/* Of the members listed: as it is kept, else people are online. */
static json_object *
presences(struct guild *g, json_object *members)
{
	json_object *list = json_object_new_array();

	for (size_t i = 0; i < json_object_array_length(members); i++) {
		json_object *m = json_object_array_get_idx(members, i);
		uint64_t id = strtoull(jso_get_text(jso_get(m, "user"), "id"),
		    NULL, 10);
		json_object *kept = guild_get(g, GUILD_PRESENCES, id);

		json_object_array_add(list,
		    kept ? json_object_get(kept)
			 : presence(g->w, (unsigned)user_find(g->w, id)));
	}
	return list;
}

/* Those that are open and, when private, the bot is in; with its membership
 * where it has one. */
static json_object *
threads(struct guild *g, unsigned bot)
{
	json_object *list = json_object_new_array();
	char id[24];

	must(str_format(id, sizeof(id), "%" PRIu64, user_id(g->w, bot)));
	json_object_object_foreach (g->list[GUILD_THREADS], key, doc) {
		json_object *in =
		    jso_get(guild_get_key(g, GUILD_THREAD_MEMBERS, key), id);
		json_object *o = NULL;

		if (json_object_get_boolean(
			jso_get(jso_get(doc, "thread_metadata"), "archived"))
		    || (json_object_get_int(jso_get(doc, "type")) == 12
			&& in == NULL))
			continue;
		if (in == NULL) {
			json_object_array_add(list, json_object_get(doc));
			continue;
		}
		must(json_object_deep_copy(doc, &o, NULL) == 0);
		jso_set(o, "member", json_object_get(in));
		json_object_array_add(list, o);
	}
	return list;
}

json_object *
guild_create(struct guild *g, unsigned bot, bool all, unsigned large)
{
	json_object *o = guild_object(g), *members = json_object_new_array();
	struct choosing c = {members, bot, large, all};

	jso_set_text(o, "joined_at", "2026-07-02T12:00:00.000000+00:00");
	jso_set_bool(o, "large", guild_members(g) > large && large > 0);
	jso_set_bool(o, "unavailable", false);
	jso_set_bool(o, "geo_restricted", false);
	jso_set_bool(o, "lazy", true);
	jso_set_int(o, "member_count", guild_members(g));
	guild_member_each(g, choose, &c);
	jso_set(o, "members", members);
	for (int i = 0; i < GUILD_LISTS; i++)
		if (guild_list_sent(i) && i != GUILD_PRESENCES)
			jso_set(o, guild_list_word(i),
			    i == GUILD_THREADS ? threads(g, bot)
					       : guild_array(g, i));
	jso_set(o, "presences",
	    all ? presences(g, members) : json_object_new_array());
	jso_set(o, "embedded_activities", json_object_new_array());
	return o;
}

json_object *
world_render_guild_object(struct world *w, unsigned guild)
{
	struct guild *g = guild_at(w, guild);

	return g ? guild_object(g) : NULL;
}

json_object *
world_render_channel(struct world *w, const struct world_channel *c)
{
	json_object *o = NULL, *list;

	if (c->doc != NULL) {
		must(json_object_deep_copy(c->doc, &o, NULL) == 0);
		jso_set_id(o, "guild_id", world_guild_id(w, c->guild));
		return o;
	}
	o = json_object_new_object();
	list = json_object_new_array();
	json_object_array_add(list, world_render_user(w, c->number));
	jso_set_id(o, "id", c->id);
	jso_set_int(o, "type", 1);
	jso_set(o, "last_message_id", NULL);
	jso_set_int(o, "flags", 0);
	jso_set(o, "recipients", list);
	return o;
}

json_object *
world_render_user(struct world *w, unsigned user)
{
	json_object *o = NULL;

	must(json_object_deep_copy(user_doc(w, user), &o, NULL) == 0);
	return o;
}

json_object *
world_render_own(struct world *w, unsigned user)
{
	json_object *o = world_render_user(w, user);

	jso_set_int(o, "flags", 0);
	jso_set_bool(o, "mfa_enabled", true);
	jso_set(o, "email", NULL);
	jso_set_bool(o, "verified", true);
	return o;
}

json_object *
world_render_member(struct world *w, unsigned guild, unsigned user,
    bool with_user)
{
	struct guild *g = guild_at(w, guild);
	json_object *m = g ? guild_member(g, user) : NULL;

	if (m != NULL && !with_user)
		json_object_object_del(m, "user");
	return m;
}
