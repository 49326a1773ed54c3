/* SPDX-License-Identifier: MIT */
/* What a plugin is doing, and what happened to it. */
#include "tools/cli/why/story.h"

#include "shared/base/text.h"
#include "shared/view/processes.h"
#include "tools/cli/base/human.h"

#include <string.h>

static unsigned long long
ull(uint64_t n)
{
	return n;
}

static const struct processes_row *
row_of(const struct processes *all, const char *name)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->row[i].kind == PROCESSES_PLUGIN
		    && strcmp(all->row[i].name, name) == 0)
			return &all->row[i];
	return NULL;
}

static void
tell_process(struct story *st, const struct page_plugin *p)
{
	struct processes *all = base_alloc(sizeof(*all));
	const struct processes_row *r;
	char age[24], up[24], size[24];

	processes_list(st->view, all);
	if ((r = row_of(all, p->name)) != NULL && r->pid != 0)
		story_tell(st,
		    "Plugin %s has been %s for %s; its process (pid %d) runs "
		    "for %s and has %s of memory of its own.",
		    p->name, r->state,
		    human_age(view_age(st->view, p->state_since_ms), age),
		    r->pid, human_age(r->up_ms, up),
		    r->private_kb > 0 ? human_size(r->private_kb * 1024, size)
				      : "an unknown amount");
	else
		story_tell(st, "Plugin %s is %s%s: it has no process.", p->name,
		    r != NULL ? r->state : "unknown",
		    p->by_operator ? " by an operator" : "");
	free(all);
}

static void
tell_counters(struct story *st, const struct page_plugin *p)
{
	char age[24];

	story_tell(st,
	    "It has done %llu events, %llu of them with an error; %u are in "
	    "work, %llu wait in memory and %llu on disk%s%s.",
	    ull(p->events), ull(p->errors), p->outstanding, ull(p->waiting),
	    ull(p->backlog_events), p->lag_ms > 0 ? ", the oldest for " : "",
	    p->lag_ms > 0 ? human_age((int64_t)p->lag_ms, age) : "");
	if (p->answered > 0)
		story_tell(st, "An event takes it %llu ms on the average.",
		    ull(p->worked_ms / p->answered));
	story_tell(st,
	    "It ended %llu times unasked since the fleet was started, %u times "
	    "since it was healthy last, and %llu events that ended it were set "
	    "aside.",
	    ull(p->restarts), p->strikes, ull(p->dead_letters));
	if (p->dropped + p->expired + p->damaged > 0)
		story_tell(st,
		    "Lost to it: %llu events, as its backlog was full, %llu "
		    "that waited too long, %llu to damage of the disk.",
		    ull(p->dropped), ull(p->expired), ull(p->damaged));
}

void
story_of_plugin(struct story *st, const struct page_plugin *p)
{
	const struct view *v = st->view;

	story_found(st, VERDICT_OF_PLUGIN, p->name);
	story_found(st, VERDICT_OF_HANDLER, NULL);
	if (!v->handler_alive)
		story_tell(st,
		    "The handler does not run, so no plugin does; their events "
		    "wait with the shards.");
	tell_process(st, p);
	if (p->note[0] != '\0')
		story_tell(st, "It says: %s", p->note);
	if (v->handler_alive && p->state == PLUGIN_HELD && !p->by_operator)
		story_tell(st,
		    "It is not started again by itself: once it is mended, "
		    "\"shardherd plugin load %s\". Its events wait on disk.",
		    p->name);
	else if (p->by_operator)
		story_tell(st, "\"shardherd plugin load %s\" starts it.",
		    p->name);
	tell_counters(st, p);
	if (p->commands[0] != '\0')
		story_tell(st, "Its commands: %s", p->commands);
	past_of_plugin(&st->past, st->config->state_dir, p->name);
}
