/* SPDX-License-Identifier: MIT */
#include "tools/sim/control/report.h"

#include "tools/sim/base/answer.h"
#include "tools/sim/gateway/gateway.h"
#include "tools/sim/control/generator.h"
#include "tools/sim/book/pings.h"
#include "tools/sim/rest/rest.h"
#include "tools/sim/book/starts.h"
#include "tools/sim/book/stats.h"

#include "shared/base/clock.h"

#include <inttypes.h>

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

static void
add_shard(struct sim *sim, unsigned id, struct sbuf *t)
{
	struct session *s = session_newest(sim, id);

	sbuf_fmt(t, "{\"id\":%u,", id);
	add_stats(stats_of(sim, (int)id), t);
	sbuf_fmt(t, ",\"identified_ms\":%" PRIu64 ",\"connected\":%s,",
	    stats_of(sim, (int)id)->identified_ms,
	    s && s->conn && conn_is_live(s->conn) ? "true" : "false");
	if (s)
		sbuf_fmt(t,
		    "\"session\":\"%s\",\"seq\":%" PRIu64
		    ",\"heartbeat_seq\":%" PRIu64 "}",
		    s->id, s->journal.seq, s->heartbeat_seq);
	else
		sbuf_str(t, "\"session\":null,\"seq\":0,\"heartbeat_seq\":0}");
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
		    "{\"at_ms\":%" PRIu64 ",\"shard\":%d,\"what\":", v->at_ms,
		    v->shard);
		sbuf_quote(t, v->what);
		sbuf_str(t, i + 1 < b->violations ? "}," : "}");
	}
}

static unsigned
shards_shown(struct sim *sim)
{
	unsigned seen = sim->stats->shards;

	return seen > sim->cfg.shards ? seen : sim->cfg.shards;
}

void
report_json(struct sim *sim, struct sbuf *t)
{
	struct stats total;

	stats_total(sim, &total);
	sbuf_fmt(t,
	    "{\"schema\":1,\"uptime_s\":%.3f,\"generating\":%s,"
	    "\"rate\":%g,\"connected\":%u,\"token_resets\":%u,\"totals\":{",
	    (double)(clock_boot_ms() - sim->started_ms) / 1000,
	    generator_running(sim) ? "true" : "false", sim->cfg.rate,
	    gateway_connected(sim), sim->token_resets);
	add_stats(&total, t);
	starts_refresh(sim);
	sbuf_fmt(t,
	    "},\"session_starts\":{\"total\":%" PRId64 ",\"remaining\":%" PRId64
	    ",\"reset_after_ms\":%" PRIu64
	    ",\"max_concurrency\":%u},\"shards\":[",
	    sim->starts.total, sim->starts.remaining,
	    starts_reset_after_ms(sim), sim->cfg.max_concurrency);
	for (unsigned i = 0; i < shards_shown(sim); i++) {
		if (i > 0)
			sbuf_str(t, ",");
		add_shard(sim, i, t);
	}
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

void
report_text(struct sim *sim, struct sbuf *t)
{
	struct stats s;

	stats_total(sim, &s);
	report_line(sim, t);
	sbuf_fmt(t,
	    "replayed %" PRIu64 " identifies %" PRIu64 " resumes %" PRIu64
	    " (ok %" PRIu64 ") connected %u violations %" PRIu64 "\n"
	    "session starts: %" PRId64 " of %" PRId64 " left\n"
	    "pings: %" PRIu64 " sent, %" PRIu64 " answered, %" PRIu64
	    " answered again\n",
	    s.replayed, s.identifies, s.resumes, s.resumes_ok,
	    gateway_connected(sim), s.violations, sim->starts.remaining,
	    sim->starts.total, sim->pings->sent, sim->pings->answered,
	    sim->pings->repeated);
	sbuf_str(t,
	    "shard connected seq sent handled replayed identifies resumes\n");
	for (unsigned i = 0; i < shards_shown(sim); i++) {
		struct stats *one = stats_of(sim, (int)i);
		struct session *se = session_newest(sim, i);

		sbuf_fmt(t,
		    "%u %s %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
		    " %" PRIu64 " %" PRIu64 "\n",
		    i, se && se->conn ? "yes" : "no", se ? se->journal.seq : 0,
		    one->sent, one->handled, one->replayed, one->identifies,
		    one->resumes);
	}
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
report_journal(struct sim *sim, int shard, uint64_t since, bool rows,
    struct sbuf *t)
{
	struct list *both[] = {&sim->gateway->ended, &sim->gateway->live};

	for (size_t i = 0; i < nitems(both); i++) {
		list_each (both[i], e) {
			struct session *s = container_of(e, struct session,
			    link);

			if (shard < 0 || s->shard == (unsigned)shard)
				journal_of(s, since, rows, t);
		}
	}
}
