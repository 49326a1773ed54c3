/* SPDX-License-Identifier: MIT */
/*
 * The environment: opening, wiping, enlarging, failing.  One process writes,
 * and its threads share it (MDB_NOTLS), unlike those of shared/store, which are
 * of many processes and one thread each.  Others only look, and end without
 * closing it: a close at the wrong moment ruins the mutexes of who is opening
 * (store.h), which the writer sees as EINVAL and opens it anew.
 *
 * MDB_NOMETASYNC: a power loss may undo the last batches, never half of one.
 */
#include "shared/guilds/guild_cache_impl.h"

#include "shared/base/clock.h"
#include "shared/json/walk.h"
#include "shared/store/dbcheck.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define READERS 64 /* views at a time */

static const struct fault {
	int rc;
	bool damaged;
	const char *text;
} faults[] = {
    {ENOSPC, false, "the disk is full. Free some space; it goes on by itself"},
    {EDQUOT, false,
	"the disk quota is used up. Free some space; it goes on by itself"},
    {EFBIG, false, "the limit on the size of files (ulimit -f) is reached"},
    {EROFS, false, "the file system is mounted read-only"},
    {EACCES, false, "permission denied (is this the user the fleet runs as?)"},
    {MDB_MAP_FULL, false, "it has reached its greatest size"},
    {MDB_READERS_FULL, false, "too many clients are being started at once"},
    {MDB_INVALID, true, NULL},
    {MDB_CORRUPTED, true, NULL},
    {MDB_PAGE_NOTFOUND, true, NULL},
    {MDB_VERSION_MISMATCH, true, NULL},
};

static const struct fault *
fault_of(int rc)
{
	for (size_t i = 0; i < nitems(faults); i++)
		if (faults[i].rc == rc)
			return &faults[i];
	return NULL;
}

static bool
is_damage(int rc)
{
	const struct fault *f = fault_of(rc);

	return f != NULL && f->damaged;
}

int
guild_cache_fail(const struct guild_cache *c, int rc, const char *doing,
    struct err *err)
{
	const struct fault *f = fault_of(rc);

	if (f != NULL && f->damaged) {
		/* Who writes is to know what a view met. */
		((struct guild_cache *)(uintptr_t)c)->torn = true;
		return err_set(err, EXIT_DEGRADED,
		    "The guild cache %s is %s (%s).", c->dir,
		    rc == MDB_VERSION_MISMATCH ? "of another version"
					       : "damaged",
		    mdb_strerror(rc));
	}
	return err_set(err, EXIT_DEGRADED, "Cannot %s the guild cache %s: %s.",
	    doing, c->dir, f != NULL ? f->text : mdb_strerror(rc));
}

/* ---- opening -------------------------------------------------------- */

static uint64_t
pages_in_file(int fd, const MDB_stat *pages)
{
	struct stat st;

	return fstat(fd, &st) == -1 ? 0
				    : (uint64_t)st.st_size / pages->ms_psize;
}

/* LMDB maps the file: pages that are not there would be SIGBUS. */
static int
has_pages(const struct guild_cache *c)
{
	MDB_envinfo info;
	MDB_stat pages;
	int fd;

	mdb_env_stat(c->env, &pages);
	if (mdb_env_get_fd(c->env, &fd) != 0 || pages_in_file(fd, &pages) < 2)
		return MDB_CORRUPTED;
	mdb_env_info(c->env, &info);
	/* Asked for again: the writer may have made both greater meanwhile. */
	return pages_in_file(fd, &pages) >= info.me_last_pgno + 1
	    ? 0
	    : MDB_CORRUPTED;
}

static int
txn_begin(struct guild_cache *c, unsigned flags, MDB_txn **txn)
{
	int rc;

	if ((rc = has_pages(c)) != 0)
		return rc;
	rc = mdb_txn_begin(c->env, NULL, flags, txn);
	if (rc == MDB_MAP_RESIZED && (rc = mdb_env_set_mapsize(c->env, 0)) == 0)
		rc = mdb_txn_begin(c->env, NULL, flags, txn);
	return rc;
}

static void
env_close(struct guild_cache *c)
{
	if (c->env != NULL)
		mdb_env_close(c->env);
	c->env = NULL;
}

static int
env_open(struct guild_cache *c)
{
	unsigned flags = MDB_NOTLS | MDB_NOMETASYNC | MDB_NORDAHEAD
	    | (c->looks ? MDB_RDONLY : 0);
	int rc, fd, dead;
	MDB_txn *txn;

	if ((rc = mdb_env_create(&c->env)) != 0)
		return rc;
	if ((rc = mdb_env_set_mapsize(c->env, c->map_size)) != 0
	    || (rc = mdb_env_set_maxreaders(c->env, READERS)) != 0
	    || (rc = mdb_env_open(c->env, c->dir, flags, 0600)) != 0
	    || (rc = mdb_env_get_fd(c->env, &fd)) != 0
	    || (rc = fd_cloexec(fd, true) == -1 ? errno : 0) != 0
	    || (rc = mdb_reader_check(c->env, &dead)) != 0
	    || (rc = txn_begin(c, c->looks ? MDB_RDONLY : 0, &txn)) != 0)
		goto err1;
	if ((rc = mdb_dbi_open(txn, NULL, 0, &c->dbi)) != 0) {
		mdb_txn_abort(txn);
		goto err1;
	}
	if ((rc = mdb_txn_commit(txn)) == 0)
		return 0;
err1:
	env_close(c);
	return rc;
}

static int
meta_get(const struct guild_cache *c, MDB_txn *txn,
    struct guild_cache_meta *meta)
{
	struct guild_cache_key k;
	MDB_val v;
	int rc;

	memset(meta, 0, sizeof(*meta));
	guild_cache_key_make(&k, 0, GUILD_CACHE_OWN_META, 0);
	if ((rc = mdb_get(txn, c->dbi, &k.val, &v)) != 0)
		return rc == MDB_NOTFOUND ? 0 : rc;
	if (v.mv_size != sizeof(*meta))
		return MDB_CORRUPTED;
	memcpy(meta, v.mv_data, sizeof(*meta));
	return meta->schema == GUILD_CACHE_SCHEMA ? 0 : MDB_VERSION_MISMATCH;
}

/* The bot's id, as a READY says. */
static uint64_t
find_self(const struct guild_cache *c, MDB_txn *txn)
{
	struct walk_item user;
	struct guild_cache_key k;
	uint64_t guild, id, self = 0;
	unsigned kind;
	MDB_cursor *cur;
	MDB_val v;

	if (mdb_cursor_open(txn, c->dbi, &cur) != 0)
		return 0;
	guild_cache_key_make(&k, 0, GUILD_CACHE_OWN_READY, 0);
	if (mdb_cursor_get(cur, &k.val, &v, MDB_SET_RANGE) == 0
	    && guild_cache_key_read(&k.val, &guild, &kind, &id) && guild == 0
	    && kind == GUILD_CACHE_OWN_READY
	    && walk_find(v.mv_data, v.mv_size, "user", &user))
		self = walk_id(user.value, user.len, "id");
	mdb_cursor_close(cur);
	return self;
}

/* Opens what is there and looks at all of it; the environment is closed again
 * when it cannot be used. */
static int
open_and_check(struct guild_cache *c, struct guild_cache_meta *meta)
{
	MDB_txn *txn;
	MDB_stat st;
	int rc, fd;

	if ((rc = env_open(c)) != 0)
		return rc;
	if ((rc = txn_begin(c, MDB_RDONLY, &txn)) != 0) {
		env_close(c);
		return rc;
	}
	mdb_env_get_fd(c->env, &fd);
	mdb_env_stat(c->env, &st);
	rc = dbcheck_file(fd, st.ms_psize) ? meta_get(c, txn, meta)
					   : MDB_CORRUPTED;
	if (rc == 0)
		c->self = find_self(c, txn);
	mdb_txn_abort(txn);
	if (rc != 0)
		env_close(c);
	return rc;
}

/* Only its own two files go. */
static int
wipe(struct guild_cache *c)
{
	static const char *const names[] = {"data.mdb", "lock.mdb"};
	char path[600];

	env_close(c);
	for (size_t i = 0; i < nitems(names); i++) {
		str_format(path, sizeof(path), "%s/%s", c->dir, names[i]);
		if (unlink(path) == -1 && errno != ENOENT)
			return errno;
	}
	c->self = 0;
	c->damaged = false;
	c->torn = false;
	return 0;
}

static int
open_or_wipe(struct guild_cache *c, struct guild_cache_found *out)
{
	struct guild_cache_meta meta;
	struct err why;
	int rc = open_and_check(c, &meta);

	c->torn = false; /* it is told here */
	if (c->looks && is_damage(rc)) {
		out->damaged = true;
		return rc;
	}
	if (is_damage(rc)) {
		guild_cache_fail(c, rc, "open", &why);
		out->damaged = true;
		str_format(out->why, sizeof(out->why),
		    "%.500s It begins anew, empty: guilds come back as Discord "
		    "sends them, or by `shardherd cache rebuild`.",
		    why.text);
		if ((rc = wipe(c)) == 0)
			rc = open_and_check(c, &meta);
	}
	if (rc != 0)
		return rc;
	out->fresh = meta.schema == 0;
	out->life = meta.life;
	out->position = meta.position;
	out->written_ms = meta.written_ms;
	return 0;
}

/* A look makes no files: they would be of who looks. */
static bool
is_there(const struct guild_cache *c)
{
	static const char *const names[] = {"data.mdb", "lock.mdb"};
	char path[600];

	for (size_t i = 0; i < nitems(names); i++) {
		str_format(path, sizeof(path), "%s/%s", c->dir, names[i]);
		if (access(path, F_OK) == -1)
			return false;
	}
	return true;
}

static int
open_dir(struct guild_cache *c, struct guild_cache_found *out)
{
	if (c->looks)
		return is_there(c) ? open_or_wipe(c, out) : ENOENT;
	return mkdir(c->dir, 0700) == -1 && errno != EEXIST
	    ? errno
	    : open_or_wipe(c, out);
}

struct guild_cache *
guild_cache_open(const struct guild_cache_settings *s,
    struct guild_cache_found *out, struct err *err)
{
	struct guild_cache *c = base_alloc(sizeof(*c));
	struct stat st;
	char path[600];
	int rc;

	*out = (struct guild_cache_found) {0};
	str_copy(c->dir, s->dir, sizeof(c->dir));
	c->members = s->members;
	c->presences = s->presences;
	c->map_size = s->map_size;
	c->map_max = s->map_max;
	c->looks = s->looks;
	pthread_rwlock_init(&c->lock, NULL);
	/* A map that is as full as it was would be enlarged at once. */
	str_format(path, sizeof(path), "%s/data.mdb", c->dir);
	if (stat(path, &st) == 0)
		while (c->map_size < c->map_max
		    && (uint64_t)st.st_size > c->map_size / 2)
			c->map_size *= 2;
	if ((rc = open_dir(c, out)) == 0)
		return c;
	guild_cache_fail(c, rc, "open", err);
	guild_cache_close(c);
	return NULL;
}

void
guild_cache_close(struct guild_cache *c)
{
	env_close(c);
	pthread_rwlock_destroy(&c->lock);
	buf_free(&c->made);
	free(c);
}

/* ---- views ---------------------------------------------------------- */

struct guild_cache_view *
guild_cache_view(struct guild_cache *c, struct err *err)
{
	struct guild_cache_view *v = base_alloc(sizeof(*v));
	int rc;

	v->cache = c;
	pthread_rwlock_rdlock(&c->lock);
	rc = c->env == NULL ? MDB_CORRUPTED : txn_begin(c, MDB_RDONLY, &v->txn);
	if (rc != 0)
		goto err1;
	if ((rc = meta_get(c, v->txn, &v->meta)) != 0)
		goto err2;
	return v;
err2:
	mdb_txn_abort(v->txn);
err1:
	pthread_rwlock_unlock(&c->lock);
	guild_cache_fail(c, rc, "read", err);
	free(v);
	return NULL;
}

void
guild_cache_view_end(struct guild_cache_view *v)
{
	mdb_txn_abort(v->txn);
	pthread_rwlock_unlock(&v->cache->lock);
	free(v);
}

void
guild_cache_position(const struct guild_cache_view *v, uint64_t *life,
    uint64_t *position)
{
	*life = v->meta.life;
	*position = v->meta.position;
}

/* ---- batches -------------------------------------------------------- */

/* Alone: no view is open, for a moment or at all. */
static int
lock_alone(struct guild_cache *c)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += GUILD_CACHE_GROW_WAIT_S;
	return pthread_rwlock_timedwrlock(&c->lock, &until);
}

static int
grow(struct guild_cache *c)
{
	size_t size = c->map_size * 2;
	int rc;

	if (c->map_size >= c->map_max)
		return MDB_MAP_FULL;
	if ((rc = lock_alone(c)) != 0)
		return rc;
	if ((rc = mdb_env_set_mapsize(c->env, size)) == 0)
		c->map_size = size;
	pthread_rwlock_unlock(&c->lock);
	return rc;
}

/* A commit that failed half way leaves an environment that refuses all. */
static int
reopen(struct guild_cache *c)
{
	int rc = lock_alone(c);

	if (rc != 0)
		return rc;
	env_close(c);
	rc = env_open(c);
	pthread_rwlock_unlock(&c->lock);
	return rc;
}

static int
begin(struct guild_cache *c, MDB_txn **txn)
{
	int rc;

	/* Whoever was killed while it looked needs nothing any more. */
	if (c->env != NULL)
		(void)mdb_reader_check(c->env, NULL);
	rc = c->env == NULL ? MDB_PANIC : txn_begin(c, 0, txn);
	if ((rc == MDB_PANIC || rc == EINVAL) && (rc = reopen(c)) == 0)
		rc = txn_begin(c, 0, txn);
	return rc;
}

static int
apply_once(struct guild_cache *c, const struct guild_cache_event *events,
    size_t n, const struct guild_cache_meta *meta)
{
	struct guild_cache_tx tx = {.cache = c};
	uint64_t self = c->self;
	int rc;

	if ((rc = begin(c, &tx.txn)) != 0)
		return rc;
	for (size_t i = 0; i < n && tx.rc == 0; i++)
		guild_cache_tx_apply(&tx, &events[i]);
	guild_cache_tx_put(&tx, 0, GUILD_CACHE_OWN_META, 0, meta,
	    sizeof(*meta));
	if (tx.rc != 0)
		mdb_txn_abort(tx.txn);
	else
		tx.rc = mdb_txn_commit(tx.txn);
	if (tx.rc != 0)
		c->self = self;
	return tx.rc;
}

int
guild_cache_apply(struct guild_cache *c, const struct guild_cache_event *events,
    size_t n, uint64_t life, uint64_t position, struct err *err)
{
	struct guild_cache_meta meta = {.schema = GUILD_CACHE_SCHEMA,
	    .life = life,
	    .position = position,
	    .written_ms = clock_wall_ms()};
	uint64_t applied = c->applied, bad = c->bad, skipped = c->skipped;
	int rc;

	while ((rc = c->torn ? MDB_CORRUPTED : apply_once(c, events, n, &meta))
	    != 0) {
		c->applied = applied;
		c->bad = bad;
		c->skipped = skipped;
		if (rc != MDB_MAP_FULL || (rc = grow(c)) != 0)
			break;
	}
	c->damaged = is_damage(rc);
	return rc == 0 ? 0 : guild_cache_fail(c, rc, "write to", err);
}

bool
guild_cache_damaged(const struct guild_cache *c)
{
	return c->damaged;
}

int
guild_cache_reset(struct guild_cache *c, struct err *err)
{
	struct guild_cache_meta meta;
	int rc = lock_alone(c);

	if (rc != 0)
		return guild_cache_fail(c, rc, "renew", err);
	if ((rc = wipe(c)) == 0)
		rc = open_and_check(c, &meta);
	pthread_rwlock_unlock(&c->lock);
	return rc == 0 ? 0 : guild_cache_fail(c, rc, "renew", err);
}

int
guild_cache_stat(struct guild_cache *c, struct guild_cache_stat *out,
    struct err *err)
{
	struct guild_cache_view *v = guild_cache_view(c, err);
	MDB_stat st;
	int rc;

	if (v == NULL)
		return -1;
	if ((rc = mdb_stat(v->txn, c->dbi, &st)) == 0)
		*out = (struct guild_cache_stat) {.applied = c->applied,
		    .bad = c->bad,
		    .skipped = c->skipped,
		    .fragments = st.ms_entries,
		    .bytes = (st.ms_branch_pages + st.ms_leaf_pages
				 + st.ms_overflow_pages)
			* (uint64_t)st.ms_psize,
		    .map_size = c->map_size};
	guild_cache_view_end(v);
	return rc == 0 ? 0 : guild_cache_fail(c, rc, "read", err);
}
