/* SPDX-License-Identifier: MIT */
/*
 * An open websocket connection to the gateway.  It hands out message pieces as
 * they arrive, answers pings, and never closes with any code but the one it is
 * told (wslay would offer 1002 or 1009, which are harmless, and echo 1000,
 * which is not worth the risk: discord-protocol.md 2.10).
 */
#ifndef SHARD_CONN_H
#define SHARD_CONN_H

#include "shard/farewell.h"
#include "shard/wire.h"

#define CONN_READ 16384u
#define CONN_READS_MAX 16   /* of CONN_READ bytes, per wake-up */
#define CONN_QUEUE_MAX 64   /* frames waiting to be written */

struct conn;

/* All may call conn_send and conn_close. */
struct conn_events {
	void (*data)(void *, const void *, size_t);
	void (*message)(void *);	/* a websocket message is whole */
	/* At most one of these two, once: the owner calls conn_close. */
	void (*closed)(void *, unsigned code, const char *why);
	void (*broken)(void *, const char *why);
	void (*read)(void *, size_t n);	/* n bytes were handled */
	void (*turn)(void *);		/* the end of a wake-up */
};

/* Takes wire over; the first bytes are delivered from the loop. */
struct conn *conn_open(struct ev_loop *, struct wire *, struct farewell *,
    size_t message_max, const struct conn_events *, void *arg);
/* Queues a text message: 0, or -1 when the queue is full or writing failed;
 * a failed connection is reported from the loop. */
int conn_send(struct conn *, const char *text, size_t len);
/* code 0: no close frame.  No callback after it; NULL is allowed. */
void conn_close(struct conn *, unsigned code);
/* Unacknowledged bytes break the connection after this long. */
void conn_tune(struct conn *, uint64_t interval_ms);

#endif
