/* SPDX-License-Identifier: MIT */
/*
 * `status --json`: absent is null, durations are seconds, fields are only ever
 * added.  Must stay in step with shardherd(1).
 */
#include "shared/view/status_json.h"

#include "shared/json/json.h"
#include "shared/view/processes.h"
#include "shared/view/view_json.h"

#include <string.h>

/* Negative: not known. */
static void
put_known(struct json_object *o, const char *key, int64_t n)
{
	json_object_object_add(o, key, n < 0 ? NULL : json_object_new_int64(n));
}

/* Seconds to the millisecond, null for never. */
static void
put_seconds(struct json_object *o, const char *key, int64_t ms)
{
	char text[32];

	str_format(text, sizeof(text), "%lld.%03lld", (long long)ms / 1000,
	    (long long)ms % 1000);
	json_object_object_add(o, key,
	    ms < 0 ? NULL : json_object_new_double_s((double)ms / 1000, text));
}

static void
put_text(struct json_object *o, const char *key, const char *text)
{
	json_object_object_add(o, key,
	    text[0] == '\0' ? NULL : json_object_new_string(text));
}

static struct json_object *
closes(const struct page_shard *s)
{
	struct json_object *o = json_object_new_object();
	char code[16];

	for (size_t i = 0; i < PAGE_CLOSES && s->closes[i].count > 0; i++) {
		str_format(code, sizeof(code), "%u", s->closes[i].code);
		json_put_int(o, code, s->closes[i].count);
	}
	return o;
}

struct json_object *
status_json_causes(const uint64_t *n)
{
	struct json_object *o = json_object_new_object();

	for (size_t i = 0; i < RECONNECTS; i++)
		if (n[i] > 0)
			json_put_int(o, page_reconnect_name[i], n[i]);
	return o;
}

static struct json_object *
crashes(const struct page_watch *w)
{
	struct json_object *o = json_object_new_object();

	for (size_t i = 0; i < CRASHES; i++)
		if (w->crashes[i] > 0)
			json_put_int(o, page_crash_name[i], w->crashes[i]);
	return o;
}

static void
put_counters(struct json_object *o, const struct page_shard *s)
{
	json_put_int(o, "events", s->events);
	json_put_int(o, "bytes_wire", s->bytes_wire);
	json_put_int(o, "bytes_raw", s->bytes_raw);
	json_put_int(o, "connects", s->connects);
	json_put_int(o, "identifies", s->identifies);
	json_put_int(o, "resumes", s->resumes);
	json_put_int(o, "resumes_failed", s->resumes_failed);
	json_put_int(o, "zombies", s->zombies);
	json_put_int(o, "connect_fails", s->connect_fails);
	json_put_int(o, "replayed", s->replayed);
	json_put_int(o, "unreadable", s->unreadable);
	json_put_int(o, "urls_refused", s->urls_refused);
	json_put_int(o, "queue_events", s->queue_events);
	json_put_int(o, "queue_bytes", s->queue_bytes);
	json_put_int(o, "queue_full", s->queue_full);
	json_put_int(o, "spool_events", s->spool_events);
	json_put_int(o, "spool_bytes", s->spool_bytes);
	json_put_int(o, "spool_damaged", s->spool_damaged);
	json_put_int(o, "spool_expired", s->spool_expired);
	json_put_int(o, "spool_refused", s->spool_refused);
	json_put_int(o, "express", s->express);
	json_put_int(o, "sends", s->sends);
	json_put_int(o, "sends_refused", s->sends_refused);
	json_put_int(o, "guilds", s->guilds);
	json_put_int(o, "guilds_pending", s->guilds_pending);
}

/* When it heard each class of events last, against what is usual. */
static struct json_object *
classes(const struct view *v, const struct view_shard *sh)
{
	struct json_object *all = json_object_new_object();

	for (unsigned i = 0; i < CLASSES; i++) {
		const struct page_class *c = &sh->s.class[i];
		struct json_object *o = json_object_new_object();

		put_seconds(o, "age_s", view_age(v, c->last_ms));
		json_put_int(o, "others_since",
		    verdict_clock(&sh->s, (enum page_class_id)i) - c->mark);
		put_known(o, "others_usual",
		    c->seen >= VERDICT_SEEN ? (int64_t)(c->over / c->seen + 0.5)
					    : -1);
		json_put_bool(o, "silent", sh->silent >> i & 1);
		json_object_object_add(all, page_class_name[i], o);
	}
	return all;
}

static void
put_samples(struct json_object *o, const struct page_watch *w)
{
	bool known = w->sampled_ms != 0;

	put_known(o, "rss_kb", known ? (int64_t)w->rss_kb : -1);
	put_known(o, "uss_kb", known ? (int64_t)w->uss_kb : -1);
	put_known(o, "fds", known ? (int64_t)w->fds : -1);
	put_known(o, "fd_limit", known ? (int64_t)w->fd_limit : -1);
}

struct json_object *
status_json_shard(const struct view *v, const struct view_shard *sh)
{
	struct json_object *o = json_object_new_object();
	const struct page_shard *s = &sh->s;
	const struct page_watch *w = &sh->w;

	json_put_int(o, "id", sh->id);
	put_text(o, "state", sh->state);
	put_seconds(o, "since_s",
	    sh->alive ? view_age(v, s->state_since_ms) : -1);
	put_known(o, "pid", sh->alive ? sh->pid : -1);
	put_text(o, "version", sh->alive ? w->version : "");
	json_put_bool(o, "orphan", sh->orphan);
	json_put_int(o, "seq", s->seq);
	json_put_int(o, "acked_seq",
	    sh->cursor_seq > s->acked_seq ? sh->cursor_seq : s->acked_seq);
	put_known(o, "heartbeat_rtt_ms",
	    s->rtt_ms != 0 && sh->alive ? (int64_t)s->rtt_ms : -1);
	put_seconds(o, "ack_age_s", view_age(v, s->ack_ms));
	put_seconds(o, "frame_age_s", view_age(v, s->frame_ms));
	put_seconds(o, "dispatch_age_s", view_age(v, s->dispatch_ms));
	json_object_object_add(o, "classes", classes(v, sh));
	put_counters(o, s);
	json_object_object_add(o, "closes", closes(s));
	json_object_object_add(o, "reconnects",
	    status_json_causes(s->reconnects));
	json_object_object_add(o, "resumed_for",
	    status_json_causes(s->resumed_for));
	json_object_object_add(o, "crashes", crashes(w));
	json_put_int(o, "starts", w->starts);
	json_put_int(o, "restarts", w->restarts);
	put_samples(o, w);
	put_text(o, "note", s->note);
	put_text(o, "last_end", w->last_end);
	json_put_bool(o, "behind", view_is_behind(v, sh));
	return o;
}

struct json_object *
status_json_budget(const struct view *v)
{
	struct json_object *o = json_object_new_object();
	const struct page_cluster *c = &v->cluster;
	int64_t reset = c->reset_wall_ms - v->wall_ms;

	put_known(o, "total", c->fetched_wall_ms ? c->total : -1);
	put_known(o, "remaining", c->fetched_wall_ms ? c->remaining : -1);
	put_seconds(o, "reset_after_s",
	    c->reset_wall_ms == 0 ? -1
		: reset > 0	  ? reset
				  : 0);
	json_put_int(o, "max_concurrency", c->max_concurrency);
	json_put_int(o, "reserve", c->reserve);
	json_put_int(o, "identifies_24h", c->identifies_24h);
	json_put_int(o, "foreign_24h", c->foreign_24h);
	put_known(o, "forecast_exhausted_in_s", c->forecast_s);
	json_put_int(o, "permits_waiting", c->permits_waiting);
	json_put_int(o, "forced_left", c->leave);
	json_put_int(o, "foreign_total", c->foreign_ever);
	put_seconds(o, "foreign_age_s",
	    c->foreign_found_ms == 0 ? -1 : v->wall_ms - c->foreign_found_ms);
	json_put_bool(o, "held", c->held);
	put_known(o, "held_code", c->held_code ? (int64_t)c->held_code : -1);
	json_put_bool(o, "braked", c->braked);
	json_put_int(o, "alerts", c->alerts);
	json_put_int(o, "alerts_failed", c->alerts_failed);
	return o;
}

struct json_object *
status_json_rollout(const struct view *v)
{
	struct json_object *o = json_object_new_object();
	struct json_object *behind = json_object_new_array();
	const struct page_cluster *c = &v->cluster;

	json_put_bool(o, "under_way", c->rollout);
	json_put_int(o, "total", c->rollout_total);
	json_put_int(o, "moved", c->rollout_moved);
	json_put_int(o, "failed", c->rollout_failed);
	put_text(o, "note", c->rollout_note);
	for (size_t i = 0; i < v->n; i++)
		if (view_is_behind(v, &v->shard[i]))
			json_object_array_add(behind,
			    json_object_new_int64(v->shard[i].id));
	json_object_object_add(o, "behind", behind);
	return o;
}

static struct json_object *
cluster(const struct view *v)
{
	struct json_object *o = json_object_new_object();
	const struct page_cluster *c = &v->cluster;

	put_text(o, "name", c->name);
	put_text(o, "state", verdict_fleet_name[v->verdict.state]);
	put_known(o, "pid", v->alive ? c->pid : -1);
	put_text(o, "version", c->version);
	put_seconds(o, "uptime_s", v->alive ? view_age(v, c->started_ms) : -1);
	json_put_int(o, "shard_count", c->shard_count);
	json_put_int(o, "shards_ready", v->ready);
	json_put_int(o, "shards_deaf", v->deaf);
	json_put_int(o, "shards_partly_deaf", v->partly);
	json_put_int(o, "shards_here", v->n);
	json_put_int(o, "recommended", c->recommended);
	put_text(o, "config", c->config_path);
	put_samples(o, &v->supervisor_watch);
	put_text(o, "note", view_note(v));
	json_object_object_add(o, "problems", view_json_problems(v));
	put_seconds(o, "reboot_s",
	    c->reboot_ms != 0 ? v->wall_ms - c->reboot_ms : -1);
	put_text(o, "reboot", c->reboot);
	json_put_int(o, "dead_letters", c->dead_letters);
	json_put_int(o, "dead_letters_unseen", c->dead_unseen);
	put_seconds(o, "stopped_s",
	    v->told_down ? v->wall_ms - v->told.at_ms : -1);
	put_text(o, "stopped_by", v->told_down ? v->told.by : "");
	put_text(o, "user", v->keeper.user);
	put_text(o, "unit", v->keeper.unit);
	json_object_object_add(o, "rollout", status_json_rollout(v));
	return o;
}

static struct json_object *
probe(const struct view *v)
{
	struct json_object *o = json_object_new_object();
	const struct page_probe *p = &v->cluster.probe;
	bool ran = p->at_wall_ms != 0;

	json_put_bool(o, "scheduled", p->scheduled != 0);
	put_seconds(o, "age_s", ran ? v->wall_ms - p->at_wall_ms : -1);
	put_known(o, "code", ran ? p->code : -1);
	put_known(o, "shard", ran ? p->shard : -1);
	put_known(o, "rest_ms", ran ? p->rest_ms : -1);
	put_known(o, "gateway_ms", ran ? p->gateway_ms : -1);
	put_known(o, "handler_ms", ran ? p->handler_ms : -1);
	put_known(o, "done_ms", ran ? p->done_ms : -1);
	put_known(o, "total_ms", ran ? p->total_ms : -1);
	json_put_int(o, "runs", p->runs);
	json_put_int(o, "failures", p->failures);
	put_text(o, "text", p->text);
	return o;
}

static struct json_object *
handler(const struct view *v)
{
	struct json_object *o = json_object_new_object();
	const struct page_handler *h = &v->handler;

	put_text(o, "state", v->handler_state);
	put_known(o, "silent_s", v->handler_silent_s);
	json_put_int(o, "generation", h->generation);
	put_known(o, "pid", v->handler_alive ? v->handler_watch.pid : -1);
	put_text(o, "version",
	    v->handler_alive ? v->handler_watch.version : "");
	json_put_int(o, "events", h->events);
	json_put_int(o, "lag_events", h->lag_events);
	json_put_int(o, "backlog_events", view_backlog(v));
	json_put_int(o, "dead_letters", h->dead_letters);
	json_put_int(o, "lag_ms", h->lag_ms);
	json_put_int(o, "duplicates", h->duplicates);
	json_put_int(o, "acked", h->acked);
	json_put_int(o, "plugins", h->plugins);
	json_put_int(o, "plugins_up", h->plugins_up);
	json_put_int(o, "plugins_unloaded", h->plugins_unloaded);
	json_put_int(o, "plugins_failing", h->plugins_failing);
	json_put_int(o, "plugin_restarts", h->plugin_restarts);
	json_put_int(o, "rest_calls", h->rest_calls);
	json_put_int(o, "rest_429", h->rest_429);
	json_put_int(o, "rest_errors", h->rest_errors);
	put_text(o, "rest", page_rest_name[h->rest]);
	put_seconds(o, "rest_since_s", view_age(v, h->rest_since_ms));
	put_text(o, "rest_note", h->rest_note);
	json_put_int(o, "commands_out", h->commands_out);
	put_text(o, "commands_note", h->commands_note);
	json_put_int(o, "unreadable", h->unreadable);
	put_samples(o, &v->handler_watch);
	put_text(o, "note", h->note);
	return o;
}

/* null: the fleet runs none. */
static struct json_object *
client_process(const struct view *v, const char *name)
{
	const struct view_process *p = view_process(v, name);
	struct json_object *o;

	if (p == NULL)
		return NULL;
	o = json_object_new_object();
	put_known(o, "pid", p->pid != 0 ? p->pid : -1);
	put_seconds(o, "since_s",
	    p->pid != 0 ? view_age(v, p->w.started_ms) : -1);
	json_put_int(o, "starts", (int64_t)p->w.starts);
	json_object_object_add(o, "crashes", crashes(&p->w));
	json_put_bool(o, "changing", p->changing);
	put_samples(o, &p->w);
	put_text(o, "last_end", p->w.last_end);
	return o;
}

void
status_json_client(struct json_object *o, const struct view *v,
    const struct page_client *c)
{
	struct verdict_client one = verdict_client(&v->gate, c, v->now_ms);

	put_text(o, "name", c->name);
	put_text(o, "state", verdict_client_name[one.state]);
	json_put_int(o, "sessions", c->sessions);
	json_put_int(o, "connected", c->connected);
	json_put_int(o, "lag_events", (int64_t)c->lag_events);
	json_put_int(o, "log_percent", one.fill);
	put_seconds(o, "heard_s", view_age(v, c->heard_ms));
	put_seconds(o, "away_s", one.away_ms);
	put_seconds(o, "overrun_s", view_age(v, c->overrun_ms));
#define X(n) json_put_int(o, #n, (int64_t)c->n);
	PAGE_CLIENT_COUNTERS(X)
#undef X
	put_text(o, "note", c->note);
}

static struct json_object *
client(const struct view *v, const struct page_client *c)
{
	struct json_object *o = json_object_new_object();

	status_json_client(o, v, c);
	json_object_object_add(o, "process", client_process(v, c->name));
	return o;
}

/* Why connections ended, those that were. */
static struct json_object *
ends(const struct page_gate *g)
{
	struct json_object *o = json_object_new_object();

	for (size_t i = 0; i < PAGE_GATE_ENDS_N; i++)
		json_put_int(o, page_gate_end[i].key, (int64_t)g->ends[i]);
	return o;
}

static uint64_t
refused(const struct page_gate *g)
{
	uint64_t n = 0;

	for (size_t i = 0; i < PAGE_GATE_ENDS_N; i++)
		n += page_gate_end[i].refused ? g->ends[i] : 0;
	return n;
}

static struct json_object *
client_rest(const struct page_client_rest *r)
{
	struct json_object *o = json_object_new_object();

	put_text(o, "name", r->name);
	json_put_int(o, "calls", (int64_t)r->calls);
	json_put_int(o, "open", (int64_t)r->open);
	json_put_int(o, "limited_ours", (int64_t)r->limited_ours);
	json_put_int(o, "limited_discord", (int64_t)r->limited_discord);
	json_put_int(o, "refused", (int64_t)r->refused);
	json_put_int(o, "errors", (int64_t)r->errors);
	json_put_int(o, "cut", (int64_t)r->cut);
	json_put_int(o, "bytes_up", (int64_t)r->bytes_up);
	json_put_int(o, "bytes_down", (int64_t)r->bytes_down);
	return o;
}

static struct json_object *
clients_rest(const struct view *v)
{
	struct json_object *all = json_object_new_array();

	for (size_t i = 0; i <= PAGE_CLIENTS; i++)
		if (v->clients_rest.of[i].name[0] != '\0')
			json_object_array_add(all,
			    client_rest(&v->clients_rest.of[i]));
	return all;
}

/* null: the config has none. */
static struct json_object *
gate(const struct view *v)
{
	struct json_object *o, *clients;
	const struct page_gate *g = &v->gate;
	const struct page_handler *h = &v->handler;

	if (!v->cluster.gate)
		return NULL;
	o = json_object_new_object();
	put_text(o, "state", v->gate_state);
	put_known(o, "silent_s", v->gate_silent_s);
	put_known(o, "pid", v->gate_alive ? v->gate_watch.pid : -1);
	put_text(o, "version", v->gate_alive ? v->gate_watch.version : "");
	json_put_int(o, "lanes", g->lanes);
	json_put_int(o, "events", g->events);
	json_put_int(o, "repeated", g->repeated);
	json_put_int(o, "unreadable", g->unreadable);
	json_put_int(o, "too_big", g->too_big);
	json_put_int(o, "log_first", g->log_oldest);
	json_put_int(o, "log_last", g->log_last);
	json_put_int(o, "log_used", g->log_used);
	json_put_int(o, "log_size", g->log_size);
	json_put_int(o, "log_lost", g->log_lost);
	json_put_int(o, "cache_behind", g->cache_behind);
	json_put_bool(o, "cache_cold", g->cache_cold);
	json_put_bool(o, "cache_damaged", g->cache_damaged);
	json_put_int(o, "cache_lost", (int64_t)g->cache_lost);
	json_put_int(o, "cache_missing", g->cache_missing);
	json_put_int(o, "accepted", (int64_t)g->accepted);
	json_put_int(o, "resume_lost", (int64_t)g->resume_lost);
	json_put_int(o, "refused", (int64_t)refused(g));
	json_put_int(o, "refused_minute", g->refused_now);
	json_object_object_add(o, "ends", ends(g));
	json_put_int(o, "waiting", h->gate_waiting);
	json_put_int(o, "backlog_events", h->gate_backlog);
	json_put_int(o, "dropped", h->gate_dropped);
	json_put_int(o, "lag_ms", h->gate_lag_ms);
	put_samples(o, &v->gate_watch);
	json_put_int(o, "anon_kb", (int64_t)v->gate_watch.anon_kb);
	put_text(o, "last_end", v->gate_watch.last_end);
	put_text(o, "note", g->note);
	clients = json_object_new_array();
	for (uint32_t i = 0; i < g->clients; i++)
		json_object_array_add(clients, client(v, &g->client[i]));
	json_object_object_add(o, "clients", clients);
	json_object_object_add(o, "rest", clients_rest(v));
	return o;
}

/* null: the config has none. */
static struct json_object *
web(const struct view *v)
{
	struct json_object *o;

	if (!v->cluster.web)
		return NULL;
	o = json_object_new_object();
	put_text(o, "state",
	    v->web_silent_s > 0 ? "silent"
		: v->web_alive	? "up"
				: "down");
	put_known(o, "pid", v->web_alive ? v->web_watch.pid : -1);
	put_text(o, "version", v->web_alive ? v->web_watch.version : "");
	json_put_int(o, "starts", (int64_t)v->web_watch.starts);
	put_samples(o, &v->web_watch);
	put_text(o, "last_end", v->web_watch.last_end);
	return o;
}

static bool
picked(uint32_t id, const uint64_t *ids, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (ids[i] == id)
			return true;
	return n == 0;
}

struct json_object *
status_json(const struct view *v, const uint64_t *ids, size_t n)
{
	struct json_object *o = json_object_new_object();
	struct json_object *shards = json_object_new_array();

	for (size_t i = 0; i < v->n; i++)
		if (picked(v->shard[i].id, ids, n))
			json_object_array_add(shards,
			    status_json_shard(v, &v->shard[i]));
	json_put_int(o, "schema", 1);
	json_object_object_add(o, "cluster", cluster(v));
	json_object_object_add(o, "budget", status_json_budget(v));
	json_object_object_add(o, "handler", handler(v));
	json_object_object_add(o, "gate", gate(v));
	json_object_object_add(o, "web", web(v));
	json_object_object_add(o, "probe", probe(v));
	json_object_object_add(o, "shards", shards);
	processes_json(o, v);
	return o;
}
