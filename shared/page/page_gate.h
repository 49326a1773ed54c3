/* SPDX-License-Identifier: MIT */
/* The parts of the stats page that are of the gate and its clients; see
 * page.h. */
#ifndef SHARED_PAGE_PAGE_GATE_H
#define SHARED_PAGE_PAGE_GATE_H

#include "shared/page/page_part.h"

#include <stdbool.h>

#define PAGE_GATE_STATES(X)                                                    \
	X(DOWN, "down")                                                        \
	X(STARTING, "starting")                                                \
	X(STANDBY, "standby") /* it can serve, and waits to take over */       \
	X(READY, "ready")                                                      \
	X(STOPPING, "stopping")
enum gate_state {
#define X(n, s) GATE_##n,
	PAGE_GATE_STATES(X)
#undef X
	    GATE_STATES
};
extern const char *const page_gate_state_name[GATE_STATES];

/*
 * Why a connection was refused or ended: the key of --json, whether it was
 * refused (what it asked for or sent, it could not have), the words of the log
 * and of status.
 */
#define PAGE_GATE_ENDS(X)                                                      \
	X(LEFT, "left", false, "closed by the client")                         \
	X(ENDED, "ended", false, "closed by the client for good (1000, 1001)") \
	X(BROKE, "broke", false, "broken connection")                          \
	X(NO_UPGRADE, "no_upgrade", true, "no websocket upgrade")              \
	X(ORIGIN, "origin", true, "a web page (Origin)")                       \
	X(TOO_MANY, "too_many", true, "too many connections")                  \
	X(ENCODING, "encoding", true, "not JSON version 6 to 10 (4012)")       \
	X(FRAME, "frame", true, "broken websocket frame")                      \
	X(BAD_PAYLOAD, "payload", true, "bad or too long payload (4002)")      \
	X(BAD_OP, "op", true, "unknown op (4001)")                             \
	X(EARLY, "early", true, "a command before IDENTIFY (4003)")            \
	X(TOKEN, "token", true, "wrong token (4004)")                          \
	X(TWICE, "twice", true, "second IDENTIFY (4005)")                      \
	X(FAST, "fast", true, "too many messages a minute (4008)")             \
	X(SHARD, "shard", true, "impossible shard (4010)")                     \
	X(INTENTS, "intents", true, "intents it cannot have (4014)")           \
	X(SILENT, "silent", false, "no heartbeat")                             \
	X(NO_IDENTIFY, "no_identify", true, "no IDENTIFY in time")             \
	X(HELD, "held", false, "upstream was not ready in time")               \
	X(UNREAD, "unread", false, "does not read")                            \
	X(SECOND, "second", false, "another connection of the client")         \
	X(NO_SECOND, "no_second", true, "is there already (on_second)")        \
	X(KICKED, "kicked", false, "told to reconnect")
enum page_gate_end {
#define X(n, key, refused, words) PAGE_GATE_END_##n,
	PAGE_GATE_ENDS(X)
#undef X
	    PAGE_GATE_ENDS_N
};
struct page_gate_end_row {
	const char *key, *words;
	bool refused;
};
extern const struct page_gate_end_row page_gate_end[PAGE_GATE_ENDS_N];

#define PAGE_CLIENTS 32 /* as config.h's CONFIG_CLIENTS_MAX */

/* One of the processes of a client that we start, at the gate. */
struct page_client_run {
	uint32_t run;	 /* 0: none */
	uint32_t live;	 /* its connections that get events */
	uint32_t shards; /* so many it says it has */
	uint32_t reserved;
};

/* Of a client, from its first day on: a gate that takes over counts on. */
#define PAGE_CLIENT_COUNTERS(X)                                                \
	X(events)     /* sent, replayed ones too */                            \
	X(replayed)   /* by RESUME */                                          \
	X(caught_up)  /* after an IDENTIFY, missed before it */                \
	X(overruns)   /* it missed what the log had let go */                  \
	X(expired)    /* interactions too old to be caught up */               \
	X(identifies) /* that got a READY */                                   \
	X(resumes)                                                             \
	X(refused) /* connections and commands it asked for and had not */

/* One client of the gate, all its connections and sessions together. */
struct page_client {
	char name[64];		      /* "": this place is free */
	uint32_t sessions, connected; /* of them with a connection */
	uint64_t position;   /* it has the log up to there; 0: not known */
	uint64_t lag_events; /* behind that: of the session farthest behind */
	/* Boot stamps, 0: never.  The last heartbeat; since when nothing of it
	 * is connected (0: something is); the last overrun. */
	uint64_t heard_ms, away_ms, overrun_ms;
#define X(n) uint64_t n;
	PAGE_CLIENT_COUNTERS(X)
#undef X
	struct page_client_run run[2]; /* the newest two, the newer first */
	char note[PAGE_WORDS];	       /* what is wrong, for people */
};

/* Written by the gate in service only. */
struct page_gate {
	page_lock lock;
	uint32_t state; /* enum gate_state */
	uint64_t state_since_ms;
	int32_t pid;
	uint32_t lanes;		       /* to handlers */
	uint64_t events, repeated;     /* taken; seen before */
	uint64_t unreadable;	       /* no dispatch that could be sent */
	uint64_t too_big;	       /* more than a quarter of the log */
	uint64_t log_oldest, log_last; /* positions; see gatelog.h */
	uint64_t log_used, log_size;   /* bytes */
	uint64_t log_lost;	       /* records that damage has cost */
	uint64_t log_life;	       /* names it: see gatelog_life() */
	uint64_t log_age_ms;	       /* what is older is let go */
	uint64_t cache_behind;	       /* records not in the cache yet */
	uint32_t cache_cold;	       /* there is none */
	uint32_t cache_damaged;	       /* it begins empty as soon as it can */
	uint64_t cache_lost;	       /* records it could not read in time */
	/* Shards that have a session and are not in it, as when they had it
	 * before there was a gate; boot stamp since when there are such. */
	uint32_t cache_missing, cache_reserved;
	uint64_t cache_missing_ms;
	uint64_t accepted;    /* connections */
	uint64_t resume_lost; /* RESUMEs of what there is no more */
	uint64_t ends[PAGE_GATE_ENDS_N];
	uint32_t refused_now; /* connections refused within a minute */
	uint32_t refused_end; /* ... most of them why: enum page_gate_end */
	uint32_t clients;     /* places in use */
	char note[PAGE_WORDS];
	struct page_client client[PAGE_CLIENTS];
};

/* REST calls of one client, limited by us or by Discord; "": free. */
struct page_client_rest {
	char name[64];
	uint64_t calls, limited_ours, limited_discord, refused, errors, cut;
	uint64_t bytes_up, bytes_down, open; /* open: at the moment */
};
/* Written by the handler in service only. */
struct page_clients_rest {
	page_lock lock;
	struct page_client_rest of[PAGE_CLIENTS + 1]; /* "-": by no client */
};

#endif
