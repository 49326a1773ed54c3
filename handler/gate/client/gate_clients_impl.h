/* SPDX-License-Identifier: MIT */
/* What all of the room shares. */
#ifndef HANDLER_GATE_CLIENT_GATE_CLIENTS_IMPL_H
#define HANDLER_GATE_CLIENT_GATE_CLIENTS_IMPL_H

#include "handler/gate/client/gate_clients.h"

#include "shared/base/list.h"

#include <ev.h>

#define GATE_CLIENTS_LISTEN_MAX 4
#define GATE_CLIENTS_GONE_MAX 256 /* sessions taken over that are remembered */

struct gate_clients;

struct client_listen {
	struct gate_clients *all;
	ev_io io;
	struct timer again; /* there was no descriptor */
};

/* A session that another took over: who comes back for it waits. */
struct client_gone {
	char id[CLIENT_SESSION_ID_MAX];
	uint64_t successor; /* number */
};

/* The newest op 3 for a shard of upstream: kept, as a new session of that shard
 * needs it again. */
struct client_presence {
	struct buf d; /* empty: none yet */
	bool due;     /* not sent yet */
	char client[CLIENT_SESSION_NAME_MAX];
	uint64_t sent_ms; /* clock_boot_ms() of the last one; 0: none */
};

/* Allocated once per name that had a right token, or a session. */
struct client_tally {
	struct list link; /* gate_clients->tallies */
	struct gate_clients_tally t;
};

struct client_asks;
struct client_voice;

struct gate_clients {
	struct gate_clients_setup setup;
	struct list conns, dead;
	struct list busy;  /* conns with something to do */
	struct list dirty; /* wires to flush */
	struct list sessions;
	struct list tallies;
	struct client_gone gone[GATE_CLIENTS_GONE_MAX];
	unsigned gone_next;
	ev_prepare prepare;
	ev_idle idle;
	struct timer poll, save;
	bool stopping;
	bool begun; /* a session is whole: in the store before its client
		       has the last of its snapshot */
	struct client_listen listen[GATE_CLIENTS_LISTEN_MAX];
	unsigned listens;
	struct client_asks *asks;
	struct client_voice *voice;
	struct client_presence *presence; /* by shard of upstream */
	uint32_t presences;
	struct timer presence_wait;
	struct list ups; /* client_command.c: what could not go up yet */
	unsigned ups_n;
	struct timer ups_wait;
	struct gate_clients_counters count;
};

struct client_conn;

/* What happened to it, for people. */
void gate_clients_past(const struct client_conn *, const char *words);
/* Where a client's numbers are; it lives as long as the gate's clients. */
struct gate_clients_tally *gate_clients_tally(struct gate_clients *,
    const char *client);

#endif
