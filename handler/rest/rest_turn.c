/* SPDX-License-Identifier: MIT */
/*
 * Whose turn it is.  The queues are served one call each in turn; and of the
 * calls that wait for one bucket, whichever queues they are of, the one with
 * the lowest turn goes first.  A queue's calls of a bucket have turns one after
 * the other, and its first one that of whoever is served there now: so it
 * waits for one call of each other queue, not for all that they have.
 */
#include "handler/rest/rest_impl.h"

#include "shared/base/clock.h"

#include <string.h>

#define TURN_RETRY_MS 1000u    /* where nothing says when it may go */
#define TURN_REFUSED_MS 60000u /* a guard of ours refuses it */

/* ---- turns in a bucket ---------------------------------------------- */

static uint64_t
key_of(const struct endpoint *e)
{
	return base_hash64(e->route, strlen(e->route))
	    ^ (base_hash64(e->major, strlen(e->major)) << 1);
}

void
rest_turn_give(struct rest_call *c, bool first)
{
	uint64_t lowest = UINT64_MAX, own = 0;

	c->key = key_of(&c->endpoint);
	list_each (&c->rest->queues, l) {
		struct rest_queue *q = container_of(l, struct rest_queue, link);

		list_each (&q->calls, m) {
			struct rest_call *d = container_of(m, struct rest_call,
			    link);

			if (d->key != c->key)
				continue;
			lowest = d->turn < lowest ? d->turn : lowest;
			if (q == c->queue && d->turn >= own)
				own = d->turn + 1;
		}
	}
	if (own > 0 && !first)
		c->turn = own;
	else
		c->turn = lowest == UINT64_MAX ? 0 : lowest;
}

/* ---- may it go? ----------------------------------------------------- */

static bool
call_has_room(const struct rest_call *c)
{
	const struct rest *r = c->rest;

	if (c->http.stream != NULL && c->endpoint.bare)
		return r->lane < REST_LANE_MAX;
	if (c->http.stream != NULL)
		return r->passing < REST_PASSING_MAX
		    && c->queue->flying < REST_PASSING_EACH;
	if (c->urgent)
		return r->under_way < REST_FLYING_MAX + REST_FLYING_URGENT;
	return r->under_way < REST_FLYING_MAX
	    && c->queue->flying < REST_FLYING_EACH;
}

static const char *
call_forbidden(struct rest_call *c, uint64_t now, enum rest_outcome *outcome)
{
	const char *why = rest_hold_refuses(&c->rest->hold, c->endpoint.bare);

	if (c->rest->stopped) {
		*outcome = REST_STOPPED;
		return "the handler is stopping";
	}
	if (why != NULL) {
		*outcome = REST_REFUSED;
		c->http.reply.status = 401;
		return why;
	}
	*outcome = REST_LIMITED;
	if (rest_spent_is(&c->rest->spent, &c->endpoint, now))
		return "Discord has limited this interaction three times: "
		       "more calls with its token could ban the address";
	if (c->endpoint.interaction)
		return NULL;
	if (rate_limit_invalid_sum(&c->queue->invalid, now)
	    >= REST_INVALID_EACH)
		return "too many invalid requests of this plugin in the last "
		       "10 minutes: Discord would ban this address";
	if (!rate_limit_allows(c->rest->buckets, &c->endpoint, c->optional,
		now))
		return "too many invalid requests in the last 10 minutes: "
		       "Discord would ban this address";
	return NULL;
}

/* How long its limits hold it back; *why when it is longer than it lives. */
static uint64_t
call_wait(const struct rest_call *c, uint64_t now, const char **why)
{
	struct rest *r = c->rest;
	uint64_t held = rest_hold_wait(&r->hold, c->endpoint.route, c->urgent,
	    now);
	uint64_t wait = rate_limit_wait(r->buckets, &c->endpoint, now);

	*why = "rate limited for too long";
	if (held == 0 || wait == UINT64_MAX || wait > held)
		return wait;
	if (r->hold.words[0] != '\0')
		*why = r->hold.words;
	return held;
}

/* Is another queue's call of this bucket before it, and could go? */
static bool
call_gives_way(const struct rest_call *c, uint64_t now)
{
	if (c->urgent)
		return false;
	list_each (&c->rest->queues, l) {
		struct rest_queue *q = container_of(l, struct rest_queue, link);

		if (q == c->queue)
			continue;
		list_each (&q->calls, m) {
			const struct rest_call *d = container_of(m,
			    struct rest_call, link);

			if (d->key == c->key && d->turn < c->turn
			    && d->not_before_ms <= now && call_has_room(d))
				return true;
		}
	}
	return false;
}

static void
call_drop(struct rest_call *c, enum rest_outcome outcome, const char *why,
    uint64_t retry_ms)
{
	c->retry_ms = retry_ms == UINT64_MAX ? TURN_RETRY_MS : retry_ms;
	rest_call_leave(c);
	rest_call_end(c, outcome, why);
}

/* Is it over before it began? */
static bool
call_dropped(struct rest_call *c, uint64_t now, uint64_t *wait)
{
	enum rest_outcome outcome;
	const char *why = call_forbidden(c, now, &outcome), *late;

	if (why != NULL) {
		call_drop(c, outcome, why, TURN_REFUSED_MS);
		return true;
	}
	*wait = call_wait(c, now, &late);
	if (now >= c->deadline_ms) {
		call_drop(c, c->tries > c->limited ? REST_LATE : REST_LIMITED,
		    "it could not be made in time",
		    *wait > TURN_RETRY_MS ? *wait : TURN_RETRY_MS);
		return true;
	}
	if (*wait != UINT64_MAX && now + *wait >= c->deadline_ms) {
		call_drop(c, REST_LIMITED, late, *wait);
		return true;
	}
	return false;
}

/* In how many ms it may go, as far as is known; 0: it is its turn. */
static uint64_t
call_due(const struct rest_call *c, uint64_t wait, uint64_t now)
{
	if (c->not_before_ms > now && c->not_before_ms - now > wait)
		wait = c->not_before_ms - now;
	if (wait == 0 && (!call_has_room(c) || call_gives_way(c, now)))
		wait = UINT64_MAX;
	return wait < c->deadline_ms - now ? wait : c->deadline_ms - now;
}

/* ---- the queues ----------------------------------------------------- */

enum served { SERVED_NONE, SERVED_DROPPED, SERVED_STARTED };

/* Starts the first call of q that may go; *next: when to look again. */
static enum served
queue_serve(struct rest_queue *q, uint64_t now, uint64_t *next)
{
	enum served served = SERVED_NONE;

	list_each_safe (&q->calls, l, after) {
		struct rest_call *c = container_of(l, struct rest_call, link);
		uint64_t wait;

		if (call_dropped(c, now, &wait)) {
			served = SERVED_DROPPED;
			continue;
		}
		wait = call_due(c, wait, now);
		if (wait == 0) {
			rest_call_start(c, now);
			return SERVED_STARTED;
		}
		if (wait < *next)
			*next = wait;
	}
	return served;
}

/* Those with calls, whose turn is first first. */
static size_t
queues_now(struct rest *r, struct rest_queue *found[REST_QUEUES])
{
	size_t n = 0;

	list_each (&r->queues, l)
		found[n++] = container_of(l, struct rest_queue, link);
	return n;
}

static bool
queues_serve(struct rest *r, uint64_t now, uint64_t *next)
{
	struct rest_queue *q[REST_QUEUES];
	size_t n = queues_now(r, q);
	bool any = false;

	/* What it starts may end at once, and queues come and go with it. */
	for (size_t i = 0; i < n; i++) {
		enum served served = queue_serve(q[i], now, next);

		any |= served != SERVED_NONE;
		if (served == SERVED_STARTED && q[i]->n > 0) {
			list_remove(&q[i]->link);
			list_append(&r->queues, &q[i]->link);
		}
	}
	return any;
}

uint64_t
rest_turn_all(struct rest *r, uint64_t now)
{
	uint64_t next;

	do {
		next = UINT64_MAX;
		r->dirty = false;
	} while (queues_serve(r, now, &next));
	return r->waiting > 0 ? next : UINT64_MAX;
}
