/* SPDX-License-Identifier: MIT */
/* A member's part of the page.  See member.h. */
#include "supervisor/child/member.h"

#include "shared/base/clock.h"
#include "shared/process/process.h"
#include "supervisor/base/fleet_state.h"
#include "supervisor/child/service.h"

struct page_watch *
member_watch(const struct member *c)
{
	struct fleet *f = c->fleet;
	struct service *s;

	if (c->second != NULL)
		return c->second;
	if (member_is_shard(c))
		return &f->page.slot[c->slot].watch;
	if (c->role == CONTRACT_RUNNER)
		return c->own != NULL ? c->own
				      : &f->page.head->client[c->slot].watch;
	if ((s = service_of(f, c->role)) != NULL)
		return c == service_now(s) ? service_watch(s) : &s->spare_watch;
	return c == f->handler ? &f->page.head->handler_watch : &f->spare_watch;
}

struct member *
member_spare(const struct fleet *f)
{
	return &f->handler_slot[f->handler == &f->handler_slot[0]];
}

void
member_note_start(struct member *c)
{
	struct page_watch *w = member_watch(c);

	page_begin(&w->lock);
	w->pid = c->pid;
	w->pid_start = process_start(c->pid);
	w->started_ms = clock_boot_ms();
	w->restart_ms = 0;
	w->starts++;
	w->rss_kb = w->uss_kb = w->fds = w->fd_limit = 0;
	w->sampled_ms = 0;
	if (c->role != CONTRACT_HANDLER)
		w->program = c->fleet->program;
	if (member_is_shard(c))
		w->settings = c->fleet->settings;
	w->version[0] = '\0';
	page_end(&w->lock);
}

void
member_version(struct member *c, const char *build)
{
	struct page_watch *w = member_watch(c);

	page_begin(&w->lock);
	str_copy(w->version, build, sizeof(w->version));
	page_end(&w->lock);
}

void
member_note_end(struct member *c, enum crash_cause cause, const char *words)
{
	struct page_watch *w = member_watch(c);

	page_begin(&w->lock);
	w->pid = 0;
	w->pid_start = 0;
	w->ended_ms = clock_boot_ms();
	if (cause != CRASHES)
		w->crashes[cause]++;
	w->restarts += cause != CRASHES && c->state != MEMBER_STOPPING;
	str_copy(w->last_end, words, sizeof(w->last_end));
	page_end(&w->lock);
	if (cause != CRASHES)
		status_notes_past(&c->fleet->page, member_shard(c), "%s",
		    words);
}

void
member_note_restart(struct member *c, uint64_t at_ms)
{
	struct page_watch *w = member_watch(c);

	page_begin(&w->lock);
	w->restart_ms = at_ms;
	if (at_ms != 0 && c->ready_ms != 0
	    && w->ended_ms > c->ready_ms + RESTART_DELAY_PROOF_MS)
		w->strikes = 0;
	w->strikes += at_ms != 0;
	page_end(&w->lock);
}
