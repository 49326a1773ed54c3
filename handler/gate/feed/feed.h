/* SPDX-License-Identifier: MIT */
/*
 * This room: what comes into the gate: the handlers' lanes, and the writer of
 * the cache, which follows the log.
 *
 * The lanes: what a handler sends goes into the log once, whichever handler
 * sends it and however often, and is acknowledged when it is there.  Which
 * events the log has is read from the log itself at the start, so a gate that
 * was killed neither loses nor repeats one.
 */
#ifndef HANDLER_GATE_FEED_FEED_H
#define HANDLER_GATE_FEED_FEED_H

#include "handler/gate/log/gatelog.h"
#include "shared/base/list.h"
#include "shared/wire/gate_wire.h"
#include "shared/wire/seen.h"

#define FEED_LANES_MAX 4 /* two handlers, and what is not gone yet */
#define FEED_SESSIONS 4	 /* of a shard remembered */
#define FEED_SHARDS_MAX 65536u
#define FEED_SENDS_MAX 256 /* gateway commands not answered yet */

struct feed;

struct feed_lane {
	struct list link;
	struct feed *feed;
	struct gate_wire wire;
	uint64_t number;
	uint32_t generation; /* of its handler */
	uint64_t taken;	     /* highest ord, in the log */
	uint64_t acked;
};

/* What was seen of a session of Discord. */
struct feed_session {
	uint64_t session; /* 0: free */
	uint64_t used;
	struct seen_numbers seen;
};
struct feed_shard {
	struct feed_session session[FEED_SESSIONS];
};

struct feed {
	struct ev_loop *loop;
	struct gatelog *log; /* NULL: not ours yet */
	struct list lanes;   /* the newest last */
	struct feed_shard **shard;
	size_t shards;
	uint64_t tick;
	uint64_t self; /* user id of the bot; 0: not known */
	uint32_t shard_count;
	uint64_t next_send, sends; /* sends: not answered yet */
	uint64_t next_lane;
	uint64_t events, repeated, unreadable, too_big;
	/* Puts a record into the log: as gatelog_append. */
	bool (*append)(struct feed *, struct gatelog_record *, const char *raw);
	/* Some were. */
	void (*appended)(struct feed *);
	/* A GATE_ASK: feed_answer, now or later. */
	void (*ask)(struct feed *, uint64_t lane, uint64_t id,
	    const char *payload, size_t len);
};

/* loop, self and the functions are filled in already. */
void feed_init(struct feed *);
/* The log is ours from now on. */
void feed_attach(struct feed *, struct gatelog *);
/* Takes fd over. */
void feed_lane(struct feed *, int fd, uint32_t generation,
    uint32_t shard_count);
unsigned feed_lanes(const struct feed *);
/* A gateway payload for a shard: false when nobody can take it now. */
bool feed_send(struct feed *, uint32_t shard, const char *payload, size_t len);
/* To what was asked over that lane; harmless when it is gone. */
void feed_answer(struct feed *, uint64_t lane, uint64_t id,
    const struct gate_answer *, const char *text, size_t len);
/* Is there room for one?  On a lane that is gone there is. */
bool feed_room(const struct feed *, uint64_t lane);
/* No more is taken: what is not acknowledged stays with the handlers, and
 * feed_send says false. */
void feed_free(struct feed *);

#endif
