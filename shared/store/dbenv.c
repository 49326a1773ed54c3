/* SPDX-License-Identifier: MIT */
/* Long-lived LMDB environments; see dbenv.h, and store.h for the reasons. */
#include "shared/store/dbenv.h"

#include "shared/store/dbcheck.h"
#include "shared/store/dbmaps.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define AGAIN_MAX 20	 /* times an environment is opened anew */
#define AGAIN_NS 2000000 /* in between */
#define CHECK_MAX 3
#define DATA_MAGIC 0xbeefc0deu /* of a meta page, behind its header */
#define PAGE_HEADER 16

struct dbenv {
	struct dbenv *next;
	char dir[512];
	MDB_env *env;
	dev_t dev;
	ino_t data, lock; /* the files it has open */
	size_t map_size, page_size;
	bool read_only, busy;
	bool past; /* another one took, or takes, its place */
	bool kept; /* its maps, from children */
};

static struct dbenv *all;
/* In a child: unused, and nothing of them may be closed (store.h). */
static struct dbenv *of_parents;
static const char *volatile inside;
static unsigned patience = DBENV_WAIT_MS;

/* ---- other writers -------------------------------------------------- */

static uint64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/*
 * flock has no deadline and a library may not own SIGALRM, so the lock is
 * asked for again and again, at growing distance.
 */
static int
writer_wait(int fd)
{
	uint64_t until = now_ms() + patience;
	struct timespec pause = {0, 500000};

	while (flock(fd, LOCK_EX | LOCK_NB) == -1) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return errno;
		if (now_ms() >= until)
			return DBENV_BUSY;
		nanosleep(&pause, NULL);
		if (pause.tv_nsec < 16000000)
			pause.tv_nsec *= 2;
	}
	return 0;
}

/* Before LMDB's own mutex, which can be waited for only without a deadline. */
static int
writer_lock(const char *dir, int *fd)
{
	char path[600];
	int rc;

	str_format(path, sizeof(path), "%s/write.lock", dir);
	if ((*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600)) == -1)
		return errno;
	if ((rc = writer_wait(*fd)) != 0) {
		close(*fd);
		*fd = -1;
	}
	return rc;
}

unsigned
dbenv_patience(unsigned ms)
{
	unsigned was = patience;

	patience = ms;
	return was;
}

/* ---- opening -------------------------------------------------------- */

static int
stat_in(const char *dir, const char *name, struct stat *st)
{
	char path[600];

	str_format(path, sizeof(path), "%s/%s", dir, name);
	return stat(path, st) == -1 ? errno : 0;
}

static int
env_open(struct dbenv *d, const struct dbenv_kind *k, unsigned flags)
{
	int rc, fd;

	if ((rc = mdb_env_create(&d->env)) != 0)
		return rc;
	if ((rc = mdb_env_set_mapsize(d->env, k->map_size)) == 0
	    && (rc = mdb_env_set_maxreaders(d->env, k->readers)) == 0
	    && (rc = mdb_env_open(d->env, d->dir, flags | MDB_NOTLS, 0600)) == 0
	    && (rc = mdb_env_get_fd(d->env, &fd)) == 0)
		/* The one descriptor LMDB leaves open across an exec. */
		rc = fcntl(fd, F_SETFD, FD_CLOEXEC) == -1 ? errno : 0;
	d->read_only = (flags & MDB_RDONLY) != 0;
	d->map_size = k->map_size;
	if (rc != 0) {
		mdb_env_close(d->env);
		d->env = NULL;
	}
	return rc;
}

/* What it has open is what has these names; -1 when that just changed. */
static int
identify(struct dbenv *d)
{
	struct stat data, lock, own;
	MDB_stat pages;
	int fd, rc;

	if ((rc = stat_in(d->dir, "data.mdb", &data)) != 0)
		return rc;
	if (stat_in(d->dir, "lock.mdb", &lock) != 0)
		memset(&lock, 0, sizeof(lock)); /* a read-only file system */
	mdb_env_get_fd(d->env, &fd);
	mdb_env_stat(d->env, &pages);
	if (fstat(fd, &own) == -1 || own.st_ino != data.st_ino)
		return EINVAL;
	d->dev = data.st_dev;
	d->data = data.st_ino;
	d->lock = lock.st_ino;
	d->page_size = pages.ms_psize;
	return 0;
}

/* Once for each map: a process that never forks does not pay for it. */
static void
before_fork(void)
{
	for (struct dbenv *d = all; d != NULL; d = d->next) {
		if (!d->kept)
			dbmaps_keep(d->data, d->lock);
		d->kept = true;
	}
}

static void
in_child(void)
{
	while (all != NULL) {
		struct dbenv *d = all;

		all = d->next;
		d->next = of_parents;
		of_parents = d;
	}
	inside = NULL;
}

static int
dbenv_new(struct dbenv **out, const char *dir, const struct dbenv_kind *k,
    unsigned flags)
{
	static bool prepared;
	struct dbenv *d = base_alloc(sizeof(*d));
	int rc;

	if (!prepared)
		prepared = pthread_atfork(before_fork, NULL, in_child) == 0;
	must(prepared);
	str_copy(d->dir, dir, sizeof(d->dir));
	rc = env_open(d, k, 0);
	/* Who may only look, looks. */
	if ((rc == EROFS || rc == EACCES) && (flags & DBENV_WRITE) == 0)
		rc = env_open(d, k, MDB_RDONLY);
	if (rc != 0) {
		free(d);
		return rc;
	}
	d->next = all;
	*out = all = d;
	return identify(d);
}

/*
 * An environment nothing was ever committed to is two meta pages, and LMDB does
 * not sync these; a power loss may have left any part of them.  True when there
 * was such a one, which is gone: who writes makes it anew.
 */
static bool
stillborn(const char *dir, bool locked)
{
	off_t most = 2 * (off_t)sysconf(_SC_PAGESIZE);
	bool gone = false;
	struct stat st;
	char path[600];
	int fd = -1;

	str_format(path, sizeof(path), "%s/data.mdb", dir);
	if (!locked && writer_lock(dir, &fd) != 0)
		return false;
	if (stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= most)
		gone = unlink(path) == 0;
	if (fd != -1)
		close(fd);
	return gone;
}

/* Its pages and its name, while nobody builds on them yet. */
static int
bear(struct dbenv *d)
{
	int rc = mdb_env_sync(d->env, 1);

	if (rc == 0 && fd_sync_dirs(d->dir, 2) == -1)
		rc = errno;
	return rc;
}

static struct dbenv *
find(const char *dir)
{
	struct dbenv *d = all;

	while (d != NULL && (d->past || strcmp(d->dir, dir) != 0))
		d = d->next;
	return d;
}

/* Is what it has open still what has that name? */
static bool
still_there(const struct dbenv *d, const struct stat *data)
{
	struct stat lock;

	if (stat_in(d->dir, "lock.mdb", &lock) != 0)
		memset(&lock, 0, sizeof(lock));
	return d->dev == data->st_dev && d->data == data->st_ino
	    && d->lock == lock.st_ino;
}

/* ---- before a transaction ------------------------------------------- */

static bool
is_meta(int fd, off_t at)
{
	uint32_t magic;

	return pread(fd, &magic, sizeof(magic), at + PAGE_HEADER)
	    == (ssize_t)sizeof(magic)
	    && magic == DATA_MAGIC;
}

static bool
has_pages(const struct dbenv *d, int fd, uint64_t n)
{
	struct stat st;

	return fstat(fd, &st) == 0 && (uint64_t)st.st_size / d->page_size >= n;
}

/* LMDB maps the file: pages that are not there would be SIGBUS. */
static int
check_file(const struct dbenv *d)
{
	MDB_envinfo info;
	int fd;

	if (mdb_env_get_fd(d->env, &fd) != 0 || !has_pages(d, fd, 2)
	    || !is_meta(fd, 0) || !is_meta(fd, (off_t)d->page_size)
	    || mdb_env_info(d->env, &info) != 0)
		return MDB_CORRUPTED;
	/* The size is asked for again, behind what it must hold: a writer may
	 * have made both greater in between. */
	return has_pages(d, fd, info.me_last_pgno + 1) ? 0 : MDB_CORRUPTED;
}

static int
txn_begin(struct dbenv_tx *tx, const struct dbenv_kind *k, unsigned flags)
{
	struct dbenv *d = tx->env;
	unsigned mode = (flags & DBENV_WRITE) != 0 ? 0 : MDB_RDONLY;
	int rc, dead;

	must(!d->busy);
	if (mode == 0 && d->read_only)
		return EACCES;
	if ((rc = check_file(d)) != 0)
		return rc;
	if (d->map_size != k->map_size) {
		d->kept = false; /* it is mapped anew */
		if ((rc = mdb_env_set_mapsize(d->env, k->map_size)) != 0)
			return rc;
	}
	d->map_size = k->map_size;
	/* Whoever was killed while reading keeps pages from being used. */
	if (mode == 0)
		mdb_reader_check(d->env, &dead);
	rc = mdb_txn_begin(d->env, NULL, mode, &tx->txn);
	if (rc == MDB_READERS_FULL && mdb_reader_check(d->env, &dead) == 0
	    && dead > 0)
		rc = mdb_txn_begin(d->env, NULL, mode, &tx->txn);
	if (rc != 0)
		return rc;
	if ((rc = mdb_dbi_open(tx->txn, NULL, 0, &tx->dbi)) != 0)
		mdb_txn_abort(tx->txn);
	return rc;
}

/* One try.  *again: it may be another thing with an environment opened anew. */
static int
try_begin(struct dbenv_tx *tx, const char *dir, const struct dbenv_kind *k,
    unsigned flags, bool *again)
{
	struct stat data;
	int rc = stat_in(dir, "data.mdb", &data);
	bool made;

	*again = false;
	tx->env = find(dir);
	if (rc != 0 && (rc != ENOENT || (flags & DBENV_CREATE) == 0))
		return rc == ENOENT && tx->env != NULL ? DBENV_GONE : rc;
	/* Put back from a copy.  It can't be closed: it stays, unused. */
	if (tx->env != NULL && (rc != 0 || !still_there(tx->env, &data))) {
		tx->env->past = true;
		tx->env = NULL;
	}
	made = tx->env == NULL && (flags & DBENV_CREATE) != 0;
	if (tx->env == NULL && (rc = dbenv_new(&tx->env, dir, k, flags)) != 0) {
		*again = rc == EINVAL
		    || (made && (rc == MDB_INVALID || rc == MDB_CORRUPTED)
			&& stillborn(dir, tx->lock_fd != -1));
		return rc;
	}
	if (made && (rc = bear(tx->env)) != 0)
		return rc;
	rc = txn_begin(tx, k, flags);
	*again = rc == EINVAL || rc == MDB_PANIC;
	tx->env->past = *again;
	/*
	 * PANIC: a commit of ours failed half way.  EINVAL: the mutexes were
	 * destroyed by a program that closed it just before us (ITS#10095);
	 * only when all have let go, we too, are they made again.
	 */
	if (rc == EINVAL) {
		mdb_env_close(tx->env->env);
		tx->env->env = NULL;
	}
	return rc;
}

int
dbenv_begin(struct dbenv_tx *tx, const char *dir, const struct dbenv_kind *k,
    unsigned flags)
{
	struct timespec pause = {0, AGAIN_NS};
	bool again = false;
	int rc;

	*tx = (struct dbenv_tx) {.lock_fd = -1};
	if ((flags & DBENV_WRITE) != 0
	    && (rc = writer_lock(dir, &tx->lock_fd)) != 0)
		return rc;
	rc = try_begin(tx, dir, k, flags, &again);
	for (int i = 0; again && i < AGAIN_MAX; i++) {
		nanosleep(&pause, NULL);
		rc = try_begin(tx, dir, k, flags, &again);
	}
	if (rc == 0) {
		tx->env->busy = true;
		inside = tx->env->dir;
	} else if (tx->lock_fd != -1) {
		close(tx->lock_fd);
		tx->lock_fd = -1;
	}
	return rc;
}

static void
end(struct dbenv_tx *tx)
{
	if (tx->lock_fd != -1)
		close(tx->lock_fd);
	tx->env->busy = false;
	inside = NULL;
}

int
dbenv_commit(struct dbenv_tx *tx)
{
	int rc = mdb_txn_commit(tx->txn);

	end(tx);
	return rc;
}

void
dbenv_abort(struct dbenv_tx *tx)
{
	mdb_txn_abort(tx->txn);
	end(tx);
}

const char *
dbenv_inside(void)
{
	return inside;
}

int
dbenv_check(const struct dbenv_tx *tx)
{
	int fd;

	if (mdb_env_get_fd(tx->env->env, &fd) != 0)
		return MDB_CORRUPTED;
	/* A reader may meet a meta page that is just being written. */
	for (int i = 0; i < CHECK_MAX; i++)
		if (dbcheck_file(fd, tx->env->page_size))
			return 0;
	return MDB_CORRUPTED;
}

void
dbenv_info(const struct dbenv_tx *tx, MDB_envinfo *info, MDB_stat *st)
{
	mdb_env_info(tx->env->env, info);
	mdb_stat(tx->txn, tx->dbi, st);
}

void
dbenv_forget(void)
{
	for (struct dbenv *d = all; d != NULL; d = d->next)
		d->past = true;
}
