/* SPDX-License-Identifier: MIT */
/* Methods that make no REST call: log, gateway. */
#include "handler/rpc_impl.h"

#include "shared/log.h"

#include <string.h>

#define RPC_LOG_MAX 2000

const char *
rpc_log(struct rpc *r, struct rpc_wait *w, struct json_object *params)
{
	static void (*const write[])(const char *, ...) = {log_debug, log_info,
	    log_notice, log_warn, log_error};
	const char *level = rpc_text(params, "level", 16);
	const char *text = rpc_text(params, "text", RPC_LOG_MAX);
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
	const char *guild = rpc_id(params, "guild_id");
	struct json_object *v;
	uint64_t id;

	if (guild != NULL && str_to_u64(guild, &id)
	    && !rpc_given(params, "shard")) {
		if (r->intake->shard_count == 0)
			return "no shard is connected yet";
		*shard = (uint32_t)((id >> 22) % r->intake->shard_count);
		return NULL;
	}
	if (rpc_given(params, "guild_id")
	    || !json_object_object_get_ex(params, "shard", &v)
	    || !json_object_is_type(v, json_type_int)
	    || json_object_get_int64(v) < 0
	    || json_object_get_int64(v) >= INTAKE_SHARDS_MAX)
		return "give either shard, a number, or guild_id, a string of "
		       "digits";
	*shard = (uint32_t)json_object_get_int64(v);
	return NULL;
}

const char *
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
	text = rpc_json(payload);
	kept = rpc_wait_keep(w);
	if (intake_send(r->intake, shard, text, strlen(text), rpc_sent, kept,
		&why) < 0) {
		free(kept);
		rpc_error(w, RPC_REFUSED, why, NULL);
	}
	return NULL;
}
