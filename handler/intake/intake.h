/* SPDX-License-Identifier: MIT */
/*
 * This room: what comes from the shards, and what of it came before.
 *
 * The shards' uplinks: reads their frames, has each event judged (in_flight.h),
 * hands new ones on, acknowledges many at once, carries gateway commands
 * down.  When too much is in work it stops reading: from
 * there on the shards' own bounds hold (design, I5).  One shard that sends a
 * lot can't starve the others: one bounded read per wake-up each.
 */
#ifndef HANDLER_INTAKE_INTAKE_H
#define HANDLER_INTAKE_INTAKE_H

#include "shared/base/buf.h"
#include "shared/page/page_counts.h"
#include "handler/intake/subscriptions.h"
#include "handler/intake/in_flight.h"

#include <ev.h>

#define INTAKE_SHARDS_MAX 65536u
#define INTAKE_SENDS_MAX 256u /* gateway commands not answered yet */
/* What is done is told to its shard after so long, or when it is so much: an
 * event of its own each would wake the shard twice. */
#define INTAKE_ACK_S 0.010
#define INTAKE_ACK_EVENTS 256u
#define INTAKE_ACK_BYTES (256u << 10)
#define INTAKE_STUCK_MS 200u	/* full for longer: whose fault is it? */
#define INTAKE_SEND_MS 60000u	/* a shard has this long to answer one */
#define INTAKE_SEND_BYTES 4096u /* discord-protocol.md section 0 */

struct uplink;
struct intake;

/* What became of a gateway command; status: enum send_status, or these. */
#define INTAKE_SEND_LOST 1000u /* the shard went away: it may have gone out */
#define INTAKE_SEND_LATE 1001u
typedef void intake_sent_fn(void *arg, uint32_t status);

/* A new event on its way to the plugins. */
struct intake_event {
	uint32_t shard;
	const struct up_hdr *h;
	const char *raw; /* h->len bytes */
	uint64_t wanted; /* the plugins that get it, a bit set */
};

/*
 * Sees each new event before it is delivered, in the order in which the taps
 * were added, and may change who gets it.
 */
struct intake_tap {
	struct list link;
	void (*fn)(struct intake_tap *, struct intake_event *);
};

struct intake {
	struct ev_loop *loop;
	struct subscriptions *route;
	struct in_flight work;
	struct buf spare;	/* the read buffer of whoever reads next */
	struct uplink **uplink; /* by shard id; NULL: never seen */
	size_t uplinks;
	struct list dirty; /* uplinks whose acknowledgement may have moved */
	ev_timer gather;   /* runs while one of them waits for more */
	bool acks_late;	   /* it has ended */
	struct list sends; /* gateway commands, oldest first */
	struct list taps;
	unsigned sends_waiting;
	uint64_t next_send;
	unsigned open; /* uplinks connected */
	uint32_t generation, shard_count;
	bool paused;	    /* the bound of work is met */
	uint64_t paused_ms; /* since when */
	bool stopped;	    /* no more events are taken */
	bool all;	    /* somebody beside the plugins gets each event */
	uint64_t events, duplicates, acked;
	struct page_counts counts; /* of it, types and ages of events */
	/* A new event for the plugins of this bit set; if all, the last of its
	 * deliveries is that somebody's. */
	void (*deliver)(struct intake *, struct event *, uint64_t wanted);
	void (*closed)(struct intake *); /* an uplink ended */
	/* An uplink is of no use: the peer is broken or of another build. */
	void (*refused)(struct intake *, uint32_t shard, const char *why);
};

void intake_init(struct intake *, struct ev_loop *, struct subscriptions *,
    size_t max_events, uint32_t generation);
void intake_free(struct intake *);

/* Until intake_untap, which does no harm to one that is not there. */
static inline void
intake_tap(struct intake *in, struct intake_tap *tap)
{
	list_append(&in->taps, &tap->link);
}

static inline void
intake_untap(struct intake_tap *tap)
{
	if (tap->link.next != NULL)
		list_remove(&tap->link);
}

/* Takes fd over; an earlier uplink of this shard is superseded. */
void intake_uplink(struct intake *, uint32_t shard, uint32_t shard_count,
    int fd);
/* A delivery of this event is finished. */
void intake_finish(struct intake *, struct event *);
/* Once per loop turn: acknowledges what is due (unless what is finished is not
 * yet safe on disk), reads on when there is room again. */
void intake_flush(struct intake *, bool ack);
/* The bound has been met for too long. */
bool intake_stuck(const struct intake *);
/* Takes no more events; goes on acknowledging. */
void intake_stop(struct intake *);
/* Once a second: what waited too long. */
void intake_tick(struct intake *);
/* Nothing has come for a while: buffers go back. */
void intake_rest(struct intake *);
/* Smallest received_ms in work, 0: none. */
uint64_t intake_oldest(const struct intake *);

/*
 * Sends a gateway payload over a shard.  0, and fn is called once; or -1 with
 * a sentence in *why.
 */
int intake_send(struct intake *, uint32_t shard, const char *payload,
    size_t len, intake_sent_fn *, void *arg, const char **why);

#endif
