/* SPDX-License-Identifier: MIT */
/* The methods of plugins; see rpc.h. */
#include "handler/rpc.h"

#include "handler/line.h"
#include "handler/talk.h"
#include "shared/log.h"

#include <ctype.h>
#include <string.h>

#define RPC_CONTENT_MAX 8000 /* bytes: 2000 characters of 4 */
#define RPC_REASON_MAX 512
#define RPC_LOG_MAX 2000
#define RPC_REFUSAL_MAX 65536 /* of a refusal's body that is read */

/* Who waits for an answer. */
struct rpc_wait {
	struct plugin *plugin;
	uint64_t life;
	const struct rpc_method *method;
	char id[TALK_ID_MAX];
};

typedef const char *rpc_fn(struct rpc *, struct rpc_wait *,
    struct json_object *params);

struct rpc_method {
	const char *name;
	const char *params; /* every name it knows, each between blanks */
	rpc_fn *fn;	    /* NULL, or what is wrong with the parameters */
	const char *result; /* of a REST call; NULL: made from its body */
	bool wrap;	    /* result is {"status", "body"} */
};

static void
rpc_error(struct rpc_wait *w, enum rpc_error code, const char *message,
    const char *data)
{
	plugin_error(w->plugin, w->life, w->id, code, message, data);
}

/* ---- parameters -------------------------------------------------------------- */

static const char *
param_text(struct json_object *params, const char *name, size_t max)
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

/* A snowflake: a string of digits, as Discord sends them. */
static const char *
param_id(struct json_object *params, const char *name)
{
	const char *s = param_text(params, name, 20);

	if (s == NULL || s[0] == '\0' || strspn(s, "0123456789") != strlen(s))
		return NULL;
	return s;
}

static bool
param_given(struct json_object *params, const char *name)
{
	struct json_object *v;

	return json_object_object_get_ex(params, name, &v);
}

static const char *
params_check(const struct rpc_method *m, struct json_object *params,
    char *why, size_t size)
{
	char word[64];

	if (!json_object_is_type(params, json_type_object))
		return "params must be an object";
	json_object_object_foreach(params, name, value) {
		(void)value;
		if (!str_format(word, sizeof(word), " %s ", name)
		    || strstr(m->params, word) == NULL) {
			str_format(why, size, "%s has no parameter \"%.64s\"; "
					      "it knows%s",
			    m->name, name, m->params);
			return why;
		}
	}
	return NULL;
}

/* ---- REST ----------------------------------------------------------------------- */

static const char *
json_plain(struct json_object *o)
{
	return json_object_to_json_string_ext(o,
	    JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

/* {"status":403,"code":50013,"message":"..."} of a refusal. */
static void
rpc_refused(struct rpc_wait *w, const struct rest_answer *a)
{
	struct json_object *data = json_object_new_object(), *body = NULL, *v;
	struct json_tokener *tok = talk_new();
	char why[512];

	if (a->len > 0 && a->len < RPC_REFUSAL_MAX)
		body = json_tokener_parse_ex(tok, a->body, (int)a->len);
	json_object_object_add(data, "status", json_object_new_int(a->status));
	v = NULL;
	if (json_object_is_type(body, json_type_object))
		json_object_object_get_ex(body, "code", &v);
	json_object_object_add(data, "code", json_object_get(v));
	v = NULL;
	if (json_object_is_type(body, json_type_object))
		json_object_object_get_ex(body, "message", &v);
	json_object_object_add(data, "message", json_object_get(v));
	snprintf(why, sizeof(why), "%s: HTTP %d%s%.200s", a->why, a->status,
	    v ? ", " : "", v ? json_object_get_string(v) : "");
	rpc_error(w, RPC_REFUSED, why, json_plain(data));
	json_object_put(data);
	json_object_put(body);
	json_tokener_free(tok);
}

static void
rpc_rest_result(struct rpc_wait *w, const struct rest_answer *a)
{
	struct buf out = {0};
	size_t head;

	if (w->method->wrap)
		buf_printf(&out, "{\"status\":%d,\"body\":", a->status);
	head = out.end;
	buf_add(&out, a->body, a->len);
	/* Something that is not JSON can't be part of our line. */
	if (a->len == 0 || !line_splice(out.p + head, a->len)) {
		out.end = head;
		buf_puts(&out, "null");
	}
	if (w->method->wrap)
		buf_puts(&out, "}");
	plugin_result(w->plugin, w->life, w->id, buf_data(&out),
	    buf_len(&out));
	buf_free(&out);
}

static void
rpc_rest_done(void *arg, const struct rest_answer *a)
{
	static const enum rpc_error code[] = {
	    [REST_LIMITED] = RPC_LIMITED,
	    [REST_LATE] = RPC_TIMEOUT,
	    [REST_STOPPED] = RPC_STOPPING,
	};
	struct rpc_wait *w = arg;

	if (a->outcome == REST_REFUSED)
		rpc_refused(w, a);
	else if (a->outcome != REST_OK)
		rpc_error(w, code[a->outcome], a->why, NULL);
	else if (w->method->result != NULL)
		plugin_result(w->plugin, w->life, w->id, w->method->result,
		    strlen(w->method->result));
	else
		rpc_rest_result(w, a);
	free(w);
}

static struct rpc_wait *
wait_keep(const struct rpc_wait *w)
{
	struct rpc_wait *kept = base_alloc(sizeof(*kept));

	*kept = *w;
	return kept;
}

static const char *
rpc_rest(struct rpc *r, struct rpc_wait *w, const struct rest_ask *ask)
{
	struct rpc_wait *kept = wait_keep(w);
	const char *why;
	bool bad;

	if (rest_call(r->rest, plugin_slot(w->plugin), ask, rpc_rest_done,
		kept, &bad, &why) == 0)
		return NULL;
	free(kept);
	if (bad)
		return why;
	rpc_error(w, RPC_LIMITED, why, NULL);
	return NULL;
}

/* ---- the methods ------------------------------------------------------------------ */

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

static const char *
rpc_say(struct rpc *r, struct rpc_wait *w, struct json_object *params)
{
	const char *channel = param_id(params, "channel_id"), *why;
	const char *content = param_text(params, "content", RPC_CONTENT_MAX);
	const char *reply = param_id(params, "reply_to");
	struct json_object *nonce = NULL, *body;
	char path[64];

	if (channel == NULL)
		return "channel_id must be a string of digits";
	if (content == NULL || content[0] == '\0')
		return "content must be a text of 1 to 2000 characters";
	if (reply == NULL && param_given(params, "reply_to"))
		return "reply_to must be a string of digits";
	if (json_object_object_get_ex(params, "nonce", &nonce)
	    && !nonce_ok(nonce))
		return "nonce must be a number or a text of at most 25 "
		       "characters";
	body = say_body(params, content, reply);
	str_format(path, sizeof(path), "/channels/%s/messages", channel);
	why = rpc_rest(r, w, &(struct rest_ask) {.method = "POST",
	    .path = path, .body = json_plain(body),
	    .repeatable = nonce != NULL});
	json_object_put(body);
	return why;
}

static const char *
rpc_react(struct rpc *r, struct rpc_wait *w, struct json_object *params)
{
	const char *channel = param_id(params, "channel_id");
	const char *message = param_id(params, "message_id");
	const char *emoji = param_text(params, "emoji", 100);
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

static const char *
rpc_typing(struct rpc *r, struct rpc_wait *w, struct json_object *params)
{
	const char *channel = param_id(params, "channel_id");
	char path[64];

	if (channel == NULL)
		return "channel_id must be a string of digits";
	str_format(path, sizeof(path), "/channels/%s/typing", channel);
	return rpc_rest(r, w, &(struct rest_ask) {.method = "POST",
	    .path = path, .optional = true});
}

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

static const char *
rpc_any_rest(struct rpc *r, struct rpc_wait *w, struct json_object *params)
{
	const char *method = param_text(params, "method", 8);
	const char *path = param_text(params, "path", ENDPOINT_PATH_MAX);
	const char *reason = param_text(params, "reason", RPC_REASON_MAX);
	struct json_object *body = NULL;
	bool has_body = json_object_object_get_ex(params, "body", &body);

	if (method == NULL || path == NULL)
		return "method and path must be strings";
	if (reason == NULL && param_given(params, "reason"))
		return "reason must be a text of at most 512 bytes";
	return rpc_rest(r, w, &(struct rest_ask) {.method = method,
	    .path = path, .reason = reason,
	    .body = has_body ? json_plain(body) : NULL,
	    .repeatable = rest_repeatable(method, path, body)});
}

static const char *
rpc_log(struct rpc *r, struct rpc_wait *w, struct json_object *params)
{
	static void (*const write[])(const char *, ...) = {log_debug, log_info,
	    log_notice, log_warn, log_error};
	const char *level = param_text(params, "level", 16);
	const char *text = param_text(params, "text", RPC_LOG_MAX);
	enum log_level l;

	if (level == NULL || log_parse_level(level, &l) < 0)
		return "level must be debug, info, notice, warn or error";
	if (text == NULL)
		return "text must be a string of at most 2000 bytes";
	write[l]("plugin %s: %s", plugin_name(w->plugin), text);
	plugin_result(w->plugin, w->life, w->id, "true", 4);
	return NULL;
}

static void
rpc_sent(void *arg, uint32_t status)
{
	static const char *const why[] = {
	    [SEND_TOO_LONG] = "the payload is longer than 4096 bytes",
	    [SEND_QUEUE_FULL] = "too many sends wait at this shard",
	    [SEND_NOT_CONNECTED] = "the shard is not connected to Discord",
	    [SEND_BAD] = "the shard refuses to send this payload",
	};
	struct rpc_wait *w = arg;

	if (status == SEND_OK)
		plugin_result(w->plugin, w->life, w->id, "true", 4);
	else if (status == INTAKE_SEND_LATE)
		rpc_error(w, RPC_TIMEOUT, "the shard does not answer", NULL);
	else if (status == SEND_QUEUE_FULL)
		rpc_error(w, RPC_LIMITED, why[status], NULL);
	else if (status < nitems(why))
		rpc_error(w, RPC_REFUSED, why[status], NULL);
	else
		rpc_error(w, RPC_REFUSED, "the shard went away meanwhile",
		    NULL);
	free(w);
}

/* Ops a bot may send besides those that the shard sends by itself (6.1). */
static bool
gateway_payload_ok(struct json_object *payload)
{
	static const int64_t allowed[] = {3, 4, 8, 31, 43};
	struct json_object *op;

	if (!json_object_is_type(payload, json_type_object)
	    || !json_object_object_get_ex(payload, "op", &op)
	    || !json_object_is_type(op, json_type_int))
		return false;
	for (size_t i = 0; i < nitems(allowed); i++)
		if (json_object_get_int64(op) == allowed[i])
			return true;
	return false;
}

static const char *
gateway_shard(struct rpc *r, struct json_object *params, uint32_t *shard)
{
	const char *guild = param_id(params, "guild_id");
	struct json_object *v;
	uint64_t id;

	if (guild != NULL && str_to_u64(guild, &id)
	    && !param_given(params, "shard")) {
		if (r->intake->shard_count == 0)
			return "no shard is connected yet";
		*shard = (uint32_t)((id >> 22) % r->intake->shard_count);
		return NULL;
	}
	if (param_given(params, "guild_id")
	    || !json_object_object_get_ex(params, "shard", &v)
	    || !json_object_is_type(v, json_type_int)
	    || json_object_get_int64(v) < 0
	    || json_object_get_int64(v) >= INTAKE_SHARDS_MAX)
		return "give either shard, a number, or guild_id, a string of "
		       "digits";
	*shard = (uint32_t)json_object_get_int64(v);
	return NULL;
}

static const char *
rpc_gateway(struct rpc *r, struct rpc_wait *w, struct json_object *params)
{
	struct json_object *payload = NULL;
	const char *why, *text;
	struct rpc_wait *kept;
	uint32_t shard;

	json_object_object_get_ex(params, "payload", &payload);
	if (!gateway_payload_ok(payload))
		return "payload must be an object whose op is 3, 4, 8, 31 or "
		       "43";
	why = gateway_shard(r, params, &shard);
	if (why != NULL)
		return why;
	text = json_plain(payload);
	kept = wait_keep(w);
	if (intake_send(r->intake, shard, text, strlen(text), rpc_sent, kept,
		&why) < 0) {
		free(kept);
		rpc_error(w, RPC_REFUSED, why, NULL);
	}
	return NULL;
}

static const struct rpc_method rpc_methods[] = {
    {"say", " channel_id content nonce reply_to allowed_mentions ", rpc_say,
	NULL, false},
    {"react", " channel_id message_id emoji ", rpc_react, "true", false},
    {"typing", " channel_id ", rpc_typing, "true", false},
    {"rest", " method path body reason ", rpc_any_rest, NULL, true},
    {"log", " level text ", rpc_log, NULL, false},
    {"gateway", " shard guild_id payload ", rpc_gateway, NULL, false},
};

void
rpc_request(struct rpc *r, struct plugin *p, const char *id,
    const char *method, struct json_object *params)
{
	struct rpc_wait w = {.plugin = p, .life = plugin_life(p)};
	const char *why;
	char text[256];

	str_copy(w.id, id, sizeof(w.id));
	for (size_t i = 0; i < nitems(rpc_methods); i++)
		if (strcmp(rpc_methods[i].name, method) == 0)
			w.method = &rpc_methods[i];
	if (w.method == NULL) {
		str_format(text, sizeof(text), "there is no method \"%.64s\"",
		    method);
		rpc_error(&w, RPC_NO_METHOD, text, NULL);
		return;
	}
	if (r->stopping) {
		rpc_error(&w, RPC_STOPPING, "the handler is stopping", NULL);
		return;
	}
	why = params_check(w.method, params, text, sizeof(text));
	if (why == NULL)
		why = w.method->fn(r, &w, params);
	if (why != NULL)
		rpc_error(&w, RPC_BAD_PARAMS, why, NULL);
}
