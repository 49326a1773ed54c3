/* SPDX-License-Identifier: MIT */
#include "shared/json/json_put.h"

#include <json-c/json.h>

void
json_put_text(struct json_object *o, const char *key, const char *text)
{
	json_object_object_add(o, key, json_object_new_string(text));
}

void
json_put_int(struct json_object *o, const char *key, int64_t n)
{
	json_object_object_add(o, key, json_object_new_int64(n));
}

void
json_put_bool(struct json_object *o, const char *key, bool yes)
{
	json_object_object_add(o, key, json_object_new_boolean(yes));
}
