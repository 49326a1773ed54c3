/* SPDX-License-Identifier: MIT */
/* See alerts.h. */
#include "supervisor/alert/alerts.h"

#include <string.h>

#include "shared/base/clock.h"
#include "supervisor/alert/alert_told.h"

/* Seconds before the second, third, ... try of a message. */
static const double retry_s[ALERT_TRIES] = {0, 5, 30, 120};

static void on_retry(struct timer *);

void
alerts_init(struct alerts *a, struct timers *timers,
    const struct alert_actions *act, void *arg)
{
	memset(a, 0, sizeof(*a));
	a->act = act;
	a->arg = arg;
	timer_init(timers, &a->retry, on_retry);
}

void
alerts_stop(struct alerts *a)
{
	timer_stop(&a->retry);
	a->waiting = 0;
	a->busy = false;
}

/* ---- the queue ------------------------------------------------------ */

static struct alert_msg *
at(struct alerts *a, uint32_t i)
{
	return &a->queue[(a->first + i) % ALERT_QUEUE];
}

/*
 * Told is what reached somebody, not what was queued: a supervisor that ended
 * with a message in its queue had been silent about it for [alerts] repeat.
 */
static void
told(struct alerts *a, const struct alert_msg *m)
{
	struct alert_state *s = &a->state[m->which];

	if (m->news == ALERT_OVER)
		s->untold = false;
	else
		s->sent_ms = m->at_ms;
	a->act->keep(a->arg);
}

static void
give_up(struct alerts *a, uint32_t i, const char *why)
{
	struct alert_state *s = &a->state[at(a, i)->which];

	a->failed++;
	s->queued--;
	s->next_ms = clock_wall_ms() + ALERT_ANEW_MS;
	a->act->failed(a->arg, at(a, i), why);
}

static void
drop_first(struct alerts *a)
{
	a->first = (a->first + 1) % ALERT_QUEUE;
	a->waiting--;
	a->tries = 0;
}

static void
go_on(struct alerts *a)
{
	while (!a->busy && a->waiting > 0 && !timer_pending(&a->retry)) {
		a->tries++;
		a->busy = true;
		if (a->act->deliver(a->arg, at(a, 0)))
			return;
		alerts_delivered(a, 0, "no process could be started");
	}
}

static void
on_retry(struct timer *t)
{
	go_on(container_of(t, struct alerts, retry));
}

void
alerts_delivered(struct alerts *a, unsigned done, const char *why)
{
	if (!a->busy)
		return;
	a->busy = false;
	at(a, 0)->done |= done;
	if (why[0] == '\0') {
		a->state[at(a, 0)->which].queued--;
		told(a, at(a, 0));
		drop_first(a);
	} else if (a->tries >= ALERT_TRIES) {
		give_up(a, 0, why);
		drop_first(a);
	} else {
		timer_set(&a->retry, retry_s[a->tries]);
		return;
	}
	go_on(a);
}

/* The oldest that waits goes; the first may be on its way already. */
static void
make_room(struct alerts *a)
{
	uint32_t victim = a->busy ? 1 : 0;

	if (a->waiting < ALERT_QUEUE)
		return;
	give_up(a, victim, "too many messages wait");
	if (victim == 1)
		*at(a, 1) = *at(a, 0);
	a->first = (a->first + 1) % ALERT_QUEUE;
	a->waiting--;
	if (victim == 0)
		a->tries = 0;
}

static void
queue(struct alerts *a, const struct alert_msg *m)
{
	a->act->say(a->arg, m);
	if (!a->act->wanted(a->arg)) {
		told(a, m); /* the log is all there is */
		return;
	}
	make_room(a);
	a->state[m->which].queued++;
	*at(a, a->waiting) = *m;
	a->waiting++;
	go_on(a);
}

/* ---- the kinds ------------------------------------------------------ */

static void
notify(struct alerts *a, enum alert_kind kind, enum alert_news news,
    int64_t now)
{
	struct alert_state *s = &a->state[kind];
	struct alert_msg m = {.kind = alert_told_name(kind),
	    .which = kind,
	    .code = s->code,
	    .news = news,
	    .since_ms = s->since_ms,
	    .at_ms = now};

	str_copy(m.text, s->text, sizeof(m.text));
	a->act->keep(a->arg);
	queue(a, &m);
}

static void
stands(struct alerts *a, enum alert_kind kind, const char *text,
    int64_t repeat_ms, int64_t now)
{
	struct alert_state *s = &a->state[kind];

	s->clear_ms = 0;
	str_copy(s->text, text, sizeof(s->text));
	if (!s->on) {
		s->on = true;
		s->untold = false;
		s->since_ms = now;
		notify(a, kind, ALERT_RAISED, now);
	} else if (s->queued == 0 && now >= s->next_ms
	    && (s->sent_ms < s->since_ms || now - s->sent_ms >= repeat_ms)) {
		notify(a, kind,
		    s->sent_ms < s->since_ms ? ALERT_RAISED : ALERT_STANDS,
		    now);
	}
}

static void
is_over(struct alerts *a, enum alert_kind kind, int64_t now)
{
	struct alert_state *s = &a->state[kind];

	if (!s->on && (!s->untold || s->queued > 0 || now < s->next_ms))
		return;
	if (s->on && s->clear_ms == 0)
		s->clear_ms = now;
	if (s->on && now - s->clear_ms < ALERT_CLEAR_MS)
		return; /* it may only flap */
	s->on = false;
	s->untold = true;
	s->clear_ms = 0;
	notify(a, kind, ALERT_OVER, now);
}

void
alerts_judge(struct alerts *a, const struct alert_fact *fact, int64_t repeat_ms)
{
	int64_t now = clock_wall_ms();

	for (unsigned i = 0; i < ALERTS; i++) {
		if (fact[i].bad)
			a->state[i].code = fact[i].code;
		if (fact[i].bad)
			stands(a, i, fact[i].text, repeat_ms, now);
		else
			is_over(a, i, now);
	}
}

uint32_t
alerts_standing(const struct alerts *a)
{
	uint32_t n = 0;

	for (unsigned i = 0; i < ALERTS; i++)
		n += a->state[i].on;
	return n;
}

void
alerts_clock_set(struct alerts *a, int64_t step_ms)
{
	for (unsigned i = 0; i < ALERTS; i++) {
		struct alert_state *s = &a->state[i];

		s->next_ms += s->next_ms != 0 ? step_ms : 0;
		if (!s->on)
			continue;
		s->since_ms += step_ms;
		s->sent_ms += s->sent_ms != 0 ? step_ms : 0;
		s->clear_ms += s->clear_ms != 0 ? step_ms : 0;
	}
}
