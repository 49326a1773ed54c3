/* SPDX-License-Identifier: MIT */
/*
 * What goes over the gateway: gateway, members, presence, voice.  The shards
 * keep Discord's limits; here is decided over which shard, and whether it is
 * fit to be sent.
 */
#include "handler/gateway/gateway_payload.h"
#include "handler/api/rpc_impl.h"

#include <string.h>

static void
rpc_sent(void *arg, uint32_t status)
{
	static const char *const why[] = {
	    [SEND_TOO_LONG] = "the payload is longer than 4096 bytes",
	    [SEND_QUEUE_FULL] = "too many sends wait at this shard",
	    [SEND_NOT_CONNECTED] = "the shard is not connected to Discord",
	    [SEND_BAD] = "the shard refuses to send this payload",
	};
	struct rpc_call *w = arg;

	if (status == SEND_OK)
		plugin_result(w->plugin, w->life, w->id, "true", 4);
	else if (status == INTAKE_SEND_LATE)
		rpc_call_error(w, RPC_TIMEOUT, "the shard does not answer",
		    NULL);
	else if (status == SEND_QUEUE_FULL)
		rpc_call_error(w, RPC_LIMITED, why[status], NULL);
	else if (status < nitems(why))
		rpc_call_error(w, RPC_REFUSED, why[status], NULL);
	else
		rpc_call_error(w, RPC_REFUSED, "the shard went away meanwhile",
		    NULL);
	free(w);
}

static const char *
gateway_shard(struct rpc *r, struct json_object *params, uint32_t *shard)
{
	const char *guild = rpc_param_id(params, "guild_id");
	struct json_object *v;
	uint64_t id;

	if (guild != NULL && str_to_u64(guild, &id)
	    && !rpc_param_given(params, "shard")) {
		if (r->intake->shard_count == 0)
			return "no shard is connected yet";
		*shard = (uint32_t)((id >> 22) % r->intake->shard_count);
		return NULL;
	}
	if (rpc_param_given(params, "guild_id")
	    || !json_object_object_get_ex(params, "shard", &v)
	    || !json_object_is_type(v, json_type_int)
	    || json_object_get_int64(v) < 0
	    || json_object_get_int64(v) >= INTAKE_SHARDS_MAX)
		return "give either shard, a number, or guild_id, a string of "
		       "digits";
	*shard = (uint32_t)json_object_get_int64(v);
	return NULL;
}

/* Sends it and answers with what became of that. */
static const char *
gateway_send(struct rpc *r, struct rpc_call *w, uint32_t shard,
    struct json_object *payload)
{
	struct rpc_call *kept = rpc_call_keep(w);
	const char *text = json_text(payload), *why;

	if (intake_send(r->intake, shard, text, strlen(text), rpc_sent, kept,
		&why)
	    < 0) {
		free(kept);
		rpc_call_error(w, RPC_REFUSED, why, NULL);
	}
	return NULL;
}

const char *
rpc_gateway(struct rpc *r, struct rpc_call *w, struct json_object *params)
{
	struct json_object *payload = NULL;
	const char *why;
	uint32_t shard;

	json_object_object_get_ex(params, "payload", &payload);
	why = gateway_payload_fault(payload);
	if (why == NULL)
		why = gateway_shard(r, params, &shard);
	return why != NULL ? why : gateway_send(r, w, shard, payload);
}

/* {"op","d"} of params without shard; the caller puts it. */
static struct json_object *
gateway_payload(int op, struct json_object *params)
{
	struct json_object *o = json_object_new_object();
	struct json_object *d = json_object_new_object();

	json_object_object_foreach (params, name, value)
		if (strcmp(name, "shard") != 0)
			json_object_object_add(d, name, json_object_get(value));
	json_object_object_add(o, "op", json_object_new_int(op));
	json_object_object_add(o, "d", d);
	return o;
}

/* v, owned, unless the name is there already. */
static void
by_default(struct json_object *o, const char *name, struct json_object *v)
{
	if (rpc_param_given(o, name))
		json_object_put(v);
	else
		json_object_object_add(o, name, v);
}

static struct json_object *
d_of(struct json_object *payload)
{
	struct json_object *d = NULL;

	json_object_object_get_ex(payload, "d", &d);
	return d;
}

/* ---- voice ---------------------------------------------------------- */

const char *
rpc_voice(struct rpc *r, struct rpc_call *w, struct json_object *params)
{
	struct json_object *o = gateway_payload(4, params);
	const char *why;
	uint32_t shard;

	by_default(d_of(o), "self_mute", json_object_new_boolean(false));
	by_default(d_of(o), "self_deaf", json_object_new_boolean(false));
	why = gateway_payload_voice_fault(d_of(o));
	if (why == NULL)
		why = gateway_shard(r, params, &shard);
	if (why == NULL)
		why = gateway_send(r, w, shard, o);
	json_object_put(o);
	return why;
}

/* ---- presence ------------------------------------------------------- */

#define PRESENCE_OUT_MAX 32u /* shards that are told at once */

/* One presence on its way to every shard. */
struct everywhere {
	struct rpc_call wait;
	struct intake *intake;
	struct json_object *payload;
	uint32_t next;
	unsigned out, sent, failed;
};

static void everywhere_sent(void *arg, uint32_t status);

static void
everywhere_more(struct everywhere *e)
{
	const char *text = json_text(e->payload), *why;
	char answer[64];

	while (e->out < PRESENCE_OUT_MAX && e->next < e->intake->uplinks) {
		if (e->intake->uplink[e->next++] == NULL)
			continue; /* not a shard of this machine */
		if (intake_send(e->intake, e->next - 1, text, strlen(text),
			everywhere_sent, e, &why)
		    == 0)
			e->out++;
		else
			e->failed++;
	}
	if (e->out > 0)
		return;
	str_format(answer, sizeof(answer), "{\"sent\":%u,\"failed\":%u}",
	    e->sent, e->failed);
	rpc_call_result(&e->wait, answer, strlen(answer));
	json_object_put(e->payload);
	free(e);
}

static void
everywhere_sent(void *arg, uint32_t status)
{
	struct everywhere *e = arg;

	e->out--;
	if (status == SEND_OK)
		e->sent++;
	else
		e->failed++;
	everywhere_more(e);
}

static void
presence_everywhere(struct rpc *r, struct rpc_call *w,
    struct json_object *payload)
{
	struct everywhere *e = base_alloc(sizeof(*e));

	*e = (struct everywhere) {.wait = *w,
	    .intake = r->intake,
	    .payload = json_object_get(payload)};
	everywhere_more(e);
}

const char *
rpc_presence(struct rpc *r, struct rpc_call *w, struct json_object *params)
{
	struct json_object *o = gateway_payload(3, params), *d = d_of(o);
	const char *why;
	uint32_t shard;

	by_default(d, "status", json_object_new_string("online"));
	by_default(d, "activities", json_object_new_array());
	by_default(d, "afk", json_object_new_boolean(false));
	by_default(d, "since", NULL);
	why = gateway_payload_presence_fault(d);
	if (why == NULL && rpc_param_given(params, "shard"))
		why = gateway_shard(r, params, &shard);
	if (why == NULL && rpc_param_given(params, "shard"))
		why = gateway_send(r, w, shard, o);
	else if (why == NULL)
		presence_everywhere(r, w, o);
	json_object_put(o);
	return why;
}

/* ---- members -------------------------------------------------------- */

#define INTENT_GUILD_MEMBERS (UINT64_C(1) << 1)
#define INTENT_GUILD_PRESENCES (UINT64_C(1) << 8)

/* What Discord would answer with silence. */
static const char *
members_intents(const struct rpc *r, struct json_object *d)
{
	const char *query = rpc_param_text(d, "query", SIZE_MAX);
	struct json_object *v = NULL;
	int64_t limit = 0;

	rpc_param_number(d, "limit", 0, INT64_MAX, &limit);
	if (query != NULL && query[0] == '\0' && limit == 0
	    && (r->config->intents & INTENT_GUILD_MEMBERS) == 0)
		return "a list of all members needs GUILD_MEMBERS in the "
		       "intents of the configuration";
	if (json_object_object_get_ex(d, "presences", &v)
	    && json_object_get_boolean(v)
	    && (r->config->intents & INTENT_GUILD_PRESENCES) == 0)
		return "presences needs GUILD_PRESENCES in the intents of the "
		       "configuration";
	return NULL;
}

/* Shared by what follows: params without what is not Discord's. */
static const char *
members_check(struct rpc *r, struct json_object *params, struct json_object *d,
    bool *stream, uint32_t *shard)
{
	struct json_object *v = NULL;
	const char *why;

	if (json_object_object_get_ex(params, "stream", &v)
	    && !json_object_is_type(v, json_type_boolean))
		return "stream must be true or false";
	*stream = json_object_get_boolean(v);
	json_object_object_del(d, "stream");
	if (!rpc_param_given(d, "user_ids")) {
		by_default(d, "query", json_object_new_string(""));
		by_default(d, "limit", json_object_new_int(0));
	}
	why = gateway_payload_members_fault(d);
	if (why == NULL)
		why = members_intents(r, d);
	return why != NULL ? why : gateway_shard(r, params, shard);
}

const char *
rpc_members(struct rpc *r, struct rpc_call *w, struct json_object *params)
{
	struct json_object *o = gateway_payload(8, params);
	uint32_t shard;
	bool stream;
	const char *why = members_check(r, params, d_of(o), &stream, &shard);

	if (why == NULL && w->id[0] == '\0')
		why = "members needs an id to answer";
	if (why == NULL && !members_ask(&r->members, w, shard, d_of(o), stream))
		rpc_call_error(w, RPC_LIMITED,
		    "16 requests for members of this plugin wait already",
		    NULL);
	json_object_put(o);
	return why;
}
