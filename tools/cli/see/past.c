/* SPDX-License-Identifier: MIT */
/* See past.h. */
#include "tools/cli/see/past.h"

#include "shared/base/text.h"
#include "shared/json/json.h"
#include "tools/cli/base/human.h"

#include <string.h>

#define MANY 64 /* with more shards, of each only the last few */
#define MANY_EACH 3
#define LOOK_BACK 16 /* events: as far what is the same is looked for */

/* ---- gathering ------------------------------------------------------ */

static bool
same(const struct past_event *a, const struct past_event *b)
{
	return (a->shard == -1) == (b->shard == -1) && a->of == b->of
	    && strcmp(a->name, b->name) == 0 && strcmp(a->text, b->text) == 0
	    && b->at_ms - a->at_ms < PAST_FOLD
	    && a->at_ms - b->at_ms < PAST_FOLD;
}

/* Is it there already, of whichever shard?  Then it counts there. */
static bool
folded(struct past *p, const struct past_event *e, size_t at)
{
	size_t from = at > LOOK_BACK ? at - LOOK_BACK : 0;

	for (size_t i = from; i < p->n && i < at + LOOK_BACK; i++) {
		struct past_event *o = &p->event[i];

		if (!same(o, e))
			continue;
		o->more++;
		o->others |= o->shard != e->shard;
		return true;
	}
	return false;
}

/* What has one time stays in the order in which it comes. */
static void
add(struct past *p, const struct past_event *e, bool fold)
{
	size_t at = p->n;

	while (at > 0 && p->event[at - 1].at_ms > e->at_ms)
		at--;
	if ((fold && folded(p, e, at)) || (at == 0 && p->n == PAST_KEPT))
		return;
	if (p->n == PAST_KEPT) { /* the oldest goes */
		at--;
		memmove(&p->event[0], &p->event[1], at * sizeof(*e));
	} else {
		memmove(&p->event[at + 1], &p->event[at],
		    (p->n - at) * sizeof(*e));
		p->n++;
	}
	p->event[at] = *e;
}

static void
take(struct past *p, const struct page_event *from, const char *of,
    const char *name, bool fold)
{
	struct past_event e = {.at_ms = from->at_ms,
	    .shard = of != NULL || from->shard < 0 ? -1 : from->shard,
	    .of = of};

	if (from->at_ms == 0)
		return;
	str_copy(e.name, name, sizeof(e.name));
	memcpy(e.text, from->text, sizeof(e.text));
	text_clean_own(e.text, sizeof(e.text));
	add(p, &e, fold);
}

/* Words of an order, "plugin unload NAME asked for by ...", about it? */
static bool
is_about(const struct page_event *e, const char *of, const char *name)
{
	size_t len = strlen(name);
	const char *at = e->text + strlen(of);

	if (e->shard != -1 || memchr(e->text, '\0', sizeof(e->text)) == NULL
	    || strncmp(e->text, of, strlen(of)) != 0)
		return false;
	while ((at = strstr(at, name)) != NULL) {
		if (at[-1] == ' ' && (at[len] == ' ' || at[len] == '\0'))
			return true;
		at++;
	}
	return false;
}

/* of NULL: those of everybody and of the shard; all with shard -1 as well. */
static void
take_fleet(struct past *p, const struct page *page, int32_t shard,
    const char *of, const char *name, bool all)
{
	struct page_fleet_past *own = base_alloc(sizeof(*own));

	page_read(&page->head->past, own, sizeof(*own));
	for (uint32_t i = 0; i < PAGE_FLEET_PAST; i++) {
		struct page_event *e =
		    &own->event[(own->next + i) % PAGE_FLEET_PAST];

		if (all || (of != NULL && is_about(e, of, name))
		    || (of == NULL && (e->shard == -1 || e->shard == shard)))
			take(p, e, NULL, "", all);
	}
	free(own);
}

static void
take_shard(struct past *p, const struct page *page, uint32_t slot,
    uint32_t most, bool fold)
{
	struct page_past own;

	if (slot >= page->head->slots)
		return;
	page_read(&page->slot[slot].past, &own, sizeof(own));
	for (uint32_t i = PAGE_SHARD_PAST - most; i < PAGE_SHARD_PAST; i++)
		take(p, &own.event[(own.next + i) % PAGE_SHARD_PAST], NULL, "",
		    fold);
}

/* One of n places, if it is of that name; name NULL: of any. */
static void
take_named(struct past *p, const struct page_client_past *place, const char *of,
    const char *name, bool fold)
{
	struct page_client_past own;

	if (place->name[0] == '\0' || !page_read(place, &own, sizeof(own)))
		return;
	text_clean_own(own.name, sizeof(own.name));
	if (own.name[0] == '\0'
	    || (name != NULL && strcmp(own.name, name) != 0))
		return;
	for (uint32_t i = 0; i < PAGE_CLIENT_PAST; i++)
		take(p, &own.event[(own.next + i) % PAGE_CLIENT_PAST], of,
		    own.name, fold);
}

static void
take_plugins(struct past *p, const struct page *page, const char *name,
    bool fold)
{
	for (size_t i = 0; i < PAGE_PLUGINS; i++)
		take_named(p, &page->head->plugin_past[i], "plugin", name,
		    fold);
}

static void
take_clients(struct past *p, const struct page *page, const char *name,
    bool fold)
{
	for (size_t i = 0; i < PAGE_CLIENTS; i++) {
		take_named(p, &page->head->gate_past[i], "client", name, fold);
		take_named(p, &page->head->client[i].past, "client", name,
		    fold);
	}
}

void
past_of_shard(struct past *p, const char *state_dir, const struct view *v,
    uint32_t shard)
{
	struct page page;

	p->n = 0;
	if (page_open(&page, state_dir, NULL) == -1)
		return;
	take_fleet(p, &page, (int32_t)shard, NULL, "", false);
	take_shard(p, &page, shard - v->cluster.first, PAGE_SHARD_PAST, false);
	page_close(&page);
}

void
past_of_plugin(struct past *p, const char *state_dir, const char *name)
{
	struct page page;

	p->n = 0;
	if (page_open(&page, state_dir, NULL) == -1)
		return;
	take_fleet(p, &page, -1, "plugin", name, false);
	take_plugins(p, &page, name, false);
	page_close(&page);
}

void
past_of_client(struct past *p, const char *state_dir, const char *name)
{
	struct page page;

	p->n = 0;
	if (page_open(&page, state_dir, NULL) == -1)
		return;
	take_fleet(p, &page, -1, "client", name, false);
	take_clients(p, &page, name, false);
	page_close(&page);
}

void
past_of_fleet(struct past *p, const char *state_dir, const struct view *v)
{
	struct page page;

	p->n = 0;
	if (page_open(&page, state_dir, NULL) == -1)
		return;
	take_fleet(p, &page, -1, NULL, "", true);
	take_plugins(p, &page, NULL, true);
	take_clients(p, &page, NULL, true);
	for (size_t i = 0; i < v->n; i++)
		take_shard(p, &page, (uint32_t)i,
		    v->n > MANY ? MANY_EACH : PAGE_SHARD_PAST, true);
	page_close(&page);
}

/* ---- saying --------------------------------------------------------- */

void
past_words(const struct past_event *e, char *out, size_t size)
{
	char who[128] = "fleet", more[48] = "";

	if (e->of != NULL)
		str_format(who, sizeof(who), "%s %s", e->of, e->name);
	else if (e->shard != -1)
		str_format(who, sizeof(who), "shard %d", e->shard);
	if (e->more > 0)
		str_format(more, sizeof(more), "%s, %u times",
		    e->others ? " and others" : "", e->more + 1);
	/* Of a process some words begin so themselves. */
	if (e->more == 0 && strncmp(e->text, who, strlen(who)) == 0
	    && e->text[strlen(who)] == ' ')
		str_copy(out, e->text, size);
	else
		str_format(out, size, "%s%s: %s", who, more, e->text);
}

void
past_line(const struct past_event *e, char *out, size_t size)
{
	char when[32], words[PAST_LINE];

	past_words(e, words, sizeof(words));
	str_format(out, size, "%s  %s", human_when(e->at_ms, when), words);
}

struct json_object *
past_json(const struct past *p)
{
	struct json_object *list = json_object_new_array(), *o;

	for (size_t i = 0; i < p->n; i++) {
		const struct past_event *e = &p->event[i];

		o = json_object_new_object();
		json_put_int(o, "time_ms", e->at_ms);
		json_object_object_add(o, "shard",
		    e->shard == -1 ? NULL : json_object_new_int(e->shard));
		if (e->of != NULL)
			json_put_text(o, e->of, e->name);
		json_put_text(o, "text", e->text);
		if (e->more > 0)
			json_put_int(o, "more", e->more);
		json_object_array_add(list, o);
	}
	return list;
}
