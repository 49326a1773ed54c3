/* SPDX-License-Identifier: MIT */
/* See client_change.h. */
#include "supervisor/client/client_change.h"

#include "shared/base/log.h"

static const char *const state_name[CLIENT_CHANGE_STATE_COUNT] = {
#define X(n, s) [CLIENT_CHANGE_##n] = s,
    CLIENT_CHANGE_STATES(X)
#undef X
};
static const char *const event_name[CLIENT_CHANGE_EVENT_COUNT] = {
#define X(n, s) [CLIENT_CHANGE_ON_##n] = s,
    CLIENT_CHANGE_EVENTS(X)
#undef X
};

/* ---- transitions ---------------------------------------------------- */

static void
finish(struct client_change *c)
{
	c->state = CLIENT_CHANGE_NONE;
	machine_tell(&c->machine, 0);
}

static void
promote(struct client_change *c)
{
	c->do_->promote(c->arg);
	finish(c);
}

/* Whatever became of the old one meanwhile: it is what there is. */
static void
back(struct client_change *c)
{
	if (!c->do_->old_runs(c->arg))
		c->do_->revive(c->arg);
	finish(c);
}

static void
begin(struct client_change *c)
{
	c->why[0] = '\0';
	if (c->do_->start(c->arg)) {
		c->state = CLIENT_CHANGE_STARTING;
		return;
	}
	str_copy(c->why, "its process could not be made", sizeof(c->why));
	back(c);
}

static void
arrived(struct client_change *c)
{
	if (!c->do_->old_runs(c->arg)) {
		promote(c);
		return;
	}
	c->state = CLIENT_CHANGE_LEAVING;
	c->do_->end_old(c->arg);
}

static void
late(struct client_change *c)
{
	str_copy(c->why, "it was not READY at the gate in time",
	    sizeof(c->why));
	c->state = CLIENT_CHANGE_BACK;
	c->do_->end_new(c->arg);
}

static void
new_died(struct client_change *c)
{
	str_copy(c->why, c->do_->obituary(c->arg), sizeof(c->why));
	back(c);
}

/* It has had the old one's place for a moment. */
static void
new_died_late(struct client_change *c)
{
	str_copy(c->why, c->do_->obituary(c->arg), sizeof(c->why));
	if (c->do_->old_runs(c->arg))
		c->state = CLIENT_CHANGE_BACK_LATE;
	else
		back(c);
}

static void
nothing(struct client_change *c)
{
}

static void
impossible(struct client_change *c)
{
	bug("a client's change: state and event do not fit");
}

typedef void transition(struct client_change *);

#define S(n) [CLIENT_CHANGE_##n]
#define E(n) [CLIENT_CHANGE_ON_##n]
static transition
    *const table[CLIENT_CHANGE_STATE_COUNT][CLIENT_CHANGE_EVENT_COUNT] = {
	S(NONE) = {E(BEGIN) = begin, E(ARRIVED) = nothing, E(LATE) = nothing,
	    E(NEW_GONE) = nothing, E(OLD_GONE) = nothing},
	S(STARTING) = {E(BEGIN) = impossible, E(ARRIVED) = arrived,
	    E(LATE) = late, E(NEW_GONE) = new_died, E(OLD_GONE) = nothing},
	S(LEAVING) = {E(BEGIN) = impossible, E(ARRIVED) = nothing,
	    E(LATE) = nothing, E(NEW_GONE) = new_died_late,
	    E(OLD_GONE) = promote},
	S(BACK) = {E(BEGIN) = impossible, E(ARRIVED) = nothing,
	    E(LATE) = nothing, E(NEW_GONE) = back, E(OLD_GONE) = nothing},
	S(BACK_LATE) = {E(BEGIN) = impossible, E(ARRIVED) = nothing,
	    E(LATE) = nothing, E(NEW_GONE) = nothing, E(OLD_GONE) = back},
};
#undef S
#undef E

static void
step(struct machine *m, unsigned ev)
{
	struct client_change *c = container_of(m, struct client_change,
	    machine);

	log_debug("a client's change: %s on %s", state_name[c->state],
	    event_name[ev]);
	table[c->state][ev](c);
}

static void
tell(struct machine *m, unsigned news)
{
	struct client_change *c = container_of(m, struct client_change,
	    machine);

	c->do_->done(c->arg, c->why);
}

void
client_change_init(struct client_change *c,
    const struct client_change_actions *actions, void *arg)
{
	*c = (struct client_change) {.do_ = actions, .arg = arg};
	machine_init(&c->machine, step, tell);
}

void
client_change_event(struct client_change *c, enum client_change_event ev)
{
	machine_event(&c->machine, ev);
}
