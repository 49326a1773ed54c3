/* SPDX-License-Identifier: MIT */
/*
 * This room: who may IDENTIFY and when, and what Discord says about that.
 *
 * The only issuer of IDENTIFY permits (design I3; discord-protocol.md 3.3 and
 * 4.3).  Pure decisions on the clock: per-key spacing, start order, budget and
 * brakes.  What it decides is carried out through struct permit_actions, so
 * tests run hours of it on a fake clock.  It must never grant anything that the
 * ledger has not recorded first.
 */
#ifndef SUPERVISOR_IDENTIFY_PERMIT_H
#define SUPERVISOR_IDENTIFY_PERMIT_H

#include "shared/wire/contract.h"
#include "shared/base/timer.h"
#include "supervisor/child/crash_brake.h"

#define PERMIT_KEYS_MAX 1024	/* max_concurrency beyond it is clamped */
#define PERMIT_HOLD_MS 30000	/* a key waits no longer for its shard */
#define PERMIT_EXPECT_MS 15000	/* nor a bucket for shards yet to ask */
#define PERMIT_FRESH_MS 60000	/* older answers are asked again */
#define PERMIT_RERECORD_MS 5000 /* ledger could not be written */
#define PERMIT_BUSY_MS 1000	/* another process writes the store */
#define PERMIT_PASS_MAX 64	/* grants of one pass: one write */
#define PERMIT_FORCE_MS 3600000 /* an operator's leave lapses after it */
#define PERMIT_WORDS 256

struct permit_request {
	uint32_t shard, key;
	uint32_t cause, close_code; /* contract.h */
	uint64_t asked_boot_ms;
	bool forced; /* an operator lets it pass */
	bool again;  /* not the shard's first in an hour */
	uint64_t id; /* set by record: the entry's */
};

struct permit_actions {
	/*
	 * Writes the ledger, synced, all of them in one transaction, and sets
	 * their ids.  May wait as long as that takes, and DBENV_LOOP_WAIT_MS
	 * for others.  0; or none is written: ms after which to try again.
	 */
	uint32_t (*record)(void *arg, struct permit_request *, size_t n);
	/* false: the shard can't be told any more. */
	bool (*grant)(void *arg, uint32_t shard, uint32_t serial, uint64_t id);
	void (*settle)(void *arg, uint64_t id, uint32_t outcome,
	    uint32_t close_code);
	/* Asks /gateway/bot again, until it answers: permit_budget follows. */
	void (*refresh)(void *arg);
	/* What the queue waits for, in a sentence; "" when nothing is wrong. */
	void (*say)(void *arg, const char *sentence);
};

enum permit_state {
	PERMIT_IDLE,
	PERMIT_EXPECTED,
	PERMIT_WAITING,
	PERMIT_GRANTED
};

struct permit_slot {
	enum permit_state state;
	uint32_t serial, cause, close_code;
	uint64_t since_ms;	     /* of this state */
	uint64_t sent_ms, before_ms; /* last IDENTIFY, the one before; 0 */
	uint64_t ledger_id;
	bool holds;	   /* GRANTED and its key not yet free */
	bool forced;	   /* by an operator, for this one */
	uint32_t tries;	   /* IDENTIFYs since a session that
					   lasted */
	uint64_t ready_ms; /* the last one's READY; 0: none */
};

struct permit_answer { /* of /gateway/bot */
	uint32_t max_concurrency;
	int64_t total, remaining;
	uint64_t reset_boot_ms, fetched_boot_ms;
	uint32_t unsure; /* of ours, perhaps not yet in it */
};

struct permit {
	const struct permit_actions *act;
	void *arg;
	struct timer timer;
	struct permit_slot *slot; /* count of them */
	uint32_t count, keys;
	uint64_t spacing_ms, pace_ms, window_ms;
	int64_t reserve_wanted; /* of the config; 0: by rule */
	struct permit_answer answer;
	bool known, fresh, asked; /* asked: a refresh is under way */
	uint32_t spent;		  /* grants since the answer */
	uint64_t *recent;	  /* ring of the last brake_after grants */
	uint32_t recent_at, brake_after;
	uint64_t retry_ms;	  /* ledger failed: not before */
	uint64_t rest_ms;	  /* nor before the disk had its rest */
	struct crash_brake alike; /* failures with a common cause */
	uint32_t leave;		  /* forced IDENTIFYs still allowed */
	uint64_t leave_ms;	  /* boot stamp at which that ends */
	uint64_t ended_ms;	  /* an operator ended all sessions; 0 */
	char held[PERMIT_WORDS];  /* all permits suspended because */
	char said[PERMIT_WORDS];
};

/* interval_s: 5 in production, shorter against a simulator set alike. */
void permit_init(struct permit *, struct timers *, uint32_t count,
    double interval_s, int64_t reserve, const struct permit_actions *,
    void *arg);
void permit_free(struct permit *);

/* Feeds ledger entries of an earlier life, oldest first: age in ms.  asked:
 * by an operator, so that no brake counts it. */
void permit_remember(struct permit *, uint32_t shard, uint64_t age_ms,
    uint32_t outcome, bool asked);
/*
 * An operator ended every session so many ms ago: a shard's first IDENTIFY
 * after that is for this cause, and was asked for.
 */
void permit_ended(struct permit *, uint64_t age_ms);
/* Did this shard send one within the hour? */
bool permit_sent_lately(const struct permit *, uint32_t shard);
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
void permit_release(struct permit *);
/*
 * An operator's word.  This shard may pass reserve, brake and its own spacing
 * once (false: it is not waiting for a permit); the next n IDENTIFYs may pass
 * the reserve.  Nobody passes the keys, a hold, or a budget of 0.
 */
bool permit_force(struct permit *, uint32_t shard);
void permit_leave(struct permit *, uint32_t n);
uint32_t permit_leave_left(const struct permit *);

int64_t permit_remaining(const struct permit *); /* -1: not known */
int64_t permit_reserve(const struct permit *);
uint32_t permit_waiting(const struct permit *);
/* Granted, and what became of it is not yet known. */
uint32_t permit_pending(const struct permit *);
/* false: the budget is out of bounds for anybody but an operator. */
bool permit_above_reserve(const struct permit *);
/* IDENTIFYs within the last hour, at most brake_after. */
uint32_t permit_recent(const struct permit *);
/* Boot stamp by which the queue should be empty; 0: it is. */
uint64_t permit_eta_ms(const struct permit *);
/* More in the hour than the fleet's start and some spare (3.3 rule 4)? */
bool permit_braked(const struct permit *);
/*
 * When key k may send again.  hold: wait for the shard that used it last, as
 * long as that may take; the ETA assumes that it answers in time.
 */
uint64_t permit_key_free_ms(const struct permit *, uint32_t k, bool hold);
/* Earliest moment by shard i's own pace: growing spacing (8.8), brake. */
uint64_t permit_own_free_ms(const struct permit *, uint32_t i, bool brake);

#endif
