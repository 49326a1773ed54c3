/* SPDX-License-Identifier: MIT */
/* The methods of plugins; see rpc.h. */
#include "handler/api/rpc_impl.h"

#include "handler/process/rpc_write.h"
#include "shared/json/json.h"
#include "shared/base/log.h"
#include "shared/base/text.h"

#include <string.h>

#define RPC_REFUSAL_MAX 65536 /* of a refusal's body that is read */

bool
rpc_may(struct rpc *r, const struct rpc_call *w, const char *permission)
{
	const struct config_plugin *p = plugin_config(w->plugin);
	char why[256];

	if (config_may(p, permission))
		return true;
	str_format(why, sizeof(why),
	    "this plugin may not: %s needs \"permissions = %s\" in [plugin "
	    "\"%s\"]",
	    w->method->name, permission, p->name);
	rpc_call_error(w, RPC_FORBIDDEN, why, NULL);
	return false;
}

static const char *
params_check(const struct rpc_method *m, struct json_object *params, char *why,
    size_t size)
{
	char word[64];

	if (!json_object_is_type(params, json_type_object))
		return "params must be an object";
	json_object_object_foreach (params, name, value) {
		(void)value;
		if (!str_format(word, sizeof(word), " %s ", name)
		    || strstr(m->params, word) == NULL) {
			str_format(why, size,
			    "%s has no parameter \"%s\"; it knows%s", m->name,
			    TEXT_OF(name, 64), m->params);
			return why;
		}
	}
	return NULL;
}

/* ---- REST ----------------------------------------------------------- */

/* {"status":403,"code":50013,"message":"..."} of a refusal. */
static void
rpc_refused(const struct rpc_call *w, const struct rest_answer *a)
{
	struct json_object *data = json_object_new_object(), *body = NULL, *v;
	char why[512];

	if (a->len < RPC_REFUSAL_MAX)
		body = json_parse_as(a->body, a->len, json_type_object);
	json_object_object_add(data, "status", json_object_new_int(a->status));
	v = NULL;
	if (body != NULL)
		json_object_object_get_ex(body, "code", &v);
	json_object_object_add(data, "code", json_object_get(v));
	v = NULL;
	if (body != NULL)
		json_object_object_get_ex(body, "message", &v);
	json_object_object_add(data, "message", json_object_get(v));
	str_format(why, sizeof(why), "%s: HTTP %d%s%s", a->why, a->status,
	    v ? ", " : "", TEXT_OF(v ? json_object_get_string(v) : "", 200));
	rpc_call_error(w, RPC_REFUSED, why, json_text(data));
	json_object_put(data);
	json_object_put(body);
}

static void
rpc_rest_result(const struct rpc_call *w, const struct rest_answer *a)
{
	struct buf out = {0};
	size_t head;

	if (w->method->wrap)
		buf_printf(&out, "{\"status\":%d,\"body\":", a->status);
	head = out.end;
	buf_add(&out, a->body, a->len);
	/* Something that is not JSON can't be part of our line. */
	if (a->len == 0 || !rpc_write_splice(out.p + head, a->len)) {
		out.end = head;
		buf_puts(&out, "null");
	}
	if (w->method->wrap)
		buf_puts(&out, "}");
	rpc_call_result(w, buf_data(&out), buf_len(&out));
	buf_free(&out);
}

void
rpc_rest_answer(const struct rpc_call *w, const struct rest_answer *a)
{
	static const enum rpc_call_error code[] = {
	    [REST_LIMITED] = RPC_LIMITED,
	    [REST_LATE] = RPC_TIMEOUT,
	    [REST_STOPPED] = RPC_STOPPING,
	};

	if (a->outcome == REST_REFUSED)
		rpc_refused(w, a);
	else if (a->outcome != REST_OK)
		rpc_call_error(w, code[a->outcome], a->why, NULL);
	else if (w->method->result != NULL)
		rpc_call_result(w, w->method->result,
		    strlen(w->method->result));
	else
		rpc_rest_result(w, a);
}

static void
rpc_rest_done(void *arg, const struct rest_answer *a)
{
	struct rpc_call *w = arg;

	rpc_rest_answer(w, a);
	free(w);
}

const char *
rpc_rest(struct rpc *r, struct rpc_call *w, const struct rest_ask *ask)
{
	struct rpc_call *kept = rpc_call_keep(w);
	const char *why;
	bool bad;

	if (rest_call(r->rest, plugin_slot(w->plugin), ask, rpc_rest_done, kept,
		&bad, &why)
	    == 0)
		return NULL;
	free(kept);
	if (bad)
		return why;
	rpc_call_error(w, RPC_LIMITED, why, NULL);
	return NULL;
}

/* ---- the methods ---------------------------------------------------- */

#define RPC_MESSAGE " content embeds components flags nonce allowed_mentions "

/* clang-format off */
static const struct rpc_method rpc_methods[] = {
    {"say", " channel_id" RPC_MESSAGE "reply_to ", rpc_say, NULL, false},
    {"reply", " channel_id message_id" RPC_MESSAGE, rpc_reply, NULL, false},
    {"whisper", " user_id" RPC_MESSAGE, rpc_whisper, NULL, false},
    {"edit", " channel_id message_id" RPC_MESSAGE, rpc_edit, NULL, false},
    {"delete", " channel_id message_id reason ", rpc_delete, "true", false},
    {"upload", " channel_id files reply_to" RPC_MESSAGE, rpc_upload, NULL,
	false},
    {"react", " channel_id message_id emoji ", rpc_react, "true", false},
    {"typing", " channel_id ", rpc_typing, "true", false},
    {"get_user", " user_id ", rpc_get_user, NULL, false},
    {"get_channel", " channel_id ", rpc_get_channel, NULL, false},
    {"get_guild", " guild_id ", rpc_get_guild, NULL, false},
    {"guild.get", " guild_id ", rpc_guild_get, NULL, false},
    {"channel.get", " channel_id ", rpc_channel_get, NULL, false},
    {"member.get", " guild_id user_id ", rpc_member_get, NULL, false},
    {"permissions", " user_id channel_id guild_id roles member ",
	rpc_permissions, NULL, false},
    {"interaction.respond", " id token type data ephemeral" RPC_MESSAGE,
	rpc_interaction_respond, "true", false},
    {"interaction.defer", " id token ephemeral update ",
	rpc_interaction_defer, "true", false},
    {"interaction.followup", " application_id token data ephemeral"
	RPC_MESSAGE, rpc_interaction_followup, NULL, false},
    {"interaction.edit_original", " application_id token data" RPC_MESSAGE,
	rpc_interaction_edit_original, NULL, false},
    {"interaction.delete_original", " application_id token ",
	rpc_interaction_delete_original, "true", false},
    {"rest", " method path body reason ", rpc_any_rest, NULL, true},
    {"rank", " user_id roles ", rpc_rank, NULL, false},
    {"rank.set", " kind id rank roles actor_id actor_roles ", rpc_rank_set,
	NULL, false},
    {"rank.unset", " kind id roles actor_id actor_roles ", rpc_rank_unset,
	NULL, false},
    {"rank.list", " ", rpc_rank_list, NULL, false},
    {"log", " level text fields ", rpc_log, NULL, false},
    {"config", " ", rpc_config, NULL, false},
    {"cluster", " ", rpc_cluster, NULL, false},
    {"cluster.shards", " guild_id first limit ", rpc_cluster_shards, NULL,
	false},
    {"cluster.plugins", " ", rpc_cluster_plugins, NULL, false},
    {"gateway", " shard guild_id payload ", rpc_gateway, NULL, false},
    {"members", " guild_id query limit user_ids presences stream ",
	rpc_members, NULL, false},
    {"presence", " shard status activities afk since ", rpc_presence, NULL,
	false},
    {"voice", " guild_id channel_id self_mute self_deaf ", rpc_voice, NULL,
	false},
    {"kv.get", " key ", rpc_kv_get, NULL, false},
    {"kv.set", " key value ", rpc_kv_set, NULL, false},
    {"kv.delete", " key ", rpc_kv_delete, NULL, false},
    {"kv.list", " prefix limit cursor values ", rpc_kv_list, NULL, false},
    {"kv.txn", " ops ", rpc_kv_txn, NULL, false},
    {"timer.set", " name at_ms after daily cron payload ", rpc_timer_set,
	NULL, false},
    {"timer.cancel", " name ", rpc_timer_cancel, NULL, false},
    {"timer.list", " ", rpc_timer_list, NULL, false},
};
/* clang-format on */

const struct rpc_method *
rpc_method_at(size_t i)
{
	return i < nitems(rpc_methods) ? &rpc_methods[i] : NULL;
}

/* The error names all there are, for whoever wants to know what this is. */
static void
rpc_unknown(const struct rpc_call *w, const char *method)
{
	struct buf data = {0};
	char text[256];

	buf_puts(&data, "{\"methods\":[");
	for (size_t i = 0; i < nitems(rpc_methods); i++)
		buf_printf(&data, "%s\"%s\"", i > 0 ? "," : "",
		    rpc_methods[i].name);
	buf_add(&data, "]}", 3);
	str_format(text, sizeof(text), "there is no method \"%s\"",
	    TEXT_OF(method, 64));
	rpc_call_error(w, RPC_NO_METHOD, text, buf_data(&data));
	buf_free(&data);
}

void
rpc_request(struct rpc *r, struct plugin *p, const char *id, const char *method,
    struct json_object *params)
{
	struct rpc_call w = {.plugin = p, .life = plugin_life(p)};
	const char *why;
	char text[256];

	str_copy(w.id, id, sizeof(w.id));
	for (size_t i = 0; i < nitems(rpc_methods); i++)
		if (strcmp(rpc_methods[i].name, method) == 0)
			w.method = &rpc_methods[i];
	if (w.method == NULL) {
		rpc_unknown(&w, method);
		return;
	}
	if (r->stopping) {
		rpc_call_error(&w, RPC_STOPPING, "the handler is stopping",
		    NULL);
		return;
	}
	params = params != NULL ? json_object_get(params)
				: json_object_new_object();
	why = params_check(w.method, params, text, sizeof(text));
	if (why == NULL)
		why = w.method->fn(r, &w, params);
	if (why != NULL)
		rpc_call_error(&w, RPC_BAD_PARAMS, why, NULL);
	json_object_put(params);
}

/* ---- life ----------------------------------------------------------- */

static void
rpc_event(struct intake_tap *tap, struct intake_event *e)
{
	struct rpc *r = container_of(tap, struct rpc, tap);

	if (!list_empty(&r->members.asks))
		members_event(&r->members, e->shard, e->raw, e->h->len,
		    e->raw + e->h->t_off, e->h->t_len);
}

int
rpc_open(struct rpc *r, struct timers *timers, const struct config *config,
    struct err *e)
{
	struct kv *kv = kv_open(config->state_dir, true, e);

	if (kv == NULL)
		return -1;
	r->config = config;
	kv_jobs_init(&r->jobs, timers, kv);
	plugin_timers_init(&r->timers, timers, &r->jobs, r->plugin, config);
	registration_init(&r->commands, timers, r->rest, &r->jobs, config,
	    r->identity);
	members_init(&r->members, timers, r->intake);
	r->tap.fn = rpc_event;
	intake_tap(r->intake, &r->tap);
	return 0;
}

static void
on_clock_set(struct clockset *c)
{
	struct rpc *r = container_of(c, struct rpc, clockset);

	log_notice("the clock was set: the plugins' timers go by the new "
		   "time");
	plugin_timers_look(&r->timers);
}

void
rpc_watch_clock(struct rpc *r, struct ev_loop *loop)
{
	clockset_open(&r->clockset, loop, on_clock_set);
}

void
rpc_flush(struct rpc *r)
{
	/* Whoever has the shards has the timers. */
	plugin_timers_own(&r->timers, r->intake->open > 0 && !r->stopping);
	kv_jobs_flush(&r->jobs);
	/* No more chunks are read. */
	if (r->intake->stopped || r->stopping)
		members_stop(&r->members);
}

void
rpc_answered(struct rpc *r, struct plugin *p, uint64_t id, const char *refusal)
{
	plugin_timers_answered(&r->timers, plugin_index(p), id, refusal);
}

void
rpc_plugin_up(struct rpc *r, struct plugin *p)
{
	plugin_timers_plugin_up(&r->timers, plugin_index(p));
}

void
rpc_plugin_ended(struct rpc *r, struct plugin *p)
{
	plugin_timers_plugin_ended(&r->timers, plugin_index(p));
}

void
rpc_process_ended(struct rpc *r, struct plugin *p)
{
	members_forget(&r->members, p, plugin_life(p));
}

void
rpc_close(struct rpc *r)
{
	intake_untap(&r->tap);
	members_stop(&r->members);
	clockset_close(&r->clockset);
	kv_jobs_free(&r->jobs);
	plugin_timers_free(&r->timers);
	registration_free(&r->commands);
	cache_free(&r->cache);
	kv_close(r->jobs.kv);
}
