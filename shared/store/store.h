/* SPDX-License-Identifier: MIT */
/*
 * This room: what is kept in LMDB: sessions, the ledger, the storage of
 * plugins.
 *
 * The LMDB environment in state_dir/db, shared by all roles.  Every call is one
 * transaction.  None of this is on the event path.  A `meta` file beside it
 * names the libc that made it: a musl and a glibc process in one environment
 * deadlock, so the other is refused.
 *
 * A process opens the environment once, when it first uses it, and never closes
 * it (dbenv.c).  Closing is what does not work: from 0.9.27 to 0.9.31 LMDB
 * destroys the mutexes in lock.mdb when it believes to be the last user, while
 * the next one may be waiting in its open, and every call of that one is EINVAL
 * from then on (ITS#10095).  A process that just ends lets go of its file locks
 * all the same, and who finds nobody there makes the mutexes anew.
 *
 * It is open across the supervisor's fork of a shard, which lmdb.h warns of.
 * Why that is sound, read in mdb.c of 0.9.24 to 0.9.33:
 *  - A child never calls LMDB with its parent's environment, not even to close
 *    it: that would give the parent's reader slots away (mdb_env_close0 goes by
 *    me_close_readers and the pid).  A fork handler puts what is inherited out
 *    of reach, and the child opens one of its own when it first needs it.
 *  - The fcntl locks on lock.mdb (its first byte: in use; the byte of a pid:
 *    that process reads) belong to the parent alone.  A child does not inherit
 *    them and cannot lose them for it, whatever it closes.  It would lose its
 *    own by closing an inherited descriptor of the same file, so a child closes
 *    what it inherited before it first uses the store, or leaves it open.
 *  - Nobody forks within a transaction (spawn.c and helper.c check), so no mutex is held,
 *    no reader slot taken and write.lock, which a child would share, not open.
 *    The robust list of a new process is empty; with MDB_NOTLS there is no
 *    thread key whose destructor could run in the child, and a slot is held
 *    only within a transaction.
 *  - The maps are not inherited (dbmaps.h); where they are, the data one is
 *    read-only and the lock one not touched.  An exec in place drops them and,
 *    as all descriptors are close-on-exec, every lock.
 *
 * A long life needs care of its own, before every transaction: what has the
 * names data.mdb and lock.mdb must be what is open (a store put back from a
 * copy is opened anew, a deleted one is an error, not written to for nobody);
 * the file must be as long as its pages say; writers free the slots of readers
 * that were killed; an environment whose commit failed half way is replaced.
 *
 * Writers queue on write.lock first, because LMDB's mutex can be waited for
 * only without a deadline: up to dbenv_patience, 10 s in the CLI and at a
 * start, 50 ms on a loop.  Then the call fails with EXIT_TRY_LATER, nothing is
 * written, and whoever runs a loop tries again at its next tick.
 */
#ifndef SHARED_STORE_STORE_H
#define SHARED_STORE_STORE_H

#include "shared/wire/contract.h"
#include "shared/base/err.h"

#define STORE_URL_MAX 256
#define STORE_RESUME_URL_MAX 248 /* the epoch took its end */

struct store {
	char path[512]; /* state_dir/db */
	size_t map_size;
	bool creates; /* store_init at work */
	bool known;   /* there was one before it */
	bool lost;    /* ... of which nothing is left: sessions and
				   ledger are gone, and it should be said */
};

/*
 * The calls return 0, or -1 with err; those that write may wait, as said above,
 * and for the disk.  Creates the directory and schema when missing, checks libc
 * and version.
 */
int store_init(struct store *, const char *state_dir, struct err *);
/* The CLI: creates nothing.  EXIT_DOWN when there is no store yet. */
int store_open(struct store *, const char *state_dir, struct err *);

/* One atomic record per shard: what a RESUME needs, and when it is void. */
struct store_session {
	uint32_t shard, shard_count;
	uint64_t identity; /* hash of token, as RESUME needs the same */
	uint64_t intents;
	uint64_t seq;	     /* lower bound; the page's cursor may be ahead */
	int64_t ready_ms;    /* wall clock of READY */
	int64_t seen_ms;     /* wall clock of the last batch of cursors */
	uint32_t strikes;    /* consecutive resumes that reached Discord and
				   failed (I1) */
	uint32_t host_fails; /* consecutive failures of resume_url itself:
				   the breaker's memory */
	char id[CONTRACT_SESSION_MAX];
	char url[STORE_RESUME_URL_MAX]; /* resume_gateway_url; "": use the main
				   one */
	uint64_t epoch; /* of the IDENTIFY that made the session; 0: of
				   a build that knew sessions by their id */
};

/*
 * Names a session wherever something belongs to one: cursor, spool, uplink,
 * what the handler has seen, backlogs, dead letters.  The id alone does not: a
 * server may give it again after the next IDENTIFY, and then s begins anew.
 * 0: there is none.
 */
uint64_t store_session_key(const struct store_session *);

/* 1 found, 0 none, -1 error. */
int store_session_get(const struct store *, uint32_t shard,
    struct store_session *, struct err *);
int store_session_put(const struct store *, const struct store_session *,
    struct err *);
int store_session_drop(const struct store *, uint32_t shard, struct err *);

/* The supervisor's batch: moves seq forward where the session still matches. */
struct store_cursor {
	uint32_t shard;
	uint64_t session, seq; /* store_session_key */
};
int store_cursors_put(const struct store *, const struct store_cursor *,
    size_t n, struct err *);

/* The identify ledger (I3): ids are ascending; entries older than 8 days go. */
struct store_identify {
	uint64_t id;
	int64_t asked_ms, sent_ms, settled_ms; /* wall clock; 0: not yet */
	uint32_t shard, shard_count, key; /* key: shard % max_concurrency */
	uint32_t cause, outcome;	  /* contract.h enums */
	uint32_t close_code;
	uint32_t flags;	   /* STORE_IDENTIFY_* */
	uint32_t reserved; /* 0: else what lay on a stack is on the disk */
};
_Static_assert(offsetof(struct store_identify, reserved) + sizeof(uint32_t)
	== sizeof(struct store_identify),
    "written as it lies: no byte is nobody's");
#define STORE_IDENTIFY_FORCED 1u /* an operator asked for it */

/* n of them in one transaction; sets their ids. */
int store_identify_add(const struct store *, struct store_identify *, size_t n,
    struct err *);
/* Every entry with sent_ms >= since_ms, oldest first; fn returns 0 to go on. */
int store_identify_each(const struct store *, int64_t since_ms,
    int (*fn)(const struct store_identify *, void *), void *, struct err *);

/* Last good /gateway/bot, and when. */
struct store_gateway {
	char url[STORE_URL_MAX];
	uint32_t shards, max_concurrency;
	int64_t total, remaining, reset_wall_ms, fetched_wall_ms;
};
int store_gateway_get(const struct store *, struct store_gateway *,
    struct err *); /* 1, 0, -1 */

/* Anything else, by name: counters, markers, plugin storage later. */
int store_blob_put(const struct store *, const char *key, const void *, size_t,
    struct err *);
/* 1 with at most size bytes copied and *len the whole length, 0, -1. */
int store_blob_get(const struct store *, const char *key, void *, size_t size,
    size_t *len, struct err *);

/* Every blob whose key begins with prefix, in key order, value borrowed; fn
 * returns 0 to go on and must not use the store. */
int store_blob_each(const struct store *, const char *prefix,
    int (*fn)(const char *key, const void *, size_t, void *), void *,
    struct err *);

/*
 * Several changes in one transaction: all of them are on disk, or none.  A
 * settlement of an entry that is not there (a store was put back) is skipped.
 */
enum store_op_kind {
	STORE_OP_BLOB,
	STORE_OP_DROP, /* a blob, if it is there */
	STORE_OP_GATEWAY,
	STORE_OP_SETTLE
};
struct store_op {
	enum store_op_kind kind;
	const char *key;  /* BLOB, DROP */
	const void *data; /* BLOB; GATEWAY: a struct of its own */
	size_t len;
	uint64_t id; /* SETTLE */
	uint32_t outcome, close_code;
	int64_t at_ms; /* wall clock */
};
int store_write(const struct store *, const struct store_op *, size_t n,
    struct err *);

struct store_stat {
	uint32_t schema, page_size, readers;
	uint64_t entries, pages, map_size, last_txn;
};
int store_stat(const struct store *, struct store_stat *, struct err *);

/* Every key and value as stored, in key order, borrowed; fn returns 0 to go
 * on and must not use the store. */
struct store_item {
	const void *key;
	size_t key_len;
	const void *value;
	size_t value_len;
};
int store_each(const struct store *,
    int (*fn)(const struct store_item *, void *), void *, struct err *);

#endif
