/* SPDX-License-Identifier: MIT */
/*
 * This room: a client's session at the gate.
 *
 * Which records of the log a session gets, and with which s: decided by its own
 * record and the log alone, so that a RESUME answered by another process, years
 * of events later or after SIGKILL, finds the very same numbers.  Pure: no
 * clock, no socket, no disk.
 *
 * A session is, in this order: READY and GUILD_CREATEs of the snapshot (s from
 * 1 to first_s, none of them in the log); what it missed before, of the log
 * behind `first` up to `live`, where only what catches up is sent; everything
 * that it asked for behind `live`, the position the snapshot shows.
 */
#ifndef HANDLER_GATE_SESSION_CLIENT_SESSION_H
#define HANDLER_GATE_SESSION_CLIENT_SESSION_H

#include "handler/gate/log/gatelog.h"

#include <sys/uio.h>

#define CLIENT_SESSION_ID_MAX 40
#define CLIENT_SESSION_NAME_MAX 64
#define CLIENT_SESSION_GUILDS_MAX 64
/* Discord takes an answer for 3 s; the rest is for the way back. */
#define CLIENT_SESSION_YOUNG_MS 2500
/* Records looked at in one call. */
#define CLIENT_SESSION_WALK_MAX 4096

/* flags */
#define CLIENT_SESSION_ALL_INTENTS 1u /* it has every intent we have */

/*
 * As it is kept: the owner puts it into the store whole, when it begins and
 * when acked has moved.
 */
struct client_session {
	uint32_t size;	 /* of this struct */
	uint32_t flags;	 /* CLIENT_SESSION_* */
	uint64_t number; /* private records are sent to; never 0 */
	uint64_t life;	 /* of the log that its positions are of */
	uint64_t intents;
	uint32_t shard, shard_count;
	int64_t born_ms;      /* wall clock of its IDENTIFY */
	int64_t seen_ms;      /* wall clock when it was last heard */
	uint64_t first_s;     /* messages of the snapshot */
	uint64_t first, live; /* positions, see above; first <= live */
	uint64_t acked_s;     /* the client has this one, first_s or more */
	uint64_t acked;	      /* and this is its position */
	char id[CLIENT_SESSION_ID_MAX];
	char client[CLIENT_SESSION_NAME_MAX];
	uint32_t guilds; /* in guild[]: it gets those only; 0: all */
	uint32_t reserved;
	uint64_t guild[CLIENT_SESSION_GUILDS_MAX];
};
_Static_assert(sizeof(struct client_session)
	== 96 + CLIENT_SESSION_ID_MAX + CLIENT_SESSION_NAME_MAX + 8
	    + 8 * CLIENT_SESSION_GUILDS_MAX,
    "on disk");

/*
 * Where its sending stands: s is of the last one sent.  Marks are where it
 * stood at some s before, in order: what is behind acked may be let go while
 * the client lives well, if it heartbeats seldom or caught up from the log's
 * very end, and a heartbeat is then found from one of them.
 */
#define CLIENT_SESSION_MARKS 32
struct client_cursor {
	uint64_t s;
	struct gatelog_reader reader;
	/* Interactions it was not sent because they were too old: how many;
	 * the position up to which they were counted, none twice. */
	uint64_t expired, judged;
	uint32_t marks;	 /* in mark[] */
	uint32_t stride; /* s between two of them at least */
	struct {
		uint64_t s;
		struct gatelog_reader reader;
	} mark[CLIENT_SESSION_MARKS];
};

enum client_session_result {
	CLIENT_SESSION_OK,
	CLIENT_SESSION_END,	/* nothing more yet */
	CLIENT_SESSION_MORE,	/* CLIENT_SESSION_WALK_MAX: call again */
	CLIENT_SESSION_OVERRUN, /* what comes next is gone: op 9 */
	CLIENT_SESSION_INVALID, /* it never got that s: op 9 */
	CLIENT_SESSION_RESULTS
};
/* The words of the log, the status page and the tests. */
extern const char *const client_session_result_name[CLIENT_SESSION_RESULTS];

/*
 * Begins: the snapshot had n messages and shows the log up to live; what was
 * missed before is sent from behind missed_from, as far as there is all of it
 * (missed_from >= live: nothing is).  The other fields are the caller's.  When
 * the log has a hole behind live (gatelog_whole), its first walk is OVERRUN.
 */
void client_session_begin(struct client_session *, const struct gatelog *,
    uint64_t n, uint64_t missed_from, uint64_t live);
/* Is data, len bytes out of a store, a session?  Then it is copied to out. */
bool client_session_valid(const void *data, size_t len,
    struct client_session *out);

/* Does it get this record?  Without a look at its body. */
bool client_session_gets(const struct client_session *,
    const struct gatelog_record *);

/* Would it get it, had it come younger? */
bool client_session_expired(const struct client_session *,
    const struct gatelog_record *);

/*
 * The cursor behind s, for what begins (s = first_s) and for RESUME: OK,
 * OVERRUN, INVALID, or MORE: then _more is called until it is something else.
 * The cursor is as this session left it, or all zero.
 */
enum client_session_result client_session_resume(const struct client_session *,
    const struct gatelog *, uint64_t s, struct client_cursor *);
enum client_session_result
client_session_resume_more(const struct client_session *,
    const struct gatelog *, uint64_t s, struct client_cursor *);
/* The next record it gets and its raw bytes (see gatelog_next), cursor->s its
 * s: OK, END, MORE or OVERRUN. */
enum client_session_result client_session_next(const struct client_session *,
    const struct gatelog *, struct client_cursor *, struct gatelog_record *,
    const char **raw);
/*
 * The client has s, as its heartbeat says: moves acked, as far as nothing else
 * is for it: a session that gets nothing for hours does not fall off the log.
 * OK (an s before acked changes nothing), MORE (call again), OVERRUN, or INVALID
 * for more than was sent, up to the cursor sent.
 */
enum client_session_result client_session_acknowledge(struct client_session *,
    const struct gatelog *, uint64_t s, struct client_cursor *sent);

#define CLIENT_SESSION_DIGITS 20
/* The message with s in place of Discord's, in three parts; digits is space of
 * the caller's that out points to. */
void client_session_message(const struct gatelog_record *, const char *raw,
    uint64_t s, char digits[CLIENT_SESSION_DIGITS], struct iovec out[3]);

#endif
