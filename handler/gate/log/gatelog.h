/* SPDX-License-Identifier: MIT */
/*
 * This room: the log of the gate: every dispatch that came, in order, one copy
 * for all clients, until its bytes or its age are beyond the bounds.
 *
 * It lies in a memfd that somebody else keeps open, so that the SIGKILL of the
 * process that writes it costs nothing: the next one attaches to what is there.
 * It must never hold its writer up for a reader, and never show a reader what
 * is not whole: who is too slow is told that it fell off.
 *
 * A record is a checksummed header and the message as Discord sent it.  The
 * header says all that decides who gets it, so a walk touches no bodies.  The
 * area behind the first page is a ring, mapped twice in a row: a record that
 * goes over its end is one piece all the same.  Places in it are counted in
 * bytes since the log began and never reused; so are positions, one a record.
 *
 * One thread appends, expires and seeks.  Another thread may have readers of
 * its own and use gatelog_next and gatelog_copy, no more.  Nothing here waits,
 * nothing calls back.
 */
#ifndef HANDLER_GATE_LOG_GATELOG_H
#define HANDLER_GATE_LOG_GATELOG_H

#include "shared/base/err.h"

#define GATELOG_BYTES_MIN ((size_t)1 << 20)
#define GATELOG_BYTES_MAX ((size_t)64 << 30)
#define GATELOG_PIECES 64 /* the oldest of the log goes by such parts of it */
#define GATELOG_PIECE_MS 30000 /* ... or by so much time */

/* flags of a record */
#define GATELOG_SELF 1u /* of the bot's own member, which needs no intent */

/*
 * Of a record: what is asked of who appends, and what a reader gets.  Offsets
 * are into raw.
 */
struct gatelog_record {
	uint64_t position; /* the log's; from 1 */
	uint64_t lane;	   /* the sender's number of it; 0: made by the gate */
	uint64_t session;  /* of Discord: store_session_key */
	uint64_t seq;	   /* its s there */
	int64_t received_ms; /* wall clock */
	uint64_t guild;	     /* 0: of none */
	uint64_t to; /* number of the one session that gets it; 0: all */
	uint32_t shard, shard_count; /* which sent it */
	uint32_t len;		     /* of raw */
	uint32_t t_off;		     /* the name */
	uint32_t s_off;		     /* the value of s, digits */
	uint32_t d_off;		     /* the value of d */
	uint16_t event;		     /* enum dispatch */
	uint8_t t_len, s_len;	     /* their lengths */
	uint32_t flags;		     /* GATELOG_* */
};
_Static_assert(sizeof(struct gatelog_record) == 88, "lies in the memfd");

struct gatelog;

/* What was found at the start. */
struct gatelog_found {
	bool fresh;	  /* there was nothing, or nothing that can be used */
	bool damaged;	  /* why says what; the log goes on behind it */
	uint64_t records; /* that are there */
	uint64_t lost;	  /* positions that were given and are gone */
	char why[200];	  /* a sentence for people */
};

/*
 * Attaches to the log in fd, of bytes (rounded down to pages; one of another
 * size, or of no log, begins anew), and keeps fd, which stays the caller's to
 * close after gatelog_detach.  0, or -1 with err when fd cannot be mapped or is
 * too small a file and cannot grow.
 */
struct gatelog *gatelog_attach(int fd, size_t bytes, int64_t age_ms,
    struct gatelog_found *, struct err *);
void gatelog_detach(struct gatelog *);

/* Names this log: positions of another mean nothing here.  Never 0. */
uint64_t gatelog_life(const struct gatelog *);
/* Positions: the oldest there is (last + 1 when empty), and the last. */
uint64_t gatelog_oldest(const struct gatelog *);
uint64_t gatelog_last(const struct gatelog *);
/* The oldest behind which nothing is missing: after damage that is later. */
uint64_t gatelog_whole(const struct gatelog *);
/* The lane's number of the last record that has one: what may be acknowledged;
 * found again by who attaches.  0: none. */
uint64_t gatelog_acknowledged(const struct gatelog *);
/* Bytes in use. */
size_t gatelog_used(const struct gatelog *);

/*
 * Fills in what raw itself says: event, guild, offsets, seq, and GATELOG_SELF
 * when self, the bot's user id, is whom it is about.  What is not said by raw
 * is left as it is.  false: it is no dispatch that a client could be sent: not
 * JSON, without t, s or d, or one of them is of a kind that Discord's is not.
 * d is not read further than to its guild: clients get what Discord sent, and
 * who makes something of it checks it first (envelope_valid).
 */
bool gatelog_describe(struct gatelog_record *, const char *raw, size_t len,
    uint64_t self);

/*
 * Appends raw, r->len bytes; sets r->position.  Lets the oldest go as needed.
 * false: it is greater than a quarter of the log, and nothing was done.
 */
bool gatelog_append(struct gatelog *, struct gatelog_record *r,
    const char *raw);
/* Lets go what is older than age; gives memory back. */
void gatelog_expire(struct gatelog *, int64_t wall_ms);

/* ---- reading -------------------------------------------------------- */

struct gatelog_reader {
	uint64_t position; /* of the last record it was given */
	uint64_t at;	   /* byte behind that record */
};

enum gatelog_read {
	GATELOG_RECORD,
	GATELOG_END,  /* there is no more yet */
	GATELOG_LOST, /* what came next is gone, told when there is something
			 behind it: the reader stands there, and *lost says
			 how many were missed */
};

/*
 * Places a reader behind position; gatelog_oldest() - 1 is the beginning.
 * false: what comes next is gone, or position was never given, and the reader
 * is not placed.
 */
bool gatelog_seek(const struct gatelog *, struct gatelog_reader *,
    uint64_t position);
/*
 * The next record.  *raw is in the log: for the thread that appends, good until
 * it appends or expires; another thread takes a copy by gatelog_copy.
 */
enum gatelog_read gatelog_next(const struct gatelog *, struct gatelog_reader *,
    struct gatelog_record *, const char **raw, uint64_t *lost);
/*
 * The raw bytes of the record just read into dst, of r->len bytes.  false: they
 * were overwritten meanwhile; the next gatelog_next tells what was lost.
 */
bool gatelog_copy(const struct gatelog *, const struct gatelog_reader *,
    const struct gatelog_record *, char *dst);

#endif
