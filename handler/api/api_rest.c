/* SPDX-License-Identifier: MIT */
/*
 * Methods that are one REST call: rest, and get_user, get_channel, get_guild,
 * whose answers are kept for a minute.
 */
#include "handler/api/rpc_impl.h"

#include <string.h>

#define GET_KEEP_MS 60000u

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
rpc_any_rest(struct rpc *r, struct rpc_call *w, struct json_object *params)
{
	const char *method = rpc_param_text(params, "method", 8);
	const char *path = rpc_param_text(params, "path", ENDPOINT_PATH_MAX);
	const char *reason = rpc_param_chars(params, "reason", RPC_REASON_MAX);
	struct json_object *body = NULL;
	bool has_body = json_object_object_get_ex(params, "body", &body);

	if (method == NULL || path == NULL)
		return "method and path must be strings";
	if (reason == NULL && rpc_param_given(params, "reason"))
		return "reason must be a text of at most 512 characters";
	return rpc_rest(r, w,
	    &(struct rest_ask) {.method = method,
		.path = path,
		.reason = reason,
		.body = has_body ? json_text(body) : NULL,
		.repeatable = rest_repeatable(method, path, body)});
}

/* ---- what is asked again and again ---------------------------------- */

struct getting {
	struct rpc *rpc;
	struct rpc_call wait;
	char path[64];
};

static void
get_done(void *arg, const struct rest_answer *a)
{
	struct getting *g = arg;

	if (a->outcome == REST_OK && a->len > 0)
		cache_put(&g->rpc->cache, g->path, a->body, a->len,
		    GET_KEEP_MS);
	rpc_rest_answer(&g->wait, a);
	free(g);
}

static const char *
get_cached(struct rpc *r, struct rpc_call *w, struct json_object *params,
    const char *key, const char *folder)
{
	const char *id = rpc_param_id(params, key), *text, *why;
	struct getting *g;
	bool bad;

	if (id == NULL)
		return "the id must be a string of digits";
	g = base_alloc(sizeof(*g));
	str_format(g->path, sizeof(g->path), "/%s/%s", folder, id);
	text = cache_get(&r->cache, g->path);
	if (text != NULL) {
		rpc_rest_answer(w,
		    &(struct rest_answer) {.outcome = REST_OK,
			.status = 200,
			.body = text,
			.len = strlen(text)});
		free(g);
		return NULL;
	}
	g->rpc = r;
	g->wait = *w;
	if (rest_call(r->rest, plugin_slot(w->plugin),
		&(struct rest_ask) {.method = "GET",
		    .path = g->path,
		    .repeatable = true},
		get_done, g, &bad, &why)
	    == 0)
		return NULL;
	free(g);
	rpc_call_error(w, RPC_LIMITED, why, NULL);
	return NULL;
}

const char *
rpc_get_user(struct rpc *r, struct rpc_call *w, struct json_object *params)
{
	return get_cached(r, w, params, "user_id", "users");
}

const char *
rpc_get_channel(struct rpc *r, struct rpc_call *w, struct json_object *params)
{
	return get_cached(r, w, params, "channel_id", "channels");
}

const char *
rpc_get_guild(struct rpc *r, struct rpc_call *w, struct json_object *params)
{
	return get_cached(r, w, params, "guild_id", "guilds");
}
