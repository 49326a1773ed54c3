/* SPDX-License-Identifier: MIT */
/* See processes.h. */
#include "shared/view/processes.h"

#include "shared/process/process.h"

#include <string.h>

const char *const processes_kind_name[PROCESSES_KINDS_N] = {
#define X(n, s) [PROCESSES_##n] = s,
    PROCESSES_KINDS(X)
#undef X
};

static struct processes_row *
add(struct processes *p, enum processes_kind kind, const char *name)
{
	struct processes_row *r = &p->row[p->n++];

	must(p->n <= PROCESSES_MAX);
	*r = (struct processes_row) {.kind = kind,
	    .name = name,
	    .note = "",
	    .up_ms = -1};
	return r;
}

static void
count(struct processes *p, uint64_t *sum, uint64_t kb)
{
	p->running++;
	p->unknown += kb == 0;
	*sum += kb;
}

/* One of ours: the supervisor looks after it. */
static struct processes_row *
add_own(struct processes *p, const struct view *v, enum processes_kind kind,
    const struct page_watch *w, bool alive, const char *state)
{
	struct processes_row *r = add(p, kind, "");

	r->state = state;
	r->restarts = w->restarts;
	if (!alive) {
		r->note = w->last_end;
		return r;
	}
	r->pid = w->pid;
	r->up_ms = view_age(v, w->started_ms);
	r->private_kb = w->uss_kb;
	count(p, &p->rest_kb, r->private_kb);
	return r;
}

/* A pid is a number that others may have by now: its parent tells. */
static void
look(struct processes *p, const struct view *v, struct processes_row *r,
    int32_t pid, int32_t parent)
{
	uint64_t born;
	int32_t is;

	if (pid <= 0 || !process_born(pid, &is, &born) || is != parent)
		return;
	r->pid = pid;
	r->up_ms = view_age(v, born);
	r->private_kb = process_private_kb(pid);
	count(p, &p->rest_kb, r->private_kb);
}

/* By a signal or a debugger; what a handler that hangs says is of then. */
static bool
is_stopped(const struct view *v, uint32_t place)
{
	return v->handler_stopped || v->handler_silent_s > 0
	    || (v->plugins_stopped >> place & 1) != 0;
}

bool
processes_plugin_well(const struct view *v, uint32_t place)
{
	return v->handler_alive && !is_stopped(v, place)
	    && verdict_plugin_well(&v->plugins.plugin[place]);
}

const char *
processes_plugin_state(const struct view *v, uint32_t place)
{
	const struct page_plugin *p = &v->plugins.plugin[place];

	if (!v->handler_alive)
		return "down";
	if (is_stopped(v, place))
		return "hung";
	if (p->failing)
		return "failing";
	return p->state < PLUGIN_STATES ? page_plugin_state_name[p->state]
					: "?";
}

static void
add_plugins(struct processes *p, const struct view *v)
{
	for (uint32_t i = 0; i < v->plugins.count && i < PAGE_PLUGINS; i++) {
		const struct page_plugin *g = &v->plugins.plugin[i];
		struct processes_row *r;

		if (g->name[0] == '\0')
			continue;
		r = add(p, PROCESSES_PLUGIN, g->name);
		r->state = processes_plugin_state(v, i);
		r->well = processes_plugin_well(v, i);
		r->restarts = g->restarts;
		r->note = g->note[0] == '\0' && g->by_operator
		    ? "unloaded by an operator"
		    : g->note;
		if (v->handler_alive)
			look(p, v, r, g->pid, v->handler_watch.pid);
	}
}

/* The bot's own, and that of its parent, which is ours. */
static void
add_client(struct processes *p, const struct view *v,
    const struct view_process *c)
{
	struct processes_row *r = add(p, PROCESSES_CLIENT, c->name);

	r->restarts = c->w.restarts;
	if (c->pid == 0) {
		r->state = c->w.restart_ms > v->now_ms ? "waiting" : "down";
		r->note = c->w.last_end;
		return;
	}
	r->state = c->changing ? "replaced" : "up";
	r->well = true;
	look(p, v, r, c->pid, c->w.pid);
	if (r->private_kb > 0)
		r->private_kb += c->w.uss_kb;
	count(p, &p->rest_kb, c->w.uss_kb);
}

static void
add_supervisor(struct processes *p, const struct view *v)
{
	struct processes_row *r = add(p, PROCESSES_SUPERVISOR, "");

	r->well = v->alive && !v->hung;
	r->restarts = v->supervisor_watch.restarts;
	r->state = !v->alive ? "down"
	    : v->stopped     ? "stopped"
	    : v->hung	     ? "hung"
			     : "up";
	if (!v->alive)
		return;
	r->pid = v->cluster.pid;
	r->up_ms = view_age(v, v->cluster.started_ms);
	r->private_kb = v->supervisor_watch.uss_kb;
	count(p, &p->rest_kb, r->private_kb);
}

void
processes_list(const struct view *v, struct processes *p)
{
	struct processes_row *r;

	memset(p, 0, sizeof(*p));
	add_supervisor(p, v);
	r = add_own(p, v, PROCESSES_HANDLER, &v->handler_watch,
	    v->handler_alive, v->handler_state);
	r->well = v->handler_alive && v->handler_silent_s == 0
	    && v->handler.state == HANDLER_READY;
	if (v->handler_alive)
		r->note = v->handler.note;
	add_plugins(p, v);
	if (v->cluster.gate) {
		r = add_own(p, v, PROCESSES_GATE, &v->gate_watch, v->gate_alive,
		    v->gate_state);
		r->well = v->gate_alive && v->gate_silent_s == 0
		    && v->gate.state == GATE_READY;
		if (v->gate_alive)
			r->note = v->gate.note;
	}
	if (v->cluster.web) {
		r = add_own(p, v, PROCESSES_WEB, &v->web_watch, v->web_alive,
		    !v->web_alive	      ? "down"
			: v->web_stopped      ? "stopped"
			: v->web_silent_s > 0 ? "silent"
					      : "up");
		r->well = v->web_alive && !v->web_stopped
		    && v->web_silent_s == 0;
	}
	for (size_t i = 0; i < PAGE_CLIENTS; i++)
		if (v->process[i].name[0] != '\0' && v->process[i].w.starts > 0)
			add_client(p, v, &v->process[i]);
	for (size_t i = 0; i < v->n; i++)
		if (v->shard[i].alive)
			count(p, &p->shards_kb, v->shard[i].w.uss_kb);
}
