/* SPDX-License-Identifier: MIT */
/* See letters.h. */
#include "supervisor/status/letters.h"

#include "shared/base/clock.h"
#include "shared/base/text.h"
#include "shared/store/deadletter.h"
#include "supervisor/base/fleet_state.h"

#include <string.h>

static void
put(struct page_cluster *c, const struct deadletter_sum *sum)
{
	page_begin(&c->lock);
	c->dead_letters = (uint32_t)sum->kept;
	c->dead_unseen = (uint32_t)sum->unseen;
	c->dead_ms = sum->newest.at_ms;
	text_clean(c->dead_plugin, sizeof(c->dead_plugin), sum->newest.plugin,
	    strlen(sum->newest.plugin));
	page_end(&c->lock);
}

void
letters_tick(struct letters *l, struct fleet *f)
{
	static struct deadletter_sum sum; /* large */
	uint64_t now = clock_boot_ms();

	if (f->page.head == NULL || now < l->look_ms)
		return;
	l->look_ms = now + LETTERS_LOOK_MS;
	/* What ails the store is told by who has to write to it. */
	if (deadletter_sum(&f->store, &sum, NULL) == -1
	    || (sum.kept == l->kept && sum.unseen == l->unseen
		&& sum.newest.id == l->newest
		&& f->page.head->cluster.dead_letters == sum.kept
		&& f->page.head->cluster.dead_unseen == sum.unseen))
		return;
	l->kept = sum.kept;
	l->unseen = sum.unseen;
	l->newest = sum.newest.id;
	put(&f->page.head->cluster, &sum);
}
