/* SPDX-License-Identifier: MIT */
/*
 * What the findings about a fleet mean for who uses the bot: a few kinds of
 * outage, each with a sentence that a member of its community understands.
 * Verdicts decide; here they only get other words.  Those words are constants:
 * no name, path or text of a finding gets into them, so nothing secret can.
 */
#ifndef TOOLS_WEB_HISTORY_OUTAGE_H
#define TOOLS_WEB_HISTORY_OUTAGE_H

#include "shared/view/view.h"

/* kind, its word on disk (which stays), what the bot does for people
 * meanwhile, worst first */
#define OUTAGES(X)                                                             \
	X(STOPPED, "stopped", LOST)	/* no part of it runs */               \
	X(STARTING, "starting", LOST)	/* no shard was started yet */         \
	X(HANDLER, "handler", LOST)	/* connected, but nobody answers */    \
	X(SHARDS, "shards", SHARE)	/* some connections are not up */      \
	X(UNWATCHED, "unwatched", LESS) /* what fails is not mended */         \
	X(HELD, "held", LESS)		/* nor here, by rule */                \
	X(ENDING, "ending", LESS)	/* it is being stopped */              \
	X(EVENTS, "events", LESS)	/* some kinds of events are missing */ \
	X(ANSWERS, "answers", LESS)	/* Discord holds up what it says */    \
	X(PROGRAM, "program", LESS)	/* a part of it is not connected */    \
	X(FUNCTION, "function", LESS)	/* a plugin does not work */           \
	X(LATE, "late", LESS)		/* it works, but late */               \
	X(TEST, "test", LESS)		/* a round trip failed, or was slow */
enum outage_kind {
#define X(n, s, e) OUTAGE_##n,
	OUTAGES(X)
#undef X
	    OUTAGE_KINDS
};
extern const char *const outage_name[OUTAGE_KINDS];

/* Of all it does, LOST: nothing; SHARE: what its shards had; LESS: works, with
 * something missing. */
enum outage_effect { OUTAGE_LOST, OUTAGE_SHARE, OUTAGE_LESS };

struct outage {
	bool is[OUTAGE_KINDS];
	int64_t age_ms[OUTAGE_KINDS]; /* for so long; -1: not known */
	uint32_t shards, out;	      /* that run here; not reached */
	double lost;		      /* share of its service, 0 to 1 */
	bool less;		      /* something is missing in the rest */
	uint32_t rtt_ms; /* median of the shards that are ready; 0: none */
};

/* Do people's events on that shard come through now?  And is it well? */
bool outage_shard_works(const struct view_shard *);
bool outage_shard_is_well(const struct view_shard *);
/* Has it been said what a finding of that code is for people? */
bool outage_knows(enum verdict_code);
void outage_find(const struct view *, struct outage *);
/* Sentences of what is, and of what was.  out of shards were not reached, 0:
 * does not matter. */
void outage_words_now(enum outage_kind, uint32_t out, uint32_t shards, char *to,
    size_t size);
void outage_words_then(enum outage_kind, uint32_t out, uint32_t shards,
    char *to, size_t size);

#endif
