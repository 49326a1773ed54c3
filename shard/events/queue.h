/* SPDX-License-Identifier: MIT */
/*
 * This room: the way of an event: inflated, kept, sent on, acknowledged.
 *
 * Events received and not yet acknowledged by the handler, in the very bytes
 * that go to it: frames [struct up_hdr | raw message] in a list of segments.
 * The inflater writes into the open frame at the end; two positions walk over
 * the rest, `sent` and, behind it, `front`, where acknowledged frames go.  Only
 * an acknowledgement removes a frame.  Nothing here allocates per event, calls
 * back, waits or writes to disk.
 */
#ifndef SHARD_EVENTS_QUEUE_H
#define SHARD_EVENTS_QUEUE_H

#include "shared/wire/contract.h"

#include <sys/uio.h>

#define QUEUE_SEGMENT (128u << 10) /* bytes; larger for one larger message */

struct queue_seg {
	struct list link;
	size_t cap, end; /* end: bytes of whole frames */
	unsigned char data[];
};

struct queue_pos {
	struct queue_seg *seg; /* NULL while there is no segment */
	size_t off;	       /* always where a frame begins or could */
};

struct queue {
	struct list segs; /* oldest first; the last is written to */
	struct queue_seg *spare;
	struct queue_seg *side; /* detached: holds the open message alone */
	bool detached;
	struct queue_pos front, sent;
	size_t part; /* bytes of the frame at sent already gone */
	size_t open; /* bytes of the message being built */
	uint64_t last_ord, sent_ord, acked_ord;
	uint64_t events, bytes;	   /* not acknowledged */
	uint64_t unsent;	   /* bytes not yet written to the uplink */
	struct up_session session; /* of the front frame; session 0: none */
};

void queue_init(struct queue *);
void queue_free(struct queue *);

/* ---- the message being built ---- */

/* Room for at least want more bytes of it; *avail is what there is. */
unsigned char *queue_space(struct queue *, size_t want, size_t *avail);
/* n bytes of that room were written. */
void queue_fill(struct queue *, size_t n);
static inline size_t
queue_open_len(const struct queue *q)
{
	return q->open;
}
/* The message so far; valid until the next call that takes q non-const. */
const char *queue_open_text(const struct queue *);
void queue_discard(struct queue *);

/*
 * Makes the open message a frame; not while detached.  type, flags, t_off,
 * t_len, seq, session and recv_ms are the caller's; events are given the next
 * ord.
 */
void queue_commit(struct queue *, const struct up_hdr *);
/* Announces a session ahead of the open message. */
void queue_announce(struct queue *, const struct up_session *);

/* ---- frames from elsewhere ---- */

/*
 * Older events than the open message are still to come: from now on it is
 * built beside the queue.  Only while there is none.
 */
void queue_detach(struct queue *);
/* The open message moves to the end of the queue. */
void queue_attach(struct queue *);
/* While detached: room for a frame of len bytes at the end of the queue... */
unsigned char *queue_room(struct queue *, size_t len);
/* ...which has been filled: h->len of those bytes.  Events get the next ord. */
void queue_add(struct queue *, const struct up_hdr *);

/* ---- looking ---- */

/* Positions of frames, from the oldest on. */
struct queue_pos queue_first(const struct queue *);
/* The frame at a position, which moves on; false at the end. */
bool queue_next(const struct queue *, struct queue_pos *, struct up_hdr *,
    const unsigned char **payload);

/* ---- sending ---- */

/* Unsent bytes as at most max pieces; the number of pieces. */
int queue_iov(const struct queue *, struct iovec *, int max);
void queue_sent(struct queue *, size_t n);
/* Bytes left of a frame that was written in part; 0 between frames. */
size_t queue_mid(const struct queue *);
/* A new uplink: everything not acknowledged goes again, marked so. */
void queue_rewind(struct queue *);

/* ---- acknowledgement ---- */

struct queue_acked {
	uint64_t events;
	uint64_t session, seq; /* of the last event that had a seq; 0: none */
};
/* Frees every event up to ord: 0, or -1 when ord was never sent. */
int queue_ack(struct queue *, uint64_t ord, struct queue_acked *);
/* Gives buffers back; does nothing unless the queue is empty. */
void queue_trim(struct queue *);
/* Bytes of memory it holds, used or not. */
size_t queue_held(const struct queue *);

#endif
