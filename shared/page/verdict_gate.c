/* SPDX-License-Identifier: MIT */
/* The gate's clients: see verdict.h. */
#include "shared/page/verdict.h"

#include <stdio.h>
#include <string.h>

const char *const verdict_client_name[VERDICT_CLIENT_STATES] = {
#define X(n, s) [VERDICT_CLIENT_##n] = s,
    VERDICT_CLIENTS(X)
#undef X
};

static uint64_t
since(uint64_t stamp_ms, uint64_t now_ms)
{
	return stamp_ms != 0 && now_ms > stamp_ms ? now_ms - stamp_ms : 0;
}

/* ---- one client ----------------------------------------------------- */

/* Of the log's bytes: by records, which are of much the same length. */
static unsigned
fill_bytes(const struct page_gate *g, const struct page_client *c)
{
	double records, behind;

	if (g->log_size == 0 || g->log_last < g->log_oldest)
		return 0;
	records = (double)(g->log_last - g->log_oldest + 1);
	behind = (double)c->lag_events / records * (double)g->log_used
	    / (double)g->log_size;
	return behind >= 1 ? 100 : (unsigned)(behind * 100);
}

/* Of its age: what came since its last heartbeat is no older than that. */
static unsigned
fill_age(const struct page_gate *g, const struct page_client *c,
    uint64_t now_ms)
{
	uint64_t gone = since(c->heard_ms, now_ms);

	if (g->log_age_ms == 0 || c->away_ms == 0 || c->lag_events == 0)
		return 0;
	return gone >= g->log_age_ms ? 100
				     : (unsigned)(gone * 100 / g->log_age_ms);
}

/* What comes next for it is gone. */
static bool
fell(const struct page_gate *g, const struct page_client *c)
{
	return c->position != 0 && c->position + 1 < g->log_oldest;
}

static enum verdict_client_state
state_of(const struct page_gate *g, const struct page_client *c, unsigned fill)
{
	if (c->connected > 0 && (fell(g, c) || fill >= VERDICT_GATE_FILL))
		return VERDICT_CLIENT_SLOW;
	if (c->connected > 0)
		return c->connected < c->sessions ? VERDICT_CLIENT_PARTLY
						  : VERDICT_CLIENT_HERE;
	if (c->away_ms == 0)
		return VERDICT_CLIENT_NEVER;
	return fell(g, c)		? VERDICT_CLIENT_LOST
	    : fill >= VERDICT_GATE_FILL ? VERDICT_CLIENT_FALLING
					: VERDICT_CLIENT_AWAY;
}

struct verdict_client
verdict_client(const struct page_gate *g, const struct page_client *c,
    uint64_t now_ms)
{
	struct verdict_client v = {.away_ms = -1};
	unsigned age = fill_age(g, c, now_ms);

	v.fill = c->position != 0 ? fill_bytes(g, c) : 0;
	if (c->position != 0 && age > v.fill)
		v.fill = age;
	if (fell(g, c))
		v.fill = 100;
	v.state = state_of(g, c, v.fill);
	v.overran = c->overrun_ms != 0
	    && since(c->overrun_ms, now_ms) < VERDICT_GATE_OVERRUN_MS;
	if (c->connected == 0 && c->away_ms != 0)
		v.away_ms = (int64_t)since(c->away_ms, now_ms);
	return v;
}

/* ---- all of them ---------------------------------------------------- */

static void
look_cache(const struct page_gate *g, uint64_t now_ms, char out[VERDICT_WORDS])
{
	if (g->cache_damaged)
		str_format(out, VERDICT_WORDS,
		    "it is damaged and begins empty: clients that IDENTIFY "
		    "wait, or miss guilds, until the shards have new sessions "
		    "(\"shardherd cache rebuild\")");
	else if (g->cache_missing == 0 && g->cache_cold)
		str_format(out, VERDICT_WORDS,
		    "there is none: clients that IDENTIFY wait, those that "
		    "RESUME go on");
	/* One that is new on a fleet that runs is cold, and this says why. */
	else if (g->cache_missing > 0
	    && since(g->cache_missing_ms, now_ms) >= VERDICT_GATE_MISSING_MS)
		str_format(out, VERDICT_WORDS,
		    "it lacks %u shards, which had their sessions before it: "
		    "clients that IDENTIFY wait, or miss their guilds, until "
		    "they have new ones (\"shardherd cache rebuild\")",
		    g->cache_missing);
}

void
verdict_gate(const struct page_gate *g, uint64_t now_ms, struct verdict_gate *v)
{
	memset(v, 0, sizeof(*v));
	for (uint32_t i = 0; i < g->clients && i < PAGE_CLIENTS; i++) {
		const struct page_client *c = &g->client[i];
		struct verdict_client one = verdict_client(g, c, now_ms);

		if (v->n[one.state]++ == 0
		    || c->away_ms < v->first[one.state]->away_ms)
			v->first[one.state] = c;
		if (one.overran && v->overran++ == 0)
			v->first_overran = c;
	}
	look_cache(g, now_ms, v->cache);
	v->refuses = g->refused_now >= VERDICT_GATE_REFUSED;
}

static void
others(uint32_t n, char *out)
{
	size_t len = strlen(out);

	if (n > 1)
		str_format(out + len, VERDICT_WORDS - len, "; so are %u more",
		    n - 1);
}

/* "12 min", "40 s". */
static const char *
age(uint64_t ms, char out[32])
{
	if (ms < 120000)
		str_format(out, 32, "%llu s", (unsigned long long)ms / 1000);
	else
		str_format(out, 32, "%llu min", (unsigned long long)ms / 60000);
	return out;
}

void
verdict_gate_words(const struct verdict_gate *v, const struct page_gate *g,
    enum verdict_client_state state, uint64_t now_ms, char out[VERDICT_WORDS])
{
	const struct page_client *c = v->first[state];
	struct verdict_client one;
	char away[32];

	out[0] = '\0';
	if (c == NULL)
		return;
	one = verdict_client(g, c, now_ms);
	age(one.away_ms < 0 ? 0 : (uint64_t)one.away_ms, away);
	switch (state) {
	case VERDICT_CLIENT_LOST:
		str_format(out, VERDICT_WORDS,
		    "it is away for %s, and the log has let go of what "
		    "it missed first",
		    away);
		break;
	case VERDICT_CLIENT_FALLING:
		str_format(out, VERDICT_WORDS,
		    "it is away for %s and behind by %u %% of the log: "
		    "soon the log lets go of what it missed",
		    away, one.fill);
		break;
	case VERDICT_CLIENT_SLOW:
		str_format(out, VERDICT_WORDS,
		    "it reads too slowly and is behind by %u %% of the log",
		    one.fill);
		break;
	default:
		str_format(out, VERDICT_WORDS, "what it misses is kept");
		break;
	}
	others(v->n[state], out);
}

void
verdict_gate_overran(const struct verdict_gate *v, uint64_t now_ms,
    char out[VERDICT_WORDS])
{
	const struct page_client *c = v->first_overran;
	char ago[32];

	out[0] = '\0';
	if (c == NULL)
		return;
	str_format(out, VERDICT_WORDS,
	    "%s ago: some of what it missed is lost to it",
	    age(since(c->overrun_ms, now_ms), ago));
	others(v->overran, out);
}
