/* SPDX-License-Identifier: MIT */
/*
 * Application commands, global and per guild (discord-protocol.md section
 * 7.3): names, counts and the 200 creates a day are held as Discord does.
 */
#include "tools/sim/routes/routes.h"

#include "tools/sim/world/world_command.h"
#include "tools/sim/world/app.h"
#include "tools/sim/world/user.h"

#include "shared/base/clock.h"

#include <string.h>

#define CREATES_PER_DAY 200
#define DAY_MS 86400000u

/* chat, user, message, entry point */
static const size_t type_max[] = {0, 100, 15, 15, 1};
#define TYPES 4
#define OPTION_TYPES 11
#define OPTIONS_MAX 25
#define CHOICES_MAX 25

enum { SUB = 1, GROUP = 2 }; /* options that have options */
#define ENTRY_POINT 4	     /* made by Discord for an app with an Activity */

/* The scope of the path; NULL after an answer. */
static struct world_commands *
scope_of(struct rest_call *c)
{
	bool local = strstr(c->route->pattern, "/guilds/") != NULL;
	uint64_t guild = local ? c->id[1] : 0;
	struct world_commands *s;

	if (c->id[0] != app_id(c->w, c->bot)) {
		rest_reply_error(c, REST_UNKNOWN_APPLICATION);
		return NULL;
	}
	if (local && world_guild_find(c->w, guild) < 0) {
		rest_reply_error(c, REST_MISSING_ACCESS);
		return NULL;
	}
	s = world_command_scope(c->w, c->app, guild);
	if (s == NULL)
		rest_reply_error(c, REST_FULL);
	return s;
}

static int
type_of(json_object *o)
{
	json_object *type = jso_get(o, "type");

	return type ? json_object_get_int(type) : 1;
}

static const char *
name_of(json_object *o)
{
	const char *name = jso_get_text(o, "name");

	return name ? name : "";
}

/* Index of the command with this id (when not 0) or name and type, or -1. */
static int
find(json_object *list, uint64_t id, const char *name, int type)
{
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		json_object *o = json_object_array_get_idx(list, i);
		const char *have = jso_get_text(o, "id");

		if (id != 0
			? have && strtoull(have, NULL, 10) == id
			: type_of(o) == type && strcmp(name_of(o), name) == 0)
			return (int)i;
	}
	return -1;
}

/* Lower case, no blanks; letters above ASCII pass. */
static bool
chat_name(const char *s)
{
	for (; *s != '\0'; s++)
		if (!((*s >= 'a' && *s <= 'z') || (*s >= '0' && *s <= '9')
			|| *s == '-' || *s == '_' || *s == '\''
			|| (unsigned char)*s >= 0x80))
			return false;
	return true;
}

static void
required(struct rest_call *c, json_object *o, const char *key)
{
	if (jso_get(o, key) == NULL)
		rest_form_required(c, key);
}

static void check_options(struct rest_call *c, json_object *o, int64_t in);

static void
check_choices(struct rest_call *c, json_object *o)
{
	json_object *list = rest_form_array(c, o, "choices", CHOICES_MAX);
	size_t n = list ? json_object_array_length(list) : 0;

	for (size_t i = 0; i < n && i < CHOICES_MAX; i++) {
		json_object *it = json_object_array_get_idx(list, i);
		size_t was = rest_form_enter(c, "choices.%zu", i);

		(void)rest_form_text(c, it, "name", 1, 100);
		required(c, it, "value");
		rest_form_leave(c, was);
	}
}

/* One of a command (in: 0), a subcommand or a group of those. */
static void
check_option(struct rest_call *c, json_object *o, int64_t in)
{
	int64_t type = 0;
	const char *name;

	if (!json_object_is_type(o, json_type_object)) {
		rest_form_no_object(c, "");
		return;
	}
	required(c, o, "type");
	name = rest_form_text(c, o, "name", 1, 32);
	if (name != NULL && !chat_name(name))
		rest_form_error(c, "name", "APPLICATION_COMMAND_INVALID_NAME",
		    "Command name is invalid");
	(void)rest_form_text(c, o, "description", 1, 100);
	(void)rest_form_bool(c, o, "required", false);
	(void)rest_form_bool(c, o, "autocomplete", false);
	check_choices(c, o);
	if (!rest_form_int(c, o, "type", SUB, OPTION_TYPES, &type))
		return;
	if ((in == SUB && type <= GROUP) || (in == GROUP && type != SUB))
		rest_form_error(c, "type",
		    "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID",
		    "Sub-command and sub-command group option types are "
		    "mutually exclusive to all other types");
	else if (type <= GROUP)
		check_options(c, o, type);
}

static void
check_options(struct rest_call *c, json_object *o, int64_t in)
{
	json_object *list = rest_form_array(c, o, "options", OPTIONS_MAX);
	size_t n = list ? json_object_array_length(list) : 0;

	for (size_t i = 0; i < n && i < OPTIONS_MAX; i++) {
		size_t was = rest_form_enter(c, "options.%zu", i);

		check_option(c, json_object_array_get_idx(list, i), in);
		rest_form_leave(c, was);
	}
}

/* edit: what is missing keeps its value. */
static bool
check(struct rest_call *c, json_object *o, bool edit)
{
	int64_t type = 1;
	const char *name;

	if (!json_object_is_type(o, json_type_object)) {
		rest_form_no_object(c, "");
		return !rest_form_refused(c);
	}
	(void)rest_form_int(c, o, "type", 1, TYPES, &type);
	name = rest_form_string(c, o, "name", 1, 32);
	if (!edit)
		required(c, o, "name");
	if (type == 1 && !edit)
		required(c, o, "description");
	(void)rest_form_string(c, o, "description", type == 1 ? 1 : 0,
	    type == 1 || type == ENTRY_POINT ? 100 : 0);
	(void)rest_form_string(c, o, "default_member_permissions", 0, 20);
	check_options(c, o, 0);
	if (type == 1 && name != NULL && !chat_name(name))
		rest_form_error(c, "name", "APPLICATION_COMMAND_INVALID_NAME",
		    "Command name is invalid");
	return !rest_form_refused(c);
}

/* One create of the day's; false after an answer. */
static bool
create_allowed(struct rest_call *c, struct world_commands *s)
{
	uint64_t now = clock_boot_ms();

	if (s->day_ends_ms <= now) {
		s->day_ends_ms = now + DAY_MS;
		s->creates = 0;
	}
	if (s->creates >= CREATES_PER_DAY) {
		rest_reply_error(c, REST_COMMANDS_USED_UP);
		return false;
	}
	s->creates++;
	return true;
}

static json_object *
made(struct rest_call *c, struct world_commands *s, json_object *form,
    json_object *old)
{
	static const char *const keys[] = {"name", "description", "options",
	    "name_localizations", "description_localizations", "nsfw",
	    "default_member_permissions", "contexts", "integration_types",
	    "handler", NULL};
	json_object *o = json_object_new_object();

	jso_set(o, "id",
	    old ? json_object_get(jso_get(old, "id"))
		: jso_id(world_snowflake(c->w)));
	jso_set_id(o, "application_id", app_id(c->w, c->bot));
	jso_set_id(o, "version", world_snowflake(c->w));
	jso_set_int(o, "type", type_of(old ? old : form));
	jso_set_text(o, "description", "");
	jso_set(o, "default_member_permissions", NULL);
	jso_set_bool(o, "nsfw", false);
	if (s->guild != 0)
		jso_set_id(o, "guild_id", s->guild);
	if (old != NULL)
		rest_form_copy(o, old, keys);
	rest_form_copy(o, form, keys);
	return o;
}

static size_t
of_type(json_object *list, int type)
{
	size_t n = 0;

	for (size_t i = 0; i < json_object_array_length(list); i++)
		n += type_of(json_object_array_get_idx(list, i)) == type;
	return n;
}

static void
command_list(struct rest_call *c)
{
	struct world_commands *s = scope_of(c);

	if (s != NULL)
		rest_reply(c, 200, json_object_get(s->list));
}

/* The path's command in its scope: index, or -1 after an answer. */
static int
command_of(struct rest_call *c, struct world_commands **s)
{
	int at;

	*s = scope_of(c);
	if (*s == NULL)
		return -1;
	at = find((*s)->list, c->id[c->ids - 1], "", 0);
	if (at < 0)
		rest_reply_error(c, REST_UNKNOWN_COMMAND);
	return at;
}

static void
command_get(struct rest_call *c)
{
	struct world_commands *s;
	int at = command_of(c, &s);

	if (at >= 0)
		rest_reply(c, 200,
		    json_object_get(
			json_object_array_get_idx(s->list, (size_t)at)));
}

/* A name that exists is overwritten: 200; a new one is made: 201. */
static void
command_post(struct rest_call *c)
{
	json_object *body = rest_form_object(c), *o, *old = NULL;
	struct world_commands *s;
	int at, type;

	if (body == NULL || (s = scope_of(c)) == NULL || !check(c, body, false))
		return;
	type = type_of(body);
	at = find(s->list, 0, name_of(body), type);
	if (at >= 0)
		old = json_object_array_get_idx(s->list, (size_t)at);
	else if (of_type(s->list, type) >= type_max[type]) {
		rest_reply_error(c, REST_TOO_MANY_COMMANDS);
		return;
	} else if (!create_allowed(c, s))
		return;
	o = made(c, s, body, old);
	json_object_array_put_idx(s->list,
	    old ? (size_t)at : json_object_array_length(s->list),
	    json_object_get(o));
	rest_reply(c, old ? 200 : 201, o);
}

static void
command_edit(struct rest_call *c)
{
	json_object *body = rest_form_object(c), *o;
	struct world_commands *s;
	int at;

	if (body == NULL || (at = command_of(c, &s)) < 0
	    || !check(c, body, true))
		return;
	o = made(c, s, body, json_object_array_get_idx(s->list, (size_t)at));
	json_object_array_put_idx(s->list, (size_t)at, json_object_get(o));
	rest_reply(c, 200, o);
}

static void
command_drop(struct rest_call *c)
{
	struct world_commands *s;
	int at = command_of(c, &s);

	if (at < 0)
		return;
	json_object_array_del_idx(s->list, (size_t)at, 1);
	rest_reply_none(c);
}

/* Every form right, no name twice, counts within bounds. */
static bool
replace_check(struct rest_call *c, json_object *list)
{
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		json_object *o = json_object_array_get_idx(list, i);

		if (!check(c, o, false))
			return false;
		if (find(list, 0, name_of(o), type_of(o)) != (int)i) {
			rest_form_error(c, "",
			    "APPLICATION_COMMANDS_DUPLICATE_NAME",
			    "Application command names must be unique");
			return !rest_form_refused(c);
		}
	}
	for (int type = 1; type <= TYPES; type++)
		if (of_type(list, type) > type_max[type]) {
			rest_reply_error(c, REST_TOO_MANY_COMMANDS);
			return false;
		}
	return true;
}

/* Discord keeps it: a list without it is refused. */
static bool
keeps_entry_point(struct rest_call *c, const struct world_commands *s)
{
	if (of_type(s->list, ENTRY_POINT) == 0
	    || of_type(c->body, ENTRY_POINT) > 0)
		return true;
	rest_reply_error(c, REST_ENTRY_POINT);
	return false;
}

static void
command_replace(struct rest_call *c)
{
	struct world_commands *s = scope_of(c);
	json_object *list;

	if (s == NULL)
		return;
	if (!json_object_is_type(c->body, json_type_array)) {
		rest_form_no_list(c, "");
		(void)rest_form_refused(c);
		return;
	}
	if (!replace_check(c, c->body) || !keeps_entry_point(c, s))
		return;
	list = json_object_new_array();
	for (size_t i = 0; i < json_object_array_length(c->body); i++) {
		json_object *form = json_object_array_get_idx(c->body, i);
		int at = find(s->list, 0, name_of(form), type_of(form));

		if (at < 0 && !create_allowed(c, s)) {
			json_object_put(list);
			return;
		}
		json_object_array_add(list,
		    made(c, s, form,
			at < 0
			    ? NULL
			    : json_object_array_get_idx(s->list, (size_t)at)));
	}
	json_object_put(s->list);
	s->list = list;
	rest_reply(c, 200, json_object_get(list));
}

const struct route routes_command[] = {
    {"GET", ROUTE_GLOBAL, command_list, LIMIT_COMMAND_READ},
    {"POST", ROUTE_GLOBAL, command_post, LIMIT_COMMAND_WRITE},
    {"PUT", ROUTE_GLOBAL, command_replace, LIMIT_COMMAND_WRITE},
    {"GET", ROUTE_GLOBAL "/:command_id", command_get, LIMIT_COMMAND_READ},
    {"PATCH", ROUTE_GLOBAL "/:command_id", command_edit, LIMIT_COMMAND_WRITE},
    {"DELETE", ROUTE_GLOBAL "/:command_id", command_drop, LIMIT_COMMAND_WRITE},
    {"GET", ROUTE_LOCAL, command_list, LIMIT_COMMAND_READ},
    {"POST", ROUTE_LOCAL, command_post, LIMIT_COMMAND_WRITE},
    {"PUT", ROUTE_LOCAL, command_replace, LIMIT_COMMAND_WRITE},
    {"GET", ROUTE_LOCAL "/:command_id", command_get, LIMIT_COMMAND_READ},
    {"PATCH", ROUTE_LOCAL "/:command_id", command_edit, LIMIT_COMMAND_WRITE},
    {"DELETE", ROUTE_LOCAL "/:command_id", command_drop, LIMIT_COMMAND_WRITE},
    {0},
};
