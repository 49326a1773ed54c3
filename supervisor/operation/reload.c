/* SPDX-License-Identifier: MIT */
/* See reload.h. */
#include "supervisor/operation/reload.h"

#include <string.h>

#include "shared/base/log.h"

const char *const reload_state_name[RELOAD_STATE_COUNT] = {
#define X(n, s) [RELOAD_##n] = s,
    RELOAD_STATES(X)
#undef X
};
static const char *const reload_event_name[RELOAD_EVENT_COUNT] = {
#define X(n, s) [RELOAD_ON_##n] = s,
    RELOAD_EVENTS(X)
#undef X
};

/* ---- pieces of the transitions -------------------------------------- */

static void
enter(struct reload *r, enum reload_state s, double deadline_s)
{
	r->state = s;
	timer_set(&r->deadline, deadline_s);
}

static void
finish(struct reload *r, bool rolled_back, int code, const char *sentence)
{
	timer_stop(&r->deadline);
	timer_stop(&r->tick);
	r->state = RELOAD_IDLE;
	r->do_->settle(r->arg, rolled_back);
	r->code = code;
	str_copy(r->words, sentence, sizeof(r->words));
	machine_tell(&r->machine, 0);
}

/* Rolled back as far as it goes; end says how that went. */
static void
finish_back(struct reload *r, const char *end)
{
	char words[RELOAD_WORDS + 256];

	str_format(words, sizeof(words), "Rolled back: the new handler %s. %s",
	    r->why, end);
	finish(r, true, EXIT_DEGRADED, words);
}

static void
back_progress(struct reload *r)
{
	char words[256];

	if (!r->do_->restored(r->arg))
		return;
	r->do_->aftermath(r->arg, words, sizeof(words));
	finish_back(r, words);
}

static void
roll_back(struct reload *r, const char *why)
{
	char words[RELOAD_WORDS + 64];

	str_copy(r->why, why, sizeof(r->why));
	timer_stop(&r->tick);
	str_format(words, sizeof(words), "The new handler %s: rolling back.",
	    why);
	r->do_->tell(r->arg, words);
	enter(r, RELOAD_ROLLING_BACK, r->limits.back_s);
	r->do_->restore(r->arg, why);
	back_progress(r);
}

static void
roll_back_died(struct reload *r)
{
	char words[RELOAD_WORDS];

	r->do_->obituary(r->arg, words, sizeof(words));
	roll_back(r, words);
}

static void
watch_over(struct reload *r)
{
	if (r->limits.probation_s <= 0) {
		finish(r, false, EXIT_FINE,
		    "The new handler serves; there was no probation.");
		return;
	}
	r->do_->tell(r->arg,
	    "The old handler is gone; the new one is on probation.");
	enter(r, RELOAD_PROBATION, r->limits.probation_s);
}

static void
let_old_go(struct reload *r)
{
	if (r->old_gone || !r->do_->retire(r->arg)) {
		watch_over(r);
		return;
	}
	r->do_->tell(r->arg,
	    "Every shard has switched; the old handler stops.");
	enter(r, RELOAD_STOPPING_OLD, r->limits.stop_s);
}

/* ---- transitions ---------------------------------------------------- */

static void
begin(struct reload *r)
{
	r->old_gone = false;
	r->refused = r->do_->start(r->arg, r->refusal) == -1;
	if (!r->refused)
		enter(r, RELOAD_STARTING, r->limits.ready_s);
}

static void
new_ready(struct reload *r)
{
	char words[RELOAD_WORDS];

	if (!r->do_->fit(r->arg, words, sizeof(words))) {
		roll_back(r, words);
		return;
	}
	r->do_->tell(r->arg, "The new handler is ready; the shards switch.");
	enter(r, RELOAD_SWITCHING, r->limits.switch_s);
	timer_set(&r->tick, RELOAD_TICK_S);
	r->do_->promote(r->arg);
	if (r->do_->behind(r->arg) == 0)
		let_old_go(r);
}

static void
not_ready(struct reload *r)
{
	roll_back(r, "was not ready within [handler] start_timeout");
}

static void
old_died(struct reload *r)
{
	r->old_gone = true;
	if (r->state == RELOAD_STARTING)
		r->do_->tell(r->arg,
		    "The old handler ended meanwhile: the shards keep its "
		    "events for the new one.");
}

static void
moved(struct reload *r)
{
	if (r->do_->behind(r->arg) == 0)
		let_old_go(r);
}

/* Those who still wait follow when the old handler's end closes its uplinks. */
static void
switch_late(struct reload *r)
{
	char words[RELOAD_WORDS];

	str_format(words, sizeof(words),
	    "%u shards have not switched in time: they will as the old handler "
	    "stops.",
	    r->do_->behind(r->arg));
	r->do_->tell(r->arg, words);
	let_old_go(r);
}

static void
switch_old_died(struct reload *r)
{
	old_died(r);
	moved(r);
}

static void
old_left(struct reload *r)
{
	r->old_gone = true;
	watch_over(r);
}

static void
judge(struct reload *r)
{
	char words[RELOAD_WORDS];

	timer_set(&r->tick, RELOAD_TICK_S);
	if (r->do_->judge(r->arg, false, words, sizeof(words)) == RELOAD_BAD)
		roll_back(r, words);
}

static void
sentence(struct reload *r)
{
	char words[RELOAD_WORDS];

	switch (r->do_->judge(r->arg, true, words, sizeof(words))) {
	case RELOAD_BAD:
		roll_back(r, words);
		return;
	case RELOAD_WAIT:
		timer_set(&r->deadline, RELOAD_TICK_S);
		return;
	default:
		finish(r, false, EXIT_FINE,
		    "The new handler has passed its probation.");
	}
}

static void
back_failed(struct reload *r)
{
	finish_back(r,
	    "The one before could not serve either: it is started again with "
	    "growing delay, and the shards keep the events.");
}

static void
back_late(struct reload *r)
{
	finish_back(r,
	    "Not every shard has switched back yet: see \"shardherd status\".");
}

static void
abort_all(struct reload *r)
{
	finish(r, false, EXIT_TRY_LATER,
	    "The fleet is stopping: the reload was given up.");
}

static void
nothing(struct reload *r)
{
}

static void
impossible(struct reload *r)
{
	bug("a reload's state and event do not fit");
}

typedef void transition(struct reload *);

#define S(n) [RELOAD_##n]
#define E(n) [RELOAD_ON_##n]
static transition *const table[RELOAD_STATE_COUNT][RELOAD_EVENT_COUNT] = {
    S(IDLE) = {E(BEGIN) = begin, E(READY) = nothing, E(NEW_GONE) = nothing,
	E(OLD_GONE) = nothing, E(MOVED) = nothing, E(TIMER) = impossible,
	E(TICK) = impossible, E(ABORT) = nothing},
    S(STARTING) = {E(BEGIN) = impossible, E(READY) = new_ready,
	E(NEW_GONE) = roll_back_died, E(OLD_GONE) = old_died,
	E(MOVED) = nothing, E(TIMER) = not_ready, E(TICK) = impossible,
	E(ABORT) = abort_all},
    S(SWITCHING) = {E(BEGIN) = impossible, E(READY) = nothing,
	E(NEW_GONE) = roll_back_died, E(OLD_GONE) = switch_old_died,
	E(MOVED) = moved, E(TIMER) = switch_late, E(TICK) = judge,
	E(ABORT) = abort_all},
    S(STOPPING_OLD) = {E(BEGIN) = impossible, E(READY) = nothing,
	E(NEW_GONE) = roll_back_died, E(OLD_GONE) = old_left,
	E(MOVED) = nothing, E(TIMER) = watch_over, E(TICK) = judge,
	E(ABORT) = abort_all},
    S(PROBATION) = {E(BEGIN) = impossible, E(READY) = nothing,
	E(NEW_GONE) = roll_back_died, E(OLD_GONE) = nothing, E(MOVED) = nothing,
	E(TIMER) = sentence, E(TICK) = judge, E(ABORT) = abort_all},
    S(ROLLING_BACK) = {E(BEGIN) = impossible, E(READY) = back_progress,
	E(NEW_GONE) = back_progress, E(OLD_GONE) = back_failed,
	E(MOVED) = back_progress, E(TIMER) = back_late, E(TICK) = impossible,
	E(ABORT) = abort_all},
};
#undef S
#undef E

static void
step(struct machine *m, unsigned ev)
{
	struct reload *r = container_of(m, struct reload, machine);

	/* Shards move at starts and losses, too, when nothing is under way. */
	if (ev != RELOAD_ON_TICK
	    && !(ev == RELOAD_ON_MOVED && r->state == RELOAD_IDLE))
		log_debug("reload: %s on %s", reload_state_name[r->state],
		    reload_event_name[ev]);
	table[r->state][ev](r);
}

/* The one piece of news is that it is over. */
static void
tell(struct machine *m, unsigned news)
{
	struct reload *r = container_of(m, struct reload, machine);

	r->do_->done(r->arg, r->code, r->words);
}

void
reload_event(struct reload *r, enum reload_event ev)
{
	machine_event(&r->machine, ev);
}

static void
on_deadline(struct timer *t)
{
	reload_event(container_of(t, struct reload, deadline), RELOAD_ON_TIMER);
}

static void
on_tick(struct timer *t)
{
	reload_event(container_of(t, struct reload, tick), RELOAD_ON_TICK);
}

void
reload_init(struct reload *r, struct timers *timers,
    const struct reload_actions *actions, void *arg)
{
	memset(r, 0, sizeof(*r));
	machine_init(&r->machine, step, tell);
	r->do_ = actions;
	r->arg = arg;
	timer_init(timers, &r->deadline, on_deadline);
	timer_init(timers, &r->tick, on_tick);
}

int
reload_begin(struct reload *r, const struct reload_limits *l, struct err *e)
{
	if (r->state != RELOAD_IDLE)
		return err_set(e, EXIT_TRY_LATER,
		    "a reload is under way (%s): wait until it is over",
		    reload_state_name[r->state]);
	r->limits = *l;
	r->refusal = e;
	r->refused = false;
	reload_event(r, RELOAD_ON_BEGIN);
	return r->refused ? -1 : 0;
}
