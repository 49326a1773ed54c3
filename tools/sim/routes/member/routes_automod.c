/* SPDX-License-Identifier: MIT */
/* The rules of auto moderation; nothing is moderated by them. */

#include "tools/sim/routes/member/member.h"

#include <string.h>

#define TIMEOUT_MAX_S 2419200
#define EXEMPT_ROLES_MAX 20
#define EXEMPT_CHANNELS_MAX 50
#define ACTIONS_MAX 5

enum trigger { KEYWORD = 1, SPAM = 3, PRESET = 4, MENTIONS = 5, PROFILE = 6 };

enum action { BLOCK = 1, ALERT = 2, TIMEOUT = 3, BLOCK_MEMBER = 4 };

/* How many of its kind a guild may have; 0: there is no such kind. */
static unsigned
most_of(int64_t trigger)
{
	switch (trigger) {
	case KEYWORD:
		return 6;
	case SPAM:
	case PRESET:
	case MENTIONS:
	case PROFILE:
		return 1;
	default:
		return 0;
	}
}

/* ---- the form --------------------------------------------------------- */

/* An array of at most max texts of at most len characters; null is none. */
static void
texts(struct rest_call *c, json_object *o, const char *key, size_t max,
    size_t len)
{
	json_object *list = rest_form_array(c, o, key, max);
	char path[64];

	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		json_object *v = json_object_array_get_idx(list, i);

		must(str_format(path, sizeof(path), "%s.%zu", key, i));
		if (!json_object_is_type(v, json_type_string))
			rest_form_error(c, path, "STRING_TYPE_CONVERT",
			    "Could not interpret value as string.");
		else if (rest_form_chars(json_object_get_string(v)) > len)
			rest_form_error(c, path, "BASE_TYPE_MAX_LENGTH",
			    "Must be %zu or fewer in length.", len);
	}
}

static void
presets(struct rest_call *c, json_object *o)
{
	json_object *list = rest_form_array(c, o, "presets", 3);
	char path[64];

	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		int64_t n = json_object_get_int64(
		    json_object_array_get_idx(list, i));

		must(str_format(path, sizeof(path), "presets.%zu", i));
		if (n < 1 || n > 3)
			rest_form_error(c, path, "BASE_TYPE_CHOICES",
			    "Value must be one of {1, 2, 3}.");
	}
}

/* Copies those keys that are given and not null. */
static void
copy_given(json_object *to, json_object *from, const char *const *keys)
{
	for (; *keys != NULL; keys++)
		if (jso_get(from, *keys) != NULL)
			jso_set(to, *keys,
			    json_object_get(jso_get(from, *keys)));
}

/* Those of the metadata that a rule of this kind has; caller owns. */
static json_object *
metadata(struct rest_call *c, json_object *body, int64_t trigger)
{
	static const char *const words[] = {"keyword_filter", "regex_patterns",
	    "allow_list", NULL};
	static const char *const preset[] = {"presets", "allow_list", NULL};
	static const char *const mentions[] = {"mention_total_limit",
	    "mention_raid_protection_enabled", NULL};
	json_object *m = jso_get(body, "trigger_metadata");
	json_object *o = json_object_new_object();
	size_t was;
	int64_t n;

	if (m == NULL)
		return o;
	if (!json_object_is_type(m, json_type_object)) {
		rest_form_no_object(c, "trigger_metadata");
		return o;
	}
	was = rest_form_enter(c, "trigger_metadata");
	texts(c, m, "keyword_filter", 1000, 60);
	texts(c, m, "regex_patterns", 10, 260);
	texts(c, m, "allow_list", trigger == PRESET ? 1000 : 100, 60);
	presets(c, m);
	(void)rest_form_int(c, m, "mention_total_limit", 0, 50, &n);
	(void)rest_form_bool(c, m, "mention_raid_protection_enabled", false);
	rest_form_leave(c, was);
	if (trigger == KEYWORD || trigger == PROFILE)
		copy_given(o, m, words);
	else if (trigger == PRESET)
		copy_given(o, m, preset);
	else if (trigger == MENTIONS)
		copy_given(o, m, mentions);
	return o;
}

/* What an action does needs this of its metadata. */
static void
action_metadata(struct rest_call *c, struct guild *g, json_object *m,
    int64_t type)
{
	size_t was = rest_form_enter(c, "metadata");
	struct world_channel ch;
	uint64_t id;
	int64_t n;

	if (type == BLOCK)
		(void)rest_form_string(c, m, "custom_message", 0, 150);
	if (type == ALERT && jso_get(m, "channel_id") == NULL)
		rest_form_required(c, "channel_id");
	else if (type == ALERT && rest_form_id(c, m, "channel_id", &id)
	    && (!world_channel_find(c->w, id, &ch)
		|| ch.guild != guild_index(g)))
		rest_form_error(c, "channel_id", "CHANNEL_INVALID",
		    "Invalid channel");
	if (type == TIMEOUT && jso_get(m, "duration_seconds") == NULL)
		rest_form_required(c, "duration_seconds");
	else if (type == TIMEOUT)
		(void)rest_form_int(c, m, "duration_seconds", 0, TIMEOUT_MAX_S,
		    &n);
	rest_form_leave(c, was);
}

static bool
action_fits(int64_t type, int64_t trigger)
{
	if (type == TIMEOUT)
		return trigger == KEYWORD || trigger == MENTIONS;
	return (type == BLOCK_MEMBER) == (trigger == PROFILE)
	    || (type == ALERT && trigger == PROFILE);
}

static void
action(struct rest_call *c, struct guild *g, json_object *a, int64_t trigger)
{
	int64_t type = 0;

	if (!json_object_is_type(a, json_type_object)) {
		rest_form_no_object(c, "");
		return;
	}
	if (jso_get(a, "type") == NULL) {
		rest_form_required(c, "type");
		return;
	}
	if (!rest_form_int(c, a, "type", BLOCK, BLOCK_MEMBER, &type))
		return;
	if (!action_fits(type, trigger))
		rest_form_error(c, "type",
		    "AUTO_MODERATION_INVALID_ACTION_FOR_TRIGGER",
		    "This action cannot be used with this trigger.");
	action_metadata(c, g, jso_get(a, "metadata"), type);
}

/* As it is kept: with the metadata of its kind only; caller owns. */
static json_object *
kept_action(json_object *a)
{
	static const char *const of[][2] = {[BLOCK] = {"custom_message"},
	    [ALERT] = {"channel_id"},
	    [TIMEOUT] = {"duration_seconds"},
	    [BLOCK_MEMBER] = {NULL}};
	json_object *o = json_object_new_object();
	json_object *m = json_object_new_object();
	int64_t type = json_object_get_int64(jso_get(a, "type"));

	jso_set_int(o, "type", type);
	if (type >= BLOCK && type <= BLOCK_MEMBER)
		copy_given(m, jso_get(a, "metadata"), of[type]);
	jso_set(o, "metadata", m);
	return o;
}

/* Caller owns. */
static json_object *
actions(struct rest_call *c, struct guild *g, json_object *body,
    int64_t trigger)
{
	json_object *list = rest_form_array(c, body, "actions", ACTIONS_MAX);
	json_object *out = json_object_new_array();

	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		json_object *a = json_object_array_get_idx(list, i);
		size_t was = rest_form_enter(c, "actions.%zu", i);

		action(c, g, a, trigger);
		rest_form_leave(c, was);
		json_object_array_add(out, kept_action(a));
	}
	if (list != NULL && json_object_array_length(list) == 0)
		rest_form_error(c, "actions", "BASE_TYPE_MIN_LENGTH",
		    "Must be 1 or more in length.");
	return out;
}

/* Those keys that a new rule, or an edit, gives; caller owns. */
static json_object *
rule_form(struct rest_call *c, struct guild *g, json_object *body,
    int64_t trigger, int64_t event)
{
	json_object *o = json_object_new_object();
	const char *name = rest_form_string(c, body, "name", 1, 100);

	if (name != NULL)
		jso_set_text(o, "name", name);
	if (rest_form_int(c, body, "event_type", 1, 2, &event))
		jso_set_int(o, "event_type", event);
	if ((event == 2) != (trigger == PROFILE))
		rest_form_error(c, "event_type",
		    "AUTO_MODERATION_INVALID_EVENT_FOR_TRIGGER",
		    "This event type cannot be used with this trigger.");
	if (json_object_object_get_ex(body, "trigger_metadata", NULL))
		jso_set(o, "trigger_metadata", metadata(c, body, trigger));
	if (jso_get(body, "actions") != NULL)
		jso_set(o, "actions", actions(c, g, body, trigger));
	if (jso_get(body, "enabled") != NULL)
		jso_set_bool(o, "enabled",
		    rest_form_bool(c, body, "enabled", false));
	if (jso_get(body, "exempt_roles") != NULL)
		jso_set(o, "exempt_roles",
		    rest_form_ids(c, body, "exempt_roles", EXEMPT_ROLES_MAX));
	if (jso_get(body, "exempt_channels") != NULL)
		jso_set(o, "exempt_channels",
		    rest_form_ids(c, body, "exempt_channels",
			EXEMPT_CHANNELS_MAX));
	return o;
}

static unsigned
count_of(struct guild *g, int64_t trigger)
{
	unsigned n = 0;

	json_object_object_foreach (guild_docs(g, GUILD_RULES), key, doc) {
		(void)key;
		n += json_object_get_int64(jso_get(doc, "trigger_type"))
		    == trigger;
	}
	return n;
}

/* The kind of a new rule; 0 after an error was noted. */
static int64_t
trigger_of(struct rest_call *c, struct guild *g, json_object *body)
{
	int64_t trigger = 0;

	if (jso_get(body, "trigger_type") == NULL)
		rest_form_required(c, "trigger_type");
	else if (rest_form_int(c, body, "trigger_type", 1, 6, &trigger)
	    && most_of(trigger) == 0)
		rest_form_error(c, "trigger_type", "BASE_TYPE_CHOICES",
		    "Value must be one of {1, 3, 4, 5, 6}.");
	else if (trigger != 0 && count_of(g, trigger) >= most_of(trigger))
		rest_form_error(c, "",
		    "AUTO_MODERATION_MAX_RULES_OF_TYPE_EXCEEDED",
		    "Maximum number of rules with trigger type %d is %u",
		    (int)trigger, most_of(trigger));
	return c->errors == NULL ? trigger : 0;
}

/* ---- calls ------------------------------------------------------------ */

static struct guild *
rules_guild(struct rest_call *c)
{
	struct guild *g = rest_guild(c);

	return g != NULL && rest_guild_may(c, g, PERM_MANAGE_GUILD) ? g : NULL;
}

/* Each key of is that differs from was. */
static json_object *
changes_of(json_object *was, json_object *is)
{
	json_object *list = json_object_new_array();

	json_object_object_foreach (is, key, v) {
		json_object *old = jso_get(was, key);

		if (!json_object_equal(old, v))
			rest_guild_change(list, key, json_object_get(old),
			    json_object_get(v));
	}
	return list;
}

static void
told(struct rest_call *c, struct guild *g, const char *t, json_object *rule)
{
	struct act a = rest_guild_act(c, g);

	act_emit_to(&a, PERM_MANAGE_GUILD, t, rule);
}

static void
rule_list(struct rest_call *c)
{
	struct guild *g = rules_guild(c);

	if (g != NULL)
		rest_reply(c, 200, guild_array(g, GUILD_RULES));
}

static void
rule_get(struct rest_call *c)
{
	struct guild *g = rules_guild(c);
	json_object *rule = g == NULL
	    ? NULL
	    : rest_guild_doc(c, g, GUILD_RULES, c->id[1], REST_UNKNOWN_RULE);

	if (rule != NULL)
		rest_reply(c, 200, json_object_get(rule));
}

static void
required(struct rest_call *c, json_object *body)
{
	static const char *const keys[] = {"name", "event_type", "actions"};

	for (size_t i = 0; i < nitems(keys); i++)
		if (jso_get(body, keys[i]) == NULL)
			rest_form_required(c, keys[i]);
}

/* A rule with what a form may leave out. */
static json_object *
fresh(struct rest_call *c, struct guild *g, uint64_t id, int64_t trigger)
{
	json_object *o = json_object_new_object();

	jso_set_id(o, "id", id);
	jso_set_id(o, "guild_id", guild_id(g));
	jso_set_id(o, "creator_id", user_id(c->w, c->bot));
	jso_set_int(o, "trigger_type", trigger);
	jso_set(o, "trigger_metadata", json_object_new_object());
	jso_set_bool(o, "enabled", false);
	jso_set(o, "exempt_roles", json_object_new_array());
	jso_set(o, "exempt_channels", json_object_new_array());
	return o;
}

static void
overlay(json_object *o, json_object *form)
{
	json_object_object_foreach (form, key, v)
		jso_set(o, key, json_object_get(v));
}

static void
rule_create(struct rest_call *c)
{
	json_object *body = rest_form_object(c), *form, *rule;
	uint64_t id = world_snowflake(c->w);
	struct guild *g;
	int64_t trigger;

	if (body == NULL || (g = rules_guild(c)) == NULL)
		return;
	required(c, body);
	trigger = trigger_of(c, g, body);
	form = rule_form(c, g, body, trigger, trigger == PROFILE ? 2 : 1);
	if (rest_form_refused(c)) {
		json_object_put(form);
		return;
	}
	rule = fresh(c, g, id, trigger);
	overlay(rule, form);
	/* Ten of all kinds is the most, so there is room. */
	must(guild_put(g, GUILD_RULES, id, rule));
	rest_guild_audit(c, g, ACT_RULE_CREATE, id, changes_of(NULL, form));
	json_object_put(form);
	told(c, g, "AUTO_MODERATION_RULE_CREATE", rule);
	rest_reply(c, 200, json_object_get(rule));
}

static void
rule_edit(struct rest_call *c)
{
	json_object *body = rest_form_object(c), *form, *rule;
	struct guild *g;
	int64_t trigger, event;

	if (body == NULL || (g = rules_guild(c)) == NULL
	    || (rule = rest_guild_doc(c, g, GUILD_RULES, c->id[1],
		    REST_UNKNOWN_RULE))
		== NULL)
		return;
	trigger = json_object_get_int64(jso_get(rule, "trigger_type"));
	event = json_object_get_int64(jso_get(rule, "event_type"));
	form = rule_form(c, g, body, trigger, event);
	if (rest_form_refused(c)) {
		json_object_put(form);
		return;
	}
	rest_guild_audit(c, g, ACT_RULE_UPDATE, c->id[1],
	    changes_of(rule, form));
	guild_change(g);
	overlay(rule, form);
	json_object_put(form);
	told(c, g, "AUTO_MODERATION_RULE_UPDATE", rule);
	rest_reply(c, 200, json_object_get(rule));
}

static void
rule_delete(struct rest_call *c)
{
	struct guild *g = rules_guild(c);
	json_object *rule = g == NULL
	    ? NULL
	    : rest_guild_doc(c, g, GUILD_RULES, c->id[1], REST_UNKNOWN_RULE);

	if (rule == NULL)
		return;
	json_object_get(rule);
	guild_drop(g, GUILD_RULES, c->id[1]);
	rest_guild_audit(c, g, ACT_RULE_DELETE, c->id[1], NULL);
	told(c, g, "AUTO_MODERATION_RULE_DELETE", rule);
	json_object_put(rule);
	rest_reply_none(c);
}

#define ROUTE_RULES "/guilds/:guild_id/auto-moderation/rules"

const struct route routes_automod[] = {
    {"GET", ROUTE_RULES, rule_list, LIMIT_RULE},
    {"POST", ROUTE_RULES, rule_create, LIMIT_RULE},
    {"GET", ROUTE_RULES "/:rule_id", rule_get, LIMIT_RULE},
    {"PATCH", ROUTE_RULES "/:rule_id", rule_edit, LIMIT_RULE},
    {"DELETE", ROUTE_RULES "/:rule_id", rule_delete, LIMIT_RULE},
    {0},
};
