/* SPDX-License-Identifier: MIT */
/*
 * What the handler has not acknowledged: in memory while it keeps up, and on
 * disk as well when it is away or slow.  While spooling every unacknowledged
 * event is in the spool, in order, and the oldest of them are in memory too, on
 * their way to the handler.  It must never let an event be counted as received
 * that it could not keep, nor hand one out of order.  Nothing here calls back.
 * What may write to or read from disk says so; only a flush with sync waits
 * for it.
 */
#ifndef SHARD_EVENTS_OUTBOX_H
#define SHARD_EVENTS_OUTBOX_H

#include "shard/events/queue.h"
#include "shared/page/page.h"
#include "shared/spool/spool.h"

#define OUTBOX_MEMORY (1u << 20)     /* of the queue while spooling, at most */
#define OUTBOX_SLOW (16u << 20)	     /* of a queue in memory only, at most */
#define OUTBOX_CAUGHT_UP (64u << 10) /* of a queue when spooling ends */
#define OUTBOX_BULK (256u << 10)     /* behind more, an interaction overtakes */
#define OUTBOX_RETRY_MS 10000u	     /* after the spool could not be written */
#define OUTBOX_SAY_MS 60000u	     /* between two lines that say the same */
#define OUTBOX_DISK_FREE (16u << 20) /* or as soon as this much is free */

struct outbox_limits {
	const char *dir;      /* of the spool; its parent may not exist */
	uint64_t queue_bytes; /* in memory when there is no spool to use */
	uint64_t spool_bytes, spool_age_ms;
};

struct outbox {
	struct queue queue;
	struct spool *spool; /* NULL: it could not be opened */
	struct page_shard *stats;
	struct outbox_limits limits;
	uint64_t slow, memory, caught_up; /* thresholds of queue.bytes */
	struct up_session session;	  /* of new events; session 0: none */
	uint64_t announced; /* the session last announced in the queue */
	bool spooling;	    /* each new event goes to disk */
	bool connected;	    /* there is a handler */
	bool failing;	    /* the spool could not be written, as was said */
	uint64_t boundary;  /* events up to this ord are in the spool */
	uint64_t earlier;   /* records left of an earlier process */
	uint64_t retry_ms;
	uint64_t failed_said_ms, began_said_ms; /* in the log, last */
	struct spool_stats told; /* so much of them is counted in stats */
};

/* dir is copied by nobody: it must live as long. */
void outbox_init(struct outbox *, const struct outbox_limits *,
    struct page_shard *);
/*
 * Opens the spool, which is not touched before, while another process may have
 * it: what that left is pending from here on.  Reads from disk.
 */
void outbox_take(struct outbox *);
void outbox_close(struct outbox *);
/*
 * A session is safe with the handler up to `from`: up to where with what is in
 * the spool?  Before anything is sent: what a power loss has cut off from the
 * rest goes, a RESUME brings it again.
 */
uint64_t outbox_follow(struct outbox *, uint64_t session, uint64_t from);
/* What is received from here on belongs to this session; what is pending of
 * another one goes to disk.  May write. */
void outbox_session(struct outbox *, const struct up_session *);

enum outbox_result {
	OUTBOX_KEPT,
	OUTBOX_FULL,	/* kept, but there is no room for more */
	OUTBOX_REFUSED, /* not kept: it must count as not received */
};
/* The open message of the queue is an event.  As for queue_commit.  May write,
 * here the whole queue once. */
enum outbox_result outbox_commit(struct outbox *, const struct up_hdr *);
/* As queue_ack; then the queue is filled from the spool again, which reads and
 * deletes there. */
int outbox_ack(struct outbox *, uint64_t ord, struct queue_acked *);
/* A handler has come or gone.  May read from the spool. */
void outbox_connected(struct outbox *, bool);
/* From now on what comes goes to disk, with what is pending: why, for the
 * log.  Nothing changes when that can't be written. */
void outbox_spool(struct outbox *, const char *why);
/* Before the process ends: 0 when all that is pending is on disk, and with
 * sync survives power loss. */
int outbox_flush(struct outbox *, bool sync);
/* Now and then: drops what is too old, counts. */
void outbox_tick(struct outbox *);

/* After OUTBOX_FULL or OUTBOX_REFUSED: is there room again? */
bool outbox_room(const struct outbox *);
/* More than OUTBOX_BULK bytes are ahead of the next event. */
static inline bool
outbox_bulk(const struct outbox *p)
{
	return p->queue.bytes > OUTBOX_BULK
	    || (p->spooling && p->stats->spool_bytes > OUTBOX_BULK);
}
/* Everything is acknowledged. */
bool outbox_none(const struct outbox *);

#endif
