/* SPDX-License-Identifier: MIT */
/*
 * Methods about messages: say, react, typing.  Nobody is pinged, and nothing
 * is repeated that would be doubled, unless the plugin says so.
 */
#include "handler/rpc_impl.h"

#include <string.h>

#define RPC_CONTENT_MAX 8000 /* bytes: 2000 characters of 4 */

static bool
nonce_ok(struct json_object *nonce)
{
	return json_object_is_type(nonce, json_type_int)
	    || (json_object_is_type(nonce, json_type_string)
		&& json_object_get_string_len(nonce) <= 25);
}

static void
say_reply(struct json_object *body, const char *message_id)
{
	struct json_object *ref = json_object_new_object();

	json_object_object_add(ref, "message_id",
	    json_object_new_string(message_id));
	/* The message may be gone by now: then it is a plain message. */
	json_object_object_add(ref, "fail_if_not_exists",
	    json_object_new_boolean(false));
	json_object_object_add(body, "message_reference", ref);
}

/* Nobody is pinged unless the plugin says so. */
static struct json_object *
say_mentions(struct json_object *params)
{
	struct json_object *v;

	if (json_object_object_get_ex(params, "allowed_mentions", &v))
		return json_object_get(v);
	v = json_object_new_object();
	json_object_object_add(v, "parse", json_object_new_array());
	return v;
}

static struct json_object *
say_body(struct json_object *params, const char *content, const char *reply)
{
	struct json_object *body = json_object_new_object(), *nonce;

	json_object_object_add(body, "content",
	    json_object_new_string(content));
	json_object_object_add(body, "allowed_mentions",
	    say_mentions(params));
	if (json_object_object_get_ex(params, "nonce", &nonce)) {
		json_object_object_add(body, "nonce", json_object_get(nonce));
		json_object_object_add(body, "enforce_nonce",
		    json_object_new_boolean(true));
	}
	if (reply != NULL)
		say_reply(body, reply);
	return body;
}

const char *
rpc_say(struct rpc *r, struct rpc_wait *w, struct json_object *params)
{
	const char *channel = rpc_id(params, "channel_id"), *why;
	const char *content = rpc_text(params, "content", RPC_CONTENT_MAX);
	const char *reply = rpc_id(params, "reply_to");
	struct json_object *nonce = NULL, *body;
	char path[64];

	if (channel == NULL)
		return "channel_id must be a string of digits";
	if (content == NULL || content[0] == '\0')
		return "content must be a text of 1 to 2000 characters";
	if (reply == NULL && rpc_given(params, "reply_to"))
		return "reply_to must be a string of digits";
	if (json_object_object_get_ex(params, "nonce", &nonce)
	    && !nonce_ok(nonce))
		return "nonce must be a number or a text of at most 25 "
		       "characters";
	body = say_body(params, content, reply);
	str_format(path, sizeof(path), "/channels/%s/messages", channel);
	why = rpc_rest(r, w, &(struct rest_ask) {.method = "POST",
	    .path = path, .body = rpc_json(body),
	    .repeatable = nonce != NULL});
	json_object_put(body);
	return why;
}

const char *
rpc_react(struct rpc *r, struct rpc_wait *w, struct json_object *params)
{
	const char *channel = rpc_id(params, "channel_id");
	const char *message = rpc_id(params, "message_id");
	const char *emoji = rpc_text(params, "emoji", 100);
	char encoded[320], path[512];

	if (channel == NULL || message == NULL)
		return "channel_id and message_id must be strings of digits";
	if (emoji == NULL || emoji[0] == '\0'
	    || !endpoint_encode(encoded, sizeof(encoded), emoji))
		return "emoji must be a Unicode emoji or \"name:id\"";
	str_format(path, sizeof(path),
	    "/channels/%s/messages/%s/reactions/%s/@me", channel, message,
	    encoded);
	return rpc_rest(r, w, &(struct rest_ask) {.method = "PUT",
	    .path = path, .repeatable = true});
}

const char *
rpc_typing(struct rpc *r, struct rpc_wait *w, struct json_object *params)
{
	const char *channel = rpc_id(params, "channel_id");
	char path[64];

	if (channel == NULL)
		return "channel_id must be a string of digits";
	str_format(path, sizeof(path), "/channels/%s/typing", channel);
	return rpc_rest(r, w, &(struct rest_ask) {.method = "POST",
	    .path = path, .optional = true});
}
