/* SPDX-License-Identifier: MIT */
/*
 * When and where the next connection attempt goes (discord-protocol.md 2.12):
 * full-jitter back-off that only READY or RESUMED resets, unless it never
 * lasts, growing spacing of IDENTIFYs that failed, and the way round a dead
 * resume host.
 */
#ifndef SHARD_SESSION_BACKOFF_H
#define SHARD_SESSION_BACKOFF_H

#include "shared/base/base.h"

#define BACKOFF_BACKOFF_MAX_S 60.0
#define BACKOFF_SPACING_MAX_S 600.0 /* between failed IDENTIFYs (8.8) */
#define BACKOFF_SPREAD_MAX_MS 4500  /* of a whole fleet's RESUMEs (2.7) */
#define BACKOFF_SPREAD_SHARDS 90    /* lost together, from which it is that */

#define BACKOFF_RETRY_HOST_MS 600000 /* a dead host is tried again */

/* How far a connection got that came to nothing, or to HELLO. */
enum backoff_reach {
	BACKOFF_NOBODY, /* nobody answered: it may be our network */
	BACKOFF_ANSWER, /* somebody did, but there was no HELLO */
	BACKOFF_HELLO,
};

struct backoff {
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

void backoff_init(struct backoff *, uint32_t shard_count, double spacing_s,
    uint32_t host_fails);
/* A connection has lasted for a while behind READY or RESUMED. */
void backoff_succeeded(struct backoff *);
/*
 * Seconds until the next attempt; counts it.  The first is spread over what is
 * due to so many shards that lost theirs at the same time, none for a shard
 * alone; but one whose connection had not lasted waits up to a second.
 */
double backoff_delay(struct backoff *, unsigned together, bool lasted);
/* The same after an IDENTIFY was spent in vain. */
double backoff_identify_delay(struct backoff *);
/* Seconds by which the first RESUME of a starting fleet is put off. */
double backoff_start_spread(const struct backoff *);
/* Should this RESUME go to the main URL? */
bool backoff_use_main(const struct backoff *);
/* A host asks to be left alone for so long; the other one is free. */
void backoff_host_wait(struct backoff *, bool on_main, double seconds);
/* Seconds until a host may be asked: the main URL, or with both either. */
double backoff_host_left(const struct backoff *, bool both);
/*
 * What became of a RESUME's connection.  True when host_fails has changed in a
 * way worth keeping across processes.
 */
bool backoff_host_result(struct backoff *, bool on_main, enum backoff_reach);
/* The main URL is another one, of which nothing is known; it is tried next. */
void backoff_main_new(struct backoff *);
/* A new session, with a resume_url of which nothing is known. */
void backoff_host_new(struct backoff *);

#endif
