/* SPDX-License-Identifier: MIT */
/*
 * `status`: the gate's line, and a row for each of its clients, worst first;
 * those that are plainly here are counted when there are many.
 */
#include "tools/cli/see/status.h"

#include "tools/cli/base/client_rows.h"
#include "tools/cli/base/human.h"

#include <string.h>

#define CLIENTS_MAX 4 /* rows: the shards want the screen, too */

static void
put_refused(const struct page_gate *g, FILE *f)
{
	uint64_t n = 0, most = 0;
	size_t why = 0;

	for (size_t i = 0; i < PAGE_GATE_ENDS_N; i++) {
		if (!page_gate_end[i].refused)
			continue;
		n += g->ends[i];
		if (g->ends[i] > most) {
			most = g->ends[i];
			why = i;
		}
	}
	if (n > 0)
		fprintf(f, "        refused %llu connections, most: %s\n",
		    (unsigned long long)n, page_gate_end[why].words);
}

static void
put_cache(const struct page_gate *g, FILE *f)
{
	if (g->cache_damaged)
		fputs("  cache damaged", f);
	else if (g->cache_missing > 0)
		fprintf(f, "  cache lacks %u shards", g->cache_missing);
	else if (g->cache_cold)
		fputs("  cache none", f);
	else
		fprintf(f, "  cache %llu behind",
		    (unsigned long long)g->cache_behind);
}

/* A bot that the fleet runs, and that is not plainly up. */
static void
line_process(const struct view *v, const struct view_process *p, FILE *f)
{
	char age[24];

	if (p == NULL || (p->pid != 0 && !p->changing))
		return;
	fprintf(f, "client  %s  ", p->name);
	if (p->pid != 0)
		fprintf(f, "pid %d for %s", p->pid,
		    human_age(view_age(v, p->w.started_ms), age));
	else if (p->w.restart_ms > v->now_ms)
		fprintf(f, "down, is started again in %s",
		    human_age((int64_t)(p->w.restart_ms - v->now_ms), age));
	else
		fputs("down", f);
	fprintf(f, "  %llu starts, %llu crashes%s\n",
	    (unsigned long long)p->w.starts,
	    (unsigned long long)status_crashes(&p->w),
	    p->changing ? "; a new process is to take over" : "");
	if (p->pid == 0 && p->w.last_end[0] != '\0')
		fprintf(f, "        %s\n", p->w.last_end);
}

void
status_gate_line(const struct view *v, FILE *f)
{
	const struct page_gate *g = &v->gate;
	const struct page_handler *h = &v->handler;
	uint32_t connected = 0;
	char lag[24];

	if (!v->alive || !v->cluster.gate)
		return;
	fprintf(f, "gate    %s", v->gate_state);
	for (uint32_t i = 0; i < g->clients; i++)
		connected += g->client[i].connected > 0;
	if (v->gate_alive) {
		fprintf(f,
		    "  pid %d  clients %u/%u connected  log %llu/%llu MiB",
		    v->gate_watch.pid, connected, v->cluster.gate_clients,
		    (unsigned long long)g->log_used >> 20,
		    (unsigned long long)g->log_size >> 20);
		put_cache(g, f);
	}
	if (h->gate_backlog > 0)
		fprintf(f, "  backlog %llu (oldest %s)",
		    (unsigned long long)h->gate_backlog,
		    human_age((int64_t)h->gate_lag_ms, lag));
	putc('\n', f);
	if (g->note[0] != '\0')
		fprintf(f, "        %s\n", g->note);
	else if (!v->gate_alive && v->gate_watch.last_end[0] != '\0')
		fprintf(f, "        %s\n", v->gate_watch.last_end);
	put_refused(g, f);
	for (uint32_t i = 0; i < g->clients; i++)
		line_process(v, view_process(v, g->client[i].name), f);
}

static bool
is_well(const struct view *v, const struct page_client *c)
{
	struct verdict_client one = verdict_client(&v->gate, c, v->now_ms);

	return !one.overran && c->note[0] == '\0'
	    && (one.state == VERDICT_CLIENT_HERE
		|| one.state == VERDICT_CLIENT_NEVER);
}

void
status_gate_clients(const struct view *v, const struct status_pick *p, FILE *f,
    bool colour)
{
	const struct page_client *order[PAGE_CLIENTS];
	size_t n = client_rows_sort(v, order), shown, ill = 0;
	char note[PAGE_WORDS + 64];
	struct table t;

	if (!v->alive || !v->cluster.gate || n == 0)
		return;
	shown = p->all || n <= CLIENTS_MAX ? n : CLIENTS_MAX;
	table_init(&t, CLIENT_ROWS_HEADINGS);
	t.fit = p->room;
	for (size_t i = 0; i < shown; i++) {
		client_rows_add(&t, v, order[i]);
		client_rows_note(v, order[i], note, sizeof(note));
		table_add(&t, "%s", note);
	}
	table_print(&t, f, colour);
	table_free(&t);
	for (size_t i = shown; i < n; i++)
		ill += !is_well(v, order[i]);
	if (shown < n)
		fprintf(f,
		    "%zu more clients, %zu of them not well (\"client "
		    "list\")\n",
		    n - shown, ill);
}
