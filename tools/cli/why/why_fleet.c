/* SPDX-License-Identifier: MIT */
/* Why the fleet is not as it should be, and what happened to all of it. */
#include "tools/cli/why/story.h"

#include "tools/cli/base/human.h"

#include <string.h>

/* Who looks at one that is down wants to know who stopped it. */
static void
tell_down(struct story *st)
{
	const struct view *v = st->view;
	char words[160], way[512];

	keeper_command(&v->keeper, "start", v->cluster.config_path, way,
	    sizeof(way));
	if (v->told_down) {
		stopped_words(&v->told, words, sizeof(words));
		story_tell(st, "%s; \"%s\" starts it.", words, way);
	} else if (v->verdict.state == VERDICT_CRASHED) {
		story_tell(st,
		    "The supervisor (pid %d) is gone without a word; \"%s\" "
		    "goes on where it left.",
		    v->cluster.pid, way);
	}
}

static void
tell_state(struct story *st)
{
	const struct view *v = st->view;
	const struct page_cluster *c = &v->cluster;
	char age[24], up[64] = "";

	if (v->alive)
		str_format(up, sizeof(up), ", up for %s",
		    human_age(view_age(v, c->started_ms), age));
	story_tell(st, "Fleet %s is %s%s: %u of %zu shards are ready%s.",
	    c->name, verdict_fleet_name[v->verdict.state], up, v->ready, v->n,
	    v->verdict.n == 0 ? ", and nothing is known to be wrong" : "");
	if (v->alive && c->reboot_ms != 0)
		story_tell(st, "%s", c->reboot);
}

void
story_of_fleet(struct story *st)
{
	const struct verdict_fleet *w = &st->view->verdict;

	tell_state(st);
	if (!st->view->alive)
		tell_down(st);
	for (size_t i = 0; i < w->n; i++)
		story_finding(st, &w->found[i]);
	past_of_fleet(&st->past, st->config->state_dir, st->view);
}
