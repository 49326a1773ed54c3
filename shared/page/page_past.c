/* SPDX-License-Identifier: MIT */
/* What happened, on the page: see page.h. */
#include "shared/page/page.h"

#include "shared/base/clock.h"
#include "shared/base/text.h"

#include <string.h>

static void
add(page_lock *lock, uint32_t *next, struct page_event *ring, uint32_t places,
    int32_t shard, const char *text)
{
	struct page_event *e = &ring[*next % places];

	page_begin(lock);
	e->at_ms = clock_wall_ms();
	e->shard = shard;
	text_clean(e->text, sizeof(e->text), text, strlen(text));
	*next = (*next + 1) % places;
	page_end(lock);
}

void
page_past_add(struct page_past *p, int32_t shard, const char *text)
{
	add(&p->lock, &p->next, p->event, PAGE_SHARD_PAST, shard, text);
}

void
page_fleet_past_add(struct page_fleet_past *p, int32_t shard, const char *text)
{
	add(&p->lock, &p->next, p->event, PAGE_FLEET_PAST, shard, text);
}
