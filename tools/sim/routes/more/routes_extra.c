/* SPDX-License-Identifier: MIT */
/*
 * What is left: integrations, permissions of commands, the search for
 * messages, and calls that Discord has and refuses to bots.
 */
#include "tools/sim/routes/more/more.h"

#include "tools/sim/world/world_mark.h"

#include <strings.h>

#define SEARCH_MAX 25
#define SEARCH_OFFSET_MAX 9975
#define SEARCH_EACH 2000 /* looked at in a channel, the newest */
#define AUDIT_INTEGRATION_DELETE 82

/* ---- integrations ----------------------------------------------------- */

static void
integrations(struct rest_call *c)
{
	struct guild *g = rest_guild(c);

	if (g != NULL && rest_guild_may(c, g, PERM_MANAGE_GUILD))
		rest_reply(c, 200, guild_array(g, GUILD_INTEGRATIONS));
}

static void
integration_drop(struct rest_call *c)
{
	struct guild *g = rest_guild(c);
	json_object *d;

	if (g == NULL || !rest_guild_may(c, g, PERM_MANAGE_GUILD)
	    || rest_guild_doc(c, g, GUILD_INTEGRATIONS, c->id[1],
		   REST_UNKNOWN_INTEGRATION)
		== NULL)
		return;
	guild_drop(g, GUILD_INTEGRATIONS, c->id[1]);
	d = json_object_new_object();
	rest_guild_emit(c, g, "GUILD_INTEGRATIONS_UPDATE", d);
	jso_set_id(d, "id", c->id[1]);
	rest_guild_emit(c, g, "INTEGRATION_DELETE", d);
	json_object_put(d);
	rest_guild_audit(c, g, AUDIT_INTEGRATION_DELETE, c->id[1], NULL);
	rest_reply_none(c);
}

/* ---- permissions of commands ------------------------------------------ */

/* The guild of the path, which is its second id; NULL after an answer. */
static struct guild *
guild_of_app(struct rest_call *c)
{
	struct guild *g;

	if (c->id[0] != user_id(c->w, c->bot)) {
		rest_reply_error(c, REST_UNKNOWN_APPLICATION);
		return NULL;
	}
	g = guild_find(c->w, c->id[1]);
	if (g != NULL && guild_member_is(g, c->bot))
		return g;
	rest_reply_error(c, REST_MISSING_ACCESS);
	return NULL;
}

static void
permissions(struct rest_call *c)
{
	struct guild *g = guild_of_app(c);

	if (g != NULL)
		rest_reply(c, 200, guild_array(g, GUILD_COMMAND_PERMISSIONS));
}

static void
permissions_of(struct rest_call *c)
{
	struct guild *g = guild_of_app(c);
	json_object *doc = g ? rest_guild_doc(c, g, GUILD_COMMAND_PERMISSIONS,
			       c->id[2], REST_UNKNOWN_COMMAND_PERMISSIONS)
			     : NULL;

	if (doc != NULL)
		rest_reply(c, 200, json_object_get(doc));
}

/* ---- search ----------------------------------------------------------- */

struct search {
	const char *content; /* NULL: any */
	uint64_t author, channel, min, max;
	uint64_t skip, want, total;
	json_object *found;
};

/* Does b occur in a, in any case? */
static bool
has_text(const char *a, const char *b)
{
	return b == NULL || (a != NULL && strcasestr(a, b) != NULL);
}

static void
search_in(struct rest_call *c, const struct world_channel *ch, struct search *s)
{
	struct world_msg **found = base_alloc(SEARCH_EACH * sizeof(*found));
	size_t n = world_msg_list(c->w, ch->id, s->max, s->min, found,
	    SEARCH_EACH);

	for (size_t i = 0; i < n; i++) {
		json_object *m = world_render_msg(c->w, found[i]), *one;

		if (has_text(jso_get_text(m, "content"), s->content)
		    && (s->author == 0
			|| jso_get_id(jso_get(m, "author"), "id") == s->author)
		    && s->total++ >= s->skip
		    && json_object_array_length(s->found) < s->want) {
			world_mark_show(c->w, found[i]->id, c->bot, m);
			jso_set_bool(m, "hit", true);
			one = json_object_new_array();
			json_object_array_add(one, json_object_get(m));
			json_object_array_add(s->found, one);
		}
		json_object_put(m);
	}
	free(found);
}

static bool
search_form(struct rest_call *c, struct search *s)
{
	s->want = rest_body_query(c, "limit", SEARCH_MAX);
	s->skip = rest_body_query(c, "offset", 0);
	s->author = rest_body_query(c, "author_id", 0);
	s->channel = rest_body_query(c, "channel_id", 0);
	s->min = rest_body_query(c, "min_id", 0);
	s->max = rest_body_query(c, "max_id", 0);
	s->content = rest_body_text(c, "content");
	if (s->want < 1 || s->want > SEARCH_MAX)
		rest_form_error(c, "limit", "NUMBER_TYPE_MAX",
		    "int value should be between 1 and %d.", SEARCH_MAX);
	if (s->skip > SEARCH_OFFSET_MAX)
		rest_form_error(c, "offset", "NUMBER_TYPE_MAX",
		    "int value should be less than or equal to %d.",
		    SEARCH_OFFSET_MAX);
	if (s->content != NULL && rest_form_chars(s->content) > 1024)
		rest_form_error(c, "content", "BASE_TYPE_MAX_LENGTH",
		    "Must be 1024 or fewer in length.");
	return !rest_form_refused(c);
}

/* Channel by channel, in each the newest first. */
static void
search(struct rest_call *c)
{
	struct guild *g = rest_guild(c);
	struct search s = {0};
	json_object *o;

	if (g == NULL || !rest_guild_may(c, g, PERM_READ_MESSAGE_HISTORY)
	    || !search_form(c, &s))
		return;
	s.found = json_object_new_array();
	json_object_object_foreach (guild_docs(g, GUILD_CHANNELS), key, doc) {
		struct world_channel ch;
		uint64_t id;

		(void)doc;
		if (str_to_u64(key, &id) && world_channel_find(c->w, id, &ch)
		    && (s.channel == 0 || s.channel == id)
		    && world_channel_is_text(&ch)
		    && (perm_channel(c->w, &ch, c->bot) & PERM_VIEW_CHANNEL))
			search_in(c, &ch, &s);
	}
	o = json_object_new_object();
	jso_set_bool(o, "doing_deep_historical_index", false);
	jso_set_int(o, "total_results", (int64_t)s.total);
	jso_set(o, "messages", s.found);
	rest_reply(c, 200, o);
}

/* ---- not for bots ----------------------------------------------------- */

static void
not_for_bots(struct rest_call *c)
{
	rest_reply_error(c, REST_NOT_FOR_BOTS);
}

/* Of the owner alone, and no bot is made one any more. */
static void
guild_drop_whole(struct rest_call *c)
{
	struct guild *g = rest_guild(c);
	json_object *d;

	if (g == NULL)
		return;
	if (!perm_owner(g, c->bot)) {
		rest_reply_error(c, REST_MISSING_PERMISSIONS);
		return;
	}
	d = json_object_new_object();
	jso_set_id(d, "id", guild_id(g));
	gateway_emit_json(c->sim, guild_index(g), "GUILD_DELETE", d);
	json_object_put(d);
	guild_delete(g);
	rest_reply_none(c);
}

/* No activity runs in the simulator. */
static void
no_activity(struct rest_call *c)
{
	rest_reply_error(c, REST_NOT_FOUND);
}

const struct route routes_extra[] = {
    {"GET", "/guilds/:guild_id/integrations", integrations, LIMIT_GUILD},
    {"DELETE", "/guilds/:guild_id/integrations/:integration_id",
	integration_drop, LIMIT_EXPRESSION},
    {"GET", ROUTE_LOCAL "/permissions", permissions, LIMIT_COMMAND_READ},
    {"GET", ROUTE_LOCAL "/:command_id/permissions", permissions_of,
	LIMIT_COMMAND_READ},
    {"PUT", ROUTE_LOCAL "/:command_id/permissions", not_for_bots,
	LIMIT_COMMAND_WRITE},
    {"GET", "/guilds/:guild_id/messages/search", search, LIMIT_GUILD},
    {"POST", "/guilds", not_for_bots, LIMIT_GUILD_EDIT},
    {"DELETE", "/guilds/:guild_id", guild_drop_whole, LIMIT_GUILD_EDIT},
    {"GET", "/applications/:application_id/activity-instances/*", no_activity,
	LIMIT_APPLICATION},
    {0},
};
