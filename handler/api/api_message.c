/* SPDX-License-Identifier: MIT */
/*
 * Methods about messages: say, reply, whisper, edit, delete, react, typing.
 * Nobody is pinged, and nothing is repeated that would be doubled, unless the
 * plugin says so.
 */
#include "handler/api/rpc_impl.h"

#include "shared/json/json.h"

#include <string.h>

#define RPC_CONTENT_MAX 2000 /* characters */
#define RPC_NONCE_MAX 25
#define WHISPER_CHANNEL_MS 86400000u /* a DM channel's id does not change */

/* ---- the body of a message ------------------------------------------ */

static bool
nonce_ok(struct json_object *params)
{
	struct json_object *v = NULL;

	json_object_object_get_ex(params, "nonce", &v);
	return json_object_is_type(v, json_type_int)
	    || rpc_param_chars(params, "nonce", RPC_NONCE_MAX) != NULL;
}

/* Nobody is pinged unless the plugin says so. */
static struct json_object *
body_mentions(struct json_object *params)
{
	struct json_object *v;

	if (json_object_object_get_ex(params, "allowed_mentions", &v))
		return json_object_get(v);
	v = json_object_new_object();
	json_object_object_add(v, "parse", json_object_new_array());
	return v;
}

static const char *
body_fault(struct json_object *params, bool content_needed)
{
	if (rpc_param_given(params, "content") || content_needed) {
		const char *s = rpc_param_chars(params, "content",
		    RPC_CONTENT_MAX);

		if (s == NULL || (s[0] == '\0' && content_needed))
			return "content must be a text of 1 to 2000 "
			       "characters";
	}
	if (rpc_param_given(params, "nonce") && !nonce_ok(params))
		return "nonce must be a number or a text of at most 25 "
		       "characters";
	if (rpc_param_given(params, "reply_to")
	    && rpc_param_id(params, "reply_to") == NULL)
		return "reply_to must be a string of digits";
	return NULL;
}

const char *
rpc_message_body(struct json_object *params, bool optional,
    struct json_object **out)
{
	static const char *const same[] = {"content", "embeds", "components",
	    "flags"};
	bool rich = rpc_param_given(params, "embeds")
	    || rpc_param_given(params, "components");
	const char *why = body_fault(params, !optional && !rich);
	struct json_object *body, *v;

	if (why != NULL)
		return why;
	body = json_object_new_object();
	for (size_t i = 0; i < nitems(same); i++)
		if (json_object_object_get_ex(params, same[i], &v))
			json_object_object_add(body, same[i],
			    json_object_get(v));
	json_object_object_add(body, "allowed_mentions", body_mentions(params));
	if (json_object_object_get_ex(params, "nonce", &v)) {
		json_object_object_add(body, "nonce", json_object_get(v));
		json_object_object_add(body, "enforce_nonce",
		    json_object_new_boolean(true));
	}
	*out = body;
	return NULL;
}

/* A plugin's own nonce counts, unless it is what tells no two replies apart. */
static bool
nonce_is_own(struct json_object *body, const char *message_id)
{
	struct json_object *v;

	return json_object_object_get_ex(body, "nonce", &v)
	    && strcmp(json_object_get_string(v), message_id) != 0;
}

void
rpc_message_reply(struct rpc *r, const struct rpc_call *w,
    struct json_object *body, const char *message_id)
{
	struct json_object *ref = json_object_new_object();
	char nonce[REPLY_NONCE_MAX];

	json_object_object_add(ref, "message_id",
	    json_object_new_string(message_id));
	/* The message may be gone by now: then it is a plain message. */
	json_object_object_add(ref, "fail_if_not_exists",
	    json_object_new_boolean(false));
	json_object_object_add(body, "message_reference", ref);
	if (nonce_is_own(body, message_id))
		return;
	reply_nonce_next(&r->nonces, plugin_name(w->plugin), w->life,
	    message_id, nonce);
	json_object_object_add(body, "nonce", json_object_new_string(nonce));
	json_object_object_add(body, "enforce_nonce",
	    json_object_new_boolean(true));
}

/* ---- posting -------------------------------------------------------- */

static const char *
message_post(struct rpc *r, struct rpc_call *w, const char *channel,
    struct json_object *body)
{
	struct json_object *v;
	char path[64];

	str_format(path, sizeof(path), "/channels/%s/messages", channel);
	return rpc_rest(r, w,
	    &(struct rest_ask) {.method = "POST",
		.path = path,
		.body = json_text(body),
		.repeatable = json_object_object_get_ex(body, "nonce", &v)});
}

static const char *
message_say(struct rpc *r, struct rpc_call *w, struct json_object *params,
    const char *reply_to)
{
	const char *channel = rpc_param_id(params, "channel_id"), *why;
	struct json_object *body;

	if (channel == NULL)
		return "channel_id must be a string of digits";
	why = rpc_message_body(params, false, &body);
	if (why != NULL)
		return why;
	if (reply_to != NULL)
		rpc_message_reply(r, w, body, reply_to);
	why = message_post(r, w, channel, body);
	json_object_put(body);
	return why;
}

const char *
rpc_say(struct rpc *r, struct rpc_call *w, struct json_object *params)
{
	return message_say(r, w, params, rpc_param_id(params, "reply_to"));
}

const char *
rpc_reply(struct rpc *r, struct rpc_call *w, struct json_object *params)
{
	const char *message = rpc_param_id(params, "message_id");

	if (message == NULL)
		return "message_id must be a string of digits";
	return message_say(r, w, params, message);
}

/* ---- whisper -------------------------------------------------------- */

struct whisper {
	struct rpc *rpc;
	struct rpc_call wait;
	struct json_object *body;
	char key[40]; /* in the cache */
};

static void
whisper_free(struct whisper *w)
{
	json_object_put(w->body);
	free(w);
}

/* The channel is open: its id, to be freed; NULL: no channel in the answer. */
static char *
whisper_channel(const struct rest_answer *a)
{
	struct json_object *o = NULL;
	char *id = NULL;

	if (a->len < REST_BODY_MAX)
		o = json_parse_as(a->body, a->len, json_type_object);
	if (o != NULL && rpc_param_id(o, "id"))
		id = base_strdup(rpc_param_id(o, "id"));
	json_object_put(o);
	return id;
}

static void
whisper_opened(void *arg, const struct rest_answer *a)
{
	struct whisper *w = arg;
	const char *why = NULL;
	char *id = NULL;

	if (a->outcome != REST_OK) {
		rpc_rest_answer(&w->wait, a);
	} else if ((id = whisper_channel(a)) == NULL) {
		rpc_call_error(&w->wait, RPC_REFUSED,
		    "Discord's answer names no channel", NULL);
	} else {
		cache_put(&w->rpc->cache, w->key, id, strlen(id),
		    WHISPER_CHANNEL_MS);
		why = message_post(w->rpc, &w->wait, id, w->body);
	}
	if (why != NULL)
		rpc_call_error(&w->wait, RPC_BAD_PARAMS, why, NULL);
	free(id);
	whisper_free(w);
}

static const char *
whisper_open(struct rpc *r, struct rpc_call *w, const char *user,
    struct json_object *body, const char *key)
{
	struct whisper *s = base_alloc(sizeof(*s));
	struct rest_ask ask = {.method = "POST",
	    .repeatable = true,
	    .path = "/users/@me/channels",
	    .holds = strlen(json_text(body))};
	const char *why;
	char text[64];
	bool bad;

	s->rpc = r;
	s->wait = *w;
	s->body = json_object_get(body);
	str_copy(s->key, key, sizeof(s->key));
	str_format(text, sizeof(text), "{\"recipient_id\":\"%s\"}", user);
	ask.body = text;
	if (rest_call(r->rest, plugin_slot(w->plugin), &ask, whisper_opened, s,
		&bad, &why)
	    == 0)
		return NULL;
	whisper_free(s);
	if (bad)
		return why;
	rpc_call_error(w, RPC_LIMITED, why, NULL);
	return NULL;
}

const char *
rpc_whisper(struct rpc *r, struct rpc_call *w, struct json_object *params)
{
	const char *user = rpc_param_id(params, "user_id"), *why, *channel;
	struct json_object *body;
	char key[40];

	if (user == NULL)
		return "user_id must be a string of digits";
	why = rpc_message_body(params, false, &body);
	if (why != NULL)
		return why;
	str_format(key, sizeof(key), "dm %s", user);
	channel = cache_get(&r->cache, key);
	why = channel ? message_post(r, w, channel, body)
		      : whisper_open(r, w, user, body, key);
	json_object_put(body);
	return why;
}

/* ---- messages that exist -------------------------------------------- */

/* "/channels/C/messages/M" and tail. */
static const char *
message_path(struct json_object *params, const char *tail, char *path,
    size_t size)
{
	const char *channel = rpc_param_id(params, "channel_id");
	const char *message = rpc_param_id(params, "message_id");

	if (channel == NULL || message == NULL)
		return "channel_id and message_id must be strings of digits";
	return str_format(path, size, "/channels/%s/messages/%s%s", channel,
		   message, tail)
	    ? NULL
	    : "the path is too long";
}

const char *
rpc_edit(struct rpc *r, struct rpc_call *w, struct json_object *params)
{
	struct json_object *body;
	const char *why;
	char path[128];

	why = message_path(params, "", path, sizeof(path));
	if (why == NULL)
		why = rpc_message_body(params, false, &body);
	if (why != NULL)
		return why;
	why = rpc_rest(r, w,
	    &(struct rest_ask) {.method = "PATCH",
		.path = path,
		.body = json_text(body),
		.repeatable = true});
	json_object_put(body);
	return why;
}

const char *
rpc_delete(struct rpc *r, struct rpc_call *w, struct json_object *params)
{
	const char *reason = rpc_param_chars(params, "reason", RPC_REASON_MAX),
		   *why;
	char path[128];

	if (reason == NULL && rpc_param_given(params, "reason"))
		return "reason must be a text of at most 512 characters";
	why = message_path(params, "", path, sizeof(path));
	return why != NULL ? why
			   : rpc_rest(r, w,
			       &(struct rest_ask) {.method = "DELETE",
				   .path = path,
				   .reason = reason,
				   .repeatable = true});
}

const char *
rpc_react(struct rpc *r, struct rpc_call *w, struct json_object *params)
{
	const char *emoji = rpc_param_chars(params, "emoji", RPC_EMOJI_MAX),
		   *why;
	char encoded[12 * RPC_EMOJI_MAX + 4], tail[sizeof(encoded) + 32];
	char path[sizeof(tail) + 96];

	if (emoji == NULL || emoji[0] == '\0'
	    || !endpoint_encode(encoded, sizeof(encoded), emoji))
		return "emoji must be a Unicode emoji or \"name:id\"";
	str_format(tail, sizeof(tail), "/reactions/%s/@me", encoded);
	why = message_path(params, tail, path, sizeof(path));
	return why != NULL ? why
			   : rpc_rest(r, w,
			       &(struct rest_ask) {.method = "PUT",
				   .path = path,
				   .repeatable = true});
}

const char *
rpc_typing(struct rpc *r, struct rpc_call *w, struct json_object *params)
{
	const char *channel = rpc_param_id(params, "channel_id");
	char path[64];

	if (channel == NULL)
		return "channel_id must be a string of digits";
	str_format(path, sizeof(path), "/channels/%s/typing", channel);
	return rpc_rest(r, w,
	    &(struct rest_ask) {.method = "POST",
		.path = path,
		.optional = true});
}
