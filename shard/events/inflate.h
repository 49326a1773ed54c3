/* SPDX-License-Identifier: MIT */
/*
 * Transport compression (discord-protocol.md 5): turns websocket messages into
 * gateway messages, written straight into the open frame of the queue.  One
 * decoder per connection, never reused; any error ends that connection only.
 *
 * The decoders are zlib's and zstd's own.  An inflater written for such small
 * messages was measured at 0.75 of zlib's time; zstd-stream takes 0.65, from a
 * library that others look after, so there is nothing in one of ours that would
 * pay for its attack surface.
 */
#ifndef SHARD_EVENTS_INFLATE_H
#define SHARD_EVENTS_INFLATE_H

#include "shard/events/queue.h"
#include "shared/config/config.h"

#define INFLATE_WINDOW_MAX (8u << 20) /* of zstd, whatever is asked (5.2) */

struct inflate;

enum inflate_result {
	INFLATE_MORE,	 /* fine so far */
	INFLATE_MESSAGE, /* the open frame holds a whole message */
	INFLATE_BAD,	 /* the stream is broken */
	INFLATE_TOO_BIG, /* over message_max */
	INFLATE_OTHER,	 /* what begins here is not what was asked for */
	INFLATE_WINDOW,	 /* it is zstd's, with a window larger than allowed */
};

/*
 * Owner: the connection; queue is borrowed.  window_max: bytes of a window of
 * zstd, which is allocated when the stream's header tells its size.  NULL when
 * out of memory.
 */
struct inflate *inflate_new(enum config_compress, size_t message_max,
    size_t window_max, struct queue *);
/* Bytes of memory the decoder takes by now, the window among them. */
size_t inflate_memory(const struct inflate *);
void inflate_free(struct inflate *);
/* A piece of a websocket message. */
enum inflate_result inflate_feed(struct inflate *, const void *, size_t);
/* The websocket message has ended. */
enum inflate_result inflate_end(struct inflate *);

#endif
