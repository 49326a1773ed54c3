/* SPDX-License-Identifier: MIT */
/*
 * The stream to the handler (contract.h): sends the queue as it is, in few
 * large writes, and reads acknowledgements and payloads to send.  A handler
 * that goes away costs nothing: the queue keeps what was not acknowledged.
 * Before a switch to another handler it is cut: nothing new goes out, and it is
 * done when all that went out is acknowledged.  Nothing here waits.
 * uplink_turn may call gone at once; everything else calls back from the loop
 * only.
 */
#ifndef SHARD_EVENTS_UPLINK_H
#define SHARD_EVENTS_UPLINK_H

#include "shard/events/queue.h"

#include <ev.h>

#define UPLINK_CONTROL_MAX 16384u  /* HELLO, SESSION and RESULTs not yet sent */
#define UPLINK_EXPRESS_MAX 262144u /* the same of express copies */
#define UPLINK_WRITES_MAX 16	   /* per wake-up */
#define UPLINK_READS_MAX 16	   /* of UPLINK_READ bytes, per wake-up */
#define UPLINK_READ 8192u
#define UPLINK_DOWN_MAX 4096u /* larger payloads are read and refused */

struct uplink;

struct uplink_ops {
	/* -1 when ord is impossible: the handler is then not trusted. */
	int (*ack)(void *, uint64_t ord);
	/* A payload to send; text NULL when it was over UPLINK_DOWN_MAX. */
	void (*send)(void *, uint64_t id, const char *text, size_t len);
	void (*gone)(void *, const char *why);
	/* After uplink_cut: nothing is out any more. */
	void (*drained)(void *);
};

struct uplink *uplink_new(struct ev_loop *, struct queue *,
    const struct uplink_ops *, void *arg);
void uplink_free(struct uplink *);
/* Takes fd over; the present uplink, if any, is closed without a callback. */
void uplink_adopt(struct uplink *, int fd, const struct up_hello *);
bool uplink_connected(const struct uplink *);
/* Once per turn of the loop: sends what the queue holds, unless the handler is
 * known to take no more. */
void uplink_turn(struct uplink *);
/*
 * Sends a copy of an event ahead of everything that waits: false when there is
 * no handler or no room.
 */
bool uplink_express(struct uplink *, const struct up_hdr *, const char *raw,
    const struct up_session *);
/* Sends nothing new from here on; until the next uplink_adopt. */
void uplink_cut(struct uplink *);
/* Dropped silently when there is no handler: the one that asked is gone. */
void uplink_result(struct uplink *, uint64_t id, enum send_status);

#endif
