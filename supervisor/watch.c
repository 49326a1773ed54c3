/* SPDX-License-Identifier: MIT */
/* See watch.h. */
#include "supervisor/watch.h"

#include <string.h>
#include <unistd.h>

#include "shared/base/clock.h"
#include "supervisor/alert/alerts.h"
#include "supervisor/base/fleet_state.h"
#include "supervisor/child/service.h"
#include "supervisor/child/crash_brake.h"
#include "supervisor/client/clients.h"
#include "supervisor/fleet.h"
#include "supervisor/identify/discord_info.h"
#include "supervisor/identify/ledger.h"
#include "supervisor/operation/probe.h"
#include "supervisor/operation/token_move.h"
#include "supervisor/resources.h"
#include "supervisor/status/day_totals.h"
#include "supervisor/status/judged.h"
#include "supervisor/status/letters.h"
#include "supervisor/status/next_start.h"
#include "supervisor/status/status_page.h"
#include "supervisor/systemd.h"
#include "supervisor/child/liveness.h"
#include "supervisor/base/procfs.h"

static void on_timer(struct timer *);

void
watch_init(struct watch *w, struct fleet *f)
{
	memset(w, 0, sizeof(*w));
	w->fleet = f;
	resources_init(&w->limits, f);
	w->done_ms = clock_boot_ms();
	timer_init(f->timers, &w->timer, on_timer);
	timer_set(&w->timer, WATCH_TICK_S);
}

void
watch_start(struct watch *w)
{
	uint32_t n = w->fleet->local;

	w->saved_seq = base_alloc(n * sizeof(*w->saved_seq));
	w->saved_session = base_alloc(n * sizeof(*w->saved_session));
	resources_start(&w->limits, n);
}

void
watch_forget(struct watch *w)
{
	free(w->saved_seq);
	free(w->saved_session);
	w->saved_seq = w->saved_session = NULL;
	resources_forget(&w->limits);
}

void
watch_stop(struct watch *w)
{
	timer_stop(&w->timer);
	watch_forget(w);
}

/* ---- liveness ------------------------------------------------------- */

static void
check_shard(struct fleet *f, struct member *c)
{
	struct page_shard s;
	const char *why;

	if (c->state != MEMBER_UP
	    || !page_read(&f->page.slot[c->slot].shard, &s, sizeof(s))
	    || s.pid != c->pid)
		return;
	why = liveness_judge(&s, clock_boot_ms());
	if (why != NULL)
		member_kill(c, CRASH_HUNG, why);
}

/* The handler, or the gate: its beat is on the page. */
static void
check_loop(struct fleet *f, struct member *c, struct liveness_loop *l,
    _Atomic uint64_t *beat)
{
	double limit_s = f->config->handler_silence_s;
	char why[128];
	uint64_t ms = liveness_loop(l, c->pid, page_last_beat(beat),
	    clock_boot_ms());

	if (limit_s <= 0 || c->state != MEMBER_UP
	    || (double)ms < limit_s * 1000)
		return;
	str_format(why, sizeof(why),
	    "it hangs: its loop has not turned for %llu s ([handler] silence "
	    "is %g s)",
	    (unsigned long long)ms / 1000, limit_s);
	member_kill(c, CRASH_HUNG, why);
}

/* ---- samples -------------------------------------------------------- */

static void
sample(struct page_watch *pw, pid_t pid)
{
	struct procfs_sample s = {.rss_kb = pw->rss_kb,
	    .uss_kb = pw->uss_kb,
	    .walked_s = pw->walked_s};
	uint64_t now = clock_boot_ms();

	if (pid <= 0 || !procfs_read(pid, &s, now))
		return;
	page_begin(&pw->lock);
	pw->rss_kb = s.rss_kb;
	pw->uss_kb = s.uss_kb;
	pw->walked_s = s.walked_s;
	pw->anon_kb = s.anon_kb;
	pw->fds = s.fds;
	pw->fd_limit = s.fd_limit;
	pw->sampled_ms = now;
	page_end(&pw->lock);
}

static void
sample_some(struct watch *w)
{
	struct fleet *f = w->fleet;
	uint32_t n = f->local < WATCH_SAMPLES ? f->local : WATCH_SAMPLES;
	struct member *c;

	sample(&f->page.head->supervisor_watch, getpid());
	sample(&f->page.head->handler_watch, f->handler->pid);
	for (size_t i = 0; i < SERVICES; i++)
		sample(service_watch(&f->service[i]),
		    service_now(&f->service[i])->pid);
	for (uint32_t i = 0; i < PAGE_CLIENTS; i++)
		if ((c = clients_at(f->clients, i)) != NULL)
			sample(&f->page.head->client[i].watch, c->guest);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t slot = w->next_sample++ % f->local;

		sample(&f->page.slot[slot].watch, f->shard[slot].pid);
	}
}

/* ---- cursors ------------------------------------------------ */

static bool
moved(const struct watch *w, uint32_t slot, struct store_cursor *out)
{
	const struct page_slot *p = &w->fleet->page.slot[slot];
	struct page_shard s;

	if (!page_read(&p->shard, &s, sizeof(s)) || s.session == 0)
		return false;
	out->shard = slot;
	out->session = s.session;
	out->seq = page_cursor_get(p, s.session);
	return out->seq != 0
	    && (out->session != w->saved_session[slot]
		|| out->seq != w->saved_seq[slot]);
}

void
watch_cursors(struct watch *w)
{
	struct fleet *f = w->fleet;
	struct store_cursor *batch;
	struct err e;
	size_t n = 0;

	if (f->local == 0)
		return;
	w->cursors_ms = clock_boot_ms();
	batch = base_alloc(f->local * sizeof(*batch));
	for (uint32_t i = 0; i < f->local; i++)
		n += moved(w, i, &batch[n]);
	if (n > 0 && store_cursors_put(&f->store, batch, n, &e) == -1) {
		/* While others write, they are only kept a little later. */
		if (e.code != EXIT_TRY_LATER)
			log_warn("The cursors can't be kept, a power loss "
				 "would cost replays: %s",
			    e.text);
		n = 0;
	}
	for (size_t i = 0; i < n; i++) {
		w->saved_session[batch[i].shard] = batch[i].session;
		w->saved_seq[batch[i].shard] = batch[i].seq;
	}
	free(batch);
}

static void
look_at_members(struct watch *w)
{
	struct fleet *f = w->fleet;

	if (crash_brake_tick(f->brake, clock_boot_ms()))
		fleet_unbrake(f);
	for (uint32_t i = 0; !f->stopping && i < f->local; i++)
		check_shard(f, &f->shard[i]);
	if (!f->stopping)
		check_loop(w->fleet, w->fleet->handler, &w->handler,
		    &w->fleet->page.head->pulse.handler_ms);
	check_loop(f, f->gate, &w->gate, &f->page.head->pulse.gate_ms);
	check_loop(f, f->web, &w->web, &f->page.head->pulse.web_ms);
	sample_some(w);
	if (clock_boot_ms() - w->cursors_ms >= WATCH_CURSORS_MS)
		watch_cursors(w);
	ledger_tick(f->ledger);
	discord_info_tick(f->discord_info);
	day_totals_tick(f->day_totals);
	probe_tick(f->probe);
	letters_tick(f->letters, f);
	if (!f->stopping)
		next_start_tick(f->next_start);
	status_page_update(f->status_page);
	judged_look(f->judged, f);
	alerts_watch(f->alerts);
}

static void
on_timer(struct timer *t)
{
	struct watch *w = container_of(t, struct watch, timer);
	struct fleet *f = w->fleet;

	timer_set(t, WATCH_TICK_S);
	if (!f->stopping)
		token_move_watch(f->token_move);
	if (f->local > 0)
		look_at_members(w);
	resources_look(&w->limits);
	w->done_ms = clock_boot_ms();
	systemd_tick(f->systemd);
}
