/* SPDX-License-Identifier: MIT */
/*
 * config and cluster.*: what a plugin may know of where it runs.  All of it is
 * read from the stats page, where everybody counts (shared/page.h), with ages
 * instead of last good values (design, I7); no process is asked.
 */
#include "handler/process/rpc_write.h"
#include "handler/api/rpc_impl.h"

#include "shared/base/clock.h"
#include "shared/config/config_plugin_keys.h"
#include "shared/page/verdict.h"
#include "shared/base/version.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#define SHARDS_MAX 1000 /* in one answer */
#define SHARDS_USUAL 100

static void
put(struct json_object *o, const char *name, struct json_object *v)
{
	json_object_object_add(o, name, v);
}

static void
put_n(struct json_object *o, const char *name, uint64_t n)
{
	put(o, name, json_object_new_uint64(n));
}

/* null when it is not known. */
static void
put_known(struct json_object *o, const char *name, int64_t n)
{
	put(o, name, n < 0 ? NULL : json_object_new_int64(n));
}

static void
put_text(struct json_object *o, const char *name, const char *s)
{
	put(o, name, json_object_new_string(s));
}

/* Seconds since a stamp of the page; null: never. */
static void
put_age(struct json_object *o, const char *name, uint64_t stamp_ms)
{
	uint64_t now = clock_boot_ms();

	if (stamp_ms == 0)
		put(o, name, NULL);
	else
		put(o, name,
		    json_object_new_double(
			now > stamp_ms ? (double)(now - stamp_ms) / 1000 : 0));
}

static const char *
answer(const struct rpc_call *w, struct json_object *o)
{
	const char *text = json_text(o);

	rpc_call_result(w, text, strlen(text));
	json_object_put(o);
	return NULL;
}

/* ---- shards --------------------------------------------------------- */

struct view {
	struct page_shard s;
	struct verdict verdict;
	bool alive;
};

static bool
exists(int32_t pid)
{
	return kill(pid, 0) == 0 || errno == EPERM;
}

static void
shard_read(const struct page_slot *slot, struct view *v)
{
	page_read(&slot->shard, &v->s, sizeof(v->s));
	v->s.note[sizeof(v->s.note) - 1] = '\0';
	v->alive = v->s.pid > 0 && exists(v->s.pid);
	v->verdict = verdict_shard(&v->s, v->alive, clock_boot_ms());
}

static struct json_object *
shard_json(uint32_t id, const struct view *v)
{
	struct json_object *o = json_object_new_object();
	const struct page_shard *s = &v->s;

	put_n(o, "id", id);
	put_text(o, "state", v->verdict.word);
	put_age(o, "since_s", v->alive ? s->state_since_ms : 0);
	put_known(o, "heartbeat_rtt_ms",
	    v->alive && s->rtt_ms != 0 ? (int64_t)s->rtt_ms : -1);
	put_age(o, "ack_age_s", s->ack_ms);
	put_age(o, "dispatch_age_s", s->dispatch_ms);
	put_n(o, "events", s->events);
	put_n(o, "connects", s->connects);
	put_n(o, "resumes", s->resumes);
	put_n(o, "identifies", s->identifies);
	put_n(o, "guilds", s->guilds);
	put_n(o, "guilds_pending", s->guilds_pending);
	put_n(o, "queue_events", s->queue_events + s->spool_events);
	put_text(o, "note", s->note);
	return o;
}

/* The shards of the page: ids first .. first + n - 1. */
static uint32_t
shards_here(const struct page *p, const struct page_cluster *c)
{
	return c->local < p->head->slots ? c->local : p->head->slots;
}

/* first: an id, and where the answer begins. */
static const char *
shards_range(struct rpc *r, struct json_object *params,
    const struct page_cluster *c, int64_t *first, int64_t *limit)
{
	const char *guild = rpc_param_id(params, "guild_id");
	uint64_t id;

	*first = c->first;
	*limit = SHARDS_USUAL;
	if (!rpc_param_number(params, "first", 0, UINT32_MAX, first)
	    || !rpc_param_number(params, "limit", 1, SHARDS_MAX, limit))
		return "first must be a shard's id, limit a number from 1 to "
		       "1000";
	if (!rpc_param_given(params, "guild_id"))
		return NULL;
	if (guild == NULL || !str_to_u64(guild, &id)
	    || rpc_param_given(params, "first"))
		return "guild_id must be a string of digits, without first";
	if (c->shard_count == 0)
		return "the number of shards is not known yet";
	*first = (int64_t)((id >> 22) % c->shard_count);
	*limit = 1;
	return NULL;
}

const char *
rpc_cluster_shards(struct rpc *r, struct rpc_call *w,
    struct json_object *params)
{
	struct json_object *o = json_object_new_object();
	struct json_object *list = json_object_new_array();
	struct page_cluster c;
	int64_t first, limit, end;
	const char *why;

	page_read(&r->page->head->cluster, &c, sizeof(c));
	put(o, "shards", list);
	why = shards_range(r, params, &c, &first, &limit);
	if (why != NULL) {
		json_object_put(o);
		return why;
	}
	if (first < c.first)
		first = c.first;
	end = (int64_t)c.first + shards_here(r->page, &c);
	for (; first < end && limit > 0; first++, limit--) {
		struct view v;

		shard_read(&r->page->slot[first - c.first], &v);
		json_object_array_add(list, shard_json((uint32_t)first, &v));
	}
	put_known(o, "next",
	    first < end && !rpc_param_given(params, "guild_id") ? first : -1);
	return answer(w, o);
}

/* ---- plugins -------------------------------------------------------- */

static struct json_object *
plugin_json(const struct page_plugin *p)
{
	struct json_object *o = json_object_new_object();
	char name[sizeof(p->name)], note[sizeof(p->note)];

	str_copy(name, p->name, sizeof(name));
	str_copy(note, p->note, sizeof(note));
	put_text(o, "name", name);
	put_text(o, "state",
	    p->state < PLUGIN_STATES ? page_plugin_state_name[p->state] : "?");
	put_age(o, "since_s", p->state_since_ms);
	put_n(o, "outstanding", p->outstanding);
	put_n(o, "waiting", p->waiting + p->backlog_events);
	put_n(o, "lag_ms", p->lag_ms);
	put_n(o, "events", p->events);
	put_n(o, "errors", p->errors);
	put(o, "failing", json_object_new_boolean(p->failing != 0));
	put_n(o, "restarts", p->restarts);
	put_n(o, "dead_letters", p->dead_letters);
	put_n(o, "dropped", p->dropped);
	put_text(o, "note", note);
	return o;
}

static void
plugins_read(const struct rpc *r, struct page_plugins *out)
{
	page_read(&r->page->head->plugins, out, sizeof(*out));
	if (out->count > PAGE_PLUGINS)
		out->count = PAGE_PLUGINS;
}

const char *
rpc_cluster_plugins(struct rpc *r, struct rpc_call *w,
    struct json_object *params)
{
	struct json_object *o = json_object_new_object();
	struct json_object *list = json_object_new_array();
	struct page_plugins *p = base_alloc(sizeof(*p));

	plugins_read(r, p);
	for (uint32_t i = 0; i < p->count; i++)
		json_object_array_add(list, plugin_json(&p->plugin[i]));
	free(p);
	put(o, "plugins", list);
	return answer(w, o);
}

/* ---- the whole ------------------------------------------------------ */

static struct json_object *
budget_json(const struct page_cluster *c)
{
	struct json_object *o = json_object_new_object();
	int64_t reset = c->reset_wall_ms - clock_wall_ms();

	put_known(o, "total", c->fetched_wall_ms ? c->total : -1);
	put_known(o, "remaining", c->fetched_wall_ms ? c->remaining : -1);
	put_known(o, "reset_after_s",
	    c->reset_wall_ms == 0 ? -1
		: reset > 0	  ? reset / 1000
				  : 0);
	put_n(o, "max_concurrency", c->max_concurrency);
	put_n(o, "reserve", c->reserve);
	put_n(o, "identifies_24h", c->identifies_24h);
	put_n(o, "foreign_24h", c->foreign_24h);
	put_known(o, "forecast_exhausted_in_s", c->forecast_s);
	return o;
}

static struct json_object *
shards_json(const struct rpc *r, const struct page_cluster *c)
{
	struct json_object *o = json_object_new_object();
	uint64_t ready = 0, guilds = 0, rtt = 0, worst = 0, measured = 0;
	uint32_t n = shards_here(r->page, c);
	struct view v;

	for (uint32_t i = 0; i < n; i++) {
		shard_read(&r->page->slot[i], &v);
		ready += v.verdict.ready;
		guilds += v.s.guilds;
		if (!v.verdict.ready || v.s.rtt_ms == 0)
			continue;
		measured++;
		rtt += v.s.rtt_ms;
		if (v.s.rtt_ms > worst)
			worst = v.s.rtt_ms;
	}
	put_n(o, "count", c->shard_count);
	put_n(o, "here", n);
	put_n(o, "ready", ready);
	put_n(o, "guilds", guilds);
	put_known(o, "rtt_mean_ms", measured ? (int64_t)(rtt / measured) : -1);
	put_known(o, "rtt_worst_ms", measured ? (int64_t)worst : -1);
	return o;
}

static struct json_object *
handler_json(const struct rpc *r)
{
	struct json_object *o = json_object_new_object();
	struct page_handler h;

	page_read(&r->page->head->handler, &h, sizeof(h));
	put_n(o, "generation", r->intake->generation);
	put_n(o, "events", h.events);
	put_n(o, "lag_events", h.lag_events);
	put_n(o, "lag_ms", h.lag_ms);
	put_n(o, "dead_letters", h.dead_letters);
	put_n(o, "plugins", h.plugins);
	put_n(o, "plugins_up", h.plugins_up);
	put_n(o, "plugins_unloaded", h.plugins_unloaded);
	put_n(o, "plugins_failing", h.plugins_failing);
	put_n(o, "rest_calls", h.rest_calls);
	put_n(o, "rest_429", h.rest_429);
	put_n(o, "rest_errors", h.rest_errors);
	return o;
}

/* Its own line of cluster.plugins; null before the page knows it. */
static struct json_object *
self_json(const struct rpc *r, const struct plugin *self)
{
	struct page_plugins *p = base_alloc(sizeof(*p));
	struct json_object *o = NULL;

	plugins_read(r, p);
	for (uint32_t i = 0; i < p->count && o == NULL; i++)
		if (strncmp(p->plugin[i].name, plugin_name(self),
			sizeof(p->plugin[i].name))
		    == 0)
			o = plugin_json(&p->plugin[i]);
	free(p);
	return o;
}

const char *
rpc_cluster(struct rpc *r, struct rpc_call *w, struct json_object *params)
{
	struct json_object *o = json_object_new_object();
	struct page_cluster c;

	page_read(&r->page->head->cluster, &c, sizeof(c));
	c.name[sizeof(c.name) - 1] = c.version[sizeof(c.version) - 1] = '\0';
	c.note[0].text[sizeof(c.note[0].text) - 1] = '\0';
	put_text(o, "name", c.name);
	put_text(o, "version", c.version);
	put_text(o, "handler_version", SHARDHERD_VERSION);
	put_n(o, "api", RPC_WRITE_API);
	put_age(o, "uptime_s", c.started_ms);
	put(o, "held", json_object_new_boolean(c.held != 0));
	put_text(o, "note", c.note[0].text);
	put(o, "shards", shards_json(r, &c));
	put(o, "handler", handler_json(r));
	put(o, "budget", budget_json(&c));
	put(o, "plugin", self_json(r, w->plugin));
	return answer(w, o);
}

/* ---- its own section ------------------------------------------------ */

const char *
rpc_config(struct rpc *r, struct rpc_call *w, struct json_object *params)
{
	char *text = config_plugin_keys_json(plugin_config(w->plugin)->own);

	rpc_call_result(w, text, strlen(text));
	free(text);
	return NULL;
}
