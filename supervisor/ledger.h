/* SPDX-License-Identifier: MIT */
/*
 * Carries out what permit.c decides: the ledger entry, synced, before the
 * grant; and remembers after a restart what was sent before it (I3).
 */
#ifndef SUPERVISOR_LEDGER_H
#define SUPERVISOR_LEDGER_H

#include "supervisor/permit.h"

struct fleet;

#define LEDGER_DAY_MS (24 * 3600 * 1000LL)
#define LEDGER_LOST_MAX 256	/* unsettled entries closed per start */

struct ledger {
	struct fleet *fleet;
	uint64_t sent_24h, foreign_24h;
	uint64_t counted_ms;	/* boot stamp of the last recount */
	int64_t foreign_since_ms;
	int64_t expected;	/* remaining we would expect; -1: no idea */
	uint64_t expected_reset_ms;
};

extern const struct permit_actions ledger_actions;

/* Feeds the permits with the past; call once, after permit_init. */
void ledger_init(struct ledger *, struct fleet *);
/* Discord's counter against ours: what is missing others have spent. */
void ledger_compare(struct ledger *, int64_t remaining,
    uint64_t reset_boot_ms);
/* Recounts the day when that is due. */
void ledger_tick(struct ledger *);

#endif
