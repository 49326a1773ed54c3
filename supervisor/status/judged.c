/* SPDX-License-Identifier: MIT */
/* See judged.h. */
#include "supervisor/status/judged.h"

#include "shared/view/view.h"
#include "supervisor/base/fleet_state.h"

void
judged_look(struct judged *j, const struct fleet *f)
{
	static struct view v; /* large */

	if (f->page.head == NULL)
		return;
	view_own(&v, &f->page, f->config->state_dir);
	j->found = v.verdict;
	j->shards = (uint32_t)v.n;
	j->ready = v.ready;
	view_free(&v);
}
