/* SPDX-License-Identifier: MIT */
/* The plugins and who serves them; see plugin_set.h. */
#include "handler/delivery/plugin_set.h"

#include "handler/delivery/dead_letters.h"
#include "handler/delivery/replacement.h"
#include "handler/process/stragglers.h"
#include "shared/base/clock.h"
#include "shared/base/log.h"

#include <string.h>

static struct plugin_set *
staff_of(struct plugin_host *h)
{
	return container_of(h, struct plugin_set, host);
}

static struct replacement *
post_of(struct plugin_host *h, const struct plugin *p)
{
	return staff_of(h)->post[plugin_index(p)];
}

/* ---- what plugins report ------------------------------------------------- */

static void
on_finished(struct plugin_host *h, struct plugin *p, struct delivery *d)
{
	struct replacement *post = post_of(h, p);

	lane_finish(&post->lane, d);
	if (post->old != PLUGIN_SET_NONE)
		replacement_check_old(post);
}

static void
on_aside(struct plugin_host *h, struct plugin *p, struct delivery *d)
{
	struct replacement *post = post_of(h, p);

	dead_letters_set_aside(post, p, d);
	lane_finish(&post->lane, d);
}

static bool
on_fill(struct plugin_host *h, struct plugin *p)
{
	struct replacement *post = post_of(h, p);

	/* The old one first: what it holds came earlier. */
	if (post->slot[post->active] != p || post->old != PLUGIN_SET_NONE
	    || !lane_open(&post->lane))
		return false;
	lane_fill(&post->lane);
	return true;
}

static void
on_changed(struct plugin_host *h, struct plugin *p)
{
	struct plugin_set *s = staff_of(h);

	s->news = true;
	log_debug("plugin %s is %s", plugin_name(p),
	    page_plugin_state_name[plugin_state(p)]);
	replacement_changed(post_of(h, p), p);
	if (plugin_state(p) == PLUGIN_UP && s->serving[plugin_index(p)] == p)
		s->up(s, p);
	if (plugin_state(p) == PLUGIN_GONE)
		s->gone(s);
}

/* ---- hiring ---------------------------------------------------------------- */

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
	backlogs_init(&s->lanes.backlogs, state_dir);
	if (store_open(&s->store, state_dir, &e) < 0) {
		log_error("dead letters can't be kept: %s", e.text);
		s->store.path[0] = '\0';
	}
}

void
plugin_set_forget(struct plugin_set *s)
{
	dead_letters_late(s, true);
	for (unsigned i = 0; i < s->posts; i++)
		replacement_forget(s->post[i]);
	backlogs_unlock(&s->lanes.backlogs);
}

void
plugin_set_free(struct plugin_set *s)
{
	for (unsigned i = 0; i < s->posts; i++)
		replacement_free(s->post[i]);
	s->posts = 0;
}

struct replacement *
plugin_set_add(struct plugin_set *s, const struct config_plugin *cfg)
{
	struct replacement *p;

	if (s->posts == CONFIG_PLUGINS_MAX)
		return NULL;
	if (s->posts == s->config->plugins)
		config_plugin_copy(&s->config->plugin[s->config->plugins++],
		    cfg);
	p = replacement_new(s, s->posts, cfg);
	s->serving[s->posts] = p->slot[0];
	s->post[s->posts++] = p;
	subscriptions_set(s->route, p->index, cfg);
	s->news = true;
	return p;
}

struct replacement *
plugin_set_find(struct plugin_set *s, const char *name)
{
	for (unsigned i = 0; i < s->posts; i++)
		if (strcmp(s->post[i]->lane.name, name) == 0)
			return s->post[i];
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
	    || len != 1 || (word != PLUGIN_SET_HELD && word != PLUGIN_SET_DISMISSED))
		return 0;
	return word;
}

void
plugin_set_start(struct plugin_set *s)
{
	for (unsigned i = 0; i < s->posts; i++) {
		struct replacement *p = s->post[i];

		p->held = plugin_set_was_held(s, p->lane.name);
		lane_dismiss(&p->lane, p->held == PLUGIN_SET_DISMISSED);
		if (!p->held)
			replacement_start(p);
		else if (p->held == PLUGIN_SET_DISMISSED)
			log_notice("plugin %s is unloaded: its events are "
				   "dropped until it is loaded", p->lane.name);
		else
			log_notice("plugin %s is held: its events wait on disk "
				   "until it is loaded", p->lane.name);
	}
}

/* ---- events ------------------------------------------------------------------ */

void
plugin_set_push(struct plugin_set *s, unsigned index, struct delivery *d)
{
	struct replacement *p = s->post[index];

	lane_push(&p->lane, d);
	if (p->active != PLUGIN_SET_NONE)
		plugin_kick(p->slot[p->active]);
}

static bool
staff_unsynced(const struct plugin_set *s)
{
	for (unsigned i = 0; i < s->posts; i++)
		if (s->post[i]->lane.backlog.unsynced)
			return true;
	return false;
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
	for (unsigned i = 0; i < s->posts; i++)
		if (backlog_sync(&s->post[i]->lane.backlog, &e) < 0)
			log_error("%s: a power loss would lose events", e.text);
	/* Syncing must not be all that the loop does. */
	s->sync_ms = clock_boot_ms();
	s->sync_ms += PLUGIN_SET_SYNC_MS + (s->sync_ms - began) * PLUGIN_SET_SYNC_REST;
	return true;
}

/* What another process kept from the disk; one refusal is enough a tick. */
static void
staff_save(struct plugin_set *s)
{
	for (unsigned i = 0; i < s->posts; i++) {
		replacement_save(s->post[i]);
		if (s->post[i]->unsaved)
			return;
	}
	dead_letters_late(s, false);
}

void
plugin_set_tick(struct plugin_set *s)
{
	bool open = false;

	s->lanes.epoch++;
	for (unsigned i = 0; i < s->posts; i++) {
		struct replacement *p = s->post[i];

		lane_tick(&p->lane);
		for (unsigned k = 0; k < PLUGIN_SET_SLOTS; k++)
			plugin_tick(p->slot[k]);
		if (p->active != PLUGIN_SET_NONE)
			plugin_kick(p->slot[p->active]);
		open |= p->lane.backlog.spool != NULL;
	}
	if (!open && !s->lanes.serving)
		backlogs_unlock(&s->lanes.backlogs);
	staff_save(s);
}

void
plugin_set_relieve(struct plugin_set *s)
{
	struct replacement *most = NULL;

	for (unsigned i = 0; i < s->posts; i++)
		if (most == NULL
		    || lane_load(&s->post[i]->lane) > lane_load(&most->lane))
			most = s->post[i];
	if (most != NULL)
		lane_spill(&most->lane);
}

/* ---- all of them --------------------------------------------------------------- */

static bool
is_plugin(void *arg, pid_t pid)
{
	const struct plugin_set *s = arg;

	for (unsigned i = 0; i < s->posts; i++)
		for (unsigned k = 0; k < PLUGIN_SET_SLOTS; k++)
			if (plugin_pid(s->post[i]->slot[k]) == pid)
				return true;
	return false;
}

void
plugin_set_reap(struct plugin_set *s)
{
	for (unsigned i = 0; i < s->posts; i++)
		for (unsigned k = 0; k < PLUGIN_SET_SLOTS; k++)
			plugin_reap(s->post[i]->slot[k]);
	stragglers_end(is_plugin, s);
}

void
plugin_set_stop(struct plugin_set *s)
{
	s->stopping = s->lanes.stopping = true;
	for (unsigned i = 0; i < s->posts; i++)
		replacement_stop(s->post[i]);
}

bool
plugin_set_gone(const struct plugin_set *s)
{
	for (unsigned i = 0; i < s->posts; i++)
		if (!replacement_gone(s->post[i]))
			return false;
	return true;
}

bool
plugin_set_settled(const struct plugin_set *s)
{
	for (unsigned i = 0; i < s->posts; i++)
		if (!replacement_settled(s->post[i]))
			return false;
	return true;
}

bool
plugin_set_idle(const struct plugin_set *s)
{
	for (unsigned i = 0; i < s->posts; i++)
		if (lane_out(&s->post[i]->lane) > 0)
			return false;
	return true;
}

unsigned
plugin_set_up(const struct plugin_set *s)
{
	unsigned up = 0;

	for (unsigned i = 0; i < s->posts; i++)
		up += s->post[i]->held == 0
		    && replacement_state(s->post[i]) == PLUGIN_UP;
	return up;
}

/* What an operator has unloaded is not missed. */
unsigned
plugin_set_wanted(const struct plugin_set *s)
{
	unsigned n = 0;

	for (unsigned i = 0; i < s->posts; i++)
		n += s->post[i]->held == 0;
	return n;
}

static bool
post_fails(const struct replacement *p, struct page_plugin *out)
{
	if (replacement_state(p) != PLUGIN_UP)
		return false;
	plugin_describe(p->slot[p->active], out);
	return out->failing != 0;
}

unsigned
plugin_set_failing(const struct plugin_set *s)
{
	struct page_plugin p;
	unsigned n = 0;

	for (unsigned i = 0; i < s->posts; i++)
		n += post_fails(s->post[i], &p);
	return n;
}

/* ---- what the operator sees ------------------------------------------------------ */

void
plugin_set_each_down(struct plugin_set *s, void (*fn)(void *, const char *,
    const char *), void *arg)
{
	for (unsigned i = 0; i < s->posts; i++) {
		const struct replacement *p = s->post[i];

		if (p->held == 0 && replacement_state(p) != PLUGIN_UP)
			fn(arg, p->lane.name, replacement_reason(p));
	}
}

void
plugin_set_page(struct plugin_set *s, struct page_plugins *page)
{
	uint64_t now = (uint64_t)clock_wall_ms();

	for (unsigned i = 0; i < s->posts; i++)
		replacement_page(s->post[i], now, &page->plugin[i]);
	for (unsigned i = s->posts; i < page->count && i < PAGE_PLUGINS; i++)
		page->plugin[i].name[0] = '\0';
	page->count = s->posts;
	s->news = false;
}

void
plugin_set_note(const struct plugin_set *s, char *note, size_t size)
{
	unsigned wanted = plugin_set_wanted(s), left = wanted - plugin_set_up(s);
	struct page_plugin p;

	note[0] = '\0';
	for (unsigned i = 0; i < s->posts; i++)
		if (s->post[i]->lane.note[0] != '\0') {
			str_format(note, size, "plugin %s loses events: %s",
			    s->post[i]->lane.name, s->post[i]->lane.note);
			return;
		}
	for (unsigned i = 0; i < s->posts; i++)
		if (post_fails(s->post[i], &p)) {
			str_format(note, size, "plugin %s fails: %s",
			    s->post[i]->lane.name, p.note);
			return;
		}
	if (left > 0)
		str_format(note, size, "%u of %u plugins are not up: their "
				       "events wait on disk (see plugin list)",
		    left, wanted);
}
