/* SPDX-License-Identifier: MIT */
/* Keys and values on LMDB; see kv.h. */
#include "shared/store/kv.h"

#include "shared/store/dbenv.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define KV_MAP_BYTES ((size_t)4 << 30) /* address space, not disk */
#define KV_READERS_MAX 256

struct kv {
	char path[512];
};

struct kv_tx {
	struct kv *kv;
	MDB_txn *txn;
	MDB_dbi dbi;
	struct dbenv_tx db; /* of the outermost */
	bool nested;
};

static const struct dbenv_kind kv_kind = {KV_MAP_BYTES, KV_READERS_MAX};

static int
kv_fail(const struct kv *kv, int rc, const char *doing, struct err *e)
{
	switch (rc) {
	case ENOSPC:
	case EDQUOT:
		return err_set(e, EXIT_DEGRADED,
		    "Cannot %s the storage %s: the disk is full. Free some "
		    "space.",
		    doing, kv->path);
	case ENOENT:
		return err_set(e, EXIT_DOWN,
		    "Cannot %s the storage %s: it does not exist yet. Was the "
		    "fleet ever started?",
		    doing, kv->path);
	case DBENV_BUSY:
		return err_set(e, EXIT_TRY_LATER,
		    "Cannot %s the storage %s: another process is writing to "
		    "it, or was stopped (state T in ps) while it did.",
		    doing, kv->path);
	case DBENV_GONE:
		return err_set(e, EXIT_DEGRADED,
		    "Cannot %s the storage %s: it was deleted or moved away "
		    "while it was in use. Put it back; the next start of the "
		    "handler would make a new, empty one.",
		    doing, kv->path);
	case MDB_MAP_FULL:
		return err_set(e, EXIT_DEGRADED,
		    "Cannot %s the storage %s: it has reached its size limit "
		    "of 4 GiB.",
		    doing, kv->path);
	case MDB_INVALID:
	case MDB_CORRUPTED:
	case MDB_PAGE_NOTFOUND:
		return err_set(e, EXIT_DEGRADED,
		    "Cannot %s the storage %s: it is damaged (%s). Stop the "
		    "fleet and put a copy of that directory back, or move it "
		    "away.",
		    doing, kv->path, mdb_strerror(rc));
	default:
		return err_set(e, EXIT_DEGRADED,
		    "Cannot %s the storage %s: %s.", doing, kv->path,
		    mdb_strerror(rc));
	}
}

struct kv *
kv_open(const char *state_dir, bool create, struct err *e)
{
	struct kv *kv = base_alloc(sizeof(*kv));
	struct dbenv_tx tx;
	int rc;

	if (!str_format(kv->path, sizeof(kv->path), "%s/kv", state_dir)) {
		err_set(e, EXIT_CONFIG, "state_dir is too long: %s", state_dir);
		goto err1;
	}
	rc = create && mkdir(kv->path, 0700) < 0 && errno != EEXIST ? errno : 0;
	if (rc == 0)
		rc = dbenv_begin(&tx, kv->path, &kv_kind,
		    create ? DBENV_CREATE : 0);
	if (rc == 0) {
		dbenv_abort(&tx);
		return kv;
	}
	kv_fail(kv, rc, "open", e);
err1:
	free(kv);
	return NULL;
}

void
kv_close(struct kv *kv)
{
	free(kv);
}

struct kv_tx *
kv_begin(struct kv *kv, struct kv_tx *parent, bool write, struct err *e)
{
	struct kv_tx *tx = base_alloc(sizeof(*tx));
	int rc;

	*tx = (struct kv_tx) {.kv = kv, .nested = parent != NULL};
	if (parent != NULL) {
		rc = mdb_txn_begin(mdb_txn_env(parent->txn), parent->txn,
		    write ? 0 : MDB_RDONLY, &tx->txn);
		tx->dbi = parent->dbi;
	} else {
		rc = dbenv_begin(&tx->db, kv->path, &kv_kind,
		    write ? DBENV_WRITE : 0);
		tx->txn = tx->db.txn;
		tx->dbi = tx->db.dbi;
	}
	if (rc == 0)
		return tx;
	kv_fail(kv, rc, "use", e);
	free(tx);
	return NULL;
}

int
kv_commit(struct kv_tx *tx, struct err *e)
{
	int rc = tx->nested ? mdb_txn_commit(tx->txn) : dbenv_commit(&tx->db);

	if (rc != 0)
		kv_fail(tx->kv, rc, "write to", e);
	free(tx);
	return rc == 0 ? 0 : -1;
}

void
kv_abort(struct kv_tx *tx)
{
	if (tx->nested)
		mdb_txn_abort(tx->txn);
	else
		dbenv_abort(&tx->db);
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
	int rc = mdb_get(tx->txn, tx->dbi, &k, &v);

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
	int rc = mdb_put(tx->txn, tx->dbi, &k, &v, 0);

	return rc == 0 ? 0 : kv_fail(tx->kv, rc, "write to", e);
}

int
kv_del(struct kv_tx *tx, const char *key, struct err *e)
{
	MDB_val k = kv_key(key);
	int rc = mdb_del(tx->txn, tx->dbi, &k, NULL);

	if (rc == MDB_NOTFOUND)
		return 0;
	return rc == 0 ? 1 : kv_fail(tx->kv, rc, "write to", e);
}

int
kv_each(struct kv_tx *tx, const char *prefix, const char *after, kv_each_fn *fn,
    void *arg, struct err *e)
{
	size_t len = strlen(prefix);
	char key[KV_KEY_MAX + 1];
	MDB_cursor *at;
	MDB_val k, v;
	int rc = mdb_cursor_open(tx->txn, tx->dbi, &at);

	if (rc != 0)
		return kv_fail(tx->kv, rc, "read", e);
	if (after == NULL || strcmp(after, prefix) < 0)
		after = prefix;
	k = (MDB_val) {strlen(after), (void *)(uintptr_t)after};
	/* LMDB has no range from the empty key. */
	rc = mdb_cursor_get(at, &k, &v,
	    k.mv_size > 0 ? MDB_SET_RANGE : MDB_FIRST);
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
