/* SPDX-License-Identifier: MIT */
/* What a client of the gate is doing, and what happened to it. */
#include "tools/cli/why/story.h"

#include "tools/cli/base/client_rows.h"
#include "tools/cli/base/human.h"

static void
tell_sessions(struct story *st, const struct page_client *row, const char *name)
{
	char age[32];

	if (row == NULL)
		story_tell(st,
		    "The gate does not run: client %s has no connection.",
		    name);
	else if (row->heard_ms == 0)
		story_tell(st,
		    "Client %s has %u sessions, %u of them connected.", name,
		    row->sessions, row->connected);
	else
		story_tell(st,
		    "Client %s has %u sessions, %u of them connected; last "
		    "heartbeat %s.",
		    name, row->sessions, row->connected,
		    story_ago(st, row->heard_ms, age));
}

static void
tell_wrong(struct story *st, const struct page_client *row)
{
	struct verdict_client one = verdict_client(&st->view->gate, row,
	    st->view->now_ms);
	char note[PAGE_WORDS + 64];

	client_rows_note(st->view, row, note, sizeof(note));
	if (note[0] != '\0')
		story_tell(st, "It is %s: %s.", verdict_client_name[one.state],
		    note);
}

static void
tell_process(struct story *st, const struct view_process *p)
{
	char age[24];

	if (p->pid != 0)
		story_tell(st,
		    "Its process %d runs for %s, %llu were started; %u ended "
		    "unasked since the fleet was started.",
		    p->pid, human_age(view_age(st->view, p->w.started_ms), age),
		    (unsigned long long)p->w.starts, p->w.restarts);
	else
		story_tell(st,
		    "Its process does not run, %llu were started; %u ended "
		    "unasked since the fleet was started.",
		    (unsigned long long)p->w.starts, p->w.restarts);
	if (p->pid == 0 && p->w.restart_ms > st->view->now_ms)
		story_tell(st, "It is started again in %s.",
		    human_age((int64_t)(p->w.restart_ms - st->view->now_ms),
			age));
	if (p->w.last_end[0] != '\0')
		story_tell(st, "The one before: %s.", p->w.last_end);
}

void
story_of_client(struct story *st, const char *name)
{
	const struct view *v = st->view;
	const struct page_client *row = v->gate_alive
	    ? client_rows_find(v, name)
	    : NULL;
	const struct view_process *p = view_process(v, name);

	story_found(st, VERDICT_OF_CLIENT, name);
	story_found(st, VERDICT_OF_GATE, NULL);
	tell_sessions(st, row, name);
	if (row != NULL)
		tell_wrong(st, row);
	if (p != NULL)
		tell_process(st, p);
	past_of_client(&st->past, st->config->state_dir, name);
}
