/* SPDX-License-Identifier: MIT */
/*
 * A process' LMDB environments: one for each directory, opened when it is first
 * used and never closed.  Under store.h and kv.h, which say what is in them;
 * store.h says why an environment lives so long and what becomes of it in a
 * fork.  Nothing here prints; results are LMDB's own, errno, or DBENV_BUSY.
 */
#ifndef SHARED_STORE_DBENV_H
#define SHARED_STORE_DBENV_H

#include "shared/base/base.h"

#include <lmdb.h>

#define DBENV_WAIT_MS 10000   /* for other writers, where nothing else waits */
#define DBENV_LOOP_WAIT_MS 50 /* on a loop: the caller tries again later */

#define DBENV_BUSY (-1) /* another process writes, or is stopped in it */
#define DBENV_GONE (-2) /* deleted or moved away under us */

struct dbenv_kind {
	size_t map_size;  /* address space, not disk */
	unsigned readers; /* processes inside a transaction */
};

#define DBENV_WRITE 1u
#define DBENV_CREATE 2u /* the files, not the directory */

struct dbenv;

struct dbenv_tx {
	struct dbenv *env;
	MDB_txn *txn;
	MDB_dbi dbi;
	int lock_fd; /* writers: held from begin to end; else -1 */
};

/*
 * One transaction at a time on a directory.  May wait: a writer for another one
 * up to the patience, a reader for microseconds.  0, and then exactly one
 * commit (durable when it returns) or abort follows.
 */
int dbenv_begin(struct dbenv_tx *, const char *dir, const struct dbenv_kind *,
    unsigned flags);
int dbenv_commit(struct dbenv_tx *);
void dbenv_abort(struct dbenv_tx *);

/* This process' patience for other writers from now on: DBENV_WAIT_MS, or,
 * once its loop turns, DBENV_LOOP_WAIT_MS.  Returns what it was. */
unsigned dbenv_patience(unsigned ms);
/* The directory a transaction is open on, NULL: none.  Safe in a signal
 * handler: a fault meanwhile most likely is the file's. */
const char *dbenv_inside(void);

/* Reads the whole file: 0, or MDB_CORRUPTED when LMDB would fall into it. */
int dbenv_check(const struct dbenv_tx *);
/* Readers, pages and the like, from within a transaction. */
void dbenv_info(const struct dbenv_tx *, MDB_envinfo *, MDB_stat *);

/* Tests: forgets all environments, as a new process would. */
void dbenv_forget(void);

#endif
