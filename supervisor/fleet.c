/* SPDX-License-Identifier: MIT */
/* See fleet.h. */
#include "supervisor/fleet.h"

#include <string.h>
#include <unistd.h>

#include "shared/base/clock.h"
#include "supervisor/base/preflight.h"
#include "supervisor/commands.h"
#include "supervisor/discord_answer.h"
#include "supervisor/fleet_parts.h"
#include "supervisor/gateway.h"
#include "supervisor/messages.h"

/* ---- layout --------------------------------------------------------- */

static bool
session_usable(struct fleet *f, uint32_t id, uint32_t count)
{
	struct store_session s;

	return store_session_get(&f->store, id, &s, NULL) == 1
	    && s.identity == f->identity && s.shard_count == count
	    && s.intents == f->config->intents;
}

uint32_t
fleet_stored_layout(struct fleet *f)
{
	uint32_t count = 0;
	size_t len = 0;

	if (store_blob_get(&f->store, FLEET_LAYOUT_KEY, &count, sizeof(count),
		&len, NULL)
		!= 1
	    || len != sizeof(count))
		return 0;
	if (f->config->shards > 0 && count != (uint32_t)f->config->shards)
		return 0;
	for (uint32_t i = 0; i < count; i++)
		if (session_usable(f, i, count))
			return count;
	return 0;
}

int
fleet_page(struct fleet *f, uint32_t count, struct err *e)
{
	page_close(&f->page);
	if (page_create(&f->page, f->config->state_dir, count, e) == -1)
		return -1;
	status_page_begin(f->status_page);
	status_page_update(f->status_page);
	return 0;
}

/* What an earlier run left and nobody is awaited to own. */
static void
clear_slots(struct fleet *f)
{
	for (uint32_t i = 0; i < f->local; i++) {
		struct page_watch *w = &f->page.slot[i].watch;

		if (f->shard[i].orphan != 0)
			continue;
		status_page_shard_down(f->status_page, i, false, "");
		w->pid = 0;
		w->pid_start = 0;
		w->restart_ms = 0;
	}
	if (f->handler->orphan != 0)
		return;
	status_page_handler_down(f->status_page, "");
	f->page.head->handler_watch.pid = 0;
}

/* ---- launch --------------------------------------------------------- */

static void
launch_some(struct timer *t)
{
	struct fleet *f = container_of(t, struct fleet, launch_timer);

	for (int i = 0; i < FLEET_LAUNCH_BATCH && f->launched < f->local; i++) {
		struct member *c = &f->shard[f->launched++];

		member_event(c, MEMBER_ON_START);
	}
	if (f->launched < f->local)
		timer_set(t, FLEET_LAUNCH_S);
}

/* Those without a session will ask for a permit: keep their place. */
static uint32_t
expect_identifies(struct fleet *f)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < f->local; i++)
		if (!session_usable(f, i, f->count)) {
			permit_expect(f->permit, i);
			n++;
		}
	return n;
}

static void
take_members(struct fleet *f, uint32_t count)
{
	f->count = f->local = count;
	f->shard = base_alloc(count * sizeof(*f->shard));
	for (uint32_t i = 0; i < count; i++)
		member_init(&f->shard[i], f, CONTRACT_SHARD, i);
}

static void
drop_members(struct fleet *f)
{
	for (uint32_t i = 0; i < f->local; i++)
		member_free(&f->shard[i]);
	free(f->shard);
	f->shard = NULL;
	f->local = f->count = f->launched = 0;
}

/* All of a launch that can fail; then nothing of it is left. */
static int
acquire(struct fleet *f, uint32_t count, struct err *e)
{
	if (preflight_fds_fit(count, e) == -1 || fleet_page(f, count, e) == -1)
		return -1;
	take_members(f, count);
	if (adopt_launch(f->adopt, e) == -1)
		goto err1;
	if (program_self(&f->handler->program, f->config->text, e) == -1)
		goto err2;
	store_writes_blob(&f->writes, FLEET_LAYOUT_KEY, &count, sizeof(count));
	return 0;
err2:
	adopt_close(f->adopt);
err1:
	adopt_forget(f->adopt);
	drop_members(f);
	return -1;
}

/* One that an earlier supervisor left is awaited as a start is. */
static void
await_orphan(struct member *c)
{
	if (c->orphan == 0)
		return;
	if (program_self(&c->program, c->fleet->config->text, NULL) == 0)
		member_event(c, MEMBER_ON_START);
}

/* Others than the gate run on while the shards are planned anew. */
static void
services_launch(struct fleet *f)
{
	for (size_t i = 0; i < SERVICES; i++) {
		struct member *c = service_now(&f->service[i]);

		await_orphan(c);
		if (c->orphan == 0 && !member_running(c))
			service_watch(&f->service[i])->pid = 0;
	}
	service_change_follow(f);
}

int
fleet_launch(struct fleet *f, uint32_t count, struct err *e)
{
	uint32_t fresh;

	must(f->local == 0);
	if (count == 0)
		return err_set(e, EXIT_CONFIG, "no usable shard count");
	if (acquire(f, count, e) == -1)
		return -1;
	clear_slots(f);
	crash_brake_init(f->brake, count);
	permit_init(f->permit, f->timers, count, f->config->identify_interval_s,
	    f->config->reserve, &ledger_actions, f);
	ledger_init(f->ledger, f);
	hold_restore(f->hold);
	day_totals_layout(f->day_totals, count);
	watch_start(f->watch);
	fresh = expect_identifies(f);
	log_notice("Starting %u shards: %u with a session to resume, %u need "
		   "an IDENTIFY.",
	    count, count - fresh, fresh);
	member_event(f->handler, MEMBER_ON_START);
	services_launch(f);
	clients_each(f->clients, await_orphan);
	timer_init(f->timers, &f->launch_timer, launch_some);
	launch_some(&f->launch_timer);
	rollout_effects_launched(f->rollout);
	status_page_update(f->status_page);
	return 0;
}

void
fleet_unlaunch(struct fleet *f)
{
	token_move_abort(f->token_move,
	    "The layout changes: ask again when the fleet runs.");
	timer_stop(&f->launch_timer);
	timer_stop(&f->uplinks->timer);
	rollout_effects_forget(f->rollout);
	watch_forget(f->watch);
	day_totals_layout(f->day_totals, 0);
	drop_members(f);
	program_close(&f->handler->program);
	program_close(&f->gate->program);
	permit_free(f->permit);
	crash_brake_free(f->brake);
}

/* ---- up and down ---------------------------------------------------- */

static void
tell(struct fleet *f, const char *line)
{
	if (f->ready_fd == -1)
		return;
	status_page_fill(f);
	fd_write_all(f->ready_fd, line, strlen(line));
	close(f->ready_fd);
	f->ready_fd = -1;
}

void
fleet_tell_ready(struct fleet *f)
{
	/* Who waits for us is told when all is in our hands. */
	if (!f->adopt->busy)
		tell(f, "ok\n");
}

void
fleet_give_up(struct fleet *f, int code, const char *sentence)
{
	char line[1200];

	if (f->exit_code == 0)
		f->exit_code = code;
	log_error("%s", sentence);
	status_notes_say(&f->notes, NOTE_FATAL, sentence);
	str_format(line, sizeof(line), "error %d %s\n", code, sentence);
	tell(f, line);
	stop_begin(f->stop, false, "itself: it can't go on");
}

/* ---- told by children ----------------------------------------------- */

static void
handler_ready(struct fleet *f, struct member *c)
{
	const struct page_handler *p = &f->page.head->handler;

	log_info("The %s is ready, generation %u.", c->name, c->generation);
	status_notes_past(&f->page, -1, "%s ready, pid %d, generation %u",
	    c->name, (int)c->pid, c->generation);
	c->ends_before = p->plugin_restarts + p->dead_letters;
	if (c == f->handler)
		uplinks_add(f->uplinks, c);
	gate_lanes_add(f->gate_lanes, c);
	reload_effects_ready(f->reload, c);
}

static void
ready(struct member *c)
{
	struct fleet *f = c->fleet;

	if (service_of(f, c->role) != NULL) {
		log_info("The %s is ready.", c->name);
		status_notes_past(&f->page, -1, "%s ready, pid %d", c->name,
		    (int)c->pid);
		service_change_ready(service_of(f, c->role), c);
		clients_follow(f->clients);
		return;
	}
	if (c->role == CONTRACT_RUNNER)
		return;
	if (c->role == CONTRACT_HANDLER) {
		handler_ready(f, c);
		return;
	}
	rollout_effects_ready(f->rollout, c);
	if (crash_brake_ready(f->brake, c->slot))
		fleet_unbrake(f);
}

void
fleet_unbrake(struct fleet *f)
{
	log_notice("A restarted shard stays up: the others follow.");
	for (uint32_t i = 0; i < f->local; i++)
		member_unbrake(&f->shard[i]);
}

/*
 * A fatal close is nearly always common to all (3.3 rule 5).  Sessions that
 * live go on: what ended this one has not ended them.
 */
void
fleet_fatal(struct fleet *f, struct member *c, uint32_t code, const char *text)
{
	if (c->role == CONTRACT_RUNNER)
		log_error("The %s can't go on: %s", c->name, text);
	else if (c->role == CONTRACT_GATE)
		log_error("The gate can't go on: %s Its clients can't "
			  "connect.",
		    text);
	else if (c->role == CONTRACT_WEB)
		log_error("Web can't go on: %s Metrics and status page are "
			  "not served.",
		    text);
	else if (c->role == CONTRACT_HANDLER)
		log_error("The handler can't go on: %s Events are kept in the "
			  "shards.",
		    text);
	else if (code == 4004 && member_outdated(c))
		log_notice("%s was told so of the token before this one: it "
			   "gets the one in force.",
		    c->name);
	else if (code == 4010 || code == 4011)
		reshard_begin(f->reshard, code, c->slot);
	else if (code != 0)
		hold_set(f->hold, code, c->slot, text);
	else
		log_error("%s can't go on: %s", c->name, text);
}

static void
ended(struct member *c)
{
	struct fleet *f = c->fleet;
	const struct page *p = &f->page;

	if (c->role == CONTRACT_RUNNER) {
		clients_gone(f->clients, c);
	} else if (service_of(f, c->role) != NULL) {
		client_kick_gate_gone(f->client_kick, c);
		service_change_gone(service_of(f, c->role), c);
	} else if (c->role == CONTRACT_HANDLER) {
		if (c == f->handler)
			status_page_handler_down(f->status_page,
			    p->head->handler_watch.last_end);
		plugin_command_handler_gone(f->plugin_command, c);
		probe_handler_gone(f->probe, c);
		reload_effects_gone(f->reload, c);
	} else if (c->second != NULL) {
		rollout_effects_gone(f->rollout, c);
	} else {
		status_page_shard_down(f->status_page, c->slot,
		    c->state == MEMBER_FAILED,
		    c->state == MEMBER_DOWN ? ""
					    : p->slot[c->slot].watch.last_end);
		permit_lost(f->permit, c->slot);
		c->pair_due = false;
		c->paired = c->switched = 0;
		reload_effects_moved(f->reload);
		rollout_effects_gone(f->rollout, c);
	}
	if (f->stopping)
		stop_progress(f->stop);
	else
		reshard_progress(f->reshard);
}

void
fleet_switched(struct fleet *f, struct member *c, uint32_t generation)
{
	c->switched = generation;
	reload_effects_moved(f->reload);
}

void
fleet_each_child(struct fleet *f, void (*fn)(struct member *))
{
	for (size_t i = 0; i < FLEET_HANDLERS; i++)
		fn(&f->handler_slot[i]);
	service_each(f, fn);
	clients_each(f->clients, fn);
	for (uint32_t i = 0; i < f->local; i++)
		fn(&f->shard[i]);
	for (size_t i = 0; i < nitems(f->rollout->lane); i++)
		if (!handover_effects_free(&f->rollout->lane[i]))
			fn(&f->rollout->lane[i].other);
}

struct member *
fleet_find(struct fleet *f, pid_t pid)
{
	struct member *runner = clients_find(f->clients, pid);

	if (runner == NULL)
		runner = service_find(f, pid);
	if (runner != NULL)
		return runner;
	for (size_t i = 0; i < FLEET_HANDLERS; i++)
		if (f->handler_slot[i].pid == pid)
			return &f->handler_slot[i];
	for (uint32_t i = 0; i < f->local; i++)
		if (f->shard[i].pid == pid)
			return &f->shard[i];
	return rollout_effects_find(f->rollout, pid);
}

/* ---- what is under way ---------------------------------------------- */

static bool
on_hold(const struct fleet *f)
{
	return f->permit->held[0] != '\0' && f->reshard->state == RESHARD_NOT;
}

bool
fleet_underway(const struct fleet *f, unsigned u)
{
	switch (u) {
	case UNDERWAY_START:
		return f->local == 0 || f->launched < f->local;
	case UNDERWAY_ADOPT:
		return f->adopt->busy;
	case UNDERWAY_HOLD:
		return on_hold(f) && !hold_of_token(f->hold);
	case UNDERWAY_BAD_TOKEN:
		return on_hold(f) && hold_of_token(f->hold);
	case UNDERWAY_PLAN:
		return f->reshard->state == RESHARD_ASKING
		    || f->reshard->state == RESHARD_SHORT;
	case UNDERWAY_RESHARD:
		return f->reshard->state == RESHARD_STOPPING;
	case UNDERWAY_STOP:
		return f->stopping;
	case UNDERWAY_RELOAD:
		return reload_effects_busy(f->reload)
		    || member_running(member_spare(f));
	case UNDERWAY_ROLLOUT:
		return rollout_effects_busy(f->rollout);
	case UNDERWAY_HANDOVER:
		return rollout_effects_running(f->rollout);
	case UNDERWAY_UPGRADE:
		return upgrade_busy(f->upgrade);
	case UNDERWAY_TOKEN:
		return token_move_busy(f->token_move);
	case UNDERWAY_PLUGIN:
		return plugin_command_busy(f->plugin_command);
	case UNDERWAY_PROBE:
		return probe_busy(f->probe);
	case UNDERWAY_CLIENT:
		return clients_busy(f->clients);
	default:
		bug("no such operation");
	}
}

/* ---- asked for by lower rooms --------------------------------------- */

static void
paired(struct fleet *f)
{
	reload_effects_moved(f->reload);
}

static void
configured(struct fleet *f)
{
	clients_reloaded(f->clients);
}

static void
stop_for_upgrade(struct fleet *f)
{
	stop_begin(f->stop, false, "an upgrade that can't go on");
}

static void
keep(struct fleet *f)
{
	watch_cursors(f->watch);
	day_totals_keep(f->day_totals);
}

static const struct member_ops member_ops = {
    .greet = gateway_tell,
    .ready = ready,
    .ended = ended,
    .message = messages_take,
    .paired = paired,
    .awaits = adopt_awaits,
    .dismiss = adopt_dismiss,
    .configured = configured,
    .each = fleet_each_child,
};
static const struct upgrade_ops upgrade_ops = {
    .stop = stop_for_upgrade,
    .keep = keep,
    .settled = fleet_tell_ready,
};
static const struct control_ops control_ops = {
    .carry_out = commands_carry_out,
    .answering = status_page_fill,
};

struct fleet *
fleet_new(void)
{
	struct {
		struct fleet fleet;
		struct fleet_parts parts;
	} *all = base_alloc(sizeof(*all));
	struct fleet *f = &all->fleet;
	struct fleet_parts *p = &all->parts;

	f->member_ops = &member_ops;
	f->upgrade_ops = &upgrade_ops;
	f->control.ops = &control_ops;
	f->underway = fleet_underway;
	f->answered = discord_answer;
	f->notify = &p->systemd.notify;
	f->handler_slot = p->handler_slot;
	f->service = p->service;
#define X(s, m) f->m = &p->m;
	FLEET_PARTS(X)
#undef X
	return f;
}

void
fleet_init(struct fleet *f)
{
	store_writes_init(&f->writes, f->timers, &f->store);
	status_page_init(f->status_page, f);
	stop_init(f->stop, f);
	uplinks_init(f->uplinks, f);
	hold_init(f->hold, f);
	reshard_init(f->reshard, f);
	alerts_open(f->alerts, f);
	day_totals_init(f->day_totals, f);
	next_start_init(f->next_start, f);
	reload_effects_init(f->reload, f);
	rollout_effects_init(f->rollout, f);
	plugin_command_init(f->plugin_command, f);
	probe_init(f->probe, f);
	discord_info_init(f->discord_info, f);
	token_move_init(f->token_move, f);
	sighup_init(f->sighup, f);
	adopt_init(f->adopt, f);
	upgrade_init(f->upgrade, f);
	timer_init(f->timers, &f->launch_timer, NULL);
	for (uint32_t i = 0; i < FLEET_HANDLERS; i++)
		member_init(&f->handler_slot[i], f, CONTRACT_HANDLER, i);
	f->handler = &f->handler_slot[0];
	kept_init(f->kept, f);
	gate_lanes_init(f->gate_lanes, f);
	clients_init(f->clients, f);
	client_kick_init(f->client_kick, f);
	for (unsigned i = 0; i < SERVICES; i++)
		service_init(&f->service[i], i, f);
}
