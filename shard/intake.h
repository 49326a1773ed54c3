/* SPDX-License-Identifier: MIT */
/*
 * From websocket pieces to session events and queued dispatches.  It reads the
 * envelope only (design section 3); what it cannot read is forwarded raw and
 * counted, so that no event can stop a shard (discord-protocol.md 8.10).
 */
#ifndef SHARD_INTAKE_H
#define SHARD_INTAKE_H

#include "shard/inflate.h"
#include "shard/session.h"

struct intake {
	struct session *session;
	struct queue *queue;
	struct page_shard *stats;
	struct inflate *inflate; /* NULL: no connection */
	uint32_t generation;	 /* of the connection */
	uint64_t queue_max;	 /* bytes; above it the session is told FULL */
	uint64_t wall_ms;	 /* when the bytes in hand were read */
};

void intake_init(struct intake *, struct session *, struct queue *,
    struct page_shard *, uint64_t queue_max);
/* A new connection, a new decoder: 0, or -1 when out of memory. */
int intake_open(struct intake *, uint32_t generation, enum config_compress,
    size_t message_max);
/* The connection is gone, with whatever was received in part. */
void intake_close(struct intake *);
/* n bytes were read from the connection. */
void intake_read(struct intake *, size_t n);
void intake_data(struct intake *, const void *, size_t);
void intake_end(struct intake *);

#endif
