/* SPDX-License-Identifier: MIT */
/* Handler, plugins, gate and clients: see verdict.h. */
#include "shared/page/verdict_impl.h"

#include <string.h>

/* ---- plugins -------------------------------------------------------- */

/* On its first way up; one that ended before is down until it is up again. */
static bool
is_coming(const struct page_plugin *p)
{
	return (p->state == PLUGIN_IDLE || p->state == PLUGIN_STARTING)
	    && p->strikes == 0;
}

bool
verdict_plugin_well(const struct page_plugin *p)
{
	return p->name[0] == '\0' || p->by_operator != 0
	    || (p->state == PLUGIN_UP && !p->failing);
}

/* What each is, and the first of those that are so. */
struct plugins {
	uint32_t strikes; /* of one that is down, the most */
	uint32_t up, all, down, held, coming, hung, failing, late;
	const struct page_plugin *first_down, *first_held, *first_hung,
	    *first_failing, *first_late, *first_coming;
};

static void
count(uint32_t *n, const struct page_plugin **first,
    const struct page_plugin *p)
{
	if ((*n)++ == 0)
		*first = p;
}

static void
count_plugins(const struct verdict_facts *f, struct plugins *t)
{
	for (uint32_t i = 0;
	     f->plugins != NULL && i < f->plugins->count && i < PAGE_PLUGINS;
	     i++) {
		const struct page_plugin *p = &f->plugins->plugin[i];

		if (p->name[0] == '\0' || p->by_operator != 0)
			continue;
		t->all++;
		t->up += p->state == PLUGIN_UP;
		if (p->state == PLUGIN_HELD)
			count(&t->held, &t->first_held, p);
		else if (p->state != PLUGIN_UP && is_coming(p))
			count(&t->coming, &t->first_coming, p);
		else if (p->state != PLUGIN_UP) {
			count(&t->down, &t->first_down, p);
			if (p->strikes > t->strikes)
				t->strikes = p->strikes;
		}
		if (f->plugins_stopped >> i & 1)
			count(&t->hung, &t->first_hung, p);
		else if (p->state == PLUGIN_UP && p->failing)
			count(&t->failing, &t->first_failing, p);
		else if (p->state == PLUGIN_UP && p->lag_ms >= VERDICT_LAG_MS)
			count(&t->late, &t->first_late, p);
	}
}

static void
look_down(const struct verdict_facts *f, const struct plugins *t,
    enum verdict_code code, uint32_t n, const struct page_plugin *first,
    struct verdict_fleet *v)
{
	struct verdict_finding *w;

	if (n == 0)
		return;
	w = verdict_found_as(v, code,
	    t->up + t->coming == 0 ? PAGE_CRITICAL : PAGE_WARNING,
	    verdict_age(f, first->state_since_ms),
	    "%u of %u plugins up, %.63s %s", t->up, t->all, first->name,
	    first->state < PLUGIN_STATES ? page_plugin_state_name[first->state]
					 : "unknown");
	verdict_name(w, n, "%.63s", first->name);
	verdict_detail(w, "%s", first->note);
	w->fresh = code == VERDICT_CODE_PLUGIN_DOWN
	    && t->strikes < VERDICT_STRIKES;
}

static void
look_plugins(const struct verdict_facts *f, struct verdict_fleet *v)
{
	struct plugins t = {0};
	const struct page_handler *h = f->handler;

	count_plugins(f, &t);
	look_down(f, &t, VERDICT_CODE_PLUGIN_HELD, t.held, t.first_held, v);
	look_down(f, &t, VERDICT_CODE_PLUGIN_DOWN, t.down, t.first_down, v);
	if (t.down + t.held == 0 && t.coming > 0)
		verdict_name(verdict_found(v, VERDICT_CODE_PLUGIN_STARTING,
				 verdict_age(f, t.first_coming->state_since_ms),
				 "%u of %u plugins up", t.up, t.all),
		    t.coming, "%.63s", t.first_coming->name);
	else if (t.all == 0 && h->plugins_up < h->plugins)
		verdict_found(v, VERDICT_CODE_PLUGIN_STARTING, -1,
		    "%u of %u plugins up", h->plugins_up, h->plugins);
	if (t.hung > 0)
		verdict_detail(
		    verdict_name(verdict_found(v, VERDICT_CODE_PLUGIN_HUNG, -1,
				     "plugin %.63s hung", t.first_hung->name),
			t.hung, "%.63s", t.first_hung->name),
		    "its process (pid %d) is stopped by a signal or a debugger",
		    t.first_hung->pid);
	if (t.late > 0)
		verdict_detail(verdict_name(verdict_found(v,
						VERDICT_CODE_PLUGIN_LAGGING,
						(int64_t)t.first_late->lag_ms,
						"plugin %.63s lagging",
						t.first_late->name),
				   t.late, "%.63s", t.first_late->name),
		    "%llu events wait for it, the oldest for so long",
		    (unsigned long long)page_plugin_waits(t.first_late));
	if (h->plugins_failing > 0)
		verdict_name(verdict_found(v, VERDICT_CODE_PLUGIN_ERRING, -1,
				 "%.255s", h->note),
		    h->plugins_failing, "%.63s",
		    t.failing > 0 ? t.first_failing->name : "");
}

/* Kept in the store, whatever becomes of the handler. */
void
verdict_look_letters(const struct verdict_facts *f, struct verdict_fleet *v)
{
	const struct page_cluster *c = f->cluster;
	struct verdict_finding *w;

	if (c->dead_unseen == 0)
		return;
	w = verdict_found(v, VERDICT_CODE_DEAD_LETTERS,
	    c->dead_ms != 0 && f->wall_ms > c->dead_ms ? f->wall_ms - c->dead_ms
						       : -1,
	    "%u event%s set aside", c->dead_unseen,
	    c->dead_unseen == 1 ? "" : "s");
	verdict_name(w, c->dead_unseen, "%.63s", c->dead_plugin);
	verdict_detail(w,
	    "%s ended plugin %.63s twice, and %s a dead letter nobody has "
	    "looked at",
	    c->dead_unseen == 1 ? "it" : "the last of them", c->dead_plugin,
	    c->dead_unseen == 1 ? "is" : "each is");
	w->note = true;
}

/* ---- the handler ---------------------------------------------------- */

static void
look_rest(const struct verdict_facts *f, struct verdict_fleet *v)
{
	const struct page_handler *h = f->handler;

	struct verdict_finding *w;

	if (h->rest >= PAGE_REST_LIMITED && h->rest < PAGE_REST_STATES) {
		w = verdict_found(v, VERDICT_CODE_REST_LIMITED,
		    verdict_age(f, h->rest_since_ms), "REST %s",
		    page_rest_name[h->rest]);
		verdict_detail(w, "%s", h->rest_note);
		/* A short limit of Discord's is no news. */
		w->fresh = h->rest == PAGE_REST_LIMITED
		    && w->age_ms < VERDICT_REST_MS;
	} else if (h->rest != PAGE_REST_FINE) {
		verdict_found(v, VERDICT_CODE_REST_LIMITED, -1, "REST: %.255s",
		    h->rest_note)
		    ->fresh = true;
	}
	if (h->commands_note[0] != '\0')
		verdict_found(v, VERDICT_CODE_COMMANDS_LEFT_OUT, -1,
		    "commands: %.255s", h->commands_note);
	else if (h->commands_out > 0)
		verdict_found(v, VERDICT_CODE_COMMANDS_LEFT_OUT, -1,
		    "%u commands are left out", h->commands_out);
}

void
verdict_look_handler(const struct verdict_facts *f, struct verdict_fleet *v)
{
	const struct page_handler *h = f->handler;
	int64_t since = verdict_age(f, h->state_since_ms);

	if (!f->handler_alive || h->state == HANDLER_DOWN) {
		verdict_detail(verdict_found(v, VERDICT_CODE_HANDLER_DOWN,
				   since, "handler down"),
		    "%s", h->note);
		return;
	}
	if (f->handler_silent_s > 0 || f->handler_stopped)
		/* Not down: it is replaced when it stays so, nothing is lost. */
		verdict_detail(verdict_found(v, VERDICT_CODE_HANDLER_HUNG,
				   f->handler_silent_s > 0
				       ? f->handler_silent_s * 1000
				       : -1,
				   "handler hung"),
		    "silent: it hangs or is stopped; the shards keep its "
		    "events");
	else if (h->state != HANDLER_READY)
		verdict_found(v, VERDICT_CODE_HANDLER_STARTING, since,
		    "handler %s", page_handler_state_name[h->state]);
	else
		look_plugins(f, v);
	look_rest(f, v);
}

/* ---- the gate ------------------------------------------------------- */

static const enum verdict_code client_code[VERDICT_CLIENT_STATES] = {
    [VERDICT_CLIENT_LOST] = VERDICT_CODE_CLIENT_LOSING,
    [VERDICT_CLIENT_FALLING] = VERDICT_CODE_CLIENT_LATE,
    [VERDICT_CLIENT_SLOW] = VERDICT_CODE_CLIENT_SLOW,
    [VERDICT_CLIENT_AWAY] = VERDICT_CODE_CLIENT_AWAY,
    [VERDICT_CLIENT_PARTLY] = VERDICT_CODE_CLIENT_PARTLY,
};

static void
look_client(const struct verdict_facts *f, const struct verdict_gate *g,
    enum verdict_client_state state, struct verdict_fleet *v)
{
	const struct page_client *c = g->first[state];
	struct verdict_finding *w;

	if (c == NULL)
		return;
	w = verdict_found(v, client_code[state], verdict_age(f, c->away_ms),
	    "client %.63s %s", c->name, verdict_client_name[state]);
	verdict_name(w, g->n[state], "%.63s", c->name);
	verdict_gate_words(g, f->gate, state, f->now_ms, w->detail);
}

static void
look_overran(const struct verdict_facts *f, const struct verdict_gate *g,
    struct verdict_fleet *v)
{
	const struct page_client *c = g->first_overran;
	struct verdict_finding *w;

	if (c == NULL)
		return;
	w = verdict_found(v, VERDICT_CODE_CLIENT_OVERRAN, -1,
	    "client %.63s fell off the log of the gate", c->name);
	verdict_name(w, g->overran, "%.63s", c->name);
	verdict_gate_overran(g, f->now_ms, w->detail);
}

/* Clients that are away are their owners' business; what is lost to them, or
 * soon will be, is not. */
static void
look_gate_clients(const struct verdict_facts *f, struct verdict_fleet *v)
{
	const struct page_gate *p = f->gate;
	struct verdict_gate g;

	verdict_gate(p, f->now_ms, &g);
	if (g.cache[0] != '\0')
		verdict_detail(verdict_found(v, VERDICT_CODE_GATE_CACHE, -1,
				   "the gate's cache"),
		    "%s", g.cache);
	look_overran(f, &g, v);
	look_client(f, &g, VERDICT_CLIENT_LOST, v);
	look_client(f, &g, VERDICT_CLIENT_FALLING, v);
	look_client(f, &g, VERDICT_CLIENT_SLOW, v);
	if (g.first[VERDICT_CLIENT_AWAY] != NULL
	    && verdict_age(f, g.first[VERDICT_CLIENT_AWAY]->away_ms)
		>= VERDICT_GATE_AWAY_MS)
		look_client(f, &g, VERDICT_CLIENT_AWAY, v);
	if (g.refuses)
		verdict_detail(verdict_found(v, VERDICT_CODE_GATE_REFUSING, -1,
				   "the gate refuses clients again and again"),
		    "%u connections within a minute, most: %s", p->refused_now,
		    p->refused_end < PAGE_GATE_ENDS_N
			? page_gate_end[p->refused_end].words
			: "unknown");
}

void
verdict_look_gate(const struct verdict_facts *f, struct verdict_fleet *v)
{
	const struct page_gate *g = f->gate;

	if (g == NULL)
		return;
	if (!f->gate_alive || g->state == GATE_DOWN)
		verdict_detail(verdict_found(v, VERDICT_CODE_GATE_DOWN,
				   verdict_age(f, g->state_since_ms),
				   "gate down"),
		    "no client can connect; what they miss is kept");
	else if (f->gate_silent_s > 0 || f->gate_stopped)
		verdict_detail(verdict_found(v, VERDICT_CODE_GATE_HUNG,
				   f->gate_silent_s > 0
				       ? f->gate_silent_s * 1000
				       : -1,
				   "gate hung"),
		    "silent: it hangs or is stopped; what clients miss is "
		    "kept");
	else if (g->state != GATE_READY)
		verdict_found(v, VERDICT_CODE_GATE_STARTING,
		    verdict_age(f, g->state_since_ms), "gate %s",
		    page_gate_state_name[g->state]);
	else if (g->note[0] != '\0')
		verdict_found(v, VERDICT_CODE_GATE_ERRING, -1, "gate: %.255s",
		    g->note);
	look_gate_clients(f, v);
}

/* ---- web ------------------------------------------------------------ */

static void
look_web_down(const struct verdict_facts *f, struct verdict_fleet *v)
{
	const struct page_watch *p = f->web_watch;
	bool again = p->restart_ms > f->now_ms;
	struct verdict_finding *w;

	w = verdict_found(v, VERDICT_CODE_WEB_DOWN, verdict_age(f, p->ended_ms),
	    "web down");
	verdict_detail(w, "%.200s", p->last_end);
	w->until_ms = again ? verdict_wall(f, p->restart_ms) : 0;
	w->fresh = p->starts == 0 || (again && p->strikes < VERDICT_STRIKES);
}

void
verdict_look_web(const struct verdict_facts *f, struct verdict_fleet *v)
{
	struct verdict_finding *w;

	if (!f->cluster->web || f->web_watch == NULL)
		return;
	if (!f->web_alive) {
		look_web_down(f, v);
	} else if (f->web_stopped || f->web_silent_s > 0) {
		w = verdict_found(v, VERDICT_CODE_WEB_HUNG,
		    f->web_silent_s > 0 ? f->web_silent_s * 1000 : -1,
		    "web hung");
		verdict_detail(w, "silent: it hangs or is stopped");
	}
}

/* ---- processes of clients ------------------------------------------- */

static void
look_process(const struct verdict_facts *f, const struct verdict_process *p,
    struct verdict_fleet *v)
{
	bool again = p->w->restart_ms > f->now_ms;
	struct verdict_finding *w;

	if (p->alive && p->runner_stopped) {
		w = verdict_found(v, VERDICT_CODE_RUNNER_HUNG, -1,
		    "the parent of client %.63s hung", p->name);
		verdict_detail(w,
		    "its process (pid %d) is stopped by a signal or a debugger",
		    p->w->pid);
	} else if (p->alive && p->stopped) {
		w = verdict_found(v, VERDICT_CODE_CLIENT_HUNG, -1,
		    "client %.63s hung", p->name);
		verdict_detail(w,
		    "its process is stopped by a signal or a debugger");
	} else if (!p->alive
	    || (!p->up
		&& verdict_age(f, p->w->started_ms) > VERDICT_SILENT_MS)) {
		w = verdict_found(v, VERDICT_CODE_CLIENT_DOWN,
		    verdict_age(f, p->w->ended_ms), "client %.63s %s", p->name,
		    again || p->alive ? "down" : "held");
		verdict_detail(w, "%.180s%s", p->w->last_end,
		    again	   ? ", it is started again"
			: p->alive ? ""
				   : ", it is not started again by itself");
		w->until_ms = again ? verdict_wall(f, p->w->restart_ms) : 0;
		w->fresh = again && p->w->strikes < VERDICT_STRIKES;
	} else {
		return;
	}
	verdict_name(w, 1, "%.63s", p->name)->note = true;
}

void
verdict_look_clients(const struct verdict_facts *f, struct verdict_fleet *v)
{
	for (size_t i = 0; f->process != NULL && i < PAGE_CLIENTS; i++)
		if (f->process[i].name[0] != '\0')
			look_process(f, &f->process[i], v);
}
