/* SPDX-License-Identifier: MIT */
/* Keys and values on LMDB; see kv.h. */
#include "shared/kv.h"

#include <errno.h>
#include <lmdb.h>
#include <string.h>
#include <sys/stat.h>

#define KV_MAP_BYTES ((size_t)4 << 30) /* address space, not disk */
#define KV_READERS_MAX 256

struct kv {
	MDB_env *env;
	MDB_dbi dbi;
	char path[512];
};

struct kv_tx {
	struct kv *kv;
	MDB_txn *txn;
};

static int
kv_fail(const struct kv *kv, int rc, const char *doing, struct err *e)
{
	switch (rc) {
	case ENOSPC:
	case EDQUOT:
		return err_set(e, EXIT_DEGRADED, "Cannot %s the storage %s: "
		    "the disk is full. Free some space.", doing, kv->path);
	case ENOENT:
		return err_set(e, EXIT_DOWN, "Cannot %s the storage %s: it "
		    "does not exist yet. Was the fleet ever started?", doing,
		    kv->path);
	case MDB_MAP_FULL:
		return err_set(e, EXIT_DEGRADED, "Cannot %s the storage %s: "
		    "it has reached its size limit of 4 GiB.", doing,
		    kv->path);
	case MDB_INVALID:
	case MDB_CORRUPTED:
	case MDB_PAGE_NOTFOUND:
		return err_set(e, EXIT_DEGRADED, "Cannot %s the storage %s: "
		    "it is damaged (%s). Stop the fleet and put a copy of "
		    "that directory back, or move it away.", doing, kv->path,
		    mdb_strerror(rc));
	default:
		return err_set(e, EXIT_DEGRADED, "Cannot %s the storage %s: "
		    "%s.", doing, kv->path, mdb_strerror(rc));
	}
}

/* LMDB maps the file: pages that are not there would be SIGBUS. */
static int
kv_check_size(MDB_env *env)
{
	MDB_envinfo info;
	MDB_stat pages;
	struct stat st;
	int fd;

	if (mdb_env_get_fd(env, &fd) != 0 || fstat(fd, &st) < 0
	    || mdb_env_info(env, &info) != 0 || mdb_env_stat(env, &pages) != 0)
		return MDB_CORRUPTED;
	return (uint64_t)st.st_size < (info.me_last_pgno + 1)
	    * (uint64_t)pages.ms_psize ? MDB_CORRUPTED : 0;
}

static int
kv_open_dbi(struct kv *kv)
{
	MDB_txn *txn;
	int rc = mdb_txn_begin(kv->env, NULL, MDB_RDONLY, &txn);

	if (rc != 0)
		return rc;
	rc = mdb_dbi_open(txn, NULL, 0, &kv->dbi);
	if (rc == 0)
		return mdb_txn_commit(txn);
	mdb_txn_abort(txn);
	return rc;
}

static int
kv_open_env(struct kv *kv)
{
	int rc, dead;

	if ((rc = mdb_env_create(&kv->env)) != 0)
		return rc;
	if ((rc = mdb_env_set_mapsize(kv->env, KV_MAP_BYTES)) != 0
	    || (rc = mdb_env_set_maxreaders(kv->env, KV_READERS_MAX)) != 0
	    || (rc = mdb_env_open(kv->env, kv->path, MDB_NOTLS, 0600)) != 0
	    || (rc = kv_check_size(kv->env)) != 0
	    || (rc = mdb_reader_check(kv->env, &dead)) != 0
	    || (rc = kv_open_dbi(kv)) != 0)
		mdb_env_close(kv->env);
	return rc;
}

struct kv *
kv_open(const char *state_dir, bool create, struct err *e)
{
	struct kv *kv = base_alloc(sizeof(*kv));
	struct stat st;
	int rc;

	if (!str_format(kv->path, sizeof(kv->path), "%s/kv", state_dir)) {
		err_set(e, EXIT_CONFIG, "state_dir is too long: %s",
		    state_dir);
		goto err1;
	}
	rc = create && mkdir(kv->path, 0700) < 0 && errno != EEXIST ? errno : 0;
	if (rc == 0 && stat(kv->path, &st) < 0)
		rc = errno;
	if (rc == 0)
		rc = kv_open_env(kv);
	if (rc != 0) {
		kv_fail(kv, rc, "open", e);
		goto err1;
	}
	return kv;
err1:
	free(kv);
	return NULL;
}

void
kv_close(struct kv *kv)
{
	if (kv == NULL)
		return;
	mdb_env_close(kv->env);
	free(kv);
}

struct kv_tx *
kv_begin(struct kv *kv, struct kv_tx *parent, bool write, struct err *e)
{
	struct kv_tx *tx = base_alloc(sizeof(*tx));
	int rc = mdb_txn_begin(kv->env, parent ? parent->txn : NULL,
	    write ? 0 : MDB_RDONLY, &tx->txn);

	tx->kv = kv;
	if (rc == 0)
		return tx;
	kv_fail(kv, rc, "use", e);
	free(tx);
	return NULL;
}

int
kv_commit(struct kv_tx *tx, struct err *e)
{
	int rc = mdb_txn_commit(tx->txn);

	if (rc != 0)
		kv_fail(tx->kv, rc, "write to", e);
	free(tx);
	return rc == 0 ? 0 : -1;
}

void
kv_abort(struct kv_tx *tx)
{
	mdb_txn_abort(tx->txn);
	free(tx);
}

static MDB_val
kv_key(const char *key)
{
	size_t len = strlen(key);

	must(len > 0 && len <= KV_KEY_MAX);
	return (MDB_val) {len, (void *)(uintptr_t)key};
}

int
kv_get(struct kv_tx *tx, const char *key, const void **value, size_t *len,
    struct err *e)
{
	MDB_val k = kv_key(key), v;
	int rc = mdb_get(tx->txn, tx->kv->dbi, &k, &v);

	if (rc == MDB_NOTFOUND)
		return 0;
	if (rc != 0)
		return kv_fail(tx->kv, rc, "read", e);
	*value = v.mv_data;
	*len = v.mv_size;
	return 1;
}

int
kv_put(struct kv_tx *tx, const char *key, const void *value, size_t len,
    struct err *e)
{
	MDB_val k = kv_key(key), v = {len, (void *)(uintptr_t)value};
	int rc = mdb_put(tx->txn, tx->kv->dbi, &k, &v, 0);

	return rc == 0 ? 0 : kv_fail(tx->kv, rc, "write to", e);
}

int
kv_del(struct kv_tx *tx, const char *key, struct err *e)
{
	MDB_val k = kv_key(key);
	int rc = mdb_del(tx->txn, tx->kv->dbi, &k, NULL);

	if (rc == MDB_NOTFOUND)
		return 0;
	return rc == 0 ? 1 : kv_fail(tx->kv, rc, "write to", e);
}

int
kv_each(struct kv_tx *tx, const char *prefix, const char *after,
    kv_each_fn *fn, void *arg, struct err *e)
{
	size_t len = strlen(prefix);
	char key[KV_KEY_MAX + 1];
	MDB_cursor *at;
	MDB_val k, v;
	int rc = mdb_cursor_open(tx->txn, tx->kv->dbi, &at);

	if (rc != 0)
		return kv_fail(tx->kv, rc, "read", e);
	if (after == NULL || strcmp(after, prefix) < 0)
		after = prefix;
	k = (MDB_val) {strlen(after), (void *)(uintptr_t)after};
	rc = mdb_cursor_get(at, &k, &v, MDB_SET_RANGE);
	for (; rc == 0; rc = mdb_cursor_get(at, &k, &v, MDB_NEXT)) {
		if (k.mv_size > KV_KEY_MAX || k.mv_size < len
		    || memcmp(k.mv_data, prefix, len) != 0)
			break;
		memcpy(key, k.mv_data, k.mv_size);
		key[k.mv_size] = '\0';
		/* The range begins at `after` itself, which was had before. */
		if (strcmp(key, after) != 0 || after == prefix)
			if (fn(key, v.mv_data, v.mv_size, arg) != 0)
				break;
	}
	mdb_cursor_close(at);
	return rc == 0 || rc == MDB_NOTFOUND ? 0
	    : kv_fail(tx->kv, rc, "read", e);
}
