/* SPDX-License-Identifier: MIT */
/* See happenings.h. */
#include "tools/cli/events/happenings.h"

#include "shared/base/text.h"

struct wanted {
	struct happenings *to;
	int64_t shard, since_ms, until_ms;
};

/* Behind what is not later: of one time, the first read is first. */
static void
take(const struct wanted *w, const struct page_event *e)
{
	struct happenings *h = w->to;
	size_t at;

	if (e->at_ms <= w->since_ms || e->at_ms > w->until_ms
	    || (w->shard != -1 && e->shard != -1 && e->shard != w->shard))
		return;
	if (h->n == h->room) {
		h->room = h->room * 2 + 64;
		h->event = base_realloc(h->event, h->room * sizeof(*h->event));
	}
	for (at = h->n; at > 0 && h->event[at - 1].at_ms > e->at_ms; at--)
		continue;
	memmove(&h->event[at + 1], &h->event[at], (h->n - at) * sizeof(*e));
	h->event[at] = *e;
	text_clean_own(h->event[at].text, sizeof(e->text));
	h->n++;
}

static void
take_fleet(const struct wanted *w, const struct page *page)
{
	struct page_fleet_past p = {0};

	page_read(&page->head->past, &p, sizeof(p));
	for (uint32_t i = 0; i < PAGE_FLEET_PAST; i++)
		take(w, &p.event[(p.next + i) % PAGE_FLEET_PAST]);
}

static void
take_slot(const struct wanted *w, const struct page_slot *slot)
{
	struct page_past p = {0};

	page_read(&slot->past, &p, sizeof(p));
	for (uint32_t i = 0; i < PAGE_SHARD_PAST; i++)
		take(w, &p.event[(p.next + i) % PAGE_SHARD_PAST]);
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
	page_close(&page);
	return 0;
}

void
happenings_free(struct happenings *h)
{
	free(h->event);
	*h = (struct happenings) {0};
}
