/* SPDX-License-Identifier: MIT */
#include "tools/sim/gateway/check.h"

#include <string.h>

json_object *
check_field(json_object *d, const char *name, enum json_type type)
{
	json_object *v;

	if (!json_object_is_type(d, json_type_object)
	    || !json_object_object_get_ex(d, name, &v)
	    || !json_object_is_type(v, type))
		return NULL;
	return v;
}

bool
check_null(json_object *d, const char *name)
{
	json_object *v;

	return json_object_object_get_ex(d, name, &v) && v == NULL;
}

bool
check_snowflake(json_object *v, uint64_t *out)
{
	if (json_object_is_type(v, json_type_string))
		return str_to_u64(json_object_get_string(v), out) && *out > 0;
	if (!json_object_is_type(v, json_type_int))
		return false;
	*out = json_object_get_uint64(v);
	return *out > 0;
}

void
check_odd_add(struct check_odd *odd, const char *what)
{
	size_t n = strlen(odd->text);

	/* What finds no room any more is odd beside so much else. */
	(void)str_format(odd->text + n, sizeof(odd->text) - n, "%s%s",
	    n > 0 ? ", " : "", what);
}

static const char *
check_activity(json_object *a)
{
	json_object *type = check_field(a, "type", json_type_int);

	if (!check_field(a, "name", json_type_string))
		return "an activity without a name";
	if (!type || json_object_get_int64(type) < 0
	    || json_object_get_int64(type) > 5)
		return "an activity without a type from 0 to 5";
	return NULL;
}

static bool
check_status(json_object *d, struct check_odd *odd)
{
	static const char *const known[] = {"online", "dnd", "idle",
	    "invisible", "offline"};
	json_object *v = check_field(d, "status", json_type_string);

	for (size_t i = 0; v && i < nitems(known); i++) {
		if (strcmp(json_object_get_string(v), known[i]) == 0)
			return true;
	}
	if (v && json_object_get_string_len(v) == 0)
		check_odd_add(odd, "status is empty");
	return v && json_object_get_string_len(v) == 0;
}

/* since is null or milliseconds; clients leave it out or send 0.0 for it, and
 * serenity an object of seconds and nanoseconds. */
static const char *
check_since(json_object *d, struct check_odd *odd)
{
	json_object *v;

	if (!json_object_object_get_ex(d, "since", &v))
		check_odd_add(odd, "since is absent");
	else if (json_object_is_type(v, json_type_double))
		check_odd_add(odd, "since is no integer");
	else if (json_object_is_type(v, json_type_object))
		check_odd_add(odd, "since is an object");
	else if (v && !json_object_is_type(v, json_type_int))
		return "since is neither a number nor null";
	return NULL;
}

static const char *
check_activities(json_object *d, struct check_odd *odd)
{
	json_object *list = check_field(d, "activities", json_type_array);
	const char *why = NULL;

	if (check_null(d, "activities")) {
		check_odd_add(odd, "activities is null");
		return NULL;
	}
	if (!json_object_object_get_ex(d, "activities", NULL)) {
		check_odd_add(odd, "activities is absent");
		return NULL;
	}
	if (!list)
		return "activities is not an array";
	for (size_t i = 0; !why && i < json_object_array_length(list); i++)
		why = check_activity(json_object_array_get_idx(list, i));
	return why;
}

static const char *
check_afk(json_object *d, struct check_odd *odd)
{
	json_object *v;

	if (!json_object_object_get_ex(d, "afk", &v) || !v)
		check_odd_add(odd, "afk is absent");
	else if (!json_object_is_type(v, json_type_boolean))
		return "afk is not a boolean";
	return NULL;
}

const char *
check_presence(json_object *d, struct check_odd *odd)
{
	const char *why;

	if (!json_object_is_type(d, json_type_object))
		return "not an object";
	why = check_since(d, odd);
	if (!why)
		why = check_activities(d, odd);
	if (!why && !check_status(d, odd))
		why = "status is missing or unknown";
	if (!why)
		why = check_afk(d, odd);
	return why;
}
