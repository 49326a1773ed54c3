/* SPDX-License-Identifier: MIT */
/*
 * interaction.*: answers to slash commands and buttons.  They carry their
 * token in the path, are exempt of the global limit, and the first answer must
 * reach Discord within 3 seconds (discord-protocol.md 7.3), so it passes
 * everything else.  The token is never logged.
 */
#include "handler/api/rpc_impl.h"

#include <string.h>

#define INTERACTION_TOKEN_MAX 512

enum { TYPE_MESSAGE = 4, TYPE_DEFER = 5, TYPE_DEFER_UPDATE = 6 };
enum { FLAG_EPHEMERAL = 64 };

/* The token as a path segment. */
static const char *
interaction_token(struct json_object *params, char *out, size_t size)
{
	const char *token = rpc_param_text(params, "token",
	    INTERACTION_TOKEN_MAX);

	if (token == NULL || token[0] == '\0'
	    || !endpoint_encode(out, size, token))
		return "token must be the interaction's";
	return NULL;
}

static const char *
interaction_flags(struct json_object *params, struct json_object *data)
{
	struct json_object *v = NULL, *flags = NULL;
	int64_t bits = 0;

	if (!json_object_object_get_ex(params, "ephemeral", &v))
		return NULL;
	if (!json_object_is_type(v, json_type_boolean))
		return "ephemeral must be true or false";
	if (json_object_object_get_ex(data, "flags", &flags))
		bits = json_object_get_int64(flags);
	if (json_object_get_boolean(v))
		json_object_object_add(data, "flags",
		    json_object_new_int64(bits | FLAG_EPHEMERAL));
	return NULL;
}

/* The message: data as it is, or built like say's. */
static const char *
interaction_data(struct json_object *params, struct json_object **out)
{
	struct json_object *v;
	const char *why;

	if (json_object_object_get_ex(params, "data", &v)) {
		if (!json_object_is_type(v, json_type_object))
			return "data must be an object";
		*out = json_object_get(v);
		return NULL;
	}
	why = rpc_message_body(params, false, out);
	if (why == NULL && (why = interaction_flags(params, *out)) != NULL)
		json_object_put(*out);
	return why;
}

static const char *
interaction_callback(struct rpc *r, struct rpc_call *w,
    struct json_object *params, int64_t type, struct json_object *data)
{
	char token[INTERACTION_TOKEN_MAX * 3 + 1], path[2048];
	const char *id = rpc_param_id(params, "id"), *why;
	struct json_object *body;

	if (id == NULL)
		return "id must be the interaction's, a string of digits";
	why = interaction_token(params, token, sizeof(token));
	if (why != NULL)
		return why;
	str_format(path, sizeof(path), "/interactions/%s/%s/callback", id,
	    token);
	body = json_object_new_object();
	json_object_object_add(body, "type", json_object_new_int64(type));
	if (data != NULL)
		json_object_object_add(body, "data", json_object_get(data));
	why = rpc_rest(r, w,
	    &(struct rest_ask) {.method = "POST",
		.path = path,
		.body = json_text(body),
		.repeatable = true,
		.exempt = true,
		.urgent = true});
	json_object_put(body);
	return why;
}

const char *
rpc_interaction_respond(struct rpc *r, struct rpc_call *w,
    struct json_object *params)
{
	struct json_object *data;
	int64_t type = TYPE_MESSAGE;
	const char *why;

	if (!rpc_param_number(params, "type", TYPE_MESSAGE, 12, &type))
		return "type must be a number from 4 to 12";
	why = interaction_data(params, &data);
	if (why != NULL)
		return why;
	why = interaction_callback(r, w, params, type, data);
	json_object_put(data);
	return why;
}

const char *
rpc_interaction_defer(struct rpc *r, struct rpc_call *w,
    struct json_object *params)
{
	struct json_object *data = json_object_new_object(), *v = NULL;
	const char *why = interaction_flags(params, data);
	int64_t type = TYPE_DEFER;

	if (json_object_object_get_ex(params, "update", &v)
	    && !json_object_is_type(v, json_type_boolean))
		why = "update must be true or false";
	if (v != NULL && json_object_get_boolean(v))
		type = TYPE_DEFER_UPDATE;
	if (why == NULL)
		why = interaction_callback(r, w, params, type, data);
	json_object_put(data);
	return why;
}

/* ---- after the first answer, for 15 minutes ------------------------- */

static const char *
interaction_hook(struct rpc *r, struct rpc_call *w, struct json_object *params,
    const char *method, const char *tail, struct json_object *data)
{
	char token[INTERACTION_TOKEN_MAX * 3 + 1], path[2048];
	const char *app = rpc_param_id(params, "application_id"), *why;

	if (app == NULL)
		return "application_id must be a string of digits";
	why = interaction_token(params, token, sizeof(token));
	if (why != NULL)
		return why;
	str_format(path, sizeof(path), "/webhooks/%s/%s%s", app, token, tail);
	return rpc_rest(r, w,
	    &(struct rest_ask) {.method = method,
		.path = path,
		.body = data ? json_text(data) : NULL,
		.repeatable = strcmp(method, "POST") != 0,
		.exempt = true});
}

static const char *
interaction_message(struct rpc *r, struct rpc_call *w,
    struct json_object *params, const char *method, const char *tail)
{
	struct json_object *data;
	const char *why = interaction_data(params, &data);

	if (why != NULL)
		return why;
	why = interaction_hook(r, w, params, method, tail, data);
	json_object_put(data);
	return why;
}

const char *
rpc_interaction_followup(struct rpc *r, struct rpc_call *w,
    struct json_object *params)
{
	return interaction_message(r, w, params, "POST", "");
}

const char *
rpc_interaction_edit_original(struct rpc *r, struct rpc_call *w,
    struct json_object *params)
{
	return interaction_message(r, w, params, "PATCH",
	    "/messages/@original");
}

const char *
rpc_interaction_delete_original(struct rpc *r, struct rpc_call *w,
    struct json_object *params)
{
	return interaction_hook(r, w, params, "DELETE", "/messages/@original",
	    NULL);
}
