/* SPDX-License-Identifier: MIT */
/* See verdict.h. */
#include "shared/page/verdict.h"

#include <stdio.h>

static uint64_t
later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static double
most(double a, double b)
{
	return a > b ? a : b;
}

/* ---- classes -------------------------------------------------------- */

double
verdict_allowed(const struct page_shard *s, enum page_class_id class)
{
	const struct page_class *c = &s->class[class];
	double n;

	if (c->seen >= VERDICT_SEEN)
		n = most(VERDICT_USUAL * c->over / c->seen,
		    VERDICT_LONGEST * c->longest);
	else if (c->others > 0)
		n = most(VERDICT_OTHERS * c->others, VERDICT_OTHERS_TRAFFIC);
	else
		return 0;
	/* The guilds of other shards may have another day than ours. */
	return most(n,
	    class == CLASS_EVENTS ? VERDICT_OTHERS_TRAFFIC : VERDICT_TRAFFIC);
}

uint64_t
verdict_heard_ms(const struct page_shard *s, enum page_class_id class)
{
	uint64_t last = s->class[class].last_ms;

	return last != 0 ? last : s->state_since_ms;
}

bool
verdict_silent(const struct page_shard *s, enum page_class_id class,
    uint64_t now_ms)
{
	const struct page_class *c = &s->class[class];
	uint64_t heard = verdict_heard_ms(s, class);
	uint64_t clock = verdict_clock(s, class);
	double allowed = verdict_allowed(s, class);

	return s->state == SHARD_READY && s->silence_ms != 0 && allowed > 0
	    && now_ms > heard && now_ms - heard >= s->silence_ms
	    && clock > c->mark && (double)(clock - c->mark) > allowed;
}

static uint32_t
silent(const struct page_shard *s, uint64_t now_ms)
{
	uint32_t bits = 0;

	for (unsigned i = 0; i < CLASSES; i++)
		if (verdict_silent(s, (enum page_class_id)i, now_ms))
			bits |= 1u << i;
	return bits;
}

static size_t
name_class(const struct page_shard *s, unsigned i, uint64_t now_ms, char *out,
    size_t size)
{
	const struct page_class *c = &s->class[i];
	bool own = c->seen >= VERDICT_SEEN;
	double usual = own ? c->over / c->seen : c->others;
	int n = snprintf(out, size,
	    "no %s for %llu min while %llu %s, %s one in %.0f",
	    page_class_name[i],
	    (unsigned long long)(now_ms
		- verdict_heard_ms(s, (enum page_class_id)i))
		/ 60000,
	    (unsigned long long)(verdict_clock(s, (enum page_class_id)i)
		- c->mark),
	    i == CLASS_EVENTS ? "came to other shards" : "other events came",
	    own ? "usually" : "at the other shards", usual < 1 ? 1 : usual);

	return n < 0 ? 0 : (size_t)n;
}

void
verdict_words(const struct page_shard *s, const struct verdict *v,
    uint64_t now_ms, char out[VERDICT_WORDS])
{
	size_t len = 0;

	out[0] = '\0';
	for (unsigned i = 0; i < CLASSES && len + 2 < VERDICT_WORDS; i++) {
		if ((v->silent & 1u << i) == 0)
			continue;
		if (len > 0)
			len += str_copy(out + len, "; ", VERDICT_WORDS - len);
		len += name_class(s, i, now_ms, out + len, VERDICT_WORDS - len);
	}
}

/* ---- the shard ------------------------------------------------------ */

uint64_t
verdict_quiet_ms(const struct page_shard *s, uint64_t now_ms)
{
	uint64_t heard = s->frame_ms;

	if (s->state == SHARD_READY && s->ack_ms < heard)
		heard = s->ack_ms;
	heard = later(heard, s->state_since_ms);
	return now_ms > heard ? now_ms - heard : 0;
}

bool
verdict_deaf(const struct page_shard *s, unsigned intervals, uint64_t slack_ms,
    uint64_t now_ms)
{
	return s->state == SHARD_READY && s->interval_ms != 0
	    && verdict_quiet_ms(s, now_ms)
	    > intervals * s->interval_ms + slack_ms;
}

int64_t
verdict_hangs_s(uint64_t beat_ms, uint64_t started_ms, uint64_t limit_ms,
    uint64_t now_ms)
{
	uint64_t at = later(beat_ms, started_ms);

	return at != 0 && now_ms > at && now_ms - at > limit_ms
	    ? (int64_t)((now_ms - at) / 1000)
	    : 0;
}

static const enum verdict_code state_code[SHARD_STATES] = {
    [SHARD_DOWN] = VERDICT_CODE_SHARD_DOWN,
    [SHARD_STARTING] = VERDICT_CODE_SHARD_CONNECTING,
    [SHARD_WAITING] = VERDICT_CODE_SHARD_WAITING,
    [SHARD_PERMIT] = VERDICT_CODE_SHARD_WAITING,
    [SHARD_CONNECTING] = VERDICT_CODE_SHARD_CONNECTING,
    [SHARD_HELLO] = VERDICT_CODE_SHARD_CONNECTING,
    [SHARD_IDENTIFYING] = VERDICT_CODE_SHARD_CONNECTING,
    [SHARD_RESUMING] = VERDICT_CODE_SHARD_RESUMING,
    [SHARD_DRAINING] = VERDICT_CODE_SHARD_STOPPING,
    [SHARD_HELD] = VERDICT_CODE_SHARD_HELD,
    [SHARD_STANDBY] = VERDICT_CODE_SHARD_CONNECTING,
};

struct verdict
verdict_shard(const struct page_shard *s, bool alive, uint64_t now_ms)
{
	struct verdict v = {.state = (enum shard_state)s->state};

	if (s->state >= SHARD_STATES || (!alive && s->state != SHARD_HELD))
		v.state = SHARD_DOWN;
	v.deaf = v.state == SHARD_READY
	    && verdict_deaf(s, VERDICT_INTERVALS, 0, now_ms);
	v.ready = v.state == SHARD_READY && !v.deaf;
	v.silent = v.ready ? silent(s, now_ms) : 0;
	v.word = v.deaf	    ? "deaf"
	    : v.silent != 0 ? "partly deaf"
			    : page_shard_state_name[v.state];
	v.code = v.deaf	    ? VERDICT_CODE_SHARD_DEAF
	    : v.silent != 0 ? VERDICT_CODE_SHARD_PARTLY_DEAF
			    : state_code[v.state];
	return v;
}
