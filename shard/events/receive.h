/* SPDX-License-Identifier: MIT */
/*
 * From websocket pieces to session events and queued dispatches.  It reads the
 * envelope only (design section 3); what it cannot read is forwarded raw and
 * counted, so that no event can stop a shard (discord-protocol.md 8.10).  An
 * event counts as received only once it is kept for the handler.
 */
#ifndef SHARD_EVENTS_RECEIVE_H
#define SHARD_EVENTS_RECEIVE_H

#include "shard/events/inflate.h"
#include "shard/events/outbox.h"
#include "shard/session/send_queue.h"
#include "shard/session/session.h"
#include "shard/events/uplink.h"

/* An earlier RESUMED is replayed like the rest: the last one is the one that
 * nothing follows for so long. */
#define RECEIVE_UNSURE_MS 5000u

/* Where what arrives goes; all borrowed. */
struct receive_to {
	struct session *session;
	struct outbox *pending;
	struct uplink *uplink;
	struct send_queue *sends;
	struct page_shard *stats;
	struct page_slot *slot;
	const struct page_cluster *fleet;
};

#define RECEIVE_REFUSED_MS (60u * 60 * 1000)

struct receive {
	struct receive_to to;
	struct queue *queue;	 /* of pending */
	struct inflate *inflate; /* NULL: no connection */
	unsigned refused;    /* kinds of compression that the server has not,
				    or not so that we could take it, in the
				    order in which auto asks */
	uint64_t refused_ms; /* when that was seen last */
	size_t told_memory;  /* of a decoder, as was said last */
	uint32_t generation; /* of the connection */
	uint64_t wall_ms;    /* when the bytes in hand were read */
	uint64_t heard;	     /* highest seq of the session that may have
				    left for a handler */
	bool unsure;	     /* it may be higher, until the replay is over */
	uint64_t resumed_ms; /* RESUMED came, 0: not yet */
};

void receive_init(struct receive *, const struct receive_to *);
/* The session is another process's so far: what of it may have been handled is
 * taken from the page. */
void receive_recall(struct receive *);
/* A new connection, a new decoder: 0, or -1 when out of memory. */
int receive_open(struct receive *, uint32_t generation, enum config_compress,
    size_t message_max, size_t window_max);
/*
 * Kinds of compression that auto leaves out: the server has so many not.  What
 * it was seen by may have been a proxy's doing: it is forgotten after
 * RECEIVE_REFUSED_MS.
 */
unsigned receive_without(const struct receive *);
void receive_note_refused(struct receive *, unsigned kinds);
/* The connection is gone, with whatever was received in part. */
void receive_close(struct receive *);
/* n bytes were read from the connection. */
void receive_read(struct receive *, size_t n);
void receive_data(struct receive *, const void *, size_t);
void receive_end(struct receive *);

#endif
