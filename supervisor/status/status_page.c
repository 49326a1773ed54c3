/* SPDX-License-Identifier: MIT */
/* See status_page.h. */
#include "supervisor/status/status_page.h"

#include <string.h>
#include <unistd.h>

#include "shared/base/clock.h"
#include "shared/config/patience.h"
#include "shared/process/process.h"
#include "shared/base/text.h"
#include "shared/base/version.h"
#include "supervisor/alert/alerts.h"
#include "supervisor/base/fleet_state.h"
#include "supervisor/base/sd_notify.h"
#include "supervisor/child/crash_brake.h"
#include "supervisor/identify/budget.h"
#include "supervisor/identify/discord_info.h"
#include "supervisor/identify/hold.h"
#include "supervisor/identify/ledger.h"
#include "supervisor/identify/permit.h"
#include "supervisor/operation/service_change.h"
#include "supervisor/operation/probe.h"
#include "supervisor/operation/rollout_effects.h"
#include "supervisor/base/procfs.h"

static void
on_turn(struct ev_loop *loop, ev_prepare *w, int revents)
{
	status_page_fill(w->data);
}

void
status_page_init(struct status_page *b, struct fleet *f)
{
	memset(b, 0, sizeof(*b));
	b->fleet = f;
	ev_prepare_init(&b->turn, on_turn);
	b->turn.data = f;
	ev_prepare_start(f->loop, &b->turn);
}

_Static_assert(PAGE_PATIENCES == PATIENCES, "each has a place");

static int64_t
wall_of(uint64_t boot_ms)
{
	return clock_wall_ms() + (int64_t)(boot_ms - clock_boot_ms());
}

/* What [alerts] calls too few, too soon, too many: verdict.h judges. */
static void
put_alarms(struct page_cluster *pc, const struct fleet *f)
{
	const struct config *c = f->config;
	const struct permit *p = f->permit;

	pc->left_least = c->alert_left > 0 ? c->alert_left : permit_reserve(p);
	pc->forecast_least_s = (int64_t)c->alert_forecast_s;
	pc->foreign_1h = budget_foreign_1h(&f->ledger->budget, clock_wall_ms());
	pc->foreign_least = (uint64_t)c->alert_foreign;
	pc->identifies_1h = permit_recent(p);
	pc->identifies_most = p->brake_after;
	if (c->alert_rate > 0 && c->alert_rate < p->brake_after)
		pc->identifies_most = (uint32_t)c->alert_rate;
}

static void
put_budget(struct page_cluster *pc, const struct fleet *f)
{
	const struct permit *p = f->permit;
	const struct budget *b = &f->ledger->budget;
	int64_t now = clock_wall_ms();

	pc->total = pc->remaining = pc->forecast_s = -1;
	pc->recommended = f->discord_info->recommended;
	if (f->local == 0)
		return;
	if (p->known) {
		pc->total = p->answer.total;
		pc->remaining = permit_remaining(p);
		pc->reset_wall_ms = wall_of(p->answer.reset_boot_ms);
		pc->fetched_wall_ms = wall_of(p->answer.fetched_boot_ms);
	}
	pc->max_concurrency = p->keys;
	pc->reserve = (uint32_t)permit_reserve(p);
	pc->identifies_24h = f->ledger->sent_24h;
	pc->foreign_24h = budget_foreign_24h(b, now);
	pc->foreign_ever = b->kept.foreign_ever;
	pc->foreign_found_ms = b->kept.found_ms;
	if (p->known)
		pc->forecast_s = budget_forecast_s(b,
		    permit_remaining(p) - permit_reserve(p), now);
	pc->permits_waiting = permit_waiting(p);
	pc->permits_eta_ms = permit_eta_ms(p);
	pc->held = p->held[0] != '\0';
	pc->held_code = f->hold->code;
	pc->answered_ms = f->discord_info->answered_ms;
	pc->release_checks = f->hold->checks;
	pc->leave = permit_leave_left(p);
	pc->braked = permit_braked(p) || p->alike.on || f->brake->on;
	pc->crashing = f->brake->on;
	put_alarms(pc, f);
	pc->alerts = alerts_standing(f->alerts);
	pc->alerts_failed = f->alerts->failed;
}

/* What is usual in the fleet, for shards that have not learned it.  Each word
 * is read whole without its lock; that two are of one moment does not matter. */
static void
put_classes(struct page_cluster *pc, const struct fleet *f)
{
	uint64_t traffic = 0, last[CLASSES] = {0};

	pc->silence_ms = (uint64_t)(f->config->alert_silent_s * 1000);
	for (int c = 0; c < CLASSES; c++)
		pc->class_seen[c] = pc->class_over[c] = pc->class_longest[c] =
		    0;
	for (uint32_t i = 0; i < f->local; i++) {
		const struct page_class *class = f->page.slot[i].shard.class;

		traffic += f->page.slot[i].shard.traffic;
		for (int c = 0; c < CLASSES; c++) {
			pc->class_seen[c] += class[c].seen;
			pc->class_over[c] += class[c].over;
			pc->class_longest[c] += class[c].longest;
			if (class[c].last_ms > last[c])
				last[c] = class[c].last_ms;
		}
	}
	for (int c = 0; c < CLASSES; c++) {
		/* Another layout counts anew. */
		if (last[c] != pc->class_last_ms[c]
		    || traffic < pc->class_mark[c])
			pc->class_mark[c] = traffic;
		pc->class_last_ms[c] = last[c];
	}
	pc->traffic = traffic;
}

static void
put_rollout(struct page_cluster *pc, const struct fleet *f)
{
	const struct rollout_effects *r = f->rollout;

	pc->program = f->program;
	pc->gate = config_gate(f->config);
	pc->gate_clients = (uint32_t)f->config->clients;
	pc->web = service_change_due(&f->service[SERVICE_WEB]);
	pc->settings = f->settings;
	pc->rollout = rollout_effects_busy(r);
	pc->rollout_moved = r->rollout.moved;
	pc->rollout_failed = r->rollout.failed;
	pc->rollout_total = r->rollout.plan.total;
	str_copy(pc->rollout_note, r->note, sizeof(pc->rollout_note));
}

static void
put_home(struct page_cluster *pc, const struct config *c)
{
	str_copy(pc->config_path, c->path, sizeof(pc->config_path));
	str_copy(pc->run_dir, c->run_dir, sizeof(pc->run_dir));
	str_copy(pc->log_dir, c->log_dir, sizeof(pc->log_dir));
	pc->token_is_copy = config_token_is_copy(c);
	pc->log_to = (uint32_t)c->log_to;
	pc->disk_free = (uint64_t)c->disk_free;
	pc->memory_limit[PAGE_MEMORY_SHARD] = (uint64_t)c->memory_shard;
	pc->memory_limit[PAGE_MEMORY_HANDLER] = (uint64_t)c->memory_handler;
	pc->memory_limit[PAGE_MEMORY_GATE] = (uint64_t)c->memory_gate;
	pc->memory_limit[PAGE_MEMORY_SUPERVISOR] =
	    (uint64_t)c->memory_supervisor;
	for (unsigned i = 0; i < PATIENCES; i++)
		pc->patience_ms[i] = (uint32_t)(patience_s(c, i) * 1000);
}

/* Each is his writer's, of whom none is there now. */
static void
count_anew(struct page *p)
{
	struct page_head *h = p->head;

	h->supervisor_watch.restarts = h->handler_watch.restarts = 0;
	h->gate_watch.restarts = h->web_watch.restarts = 0;
	for (size_t i = 0; i < PAGE_CLIENTS; i++)
		h->client[i].watch.restarts = 0;
	for (uint32_t i = 0; i < h->slots; i++)
		p->slot[i].watch.restarts = 0;
	for (size_t i = 0; i < PAGE_PLUGINS; i++)
		h->plugins.plugin[i].restarts = 0;
	h->handler.plugin_restarts = 0;
}

void
status_page_begin(struct status_page *b)
{
	struct page *p = &b->fleet->page;
	int32_t before = p->head->cluster.pid;

	if (b->begun)
		return;
	b->begun = true;
	if (before == 0)
		count_anew(p);
	else if (before != (int32_t)getpid())
		p->head->supervisor_watch.restarts++;
}

void
status_page_update(struct status_page *b)
{
	struct fleet *f = b->fleet;
	struct page_cluster next, *pc = &next;

	if (f->page.head == NULL)
		return;
	next = f->page.head->cluster;
	pc->pid = (int32_t)getpid();
	pc->pid_start = process_start(getpid());
	pc->started_ms = f->started_ms;
	pc->stopping = f->stopping;
	pc->exit_code = 0;
	pc->shard_count = f->count;
	pc->local = f->local;
	put_budget(pc, f);
	pc->probe = f->probe->last;
	str_copy(pc->name, f->config->name, sizeof(pc->name));
	str_copy(pc->version, SHARDHERD_VERSION, sizeof(pc->version));
	status_notes_list(&f->notes, pc->note, clock_wall_ms());
	put_home(pc, f->config);
	pc->foreground = f->foreground;
	pc->service = f->notify->fd != -1;
	pc->reboot_ms = f->reboot.since_ms;
	str_copy(pc->reboot, f->reboot.text, sizeof(pc->reboot));
	put_classes(pc, f);
	put_rollout(pc, f);
	page_put(&f->page.head->cluster, pc, sizeof(next));
	b->updated_ms = clock_boot_ms();
	f->notes.due = false;
}

void
status_page_fill(struct fleet *f)
{
	if (f->notes.due)
		status_page_update(f->status_page);
}

void
status_page_close(struct status_page *b, int exit_code)
{
	struct fleet *f = b->fleet;
	struct page_cluster *pc;

	ev_prepare_stop(f->loop, &b->turn);
	if (f->page.head == NULL)
		return;
	/* Why it ended stays to be read; the rest was of a life that is over. */
	for (unsigned i = 0; i < NOTE_SOURCES; i++)
		if (i != NOTE_FATAL)
			status_notes_say(&f->notes, i, "");
	status_page_update(b);
	pc = &f->page.head->cluster;
	page_begin(&pc->lock);
	pc->pid = 0;
	pc->pid_start = 0;
	pc->stopping = 0;
	pc->permits_waiting = 0;
	pc->permits_eta_ms = 0;
	pc->braked = 0;
	pc->leave = 0;
	pc->exit_code = exit_code;
	page_end(&pc->lock);
}

void
status_page_shard_down(struct status_page *b, uint32_t slot, bool held,
    const char *why)
{
	struct page_shard *s = &b->fleet->page.slot[slot].shard;

	page_repair(&s->lock);
	page_begin(&s->lock);
	s->state = held ? SHARD_HELD : SHARD_DOWN;
	s->state_since_ms = clock_boot_ms();
	s->pid = 0;
	s->rtt_ms = 0;
	text_clean(s->note, sizeof(s->note), why, strlen(why));
	page_end(&s->lock);
}

void
status_page_handler_down(struct status_page *b, const char *why)
{
	struct page_handler *h = &b->fleet->page.head->handler;

	page_repair(&h->lock);
	page_begin(&h->lock);
	h->state = HANDLER_DOWN;
	h->state_since_ms = clock_boot_ms();
	h->pid = 0;
	h->plugins_up = 0;
	h->rest = PAGE_REST_FINE;
	h->rest_since_ms = 0;
	h->commands_out = 0;
	h->rest_note[0] = h->commands_note[0] = '\0';
	text_clean(h->note, sizeof(h->note), why, strlen(why));
	page_end(&h->lock);
}
