/* SPDX-License-Identifier: MIT */
/* The fleet's families; see metrics.h. */
#include "tools/web/metrics/metrics.h"

#include "shared/base/clock.h"
#include "shared/base/version.h"
#include "shared/discord/dispatch.h"
#include "shared/view/processes.h"
#include "tools/web/metrics/metrics_process.h"
#include "tools/web/metrics/metrics_shards.h"

#include <string.h>

#ifdef __GLIBC__
#define LIBC "glibc"
#else
#define LIBC "musl"
#endif

static void
one(struct metrics_out *o, enum metrics_id id, int64_t value)
{
	metrics_out_family(o, id);
	metrics_out_int(o, value, NULL);
}

/* ---- the fleet ------------------------------------------------------ */

static void
put_fleet(struct metrics_out *o, const struct view *v)
{
	one(o, METRICS_SUPERVISOR_UP_ID, v->alive && !v->hung);
	metrics_out_family(o, METRICS_FLEET_STATE_ID);
	for (unsigned i = 0; i < VERDICT_FLEET_STATES; i++)
		metrics_out_int(o, i == v->verdict.state, "state",
		    verdict_fleet_name[i], NULL);
	one(o, METRICS_SHARDS_ID, (int64_t)v->n);
	one(o, METRICS_SHARDS_READY_ID, v->ready);
}

static bool
alike(const struct verdict_finding *a, const struct verdict_finding *b)
{
	return a->code == b->code && a->subject == b->subject
	    && a->rank == b->rank;
}

static bool
told_before(const struct verdict_fleet *v, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (alike(&v->found[j], &v->found[i]))
			return true;
	return false;
}

static void
put_findings(struct metrics_out *o, const struct verdict_fleet *v)
{
	metrics_out_family(o, METRICS_FINDING_ID);
	for (size_t i = 0; i < v->n; i++) {
		const struct verdict_finding *f = &v->found[i];
		int64_t n = 0;

		if (told_before(v, i))
			continue;
		for (size_t j = i; j < v->n; j++)
			if (alike(&v->found[j], f))
				n += v->found[j].count > 0 ? v->found[j].count
							   : 1;
		metrics_out_int(o, n, "code", verdict_code_name[f->code],
		    "subject", verdict_subject_name[f->subject], "rank",
		    page_rank_name[f->rank], NULL);
	}
}

/* Of all shards: a code is what counts, a shard's own are in status. */
static void
put_closes(struct metrics_out *o, const struct view *v)
{
	struct page_close_count all[256] = {{0}};
	char code[16];
	size_t n = 0, at;

	for (size_t i = 0; i < v->n; i++) {
		const struct page_close_count *c = v->shard[i].s.closes;

		for (size_t k = 0; k < PAGE_CLOSES && c[k].count > 0; k++) {
			for (at = 0; at < n && all[at].code != c[k].code;)
				at++;
			if (at == nitems(all))
				continue;
			n += at == n;
			all[at].code = c[k].code;
			all[at].count += c[k].count;
		}
	}
	metrics_out_family(o, METRICS_CLOSES_ID);
	for (size_t i = 0; i < n; i++) {
		str_format(code, sizeof(code), "%u", all[i].code);
		metrics_out_int(o, all[i].count, "code", code, NULL);
	}
}

static void
put_budget(struct metrics_out *o, const struct page_cluster *c)
{
	if (c->fetched_wall_ms != 0 && c->remaining >= 0)
		one(o, METRICS_BUDGET_REMAINING_ID, c->remaining);
	if (c->forecast_s >= 0)
		one(o, METRICS_BUDGET_FORECAST_ID, c->forecast_s);
	one(o, METRICS_FOREIGN_ID, (int64_t)c->foreign_ever);
}

/* ---- the handler ---------------------------------------------------- */

static void
put_types(struct metrics_out *o, const struct page_handler *h)
{
	metrics_out_family(o, METRICS_EVENTS_ID);
	for (unsigned i = 0; i < DISPATCH_ALL; i++)
		if (h->counts.type[i] > 0)
			metrics_out_int(o, (int64_t)h->counts.type[i],
			    "event_type",
			    i == DISPATCH_UNKNOWN ? "other"
						  : dispatch_row[i].name,
			    NULL);
}

static void
put_ages(struct metrics_out *o, const struct page_handler *h)
{
	uint64_t n = 0;

	metrics_out_family(o, METRICS_EVENT_AGE_ID);
	for (size_t i = 0; i < PAGE_COUNTS_AGES_N; i++) {
		n += h->counts.age[i];
		metrics_out_part(o, "_bucket", (double)n, "le",
		    page_counts_age_le[i], NULL);
	}
	metrics_out_part(o, "_count", (double)n, NULL);
	metrics_out_part(o, "_sum", (double)h->counts.age_ms / 1000, NULL);
}

static void
put_plugins(struct metrics_out *o, const struct page_plugins *all)
{
	static const char *const result[] = {"ok", "error", "dead", "dropped"};
	const struct page_plugin *p = all->plugin;

	metrics_out_family(o, METRICS_PLUGIN_EVENTS_ID);
	for (size_t i = 0; i < PAGE_PLUGINS; i++) {
		uint64_t n[] = {p[i].events > p[i].errors
			? p[i].events - p[i].errors
			: 0,
		    p[i].errors, p[i].dead_letters, p[i].dropped};

		for (size_t k = 0; p[i].name[0] != '\0' && k < nitems(n); k++)
			metrics_out_int(o, (int64_t)n[k], "plugin", p[i].name,
			    "result", result[k], NULL);
	}
	metrics_out_family(o, METRICS_PLUGIN_DURATION_ID);
	for (size_t i = 0; i < PAGE_PLUGINS; i++) {
		if (p[i].name[0] == '\0')
			continue;
		metrics_out_part(o, "_count", (double)p[i].answered, "plugin",
		    p[i].name, NULL);
		metrics_out_part(o, "_sum", (double)p[i].worked_ms / 1000,
		    "plugin", p[i].name, NULL);
	}
}

static void
put_rest(struct metrics_out *o, const struct view *v)
{
	const struct page_handler *h = &v->handler;
	int64_t held = h->rest == PAGE_REST_FINE
	    ? 0
	    : view_age(v, h->rest_since_ms);
	char class[8];

	metrics_out_family(o, METRICS_REST_REQUESTS_ID);
	for (unsigned i = 0; i < PAGE_COUNTS_ROUTES_N; i++)
		for (unsigned k = 0; k < PAGE_COUNTS_CLASSES; k++) {
			if (h->counts.rest[i][k] == 0)
				continue;
			str_format(class, sizeof(class), "%uxx", k + 1);
			metrics_out_int(o, (int64_t)h->counts.rest[i][k],
			    "route", page_counts_route_name[i], "status_class",
			    class, NULL);
		}
	metrics_out_family(o, METRICS_REST_HOLD_ID);
	metrics_out_seconds(o, held < 0 ? 0 : (double)held / 1000, NULL);
	one(o, METRICS_REST_INVALID_ID, (int64_t)h->rest_invalid);
}

static void
put_handler(struct metrics_out *o, const struct view *v)
{
	put_types(o, &v->handler);
	put_ages(o, &v->handler);
	one(o, METRICS_LAG_ID, (int64_t)view_unanswered(v));
	one(o, METRICS_DEAD_LETTERS_ID, (int64_t)v->cluster.dead_letters);
	put_plugins(o, &v->plugins);
	put_rest(o, v);
}

/* ---- processes ------------------------------------------------------ */

static void
put_processes(struct metrics_out *o, const struct view *v)
{
	struct processes *all = base_alloc(sizeof(*all));
	uint64_t shards = 0;

	processes_list(v, all);
	for (size_t i = 0; i < v->n; i++)
		shards += v->shard[i].w.restarts;
	metrics_out_family(o, METRICS_PLUGIN_UP_ID);
	for (size_t i = 0; i < all->n; i++)
		if (all->row[i].kind == PROCESSES_PLUGIN)
			metrics_out_int(o, all->row[i].well, "plugin",
			    all->row[i].name, NULL);
	metrics_out_family(o, METRICS_RESTARTS_ID);
	for (size_t i = 0; i < all->n; i++)
		metrics_out_int(o, (int64_t)all->row[i].restarts, "process",
		    processes_kind_name[all->row[i].kind], "name",
		    all->row[i].name, NULL);
	metrics_out_int(o, (int64_t)shards, "process", "shards", "name", "",
	    NULL);
	metrics_out_family(o, METRICS_MEMORY_ID);
	for (size_t i = 0; i < all->n; i++)
		if (all->row[i].private_kb > 0)
			metrics_out_int(o,
			    (int64_t)all->row[i].private_kb * 1024, "process",
			    processes_kind_name[all->row[i].kind], "name",
			    all->row[i].name, NULL);
	if (all->shards_kb > 0)
		metrics_out_int(o, (int64_t)all->shards_kb * 1024, "process",
		    "shards", "name", "", NULL);
	free(all);
}

/* ---- the gate ------------------------------------------------------- */

static void
put_gate(struct metrics_out *o, const struct view *v)
{
	const struct page_gate *g = &v->gate;
	int64_t here = 0;

	if (!v->cluster.gate)
		return;
	for (uint32_t i = 0; i < g->clients; i++)
		here += v->gate_alive && g->client[i].connected > 0;
	one(o, METRICS_GATE_CLIENTS_ID, here);
	metrics_out_family(o, METRICS_GATE_OVERRUN_ID);
	for (uint32_t i = 0; i < g->clients; i++)
		if (g->client[i].name[0] != '\0')
			metrics_out_int(o, (int64_t)g->client[i].overruns,
			    "client", g->client[i].name, NULL);
	metrics_out_family(o, METRICS_GATE_REPLAYED_ID);
	for (uint32_t i = 0; i < g->clients; i++)
		if (g->client[i].name[0] != '\0')
			metrics_out_int(o, (int64_t)g->client[i].replayed,
			    "client", g->client[i].name, NULL);
}

/* ---- all of it ------------------------------------------------------ */

void
metrics_write(struct buf *b, const struct metrics_ask *ask)
{
	struct metrics_out o = {.b = b, .text = ask->text};
	const struct view *v = ask->view;

	if (v == NULL) {
		one(&o, METRICS_SUPERVISOR_UP_ID, 0);
	} else {
		metrics_shards(&o, v, ask->worst);
		put_fleet(&o, v);
		put_findings(&o, &v->verdict);
		put_closes(&o, v);
		put_budget(&o, &v->cluster);
		put_handler(&o, v);
		put_processes(&o, v);
		put_gate(&o, v);
	}
	metrics_out_family(&o, METRICS_BUILD_ID);
	metrics_out_int(&o, 1, "version", SHARDHERD_VERSION, "libc", LIBC,
	    NULL);
	metrics_process(&o, ask->began_ms);
	metrics_out_end(&o);
}
