/* SPDX-License-Identifier: MIT */
/* The plugins and who serves them; see staff.h. */
#include "handler/staff.h"

#include "handler/letters.h"
#include "handler/post.h"
#include "handler/process/stragglers.h"
#include "shared/base/clock.h"
#include "shared/base/log.h"

#include <string.h>

static struct staff *
staff_of(struct plugin_host *h)
{
	return container_of(h, struct staff, host);
}

static struct post *
post_of(struct plugin_host *h, const struct plugin *p)
{
	return staff_of(h)->post[plugin_index(p)];
}

/* ---- what plugins report ------------------------------------------------- */

static void
on_finished(struct plugin_host *h, struct plugin *p, struct delivery *d)
{
	struct post *post = post_of(h, p);

	lane_finish(&post->lane, d);
	if (post->old != STAFF_NONE)
		post_check_old(post);
}

static void
on_aside(struct plugin_host *h, struct plugin *p, struct delivery *d)
{
	struct post *post = post_of(h, p);

	letters_set_aside(post, p, d);
	lane_finish(&post->lane, d);
}

static bool
on_fill(struct plugin_host *h, struct plugin *p)
{
	struct post *post = post_of(h, p);

	/* The old one first: what it holds came earlier. */
	if (post->slot[post->active] != p || post->old != STAFF_NONE
	    || !lane_open(&post->lane))
		return false;
	lane_fill(&post->lane);
	return true;
}

static void
on_changed(struct plugin_host *h, struct plugin *p)
{
	struct staff *s = staff_of(h);

	s->news = true;
	log_debug("plugin %s is %s", plugin_name(p),
	    page_plugin_state_name[plugin_state(p)]);
	post_changed(post_of(h, p), p);
	if (plugin_state(p) == PLUGIN_UP && s->serving[plugin_index(p)] == p)
		s->up(s, p);
	if (plugin_state(p) == PLUGIN_GONE)
		s->gone(s);
}

/* ---- hiring ---------------------------------------------------------------- */

void
staff_init(struct staff *s, const char *state_dir, double drain_s)
{
	struct err e;

	s->drain_s = drain_s;
	s->host.finished = on_finished;
	s->host.aside = on_aside;
	s->host.fill = on_fill;
	s->host.changed = on_changed;
	list_init(&s->host.dirty);
	list_init(&s->late);
	s->lanes.buried = letters_buried;
	backlogs_init(&s->lanes.backlogs, state_dir);
	if (store_open(&s->store, state_dir, &e) < 0) {
		log_error("dead letters can't be kept: %s", e.text);
		s->store.path[0] = '\0';
	}
}

void
staff_forget(struct staff *s)
{
	letters_late(s, true);
	for (unsigned i = 0; i < s->posts; i++)
		post_forget(s->post[i]);
	backlogs_unlock(&s->lanes.backlogs);
}

void
staff_free(struct staff *s)
{
	for (unsigned i = 0; i < s->posts; i++)
		post_free(s->post[i]);
	s->posts = 0;
}

struct post *
staff_add(struct staff *s, const struct config_plugin *cfg)
{
	struct post *p;

	if (s->posts == CONFIG_PLUGINS_MAX)
		return NULL;
	if (s->posts == s->config->plugins)
		config_plugin_copy(&s->config->plugin[s->config->plugins++],
		    cfg);
	p = post_new(s, s->posts, cfg);
	s->serving[s->posts] = p->slot[0];
	s->post[s->posts++] = p;
	subscriptions_set(s->route, p->index, cfg);
	s->news = true;
	return p;
}

struct post *
staff_find(struct staff *s, const char *name)
{
	for (unsigned i = 0; i < s->posts; i++)
		if (strcmp(s->post[i]->lane.name, name) == 0)
			return s->post[i];
	return NULL;
}

char
staff_was_held(struct staff *s, const char *name)
{
	char key[96], word = 0;
	size_t len;
	struct err e;

	str_format(key, sizeof(key), CONTRACT_HELD_KEY "%s", name);
	if (s->store.path[0] == '\0'
	    || store_blob_get(&s->store, key, &word, 1, &len, &e) != 1
	    || len != 1 || (word != STAFF_HELD && word != STAFF_DISMISSED))
		return 0;
	return word;
}

void
staff_start(struct staff *s)
{
	for (unsigned i = 0; i < s->posts; i++) {
		struct post *p = s->post[i];

		p->held = staff_was_held(s, p->lane.name);
		lane_dismiss(&p->lane, p->held == STAFF_DISMISSED);
		if (!p->held)
			post_start(p);
		else if (p->held == STAFF_DISMISSED)
			log_notice("plugin %s is unloaded: its events are "
				   "dropped until it is loaded", p->lane.name);
		else
			log_notice("plugin %s is held: its events wait on disk "
				   "until it is loaded", p->lane.name);
	}
}

/* ---- events ------------------------------------------------------------------ */

void
staff_push(struct staff *s, unsigned index, struct delivery *d)
{
	struct post *p = s->post[index];

	lane_push(&p->lane, d);
	if (p->active != STAFF_NONE)
		plugin_kick(p->slot[p->active]);
}

static bool
staff_unsynced(const struct staff *s)
{
	for (unsigned i = 0; i < s->posts; i++)
		if (s->post[i]->lane.backlog.unsynced)
			return true;
	return false;
}

bool
staff_sync(struct staff *s, bool now)
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
	s->sync_ms += STAFF_SYNC_MS + (s->sync_ms - began) * STAFF_SYNC_REST;
	return true;
}

/* What another process kept from the disk; one refusal is enough a tick. */
static void
staff_save(struct staff *s)
{
	for (unsigned i = 0; i < s->posts; i++) {
		post_save(s->post[i]);
		if (s->post[i]->unsaved)
			return;
	}
	letters_late(s, false);
}

void
staff_tick(struct staff *s)
{
	bool open = false;

	s->lanes.epoch++;
	for (unsigned i = 0; i < s->posts; i++) {
		struct post *p = s->post[i];

		lane_tick(&p->lane);
		for (unsigned k = 0; k < STAFF_SLOTS; k++)
			plugin_tick(p->slot[k]);
		if (p->active != STAFF_NONE)
			plugin_kick(p->slot[p->active]);
		open |= p->lane.backlog.spool != NULL;
	}
	if (!open && !s->lanes.serving)
		backlogs_unlock(&s->lanes.backlogs);
	staff_save(s);
}

void
staff_relieve(struct staff *s)
{
	struct post *most = NULL;

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
	const struct staff *s = arg;

	for (unsigned i = 0; i < s->posts; i++)
		for (unsigned k = 0; k < STAFF_SLOTS; k++)
			if (plugin_pid(s->post[i]->slot[k]) == pid)
				return true;
	return false;
}

void
staff_reap(struct staff *s)
{
	for (unsigned i = 0; i < s->posts; i++)
		for (unsigned k = 0; k < STAFF_SLOTS; k++)
			plugin_reap(s->post[i]->slot[k]);
	stragglers_end(is_plugin, s);
}

void
staff_stop(struct staff *s)
{
	s->stopping = s->lanes.stopping = true;
	for (unsigned i = 0; i < s->posts; i++)
		post_stop(s->post[i]);
}

bool
staff_gone(const struct staff *s)
{
	for (unsigned i = 0; i < s->posts; i++)
		if (!post_gone(s->post[i]))
			return false;
	return true;
}

bool
staff_settled(const struct staff *s)
{
	for (unsigned i = 0; i < s->posts; i++)
		if (!post_settled(s->post[i]))
			return false;
	return true;
}

bool
staff_idle(const struct staff *s)
{
	for (unsigned i = 0; i < s->posts; i++)
		if (lane_out(&s->post[i]->lane) > 0)
			return false;
	return true;
}

unsigned
staff_up(const struct staff *s)
{
	unsigned up = 0;

	for (unsigned i = 0; i < s->posts; i++)
		up += s->post[i]->held == 0
		    && post_state(s->post[i]) == PLUGIN_UP;
	return up;
}

/* What an operator has unloaded is not missed. */
unsigned
staff_wanted(const struct staff *s)
{
	unsigned n = 0;

	for (unsigned i = 0; i < s->posts; i++)
		n += s->post[i]->held == 0;
	return n;
}

static bool
post_fails(const struct post *p, struct page_plugin *out)
{
	if (post_state(p) != PLUGIN_UP)
		return false;
	plugin_describe(p->slot[p->active], out);
	return out->failing != 0;
}

unsigned
staff_failing(const struct staff *s)
{
	struct page_plugin p;
	unsigned n = 0;

	for (unsigned i = 0; i < s->posts; i++)
		n += post_fails(s->post[i], &p);
	return n;
}

/* ---- what the operator sees ------------------------------------------------------ */

void
staff_each_down(struct staff *s, void (*fn)(void *, const char *,
    const char *), void *arg)
{
	for (unsigned i = 0; i < s->posts; i++) {
		const struct post *p = s->post[i];

		if (p->held == 0 && post_state(p) != PLUGIN_UP)
			fn(arg, p->lane.name, post_reason(p));
	}
}

void
staff_page(struct staff *s, struct page_plugins *page)
{
	uint64_t now = (uint64_t)clock_wall_ms();

	for (unsigned i = 0; i < s->posts; i++)
		post_page(s->post[i], now, &page->plugin[i]);
	for (unsigned i = s->posts; i < page->count && i < PAGE_PLUGINS; i++)
		page->plugin[i].name[0] = '\0';
	page->count = s->posts;
	s->news = false;
}

void
staff_note(const struct staff *s, char *note, size_t size)
{
	unsigned wanted = staff_wanted(s), left = wanted - staff_up(s);
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
