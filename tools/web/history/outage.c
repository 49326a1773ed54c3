/* SPDX-License-Identifier: MIT */
#include "tools/web/history/outage.h"

#include <stdlib.h>
#include <string.h>

#define OUTAGE_CODES(X)                                                        \
	X(FLEET_STOPPED, OUTAGE_STOPPED)                                       \
	X(FLEET_CRASHED, OUTAGE_UNWATCHED)                                     \
	X(FLEET_STOPPING, OUTAGE_ENDING)                                       \
	X(FLEET_HELD, OUTAGE_HELD)                                             \
	X(FLEET_HALTED, OUTAGE_HELD)                                           \
	X(FLEET_STARTING, OUTAGE_STARTING)                                     \
	X(FLEET_ASKING, HIDDEN)                                                \
	X(FLEET_PARTLY_DEAF, OUTAGE_EVENTS)                                    \
	X(BUDGET_SHORT, HIDDEN)                                                \
	X(BUDGET_FORECAST, HIDDEN)                                             \
	X(BUDGET_FOREIGN, HIDDEN)                                              \
	X(IDENTIFY_SLOW, HIDDEN)                                               \
	X(SHARDS_CRASHING, HIDDEN) /* those that are down tell */              \
	X(CONFIG_REFUSED, HIDDEN)                                              \
	X(CONFIG_FAULT, HIDDEN)                                                \
	X(RELOAD_FAILED, HIDDEN)                                               \
	X(TOKEN_FILE, HIDDEN)                                                  \
	X(PROBE_FAILED, OUTAGE_TEST)                                           \
	X(SUPERVISOR_HUNG, OUTAGE_UNWATCHED)                                   \
	X(SHARD_DOWN, OUTAGE_SHARDS)                                           \
	X(SHARD_HELD, OUTAGE_SHARDS)                                           \
	X(SHARD_HUNG, OUTAGE_SHARDS)                                           \
	X(SHARD_DEAF, OUTAGE_SHARDS)                                           \
	X(SHARD_WAITING, OUTAGE_SHARDS)                                        \
	X(SHARD_CONNECTING, OUTAGE_SHARDS)                                     \
	X(SHARD_RESUMING, OUTAGE_SHARDS)                                       \
	X(SHARD_STOPPING, OUTAGE_SHARDS)                                       \
	X(SHARD_PARTLY_DEAF, OUTAGE_EVENTS)                                    \
	X(SHARD_LAGGING, OUTAGE_LATE)                                          \
	X(SHARD_ORPHANED, OUTAGE_UNWATCHED)                                    \
	X(HANDLER_DOWN, OUTAGE_HANDLER)                                        \
	X(HANDLER_HUNG, OUTAGE_HANDLER)                                        \
	X(HANDLER_STARTING, OUTAGE_LATE)                                       \
	X(REST_LIMITED, OUTAGE_ANSWERS)                                        \
	X(REST_CLOSED, OUTAGE_ANSWERS)                                         \
	X(COMMANDS_LEFT_OUT, OUTAGE_FUNCTION)                                  \
	X(PLUGIN_DOWN, OUTAGE_FUNCTION)                                        \
	X(PLUGIN_HELD, OUTAGE_FUNCTION)                                        \
	X(PLUGIN_STARTING, OUTAGE_LATE)                                        \
	X(PLUGIN_HUNG, OUTAGE_FUNCTION)                                        \
	X(PLUGIN_ERRING, OUTAGE_FUNCTION)                                      \
	X(PLUGIN_LAGGING, OUTAGE_LATE)                                         \
	X(DEAD_LETTERS, HIDDEN) /* each is a message without an answer */      \
	X(GATE_DOWN, OUTAGE_PROGRAM)                                           \
	X(GATE_HUNG, OUTAGE_PROGRAM)                                           \
	X(GATE_STARTING, OUTAGE_PROGRAM)                                       \
	X(GATE_ERRING, OUTAGE_PROGRAM)                                         \
	X(GATE_CACHE, OUTAGE_PROGRAM)                                          \
	X(GATE_REFUSING, HIDDEN) /* it may be a stranger */                    \
	X(CLIENT_OVERRAN, OUTAGE_PROGRAM)                                      \
	X(CLIENT_LOSING, OUTAGE_PROGRAM)                                       \
	X(CLIENT_LATE, OUTAGE_PROGRAM)                                         \
	X(CLIENT_SLOW, OUTAGE_LATE)                                            \
	X(CLIENT_DOWN, OUTAGE_PROGRAM)                                         \
	X(CLIENT_HUNG, OUTAGE_PROGRAM)                                         \
	X(RUNNER_HUNG, OUTAGE_UNWATCHED)                                       \
	X(CLIENT_AWAY, OUTAGE_PROGRAM)                                         \
	X(CLIENT_PARTLY, OUTAGE_PROGRAM)                                       \
	X(WEB_DOWN, HIDDEN)                                                    \
	X(WEB_HUNG, HIDDEN)                                                    \
	X(FDS_SHORT, HIDDEN)                                                   \
	X(MEMORY_SHORT, HIDDEN)                                                \
	X(DISK_FULL, OUTAGE_HELD)                                              \
	X(DISK_SHORT, HIDDEN)                                                  \
	X(LOG_DISK_SHORT, HIDDEN)                                              \
	X(LOG_LOST, HIDDEN)

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

/* Of what nobody but an operator notices. */
#define HIDDEN OUTAGE_KINDS
#define SAID(kind) ((kind) + 1)

/* What each finding is for people, SAID(); 0: nobody has thought of it. */
static const uint8_t of_code[VERDICT_CODES_N] = {[VERDICT_CODE_NONE] = SAID(
						     HIDDEN),
#define X(code, kind) [VERDICT_CODE_##code] = SAID(kind),
    OUTAGE_CODES(X)
#undef X
};

bool
outage_knows(enum verdict_code code)
{
	return of_code[code] != 0;
}

/* False: nothing. */
static bool
kind_of(enum verdict_code code, enum outage_kind *kind)
{
	if (!outage_knows(code)) /* of two, the one that is not green */
		*kind = OUTAGE_PROGRAM;
	else if (of_code[code] == SAID(HIDDEN))
		return false;
	else
		*kind = (enum outage_kind)(of_code[code] - 1);
	return true;
}

bool
outage_shard_works(const struct view_shard *s)
{
	enum outage_kind kind;

	return !kind_of(s->code, &kind) || kind != OUTAGE_SHARDS;
}

bool
outage_shard_is_well(const struct view_shard *s)
{
	enum outage_kind kind;

	return !kind_of(s->code, &kind);
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
set(struct outage *o, enum verdict_code code, int64_t age_ms)
{
	enum outage_kind kind;

	if (!kind_of(code, &kind))
		return;
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
		bool works = outage_shard_works(s);

		o->out += !works;
		set(o, s->code, works ? -1 : view_age(v, s->s.state_since_ms));
	}
}

/* Without a supervisor the findings say no more than that. */
static void
look_unwatched(const struct view *v, struct outage *o)
{
	if (o->out == o->shards) {
		o->is[OUTAGE_UNWATCHED] = o->is[OUTAGE_SHARDS] = false;
		set(o, VERDICT_CODE_FLEET_STOPPED, -1);
	} else if (!v->handler_alive)
		set(o, VERDICT_CODE_HANDLER_DOWN, -1);
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
	for (size_t i = 0; i < v->verdict.n; i++) {
		const struct verdict_finding *f = &v->verdict.found[i];

		/* Those were looked at each; this has one of them. */
		if (f->subject != VERDICT_OF_SHARD)
			set(o, f->code, f->age_ms);
	}
	if (!v->alive)
		look_unwatched(v, o);
	sum_up(o);
	o->rtt_ms = median_rtt(v);
}

/* ---- words ---------------------------------------------------------- */

struct words {
	const char *now, *then;
};

static const struct words words[OUTAGE_KINDS] = {
    [OUTAGE_STOPPED] = {"The bot is not running.", "The bot was not running."},
    [OUTAGE_STARTING] = {"The bot is starting.", "The bot was starting."},
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
    [OUTAGE_ENDING] = {"The bot is being stopped.",
	"The bot was being stopped."},
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
    [OUTAGE_TEST] = {"The last test of the whole way through Discord failed "
		     "or was slow.",
	"Tests of the whole way through Discord failed or were slow."},
};

static void
say(enum outage_kind kind, uint32_t out, uint32_t shards, const char *plain,
    const char *verb, char *to, size_t size)
{
	const char *one = strcmp(verb, "are") == 0 ? "is" : "was";

	if (kind != OUTAGE_SHARDS || out == 0 || shards == 0)
		str_copy(to, plain, size);
	else if (out >= shards)
		str_format(to, size,
		    "No server %s reached: no connection to Discord %s up.",
		    one, one);
	else
		str_format(to, size,
		    "Some servers %s not reached: %u of %u connections to "
		    "Discord %s not up.",
		    verb, out, shards, out == 1 ? one : verb);
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
