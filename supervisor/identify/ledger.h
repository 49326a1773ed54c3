/* SPDX-License-Identifier: MIT */
/*
 * Carries out what permit.c decides: the ledger entry, synced, before the
 * grant; and remembers after a restart what was sent before it (I3).
 */
#ifndef SUPERVISOR_IDENTIFY_LEDGER_H
#define SUPERVISOR_IDENTIFY_LEDGER_H

#include "supervisor/identify/budget.h"
#include "supervisor/identify/permit.h"

struct fleet;

#define LEDGER_DAY_MS (24 * 3600 * 1000LL)
#define LEDGER_LOST_MAX 256 /* unsettled entries closed per start */
#define LEDGER_TELL 10	    /* refusals in a row, a second apart */

struct ledger {
	struct fleet *fleet;
	uint64_t sent_24h;
	uint64_t granted_ms; /* boot stamp of the last grant, 0: none */
	uint64_t counted_ms; /* boot stamp of the last recount */
	uint32_t refusals;   /* of a store that others write, in a row */
	struct budget budget;
};

extern const struct permit_actions ledger_actions;

/* Feeds the permits with the past; call once, after permit_init. */
void ledger_init(struct ledger *, struct fleet *);
/* An operator ends every session: the next IDENTIFYs are for that. */
void ledger_ended(struct ledger *);
/* /gateway/bot is asked now. */
void ledger_asking(struct ledger *);
/*
 * Its answer: Discord's counter against ours.  What others have spent is kept,
 * logged and alerted.
 */
void ledger_answer(struct ledger *, int64_t total, int64_t remaining,
    int64_t reset_ms);
/* Recounts the day when that is due. */
void ledger_tick(struct ledger *);

#endif
