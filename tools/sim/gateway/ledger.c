/* SPDX-License-Identifier: MIT */
#include "tools/sim/gateway/ledger.h"

#include "tools/sim/gateway/gateway.h"
#include "tools/sim/book/stats.h"

bool
ledger_is_reported(const struct session *s)
{
	return s->reported || s->sim->stats->audited;
}

uint64_t
ledger_handled(const struct session *s)
{
	return ledger_is_reported(s) ? s->handled : s->acknowledged;
}

/* The counters of its shard follow; what is handled late is not lost. */
static void
credit(struct session *s)
{
	struct stats *st = stats_of(s->sim, s->key);
	uint64_t more = ledger_handled(s) - s->credited; /* may be below 0 */

	st->handled += more;
	if (s->ended)
		st->lost -= more;
	s->credited += more;
}

/* Nothing more is expected of it: its chunk of the journal may go. */
static void
let_go(struct session *s, struct journal_entry *e, uint64_t seq)
{
	if ((e->flags & (JOURNAL_COUNTED | JOURNAL_CLOSED)) != JOURNAL_COUNTED)
		return;
	e->flags |= JOURNAL_CLOSED;
	journal_handled(&s->journal, seq);
}

void
ledger_left(struct session *s, struct journal_entry *e, uint64_t seq,
    bool replay)
{
	struct stats *st = stats_of(s->sim, s->key);
	bool first = (e->flags & JOURNAL_DELIVERED) == 0;
	bool counted = e->flags & JOURNAL_COUNTED;

	e->flags |= JOURNAL_DELIVERED;
	s->left += first;
	s->left_again += !first;
	s->replayed += replay;
	st->delivered += first && counted;
	st->replayed += replay && counted;
	if (seq > s->left_seq)
		s->left_seq = seq;
}

bool
ledger_acknowledge(struct session *s, uint64_t seq)
{
	if (seq > s->left_seq)
		return false;
	while (s->acknowledged_seq < seq) {
		bool held;
		struct journal_entry *e = journal_get(&s->journal,
		    ++s->acknowledged_seq, &held);

		if (!e || !(e->flags & JOURNAL_DELIVERED))
			continue;
		s->left_acknowledged++;
		if (!(e->flags & JOURNAL_COUNTED))
			continue;
		s->acknowledged++;
		if (!ledger_is_reported(s))
			let_go(s, e, s->acknowledged_seq);
	}
	credit(s);
	return true;
}

/* ---- reports -------------------------------------------------------- */

static void
seen(struct session *s, struct journal_entry *e, const struct ledger_report *r)
{
	struct stats *st = stats_of(s->sim, s->key);
	bool counted = e->flags & JOURNAL_COUNTED;

	if (r->has_crc && e->crc != r->crc) {
		s->corrupt++;
		st->corrupt++;
		stats_violation(s->sim, s->key,
		    "%s with seq %llu was handled with other bytes",
		    journal_name(e), (unsigned long long)r->seq);
	}
	if (e->audits < UINT8_MAX)
		e->audits++;
	if (e->audits > 1) {
		s->repeated += counted;
		st->repeated += counted;
		return;
	}
	if (r->seq < s->audit_seq) {
		s->reordered++;
		st->reordered++;
	} else {
		s->audit_seq = r->seq;
	}
	if (!counted)
		return;
	let_go(s, e, r->seq);
	s->handled++;
	credit(s);
}

bool
ledger_report(struct sim *sim, const struct ledger_report *r)
{
	struct session *s = session_find(sim, r->session, r->session_len);
	struct journal_entry *e;
	struct stats *st;
	bool held = true;

	if (!s) {
		stats_of(sim, STATS_NONE)->unknown++;
		return false;
	}
	if (r->has_seq && r->has_crc)
		s = session_owner(s, r->seq, r->crc);
	if (!s->reported) {
		s->reported = true;
		credit(s);
	}
	st = stats_of(sim, s->key);
	e = r->has_seq ? journal_get(&s->journal, r->seq, &held) : NULL;
	if (r->has_crc && session_was_raw(s, r->crc)
	    && (!e || e->crc != r->crc))
		st->raw_handled++;
	else if (e)
		seen(s, e, r);
	else if (!held)
		st->repeated++; /* only handled chunks are given back */
	else
		st->unknown++;
	return true;
}

void
ledger_expect_reports(struct sim *sim)
{
	struct list *both[] = {&sim->gateway->ended, &sim->gateway->live};

	if (sim->stats->audited)
		return;
	sim->stats->audited = true;
	for (size_t i = 0; i < nitems(both); i++) {
		list_each (both[i], e)
			credit(container_of(e, struct session, link));
	}
}

/* ---- the end -------------------------------------------------------- */

void
ledger_end(struct session *s)
{
	stats_of(s->sim, s->key)->lost += s->sent - s->credited;
}

uint64_t
ledger_pending(const struct session *s)
{
	return s->ended ? 0 : s->sent - s->credited;
}

uint64_t
ledger_unacknowledged(const struct session *s)
{
	return s->left - s->left_acknowledged;
}

const char *
ledger_verdict(const struct session *s)
{
	if (s->corrupt > 0)
		return "corrupt";
	if (s->ended && s->sent > s->credited)
		return "lost";
	if (s->repeated > 0)
		return "repeated";
	if (s->reordered > 0)
		return "reordered";
	return ledger_pending(s) > 0 ? "pending" : "whole";
}
