/* SPDX-License-Identifier: MIT */
/*
 * What we send on a gateway connection, within its limits (discord-protocol.md
 * 3.1, 3.2): a sliding window over everything, a narrower one for presences,
 * the pause between two member lists of one guild, and a bounded queue for
 * what has to wait.  Heartbeats pass at once but count.  Open, close, request
 * and limited may call write and result at once.
 */
#ifndef SHARD_SESSION_SEND_QUEUE_H
#define SHARD_SESSION_SEND_QUEUE_H

#include "shared/wire/contract.h"
#include "shared/base/timer.h"

#define SEND_QUEUE_WINDOW_MS 60000u
#define SEND_QUEUE_APP_MAX 115u /* in any window, everything counted */
#define SEND_QUEUE_ALL_MAX 120u /* Discord's own limit */
/* Discord measures on arrival: half a second more than it asks for. */
#define SEND_QUEUE_PRESENCE_MS 20500u
#define SEND_QUEUE_PRESENCE_MAX 5u
#define SEND_QUEUE_LIST_MS 30500u /* between two full member lists of a guild */
#define SEND_QUEUE_LIST_MAX_MS 600000u /* a retry_after is cut to it */
#define SEND_QUEUE_GUILDS 128u /* more than fit into SEND_QUEUE_LIST_MS */
#define SEND_QUEUE_QUEUE_MAX 64u
#define SEND_QUEUE_BYTES_MAX 4096u /* one payload */

struct send_queue;

struct send_queue_ops {
	/* Writes a payload: false when the connection does not take it.  Must
	 * not call back into the queue. */
	bool (*write)(void *, const char *text, size_t len);
	/* What became of request id; not called for one that was disowned. */
	void (*result)(void *, uint64_t id, enum send_status);
};

struct send_queue *send_queue_new(struct timers *,
    const struct send_queue_ops *, void *arg);
void send_queue_free(struct send_queue *);
/* READY or RESUMED: applications may send. */
void send_queue_open(struct send_queue *);
/* A new connection: Discord counts from 0 again. */
void send_queue_restart(struct send_queue *);
/* The connection ended: what waits is refused, never carried over. */
void send_queue_close(struct send_queue *);
/* A payload of an application; result is called now or later.  id is not 0. */
void send_queue_request(struct send_queue *, uint64_t id, const char *text,
    size_t len);
/* Nobody waits for the results any more; what waits is sent all the same. */
void send_queue_disown(struct send_queue *);
/* Discord refuses member lists of a guild for so long (RATE_LIMITED). */
void send_queue_limited(struct send_queue *, uint64_t guild,
    double retry_after_s);
/* Ours: heartbeat, IDENTIFY, RESUME.  Counted, never queued; false when even
 * Discord's own limit is reached, and nothing must be sent. */
bool send_queue_count_own(struct send_queue *);
size_t send_queue_waiting(const struct send_queue *);

#endif
