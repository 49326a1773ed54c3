/* SPDX-License-Identifier: MIT */
/* See metrics_shards.h. */
#include "tools/web/metrics/metrics_shards.h"

#include <stdlib.h>

/* ---- states --------------------------------------------------------- */

#define STATES(X)                                                              \
	X(DOWN, "down")                                                        \
	X(CONNECTING, "connecting")                                            \
	X(RESUMING, "resuming")                                                \
	X(READY, "ready")                                                      \
	X(PARTLY, "partly_deaf")                                               \
	X(DEAF, "deaf")                                                        \
	X(HELD, "held")
enum state {
#define X(n, s) STATE_##n,
	STATES(X)
#undef X
	    STATES_N
};
static const char *const state_name[STATES_N] = {
#define X(n, s) [STATE_##n] = s,
    STATES(X)
#undef X
};

/* As few as alerts need: a thousand shards have seven thousand series so. */
static const enum state state_of[SHARD_STATES] = {
    [SHARD_DOWN] = STATE_DOWN,
    [SHARD_DRAINING] = STATE_DOWN,
    [SHARD_STARTING] = STATE_CONNECTING,
    [SHARD_WAITING] = STATE_CONNECTING,
    [SHARD_PERMIT] = STATE_CONNECTING,
    [SHARD_CONNECTING] = STATE_CONNECTING,
    [SHARD_HELLO] = STATE_CONNECTING,
    [SHARD_IDENTIFYING] = STATE_CONNECTING,
    [SHARD_STANDBY] = STATE_CONNECTING,
    [SHARD_RESUMING] = STATE_RESUMING,
    [SHARD_READY] = STATE_READY,
    [SHARD_HELD] = STATE_HELD,
};

static enum state
state(const struct view_shard *s)
{
	return s->deaf			? STATE_DEAF
	    : s->silent != 0		? STATE_PARTLY
	    : s->s.state < SHARD_STATES ? state_of[s->s.state]
					: STATE_DOWN;
}

/* ---- one family of one shard ---------------------------------------- */

typedef void family_fn(struct metrics_out *, const struct view *,
    const struct view_shard *, const char *id);

static void
put_state(struct metrics_out *o, const struct view *v,
    const struct view_shard *s, const char *id)
{
	enum state is = state(s);

	for (unsigned i = 0; i < STATES_N; i++)
		metrics_out_int(o, i == is, "shard", id, "state", state_name[i],
		    NULL);
}

static void
put_age(struct metrics_out *o, int64_t ms, const char *id)
{
	if (ms >= 0)
		metrics_out_seconds(o, (double)ms / 1000, "shard", id, NULL);
}

static void
put_ack(struct metrics_out *o, const struct view *v, const struct view_shard *s,
    const char *id)
{
	put_age(o, s->alive ? view_age(v, s->s.ack_ms) : -1, id);
}

static void
put_dispatch(struct metrics_out *o, const struct view *v,
    const struct view_shard *s, const char *id)
{
	put_age(o, s->alive ? view_age(v, s->s.dispatch_ms) : -1, id);
}

static void
put_rtt(struct metrics_out *o, const struct view *v, const struct view_shard *s,
    const char *id)
{
	int64_t age = view_age(v, s->s.ack_ms);

	if (s->alive && s->s.rtt_ms != 0 && age >= 0
	    && (uint64_t)age <= 2 * s->s.interval_ms)
		put_age(o, s->s.rtt_ms, id);
}

static void
put_events(struct metrics_out *o, const struct view *v,
    const struct view_shard *s, const char *id)
{
	metrics_out_int(o, (int64_t)s->s.events, "shard", id, NULL);
}

static void
put_received(struct metrics_out *o, const struct view *v,
    const struct view_shard *s, const char *id)
{
	metrics_out_int(o, (int64_t)s->s.bytes_wire, "shard", id, "encoding",
	    "wire", NULL);
	metrics_out_int(o, (int64_t)s->s.bytes_raw, "shard", id, "encoding",
	    "raw", NULL);
}

static void
put_connects(struct metrics_out *o, const struct view *v,
    const struct view_shard *s, const char *id)
{
	metrics_out_int(o, (int64_t)s->s.connects, "shard", id, NULL);
}

static void
put_resumes(struct metrics_out *o, const struct view *v,
    const struct view_shard *s, const char *id)
{
	metrics_out_int(o, (int64_t)s->s.resumes, "shard", id, "result", "ok",
	    NULL);
	metrics_out_int(o, (int64_t)s->s.resumes_failed, "shard", id, "result",
	    "failed", NULL);
}

/* Of nine causes a shard knows one or two. */
static void
put_identifies(struct metrics_out *o, const struct view *v,
    const struct view_shard *s, const char *id)
{
	for (unsigned i = 0; i < CAUSES; i++)
		if (s->s.identified_for[i] > 0)
			metrics_out_int(o, (int64_t)s->s.identified_for[i],
			    "shard", id, "cause", contract_cause_name(i), NULL);
}

static void
put_spool(struct metrics_out *o, const struct view *v,
    const struct view_shard *s, const char *id)
{
	metrics_out_int(o, (int64_t)s->s.spool_events, "shard", id, NULL);
}

static void
put_guilds(struct metrics_out *o, const struct view *v,
    const struct view_shard *s, const char *id)
{
	metrics_out_int(o, s->s.guilds, "shard", id, NULL);
}

static family_fn *const family[METRICS_IDS] = {
    [METRICS_SHARD_STATE_ID] = put_state,
    [METRICS_SHARD_ACK_AGE_ID] = put_ack,
    [METRICS_SHARD_DISPATCH_AGE_ID] = put_dispatch,
    [METRICS_SHARD_RTT_ID] = put_rtt,
    [METRICS_SHARD_EVENTS_ID] = put_events,
    [METRICS_SHARD_RECEIVED_ID] = put_received,
    [METRICS_SHARD_CONNECTS_ID] = put_connects,
    [METRICS_SHARD_RESUMES_ID] = put_resumes,
    [METRICS_SHARD_IDENTIFIES_ID] = put_identifies,
    [METRICS_SHARD_SPOOL_ID] = put_spool,
    [METRICS_SHARD_GUILDS_ID] = put_guilds,
};

/* ---- which ---------------------------------------------------------- */

/* The order in which somebody would want to see them. */
static unsigned
urgency(const struct view_shard *s)
{
	static const unsigned of[STATES_N] = {
	    [STATE_HELD] = 6,
	    [STATE_DEAF] = 5,
	    [STATE_DOWN] = 4,
	    [STATE_CONNECTING] = 3,
	    [STATE_PARTLY] = 2,
	    [STATE_RESUMING] = 1,
	};

	return of[state(s)];
}

static uint64_t
unanswered(const struct view_shard *s)
{
	return s->s.spool_events > s->s.queue_events ? s->s.spool_events
						     : s->s.queue_events;
}

static int
worse(const void *a, const void *b)
{
	const struct view_shard *x = *(const struct view_shard *const *)a;
	const struct view_shard *y = *(const struct view_shard *const *)b;
	uint64_t p[] = {urgency(x), unanswered(x), x->s.rtt_ms, y->id};
	uint64_t q[] = {urgency(y), unanswered(y), y->s.rtt_ms, x->id};

	for (size_t i = 0; i < nitems(p); i++)
		if (p[i] != q[i])
			return p[i] > q[i] ? -1 : 1;
	return 0;
}

void
metrics_shards(struct metrics_out *o, const struct view *v, size_t worst)
{
	const struct view_shard **order = base_alloc(
	    (v->n + 1) * sizeof(*order));
	size_t n = worst < v->n ? worst : v->n;
	char id[16];

	for (size_t i = 0; i < v->n; i++)
		order[i] = &v->shard[i];
	if (n < v->n)
		qsort(order, v->n, sizeof(*order), worse);
	for (unsigned f = 0; f < METRICS_IDS; f++) {
		metrics_out_family(o, f);
		for (size_t i = 0; family[f] != NULL && i < n; i++) {
			str_format(id, sizeof(id), "%u", order[i]->id);
			family[f](o, v, order[i], id);
		}
	}
	free(order);
}
