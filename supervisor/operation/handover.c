/* SPDX-License-Identifier: MIT */
/* See handover.h. */
#include "supervisor/operation/handover.h"

#include <string.h>

#include "shared/base/log.h"

static const char *const handover_state_name[HANDOVER_STATE_COUNT] = {
#define X(n, s) [HANDOVER_##n] = s,
    HANDOVER_STATES(X)
#undef X
};
static const char *const event_name[HANDOVER_EVENT_COUNT] = {
#define X(n, s) [HANDOVER_ON_##n] = s,
    HANDOVER_EVENTS(X)
#undef X
};

/* ---- pieces of the transitions -------------------------------------- */

static void
enter(struct handover *s, enum handover_state state, double deadline_s)
{
	s->state = state;
	timer_set(&s->deadline, deadline_s);
}

static void
finish(struct handover *s, bool ok, const char *why)
{
	timer_stop(&s->deadline);
	s->state = s->do_->other_runs(s->arg) ? HANDOVER_LEAVING
					      : HANDOVER_FREE;
	s->ok = ok;
	str_copy(s->why, why, sizeof(s->why));
	machine_tell(&s->machine, 0);
}

/* Nothing was changed: the old one goes on. */
static void
give_up(struct handover *s, const char *why)
{
	char words[HANDOVER_WORDS + 128];

	str_format(words, sizeof(words), "%s%s%s", why,
	    s->words[0] != '\0' ? ": " : "", s->words);
	s->do_->drop(s->arg);
	finish(s, false, words);
}

static void
take(struct handover *s)
{
	enter(s, HANDOVER_TAKING, s->limits.take_s);
	s->words[0] = '\0';
	s->do_->take(s->arg);
}

/* ---- transitions ---------------------------------------------------- */

static void
begin(struct handover *s)
{
	s->handed = s->killed = false;
	s->words[0] = '\0';
	s->refused = s->do_->start(s->arg, s->refusal) == -1;
	if (!s->refused)
		enter(s, HANDOVER_DIALLING, s->limits.dial_s);
}

static void
ask(struct handover *s)
{
	s->words[0] = '\0';
	enter(s, HANDOVER_HANDING, HANDOVER_HAND_S);
	if (s->do_->ask(s->arg) == -1)
		give_up(s, "it could not be asked to hand over");
}

static void
not_connected(struct handover *s)
{
	give_up(s, "its successor was not connected in time");
}

static void
never_connected(struct handover *s)
{
	give_up(s, "its successor ended before it was connected");
}

static void
refused(struct handover *s)
{
	give_up(s, "it did not hand over");
}

/* On the next turn: this one may be within a message of the old one. */
static void
handed(struct handover *s)
{
	s->handed = true;
	timer_set(&s->deadline, 0);
}

static void
hand_late(struct handover *s)
{
	if (s->handed) {
		take(s);
		return;
	}
	if (s->killed) {
		give_up(s, "it neither handed over nor ended");
		return;
	}
	s->killed = true;
	timer_set(&s->deadline, HANDOVER_HAND_S);
	s->do_->kill_old(s->arg);
}

/* The old one lets go, or goes on: either way it is started as usual. */
static void
lost_successor(struct handover *s)
{
	finish(s, false,
	    "its successor ended as the session was handed over; it is started "
	    "again as usual");
}

static void
taken(struct handover *s)
{
	finish(s, true, "");
}

static void
taken_died(struct handover *s)
{
	finish(s, false,
	    "its successor ended after it had taken over; it is started again "
	    "as usual");
}

static void
taken_late(struct handover *s)
{
	finish(s, false,
	    "its successor has taken over, but was not RESUMED in time; it "
	    "goes on trying");
}

/* It may be the one in the place that ended: the other is waited for still,
 * or nobody would see to its end. */
static void
left(struct handover *s)
{
	if (!s->do_->other_runs(s->arg))
		s->state = HANDOVER_FREE;
}

static void
abort_it(struct handover *s)
{
	if (s->state != HANDOVER_TAKING)
		s->do_->drop(s->arg);
	finish(s, false,
	    s->words[0] != '\0' ? s->words : "the fleet is stopping");
}

static void
nothing(struct handover *s)
{
}

static void
impossible(struct handover *s)
{
	bug("a succession's state and event do not fit");
}

typedef void transition(struct handover *);

#define S(n) [HANDOVER_##n]
#define E(n) [HANDOVER_ON_##n]
static transition *const table[HANDOVER_STATE_COUNT][HANDOVER_EVENT_COUNT] = {
    S(FREE) = {E(BEGIN) = begin, E(STANDBY) = nothing, E(HANDED) = nothing,
	E(REFUSED) = nothing, E(READY) = nothing, E(OLD_GONE) = nothing,
	E(NEW_GONE) = nothing, E(TIMER) = impossible, E(ABORT) = nothing},
    S(DIALLING) = {E(BEGIN) = impossible, E(STANDBY) = ask, E(HANDED) = nothing,
	E(REFUSED) = nothing, E(READY) = nothing, E(OLD_GONE) = take,
	E(NEW_GONE) = never_connected, E(TIMER) = not_connected,
	E(ABORT) = abort_it},
    S(HANDING) = {E(BEGIN) = impossible, E(STANDBY) = nothing,
	E(HANDED) = handed, E(REFUSED) = refused, E(READY) = nothing,
	E(OLD_GONE) = take, E(NEW_GONE) = lost_successor, E(TIMER) = hand_late,
	E(ABORT) = abort_it},
    S(TAKING) = {E(BEGIN) = impossible, E(STANDBY) = nothing,
	E(HANDED) = nothing, E(REFUSED) = nothing, E(READY) = taken,
	E(OLD_GONE) = nothing, E(NEW_GONE) = taken_died, E(TIMER) = taken_late,
	E(ABORT) = abort_it},
    S(LEAVING) = {E(BEGIN) = impossible, E(STANDBY) = nothing,
	E(HANDED) = nothing, E(REFUSED) = nothing, E(READY) = nothing,
	E(OLD_GONE) = left, E(NEW_GONE) = left, E(TIMER) = impossible,
	E(ABORT) = nothing},
};
#undef S
#undef E

static void
step(struct machine *m, unsigned ev)
{
	struct handover *s = container_of(m, struct handover, machine);

	log_debug("succession: %s on %s", handover_state_name[s->state],
	    event_name[ev]);
	table[s->state][ev](s);
}

/* The one piece of news is that it is decided. */
static void
tell(struct machine *m, unsigned news)
{
	struct handover *s = container_of(m, struct handover, machine);

	s->do_->done(s->arg, s->ok, s->why);
}

void
handover_event(struct handover *s, enum handover_event ev)
{
	machine_event(&s->machine, ev);
}

static void
on_deadline(struct timer *t)
{
	handover_event(container_of(t, struct handover, deadline),
	    HANDOVER_ON_TIMER);
}

void
handover_init(struct handover *s, struct timers *timers,
    const struct handover_actions *actions, void *arg)
{
	memset(s, 0, sizeof(*s));
	machine_init(&s->machine, step, tell);
	s->do_ = actions;
	s->arg = arg;
	timer_init(timers, &s->deadline, on_deadline);
}

int
handover_begin(struct handover *s, const struct handover_limits *l,
    struct err *e)
{
	must(s->state == HANDOVER_FREE);
	s->limits = *l;
	s->refusal = e;
	s->refused = false;
	handover_event(s, HANDOVER_ON_BEGIN);
	return s->refused ? -1 : 0;
}

void
handover_trouble(struct handover *s, const char *words)
{
	str_copy(s->words, words, sizeof(s->words));
}
