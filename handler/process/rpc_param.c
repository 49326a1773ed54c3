/* SPDX-License-Identifier: MIT */
/* The parameters of a call; see rpc_param.h. */
#include "handler/process/rpc_param.h"

#include "shared/base/text.h"
#include "shared/json/json.h"

#include <string.h>

const char *
rpc_param_text(struct json_object *params, const char *name, size_t max)
{
	struct json_object *v;

	if (!json_object_object_get_ex(params, name, &v)
	    || !json_object_is_type(v, json_type_string)
	    || (size_t)json_object_get_string_len(v) > max
	    || strlen(json_object_get_string(v))
		!= (size_t)json_object_get_string_len(v))
		return NULL;
	return json_object_get_string(v);
}

const char *
rpc_param_chars(struct json_object *params, const char *name, size_t max)
{
	const char *s = rpc_param_text(params, name, 4 * max);

	return s != NULL && text_count(s, strlen(s)) <= max ? s : NULL;
}

const char *
rpc_param_id(struct json_object *params, const char *name)
{
	return json_id(json_get(params, name));
}

bool
rpc_param_given(struct json_object *params, const char *name)
{
	struct json_object *v;

	return json_object_object_get_ex(params, name, &v);
}

bool
rpc_param_number(struct json_object *params, const char *name, int64_t low,
    int64_t high, int64_t *out)
{
	struct json_object *v;

	if (!json_object_object_get_ex(params, name, &v))
		return true;
	if (!json_object_is_type(v, json_type_int)
	    || json_object_get_int64(v) < low
	    || json_object_get_int64(v) > high)
		return false;
	*out = json_object_get_int64(v);
	return true;
}
