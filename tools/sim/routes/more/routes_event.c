/* SPDX-License-Identifier: MIT */
/* Scheduled events: in a stage or voice channel, or somewhere else. */
#include "tools/sim/routes/more/more.h"

#include "shared/base/clock.h"

#define UNCOMPLETED_MAX 100
#define USERS_MAX 100
#define RULE_MAX 2000 /* bytes of JSON */
#define AUDIT_CREATE 100
#define AUDIT_UPDATE 101
#define AUDIT_DELETE 102

enum entity { STAGE = 1, VOICE = 2, EXTERNAL = 3 };
enum status { SCHEDULED = 1, ACTIVE = 2, COMPLETED = 3, CANCELED = 4 };

static const char *const keys[] = {"name", "description", "channel_id",
    "entity_type", "entity_metadata", "privacy_level", "scheduled_start_time",
    "scheduled_end_time", "status", "recurrence_rule", NULL};

/* The channel of an event in one is there and of the kind; external ones have
 * none, but a place and an end. */
static void
check_place(struct rest_call *c, struct guild *g, json_object *o,
    int64_t entity)
{
	json_object *meta = jso_get(o, "entity_metadata");
	const char *channel = jso_get_text(o, "channel_id");
	json_object *doc = channel ? guild_get_key(g, GUILD_CHANNELS, channel)
				   : NULL;
	int type = json_object_get_int(jso_get(doc, "type"));
	size_t was;

	if (entity != EXTERNAL) {
		if (channel == NULL)
			rest_form_required(c, "channel_id");
		else if (doc == NULL || type != (entity == STAGE ? 13 : 2))
			rest_form_error(c, "channel_id",
			    "GUILD_SCHEDULED_EVENT_CHANNEL_INVALID",
			    "The channel is not one of the event's kind");
		return;
	}
	if (channel != NULL)
		rest_form_error(c, "channel_id",
		    "GUILD_SCHEDULED_EVENT_CHANNEL_INVALID",
		    "An external event has no channel");
	if (jso_get(o, "scheduled_end_time") == NULL)
		rest_form_required(c, "scheduled_end_time");
	if (!json_object_is_type(meta, json_type_object)) {
		rest_form_required(c, "entity_metadata");
		return;
	}
	was = rest_form_enter(c, "entity_metadata");
	(void)rest_form_text(c, meta, "location", 1, 100);
	rest_form_leave(c, was);
}

static void
check_times(struct rest_call *c, json_object *o, bool started)
{
	int64_t from = 0, to = 0;

	if (jso_get(o, "scheduled_start_time") == NULL)
		rest_form_required(c, "scheduled_start_time");
	if (rest_form_time(c, o, "scheduled_start_time", &from) && !started
	    && from < clock_wall_ms())
		rest_form_error(c, "scheduled_start_time",
		    "GUILD_SCHEDULED_EVENT_SCHEDULE_PAST",
		    "Cannot schedule event in the past.");
	if (rest_form_time(c, o, "scheduled_end_time", &to) && to <= from)
		rest_form_error(c, "scheduled_end_time",
		    "GUILD_SCHEDULED_EVENT_END_TIME_BEFORE_START_TIME",
		    "Cannot schedule an event that ends before it starts.");
}

static void
check_rule(struct rest_call *c, json_object *rule)
{
	if (rule != NULL && !json_object_is_type(rule, json_type_object))
		rest_form_no_object(c, "recurrence_rule");
	else if (rule != NULL && strlen(jso_text(rule)) > RULE_MAX)
		rest_form_error(c, "recurrence_rule", "BASE_TYPE_MAX_LENGTH",
		    "Must be %d or fewer in length.", RULE_MAX);
}

/* Of an event as it is to be. */
static bool
check(struct rest_call *c, struct guild *g, json_object *o, bool started)
{
	int64_t entity = 0, n;

	(void)rest_form_text(c, o, "name", 1, 100);
	(void)rest_form_string(c, o, "description", 1, 1000);
	if (jso_get(o, "privacy_level") == NULL)
		rest_form_required(c, "privacy_level");
	(void)rest_form_int(c, o, "privacy_level", 2, 2, &n);
	if (jso_get(o, "entity_type") == NULL)
		rest_form_required(c, "entity_type");
	if (rest_form_int(c, o, "entity_type", STAGE, EXTERNAL, &entity))
		check_place(c, g, o, entity);
	check_times(c, o, started);
	check_rule(c, jso_get(o, "recurrence_rule"));
	return !rest_form_refused(c);
}

static void
announce(struct rest_call *c, struct guild *g, const char *t, json_object *doc)
{
	json_object *d = more_copy(doc);

	json_object_object_del(d, "user_count");
	rest_guild_emit(c, g, t, d);
	json_object_put(d);
}

static json_object *
shown(struct rest_call *c, json_object *doc)
{
	json_object *o = more_copy(doc);

	if (rest_body_true(c, "with_user_count"))
		jso_set_int(o, "user_count", 0);
	return o;
}

static void
event_list(struct rest_call *c)
{
	struct guild *g = rest_guild(c);
	json_object *a;

	if (g == NULL)
		return;
	a = json_object_new_array();
	json_object_object_foreach (guild_docs(g, GUILD_EVENTS), key, doc) {
		(void)key;
		json_object_array_add(a, shown(c, doc));
	}
	rest_reply(c, 200, a);
}

/* Of entity_metadata the place is kept. */
static void
trim(json_object *o)
{
	json_object *place = jso_get(jso_get(o, "entity_metadata"), "location");
	json_object *meta = place ? json_object_new_object() : NULL;

	if (place != NULL)
		jso_set(meta, "location", json_object_get(place));
	jso_set(o, "entity_metadata", meta);
}

static json_object *
build(struct rest_call *c, struct guild *g, json_object *body, uint64_t id)
{
	json_object *o = json_object_new_object();

	for (size_t i = 0; keys[i] != NULL; i++)
		jso_set(o, keys[i], NULL);
	rest_form_copy(o, body, keys);
	jso_set_id(o, "id", id);
	jso_set_id(o, "guild_id", guild_id(g));
	jso_set_id(o, "creator_id", user_id(c->w, c->bot));
	jso_set(o, "creator", more_maker(c));
	jso_set_int(o, "status", SCHEDULED);
	jso_set(o, "entity_id", NULL);
	jso_set(o, "image", rest_form_image_hash(jso_get(body, "image")));
	trim(o);
	jso_set(o, "guild_scheduled_event_exceptions", json_object_new_array());
	return o;
}

static void
event_new(struct rest_call *c)
{
	json_object *body = rest_form_object(c), *o;
	struct guild *g;
	uint64_t id;

	if (body == NULL || (g = rest_guild(c)) == NULL
	    || !rest_guild_may(c, g, PERM_CREATE_EVENTS))
		return;
	rest_form_image(c, body, "image", false);
	if (!check(c, g, body, false))
		return;
	if (guild_count(g, GUILD_EVENTS) >= UNCOMPLETED_MAX) {
		rest_reply_error(c, REST_TOO_MANY_EVENTS);
		return;
	}
	id = world_snowflake(c->w);
	o = build(c, g, body, id);
	must(guild_put(g, GUILD_EVENTS, id, json_object_get(o)));
	announce(c, g, "GUILD_SCHEDULED_EVENT_CREATE", o);
	rest_guild_audit(c, g, AUDIT_CREATE, id, NULL);
	rest_reply(c, 200, o);
}

static json_object *
event_of(struct rest_call *c, struct guild *g)
{
	return rest_guild_doc(c, g, GUILD_EVENTS, c->id[1], REST_UNKNOWN_EVENT);
}

static void
event_get(struct rest_call *c)
{
	struct guild *g = rest_guild(c);
	json_object *doc = g ? event_of(c, g) : NULL;

	if (doc != NULL)
		rest_reply(c, 200, shown(c, doc));
}

/* The path's event, which the bot may change; NULL after an answer. */
static json_object *
mine(struct rest_call *c, struct guild *g)
{
	json_object *doc = event_of(c, g);
	bool may;

	if (doc == NULL)
		return NULL;
	jso_set(doc, "user", json_object_get(jso_get(doc, "creator")));
	may = more_may_edit(c, g, doc, PERM_MANAGE_EVENTS, PERM_CREATE_EVENTS);
	json_object_object_del(doc, "user");
	return may ? doc : NULL;
}

/* Scheduled ones begin or are canceled, active ones end. */
static bool
step_allowed(int64_t was, int64_t is)
{
	return was == is || (was == SCHEDULED && is == ACTIVE)
	    || (was == SCHEDULED && is == CANCELED)
	    || (was == ACTIVE && is == COMPLETED);
}

static void
check_status(struct rest_call *c, json_object *body, int64_t was, int64_t *is)
{
	if (rest_form_int(c, body, "status", SCHEDULED, CANCELED, is)
	    && !step_allowed(was, *is))
		rest_form_error(c, "status",
		    "GUILD_SCHEDULED_EVENT_INVALID_STATUS_TRANSITION",
		    "Invalid Guild Scheduled Event Status Transition");
}

static void
event_edit(struct rest_call *c)
{
	json_object *body = rest_form_object(c), *doc, *next, *changes, *v;
	struct guild *g;
	int64_t was, is;

	if (body == NULL || (g = rest_guild(c)) == NULL
	    || (doc = mine(c, g)) == NULL)
		return;
	was = is = json_object_get_int64(jso_get(doc, "status"));
	check_status(c, body, was, &is);
	rest_form_image(c, body, "image", false);
	next = more_copy(doc);
	changes = more_apply(next, body, keys);
	if (!check(c, g, next,
		is != SCHEDULED
		    || jso_get(body, "scheduled_start_time") == NULL)) {
		json_object_put(changes);
		json_object_put(next);
		return;
	}
	if (json_object_object_get_ex(body, "image", &v))
		jso_set(next, "image", rest_form_image_hash(v));
	trim(next);
	must(guild_put(g, GUILD_EVENTS, c->id[1], json_object_get(next)));
	announce(c, g, "GUILD_SCHEDULED_EVENT_UPDATE", next);
	rest_guild_audit(c, g, AUDIT_UPDATE, c->id[1], changes);
	/* One that is over is told of a last time. */
	if (is == COMPLETED || is == CANCELED)
		guild_drop(g, GUILD_EVENTS, c->id[1]);
	rest_reply(c, 200, next);
}

static void
event_drop(struct rest_call *c)
{
	struct guild *g = rest_guild(c);
	json_object *doc = g ? mine(c, g) : NULL;

	if (doc == NULL)
		return;
	announce(c, g, "GUILD_SCHEDULED_EVENT_DELETE", doc);
	guild_drop(g, GUILD_EVENTS, c->id[1]);
	rest_guild_audit(c, g, AUDIT_DELETE, c->id[1], NULL);
	rest_reply_none(c);
}

/* Nobody has subscribed: it takes a person, and nothing here lets one. */
static void
event_users(struct rest_call *c)
{
	struct guild *g = rest_guild(c);
	uint64_t limit = rest_body_query(c, "limit", USERS_MAX);

	if (g == NULL || event_of(c, g) == NULL)
		return;
	if (limit < 1 || limit > USERS_MAX) {
		rest_form_error(c, "limit",
		    limit < 1 ? "NUMBER_TYPE_MIN" : "NUMBER_TYPE_MAX",
		    "int value should be between 1 and %d.", USERS_MAX);
		(void)rest_form_refused(c);
		return;
	}
	rest_reply(c, 200, json_object_new_array());
}

const struct route routes_event[] = {
    {"GET", "/guilds/:guild_id/scheduled-events", event_list, LIMIT_GUILD},
    {"POST", "/guilds/:guild_id/scheduled-events", event_new, LIMIT_EXPRESSION},
    {"GET", "/guilds/:guild_id/scheduled-events/:event_id", event_get,
	LIMIT_GUILD},
    {"PATCH", "/guilds/:guild_id/scheduled-events/:event_id", event_edit,
	LIMIT_EXPRESSION},
    {"DELETE", "/guilds/:guild_id/scheduled-events/:event_id", event_drop,
	LIMIT_EXPRESSION},
    {"GET", "/guilds/:guild_id/scheduled-events/:event_id/users", event_users,
	LIMIT_GUILD},
    {0},
};
