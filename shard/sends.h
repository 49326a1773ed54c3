/* SPDX-License-Identifier: MIT */
/*
 * What we send on a gateway connection, within its limits (discord-protocol.md
 * 3.1, 3.2): a sliding window over everything, a narrower one for presences,
 * and a bounded queue for what has to wait.  Heartbeats pass at once but count.
 */
#ifndef SHARD_SENDS_H
#define SHARD_SENDS_H

#include "shared/contract.h"
#include "shared/timer.h"

#define SENDS_WINDOW_MS 60000u
#define SENDS_APP_MAX 115u	/* in any window, everything counted */
#define SENDS_ALL_MAX 120u	/* Discord's own limit */
#define SENDS_PRESENCE_MS 20000u
#define SENDS_PRESENCE_MAX 5u
#define SENDS_QUEUE_MAX 64u
#define SENDS_BYTES_MAX 4096u	/* one payload */

struct sends;

struct sends_ops {
	/* Writes a payload: false when the connection does not take it. */
	bool (*write)(void *, const char *text, size_t len);
	/* What became of request id. */
	void (*result)(void *, uint64_t id, enum send_status);
};

struct sends *sends_new(struct timers *, const struct sends_ops *, void *arg);
void sends_free(struct sends *);
/* READY or RESUMED: applications may send. */
void sends_open(struct sends *);
/* A new connection: Discord counts from 0 again. */
void sends_restart(struct sends *);
/* The connection ended: what waits is refused, never carried over. */
void sends_close(struct sends *);
/* A payload of an application; result is called now or later. */
void sends_request(struct sends *, uint64_t id, const char *text, size_t len);
/* Ours: heartbeat, IDENTIFY, RESUME.  Counted, never queued; false when even
 * Discord's own limit is reached, and nothing must be sent. */
bool sends_count_own(struct sends *);
size_t sends_waiting(const struct sends *);

#endif
