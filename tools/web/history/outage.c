/* SPDX-License-Identifier: MIT */
#include "tools/web/history/outage.h"

#include <stdlib.h>
#include <string.h>

const char *const outage_name[OUTAGE_KINDS] = {
#define X(n, s, e) [OUTAGE_##n] = s,
    OUTAGES(X)
#undef X
};

static const enum outage_effect effect[OUTAGE_KINDS] = {
#define X(n, s, e) [OUTAGE_##n] = OUTAGE_##e,
    OUTAGES(X)
#undef X
};

bool
outage_shard_works(const struct view_shard *s)
{
	return s->s.state == SHARD_READY && !s->deaf;
}

static int
by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static uint32_t
median_rtt(const struct view *v)
{
	uint32_t *rtt = base_alloc((v->n + 1) * sizeof(*rtt)), middle = 0;
	size_t n = 0;

	for (size_t i = 0; i < v->n; i++)
		if (outage_shard_works(&v->shard[i])
		    && v->shard[i].s.rtt_ms != 0)
			rtt[n++] = v->shard[i].s.rtt_ms;
	qsort(rtt, n, sizeof(*rtt), by_number);
	if (n > 0)
		middle = rtt[n / 2];
	free(rtt);
	return middle;
}

static void
set(struct outage *o, enum outage_kind kind, int64_t age_ms)
{
	if (!o->is[kind] || age_ms > o->age_ms[kind])
		o->age_ms[kind] = age_ms;
	o->is[kind] = true;
}

static void
look_shards(const struct view *v, struct outage *o)
{
	o->shards = (uint32_t)v->n;
	for (size_t i = 0; i < v->n; i++) {
		const struct view_shard *s = &v->shard[i];

		if (s->silent != 0)
			set(o, OUTAGE_EVENTS, -1);
		if (outage_shard_works(s))
			continue;
		o->out++;
		set(o, OUTAGE_SHARDS, view_age(v, s->s.state_since_ms));
	}
}

static void
sum_up(struct outage *o)
{
	for (int i = 0; i < OUTAGE_KINDS; i++) {
		if (!o->is[i])
			continue;
		if (effect[i] == OUTAGE_LOST)
			o->lost = 1;
		else if (effect[i] == OUTAGE_LESS)
			o->less = true;
		else if (o->shards > 0 && o->lost < 1)
			o->lost = (double)o->out / o->shards;
	}
}

void
outage_find(const struct view *v, struct outage *o)
{
	memset(o, 0, sizeof(*o));
	for (int i = 0; i < OUTAGE_KINDS; i++)
		o->age_ms[i] = -1;
	look_shards(v, o);
	if (o->out == o->shards && !v->alive)
		set(o, OUTAGE_STOPPED, -1);
	else if (!v->alive || v->hung)
		set(o, OUTAGE_UNWATCHED, -1);
	if (!o->is[OUTAGE_STOPPED]) {
		if (v->handler.state == HANDLER_DOWN || v->handler_silent_s > 0)
			set(o, OUTAGE_HANDLER, -1);
		if (v->cluster.held)
			set(o, OUTAGE_HELD, -1);
		if (v->handler.rest != PAGE_REST_FINE)
			set(o, OUTAGE_ANSWERS, -1);
		if (v->cluster.gate && v->gate_state != NULL
		    && v->gate.state != GATE_READY)
			set(o, OUTAGE_PROGRAM, -1);
	}
	for (uint32_t i = 0; i < v->plugins.count && i < PAGE_PLUGINS; i++)
		if (!verdict_plugin_well(&v->plugins.plugin[i]))
			set(o, OUTAGE_FUNCTION, -1);
	sum_up(o);
	o->rtt_ms = median_rtt(v);
}

/* ---- words ---------------------------------------------------------- */

struct words {
	const char *now, *then;
};

static const struct words words[OUTAGE_KINDS] = {
    [OUTAGE_STOPPED] = {"The bot is not running.", "The bot was not running."},
    [OUTAGE_HANDLER] = {"The bot is connected, but the part of it that answers "
			"is not at work.",
	"The bot was connected, but the part of it that answers was not at "
	"work."},
    [OUTAGE_SHARDS] = {"Some servers are not reached.",
	"Some servers were not reached."},
    [OUTAGE_UNWATCHED] = {"What looks after the bot is not at work: a part "
			  "that fails now is not started again.",
	"What looks after the bot was not at work."},
    [OUTAGE_HELD] = {"The bot makes no new connections until its operators "
		     "have mended something.",
	"The bot made no new connections, by order or by rule."},
    [OUTAGE_EVENTS] = {"Some kinds of events do not arrive from Discord for a "
		       "part of the servers.",
	"Some kinds of events did not arrive from Discord for a part of the "
	"servers."},
    [OUTAGE_ANSWERS] = {"Discord holds up what the bot wants to say or do: "
			"answers come late, or not at all.",
	"Discord held up what the bot wanted to say or do."},
    [OUTAGE_PROGRAM] = {"A part of the bot is not connected: what it does is "
			"not done, or late.",
	"A part of the bot was not connected."},
    [OUTAGE_FUNCTION] = {"One of the bot's functions does not work as it "
			 "should.",
	"One of the bot's functions did not work as it should."},
    [OUTAGE_LATE] = {"The bot works, but answers late.",
	"The bot worked, but answered late."},
};

static void
say(enum outage_kind kind, uint32_t out, uint32_t shards, const char *plain,
    const char *verb, char *to, size_t size)
{
	if (kind != OUTAGE_SHARDS || out == 0 || shards == 0)
		str_copy(to, plain, size);
	else if (out >= shards)
		str_format(to, size, "No server %s reached: %s down.",
		    strcmp(verb, "are") == 0 ? "is" : "was",
		    shards == 1 ? "the connection to Discord is"
				: "all connections to Discord are");
	else
		str_format(to, size,
		    "Some servers %s not reached: %u of %u connections to "
		    "Discord.",
		    verb, out, shards);
}

void
outage_words_now(enum outage_kind kind, uint32_t out, uint32_t shards, char *to,
    size_t size)
{
	say(kind, out, shards, words[kind].now, "are", to, size);
}

void
outage_words_then(enum outage_kind kind, uint32_t out, uint32_t shards,
    char *to, size_t size)
{
	say(kind, out, shards, words[kind].then, "were", to, size);
}
