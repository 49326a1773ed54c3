/* SPDX-License-Identifier: MIT */
/*
 * This room: the connection to the gateway: dial, TLS, upgrade, frames, the
 * end.
 *
 * An open websocket connection to the gateway.  It hands out message pieces as
 * they arrive, answers pings, and never closes with any code but the one it is
 * told (wslay would offer 1002 or 1009, which are harmless, and echo 1000,
 * which is not worth the risk: discord-protocol.md 2.10).
 */
#ifndef SHARD_NET_WEBSOCKET_H
#define SHARD_NET_WEBSOCKET_H

#include "shard/net/ws_linger.h"
#include "shard/net/tls_socket.h"

#define WEBSOCKET_READ 16384u
#define WEBSOCKET_READS_MAX 16 /* of WEBSOCKET_READ bytes, per wake-up */
#define WEBSOCKET_QUEUE_MAX 64 /* frames waiting to be written */

struct websocket;

/* All may call websocket_send and websocket_close. */
struct websocket_events {
	void (*data)(void *, const void *, size_t);
	void (*message)(void *); /* a websocket message is whole */
	/* At most one of these two, once: the owner calls websocket_close. */
	void (*closed)(void *, unsigned code, const char *why);
	void (*broken)(void *, const char *why);
	void (*read)(void *, size_t n); /* n bytes were handled */
	void (*turn)(void *);		/* the end of a wake-up */
};

/* Takes wire over; the first bytes are delivered from the loop. */
struct websocket *websocket_open(struct ev_loop *, struct tls_socket *,
    struct ws_linger *, size_t message_max, const struct websocket_events *,
    void *arg);
/* Queues a text message: 0, or -1 when the queue is full or writing failed;
 * a failed connection is reported from the loop. */
int websocket_send(struct websocket *, const char *text, size_t len);
/*
 * The same for a text with the token in it, of at most 65 535 bytes: no copy of
 * it stays behind.  One at a time: -1 while the one before is not out.
 */
int websocket_send_secret(struct websocket *, const char *text, size_t len);
/* code 0: no close frame.  No callback after it; NULL is allowed. */
void websocket_close(struct websocket *, unsigned code);
/* Unacknowledged bytes break the connection after this long. */
void websocket_tune(struct websocket *, uint64_t interval_ms);

#endif
