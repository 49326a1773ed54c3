/* SPDX-License-Identifier: MIT */
/*
 * The permits on a fake clock: nothing here sleeps.  A recorder plays the
 * shards: it keeps every grant with its time and, when told to, settles it.
 */
#ifndef TESTS_UNIT_SUPERVISOR_IDENTIFY_PERMIT_RIG_H
#define TESTS_UNIT_SUPERVISOR_IDENTIFY_PERMIT_RIG_H

#include "supervisor/identify/permit.h"
#include "tests/unit/rig/fake_time.h"

#define PERMIT_RIG_GRANTS 4096

struct permit_rig {
	struct permit p;
	struct timers *timers;
	struct {
		uint32_t shard, key;
		uint64_t at_ms, id;
	} grant[PERMIT_RIG_GRANTS];
	size_t grants, refreshes, recorded, lost, forced;
	uint64_t answer_ms; /* READY so long after the grant; 0: never */
	size_t writes;
	uint64_t disk_ms; /* one write takes */
	bool disk_full, busy, deaf;
	uint32_t last_outcome;
	char said[PERMIT_WORDS];
	struct {
		uint32_t shard;
		uint64_t id;
		struct timer t;
		struct permit_rig *r;
	} ready[PERMIT_RIG_GRANTS];
};

/* One at a time; the caller's, until permit_rig_free(). */
struct permit_rig *permit_rig_new(uint32_t count, double interval,
    int64_t reserve);
void permit_rig_free(struct permit_rig *);
/* Discord's answer, fetched now: m keys, the budget, the reset in reset_ms. */
void permit_rig_answer(struct permit_rig *, uint32_t m, int64_t total,
    int64_t remaining, uint64_t reset_ms);
/* All shards ask, the last one first. */
void permit_rig_ask_all(struct permit_rig *);
/* Asserts that grants of one key are so far apart. */
void permit_rig_spaced(const struct permit_rig *, uint64_t least);

#endif
