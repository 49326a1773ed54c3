/* SPDX-License-Identifier: MIT */
/*
 * One transaction on the LMDB environment of store.h; for the modules that keep
 * their records in it, and their tests.
 */
#ifndef SHARED_STORE_STORE_ENV_H
#define SHARED_STORE_STORE_ENV_H

#include "shared/store/dbenv.h"
#include "shared/store/store.h"

#define STORE_SCHEMA 1
#define STORE_RECORD_VERSION 1
#define STORE_KEY_SCHEMA "meta/schema"

struct store_tx {
	const struct store *store;
	struct dbenv_tx db;
	MDB_txn *txn; /* of db */
	MDB_dbi dbi;
};

/* 0, or -1 with nothing open.  Ends with exactly one commit or abort. */
int store_env_begin(struct store_tx *, const struct store *, bool write,
    struct err *);
int store_env_commit(struct store_tx *, struct err *);
void store_env_abort(struct store_tx *);

/* Puts an LMDB result into words with its exit code; returns -1. */
int store_env_fail(const struct store *, int rc, const char *doing,
    struct err *);

/*
 * Keys and records.  A value is a struct behind a version and a size; one this
 * build does not know is refused, never guessed at.
 */
struct store_head {
	uint8_t version, reserved[3];
	uint32_t size;
};
_Static_assert(sizeof(struct store_head) == 8, "on disk");

struct store_key {
	char text[512];
	MDB_val val;
};
void store_env_key(struct store_key *, const char *text);

int store_env_put(struct store_tx *, struct store_key *, const void *, size_t,
    struct err *);
/* 1 found, 0 none, -1; what names the record in messages. */
int store_env_get(struct store_tx *, struct store_key *, const char *what,
    void *out, size_t, struct err *);
/* Is v a record of this size behind a head of our version? */
int store_env_check(const struct store *, const MDB_val *v, const char *what,
    size_t, struct err *);
/* The same with a transaction of their own. */
int store_env_get_one(const struct store *, struct store_key *,
    const char *what, void *out, size_t, struct err *);
int store_env_put_one(const struct store *, struct store_key *, const void *,
    size_t, struct err *);

/* 1 done, 0 there is no such entry, -1. */
int store_env_settle(struct store_tx *, uint64_t id, uint32_t outcome,
    uint32_t close_code, int64_t at_ms, struct err *);

/* Directory, space, libc mark. */
int store_env_prepare(struct store *, const char *state_dir, bool create,
    struct err *);
/* Its files and directories are there after a power loss; waits for the disk. */
int store_env_named(const struct store *, struct err *);

#endif
