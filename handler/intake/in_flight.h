/* SPDX-License-Identifier: MIT */
/*
 * What the handler has taken from the shards and not finished: one entry per
 * event that some plugin still works on, found by (shard, session, seq), and
 * per shard the order in which they may be acknowledged (design, I2).  Pure
 * bookkeeping: no sockets, no clock, no plugins.
 *
 * An event is "seen" from the moment it is admitted.  One that comes again is
 * either still in work, and then takes the new place in the order, or done.
 * An express copy (contract.h) is admitted like any event but has no place in
 * the order until its ordinary frame comes, which then is a repetition.
 * Remembering what was seen errs towards delivering twice, never towards
 * losing: the memory is of exact ranges, not of a highest number, because a
 * sequence number may be anything (tests/data/odd/seq_beyond_32bit.json).
 */
#ifndef HANDLER_INTAKE_IN_FLIGHT_H
#define HANDLER_INTAKE_IN_FLIGHT_H

#include "shared/wire/contract.h"
#include "shared/wire/seen.h"
#include "shared/spool/place.h"

#define IN_FLIGHT_SESSIONS 4  /* sessions remembered per shard */
#define IN_FLIGHT_EXPRESS 512 /* express copies per shard remembered */
#define IN_FLIGHT_BYTES_MAX ((size_t)256 << 20) /* payloads held, all shards */

struct in_flight_session {
	uint64_t hash; /* 0: free */
	char id[CONTRACT_SESSION_MAX];
	struct seen_numbers seen;
	uint64_t used;
};

struct in_flight_express {
	uint64_t session, seq; /* 0: free */
};

struct in_flight_shard {
	uint32_t id;
	struct list bound; /* events of this uplink, by ascending ord */
	struct list loose; /* in work, but not seen in order on this uplink */
	uint64_t process;  /* names the shard process; 0: none yet */
	uint64_t last_ord; /* received on this uplink */
	uint64_t top_ord;  /* highest ever received from this process */
	uint64_t tick;
	struct in_flight_session session[IN_FLIGHT_SESSIONS];
	struct in_flight_express *express; /* NULL: none came yet */
	unsigned express_n, express_at;
};

struct event;

/* One event at one plugin; window.c moves it. */
struct delivery {
	struct list link;
	struct delivery *chain; /* window's table */
	struct event *event;
	uint64_t id;	  /* JSON-RPC id while it is out */
	uint64_t sent_ms; /* clock_boot_ms() when written */
	uint64_t out_pos; /* where its line begins in the plugin's input */
	uint8_t plugin;	  /* index */
	uint8_t strikes;  /* times it is blamed for the plugin's end */
	uint8_t tries;	  /* times it was sent */
	uint32_t epoch;	  /* lane.c: when it came */
	bool urgent;
};

/* Where a copy's record in a backlog is; backlog.c's business. */
enum event_place { EVENT_NOWHERE, EVENT_TAKEN, EVENT_AHEAD };

struct event {
	struct list link;    /* bound or loose */
	struct event *chain; /* work.table */
	struct in_flight_shard
	    *shard;		/* NULL: not in work, a copy of a lane's */
	const char *session_id; /* of such a copy; else it is looked up */
	uint32_t shard_id;
	uint64_t dead; /* id of the dead letter it is; 0: none */
	uint64_t key_a, key_b;
	uint64_t ord, seq, session, recv_ms;
	uint8_t flags;
	bool checked, valid; /* rpc_write.c: payload can be spliced into JSON */
	bool done;	     /* a copy: finished, but one before it is not */
	enum event_place place;
	struct place record; /* AHEAD: the end of its record in the spool */
	uint16_t t_len;
	uint16_t size; /* in in_flight's steps; 0: of no size it keeps */
	uint32_t t_off, len;
	unsigned pending; /* deliveries not finished */
	unsigned copies;
	char *raw;	      /* payload, in this same allocation */
	struct delivery to[]; /* copies of them */
};

/* Of finished events the memory is kept for the next ones, by its size. */
#define IN_FLIGHT_STEP 512u
#define IN_FLIGHT_SIZES 16u /* kept up to so many steps */
#define IN_FLIGHT_KEPT_MAX ((size_t)1 << 20)

struct in_flight {
	struct event **table;
	size_t mask;
	size_t events, bytes;
	size_t max_events, max_bytes;
	struct event *kept[IN_FLIGHT_SIZES + 1]; /* by their chain */
	size_t kept_bytes;
};

void in_flight_init(struct in_flight *, size_t max_events, size_t max_bytes);
void in_flight_free(
    struct in_flight *); /* every shard's must be dropped first */
/* What is kept for the next events goes back to the system. */
void in_flight_rest(struct in_flight *);
/* At a bound: read no more.  Low enough to read again. */
bool in_flight_full(const struct in_flight *);
bool in_flight_low(const struct in_flight *);

void in_flight_shard_init(struct in_flight_shard *, uint32_t id);
/* A new uplink: ords count anew, and what is in work waits to be seen again. */
void in_flight_bind(struct in_flight_shard *, uint64_t process);
/* Names a session; the one not used for longest is forgotten. */
void in_flight_session(struct in_flight_shard *, uint64_t hash, const char *id);
/* Its id; "" when it is not known. */
const char *in_flight_session_id(struct in_flight_shard *, uint64_t hash);

enum in_flight_verdict {
	IN_FLIGHT_NEW,	   /* to be worked on: in_flight_add, or done at once */
	IN_FLIGHT_REBOUND, /* in work already; acknowledged under its new ord */
	IN_FLIGHT_DONE,	   /* done already */
};
/* Takes the event's place in the order; h is an UP_EVENT. */
enum in_flight_verdict in_flight_judge(struct in_flight *,
    struct in_flight_shard *, const struct up_hdr *h);
/* Copies the payload; the event has `copies` deliveries to fill in. */
struct event *in_flight_add(struct in_flight *, struct in_flight_shard *,
    const struct up_hdr *, const char *payload, unsigned copies);
/* One delivery is finished: true when that was the last, and ev is gone. */
bool in_flight_finish(struct in_flight *, struct event *);
/* An event that is nobody's: of a backlog, or a dead letter.  free(). */
struct event *in_flight_copy(uint32_t shard, const char *session_id,
    const struct up_hdr *);
/* The id of the session it came with; "" when it is not known. */
const char *in_flight_event_session(const struct event *);
bool in_flight_event_named(const struct event *, const char *name);
/* Frees everything in work of this shard. */
void in_flight_shard_drop(struct in_flight *, struct in_flight_shard *);

/* Every ord up to this is done on this uplink; 0: none. */
uint64_t in_flight_ack(const struct in_flight_shard *);
/* Smallest recv_ms in work, 0 when there is none. */
uint64_t in_flight_oldest(const struct in_flight_shard *);

#endif
