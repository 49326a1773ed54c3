/* SPDX-License-Identifier: MIT */
/*
 * The gate's one object, for the files that make up the process: gate.c (the
 * loop and the end), gate_setup.c (what it starts with, and takes over),
 * gate_desk.c (the clients), gate_asks.c (what handlers ask the cache),
 * gate_channel.c (the supervisor), gate_page.c, gate_page_clients.c (what
 * status shows).
 */
#ifndef HANDLER_GATE_GATE_IMPL_H
#define HANDLER_GATE_GATE_IMPL_H

#include "handler/gate/ask/ask_queue.h"
#include "handler/gate/client/gate_clients.h"
#include "handler/gate/feed/cache_writer.h"
#include "handler/gate/feed/feed.h"
#include "shared/page/page.h"
#include "shared/store/store.h"
#include "shared/wire/ipc.h"
#include "shared/wire/orphan.h"

#define GATE_TICK_S 0.5
#define GATE_LAST_S 2.0	    /* for clients to take what is on its way */
#define GATE_UNFED_MS 60000 /* an orphan without a handler goes then */
#define GATE_MINUTES 7	    /* stands of the counters, 10 s apart */
#define GATE_MINUTE_MS 10000
#define GATE_NOTE_MS 300000 /* a refusal of a client is told for so long */

/* Why connections ended up to then: refusals of late are the difference. */
struct gate_minute {
	uint64_t at_ms; /* boot clock; 0: free */
	uint64_t end[PAGE_GATE_ENDS_N];
};

/* What was told of a client last: the same of another shard is told with it. */
struct gate_told {
	char name[64], words[96];
	uint32_t shards;
	uint64_t at_ms;
};

struct gate {
	struct ev_loop *loop;
	struct timers *timers;
	struct config config;
	struct page page;
	struct page_gate own; /* as it was put on the page last */
	uint64_t log_lost;    /* records, found at the start */
	bool in_service;
	struct page_gate before; /* what others did */
	struct gate_minute minute[GATE_MINUTES];
	unsigned minute_next;
	struct ipc ipc;
	struct orphan orphan;
	uint64_t unfed_ms; /* since when it has no lane, as an orphan */
	struct nonce nonce;
	uint32_t generation;
	int log_fd, listen_fd;
	struct store store;
	struct gatelog *log; /* NULL: it is another process' still */
	struct guild_cache *cache;
	struct cache_writer *writer;
	struct feed feed;
	struct ask_queue asks;
	SSL_CTX *tls; /* NULL: in the clear */
	struct gate_clients_setup setup;
	struct gate_clients *clients; /* NULL: the place is not ours */
	struct gate_told told[PAGE_CLIENTS];
	char url[CONFIG_PATH_MAX]; /* that clients are told */
	ev_io signals;
	ev_prepare prepare;
	struct timer tick, stop;
	enum gate_state state;
	uint64_t since_ms;
	bool grown;	/* the log, in this turn of the loop */
	uint32_t kick;	/* serial of the last order of the kind */
	bool mending;	/* clients have no cache, because it is mended */
	char note[192]; /* what is wrong, "" */
};

/* 0, or -1: the process is to end.  path: the config's. */
int gate_setup(struct gate *, const char *path, struct err *);
/* The place is ours: the log, the cache, the clients. */
void gate_setup_take_over(struct gate *);
/* All of that is let go of. */
void gate_setup_release(struct gate *);

void gate_channel_open(struct gate *);
void gate_channel_ready(struct gate *);

/* Before the place is ours: what of the config can fail.  0 or -1. */
int gate_desk_tls(struct gate *, struct err *);
int gate_desk_open(struct gate *, struct err *);
void gate_desk_close(struct gate *);
/* A cache that is damaged is taken from them until it is mended. */
void gate_desk_mend(struct gate *);

/* Before lanes come: questions of handlers. */
void gate_asks_open(struct gate *);
/* A record of the log that may be for the cache. */
void gate_asks_noted(struct gate *, const struct gatelog_record *);
void gate_asks_close(struct gate *);
/* Is there no cache, or none that has a READY yet? */
bool gate_asks_cold(const struct gate *);

/* gate_page.c, gate_page_clients.c: what of p is the clients'; p->log_last is
 * there already. */
void gate_page_clients(struct gate *, struct page_gate *p);
void gate_page_write(struct gate *);

void gate_run(struct gate *);
void gate_state_set(struct gate *, enum gate_state);
/* Ends in order, within so many seconds. */
void gate_stop(struct gate *, double within_s);
/* A lane ended. */
void gate_lane_closed(struct gate *);

#endif
