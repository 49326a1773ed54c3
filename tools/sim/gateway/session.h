/* SPDX-License-Identifier: MIT */
/*
 * A gateway session: the dispatches it was issued, the window of them that a
 * RESUME may replay, and the journal the audit is held against.  It lives on
 * without a connection until its time is up, and issues events all the while.
 */
#ifndef TOOLS_SIM_GATEWAY_SESSION_H
#define TOOLS_SIM_GATEWAY_SESSION_H

#include "tools/sim/gateway/conn.h"
#include "tools/sim/book/journal.h"

#include "shared/base/timer.h"

#define SESSION_ENDED_MAX 512 /* ended ones kept for late audits */
#define SESSION_RAW_MAX 256   /* documents sent as they are, per session */

#define SESSION_NAME_MAX 32

struct session_kept {
	char *raw;
	size_t len;
	uint64_t sent_ms; /* clock_boot_ms() when it left; 0: not yet */
};

struct session {
	struct list link;     /* gateway->live or gateway->ended */
	struct session *next; /* of its hash bucket */
	struct sim *sim;
	char id[33];
	unsigned bot; /* its number, and its user */
	unsigned user;
	unsigned shard, count;
	int key; /* stats_key() of them */
	uint64_t intents;
	unsigned large;	   /* of its IDENTIFY: large_threshold */
	struct conn *conn; /* NULL: disconnected */
	bool ended;
	uint64_t sent;		     /* counted events */
	uint64_t heartbeat_seq;	     /* highest d of its heartbeats */
	struct journal journal;	     /* journal.seq: last issued */
	struct session_kept *window; /* seq % replay */
	unsigned replay;

	/* The ledger (ledger.h): seqs first, then counted events. */
	uint64_t left, left_seq;    /* left at least once; the highest */
	uint64_t left_again;	    /* left once more, in a replay */
	uint64_t replayed;	    /* left in a replay */
	uint64_t acknowledged_seq;  /* highest acknowledged */
	uint64_t left_acknowledged; /* of those that left */
	uint64_t audit_seq;	    /* highest reported */
	bool reported;		    /* somebody reported of it */
	uint64_t handled;	    /* reported */
	uint64_t acknowledged;
	uint64_t credited; /* handled, as its shard counts it */
	uint64_t repeated, reordered, corrupt;

	struct timer expire;
	uint64_t resumed_from_ms; /* when the client's last event had left on
				     the connection before; 0: not asked */
	bool syncing;		  /* GUILD_CREATEs of READY still to issue */
	unsigned sync_next;	  /* guild index to look at next */
	unsigned sync_floods; /* rounds over the guilds: fault flood-guilds */
	char withheld[SESSION_NAME_MAX]; /* events of names that begin so are
					    never issued; "": none is */
	uint32_t raw[SESSION_RAW_MAX];	 /* checksums; a ring */
	unsigned raws;
	uint64_t *voice; /* guilds it has put its bot into a channel of */
	unsigned voices;
};

struct session *session_new(struct sim *, unsigned shard, unsigned count,
    uint64_t intents);
/* The newest of that id. */
struct session *session_find(struct sim *, const char *id, size_t len);
/* Of all with the id of s, which is the newest, the one whose event seq has
 * this checksum; s itself when none has. */
struct session *session_owner(struct session *, uint64_t seq, uint32_t crc);
/* The newest live session of a shard id, a connected one first; or NULL.
 * count 0: of any layout. */
struct session *session_newest(struct sim *, unsigned shard, unsigned count);
/* Issues a dispatch; d is its JSON.  flags: JOURNAL_COUNTED or 0. */
void session_dispatch(struct session *, const char *t, const char *d,
    size_t len, unsigned flags);
/* Bytes of an issued dispatch, NULL when the window has moved on. */
const char *session_kept(const struct session *, uint64_t seq, size_t *len);
/*
 * A RESUME from seq: the gap is measured, from when that event left to when
 * the first one leaves on the new connection.
 */
void session_gap_begin(struct session *, uint64_t seq);
/* This seq leaves now. */
void session_leaves(struct session *, uint64_t seq);
/* Lowest seq still in the window; seq + 1 of the journal when empty. */
uint64_t session_oldest(const struct session *);
/* Its connection ended: from now on it lives for cfg.session_ttl_s. */
void session_detach(struct session *);
/* Gone for good: a RESUME gets op 9 false; unhandled events are lost. */
void session_end(struct session *);
/* Issues a whole envelope as it is, whose s is the next one. */
void session_issue(struct session *, const char *t, const void *raw,
    size_t len);
/* Remembers bytes that were sent outside the sequence. */
void session_note_raw(struct session *, const void *, size_t);
bool session_was_raw(const struct session *, uint32_t crc);
void session_free(struct session *);

#endif
