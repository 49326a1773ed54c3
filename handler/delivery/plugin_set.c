/* SPDX-License-Identifier: MIT */
/* The plugins and who serves them; see plugin_set.h. */
#include "handler/delivery/plugin_set.h"

#include "handler/delivery/dead_letters.h"
#include "handler/delivery/plugin_entry.h"
#include "shared/guest/stragglers.h"
#include "shared/base/clock.h"
#include "shared/base/log.h"

#include <string.h>

static struct plugin_set *
set_of(struct plugin_host *h)
{
	return container_of(h, struct plugin_set, host);
}

static struct plugin_entry *
entry_of(struct plugin_host *h, const struct plugin *p)
{
	return set_of(h)->entry[plugin_index(p)];
}

/* ---- what plugins report -------------------------------------------- */

static void
on_finished(struct plugin_host *h, struct plugin *p, struct delivery *d)
{
	struct plugin_entry *entry = entry_of(h, p);

	lane_finish(&entry->lane, d);
	if (entry->old != PLUGIN_SET_NONE)
		plugin_entry_check_old(entry);
}

static void
on_aside(struct plugin_host *h, struct plugin *p, struct delivery *d)
{
	struct plugin_entry *entry = entry_of(h, p);

	dead_letters_set_aside(entry, p, d);
	lane_finish(&entry->lane, d);
}

static bool
on_fill(struct plugin_host *h, struct plugin *p)
{
	struct plugin_entry *entry = entry_of(h, p);

	/* The old one first: what it holds came earlier. */
	if (entry->slot[entry->active] != p || entry->old != PLUGIN_SET_NONE
	    || !lane_open(&entry->lane))
		return false;
	lane_fill(&entry->lane);
	return true;
}

static void
on_changed(struct plugin_host *h, struct plugin *p)
{
	struct plugin_set *s = set_of(h);

	s->news = true;
	log_debug("plugin %s is %s", plugin_name(p),
	    page_plugin_state_name[plugin_state(p)]);
	plugin_past_changed(&entry_of(h, p)->past, p);
	plugin_entry_changed(entry_of(h, p), p);
	if (plugin_state(p) == PLUGIN_UP && s->serving[plugin_index(p)] == p)
		s->up(s, p);
	if (plugin_state(p) == PLUGIN_GONE)
		s->gone(s);
}

/* ---- hiring --------------------------------------------------------- */

void
plugin_set_init(struct plugin_set *s, const char *state_dir, double drain_s)
{
	struct err e;

	s->drain_s = drain_s;
	s->host.finished = on_finished;
	s->host.aside = on_aside;
	s->host.fill = on_fill;
	s->host.changed = on_changed;
	list_init(&s->host.dirty);
	list_init(&s->late);
	s->lanes.buried = dead_letters_buried;
	backlog_dir_init(&s->lanes.backlogs, state_dir);
	if (store_open(&s->store, state_dir, &e) < 0) {
		log_error("dead letters can't be kept: %s", e.text);
		s->store.path[0] = '\0';
	}
}

void
plugin_set_forget(struct plugin_set *s)
{
	dead_letters_late(s, true);
	for (unsigned i = 0; i < s->entries; i++)
		plugin_entry_forget(s->entry[i]);
	backlog_dir_unlock(&s->lanes.backlogs);
}

void
plugin_set_free(struct plugin_set *s)
{
	for (unsigned i = 0; i < s->entries; i++)
		plugin_entry_free(s->entry[i]);
	s->entries = 0;
}

struct plugin_entry *
plugin_set_add(struct plugin_set *s, const struct config_plugin *cfg)
{
	struct plugin_entry *p;

	if (s->entries == CONFIG_PLUGINS_MAX)
		return NULL;
	if (s->entries == s->config->plugins)
		config_plugin_copy(&s->config->plugin[s->config->plugins++],
		    cfg);
	p = plugin_entry_new(s, s->entries, cfg);
	s->serving[s->entries] = p->slot[0];
	s->entry[s->entries++] = p;
	subscriptions_set(s->route, p->index, cfg);
	s->news = true;
	return p;
}

struct plugin_entry *
plugin_set_find(struct plugin_set *s, const char *name)
{
	for (unsigned i = 0; i < s->entries; i++)
		if (strcmp(s->entry[i]->lane.name, name) == 0)
			return s->entry[i];
	return NULL;
}

char
plugin_set_was_held(struct plugin_set *s, const char *name)
{
	char key[96], word = 0;
	size_t len;
	struct err e;

	str_format(key, sizeof(key), CONTRACT_HELD_KEY "%s", name);
	if (s->store.path[0] == '\0'
	    || store_blob_get(&s->store, key, &word, 1, &len, &e) != 1
	    || len != 1
	    || (word != PLUGIN_SET_HELD && word != PLUGIN_SET_DISMISSED))
		return 0;
	return word;
}

void
plugin_set_start(struct plugin_set *s)
{
	for (unsigned i = 0; i < s->entries; i++) {
		struct plugin_entry *p = s->entry[i];

		p->held = plugin_set_was_held(s, p->lane.name);
		lane_dismiss(&p->lane, p->held == PLUGIN_SET_DISMISSED);
		if (!p->held)
			plugin_entry_start(p);
		else if (p->held == PLUGIN_SET_DISMISSED)
			log_notice("plugin %s is unloaded: its events are "
				   "dropped until it is loaded",
			    p->lane.name);
		else
			log_notice("plugin %s is held: its events wait on disk "
				   "until it is loaded",
			    p->lane.name);
	}
}

/* ---- events --------------------------------------------------------- */

void
plugin_set_push(struct plugin_set *s, unsigned index, struct delivery *d)
{
	struct plugin_entry *p = s->entry[index];

	lane_push(&p->lane, d);
	if (p->active != PLUGIN_SET_NONE)
		plugin_kick(p->slot[p->active]);
}

static bool
staff_unsynced(const struct plugin_set *s)
{
	for (unsigned i = 0; i < s->entries; i++)
		if (s->entry[i]->lane.backlog.unsynced)
			return true;
	return s->beside != NULL && s->beside->backlog.unsynced;
}

bool
plugin_set_sync(struct plugin_set *s, bool now)
{
	uint64_t began = clock_boot_ms();
	struct err e;

	if (!staff_unsynced(s))
		return true;
	if (!now && began < s->sync_ms)
		return false;
	for (unsigned i = 0; i < s->entries; i++)
		if (backlog_sync(&s->entry[i]->lane.backlog, &e) < 0)
			log_error("%s: a power loss would lose events", e.text);
	if (s->beside != NULL && backlog_sync(&s->beside->backlog, &e) < 0)
		log_error("%s: a power loss would lose events", e.text);
	/* Syncing must not be all that the loop does. */
	s->sync_ms = clock_boot_ms();
	s->sync_ms += PLUGIN_SET_SYNC_MS
	    + (s->sync_ms - began) * PLUGIN_SET_SYNC_REST;
	return true;
}

/* What another process kept from the disk; one refusal is enough a tick. */
static void
staff_save(struct plugin_set *s)
{
	for (unsigned i = 0; i < s->entries; i++) {
		plugin_entry_save(s->entry[i]);
		if (s->entry[i]->unsaved)
			return;
	}
	dead_letters_late(s, false);
}

void
plugin_set_tick(struct plugin_set *s)
{
	bool open = false;

	s->lanes.epoch++;
	for (unsigned i = 0; i < s->entries; i++) {
		struct plugin_entry *p = s->entry[i];

		lane_tick(&p->lane);
		for (unsigned k = 0; k < PLUGIN_SET_SLOTS; k++)
			plugin_tick(p->slot[k]);
		if (p->active != PLUGIN_SET_NONE)
			plugin_kick(p->slot[p->active]);
		open |= p->lane.backlog.spool != NULL;
	}
	if (s->beside != NULL) {
		lane_tick(s->beside);
		open |= s->beside->backlog.spool != NULL;
	}
	if (!open && !s->lanes.serving)
		backlog_dir_unlock(&s->lanes.backlogs);
	staff_save(s);
}

void
plugin_set_rest(struct plugin_set *s)
{
	for (unsigned i = 0; i < s->entries; i++)
		for (unsigned k = 0; k < PLUGIN_SET_SLOTS; k++)
			plugin_rest(s->entry[i]->slot[k]);
}

void
plugin_set_relieve(struct plugin_set *s)
{
	struct lane *most = s->beside;

	for (unsigned i = 0; i < s->entries; i++)
		if (most == NULL
		    || lane_load(&s->entry[i]->lane) > lane_load(most))
			most = &s->entry[i]->lane;
	if (most != NULL)
		lane_spill(most);
}

/* ---- all of them ---------------------------------------------------- */

static bool
is_plugin(void *arg, pid_t pid)
{
	const struct plugin_set *s = arg;

	for (unsigned i = 0; i < s->entries; i++)
		for (unsigned k = 0; k < PLUGIN_SET_SLOTS; k++)
			if (plugin_pid(s->entry[i]->slot[k]) == pid)
				return true;
	return false;
}

void
plugin_set_reap(struct plugin_set *s)
{
	for (unsigned i = 0; i < s->entries; i++)
		for (unsigned k = 0; k < PLUGIN_SET_SLOTS; k++)
			plugin_reap(s->entry[i]->slot[k]);
	stragglers_end(is_plugin, s);
}

void
plugin_set_stop(struct plugin_set *s)
{
	s->stopping = s->lanes.stopping = true;
	for (unsigned i = 0; i < s->entries; i++)
		plugin_entry_stop(s->entry[i]);
}

bool
plugin_set_gone(const struct plugin_set *s)
{
	for (unsigned i = 0; i < s->entries; i++)
		if (!plugin_entry_gone(s->entry[i]))
			return false;
	return true;
}

bool
plugin_set_settled(const struct plugin_set *s)
{
	for (unsigned i = 0; i < s->entries; i++)
		if (!plugin_entry_settled(s->entry[i]))
			return false;
	return true;
}

bool
plugin_set_idle(const struct plugin_set *s)
{
	for (unsigned i = 0; i < s->entries; i++)
		if (lane_out(&s->entry[i]->lane) > 0)
			return false;
	return s->beside == NULL || lane_out(s->beside) == 0;
}

unsigned
plugin_set_up(const struct plugin_set *s)
{
	unsigned up = 0;

	for (unsigned i = 0; i < s->entries; i++)
		up += s->entry[i]->held == 0
		    && plugin_entry_state(s->entry[i]) == PLUGIN_UP;
	return up;
}

/* What an operator has unloaded is not missed. */
unsigned
plugin_set_wanted(const struct plugin_set *s)
{
	unsigned n = 0;

	for (unsigned i = 0; i < s->entries; i++)
		n += s->entry[i]->held == 0;
	return n;
}

static bool
entry_fails(const struct plugin_entry *p, struct page_plugin *out)
{
	if (plugin_entry_state(p) != PLUGIN_UP)
		return false;
	plugin_describe(p->slot[p->active], out);
	return out->failing != 0;
}

unsigned
plugin_set_failing(const struct plugin_set *s)
{
	struct page_plugin p;
	unsigned n = 0;

	for (unsigned i = 0; i < s->entries; i++)
		n += entry_fails(s->entry[i], &p);
	return n;
}

/* ---- what the operator sees ----------------------------------------- */

void
plugin_set_each_down(struct plugin_set *s,
    void (*fn)(void *, const char *, const char *), void *arg)
{
	for (unsigned i = 0; i < s->entries; i++) {
		const struct plugin_entry *p = s->entry[i];

		if (p->held == 0 && plugin_entry_state(p) != PLUGIN_UP)
			fn(arg, p->lane.name, plugin_entry_reason(p));
	}
}

void
plugin_set_page(struct plugin_set *s, struct page_plugins *page)
{
	uint64_t now = (uint64_t)clock_wall_ms();

	for (unsigned i = 0; i < s->entries; i++)
		plugin_entry_page(s->entry[i], now, &page->plugin[i]);
	for (unsigned i = s->entries; i < page->count && i < PAGE_PLUGINS; i++)
		page->plugin[i].name[0] = '\0';
	page->count = s->entries;
	s->news = false;
}

static bool
is_wanted(const char *name, const void *set)
{
	const struct plugin_set *s = set;

	for (unsigned i = 0; i < s->entries; i++)
		if (strcmp(s->entry[i]->lane.name, name) == 0)
			return true;
	return false;
}

void
plugin_set_past(struct plugin_set *s, struct page_client_past *to)
{
	for (unsigned i = 0; i < s->entries; i++) {
		struct plugin_entry *p = s->entry[i];

		if (plugin_past_any(&p->past))
			plugin_past_write(&p->past,
			    page_client_past_of(to, PAGE_PLUGINS, p->lane.name,
				is_wanted, s));
	}
}

void
plugin_set_note(const struct plugin_set *s, char *note, size_t size)
{
	unsigned wanted = plugin_set_wanted(s),
		 left = wanted - plugin_set_up(s);
	struct page_plugin p;

	note[0] = '\0';
	for (unsigned i = 0; i < s->entries; i++)
		if (s->entry[i]->lane.note[0] != '\0') {
			str_format(note, size, "plugin %s loses events: %s",
			    s->entry[i]->lane.name, s->entry[i]->lane.note);
			return;
		}
	for (unsigned i = 0; i < s->entries; i++)
		if (entry_fails(s->entry[i], &p)) {
			str_format(note, size, "plugin %s fails: %s",
			    s->entry[i]->lane.name, p.note);
			return;
		}
	if (left > 0)
		str_format(note, size,
		    "%u of %u plugins are not up: their events wait on disk "
		    "(see plugin list)",
		    left, wanted);
}
