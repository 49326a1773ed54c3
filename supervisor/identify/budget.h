/* SPDX-License-Identifier: MIT */
/*
 * Discord's counter of IDENTIFYs against ours: who spent what, and how long the
 * rest lasts.  Arithmetic on wall clock stamps; asking, keeping and telling are
 * others' business.  It must never blame somebody else for an IDENTIFY of ours
 * that Discord may have counted: what it reports is the least that is certain.
 */
#ifndef SUPERVISOR_IDENTIFY_BUDGET_H
#define SUPERVISOR_IDENTIFY_BUDGET_H

#include "shared/base/base.h"

#define BUDGET_HOURS 24
#define BUDGET_MINUTES 60
#define BUDGET_EDGE_MS 60000   /* around a reset either window may count it */
#define BUDGET_SLIDE_MS 120000 /* the same reset time, give or take */

/* What outlives a restart, as stored. */
struct budget_kept {
	uint64_t identity; /* of the token: another one, another counter */
	int64_t base;	   /* Discord's answer when nothing was in flight;
				   -1: none yet */
	int64_t total;
	uint64_t base_id; /* last ledger entry counted in it */
	int64_t base_ms;  /* wall clock of it */
	int64_t reset_ms; /* wall clock */
	int64_t judged;	  /* foreign ones since base, entered below */
	int64_t found_ms; /* when foreign ones were last noticed, 0 */
	uint64_t foreign_ever;
	struct {
		int64_t hour; /* wall clock / 1 h */
		uint64_t foreign;
	} hour[BUDGET_HOURS];
};

struct budget {
	struct budget_kept kept;
	uint64_t last_id; /* of our ledger */
	uint64_t own;	  /* ours since base, not known to be unused */
	uint64_t edge_id; /* the first that the next window may count; 0 */
	uint64_t own_edge;
	uint64_t ask_id;      /* last_id when the question was put */
	uint32_t ask_pending; /* permits not settled then */
	struct {
		int64_t minute;
		uint32_t again, foreign;
	} pace[BUDGET_MINUTES];
};

void budget_init(struct budget *, uint64_t identity);
/* Takes what was kept over, unless it belongs to another token. */
void budget_restore(struct budget *, const struct budget_kept *);
/*
 * A permit was written down, or read from the ledger of an earlier life, oldest
 * first.  again: not the shard's first in an hour, so part of a pace.
 */
void budget_granted(struct budget *, uint64_t id, int64_t sent_ms, bool again);
void budget_unused(struct budget *, uint64_t id);

/* /gateway/bot is asked now, with so many permits not yet settled. */
void budget_asking(struct budget *, uint32_t pending);
/* IDENTIFYs of ours that an answer now need not have counted yet. */
uint32_t budget_unsure(const struct budget *);
/* Its answer: how many foreign IDENTIFYs it newly reveals. */
uint64_t budget_answer(struct budget *, int64_t total, int64_t remaining,
    int64_t reset_ms, int64_t now_ms);

/* The wall clock was set by so much: every stamp is of the new time. */
void budget_clock_set(struct budget *, int64_t step_ms);

uint64_t budget_foreign_24h(const struct budget *, int64_t now_ms);
/* Those of the last hour, by the minute. */
uint64_t budget_foreign_1h(const struct budget *, int64_t now_ms);
/*
 * Seconds until `spare` IDENTIFYs are gone at the pace of the last hour, own
 * repeats and foreign ones; -1: not before the reset.
 */
int64_t budget_forecast_s(const struct budget *, int64_t spare, int64_t now_ms);

#endif
