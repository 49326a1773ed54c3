/* SPDX-License-Identifier: MIT */
/* Methods that are one REST call: rest. */
#include "handler/rpc_impl.h"

#include <string.h>

#define RPC_REASON_MAX 512

/* A message whose repetition Discord recognises (7.2). */
static bool
rest_enforces_nonce(const char *path, struct json_object *body)
{
	size_t len = strlen(path), tail = strlen("/messages");
	struct json_object *v;

	return len > tail && strcmp(path + len - tail, "/messages") == 0
	    && json_object_is_type(body, json_type_object)
	    && json_object_object_get_ex(body, "nonce", &v) && v != NULL
	    && json_object_object_get_ex(body, "enforce_nonce", &v)
	    && json_object_get_boolean(v);
}

static bool
rest_repeatable(const char *method, const char *path, struct json_object *body)
{
	if (strcmp(method, "POST") == 0)
		return rest_enforces_nonce(path, body);
	return strcmp(method, "PATCH") != 0;
}

const char *
rpc_any_rest(struct rpc *r, struct rpc_wait *w, struct json_object *params)
{
	const char *method = rpc_text(params, "method", 8);
	const char *path = rpc_text(params, "path", ENDPOINT_PATH_MAX);
	const char *reason = rpc_text(params, "reason", RPC_REASON_MAX);
	struct json_object *body = NULL;
	bool has_body = json_object_object_get_ex(params, "body", &body);

	if (method == NULL || path == NULL)
		return "method and path must be strings";
	if (reason == NULL && rpc_given(params, "reason"))
		return "reason must be a text of at most 512 bytes";
	return rpc_rest(r, w, &(struct rest_ask) {.method = method,
	    .path = path, .reason = reason,
	    .body = has_body ? rpc_json(body) : NULL,
	    .repeatable = rest_repeatable(method, path, body)});
}
