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

/* Sent on this connection, and not acknowledged for long. */
static uint64_t
late_ms(const struct page_shard *s, uint64_t now_ms)
{
	return s->heartbeat_ms > s->ack_ms
		&& s->heartbeat_ms > s->state_since_ms
		&& now_ms > s->heartbeat_ms
		&& now_ms - s->heartbeat_ms > VERDICT_LATE_MS
	    ? now_ms - s->heartbeat_ms
	    : 0;
}

static enum verdict_code
code_of(const struct verdict_shard *f, const struct verdict *v, uint64_t now_ms)
{
	if (v->deaf)
		return VERDICT_CODE_SHARD_DEAF;
	if (v->silent != 0)
		return VERDICT_CODE_SHARD_PARTLY_DEAF;
	if (v->state != SHARD_READY)
		return state_code[v->state];
	if (late_ms(f->s, now_ms) > 0 || f->s->spool_events > 0)
		return VERDICT_CODE_SHARD_LAGGING;
	return f->orphan ? VERDICT_CODE_SHARD_ORPHANED : VERDICT_CODE_NONE;
}

static int64_t
age_of(const struct verdict_shard *f, const struct verdict *v, uint64_t now_ms)
{
	uint64_t since = f->s->state_since_ms;

	switch (v->code) {
	case VERDICT_CODE_SHARD_DEAF:
		return (int64_t)verdict_quiet_ms(f->s, now_ms);
	case VERDICT_CODE_SHARD_PARTLY_DEAF:
		for (unsigned i = 0; i < CLASSES; i++)
			if ((v->silent & 1u << i) != 0)
				return (int64_t)(now_ms
				    - verdict_heard_ms(f->s,
					(enum page_class_id)i));
		return -1;
	case VERDICT_CODE_SHARD_LAGGING:
		return late_ms(f->s, now_ms) > 0
		    ? (int64_t)late_ms(f->s, now_ms)
		    : -1;
	case VERDICT_CODE_SHARD_HUNG:
	case VERDICT_CODE_SHARD_ORPHANED:
		return -1;
	default:
		return since == 0    ? -1
		    : now_ms > since ? (int64_t)(now_ms - since)
				     : 0;
	}
}

static uint64_t
until_of(const struct verdict_shard *f, const struct verdict *v)
{
	if (v->state == SHARD_DOWN)
		return f->w != NULL ? f->w->restart_ms : 0;
	if (v->state == SHARD_PERMIT && f->cluster != NULL)
		return f->cluster->permits_eta_ms;
	return v->state == SHARD_WAITING ? f->s->until_ms : 0;
}

struct verdict
verdict_look(const struct verdict_shard *f, uint64_t now_ms)
{
	const struct page_shard *s = f->s;
	struct verdict v = {.state = (enum shard_state)s->state};

	if (s->state >= SHARD_STATES || (!f->alive && s->state != SHARD_HELD))
		v.state = SHARD_DOWN;
	v.deaf = v.state == SHARD_READY
	    && verdict_deaf(s, VERDICT_INTERVALS, 0, now_ms);
	v.ready = v.state == SHARD_READY && !v.deaf;
	v.silent = v.ready ? silent(s, now_ms) : 0;
	v.word = v.deaf	    ? "deaf"
	    : v.silent != 0 ? "partly deaf"
			    : page_shard_state_name[v.state];
	v.code = code_of(f, &v, now_ms);
	/* Whatever it is else: it does nothing about it. */
	if (f->alive && f->stopped) {
		v.code = VERDICT_CODE_SHARD_HUNG;
		v.word = "hung";
		v.ready = v.deaf = false;
		v.silent = 0;
	}
	v.age_ms = age_of(f, &v, now_ms);
	v.until_ms = until_of(f, &v);
	if (v.until_ms <= now_ms)
		v.until_ms = 0;
	return v;
}

struct verdict
verdict_shard(const struct page_shard *s, bool alive, uint64_t now_ms)
{
	struct verdict_shard f = {.s = s, .alive = alive};

	return verdict_look(&f, now_ms);
}

/* ---- evidence ------------------------------------------------------- */

static unsigned long long
ago_s(uint64_t stamp_ms, uint64_t now_ms)
{
	return now_ms > stamp_ms ? (now_ms - stamp_ms) / 1000 : 0;
}

static void
deaf_words(const struct page_shard *s, uint64_t now_ms, char *out)
{
	if (s->ack_ms == 0)
		str_format(out, VERDICT_WORDS, "no heartbeat was acknowledged");
	else
		str_format(out, VERDICT_WORDS,
		    "last heartbeat acknowledged %llu s ago, last byte %llu s "
		    "ago, one is due every %llu s",
		    ago_s(s->ack_ms, now_ms), ago_s(s->frame_ms, now_ms),
		    (unsigned long long)(s->interval_ms + 999) / 1000);
}

static void
lag_words(const struct page_shard *s, uint64_t now_ms, char *out)
{
	if (late_ms(s, now_ms) > 0)
		str_format(out, VERDICT_WORDS,
		    "its heartbeat of %llu s ago is not acknowledged",
		    ago_s(s->heartbeat_ms, now_ms));
	else
		str_format(out, VERDICT_WORDS,
		    "%llu events wait in its spool on disk for the handler",
		    (unsigned long long)s->spool_events);
}

/* What it waits for, or ended of, in its own words. */
static void
state_words(const struct verdict_shard *f, const struct verdict *v,
    uint64_t now_ms, char *out)
{
	const char *note = f->s->note;
	char until[32] = "";

	if (v->state == SHARD_DOWN && f->w != NULL && f->w->last_end[0] != '\0')
		note = f->w->last_end;
	if (v->until_ms != 0)
		str_format(until, sizeof(until), ", goes on in %llu s",
		    (unsigned long long)(v->until_ms - now_ms + 999) / 1000);
	if (v->state == SHARD_DOWN)
		str_format(out, VERDICT_WORDS, "%.200s%s", note, until);
	else
		str_format(out, VERDICT_WORDS, "%s%s%.180s%s",
		    page_shard_state_name[v->state],
		    note[0] != '\0' ? ", " : "", note, until);
}

void
verdict_evidence(const struct verdict_shard *f, const struct verdict *v,
    uint64_t now_ms, char out[VERDICT_WORDS])
{
	out[0] = '\0';
	switch (v->code) {
	case VERDICT_CODE_NONE:
		break;
	case VERDICT_CODE_SHARD_DEAF:
		deaf_words(f->s, now_ms, out);
		break;
	case VERDICT_CODE_SHARD_PARTLY_DEAF:
		verdict_words(f->s, v, now_ms, out);
		break;
	case VERDICT_CODE_SHARD_LAGGING:
		lag_words(f->s, now_ms, out);
		break;
	case VERDICT_CODE_SHARD_HUNG:
		str_format(out, VERDICT_WORDS,
		    "its process (pid %d) is stopped by a signal or a debugger",
		    f->s->pid);
		break;
	case VERDICT_CODE_SHARD_ORPHANED:
		str_format(out, VERDICT_WORDS, "it outlived its supervisor");
		break;
	default:
		state_words(f, v, now_ms, out);
		break;
	}
}
