/* SPDX-License-Identifier: MIT */
/* Stage instances: a stage channel that is live. */
#include "tools/sim/routes/more/more.h"

#define TOPIC_MAX 120
#define AUDIT_CREATE 83
#define AUDIT_UPDATE 84
#define AUDIT_DELETE 85

#define MODERATE (PERM_MANAGE_CHANNELS | PERM_MUTE_MEMBERS | PERM_MOVE_MEMBERS)

/* The instance of a channel, or NULL. */
static json_object *
live_in(struct guild *g, uint64_t channel)
{
	json_object_object_foreach (guild_docs(g, GUILD_STAGES), key, doc) {
		(void)key;
		if (jso_get_id(doc, "channel_id") == channel)
			return doc;
	}
	return NULL;
}

static void
announce(struct rest_call *c, struct guild *g, const char *t, json_object *doc)
{
	json_object *d = more_copy(doc);

	rest_guild_emit(c, g, t, d);
	json_object_put(d);
}

/* The stage channel of an id; its guild, or NULL after an answer. */
static struct guild *
stage_of(struct rest_call *c, uint64_t id, struct world_channel *ch,
    uint64_t bits)
{
	if (!rest_msg_channel(c, id, ch))
		return NULL;
	if (ch->type != 13) {
		rest_reply_error(c, REST_BAD_CHANNEL_TYPE);
		return NULL;
	}
	return rest_guild_may_in(c, ch, bits) ? guild_at(c->w, ch->guild)
					      : NULL;
}

/* The path's channel and what is live in it; NULL after an answer. */
static json_object *
instance_of(struct rest_call *c, struct guild **g, uint64_t bits)
{
	struct world_channel ch;
	json_object *doc;

	*g = stage_of(c, c->id[0], &ch, bits);
	if (*g == NULL)
		return NULL;
	doc = live_in(*g, ch.id);
	if (doc == NULL)
		rest_reply_error(c, REST_UNKNOWN_STAGE);
	return doc;
}

static json_object *
build(struct guild *g, json_object *body, uint64_t id, uint64_t channel,
    uint64_t event)
{
	json_object *o = json_object_new_object();

	jso_set_id(o, "id", id);
	jso_set_id(o, "guild_id", guild_id(g));
	jso_set_id(o, "channel_id", channel);
	jso_set(o, "topic", json_object_get(jso_get(body, "topic")));
	jso_set_int(o, "privacy_level", 2);
	jso_set_bool(o, "discoverable_disabled", true);
	jso_set(o, "guild_scheduled_event_id", event ? jso_id(event) : NULL);
	return o;
}

static bool
form(struct rest_call *c, json_object *body, uint64_t *channel, uint64_t *event)
{
	int64_t n;

	if (!rest_form_id(c, body, "channel_id", channel)
	    && jso_get(body, "channel_id") == NULL)
		rest_form_required(c, "channel_id");
	(void)rest_form_text(c, body, "topic", 1, TOPIC_MAX);
	(void)rest_form_int(c, body, "privacy_level", 1, 2, &n);
	(void)rest_form_bool(c, body, "send_start_notification", false);
	(void)rest_form_id(c, body, "guild_scheduled_event_id", event);
	return !rest_form_refused(c);
}

static void
stage_new(struct rest_call *c)
{
	json_object *body = rest_form_object(c), *o;
	uint64_t channel = 0, event = 0, id;
	struct world_channel ch;
	struct guild *g;

	if (body == NULL || !form(c, body, &channel, &event)
	    || (g = stage_of(c, channel, &ch, MODERATE)) == NULL)
		return;
	if (live_in(g, ch.id) != NULL) {
		rest_reply_error(c, REST_STAGE_OPEN);
		return;
	}
	if (event != 0 && guild_get(g, GUILD_EVENTS, event) == NULL) {
		rest_reply_error(c, REST_UNKNOWN_EVENT);
		return;
	}
	id = world_snowflake(c->w);
	o = build(g, body, id, ch.id, event);
	if (!guild_put(g, GUILD_STAGES, id, json_object_get(o))) {
		json_object_put(o);
		rest_reply_error(c, REST_FULL);
		return;
	}
	announce(c, g, "STAGE_INSTANCE_CREATE", o);
	rest_guild_audit(c, g, AUDIT_CREATE, id, NULL);
	rest_reply(c, 200, o);
}

static void
stage_get(struct rest_call *c)
{
	struct guild *g;
	json_object *doc = instance_of(c, &g, PERM_VIEW_CHANNEL);

	if (doc != NULL)
		rest_reply(c, 200, json_object_get(doc));
}

static void
stage_edit(struct rest_call *c)
{
	static const char *const keys[] = {"topic", NULL};
	json_object *body = rest_form_object(c), *doc, *changes;
	struct guild *g;
	int64_t n;
	uint64_t id;

	if (body == NULL || (doc = instance_of(c, &g, MODERATE)) == NULL)
		return;
	(void)rest_form_string(c, body, "topic", 1, TOPIC_MAX);
	(void)rest_form_int(c, body, "privacy_level", 1, 2, &n);
	if (rest_form_refused(c))
		return;
	if (jso_get(body, "topic") == NULL)
		json_object_object_del(body, "topic");
	guild_change(g);
	changes = more_apply(doc, body, keys);
	announce(c, g, "STAGE_INSTANCE_UPDATE", doc);
	id = jso_get_id(doc, "id");
	rest_guild_audit(c, g, AUDIT_UPDATE, id, changes);
	rest_reply(c, 200, json_object_get(doc));
}

static void
stage_drop(struct rest_call *c)
{
	struct guild *g;
	json_object *doc = instance_of(c, &g, MODERATE);
	uint64_t id;

	if (doc == NULL)
		return;
	id = jso_get_id(doc, "id");
	announce(c, g, "STAGE_INSTANCE_DELETE", doc);
	guild_drop(g, GUILD_STAGES, id);
	rest_guild_audit(c, g, AUDIT_DELETE, id, NULL);
	rest_reply_none(c);
}

const struct route routes_stage[] = {
    {"POST", "/stage-instances", stage_new, LIMIT_EXPRESSION},
    {"GET", "/stage-instances/:channel_id", stage_get, LIMIT_CHANNEL},
    {"PATCH", "/stage-instances/:channel_id", stage_edit, LIMIT_EXPRESSION},
    {"DELETE", "/stage-instances/:channel_id", stage_drop, LIMIT_EXPRESSION},
    {0},
};
