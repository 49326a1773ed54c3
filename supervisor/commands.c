/* SPDX-License-Identifier: MIT */
/* See commands.h. */
#include "supervisor/commands.h"

#include "shared/base/clock.h"
#include "shared/base/secret.h"
#include "supervisor/base/fleet_state.h"
#include "supervisor/base/request.h"
#include "supervisor/child/member.h"
#include "supervisor/client/client_kick.h"
#include "supervisor/client/clients.h"
#include "supervisor/identify/permit.h"
#include "supervisor/operation/operation.h"
#include "supervisor/stop.h"
#include "supervisor/child/loglevel.h"
#include "supervisor/identify/discord_info.h"
#include "supervisor/identify/hold.h"
#include "supervisor/operation/service_change.h"
#include "supervisor/operation/plugin_command.h"
#include "supervisor/operation/probe.h"
#include "supervisor/operation/reload_effects.h"
#include "supervisor/operation/rollout_effects.h"
#include "supervisor/operation/token_move.h"
#include "supervisor/upgrade/upgrade.h"

static int
do_identify(struct fleet *f, struct member *c, struct err *e)
{
	if (f->permit->held[0] != '\0')
		return err_set(e, EXIT_TRY_LATER, "%s", f->permit->held);
	if (permit_remaining(f->permit) == 0)
		return err_set(e, EXIT_TRY_LATER,
		    "no IDENTIFY is left: one more would end every session and "
		    "reset the token");
	if (!permit_force(f->permit, c->slot))
		return err_set(e, EXIT_TRY_LATER,
		    "%s does not wait for an IDENTIFY", c->name);
	log_notice("%s is let IDENTIFY now, by %s.", c->name, f->control.who);
	status_notes_past(&f->page, (int32_t)c->slot, "let IDENTIFY by %s",
	    f->control.who);
	return 0;
}

/* Nobody but an operator ends a session that lives, and not to wait for
 * IDENTIFYs that are kept for those who lost theirs. */
static int
may_renew(struct fleet *f, const struct member *c, bool force, struct err *e)
{
	struct permit *p = f->permit;
	uint64_t now = clock_boot_ms(), own;
	struct page_shard s;

	if (p->held[0] != '\0')
		return err_set(e, EXIT_TRY_LATER, "%s", p->held);
	page_read(&f->page.slot[c->slot].shard, &s, sizeof(s));
	if (c->state != MEMBER_UP || s.state != SHARD_READY)
		return err_set(e, EXIT_TRY_LATER,
		    "%s is %s: only a session that lives is given up", c->name,
		    c->state == MEMBER_UP ? page_shard_state_name[s.state]
					  : member_state_name[c->state]);
	if (permit_remaining(p) < 0)
		return err_set(e, EXIT_TRY_LATER,
		    "how many IDENTIFYs are left is not known: \"shardherd "
		    "budget --ask\" asks Discord");
	if (!permit_above_reserve(p) && (!force || permit_remaining(p) == 0))
		return err_set(e, EXIT_TRY_LATER,
		    "%lld IDENTIFYs are left, and %lld are kept for shards "
		    "that lose their sessions: no session that lives is given "
		    "up",
		    (long long)permit_remaining(p),
		    (long long)permit_reserve(p));
	if (permit_braked(p))
		return err_set(e, EXIT_TRY_LATER,
		    "the brake is on, because of too many IDENTIFYs within "
		    "the hour: no session that lives is given up");
	own = permit_own_free_ms(p, c->slot, false);
	if (own > now)
		return err_set(e, EXIT_TRY_LATER,
		    "%s has IDENTIFYed lately, and may again in %llu s",
		    c->name, (unsigned long long)((own - now + 999) / 1000));
	return 0;
}

static int
do_renew(struct fleet *f, struct member *c, bool force, struct err *e)
{
	if (may_renew(f, c, force, e) == -1)
		return -1;
	if (!permit_above_reserve(f->permit))
		permit_leave(f->permit, permit_leave_left(f->permit) + 1);
	if (ipc_send(&c->ipc, MSG_RENEW, (int32_t)c->slot, 0, NULL, 0, -1)
	    == -1)
		return err_set(e, EXIT_TRY_LATER, "%s can't be told", c->name);
	log_notice("%s gives its session up and IDENTIFYs, by %s.", c->name,
	    f->control.who);
	status_notes_past(&f->page, (int32_t)c->slot, "session given up by %s",
	    f->control.who);
	return 0;
}

static int
do_shard(struct fleet *f, const struct request *r, struct err *e)
{
	struct member *c;

	if (r->shard >= f->launched)
		return err_set(e, EXIT_USAGE,
		    "there is no shard %u here, there are %u", r->shard,
		    f->launched);
	c = &f->shard[r->shard];
	if (operation_may(f, OPERATION_SHARD, e) == -1)
		return -1;
	if (r->action == REQUEST_IDENTIFY)
		return do_identify(f, c, e);
	if (r->action == REQUEST_RENEW)
		return do_renew(f, c, r->force, e);
	if (r->action == REQUEST_RESTART) {
		log_notice("%s is restarted by %s.", c->name, f->control.who);
		status_notes_past(&f->page, (int32_t)c->slot, "restarted by %s",
		    f->control.who);
		member_event(c, MEMBER_ON_RESTART);
		return 0;
	}
	if (c->state != MEMBER_UP
	    || ipc_send(&c->ipc, MSG_RECONNECT, (int32_t)c->slot, 0, NULL, 0,
		   -1)
		== -1)
		return err_set(e, EXIT_TRY_LATER,
		    "%s is %s: nothing to reconnect", c->name,
		    member_state_name[c->state]);
	status_notes_past(&f->page, (int32_t)c->slot, "made to reconnect by %s",
	    f->control.who);
	return 0;
}

static int
do_leave(struct fleet *f, uint32_t n, struct err *e)
{
	if (f->local == 0)
		return err_set(e, EXIT_TRY_LATER,
		    "the fleet is not started yet: Discord has not answered");
	log_notice("%u IDENTIFYs may pass the reserve, by %s.", n,
	    f->control.who);
	status_notes_past(&f->page, -1,
	    "%u IDENTIFYs let past the reserve by %s", n, f->control.who);
	permit_leave(f->permit, n);
	f->notes.due = true;
	return 0;
}

static int
do_level(struct fleet *f, const struct request *r, uint32_t ticket)
{
	char words[256];

	if (r->level_given) {
		log_notice("An operator sets the log level to %s.",
		    log_level_name[r->level]);
		loglevel_set(f, r->level);
	}
	loglevel_words(f, words, sizeof(words));
	control_say(&f->control, ticket, "level", words);
	return 0;
}

static int
do_stop(struct fleet *f, const struct request *r)
{
	if (f->stopping)
		stop_now(f->stop);
	else
		stop_begin(f->stop, r->end_sessions, f->control.who);
	return 0;
}

/* passed: the fd that holds the token, when the request says so. */
static int
do_token(struct fleet *f, const struct request *r, int passed, uint32_t ticket,
    struct err *e)
{
	const struct token_move_options o = {.dry = r->check,
	    .force = r->force,
	    .no_wait = r->no_wait};
	char *token = NULL;

	if (r->passed) {
		if (passed == -1)
			return err_set(e, EXIT_USAGE,
			    "token: no token came with the request");
		/* The client may keep the other end open, and empty. */
		if (fd_nonblock(passed) == -1)
			return err_sys(e, EXIT_USAGE,
			    "token: what came with the request can't be read");
		token = config_read_secret_fd(passed, e);
		if (token == NULL)
			return -1;
		token = secret_take(token);
	}
	return token_move_begin(f->token_move, token, ticket, &o, e) == -1 ? -1
									   : 1;
}

static int
do_rollout(struct fleet *f, const struct request_rolling *q, uint32_t ticket,
    struct err *e)
{
	struct rollout_effects_order o = {q->canary, q->parallel,
	    q->max_failures, q->pause_s, q->all, q->dry_run, q->no_wait};

	switch (q->action) {
	case REQUEST_ROLLOUT_STOP:
		return rollout_effects_halt(f->rollout, e);
	case REQUEST_ROLLOUT_UNDO:
		return rollout_effects_undo(f->rollout, ticket, &o, e) == -1
		    ? -1
		    : 1;
	default:
		return rollout_effects_begin(f->rollout, ticket, &o, e) == -1
		    ? -1
		    : 1;
	}
}

/* They go from the handler to who asks, without us. */
static int
do_events(struct fleet *f, const struct request *r, int passed, struct err *e)
{
	struct member *h = f->handler;

	if (passed == -1)
		return err_set(e, EXIT_USAGE,
		    "events: no socket came with the request");
	if (f->local == 0 || h->state != MEMBER_UP || h->ready_ms == 0)
		return err_set(e, EXIT_TRY_LATER,
		    "the handler is not ready (%s)",
		    member_state_name[h->state]);
	if (ipc_send(&h->ipc, MSG_EVENTS, -1, 0, &r->events, sizeof(r->events),
		passed)
	    == -1)
		return err_set(e, EXIT_TRY_LATER,
		    "the handler takes no commands now");
	log_info("Events are shown as they pass, to %s.", f->control.who);
	return 0;
}

static int
do_client(struct fleet *f, const struct request *r, uint32_t ticket,
    struct err *e)
{
	int rc = r->kick
	    ? client_kick_ask(f->client_kick, ticket, &r->client, e)
	    : clients_restart(f->clients, r->client.name, ticket, e);

	return rc == -1 ? -1 : 1;
}

/* Orders that have an end of their own: here it says who began. */
static void
tell_order(struct fleet *f, const struct request *r)
{
	static const char *const name[REQUEST_VERB_COUNT] = {
	    [REQUEST_RELOAD] = "reload",
	    [REQUEST_UPGRADE] = "upgrade",
	    [REQUEST_ROLLOUT] = "rollout",
	    [REQUEST_TOKEN] = "token reload",
	    [REQUEST_PLUGIN] = "plugin",
	    [REQUEST_RELEASE] = "release",
	    [REQUEST_RENEW_GATE] = "another gate",
	};
	bool dry = r->check || r->rollout.dry_run || r->upgrade.check;

	if (name[r->verb] == NULL || dry)
		return;
	log_info("%s, asked for by %s.", name[r->verb], f->control.who);
	status_notes_past(&f->page, -1, "%s%s%s%s%.40s asked for by %s",
	    name[r->verb], r->verb == REQUEST_PLUGIN ? " " : "",
	    r->verb == REQUEST_PLUGIN
		? contract_plugin_action_name(r->plugin.action)
		: "",
	    r->plugin.name[0] != '\0' ? " " : "", r->plugin.name,
	    f->control.who);
}

int
commands_carry_out(struct fleet *f, const struct request *r, int passed,
    uint32_t ticket, struct err *e)
{
	if (f->stopping && r->verb != REQUEST_STOP && r->verb != REQUEST_PING)
		return err_set(e, EXIT_TRY_LATER, "the fleet is stopping");
	tell_order(f, r);
	switch (r->verb) {
	case REQUEST_STOP:
		return do_stop(f, r);
	case REQUEST_SHARD:
		return do_shard(f, r, e);
	case REQUEST_RELOAD:
		return reload_effects_begin(f->reload, ticket, r->check,
			   r->no_wait, e)
			== -1
		    ? -1
		    : 1;
	case REQUEST_UPGRADE:
		return upgrade_begin(f->upgrade, ticket, &r->upgrade, e) == -1
		    ? -1
		    : 1;
	case REQUEST_PLUGIN:
		return plugin_command_ask(f->plugin_command, ticket, &r->plugin,
			   e)
			== -1
		    ? -1
		    : 1;
	case REQUEST_PROBE:
		return probe_ask(f->probe, ticket, r->setup, e) == -1 ? -1 : 1;
	case REQUEST_TOKEN:
		return do_token(f, r, passed, ticket, e);
	case REQUEST_ROLLOUT:
		return do_rollout(f, &r->rollout, ticket, e);
	case REQUEST_CLIENT:
		return do_client(f, r, ticket, e);
	case REQUEST_EVENTS:
		return do_events(f, r, passed, e);
	case REQUEST_LOG_LEVEL:
		return do_level(f, r, ticket);
	case REQUEST_RELEASE:
		return hold_release(f->hold, e);
	case REQUEST_LEAVE:
		return do_leave(f, r->identifies, e);
	case REQUEST_RENEW_GATE:
		return service_change_renew(&f->service[SERVICE_GATE], e);
	case REQUEST_RECONCILE:
		return discord_info_now(f->discord_info, e);
	default:
		return 0;
	}
}
