/* SPDX-License-Identifier: MIT */
/* See judged.h. */
#include "supervisor/status/judged.h"

#include "shared/view/view.h"
#include "supervisor/base/fleet_state.h"

void
judged_look(struct judged *j, const struct fleet *f)
{
	struct view *v;

	if (f->page.head == NULL)
		return;
	/* Not static: a shard forked between two looks would be left with the
	 * old pages of so much, alone (tls_memory_trim gives a heap's back). */
	v = base_alloc(sizeof(*v));
	view_own(v, &f->page, f->config->state_dir);
	j->found = v->verdict;
	j->shards = (uint32_t)v->n;
	j->ready = v->ready;
	view_free(v);
	free(v);
}
