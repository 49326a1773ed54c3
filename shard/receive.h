/* SPDX-License-Identifier: MIT */
/*
 * From websocket pieces to session events and queued dispatches.  It reads the
 * envelope only (design section 3); what it cannot read is forwarded raw and
 * counted, so that no event can stop a shard (discord-protocol.md 8.10).
 */
#ifndef SHARD_RECEIVE_H
#define SHARD_RECEIVE_H

#include "shard/inflate.h"
#include "shard/session.h"

struct receive {
	struct session *session;
	struct queue *queue;
	struct page_shard *stats;
	struct inflate *inflate; /* NULL: no connection */
	uint32_t generation;	 /* of the connection */
	uint64_t queue_max;	 /* bytes; above it the session is told FULL */
	uint64_t wall_ms;	 /* when the bytes in hand were read */
};

void receive_init(struct receive *, struct session *, struct queue *,
    struct page_shard *, uint64_t queue_max);
/* A new connection, a new decoder: 0, or -1 when out of memory. */
int receive_open(struct receive *, uint32_t generation, enum config_compress,
    size_t message_max);
/* The connection is gone, with whatever was received in part. */
void receive_close(struct receive *);
/* n bytes were read from the connection. */
void receive_read(struct receive *, size_t n);
void receive_data(struct receive *, const void *, size_t);
void receive_end(struct receive *);

#endif
