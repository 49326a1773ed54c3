/* SPDX-License-Identifier: MIT */
/*
 * What we send on a gateway connection, within its limits (discord-protocol.md
 * 3.1, 3.2): a sliding window over everything, a narrower one for presences,
 * the pause between two member lists of one guild, and a bounded queue for
 * what has to wait.  Heartbeats pass at once but count.
 */
#ifndef SHARD_SENDS_H
#define SHARD_SENDS_H

#include "shared/wire/contract.h"
#include "shared/base/timer.h"

#define SENDS_WINDOW_MS 60000u
#define SENDS_APP_MAX 115u	/* in any window, everything counted */
#define SENDS_ALL_MAX 120u	/* Discord's own limit */
/* Discord measures on arrival: half a second more than it asks for. */
#define SENDS_PRESENCE_MS 20500u
#define SENDS_PRESENCE_MAX 5u
#define SENDS_LIST_MS 30500u	/* between two full member lists of a guild */
#define SENDS_LIST_MAX_MS 600000u /* a retry_after is cut to it */
#define SENDS_GUILDS 128u	/* more than fit into SENDS_LIST_MS */
#define SENDS_QUEUE_MAX 64u
#define SENDS_BYTES_MAX 4096u	/* one payload */

struct sends;

struct sends_ops {
	/* Writes a payload: false when the connection does not take it. */
	bool (*write)(void *, const char *text, size_t len);
	/* What became of request id; not called for one that was disowned. */
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
/* A payload of an application; result is called now or later.  id is not 0. */
void sends_request(struct sends *, uint64_t id, const char *text, size_t len);
/* Nobody waits for the results any more; what waits is sent all the same. */
void sends_disown(struct sends *);
/* Discord refuses member lists of a guild for so long (RATE_LIMITED). */
void sends_limited(struct sends *, uint64_t guild, double retry_after_s);
/* Ours: heartbeat, IDENTIFY, RESUME.  Counted, never queued; false when even
 * Discord's own limit is reached, and nothing must be sent. */
bool sends_count_own(struct sends *);
size_t sends_waiting(const struct sends *);

#endif
