/* SPDX-License-Identifier: MIT */
/*
 * The only issuer of IDENTIFY permits (design I3; discord-protocol.md 3.3 and
 * 4.3).  Pure decisions on the clock: per-key spacing, start order, budget and
 * brakes.  What it decides is carried out through struct permit_actions, so
 * tests run hours of it on a fake clock.  It must never grant anything that the
 * ledger has not recorded first.
 */
#ifndef SUPERVISOR_PERMIT_H
#define SUPERVISOR_PERMIT_H

#include "shared/contract.h"
#include "shared/timer.h"

#define PERMIT_KEYS_MAX 1024	    /* max_concurrency beyond it is clamped */
#define PERMIT_HOLD_MS 30000	    /* a key waits no longer for its shard */
#define PERMIT_EXPECT_MS 15000	    /* nor a bucket for shards yet to ask */
#define PERMIT_FRESH_MS 60000	    /* older answers are asked again */
#define PERMIT_RERECORD_MS 5000	    /* ledger could not be written */
#define PERMIT_WORDS 256

struct permit_request {
	uint32_t shard, key;
	uint32_t cause, close_code;	/* contract.h */
	uint64_t asked_boot_ms;
};

struct permit_actions {
	/* Writes the ledger, synced.  The entry's id; 0: it could not. */
	uint64_t (*record)(void *arg, const struct permit_request *);
	/* false: the shard can't be told any more. */
	bool (*grant)(void *arg, uint32_t shard, uint32_t serial, uint64_t id);
	void (*settle)(void *arg, uint64_t id, uint32_t outcome,
	    uint32_t close_code);
	/* Asks /gateway/bot again, until it answers: permit_budget follows. */
	void (*refresh)(void *arg);
	/* What the queue waits for, in a sentence; "" when nothing is wrong. */
	void (*say)(void *arg, const char *sentence);
};

enum permit_state { PERMIT_IDLE, PERMIT_EXPECTED, PERMIT_WAITING,
	PERMIT_GRANTED };

struct permit_slot {
	enum permit_state state;
	uint32_t serial, cause, close_code;
	uint64_t since_ms;		/* of this state */
	uint64_t sent_ms, before_ms;	/* last IDENTIFY, the one before; 0 */
	uint64_t ledger_id;
	bool holds;			/* GRANTED and its key not yet free */
};

struct permit_answer {			/* of /gateway/bot */
	uint32_t max_concurrency;
	int64_t total, remaining;
	uint64_t reset_boot_ms, fetched_boot_ms;
};

struct permit {
	const struct permit_actions *act;
	void *arg;
	struct timer timer;
	struct permit_slot *slot;	/* count of them */
	uint32_t count, keys;
	uint64_t spacing_ms, pace_ms, window_ms;
	int64_t reserve_wanted;		/* of the config; 0: by rule */
	struct permit_answer answer;
	bool known, fresh, asked;	/* asked: a refresh is under way */
	uint32_t spent;			/* grants since the answer */
	uint64_t *recent;		/* ring of the last brake_after grants */
	uint32_t recent_at, brake_after;
	uint64_t retry_ms;		/* ledger failed: not before */
	char held[PERMIT_WORDS];	/* all permits suspended because */
	char said[PERMIT_WORDS];
};

/* interval_s: 5 in production, shorter against a simulator set alike. */
void permit_init(struct permit *, struct timers *, uint32_t count,
    double interval_s, int64_t reserve, const struct permit_actions *,
    void *arg);
void permit_free(struct permit *);

/* Feeds a ledger entry of an earlier life: age of the IDENTIFY in ms. */
void permit_remember(struct permit *, uint32_t shard, uint64_t age_ms,
    bool forced);
void permit_budget(struct permit *, const struct permit_answer *);

/* This shard starts without a session: keep its place in the order. */
void permit_expect(struct permit *, uint32_t shard);
void permit_ask(struct permit *, uint32_t shard, uint32_t serial,
    uint32_t cause, uint32_t close_code);
void permit_done(struct permit *, uint32_t shard, uint64_t ledger_id,
    uint32_t outcome, uint32_t close_code);
/* The shard's process is gone. */
void permit_lost(struct permit *, uint32_t shard);
/* Suspends everything until the cause is cleared (3.3 rule 5). */
void permit_hold(struct permit *, const char *why);

int64_t permit_remaining(const struct permit *);	/* -1: not known */
int64_t permit_reserve(const struct permit *);
uint32_t permit_waiting(const struct permit *);
/* IDENTIFYs within the last hour, at most brake_after. */
uint32_t permit_recent(const struct permit *);
/* Boot stamp by which the queue should be empty; 0: it is. */
uint64_t permit_eta_ms(const struct permit *);

#endif
