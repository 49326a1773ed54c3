/* SPDX-License-Identifier: MIT */
#include "tools/sim/world/guild_impl.h"

#include "tools/sim/base/jso.h"
#include "tools/sim/world/user.h"

#include <inttypes.h>

static const struct {
	const char *word;
	bool sent, home;
	size_t most;
} lists[GUILD_LISTS] = {
#define X(name, word, sent, home, most) {word, sent, home, most},
    GUILD_LIST_TABLE(X)
#undef X
};

const char *
guild_list_word(enum guild_list list)
{
	return lists[list].word;
}

bool
guild_list_home(enum guild_list list)
{
	return lists[list].home;
}

bool
guild_list_sent(enum guild_list list)
{
	return lists[list].sent;
}

size_t
guild_most(enum guild_list list)
{
	return lists[list].most;
}

static struct guild *
open_guild(struct world *w, unsigned index)
{
	struct guild *g = base_alloc(sizeof(*g));

	g->w = w;
	g->index = index;
	g->id = world_guild_id(w, index);
	for (int i = 0; i < GUILD_LISTS; i++)
		g->list[i] = json_object_new_object();
	guild_make(g);
	w->slot[index] = g;
	list_append(&w->fresh, &g->link);
	w->fresh_count++;
	return g;
}

void
guild_free(struct guild *g)
{
	g->w->slot[g->index] = NULL;
	list_remove(&g->link);
	json_object_put(g->head);
	for (int i = 0; i < GUILD_LISTS; i++)
		json_object_put(g->list[i]);
	free(g);
}

void
guild_forget(struct guild *g)
{
	g->w->fresh_count--;
	guild_free(g);
}

struct guild *
guild_at(struct world *w, unsigned index)
{
	struct guild *g;

	if (index >= w->guilds)
		return NULL;
	g = w->slot[index];
	if (g == NULL) {
		if (w->fresh_count >= GUILD_RESIDENT_MAX)
			/* The one looked at longest ago. */
			guild_forget(
			    container_of(w->fresh.next, struct guild, link));
		return open_guild(w, index);
	}
	if (!g->changed) {
		list_remove(&g->link);
		list_append(&w->fresh, &g->link);
	}
	return g->gone ? NULL : g;
}

struct guild *
guild_find(struct world *w, uint64_t id)
{
	int64_t index = world_guild_find(w, id);

	return index < 0 ? NULL : guild_at(w, (unsigned)index);
}

struct guild *
guild_new(struct world *w)
{
	unsigned index = w->guilds;
	struct guild *g;

	if (index == WORLD_GUILDS_MAX)
		return NULL;
	w->guilds++;
	w->slot = base_realloc(w->slot, w->guilds * sizeof(*w->slot));
	w->last_msg = base_realloc(w->last_msg,
	    w->guilds * sizeof(*w->last_msg));
	w->slot[index] = NULL;
	w->last_msg[index] = 0;
	g = guild_at(w, index);
	guild_change(g);
	for (unsigned n = 0; n < w->bots; n++)
		guild_member_leave(g, user_bot(w, n));
	return g;
}

uint64_t
guild_id(const struct guild *g)
{
	return g->id;
}

unsigned
guild_index(const struct guild *g)
{
	return g->index;
}

struct world *
guild_world(const struct guild *g)
{
	return g->w;
}

bool
guild_is_changed(const struct world *w, unsigned index)
{
	return w->slot[index] != NULL && w->slot[index]->changed;
}

void
guild_change(struct guild *g)
{
	if (g->changed)
		return;
	g->changed = true;
	g->w->fresh_count--;
	list_remove(&g->link);
	list_append(&g->w->changed, &g->link);
}

void
guild_delete(struct guild *g)
{
	guild_change(g);
	g->gone = true;
}

json_object *
guild_head(struct guild *g)
{
	return g->head;
}

json_object *
guild_docs(struct guild *g, enum guild_list list)
{
	return g->list[list];
}

static const char *
key_of(uint64_t id, char key[24])
{
	must(str_format(key, 24, "%" PRIu64, id));
	return key;
}

json_object *
guild_get(struct guild *g, enum guild_list list, uint64_t id)
{
	char key[24];

	return guild_get_key(g, list, key_of(id, key));
}

json_object *
guild_get_key(struct guild *g, enum guild_list list, const char *key)
{
	return jso_get(g->list[list], key);
}

bool
guild_put(struct guild *g, enum guild_list list, uint64_t id, json_object *doc)
{
	char key[24];

	if (!guild_put_key(g, list, key_of(id, key), doc))
		return false;
	if (lists[list].home)
		world_home_set(g->w, id, g->index);
	return true;
}

bool
guild_put_key(struct guild *g, enum guild_list list, const char *key,
    json_object *doc)
{
	bool there = jso_get(g->list[list], key) != NULL;

	if (!there && guild_count(g, list) >= lists[list].most) {
		json_object_put(doc);
		return false;
	}
	guild_change(g);
	jso_set(g->list[list], key, doc);
	return true;
}

bool
guild_drop(struct guild *g, enum guild_list list, uint64_t id)
{
	char key[24];

	return guild_drop_key(g, list, key_of(id, key));
}

bool
guild_drop_key(struct guild *g, enum guild_list list, const char *key)
{
	if (jso_get(g->list[list], key) == NULL)
		return false;
	guild_change(g);
	if (lists[list].home)
		world_home_drop(g->w, key);
	json_object_object_del(g->list[list], key);
	return true;
}

size_t
guild_count(struct guild *g, enum guild_list list)
{
	return (size_t)json_object_object_length(g->list[list]);
}

json_object *
guild_array(struct guild *g, enum guild_list list)
{
	json_object *a = json_object_new_array();

	json_object_object_foreach (g->list[list], key, doc) {
		(void)key;
		json_object_array_add(a, json_object_get(doc));
	}
	return a;
}
