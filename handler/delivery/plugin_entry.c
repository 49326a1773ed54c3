/* SPDX-License-Identifier: MIT */
/* One plugin's processes; see plugin_entry.h. */
#include "handler/delivery/plugin_entry.h"

#include "shared/base/log.h"
#include "shared/base/text.h"
#include "shared/process/process.h"

#include <stdarg.h>
#include <string.h>

/* ---- life ----------------------------------------------------------- */

static void
entry_windows(struct plugin_entry *p)
{
	unsigned of[LANE_WINDOWS] = {p->old, p->active};

	for (unsigned i = 0; i < LANE_WINDOWS; i++)
		p->lane.window[i] = of[i] == PLUGIN_SET_NONE
		    ? NULL
		    : plugin_window(p->slot[of[i]]);
	if (p->active != PLUGIN_SET_NONE)
		p->set->serving[p->index] = p->slot[p->active];
}

static void
on_drain(struct timer *t)
{
	struct plugin_entry *p = container_of(t, struct plugin_entry, drain);

	if (p->old == PLUGIN_SET_NONE)
		return;
	log_warn("plugin %s: its old process did not finish %zu events in "
		 "time; they go to the new one",
	    p->lane.name, window_out(plugin_window(p->slot[p->old])));
	plugin_stop(p->slot[p->old]);
}

struct plugin_entry *
plugin_entry_new(struct plugin_set *s, unsigned index,
    const struct config_plugin *cfg)
{
	struct plugin_entry *p = base_alloc(sizeof(*p));

	p->set = s;
	p->index = index;
	p->active = p->next = p->old = PLUGIN_SET_NONE;
	timer_init(s->host.timers, &p->drain, on_drain);
	config_plugin_copy(&p->cfg[0], cfg);
	lane_init(&p->lane, &s->lanes, index, &p->cfg[0]);
	lane_open(&p->lane);
	for (unsigned i = 0; i < PLUGIN_SET_SLOTS; i++)
		p->slot[i] = plugin_new(&s->host, index,
		    index * PLUGIN_SET_SLOTS + i, &p->lane.waiting);
	return p;
}

void
plugin_entry_forget(struct plugin_entry *p)
{
	timer_stop(&p->drain);
	for (unsigned i = 0; i < LANE_WINDOWS; i++)
		p->lane.window[i] = NULL;
	lane_free(&p->lane);
}

void
plugin_entry_free(struct plugin_entry *p)
{
	for (unsigned i = 0; i < PLUGIN_SET_SLOTS; i++) {
		plugin_free(p->slot[i]);
		config_plugin_free(&p->cfg[i]);
	}
	free(p);
}

/* The slot whose config counts now. */
static unsigned
entry_slot(const struct plugin_entry *p)
{
	if (p->active != PLUGIN_SET_NONE)
		return p->active;
	return p->old != PLUGIN_SET_NONE ? p->old : p->cfg[0].exec ? 0 : 1;
}

void
plugin_entry_start(struct plugin_entry *p)
{
	p->active = entry_slot(p);
	entry_windows(p);
	plugin_start(p->slot[p->active], &p->cfg[p->active], false);
}

void
plugin_entry_stop(struct plugin_entry *p)
{
	for (unsigned i = 0; i < PLUGIN_SET_SLOTS; i++)
		plugin_stop(p->slot[i]);
}

bool
plugin_entry_gone(const struct plugin_entry *p)
{
	for (unsigned i = 0; i < PLUGIN_SET_SLOTS; i++)
		if (plugin_state(p->slot[i]) != PLUGIN_GONE)
			return false;
	return true;
}

bool
plugin_entry_settled(const struct plugin_entry *p)
{
	return p->active == PLUGIN_SET_NONE
	    || plugin_settled(p->slot[p->active]);
}

enum plugin_state
plugin_entry_state(const struct plugin_entry *p)
{
	if (p->active != PLUGIN_SET_NONE)
		return plugin_state(p->slot[p->active]);
	return p->old != PLUGIN_SET_NONE ? PLUGIN_ENDING : PLUGIN_HELD;
}

void
plugin_entry_page(struct plugin_entry *p, uint64_t now, struct page_plugin *out)
{
	struct spool_stats disk = {0};
	const struct lane *l = &p->lane;

	memset(out, 0, sizeof(*out));
	str_copy(out->name, l->name, sizeof(out->name));
	plugin_describe(p->slot[entry_slot(p)], out);
	out->state = plugin_entry_state(p);
	out->by_operator = p->held != 0;
	out->failing &= out->state == PLUGIN_UP;
	if (l->backlog.spool != NULL)
		spool_stats(l->backlog.spool, &disk);
	out->outstanding = (uint32_t)lane_out(l);
	out->waiting = lane_waiting(l);
	out->backlog_events = lane_on_disk(l);
	out->backlog_bytes = disk.bytes;
	out->lag_ms = lane_lag_ms(&p->lane, now);
	out->events = l->events;
	for (unsigned i = 0; i < PLUGIN_SET_SLOTS; i++) {
		uint64_t answers;

		out->errors += plugin_errors(p->slot[i]);
		out->restarts += plugin_ends(p->slot[i]);
		out->worked_ms += plugin_worked_ms(p->slot[i], &answers);
		out->answered += answers;
	}
	out->dead_letters = p->dead_letters;
	out->dropped = l->dropped;
	out->expired = disk.expired;
	out->damaged = disk.damaged;
	if (l->dismissed)
		str_copy(out->note, "unloaded: its events are dropped",
		    sizeof(out->note));
	else if (l->note[0] != '\0')
		str_copy(out->note, l->note, sizeof(out->note));
}

/* ---- answers -------------------------------------------------------- */

printflike(3, 4) static void entry_answer(struct plugin_entry *p,
    enum plugin_set_end end, const char *fmt, ...)
{
	char text[384];
	va_list ap;

	if (!p->asked)
		return;
	p->asked = false;
	va_start(ap, fmt);
	text_vformat(text, sizeof(text), fmt, ap);
	va_end(ap);
	p->set->answer(p->set, p->serial, end, text);
}

static bool
entry_ask(struct plugin_entry *p, uint32_t serial)
{
	bool busy = p->asked || p->next != PLUGIN_SET_NONE
	    || p->old != PLUGIN_SET_NONE;

	if (busy) {
		p->set->answer(p->set, serial, PLUGIN_SET_REFUSED,
		    "it is just being loaded, unloaded or restarted: try again "
		    "in a moment");
		return false;
	}
	p->asked = true;
	p->given = false;
	p->serial = serial;
	return true;
}

void
plugin_entry_save(struct plugin_entry *p)
{
	const struct store *s = &p->set->store;
	char key[96];
	struct err e;

	if (!p->unsaved)
		return;
	p->unsaved = false;
	if (s->path[0] == '\0'
	    || p->held == plugin_set_was_held(p->set, p->lane.name))
		return;
	str_format(key, sizeof(key), CONTRACT_HELD_KEY "%s", p->lane.name);
	if (store_blob_put(s, key, p->held ? &p->held : "0", 1, &e) == 0)
		return;
	if (e.code == EXIT_TRY_LATER)
		p->unsaved = true;
	else
		log_error("plugin %s: that it is %s won't survive a restart: "
			  "%s",
		    p->lane.name, p->held ? "held" : "not held", e.text);
}

static void
entry_remember(struct plugin_entry *p, char held)
{
	p->held = held;
	lane_dismiss(&p->lane, held == PLUGIN_SET_DISMISSED);
	p->unsaved = true;
	plugin_entry_save(p);
}

/* ---- changes -------------------------------------------------------- */

/* A process' last words before it was up, or how it ended. */
static const char *
reason_of(const struct plugin *p)
{
	static struct page_plugin page;

	plugin_describe(p, &page);
	return page.note[0] != '\0' ? page.note : "no reason given";
}

const char *
plugin_entry_reason(const struct plugin_entry *p)
{
	return reason_of(p->slot[entry_slot(p)]);
}

void
plugin_entry_check_old(struct plugin_entry *p)
{
	struct plugin *old = p->slot[p->old];

	if (plugin_state(old) == PLUGIN_UP
	    && window_out(plugin_window(old)) == 0)
		plugin_stop(old);
}

static void
entry_leave(struct plugin_entry *p, unsigned slot)
{
	p->old = slot;
	timer_set(&p->drain, p->set->drain_s);
	plugin_retire(p->slot[slot]);
	if (p->old != PLUGIN_SET_NONE)
		plugin_entry_check_old(p);
}

/* The new one is up: it takes over. */
static void
entry_switch(struct plugin_entry *p)
{
	unsigned was = p->active;

	pid_t pid = plugin_pid(p->slot[was]);
	size_t left = window_out(plugin_window(p->slot[was]));

	p->active = p->next;
	p->next = PLUGIN_SET_NONE;
	p->old = was;
	entry_windows(p);
	lane_config(&p->lane, &p->cfg[p->active]);
	subscriptions_set(p->set->route, p->index, &p->cfg[p->active]);
	if (pid > 0 && process_stopped(pid))
		entry_answer(p, PLUGIN_SET_DONE,
		    "plugin %s runs in a new process; the old one (pid %d) is "
		    "stopped by a signal or a debugger: unless it goes on it is "
		    "killed, and its %zu events go to the new one",
		    p->lane.name, (int)pid, left);
	else
		entry_answer(p, PLUGIN_SET_DONE,
		    "plugin %s runs in a new process; the old one finishes "
		    "%zu events and leaves",
		    p->lane.name, left);
	entry_leave(p, was);
}

/* What becomes of the events of one that is unloaded. */
static const char *
entry_fate(const struct plugin_entry *p)
{
	return p->held == PLUGIN_SET_DISMISSED
	    ? "are dropped until it is loaded"
	    : "wait on disk within its bounds";
}

static void
entry_old_gone(struct plugin_entry *p)
{
	timer_stop(&p->drain);
	p->old = PLUGIN_SET_NONE;
	entry_windows(p);
	if (p->active != PLUGIN_SET_NONE)
		plugin_kick(p->slot[p->active]);
	else
		entry_answer(p, PLUGIN_SET_DONE,
		    "plugin %s is unloaded; its events %s", p->lane.name,
		    entry_fate(p));
}

static void
entry_active_changed(struct plugin_entry *p, struct plugin *a)
{
	switch (plugin_state(a)) {
	case PLUGIN_UP:
		/* With next, the question is about that one. */
		if (p->next == PLUGIN_SET_NONE)
			entry_answer(p,
			    p->given ? PLUGIN_SET_DONE : PLUGIN_SET_DONE_BEFORE,
			    "plugin %s is up", p->lane.name);
		break;
	case PLUGIN_IDLE:
	case PLUGIN_HELD:
		if (p->next == PLUGIN_SET_NONE)
			entry_answer(p,
			    p->given ? PLUGIN_SET_TRIES : PLUGIN_SET_REFUSED,
			    "plugin %s does not come up (%s); %s, \"shardherd "
			    "plugin unload %s\" ends that",
			    p->lane.name, reason_of(a),
			    plugin_state(a) == PLUGIN_HELD
				? "it is held"
				: "it is tried again",
			    p->lane.name);
		break;
	default:
		break;
	}
}

void
plugin_entry_changed(struct plugin_entry *p, struct plugin *a)
{
	enum plugin_state state = plugin_state(a);

	if (p->next != PLUGIN_SET_NONE && a == p->slot[p->next]) {
		if (state == PLUGIN_UP) {
			entry_switch(p);
		} else if (state == PLUGIN_GONE) {
			p->next = PLUGIN_SET_NONE;
			entry_answer(p, PLUGIN_SET_REFUSED,
			    "the new process of plugin %s does not come up "
			    "(%s); the old one goes on",
			    p->lane.name, reason_of(a));
		}
	} else if (p->old != PLUGIN_SET_NONE && a == p->slot[p->old]) {
		if (state == PLUGIN_GONE)
			entry_old_gone(p);
	} else if (p->active != PLUGIN_SET_NONE && a == p->slot[p->active]) {
		entry_active_changed(p, a);
	}
}

/* ---- orders --------------------------------------------------------- */

void
plugin_entry_load(struct plugin_entry *p, const struct config_plugin *cfg,
    uint32_t serial)
{
	enum plugin_state state = plugin_entry_state(p);
	unsigned slot = entry_slot(p);

	if (!entry_ask(p, serial))
		return;
	entry_remember(p, 0);
	/* One that waits for its next try has no process: it gets it now. */
	if (p->active != PLUGIN_SET_NONE && state != PLUGIN_HELD
	    && state != PLUGIN_IDLE) {
		if (state == PLUGIN_UP)
			entry_answer(p, PLUGIN_SET_DONE_BEFORE,
			    "plugin %s is up already", p->lane.name);
		return; /* on its way: the answer comes with the outcome */
	}
	if (cfg != NULL) {
		config_plugin_copy(&p->cfg[slot], cfg);
		lane_config(&p->lane, &p->cfg[slot]);
		subscriptions_set(p->set->route, p->index, &p->cfg[slot]);
	}
	p->given = true;
	log_notice("plugin %s is loaded", p->lane.name);
	plugin_past_tell(&p->past, "loaded");
	plugin_entry_start(p);
}

void
plugin_entry_unload(struct plugin_entry *p, uint32_t serial, bool dismiss)
{
	unsigned slot = p->active;

	if (!entry_ask(p, serial))
		return;
	entry_remember(p, dismiss ? PLUGIN_SET_DISMISSED : PLUGIN_SET_HELD);
	log_notice("plugin %s is unloaded: its events %s", p->lane.name,
	    entry_fate(p));
	plugin_past_tell(&p->past, "unloaded: its events %s", entry_fate(p));
	if (slot == PLUGIN_SET_NONE) {
		entry_answer(p, PLUGIN_SET_DONE,
		    "plugin %s is unloaded already; its events %s",
		    p->lane.name, entry_fate(p));
		return;
	}
	p->active = PLUGIN_SET_NONE;
	p->old = slot;
	entry_windows(p);
	entry_leave(p, slot);
}

void
plugin_entry_restart(struct plugin_entry *p, const struct config_plugin *cfg,
    uint32_t serial)
{
	unsigned from = entry_slot(p), to = !from;

	if (p->active == PLUGIN_SET_NONE) {
		p->set->answer(p->set, serial, PLUGIN_SET_REFUSED,
		    "it is unloaded: \"shardherd plugin load\" and its name start it");
		return;
	}
	if (!entry_ask(p, serial))
		return;
	config_plugin_copy(&p->cfg[to], cfg != NULL ? cfg : &p->cfg[from]);
	log_notice("plugin %s gets a new process", p->lane.name);
	plugin_past_tell(&p->past, "gets a new process");
	p->next = to;
	plugin_start(p->slot[to], &p->cfg[to], true);
}
