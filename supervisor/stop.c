/* SPDX-License-Identifier: MIT */
/* See stop.h. */
#include "supervisor/stop.h"

#include <signal.h>

#include "supervisor/base/fleet_state.h"
#include "supervisor/child/member.h"
#include "supervisor/client/clients.h"
#include "supervisor/identify/discord_info.h"
#include "supervisor/identify/ledger.h"
#include "supervisor/operation/service_change.h"
#include "supervisor/operation/reload_effects.h"
#include "supervisor/operation/rollout_effects.h"
#include "supervisor/operation/token_move.h"
#include "supervisor/status/status_page.h"
#include "supervisor/systemd.h"
#include "supervisor/upgrade/upgrade.h"
#include "supervisor/upgrade/upgrade_guard.h"

static void
on_timer(struct timer *t)
{
	struct stop *s = container_of(t, struct stop, timer);

	log_error("Some processes did not end in time: leaving without them.");
	s->phase = STOP_DONE;
	ev_break(s->fleet->loop, EVBREAK_ALL);
}

void
stop_init(struct stop *s, struct fleet *f)
{
	s->fleet = f;
	s->phase = STOP_NOT;
	timer_init(f->timers, &s->timer, on_timer);
}

void
stop_begin(struct stop *s, bool end_sessions, const char *who)
{
	struct fleet *f = s->fleet;

	if (s->phase != STOP_NOT)
		return;
	log_notice("Stopping in order, sessions are %s. By %s.",
	    end_sessions ? "ended" : "kept", who);
	status_notes_past(&f->page, -1, "stopped, sessions %s, by %s",
	    end_sessions ? "ended" : "kept", who);
	if (end_sessions && f->local > 0)
		ledger_ended(f->ledger);
	s->phase = STOP_SHARDS;
	f->stopping = true;
	timer_set(&s->timer,
	    (clients_run(f->clients) ? 3 : 2) * f->config->stop_timeout_s
		+ STOP_SLACK_S);
	timer_stop(&f->launch_timer);
	discord_info_stop(f->discord_info);
	upgrade_guard_release(&f->upgrade->from.guard);
	systemd_stopping(f->systemd);
	token_move_abort(f->token_move,
	    "The fleet is stopping: its next start takes the token in "
	    "token_file.");
	reload_effects_abort(f->reload);
	rollout_effects_abort(f->rollout);
	for (uint32_t i = 0; i < f->local; i++) {
		f->shard[i].end_sessions = end_sessions;
		member_event(&f->shard[i], MEMBER_ON_STOP);
	}
	status_page_update(f->status_page);
	stop_progress(s);
}

static void
hurry(struct member *c)
{
	if (c->state == MEMBER_STOPPING && c->signalled == 0)
		member_event(c, MEMBER_ON_TIMER);
}

void
stop_now(struct stop *s)
{
	struct fleet *f = s->fleet;

	log_warn("Asked to stop again: not waiting any longer.");
	upgrade_cancel(f->upgrade);
	for (uint32_t i = 0; i < f->local; i++)
		hurry(&f->shard[i]);
	for (size_t i = 0; i < FLEET_HANDLERS; i++)
		hurry(&f->handler_slot[i]);
	service_each(f, hurry);
	clients_each(f->clients, hurry);
}

static bool
shards_gone(const struct fleet *f)
{
	for (uint32_t i = 0; i < f->local; i++)
		if (member_running(&f->shard[i]))
			return false;
	return !rollout_effects_running(f->rollout);
}

void
stop_progress(struct stop *s)
{
	struct fleet *f = s->fleet;

	/* Bots end with what the shards have heard; handler and gate still
	 * serve them. */
	if (s->phase == STOP_SHARDS && shards_gone(f))
		s->phase = STOP_CLIENTS;
	if (s->phase == STOP_CLIENTS && clients_end(f->clients)) {
		s->phase = STOP_HANDLER;
		for (size_t i = 0; i < FLEET_HANDLERS; i++)
			member_event(&f->handler_slot[i], MEMBER_ON_STOP);
	}
	/* What the handler still finishes goes through the gate. */
	if (s->phase == STOP_HANDLER && !member_running(f->handler)
	    && !member_running(member_spare(f)))
		s->phase = STOP_GATE;
	if (s->phase == STOP_GATE
	    && service_change_end(&f->service[SERVICE_GATE]))
		s->phase = STOP_WEB;
	/* Until there is nothing more to tell of. */
	if (s->phase == STOP_WEB
	    && service_change_end(&f->service[SERVICE_WEB])) {
		s->phase = STOP_DONE;
		timer_stop(&s->timer);
		ev_break(f->loop, EVBREAK_ALL);
	}
}
