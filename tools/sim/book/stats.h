/* SPDX-License-Identifier: MIT */
/*
 * This room is what the simulator keeps account of while it plays; this header:
 * what happened, counted per shard of a layout, and the words of broken rules
 * and of what was merely odd.  Layouts may be many at once: shard 3 of 8 is not
 * shard 3 of 16.  One slot more holds connections that ended before they said
 * which shard they are.
 */
#ifndef TOOLS_SIM_BOOK_STATS_H
#define TOOLS_SIM_BOOK_STATS_H

#include "tools/sim/base/sim.h"

#define STATS_VIOLATIONS_MAX 256 /* kept in words; all are counted */
#define STATS_CLOSES 32		 /* distinct close codes counted per shard */
#define STATS_SLOTS_MAX 8192	 /* shards of all layouts; then: unknown */
#define STATS_TABLE 16384	 /* places of the table; a power of two */
#define STATS_NONE (-1)		 /* key of no shard */

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
	X(unread)                                                              \
	X(refused)                                                             \
	X(raw_sent)                                                            \
	X(raw_handled)                                                         \
	X(violations)                                                          \
	X(odd)                                                                 \
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
	int key;
};

struct stats_violation {
	uint64_t at_ms; /* since the start */
	int key;
	bool odd;	/* taken all the same */
	uint64_t times; /* odd ones alike, and those of no shard, are one */
	char what[160];
};

/* Begins zeroed. */
struct stats_book {
	struct stats unknown;		     /* no shard known */
	struct stats *slot[STATS_SLOTS_MAX]; /* [0, slots), as they came */
	unsigned slots;
	uint16_t table[STATS_TABLE]; /* 0: free, else slot + 1 */
	struct stats_violation violation[STATS_VIOLATIONS_MAX]; /* a ring */
	uint64_t violations; /* all that were written down */
	bool audited;	     /* somebody reports on every session */
};

void stats_free(struct stats_book *);
/* The key of a shard of a layout; SIM_SHARDS_MAX bounds both. */
static inline int
stats_key(unsigned shard, unsigned count)
{
	return (int)(count * SIM_SHARDS_MAX + shard);
}
static inline unsigned
stats_key_shard(int key)
{
	return (unsigned)key % SIM_SHARDS_MAX;
}
static inline unsigned
stats_key_count(int key)
{
	return (unsigned)key / SIM_SHARDS_MAX;
}
/* "3", then *count is 0 for any layout, or "3/8"; false: it is neither. */
bool stats_read_shard(const char *word, int *shard, unsigned *count);
/* Never NULL; STATS_NONE, or one too many: the slot for no shard. */
struct stats *stats_of(struct sim *, int key);
/* NULL when nothing was counted of it. */
const struct stats *stats_find(struct sim *, int key);
void stats_total(struct sim *, struct stats *out);
void stats_close(struct stats *, unsigned code, unsigned count);
uint64_t stats_pending(const struct stats *);
/* By name, as `wait` wants it; false when there is no such counter. */
bool stats_get(const struct stats *, const char *name, size_t len,
    uint64_t *out);
/* Writes down that a client broke a rule. */
void stats_violation(struct sim *, int key, const char *fmt, ...)
    printflike(3, 4);
/* The same of what Discord takes though it is odd. */
void stats_odd(struct sim *, int key, const char *fmt, ...) printflike(3, 4);

#endif
