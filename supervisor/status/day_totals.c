/* SPDX-License-Identifier: MIT */
/* See day_totals.h. */
#include "supervisor/status/day_totals.h"

#include <string.h>

#include "shared/base/clock.h"
#include "supervisor/base/fleet_state.h"

void
day_totals_init(struct day_totals *d, struct fleet *f)
{
	memset(d, 0, sizeof(*d));
	d->fleet = f;
	days_get(&f->store, &d->days);
}

static bool
look(const struct day_totals *d, uint32_t slot, struct day_totals_seen *out)
{
	struct page_shard s;

	if (!page_read(&d->fleet->page.slot[slot].shard, &s, sizeof(s)))
		return false;
	memcpy(out->reconnects, s.reconnects, sizeof(out->reconnects));
	memcpy(out->resumed_for, s.resumed_for, sizeof(out->resumed_for));
	out->identifies = s.identifies;
	out->resumes = s.resumes;
	out->resumes_failed = s.resumes_failed;
	out->zombies = s.zombies;
	return true;
}

void
day_totals_layout(struct day_totals *d, uint32_t count)
{
	free(d->seen);
	d->seen = count > 0 ? base_alloc(count * sizeof(*d->seen)) : NULL;
	d->count = count;
	/* What earlier lives counted was added by them. */
	for (uint32_t i = 0; i < count; i++)
		look(d, i, &d->seen[i]);
}

/* Counters only grow; one that shrank belongs to another page. */
static uint64_t
grown(struct day_totals *d, uint64_t now, uint64_t was)
{
	if (now <= was)
		return 0;
	d->dirty = true;
	return now - was;
}

static void
add_slot(struct day_totals *d, struct days_day *day, uint32_t slot)
{
	struct day_totals_seen now, *was = &d->seen[slot];

	if (!look(d, slot, &now))
		return;
	for (size_t i = 0; i < RECONNECTS; i++) {
		day->reconnects[i] += grown(d, now.reconnects[i],
		    was->reconnects[i]);
		day->resumed_for[i] += grown(d, now.resumed_for[i],
		    was->resumed_for[i]);
	}
	day->identifies += grown(d, now.identifies, was->identifies);
	day->resumes += grown(d, now.resumes, was->resumes);
	day->resumes_failed += grown(d, now.resumes_failed,
	    was->resumes_failed);
	day->zombies += grown(d, now.zombies, was->zombies);
	*was = now;
}

static void
keep(struct day_totals *d)
{
	struct days_day *day = days_at(&d->days, clock_wall_ms());

	d->kept_ms = clock_boot_ms();
	for (uint32_t i = 0; i < d->count; i++)
		add_slot(d, day, i);
	if (!d->dirty)
		return;
	d->dirty = false;
	store_writes_blob(&d->fleet->writes, DAYS_KEY, &d->days,
	    sizeof(d->days));
}

void
day_totals_tick(struct day_totals *d)
{
	if (clock_boot_ms() - d->kept_ms >= DAY_TOTALS_MS)
		keep(d);
}

void
day_totals_keep(struct day_totals *d)
{
	if (d->fleet != NULL)
		keep(d);
}

void
day_totals_close(struct day_totals *d)
{
	if (d->fleet == NULL)
		return;
	keep(d);
	day_totals_layout(d, 0);
}
