/* SPDX-License-Identifier: MIT */
#include "tools/sim/control/report.h"

#include "tools/sim/base/answer.h"
#include "tools/sim/gateway/gateway.h"
#include "tools/sim/gateway/ledger.h"
#include "tools/sim/control/generator.h"
#include "tools/sim/book/pings.h"
#include "tools/sim/rest/rest.h"
#include "tools/sim/book/starts.h"
#include "tools/sim/book/stats.h"

#include "shared/base/clock.h"

#include <inttypes.h>
#include <stdlib.h>

#define REPORT_WORDS 20 /* violations in words, of report for people */

/* The members of T, without braces. */
static void
add_stats(const struct stats *s, struct sbuf *t)
{
	const char *comma = "";

#define X(n) sbuf_fmt(t, "\"" #n "\":%" PRIu64 ",", s->n);
	STATS_COUNTERS(X)
#undef X
	sbuf_fmt(t,
	    "\"pending\":%" PRIu64 ",\"gap_ms\":%" PRIu64
	    ",\"gap_max_ms\":%" PRIu64 ",\"closes\":{",
	    stats_pending(s), s->gap_ms, s->gap_max_ms);
	for (size_t i = 0; i < STATS_CLOSES && s->closes[i].code; i++) {
		sbuf_fmt(t, "%s\"%u\":%u", comma, s->closes[i].code,
		    s->closes[i].count);
		comma = ",";
	}
	sbuf_str(t, "}");
}

/*
 * The shards to show: the layout that /gateway/bot recommends first and whole,
 * so that it can be read by index, then what was seen of others.
 */
struct shown {
	unsigned count; /* of the first layout */
	unsigned n;
	int key[SIM_SHARDS_MAX + STATS_SLOTS_MAX];
};

static int
by_key(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return x < y ? -1 : x > y;
}

/* Without a client of that layout the first one's is the first. */
static unsigned
first_layout(struct sim *sim)
{
	struct stats_book *b = sim->stats;

	for (unsigned i = 0; i < b->slots; i++) {
		if (stats_key_count(b->slot[i]->key) == sim->cfg.shards)
			return sim->cfg.shards;
	}
	return b->slots > 0 ? stats_key_count(b->slot[0]->key)
			    : sim->cfg.shards;
}

static const struct shown *
shards_shown(struct sim *sim)
{
	static struct shown t;
	struct stats_book *b = sim->stats;

	t.count = first_layout(sim);
	for (t.n = 0; t.n < t.count; t.n++)
		t.key[t.n] = stats_key(t.n, t.count);
	for (unsigned i = 0; i < b->slots; i++) {
		if (stats_key_count(b->slot[i]->key) != t.count)
			t.key[t.n++] = b->slot[i]->key;
	}
	qsort(t.key + t.count, t.n - t.count, sizeof(t.key[0]), by_key);
	return &t;
}

static const struct stats *
counted(struct sim *sim, int key)
{
	static const struct stats none;
	const struct stats *s = stats_find(sim, key);

	return s ? s : &none;
}

static bool
is_connected(const struct session *s)
{
	return s && s->conn && conn_is_live(s->conn);
}

static void
add_shard(struct sim *sim, int key, struct sbuf *t)
{
	unsigned id = stats_key_shard(key), count = stats_key_count(key);
	const struct stats *st = counted(sim, key);
	struct session *s = session_newest(sim, id, count);

	sbuf_fmt(t, "{\"id\":%u,\"count\":%u,", id, count);
	add_stats(st, t);
	sbuf_fmt(t, ",\"identified_ms\":%" PRIu64 ",\"connected\":%s,",
	    st->identified_ms, is_connected(s) ? "true" : "false");
	if (s)
		sbuf_fmt(t,
		    "\"session\":\"%s\",\"seq\":%" PRIu64
		    ",\"heartbeat_seq\":%" PRIu64 "}",
		    s->id, s->journal.seq, s->heartbeat_seq);
	else
		sbuf_str(t, "\"session\":null,\"seq\":0,\"heartbeat_seq\":0}");
}

/* ---- sessions ------------------------------------------------------- */

static const char *
state_of(const struct session *s)
{
	if (s->ended)
		return "ended";
	return is_connected(s) ? "connected" : "waiting";
}

static void
add_session(const struct session *s, struct sbuf *t)
{
	sbuf_fmt(t,
	    "{\"id\":\"%s\",\"shard\":%u,\"count\":%u,\"state\":\"%s\","
	    "\"issued\":%" PRIu64 ",\"left\":%" PRIu64 ",\"replayed\":%" PRIu64
	    ",\"left_again\":%" PRIu64 ",\"acknowledged\":%" PRIu64
	    ",\"acknowledged_seq\":%" PRIu64 ",\"unacknowledged\":%" PRIu64,
	    s->id, s->shard, s->count, state_of(s), s->journal.seq, s->left,
	    s->replayed, s->left_again, s->left_acknowledged,
	    s->acknowledged_seq, ledger_unacknowledged(s));
	sbuf_fmt(t,
	    ",\"events\":%" PRIu64 ",\"judged_by\":\"%s\",\"handled\":%" PRIu64
	    ",\"pending\":%" PRIu64 ",\"lost\":%" PRIu64
	    ",\"repeated\":%" PRIu64 ",\"reordered\":%" PRIu64
	    ",\"corrupt\":%" PRIu64 ",\"verdict\":\"%s\"}",
	    s->sent, ledger_is_reported(s) ? "reports" : "heartbeats",
	    ledger_handled(s), ledger_pending(s),
	    s->ended ? s->sent - ledger_handled(s) : 0, s->repeated,
	    s->reordered, s->corrupt, ledger_verdict(s));
}

static void
say_session(const struct session *s, struct sbuf *t)
{
	sbuf_fmt(t,
	    "%s %u/%u %s %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
	    " %" PRIu64 " %s\n",
	    s->id, s->shard, s->count, state_of(s), s->journal.seq, s->left,
	    s->replayed, s->left_acknowledged, ledger_unacknowledged(s),
	    ledger_verdict(s));
}

/* Those that ended first, as they did. */
static void
add_sessions(struct sim *sim, bool json, struct sbuf *t)
{
	struct list *both[] = {&sim->gateway->ended, &sim->gateway->live};
	const char *comma = "";

	for (size_t i = 0; i < nitems(both); i++) {
		list_each (both[i], e) {
			struct session *s = container_of(e, struct session,
			    link);

			if (!json) {
				say_session(s, t);
				continue;
			}
			sbuf_str(t, comma);
			add_session(s, t);
			comma = ",";
		}
	}
}

static void
add_violations(struct sim *sim, struct sbuf *t)
{
	struct stats_book *b = sim->stats;
	uint64_t i = b->violations > STATS_VIOLATIONS_MAX
	    ? b->violations - STATS_VIOLATIONS_MAX
	    : 0;

	for (; i < b->violations; i++) {
		struct stats_violation *v =
		    &b->violation[i % STATS_VIOLATIONS_MAX];

		sbuf_fmt(t,
		    "{\"at_ms\":%" PRIu64 ",\"shard\":%d,\"count\":%u,"
		    "\"class\":\"%s\",\"what\":",
		    v->at_ms, v->key < 0 ? -1 : (int)stats_key_shard(v->key),
		    v->key < 0 ? 0 : stats_key_count(v->key),
		    v->odd ? "odd" : "rule");
		sbuf_quote(t, v->what);
		sbuf_fmt(t, ",\"times\":%" PRIu64 "}%s", v->times,
		    i + 1 < b->violations ? "," : "");
	}
}

void
report_json(struct sim *sim, struct sbuf *t)
{
	const struct shown *shown = shards_shown(sim);
	struct stats total;

	stats_total(sim, &total);
	sbuf_fmt(t,
	    "{\"schema\":1,\"uptime_s\":%.3f,\"generating\":%s,"
	    "\"rate\":%g,\"connected\":%u,\"token_resets\":%u,\"totals\":{",
	    (double)(clock_boot_ms() - sim->started_ms) / 1000,
	    generator_running(sim) ? "true" : "false", sim->cfg.rate,
	    gateway_connected(sim), sim->token_resets);
	add_stats(&total, t);
	starts_refresh(sim, 0);
	sbuf_fmt(t,
	    "},\"session_starts\":{\"total\":%" PRId64 ",\"remaining\":%" PRId64
	    ",\"reset_after_ms\":%" PRIu64
	    ",\"max_concurrency\":%u},\"shards\":[",
	    sim->bot[0].starts.total, sim->bot[0].starts.remaining,
	    starts_reset_after_ms(sim, 0), sim->cfg.max_concurrency);
	for (unsigned i = 0; i < shown->n; i++) {
		if (i > 0)
			sbuf_str(t, ",");
		add_shard(sim, shown->key[i], t);
	}
	sbuf_str(t, "],\"sessions\":[");
	add_sessions(sim, true, t);
	sbuf_str(t, "],\"violations\":[");
	add_violations(sim, t);
	sbuf_str(t, "],\"rest\":");
	rest_report(sim, t);
	sbuf_fmt(t,
	    ",\"pings\":{\"sent\":%" PRIu64 ",\"answered\":%" PRIu64
	    ",\"repeated\":%" PRIu64 "}}\n",
	    sim->pings->sent, sim->pings->answered, sim->pings->repeated);
}

void
report_line(struct sim *sim, struct sbuf *t)
{
	struct stats s;

	stats_total(sim, &s);
	sbuf_fmt(t,
	    "sent %" PRIu64 " handled %" PRIu64 " lost %" PRIu64
	    " repeated %" PRIu64 " reordered %" PRIu64 " corrupt %" PRIu64
	    " pending %" PRIu64 "\n",
	    s.sent, s.handled, s.lost, s.repeated, s.reordered, s.corrupt,
	    stats_pending(&s));
}

static void
say_shard(struct sim *sim, int key, struct sbuf *t)
{
	unsigned id = stats_key_shard(key), count = stats_key_count(key);
	const struct stats *st = counted(sim, key);
	struct session *s = session_newest(sim, id, count);

	sbuf_fmt(t,
	    "%u/%u %s %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
	    " %" PRIu64 "\n",
	    id, count, s && s->conn ? "yes" : "no", s ? s->journal.seq : 0,
	    st->sent, st->handled, st->replayed, st->identifies, st->resumes);
}

/* The last of those in words. */
static void
say_violations(struct sim *sim, struct sbuf *t)
{
	struct stats_book *b = sim->stats;
	uint64_t i = b->violations > REPORT_WORDS ? b->violations - REPORT_WORDS
						  : 0;

	for (; i < b->violations; i++) {
		struct stats_violation *v =
		    &b->violation[i % STATS_VIOLATIONS_MAX];

		sbuf_fmt(t, "%s%s", v->odd ? "odd" : "violation",
		    v->key < 0 ? "" : " of shard ");
		if (v->key >= 0)
			sbuf_fmt(t, "%u/%u", stats_key_shard(v->key),
			    stats_key_count(v->key));
		sbuf_fmt(t, ": %s\n", v->what);
	}
}

void
report_text(struct sim *sim, struct sbuf *t)
{
	const struct shown *shown = shards_shown(sim);
	struct stats s;

	stats_total(sim, &s);
	report_line(sim, t);
	sbuf_fmt(t,
	    "replayed %" PRIu64 " identifies %" PRIu64 " resumes %" PRIu64
	    " (ok %" PRIu64 ") connected %u violations %" PRIu64 " odd %" PRIu64
	    "\n"
	    "session starts: %" PRId64 " of %" PRId64 " left\n"
	    "pings: %" PRIu64 " sent, %" PRIu64 " answered, %" PRIu64
	    " answered again\n",
	    s.replayed, s.identifies, s.resumes, s.resumes_ok,
	    gateway_connected(sim), s.violations, s.odd,
	    sim->bot[0].starts.remaining, sim->bot[0].starts.total,
	    sim->pings->sent, sim->pings->answered, sim->pings->repeated);
	sbuf_str(t,
	    "shard connected seq sent handled replayed identifies resumes\n");
	for (unsigned i = 0; i < shown->n; i++)
		say_shard(sim, shown->key[i], t);
	sbuf_str(t,
	    "session shard state issued left replayed acknowledged "
	    "unacknowledged verdict\n");
	add_sessions(sim, false, t);
	say_violations(sim, t);
}

static void
journal_line(const struct session *s, uint64_t seq,
    const struct journal_entry *e, bool rows, struct sbuf *t)
{
	if (rows)
		answer_row(t);
	sbuf_fmt(t,
	    rows ? "{\"number\":%" PRIu64 ",\"session\":\"%s\",\"seq\":%" PRIu64
		   ",\"name\":\"%s\",\"crc\":\"%08x\",\"bytes\":%u,"
		   "\"audits\":%u}"
		 : "%" PRIu64 " %s %" PRIu64 " %s %08x %u %u\n",
	    e->number, s->id, seq, journal_name(e), e->crc, e->len, e->audits);
}

static void
journal_of(struct session *s, uint64_t since, bool rows, struct sbuf *t)
{
	for (uint64_t seq = 1; seq <= s->journal.seq; seq++) {
		bool held;
		struct journal_entry *e = journal_get(&s->journal, seq, &held);

		if (!e || e->number <= since)
			continue;
		journal_line(s, seq, e, rows, t);
	}
}

void
report_journal(struct sim *sim, int shard, unsigned count, uint64_t since,
    bool rows, struct sbuf *t)
{
	struct list *both[] = {&sim->gateway->ended, &sim->gateway->live};

	for (size_t i = 0; i < nitems(both); i++) {
		list_each (both[i], e) {
			struct session *s = container_of(e, struct session,
			    link);

			if (shard < 0
			    || (s->shard == (unsigned)shard
				&& (count == 0 || s->count == count)))
				journal_of(s, since, rows, t);
		}
	}
}
