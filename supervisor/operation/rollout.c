/* SPDX-License-Identifier: MIT */
/* See rollout.h. */
#include "supervisor/operation/rollout.h"

#include <string.h>

#include "shared/base/log.h"

const char *const rollout_state_name[ROLLOUT_STATE_COUNT] = {
#define X(n, s) [ROLLOUT_##n] = s,
    ROLLOUT_STATES(X)
#undef X
};
static const char *const event_name[ROLLOUT_EVENT_COUNT] = {
#define X(n, s) [ROLLOUT_ON_##n] = s,
    ROLLOUT_EVENTS(X)
#undef X
};

/* ---- pieces of the transitions -------------------------------------- */

static uint32_t
running(const struct rollout *r)
{
	return r->begun - r->moved - r->failed;
}

static void
finish(struct rollout *r, int code, const char *sentence)
{
	timer_stop(&r->deadline);
	timer_stop(&r->tick);
	r->state = ROLLOUT_IDLE;
	r->code = code;
	str_copy(r->words, sentence, sizeof(r->words));
	machine_tell(&r->machine, 0);
}

static void
finish_well(struct rollout *r)
{
	char words[ROLLOUT_WORDS];

	if (r->failed == 0)
		str_format(words, sizeof(words),
		    "%u of %u shards were replaced and are well.", r->moved,
		    r->plan.total);
	else
		str_format(words, sizeof(words),
		    "%u of %u shards were replaced, %u were not: \"shardherd "
		    "rollout\" tries those again.",
		    r->moved, r->plan.total, r->failed);
	finish(r, r->failed == 0 ? EXIT_FINE : EXIT_DEGRADED, words);
}

static void
finish_stopped(struct rollout *r)
{
	char words[ROLLOUT_WORDS + 256];

	str_format(words, sizeof(words),
	    "Stopped with %u of %u shards replaced: %s. \"shardherd rollout\" "
	    "goes on, \"shardherd rollout undo\" goes back.",
	    r->moved, r->plan.total, r->why);
	finish(r, EXIT_DEGRADED, words);
}

static void
stop(struct rollout *r, const char *why)
{
	timer_stop(&r->deadline);
	if (r->state != ROLLOUT_STOPPING)
		str_copy(r->why, why, sizeof(r->why));
	r->state = ROLLOUT_STOPPING;
}

/* One more: is it one too many? */
static void
count_failure(struct rollout *r)
{
	char words[128];

	r->failed++;
	if (r->state == ROLLOUT_CANARY || r->state == ROLLOUT_PAUSE) {
		stop(r, "a canary failed");
	} else if (r->failed > r->plan.max_failures) {
		str_format(words, sizeof(words),
		    "%u shards failed, of which %u are tolerated", r->failed,
		    r->plan.max_failures);
		stop(r, words);
	}
}

static uint32_t
limit(const struct rollout *r)
{
	return r->state == ROLLOUT_CANARY ? r->plan.canary : r->plan.total;
}

static void
fill(struct rollout *r)
{
	uint32_t width = r->state == ROLLOUT_CANARY ? 1 : r->plan.parallel;

	while ((r->state == ROLLOUT_CANARY || r->state == ROLLOUT_REST)
	    && r->begun < limit(r) && running(r) < width) {
		r->begun++;
		switch (r->do_->next(r->arg)) {
		case ROLLOUT_SKIPPED:
			r->moved++;
			break;
		case ROLLOUT_REFUSED:
			count_failure(r);
			break;
		case ROLLOUT_LATER:
			r->begun--;
			return;
		default:
			break;
		}
	}
}

static void
watch(struct rollout *r, enum rollout_state state)
{
	char words[ROLLOUT_WORDS];

	r->state = state;
	r->waits = 0;
	timer_set(&r->deadline, r->plan.pause_s);
	if (r->plan.pause_s <= 0)
		return;
	str_format(words, sizeof(words),
	    "%u of %u shards are replaced; watching them for %g s.", r->moved,
	    r->plan.total, r->plan.pause_s);
	r->do_->tell(r->arg, words);
}

/* What follows when nothing is under way any more. */
static void
step(struct rollout *r)
{
	fill(r);
	if (running(r) > 0
	    || (r->begun < limit(r)
		&& (r->state == ROLLOUT_CANARY || r->state == ROLLOUT_REST)))
		return;
	if (r->state == ROLLOUT_STOPPING)
		finish_stopped(r);
	else if (r->state == ROLLOUT_CANARY && r->begun < r->plan.total)
		watch(r, ROLLOUT_PAUSE);
	else if (r->state == ROLLOUT_CANARY || r->state == ROLLOUT_REST)
		watch(r, ROLLOUT_WATCH);
}

/* ---- transitions ---------------------------------------------------- */

static void
begin(struct rollout *r)
{
	r->begun = r->moved = r->failed = 0;
	r->why[0] = '\0';
	if (r->plan.canary > r->plan.total)
		r->plan.canary = r->plan.total;
	r->state = r->plan.canary > 0 ? ROLLOUT_CANARY : ROLLOUT_REST;
	timer_set(&r->tick, ROLLOUT_TICK_S);
	step(r);
}

static void
moved(struct rollout *r)
{
	r->moved++;
	step(r);
}

static void
failed(struct rollout *r)
{
	count_failure(r);
	step(r);
}

static enum rollout_verdict
look(struct rollout *r)
{
	char words[ROLLOUT_WORDS];
	enum rollout_verdict v = r->do_->judge(r->arg, words, sizeof(words));

	if (v != ROLLOUT_BAD)
		return v;
	r->do_->tell(r->arg, words);
	must(r->moved > 0);
	r->moved--;
	count_failure(r);
	step(r);
	return v;
}

static void
tick(struct rollout *r)
{
	timer_set(&r->tick, ROLLOUT_TICK_S);
	if (look(r) != ROLLOUT_BAD)
		step(r);
}

static void
pause_over(struct rollout *r)
{
	enum rollout_state was = r->state;

	switch (look(r)) {
	case ROLLOUT_WAIT:
		if (r->waits++ < ROLLOUT_WAITS_MAX) {
			timer_set(&r->deadline, ROLLOUT_TICK_S);
			return;
		}
		r->failed++;
		r->moved--;
		stop(r, "a shard that was replaced is not ready");
		step(r);
		return;
	case ROLLOUT_BAD:
		/* It may have ended by it; else there may be more of them. */
		if (r->state == was)
			timer_set(&r->deadline, ROLLOUT_TICK_S);
		return;
	default:
		break;
	}
	if (was == ROLLOUT_WATCH) {
		finish_well(r);
		return;
	}
	r->do_->tell(r->arg, "The canaries are well: going on.");
	r->state = ROLLOUT_REST;
	step(r);
}

static void
halt(struct rollout *r)
{
	stop(r, "an operator stopped it");
	step(r);
}

static void
abort_all(struct rollout *r)
{
	finish(r, EXIT_TRY_LATER,
	    "The fleet is stopping: the rollout was given up.");
}

static void
nothing(struct rollout *r)
{
}

static void
impossible(struct rollout *r)
{
	bug("a rollout's state and event do not fit");
}

typedef void transition(struct rollout *);

#define S(n) [ROLLOUT_##n]
#define E(n) [ROLLOUT_ON_##n]
static transition *const table[ROLLOUT_STATE_COUNT][ROLLOUT_EVENT_COUNT] = {
    S(IDLE) = {E(BEGIN) = begin, E(MOVED) = nothing, E(FAILED) = nothing,
	E(TIMER) = impossible, E(TICK) = impossible, E(HALT) = nothing,
	E(ABORT) = nothing},
    S(CANARY) = {E(BEGIN) = impossible, E(MOVED) = moved, E(FAILED) = failed,
	E(TIMER) = impossible, E(TICK) = tick, E(HALT) = halt,
	E(ABORT) = abort_all},
    S(PAUSE) = {E(BEGIN) = impossible, E(MOVED) = impossible,
	E(FAILED) = impossible, E(TIMER) = pause_over, E(TICK) = tick,
	E(HALT) = halt, E(ABORT) = abort_all},
    S(REST) = {E(BEGIN) = impossible, E(MOVED) = moved, E(FAILED) = failed,
	E(TIMER) = impossible, E(TICK) = tick, E(HALT) = halt,
	E(ABORT) = abort_all},
    S(WATCH) = {E(BEGIN) = impossible, E(MOVED) = impossible,
	E(FAILED) = impossible, E(TIMER) = pause_over, E(TICK) = tick,
	E(HALT) = halt, E(ABORT) = abort_all},
    S(STOPPING) = {E(BEGIN) = impossible, E(MOVED) = moved, E(FAILED) = failed,
	E(TIMER) = impossible, E(TICK) = tick, E(HALT) = nothing,
	E(ABORT) = abort_all},
};
#undef S
#undef E

static void
on_event(struct machine *m, unsigned ev)
{
	struct rollout *r = container_of(m, struct rollout, machine);

	if (ev != ROLLOUT_ON_TICK)
		log_debug("rollout: %s on %s", rollout_state_name[r->state],
		    event_name[ev]);
	table[r->state][ev](r);
}

/* The one piece of news is that it is over. */
static void
tell(struct machine *m, unsigned news)
{
	struct rollout *r = container_of(m, struct rollout, machine);

	r->do_->done(r->arg, r->code, r->words);
}

void
rollout_event(struct rollout *r, enum rollout_event ev)
{
	machine_event(&r->machine, ev);
}

static void
on_deadline(struct timer *t)
{
	rollout_event(container_of(t, struct rollout, deadline),
	    ROLLOUT_ON_TIMER);
}

static void
on_tick(struct timer *t)
{
	rollout_event(container_of(t, struct rollout, tick), ROLLOUT_ON_TICK);
}

void
rollout_init(struct rollout *r, struct timers *timers,
    const struct rollout_actions *actions, void *arg)
{
	memset(r, 0, sizeof(*r));
	machine_init(&r->machine, on_event, tell);
	r->do_ = actions;
	r->arg = arg;
	timer_init(timers, &r->deadline, on_deadline);
	timer_init(timers, &r->tick, on_tick);
}

void
rollout_begin(struct rollout *r, const struct rollout_plan *plan)
{
	must(r->state == ROLLOUT_IDLE && plan->total > 0);
	r->plan = *plan;
	if (r->plan.parallel == 0)
		r->plan.parallel = 1;
	rollout_event(r, ROLLOUT_ON_BEGIN);
}
