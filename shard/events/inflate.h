/* SPDX-License-Identifier: MIT */
/*
 * Transport compression (discord-protocol.md 5): turns websocket messages into
 * gateway messages, written straight into the open frame of the queue.  One
 * decoder per connection, never reused; any error ends that connection only.
 */
#ifndef SHARD_EVENTS_INFLATE_H
#define SHARD_EVENTS_INFLATE_H

#include "shard/events/queue.h"
#include "shared/config/config.h"

#define INFLATE_WINDOW_LOG_MAX 23 /* zstd: 8 MiB (5.2) */

struct inflate;

enum inflate_result {
	INFLATE_MORE,	 /* fine so far */
	INFLATE_MESSAGE, /* the open frame holds a whole message */
	INFLATE_BAD,	 /* the stream is broken */
	INFLATE_TOO_BIG, /* over message_max */
};

/* Owner: the connection; queue is borrowed.  NULL when out of memory. */
struct inflate *inflate_new(enum config_compress, size_t message_max,
    struct queue *);
void inflate_free(struct inflate *);
/* A piece of a websocket message. */
enum inflate_result inflate_feed(struct inflate *, const void *, size_t);
/* The websocket message has ended. */
enum inflate_result inflate_end(struct inflate *);

#endif
