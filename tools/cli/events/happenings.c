/* SPDX-License-Identifier: MIT */
/* See happenings.h. */
#include "tools/cli/events/happenings.h"

#include "shared/base/text.h"

#include <string.h>

struct wanted {
	struct happenings *to;
	int64_t shard, since_ms, until_ms;
};

/* Behind what is not later: of one time, the first read is first. */
static void
take(const struct wanted *w, const struct page_event *e, const char *of,
    const char *name)
{
	struct happenings *h = w->to;
	struct past_event is = {.at_ms = e->at_ms, .shard = -1, .of = of};
	size_t at;

	if (e->at_ms <= w->since_ms || e->at_ms > w->until_ms
	    || (w->shard != -1 && e->shard != -1 && e->shard != w->shard))
		return;
	if (of == NULL && e->shard >= 0)
		is.shard = e->shard;
	str_copy(is.name, name, sizeof(is.name));
	memcpy(is.text, e->text, sizeof(is.text));
	text_clean_own(is.text, sizeof(is.text));
	if (h->n == h->room) {
		h->room = h->room * 2 + 64;
		h->event = base_realloc(h->event, h->room * sizeof(*h->event));
	}
	for (at = h->n; at > 0 && h->event[at - 1].at_ms > e->at_ms; at--)
		continue;
	memmove(&h->event[at + 1], &h->event[at], (h->n - at) * sizeof(is));
	h->event[at] = is;
	h->n++;
}

static void
take_fleet(const struct wanted *w, const struct page *page)
{
	struct page_fleet_past p = {0};

	page_read(&page->head->past, &p, sizeof(p));
	for (uint32_t i = 0; i < PAGE_FLEET_PAST; i++)
		take(w, &p.event[(p.next + i) % PAGE_FLEET_PAST], NULL, "");
}

static void
take_slot(const struct wanted *w, const struct page_slot *slot)
{
	struct page_past p = {0};

	page_read(&slot->past, &p, sizeof(p));
	for (uint32_t i = 0; i < PAGE_SHARD_PAST; i++)
		take(w, &p.event[(p.next + i) % PAGE_SHARD_PAST], NULL, "");
}

/* Of a plugin or a client; where a shard is asked for, of neither. */
static void
take_named(const struct wanted *w, const struct page_client_past *place,
    const char *of)
{
	struct page_client_past p = {0};

	if (w->shard != -1 || place->name[0] == '\0'
	    || !page_read(place, &p, sizeof(p)))
		return;
	text_clean_own(p.name, sizeof(p.name));
	for (uint32_t i = 0; i < PAGE_CLIENT_PAST && p.name[0] != '\0'; i++)
		take(w, &p.event[(p.next + i) % PAGE_CLIENT_PAST], of, p.name);
}

int
happenings_read(struct happenings *h, const char *state_dir, int64_t shard,
    int64_t since_ms, int64_t until_ms, struct err *e)
{
	struct wanted w = {h, shard, since_ms, until_ms};
	struct page page;

	*h = (struct happenings) {0};
	if (page_open(&page, state_dir, e) == -1)
		return -1;
	take_fleet(&w, &page);
	for (uint32_t i = 0; i < page.head->slots; i++)
		take_slot(&w, &page.slot[i]);
	for (size_t i = 0; i < PAGE_PLUGINS; i++)
		take_named(&w, &page.head->plugin_past[i], "plugin");
	for (size_t i = 0; i < PAGE_CLIENTS; i++) {
		take_named(&w, &page.head->gate_past[i], "client");
		take_named(&w, &page.head->client[i].past, "client");
	}
	page_close(&page);
	return 0;
}

void
happenings_free(struct happenings *h)
{
	free(h->event);
	*h = (struct happenings) {0};
}
