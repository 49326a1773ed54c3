/* SPDX-License-Identifier: MIT */
/* Fields of JSON objects, of Discord's and of plugins'; borrowed, not counted. */
#ifndef HANDLER_BASE_FIELD_H
#define HANDLER_BASE_FIELD_H

#include <json-c/json.h>

/* NULL when o is no object, has no such field, or it is null. */
static inline struct json_object *
field(struct json_object *o, const char *key)
{
	struct json_object *v = NULL;

	if (json_object_is_type(o, json_type_object))
		json_object_object_get_ex(o, key, &v);
	return v;
}

/* The same, and NULL when it is of another type. */
static inline struct json_object *
field_of(struct json_object *o, const char *key, enum json_type type)
{
	struct json_object *v = field(o, key);

	return json_object_is_type(v, type) ? v : NULL;
}

#endif
