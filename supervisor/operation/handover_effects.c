/* SPDX-License-Identifier: MIT */
/* See handover_effects.h. */
#include "supervisor/operation/handover_effects.h"

#include <string.h>

#include "supervisor/base/fleet_state.h"
#include "supervisor/child/member.h"
#include "supervisor/child/uplinks.h"
#include "supervisor/operation/handover.h"
#include "supervisor/operation/rollout_effects.h"

#define DIAL_TRIES 2 /* the resume URL, then the main one */
#define SLACK_S 2.0
#define INVALID_S 5.0 /* op 9: the longest wait before IDENTIFY (2.8) */

/* ---- actions -------------------------------------------------------- */

static int
start_second(void *arg, struct err *e)
{
	struct handover_effects *s = arg;
	struct member *c = &s->other;

	member_init(c, s->fleet, CONTRACT_SHARD, s->place->slot);
	c->second = &s->watch;
	c->presence = rollout_effects_shows(s->fleet->rollout, c->slot);
	c->trial = true;
	c->started = true;
	c->generation = s->place->generation;
	str_format(c->name, sizeof(c->name), "next shard %u", c->slot);
	memset(&s->watch, 0, sizeof(s->watch));
	member_event(c, MEMBER_ON_START);
	if (member_running(c))
		return 0;
	member_event(c, MEMBER_ON_STOP);
	return err_set(e, EXIT_DEGRADED,
	    "its successor's process could not be made (see the log)");
}

static int
ask_old(void *arg)
{
	struct handover_effects *s = arg;

	if (s->place->state != MEMBER_UP)
		return -1;
	return ipc_send(&s->place->ipc, MSG_HAND_OVER, (int32_t)s->place->slot,
	    0, NULL, 0, -1);
}

static void
take_place(void *arg)
{
	struct handover_effects *s = arg;
	struct member *c = s->place, *old = &s->other;

	member_exchange(c, old);
	s->taken = true;
	str_format(old->name, sizeof(old->name), "old shard %u", old->slot);
	(void)ipc_send(&c->ipc, MSG_TAKE_OVER, (int32_t)c->slot, 0, NULL, 0,
	    -1);
	if (c->state == MEMBER_UP)
		uplinks_add(s->fleet->uplinks, c);
	if (old->state == MEMBER_UP)
		member_leaves(old);
}

static void
drop_second(void *arg)
{
	struct handover_effects *s = arg;

	if (!s->taken)
		member_event(&s->other, MEMBER_ON_STOP);
}

static void
kill_old(void *arg)
{
	struct handover_effects *s = arg;

	member_kill(s->place, CRASH_HUNG,
	    "it did not hand over to its successor");
}

static bool
other_runs(void *arg)
{
	struct handover_effects *s = arg;

	return member_running(&s->other);
}

static void
done(void *arg, bool ok, const char *why)
{
	struct handover_effects *s = arg;

	if (s->void_session) {
		ok = false;
		why = "Discord refused the RESUME: it had to IDENTIFY";
	}
	s->done(s->arg, s->place, ok, why);
}

static const struct handover_actions actions = {
    .start = start_second,
    .ask = ask_old,
    .take = take_place,
    .drop = drop_second,
    .kill_old = kill_old,
    .other_runs = other_runs,
    .done = done,
};

/* ---- what is heard -------------------------------------------------- */

static bool
is_new(const struct handover_effects *s, const struct member *c)
{
	return s->taken == (c == s->place);
}

void
handover_effects_standby(struct handover_effects *s, struct member *c)
{
	if (is_new(s, c))
		handover_event(&s->succession, HANDOVER_ON_STANDBY);
}

void
handover_effects_trouble(struct handover_effects *s, struct member *c,
    const char *words)
{
	if (is_new(s, c))
		handover_trouble(&s->succession, words);
}

void
handover_effects_handed(struct handover_effects *s, struct member *c,
    const struct msg_handed *m)
{
	if (is_new(s, c))
		return;
	if (!m->ok)
		handover_trouble(&s->succession, m->text);
	else if (!s->taken && s->place->state == MEMBER_UP)
		member_leaves(s->place);
	handover_event(&s->succession,
	    m->ok ? HANDOVER_ON_HANDED : HANDOVER_ON_REFUSED);
}

void
handover_effects_ready(struct handover_effects *s, struct member *c)
{
	if (is_new(s, c))
		handover_event(&s->succession, HANDOVER_ON_READY);
}

void
handover_effects_asked(struct handover_effects *s, struct member *c)
{
	s->void_session |= is_new(s, c);
}

void
handover_effects_gone(struct handover_effects *s, struct member *c)
{
	if (!is_new(s, c) && c->state == MEMBER_FAILED) {
		handover_trouble(&s->succession,
		    "it ended and must not be started again (see the log)");
		handover_effects_abort(s);
		return;
	}
	handover_event(&s->succession,
	    is_new(s, c) ? HANDOVER_ON_NEW_GONE : HANDOVER_ON_OLD_GONE);
}

/* ---- life ----------------------------------------------------------- */

void
handover_effects_init(struct handover_effects *s, struct fleet *f,
    handover_effects_done_fn *fn, void *arg)
{
	memset(s, 0, sizeof(*s));
	s->fleet = f;
	s->done = fn;
	s->arg = arg;
	member_init(&s->other, f, CONTRACT_SHARD, 0);
	handover_init(&s->succession, f->timers, &actions, s);
}

void
handover_effects_close(struct handover_effects *s)
{
	timer_stop(&s->succession.deadline);
	member_free(&s->other);
}

int
handover_effects_begin(struct handover_effects *s, struct member *place,
    struct err *e)
{
	const struct config *c = s->fleet->config;
	double once = c->connect_timeout_s + c->hello_timeout_s;
	struct handover_limits l = {.dial_s = DIAL_TRIES * once + SLACK_S,
	    .take_s = once + c->ready_timeout_s + INVALID_S + SLACK_S};

	s->place = place;
	s->taken = s->void_session = false;
	return handover_begin(&s->succession, &l, e);
}

void
handover_effects_abort(struct handover_effects *s)
{
	handover_event(&s->succession, HANDOVER_ON_ABORT);
}
