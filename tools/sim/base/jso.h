/* SPDX-License-Identifier: MIT */
/* Reading and building the JSON objects of Discord: json-c, a line a member. */
#ifndef TOOLS_SIM_BASE_JSO_H
#define TOOLS_SIM_BASE_JSO_H

#include "shared/base/base.h"

#include <inttypes.h>
#include <json-c/json.h>

/* A snowflake: a string, as Discord writes them.  Caller owns. */
static inline json_object *
jso_id(uint64_t id)
{
	char text[24];

	str_format(text, sizeof(text), "%" PRIu64, id);
	return json_object_new_string(text);
}

/* A member, o's; NULL when it is absent or null, or o is no object. */
static inline json_object *
jso_get(json_object *o, const char *key)
{
	json_object *v = NULL;

	json_object_object_get_ex(o, key, &v);
	return v;
}

/* The same as a text: a string's own, JSON of all else. */
static inline const char *
jso_get_text(json_object *o, const char *key)
{
	return json_object_get_string(jso_get(o, key));
}

/* The same as a snowflake, a string or a number; 0: it is none. */
static inline uint64_t
jso_get_id(json_object *o, const char *key)
{
	const char *s = jso_get_text(o, key);
	uint64_t id;

	return s != NULL && str_to_u64(s, &id) ? id : 0;
}

/* Elements of a list; 0 when it is none. */
static inline size_t
jso_count(json_object *list)
{
	return json_object_is_type(list, json_type_array)
	    ? json_object_array_length(list)
	    : 0;
}

/* Is the number among those of a list? */
static inline bool
jso_has_int(json_object *list, int n)
{
	for (size_t i = 0; i < jso_count(list); i++)
		if (json_object_get_int(json_object_array_get_idx(list, i))
		    == n)
			return true;
	return false;
}

/* Members of o, set or replaced.  Takes v over; NULL is null. */
#define jso_set(o, key, v) json_object_object_add(o, key, v)

static inline void
jso_set_id(json_object *o, const char *key, uint64_t id)
{
	jso_set(o, key, jso_id(id));
}

static inline void
jso_set_text(json_object *o, const char *key, const char *text)
{
	jso_set(o, key, json_object_new_string(text));
}

static inline void
jso_set_int(json_object *o, const char *key, int64_t n)
{
	jso_set(o, key, json_object_new_int64(n));
}

static inline void
jso_set_bool(json_object *o, const char *key, bool yes)
{
	jso_set(o, key, json_object_new_boolean(yes));
}

/* o as it is sent; o owns the text, until it changes. */
static inline const char *
jso_text(json_object *o)
{
	return json_object_to_json_string_ext(o,
	    JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

#endif
