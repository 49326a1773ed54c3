/* SPDX-License-Identifier: MIT */
/*
 * When and where the next connection attempt goes (discord-protocol.md 2.12):
 * full-jitter back-off that only READY or RESUMED resets, unless it never lasts,
 * growing spacing of IDENTIFYs that failed, and the way round a dead resume
 * host.
 */
#ifndef SHARD_ATTEMPT_H
#define SHARD_ATTEMPT_H

#include "shared/base/base.h"

#define ATTEMPT_BACKOFF_MAX_S 60.0
#define ATTEMPT_SPACING_MAX_S 600.0	/* between failed IDENTIFYs (8.8) */
#define ATTEMPT_SPREAD_MAX_S 10.0	/* of a whole fleet's RESUMEs (2.7) */

#define ATTEMPT_RETRY_HOST_MS 600000	/* a dead host is tried again */

/* How far a connection got that came to nothing, or to HELLO. */
enum attempt_reach {
	ATTEMPT_NOBODY,		/* nobody answered: it may be our network */
	ATTEMPT_ANSWER,		/* somebody did, but there was no HELLO */
	ATTEMPT_HELLO,
};

struct attempt {
	uint32_t shard_count;
	double spacing_s;	 /* of the first failed IDENTIFY: 5 */
	unsigned fails;		 /* attempts since a connection lasted */
	unsigned identify_fails; /* IDENTIFYs spent in vain since then */
	uint32_t host_fails;	 /* of resume_url in a row, while the main URL
				    worked */
	uint32_t suspect;	 /* the same, the main URL not heard yet */
	bool outage;		 /* the main URL did not answer either */
	uint64_t failed_ms;	 /* last failure of resume_url */
	uint64_t until_ms[2];	 /* Retry-After of resume_url, main URL */
	bool main_next;		 /* a RESUME's next attempt: the main URL */
};

void attempt_init(struct attempt *, uint32_t shard_count, double spacing_s,
    uint32_t host_fails);
/* A connection has lasted for a while behind READY or RESUMED. */
void attempt_succeeded(struct attempt *);
/* Seconds until the next attempt; counts it. */
double attempt_delay(struct attempt *);
/* The same after an IDENTIFY was spent in vain. */
double attempt_identify_delay(struct attempt *);
/* Seconds by which the first RESUME of a starting fleet is put off. */
double attempt_start_spread(const struct attempt *);
/* Should this RESUME go to the main URL? */
bool attempt_use_main(const struct attempt *);
/* A host asks to be left alone for so long; the other one is free. */
void attempt_host_wait(struct attempt *, bool on_main, double seconds);
/* Seconds until a host may be asked: the main URL, or with both either. */
double attempt_host_left(const struct attempt *, bool both);
/*
 * What became of a RESUME's connection.  True when host_fails has changed in a
 * way worth keeping across processes.
 */
bool attempt_host_result(struct attempt *, bool on_main, enum attempt_reach);
/* The main URL is another one, of which nothing is known; it is tried next. */
void attempt_main_new(struct attempt *);
/* A new session, with a resume_url of which nothing is known. */
void attempt_host_new(struct attempt *);

#endif
