/* SPDX-License-Identifier: MIT */
/*
 * `status`: header lines whose counts add up, then a row per shard.  With more
 * than ROWS_MAX shards the plainly ready ones are only counted.
 */
#include "tools/cli/see/status.h"

#include "tools/cli/base/human.h"
#include "shared/view/view.h"

#include <string.h>
#include <unistd.h>

#define REBOOT_SHOWN_MS 86400000LL

#define ROWS_MAX 40
#define LAST_SHOWN 5 /* things that happened */

static enum table_colour
state_colour(const struct view_shard *s)
{
	if (s->deaf || s->s.state == SHARD_DOWN || s->s.state == SHARD_HELD)
		return TABLE_RED;
	return s->s.state == SHARD_READY && s->silent == 0 ? TABLE_GREEN
							   : TABLE_YELLOW;
}

/* None is left to be found in a table. */
static void
line_finding(const struct verdict_finding *w, FILE *f)
{
	if (w->rank < PAGE_RANKS_N)
		fprintf(f, "%-9s%s%s%s\n", page_rank_name[w->rank], w->text,
		    w->detail[0] != '\0' ? ": " : "", w->detail);
}

/* With the time at which it was first so. */
static void
line_notes(const struct view *v, FILE *f)
{
	const struct verdict_fleet *w = &v->verdict;
	char when[32];

	for (size_t i = 0; i < w->n; i++) {
		const struct verdict_finding *n = &w->found[i];

		if (!n->note) {
			line_finding(n, f);
			continue;
		}
		human_when(n->age_ms < 0 ? 0 : v->wall_ms - n->age_ms, when);
		fprintf(f, "note    %s%s%s\n", when,
		    when[0] != '\0' ? ": " : "", n->text);
	}
}

/* Who is to start it decides what is to be typed. */
static void
note_down(const struct view *v, FILE *f)
{
	const struct page_cluster *c = &v->cluster;
	char way[512], words[160];

	if (v->alive)
		return;
	keeper_command(&v->keeper, "start", c->config_path, way, sizeof(way));
	if (v->verdict.state == VERDICT_CRASHED)
		fprintf(f,
		    "note    the supervisor (pid %d) is gone without a word; "
		    "\"%s\" goes on where it left\n",
		    c->pid, way);
	if (!v->told_down)
		return;
	stopped_words(&v->told, words, sizeof(words));
	fprintf(f, "note    %s; \"ensure\" leaves it so, \"%s\" starts it\n",
	    words, way);
}

static void
line_cluster(const struct view *v, bool screen, FILE *f)
{
	const struct page_cluster *c = &v->cluster;
	char age[24];

	fprintf(f, "cluster %-9s %s", c->name,
	    verdict_fleet_name[v->verdict.state]);
	if (v->alive)
		fprintf(f, "  up %s  supervisor %s pid %d",
		    human_age(view_age(v, c->started_ms), age), c->version,
		    c->pid);
	if (screen) {
		putc('\n', f);
	} else {
		fprintf(f, "  config %s\n", c->config_path);
		line_notes(v, f);
	}
	if (v->alive && c->reboot_ms != 0
	    && v->wall_ms - c->reboot_ms < REBOOT_SHOWN_MS)
		fprintf(f, "note    %s\n", c->reboot);
	note_down(v, f);
}

/* What is left of today's IDENTIFYs, and for how long at this pace. */
static void
line_budget(const struct view *v, FILE *f)
{
	const struct page_cluster *c = &v->cluster;
	int64_t reset = c->reset_wall_ms - v->wall_ms;
	char age[24];

	if (c->fetched_wall_ms == 0 || c->remaining < 0)
		return;
	fprintf(f, "budget  %lld/%lld IDENTIFYs left", (long long)c->remaining,
	    (long long)c->total);
	if (reset > 0)
		fprintf(f, ", resets in %s", human_age(reset, age));
	if (c->forecast_s >= 0)
		fprintf(f, "  at this pace it is empty in %s",
		    human_age(c->forecast_s * 1000, age));
	fprintf(f, "  24 h: %llu spent", (unsigned long long)c->identifies_24h);
	if (c->foreign_24h > 0)
		fprintf(f, ", %llu by others",
		    (unsigned long long)c->foreign_24h);
	putc('\n', f);
}

/* The counts of one line add up to the number of shards. */
static void
line_shards(const struct view *v, FILE *f)
{
	const struct page_cluster *c = &v->cluster;
	char age[24];

	fprintf(f, "shards  %zu", v->n);
	if (v->n != c->shard_count)
		fprintf(f, " here (%u-%u of %u)", c->first,
		    c->first + c->local - 1, c->shard_count);
	fprintf(f, "   %u ready", v->ready);
	if (v->partly > 0)
		fprintf(f, " (%u partly deaf)", v->partly);
	if (v->deaf > 0)
		fprintf(f, "  %u deaf", v->deaf);
	for (unsigned i = 0; i < SHARD_STATES; i++)
		if (i != SHARD_READY && v->in_state[i] > 0)
			fprintf(f, "  %u %s", v->in_state[i],
			    page_shard_state_name[i]);
	putc('\n', f);
	line_budget(v, f);
	if (c->permits_waiting > 0 && v->alive)
		fprintf(f, "permits %u waiting to IDENTIFY, the last in %s\n",
		    c->permits_waiting,
		    human_age(c->permits_eta_ms > v->now_ms
			    ? (int64_t)(c->permits_eta_ms - v->now_ms)
			    : 0,
			age));
}

static void
line_rollout(const struct view *v, FILE *f)
{
	const struct page_cluster *c = &v->cluster;
	uint32_t behind = view_behind(v);

	if (v->alive && c->rollout)
		fprintf(f, "rollout %u of %u shards replaced, %u failed: %s\n",
		    c->rollout_moved, c->rollout_total, c->rollout_failed,
		    c->rollout_note);
	else if (v->alive && behind > 0)
		fprintf(f,
		    "rollout %u of %zu shards run an older program or "
		    "configuration: \"shardherd rollout\" replaces them\n",
		    behind, v->n);
}

/* ", 3 failing"; "" for none. */
static const char *
some(uint32_t n, const char *word, char out[32])
{
	str_format(out, n > 0 ? 32 : 1, ", %u %s", n, word);
	return out;
}

static void
line_handler(const struct view *v, FILE *f)
{
	const struct page_handler *h = &v->handler;
	uint64_t unanswered = view_unanswered(v);
	char lag[24], failing[32], unloaded[32];

	if (!v->alive)
		return;
	fprintf(f, "handler %s", v->handler_state);
	if (v->handler_alive)
		fprintf(f,
		    "  generation %u pid %d  plugins %u/%u up%s%s  events %llu "
		    " unanswered %llu",
		    h->generation, v->handler_watch.pid, h->plugins_up,
		    h->plugins, some(h->plugins_failing, "failing", failing),
		    some(h->plugins_unloaded, "unloaded", unloaded),
		    (unsigned long long)h->events,
		    (unsigned long long)unanswered);
	if (view_backlog(v) > 0)
		fprintf(f, "  backlog %llu",
		    (unsigned long long)view_backlog(v));
	if (v->handler_alive && h->lag_events > 0)
		fprintf(f, " (oldest %s)", human_age((int64_t)h->lag_ms, lag));
	putc('\n', f);
	if (h->note[0] != '\0')
		fprintf(f, "        %s\n", h->note);
}

uint64_t
status_crashes(const struct page_watch *w)
{
	uint64_t n = 0;

	for (size_t i = 0; i < CRASHES; i++)
		n += w->crashes[i];
	return n;
}

/* What holds back more than one call, and what Discord does not take. */
static void
line_rest(const struct view *v, FILE *f)
{
	const struct page_handler *h = &v->handler;
	char age[24];

	if (!v->alive || !v->handler_alive)
		return;
	if (h->rest != PAGE_REST_FINE)
		fprintf(f, "rest    %s for %s: %s\n", page_rest_name[h->rest],
		    human_age(view_age(v, h->rest_since_ms), age),
		    h->rest_note);
	if (h->commands_note[0] != '\0')
		fprintf(f, "commands %s\n", h->commands_note);
}

static bool
other_version(const struct view *v, const struct page_watch *w)
{
	return w->version[0] != '\0'
	    && strncmp(w->version, v->cluster.version, sizeof(w->version)) != 0;
}

/* After an upgrade what was there before runs its old program. */
static void
line_versions(const struct view *v, FILE *f)
{
	unsigned n = 0;

	for (size_t i = 0; i < v->n; i++)
		n += v->shard[i].alive && other_version(v, &v->shard[i].w);
	if (v->handler_alive && other_version(v, &v->handler_watch))
		fprintf(f, "version %s; the handler still runs %s\n",
		    v->cluster.version, v->handler_watch.version);
	if (n > 0)
		fprintf(f,
		    "version %s; %u of %zu shards still run another one\n",
		    v->cluster.version, n, v->n);
}

static void
note(const struct view *v, const struct view_shard *s, char *out, size_t size)
{
	char age[24];

	if (s->deaf && s->s.ack_ms == 0)
		str_format(out, size, "heard nothing: no ACK so far");
	else if (s->deaf)
		str_format(out, size, "heard nothing: last ACK %s ago",
		    human_age(view_age(v, s->s.ack_ms), age));
	else if (s->silent != 0)
		str_format(out, size, "%s", s->silent_words);
	else if (s->orphan)
		str_format(out, size, "outlived its supervisor%s%s",
		    s->s.state == SHARD_PERMIT ? "; " : "",
		    s->s.state == SHARD_PERMIT ? s->s.note : "");
	else if (!s->alive && s->w.last_end[0] != '\0')
		str_format(out, size, "%s", s->w.last_end);
	else if (s->s.state != SHARD_READY && s->s.note[0] != '\0')
		str_format(out, size, "%s", s->s.note);
	else if (s->s.guilds_pending > 0)
		str_format(out, size, "%u guilds to come", s->s.guilds_pending);
	else
		out[0] = '\0';
}

static void
add_row(struct table *t, const struct view *v, const struct view_shard *s)
{
	char text[24], words[256];

	note(v, s, words, sizeof(words));
	table_add(t, "%u", s->id);
	table_add(t, "%s", s->state);
	table_colour(t, state_colour(s));
	table_add(t, "%s",
	    s->alive ? human_age(view_age(v, s->s.state_since_ms), text) : "-");
	table_add(t, "%s",
	    s->alive ? human_age(view_age(v, s->w.started_ms), text) : "-");
	table_add(t, "%llu", (unsigned long long)s->w.restarts);
	table_add(t, "%s",
	    s->alive && s->w.uss_kb > 0 ? human_size(s->w.uss_kb * 1024, text)
					: "-");
	table_add(t, "%u", s->s.guilds);
	if (s->s.rtt_ms > 0 && s->alive)
		table_add(t, "%ums", s->s.rtt_ms);
	else
		table_add(t, "-");
	if (s->alive)
		table_add(t, "%d", s->pid);
	else
		table_add(t, "-");
	table_add(t, "%llu", (unsigned long long)s->s.events);
	table_add(t, "%llu", (unsigned long long)s->s.resumes);
	table_add(t, "%llu", (unsigned long long)s->s.identifies);
	table_add(t, "%s", words);
}

static bool
picked(const struct status_pick *pick, uint32_t id)
{
	for (size_t i = 0; i < pick->n; i++)
		if (pick->ids[i] == id)
			return true;
	return false;
}

static bool
shown(const struct view *v, const struct status_pick *p,
    const struct view_shard *s)
{
	if (p->n > 0)
		return picked(p, s->id);
	return p->all || v->n <= ROWS_MAX || s->s.state != SHARD_READY
	    || s->deaf || s->silent != 0;
}

void
status_lines(const struct view *v, bool screen, FILE *f)
{
	line_cluster(v, screen, f);
	line_shards(v, f);
	line_handler(v, f);
	status_gate_line(v, f);
	line_rest(v, f);
	line_rollout(v, f);
	line_versions(v, f);
}

static void
print_lines(const struct view *v, size_t room, FILE *f)
{
	char *text = NULL, *line, *rest;
	size_t size;
	FILE *m = open_memstream(&text, &size);

	must(m != NULL);
	status_lines(v, false, m);
	must(fclose(m) == 0);
	for (line = strtok_r(text, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest))
		table_wrap(f, line, 0, STATUS_INDENT, room);
	free(text);
}

void
status_shards(const struct view *v, const struct view_shard *const *order,
    size_t n, struct table *t)
{
	table_init(t,
	    "SHARD STATE FOR ?>UP ?>RESTARTS ?>PRIVATE ?>GUILDS ?>LATENCY "
	    "?>PID ?>EVENTS ?>RESUME ?>IDENT NOTE");
	for (size_t i = 0; i < n; i++)
		add_row(t, v, order[i]);
}

/* The last few things that happened. */
static void
print_past(const struct past *p, size_t room, FILE *f)
{
	size_t from = p->n > LAST_SHOWN ? p->n - LAST_SHOWN : 0;
	char line[PAST_LINE];

	for (size_t i = from; i < p->n; i++) {
		past_line(&p->event[i], line, sizeof(line));
		fprintf(f, "%-*s", STATUS_INDENT, i == from ? "last" : "");
		table_wrap(f, line, STATUS_INDENT, STATUS_INDENT, room);
	}
}

void
status_text(const struct view *v, const struct status_pick *p, FILE *f,
    bool colour)
{
	const struct view_shard **order = base_alloc(
	    (v->n + 1) * sizeof(struct view_shard *));
	struct processes *all = base_alloc(sizeof(*all));
	size_t rows = 0;
	struct table t;

	print_lines(v, p->room, f);
	if (p->n == 0) {
		processes_list(v, all);
		status_memory(all, p->room, f);
		status_gate_clients(v, p, f, colour);
	}
	for (size_t i = 0; i < v->n; i++)
		if (shown(v, p, &v->shard[i]))
			order[rows++] = &v->shard[i];
	status_shards(v, order, rows, &t);
	t.fit = p->room;
	if (rows > 0)
		table_print(&t, f, colour);
	table_free(&t);
	if (rows < v->n && p->n == 0)
		fprintf(f, "%zu ready shards not shown (--all)\n", v->n - rows);
	if (p->n == 0) {
		status_processes(all, all->n, &t);
		t.fit = p->room;
		table_print(&t, f, colour);
		table_free(&t);
		if (p->past != NULL)
			print_past(p->past, p->room, f);
	}
	free(all);
	free(order);
}
