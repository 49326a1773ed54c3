/* SPDX-License-Identifier: MIT */
/*
 * The sessions of all clients, connected or away: found, saved, ended.
 */
#ifndef HANDLER_GATE_CLIENT_CLIENT_LIVE_H
#define HANDLER_GATE_CLIENT_CLIENT_LIVE_H

#include "handler/gate/client/gate_clients_impl.h"

struct client_conn;

struct client_live {
	struct list link; /* gate_clients->sessions */
	struct client_session rec;
	struct client_cursor cursor; /* what was sent; while conn is set */
	struct client_conn *conn;    /* NULL: away */
	bool whole;	  /* its snapshot is out: it can be resumed and saved */
	bool dirty;	  /* the store has an older one */
	uint64_t away_ms; /* clock_boot_ms() since which it is */
	uint64_t replayed, caught_up;
	unsigned resumes;
	struct gate_clients_tally *tally; /* of its client */
};

/* Takes in what the store has; 0, or -1 with err. */
int client_live_load(struct gate_clients *, struct err *);
/* A new one of conn, with id and number; NULL: the client has too many. */
struct client_live *client_live_new(struct gate_clients *, const char *client);
struct client_live *client_live_find(const struct gate_clients *,
    const char *id, const char *client);
struct client_live *client_live_by_number(const struct gate_clients *,
    uint64_t);
/* Another one of that client and shard with a connection; NULL: none. */
struct client_live *client_live_second(const struct gate_clients *,
    const char *client, uint32_t shard, uint32_t count);

/* It ends, in the store as well; it has no connection any more. */
void client_live_end(struct gate_clients *, struct client_live *);
/* ... and who comes back for it is told so once successor is gone. */
void client_live_replace(struct gate_clients *, struct client_live *,
    uint64_t successor);
/* Was it taken over by one that is connected? */
bool client_live_replaced(const struct gate_clients *, const char *id);
/* Its connection left. */
void client_live_away(struct client_live *);

/* Writes what is dirty; false: some of it could not be, and is tried again. */
bool client_live_save(struct gate_clients *);
/* Ends those that were away too long. */
void client_live_expire(struct gate_clients *);
/* Frees all, ends none. */
void client_live_free(struct gate_clients *);

#endif
