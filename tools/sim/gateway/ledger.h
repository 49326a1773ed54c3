/* SPDX-License-Identifier: MIT */
/*
 * What became of what a session issued: it left, once or again in a replay; it
 * was acknowledged, by the d of a heartbeat or the seq of a RESUME; it was
 * reported, by somebody who saw it at the bot.  An event is handled when it was
 * reported; while nobody reports of a session, when it was acknowledged.
 *
 * Of sessions it changes the members named below "the ledger"; nobody else does.
 */
#ifndef TOOLS_SIM_GATEWAY_LEDGER_H
#define TOOLS_SIM_GATEWAY_LEDGER_H

#include "tools/sim/gateway/session.h"

/* A report's words; seq without has_seq: it had none. */
struct ledger_report {
	const char *session;
	size_t session_len;
	bool has_seq, has_crc;
	uint64_t seq;
	uint32_t crc; /* journal_crc() of the whole envelope */
};

/* e, which is seq of s, leaves; replay: after a RESUME. */
void ledger_left(struct session *s, struct journal_entry *e, uint64_t seq,
    bool replay);
/* The client has all up to seq; false: seq never left, and nothing changes. */
bool ledger_acknowledge(struct session *, uint64_t seq);
/* Somebody saw an event at the bot; false: there is no such session. */
bool ledger_report(struct sim *, const struct ledger_report *);
/* Somebody who reports on every session has come, and may report late. */
void ledger_expect_reports(struct sim *);
/* What is not handled now is lost, unless a report comes late. */
void ledger_end(struct session *);
/* Its events are handled when reported, not when acknowledged. */
bool ledger_is_reported(const struct session *);
uint64_t ledger_handled(const struct session *);
/* Counted events that are neither handled nor lost; 0 of an ended one. */
uint64_t ledger_pending(const struct session *);
/* Seqs that left and were never acknowledged. */
uint64_t ledger_unacknowledged(const struct session *);
/* One word: whole, pending, reordered, repeated, lost or corrupt; the worst. */
const char *ledger_verdict(const struct session *);

#endif
