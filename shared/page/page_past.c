/* SPDX-License-Identifier: MIT */
/* What happened, on the page: see page.h. */
#include "shared/page/page.h"

#include "shared/base/clock.h"
#include "shared/base/text.h"

#include <string.h>

static void
add(page_lock *lock, uint32_t *next, struct page_event *ring, uint32_t places,
    int32_t shard, int64_t at_ms, const char *text)
{
	struct page_event *e = &ring[*next % places];

	page_begin(lock);
	e->at_ms = at_ms;
	e->shard = shard;
	text_clean(e->text, sizeof(e->text), text, strlen(text));
	*next = (*next + 1) % places;
	page_end(lock);
}

void
page_past_add(struct page_past *p, int32_t shard, const char *text)
{
	add(&p->lock, &p->next, p->event, PAGE_SHARD_PAST, shard,
	    clock_wall_ms(), text);
}

void
page_fleet_past_add(struct page_fleet_past *p, int32_t shard, const char *text)
{
	add(&p->lock, &p->next, p->event, PAGE_FLEET_PAST, shard,
	    clock_wall_ms(), text);
}

void
page_client_past_add(struct page_client_past *p, const char *text)
{
	page_client_past_at(p, clock_wall_ms(), text);
}

void
page_client_past_at(struct page_client_past *p, int64_t at_ms, const char *text)
{
	add(&p->lock, &p->next, p->event, PAGE_CLIENT_PAST, -1, at_ms, text);
}

void
page_client_past_again(struct page_client_past *p, const char *text)
{
	uint32_t last = (p->next + PAGE_CLIENT_PAST - 1) % PAGE_CLIENT_PAST;

	add(&p->lock, &last, p->event, PAGE_CLIENT_PAST, -1, clock_wall_ms(),
	    text);
}

struct page_client_past *
page_client_past_of(struct page_client_past *p, size_t n, const char *name,
    bool (*wanted)(const char *name, const void *), const void *arg)
{
	struct page_client_past *to = NULL;

	for (size_t i = 0; i < n; i++)
		if (strcmp(p[i].name, name) == 0)
			return &p[i];
	for (size_t i = 0; i < n && to == NULL; i++)
		if (p[i].name[0] == '\0')
			to = &p[i];
	for (size_t i = 0; i < n && to == NULL; i++)
		if (!wanted(p[i].name, arg))
			to = &p[i];
	if (to == NULL)
		return NULL;
	page_begin(&to->lock);
	to->next = 0;
	memset(to->event, 0, sizeof(to->event));
	str_copy(to->name, name, sizeof(to->name));
	page_end(&to->lock);
	return to;
}
