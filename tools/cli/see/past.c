/* SPDX-License-Identifier: MIT */
#include "tools/cli/see/past.h"

#include "shared/base/text.h"
#include "shared/json/json.h"
#include "tools/cli/base/human.h"
#include "shared/view/view.h"

static void
take(struct past *p, const struct page_event *e, int32_t shard)
{
	size_t at = p->n;

	if (e->at_ms == 0 || (e->shard != -1 && e->shard != shard))
		return;
	must(p->n < nitems(p->event));
	while (at > 0 && p->event[at - 1].at_ms > e->at_ms)
		at--;
	memmove(&p->event[at + 1], &p->event[at], (p->n - at) * sizeof(*e));
	p->event[at] = *e;
	text_clean_own(p->event[at].text, sizeof(e->text));
	p->n++;
}

/* From the oldest on, so that what has one time stays in its order. */
void
past_read(struct past *p, const struct config *c, const struct view *v,
    uint32_t shard)
{
	uint32_t slot = shard - v->cluster.first;
	struct page_fleet_past fleet = {0};
	struct page_past own = {0};
	struct page page;

	p->n = 0;
	if (page_open(&page, c->state_dir, NULL) == -1)
		return;
	page_read(&page.head->past, &fleet, sizeof(fleet));
	if (slot < page.head->slots)
		page_read(&page.slot[slot].past, &own, sizeof(own));
	page_close(&page);
	for (uint32_t i = 0; i < PAGE_FLEET_PAST; i++)
		take(p, &fleet.event[(fleet.next + i) % PAGE_FLEET_PAST],
		    (int32_t)shard);
	for (uint32_t i = 0; i < PAGE_SHARD_PAST; i++)
		take(p, &own.event[(own.next + i) % PAGE_SHARD_PAST],
		    (int32_t)shard);
}

void
past_line(const struct page_event *e, char *out, size_t size)
{
	char when[32], who[24] = "fleet";

	if (e->shard != -1)
		str_format(who, sizeof(who), "shard %d", e->shard);
	str_format(out, size, "%s  %s: %s", human_when(e->at_ms, when), who,
	    e->text);
}

struct json_object *
past_json(const struct past *p)
{
	struct json_object *list = json_object_new_array(), *o;

	for (size_t i = 0; i < p->n; i++) {
		const struct page_event *e = &p->event[i];

		o = json_object_new_object();
		json_put_int(o, "time_ms", e->at_ms);
		json_object_object_add(o, "shard",
		    e->shard == -1 ? NULL : json_object_new_int(e->shard));
		json_put_text(o, "text", e->text);
		json_object_array_add(list, o);
	}
	return list;
}
