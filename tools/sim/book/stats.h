/* SPDX-License-Identifier: MIT */
/*
 * This room is what the simulator keeps account of while it plays; this header:
 * what happened, counted per shard id, and the words of broken rules.  One
 * slot more holds connections that ended before they said which shard they
 * are.
 */
#ifndef TOOLS_SIM_BOOK_STATS_H
#define TOOLS_SIM_BOOK_STATS_H

#include "tools/sim/base/sim.h"

#define STATS_VIOLATIONS_MAX 256 /* kept in words; all are counted */
#define STATS_CLOSES 32		 /* distinct close codes counted per shard */

/* pending is derived: sent - handled - lost. */
#define STATS_COUNTERS(X)                                                      \
	X(sent)                                                                \
	X(delivered)                                                           \
	X(replayed)                                                            \
	X(handled)                                                             \
	X(lost)                                                                \
	X(repeated)                                                            \
	X(reordered)                                                           \
	X(corrupt)                                                             \
	X(unknown)                                                             \
	X(identifies)                                                          \
	X(resumes)                                                             \
	X(resumes_ok)                                                          \
	X(resumes_failed)                                                      \
	X(heartbeats)                                                          \
	X(connects)                                                            \
	X(raw_sent)                                                            \
	X(raw_handled)                                                         \
	X(violations)                                                          \
	X(presences)

struct stats {
#define X(n) uint64_t n;
	STATS_COUNTERS(X)
#undef X
	uint64_t gap_ms, gap_max_ms; /* a RESUME's, see session_gap_begin */
	uint64_t identified_ms; /* last IDENTIFY, since the start; 0: none */
	struct {
		unsigned code, count;
	} closes[STATS_CLOSES];
};

struct stats_violation {
	uint64_t at_ms; /* since the start */
	int shard;
	char what[160];
};

/* Begins zeroed. */
struct stats_book {
	struct stats unknown; /* no shard known */
	struct stats *shard;  /* [0, shards) */
	unsigned shards;
	struct stats_violation violation[STATS_VIOLATIONS_MAX]; /* a ring */
	uint64_t violations; /* all there were */
};

void stats_free(struct stats_book *);
/* Never NULL; shard -1 or too high: the slot for no shard. */
struct stats *stats_of(struct sim *, int shard);
void stats_total(struct sim *, struct stats *out);
void stats_close(struct stats *, unsigned code, unsigned count);
uint64_t stats_pending(const struct stats *);
/* By name, as `wait` wants it; false when there is no such counter. */
bool stats_get(const struct stats *, const char *name, size_t len,
    uint64_t *out);
/* Writes down that a client broke a rule; shard -1: none known. */
void stats_violation(struct sim *, int shard, const char *fmt, ...)
    printflike(3, 4);

#endif
