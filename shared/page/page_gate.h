/* SPDX-License-Identifier: MIT */
/* The parts of the stats page that are of the gate and its clients; see
 * page.h. */
#ifndef SHARED_PAGE_PAGE_GATE_H
#define SHARED_PAGE_PAGE_GATE_H

#include "shared/page/page_part.h"

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

#define PAGE_CLIENTS 32 /* as config.h's CONFIG_CLIENTS_MAX */

/* One of the processes of a client that we start, at the gate. */
struct page_client_run {
	uint32_t run;	 /* 0: none */
	uint32_t live;	 /* its connections that get events */
	uint32_t shards; /* so many it says it has */
	uint32_t reserved;
};

/* One client of the gate, all its connections and sessions together. */
struct page_client {
	char name[64];		      /* "": this place is free */
	uint32_t sessions, connected; /* of them with a connection */
	uint64_t lag_events;	      /* of the one that is farthest behind */
	uint64_t heard_ms;	      /* boot stamp of the last heartbeat */
	uint64_t events, replayed, caught_up, overruns, expired;
	uint64_t identifies, resumes, refused; /* what was asked, and not had */
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
	uint64_t cache_behind;	       /* records not in the cache yet */
	uint64_t cache_fragments, cache_bytes;
	uint32_t cache_cold; /* it is being filled, or out of order */
	uint32_t clients;    /* places in use */
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
