/* SPDX-License-Identifier: MIT */
/*
 * Schema, sessions, gateway and blobs; the ledger is in store_ledger.c.
 *
 *	session/00003		struct store_session
 *	identify/<8 bytes>	struct store_identify, ids big-endian: in order
 *	gateway			struct store_gateway
 *	blob/NAME		bytes
 *	meta/schema		uint32_t
 */
#include "shared/store/store_env.h"

#include "shared/base/clock.h"

#include <string.h>

#define SEEN_MS 60000 /* a session that is only idle is stamped again */

_Static_assert(sizeof(struct store_session)
	== 48 + 8 + CONTRACT_SESSION_MAX + STORE_URL_MAX,
    "on disk");
_Static_assert(offsetof(struct store_session, epoch)
	== sizeof(struct store_session) - 8,
    "where the end of the url was");
_Static_assert(sizeof(struct store_gateway) == STORE_URL_MAX + 40, "on disk");

static void
key_session(struct store_key *k, uint32_t shard)
{
	char text[32];

	str_format(text, sizeof(text), "session/%05u", shard);
	store_env_key(k, text);
}

/* ---- opening -------------------------------------------------------- */

/* 0, or -1 when another schema is there; sets *missing when none is. */
static int
schema_check(struct store_tx *tx, bool *missing, struct err *err)
{
	struct store_key k;
	uint32_t schema = 0;
	int r;

	if ((r = dbenv_check(&tx->db)) != 0)
		return store_env_fail(tx->store, r, "read", err);
	store_env_key(&k, STORE_KEY_SCHEMA);
	if ((r = store_env_get(tx, &k, "schema", &schema, sizeof(schema), err))
	    == -1)
		return -1;
	*missing = r == 0;
	if (r == 1 && schema != STORE_SCHEMA)
		return err_set(err, EXIT_CONFIG,
		    "The store %s has schema %u; this shardherd knows %u. Use "
		    "the binary that made it.",
		    tx->store->path, schema, STORE_SCHEMA);
	return 0;
}

int
store_init(struct store *s, const char *state_dir, struct err *err)
{
	uint32_t schema = STORE_SCHEMA;
	struct store_tx tx;
	struct store_key k;
	bool missing;
	int r;

	if (store_env_prepare(s, state_dir, true, err) == -1)
		return -1;
	s->creates = true;
	r = store_env_begin(&tx, s, true, err);
	s->creates = false;
	if (r == -1)
		return -1;
	store_env_key(&k, STORE_KEY_SCHEMA);
	if (schema_check(&tx, &missing, err) == -1
	    || (missing
		&& store_env_put(&tx, &k, &schema, sizeof(schema), err)
		    == -1)) {
		store_env_abort(&tx);
		return -1;
	}
	s->lost = s->known && missing;
	if (!missing)
		store_env_abort(&tx);
	else if (store_env_commit(&tx, err) == -1)
		return -1;
	return store_env_named(s, err);
}

int
store_open(struct store *s, const char *state_dir, struct err *err)
{
	struct store_tx tx;
	bool missing;
	int r;

	if (store_env_prepare(s, state_dir, false, err) == -1
	    || store_env_begin(&tx, s, false, err) == -1)
		return -1;
	r = schema_check(&tx, &missing, err);
	store_env_abort(&tx);
	return r;
}

/* ---- sessions ------------------------------------------------------- */

uint64_t
store_session_key(const struct store_session *rec)
{
	uint64_t k;

	if (rec->id[0] == '\0')
		return 0;
	k = base_hash64(rec->id, strlen(rec->id));
	if (rec->epoch == 0)
		return k;
	k = (k ^ rec->epoch * 0x9e3779b97f4a7c15u) * 0xff51afd7ed558ccdu;
	k ^= k >> 32;
	return k != 0 ? k : 1;
}

/* A record as it was read.  One that was written before there were epochs has
 * zeros in its place, unless its url was so long that it has the rest of it. */
static void
settle(struct store_session *rec)
{
	rec->id[sizeof(rec->id) - 1] = '\0';
	if (memchr(rec->url, '\0', sizeof(rec->url)) != NULL)
		return;
	rec->url[0] = '\0'; /* the main one resumes as well */
	rec->epoch = 0;
}

int
store_session_get(const struct store *s, uint32_t shard,
    struct store_session *out, struct err *err)
{
	struct store_key k;
	int r;

	key_session(&k, shard);
	if ((r = store_env_get_one(s, &k, "session", out, sizeof(*out), err))
	    != 1)
		return r;
	settle(out);
	return out->shard == shard
	    ? 1
	    : store_env_fail(s, MDB_CORRUPTED, "read", err);
}

int
store_session_put(const struct store *s, const struct store_session *in,
    struct err *err)
{
	struct store_session rec = *in;
	struct store_key k;

	/* what lies behind the strings stays out of the file */
	memset(rec.id, 0, sizeof(rec.id));
	memset(rec.url, 0, sizeof(rec.url));
	str_copy(rec.id, in->id, sizeof(rec.id));
	str_copy(rec.url, in->url, sizeof(rec.url));
	key_session(&k, in->shard);
	return store_env_put_one(s, &k, &rec, sizeof(rec), err);
}

int
store_session_drop(const struct store *s, uint32_t shard, struct err *err)
{
	struct store_tx tx;
	struct store_key k;
	int rc;

	key_session(&k, shard);
	if (store_env_begin(&tx, s, true, err) == -1)
		return -1;
	if ((rc = mdb_del(tx.txn, tx.dbi, &k.val, NULL)) == 0)
		return store_env_commit(&tx, err);
	store_env_abort(&tx);
	return rc == MDB_NOTFOUND ? 0 : store_env_fail(s, rc, "write to", err);
}

/* 1 changed, 0 not, -1. */
static int
cursor_put(struct store_tx *tx, const struct store_cursor *c, int64_t now,
    struct err *err)
{
	struct store_session rec;
	struct store_key k;
	int r;

	key_session(&k, c->shard);
	if ((r = store_env_get(tx, &k, "session", &rec, sizeof(rec), err)) != 1)
		return r;
	settle(&rec);
	if (store_session_key(&rec) != c->session
	    || (c->seq <= rec.seq && now - rec.seen_ms < SEEN_MS))
		return 0;
	if (c->seq > rec.seq)
		rec.seq = c->seq;
	rec.seen_ms = now;
	return store_env_put(tx, &k, &rec, sizeof(rec), err) == -1 ? -1 : 1;
}

int
store_cursors_put(const struct store *s, const struct store_cursor *c, size_t n,
    struct err *err)
{
	int64_t now = clock_wall_ms();
	struct store_tx tx;
	int r = 0, changed = 0;

	if (n == 0)
		return 0;
	if (store_env_begin(&tx, s, true, err) == -1)
		return -1;
	for (size_t i = 0; i < n && r != -1; i++) {
		r = cursor_put(&tx, &c[i], now, err);
		changed += r == 1;
	}
	if (r != -1 && changed > 0)
		return store_env_commit(&tx, err);
	store_env_abort(&tx); /* nothing new: no fsync */
	return r == -1 ? -1 : 0;
}

/* ---- gateway, blobs ------------------------------------------------- */

static int
gateway_put(struct store_tx *tx, const struct store_gateway *in,
    struct err *err)
{
	struct store_gateway rec = *in;
	struct store_key k;

	memset(rec.url, 0, sizeof(rec.url));
	str_copy(rec.url, in->url, sizeof(rec.url));
	store_env_key(&k, "gateway");
	return store_env_put(tx, &k, &rec, sizeof(rec), err);
}

int
store_gateway_get(const struct store *s, struct store_gateway *out,
    struct err *err)
{
	struct store_key k;
	int r;

	store_env_key(&k, "gateway");
	r = store_env_get_one(s, &k, "gateway", out, sizeof(*out), err);
	out->url[sizeof(out->url) - 1] = '\0';
	return r;
}

static int
key_blob(const struct store *s, struct store_key *k, const char *name,
    struct err *err)
{
	char text[512];

	if (name[0] == '\0' || !str_format(text, sizeof(text), "blob/%s", name))
		return store_env_fail(s, MDB_BAD_VALSIZE, "use", err);
	store_env_key(k, text);
	return 0;
}

static int
blob_put(struct store_tx *tx, const struct store_op *op, struct err *err)
{
	MDB_val v = {op->len, (void *)(uintptr_t)op->data};
	struct store_key k;
	int rc;

	if (key_blob(tx->store, &k, op->key, err) == -1)
		return -1;
	if ((rc = mdb_put(tx->txn, tx->dbi, &k.val, &v, 0)) != 0)
		return store_env_fail(tx->store, rc, "write to", err);
	return 0;
}

static int
blob_drop(struct store_tx *tx, const struct store_op *op, struct err *err)
{
	struct store_key k;
	int rc;

	if (key_blob(tx->store, &k, op->key, err) == -1)
		return -1;
	rc = mdb_del(tx->txn, tx->dbi, &k.val, NULL);
	return rc == 0 || rc == MDB_NOTFOUND
	    ? 0
	    : store_env_fail(tx->store, rc, "write to", err);
}

int
store_blob_put(const struct store *s, const char *name, const void *data,
    size_t size, struct err *err)
{
	struct store_op op = {.kind = STORE_OP_BLOB,
	    .key = name,
	    .data = data,
	    .len = size};

	return store_write(s, &op, 1, err);
}

static int
apply(struct store_tx *tx, const struct store_op *op, struct err *err)
{
	switch (op->kind) {
	case STORE_OP_BLOB:
		return blob_put(tx, op, err);
	case STORE_OP_DROP:
		return blob_drop(tx, op, err);
	case STORE_OP_GATEWAY:
		return gateway_put(tx, op->data, err);
	case STORE_OP_SETTLE:
		return store_env_settle(tx, op->id, op->outcome, op->close_code,
			   op->at_ms, err)
			== -1
		    ? -1
		    : 0;
	}
	bug("a store_op of no kind");
}

int
store_write(const struct store *s, const struct store_op *op, size_t n,
    struct err *err)
{
	struct store_tx tx;

	if (n == 0)
		return 0;
	if (store_env_begin(&tx, s, true, err) == -1)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (apply(&tx, &op[i], err) == -1) {
			store_env_abort(&tx);
			return -1;
		}
	return store_env_commit(&tx, err);
}

int
store_blob_get(const struct store *s, const char *name, void *out, size_t size,
    size_t *len, struct err *err)
{
	struct store_tx tx;
	struct store_key k;
	MDB_val v;
	int rc;

	if (key_blob(s, &k, name, err) == -1
	    || store_env_begin(&tx, s, false, err) == -1)
		return -1;
	if ((rc = mdb_get(tx.txn, tx.dbi, &k.val, &v)) == 0) {
		*len = v.mv_size;
		memcpy(out, v.mv_data, v.mv_size < size ? v.mv_size : size);
	}
	store_env_abort(&tx);
	if (rc != 0 && rc != MDB_NOTFOUND)
		return store_env_fail(s, rc, "read", err);
	return rc == 0;
}

/* The name of the blob at key if it begins with prefix, all as keys have it. */
static bool
blob_name(const MDB_val *key, const struct store_key *prefix, char *name,
    size_t size)
{
	size_t n = prefix->val.mv_size, skip = strlen("blob/");

	return key->mv_size >= n && memcmp(key->mv_data, prefix->text, n) == 0
	    && str_format(name, size, "%.*s", (int)(key->mv_size - skip),
		(const char *)key->mv_data + skip);
}

int
store_blob_each(const struct store *s, const char *prefix,
    int (*fn)(const char *, const void *, size_t, void *), void *arg,
    struct err *err)
{
	struct store_tx tx;
	struct store_key k;
	MDB_cursor *cur;
	MDB_val key, v;
	char name[512];
	int rc;

	if (key_blob(s, &k, prefix, err) == -1
	    || store_env_begin(&tx, s, false, err) == -1)
		return -1;
	key = k.val;
	if ((rc = mdb_cursor_open(tx.txn, tx.dbi, &cur)) == 0) {
		rc = mdb_cursor_get(cur, &key, &v, MDB_SET_RANGE);
		while (rc == 0 && blob_name(&key, &k, name, sizeof(name))
		    && fn(name, v.mv_data, v.mv_size, arg) == 0)
			rc = mdb_cursor_get(cur, &key, &v, MDB_NEXT);
		mdb_cursor_close(cur);
	}
	store_env_abort(&tx);
	return rc == 0 || rc == MDB_NOTFOUND
	    ? 0
	    : store_env_fail(s, rc, "read", err);
}

/* ---- for `db stat` and `db dump` ------------------------------------ */

int
store_stat(const struct store *s, struct store_stat *out, struct err *err)
{
	MDB_envinfo info;
	struct store_tx tx;
	MDB_stat st;

	if (store_env_begin(&tx, s, false, err) == -1)
		return -1;
	dbenv_info(&tx.db, &info, &st);
	store_env_abort(&tx);
	*out = (struct store_stat) {.schema = STORE_SCHEMA,
	    .entries = st.ms_entries,
	    .page_size = st.ms_psize,
	    .pages = info.me_last_pgno + 1,
	    .map_size = s->map_size,
	    .readers = info.me_numreaders,
	    .last_txn = info.me_last_txnid};
	return 0;
}

int
store_each(const struct store *s, int (*fn)(const struct store_item *, void *),
    void *arg, struct err *err)
{
	struct store_item item;
	struct store_tx tx;
	MDB_cursor *cur;
	MDB_val key, val;
	int rc;

	if (store_env_begin(&tx, s, false, err) == -1)
		return -1;
	if ((rc = mdb_cursor_open(tx.txn, tx.dbi, &cur)) == 0) {
		while ((rc = mdb_cursor_get(cur, &key, &val, MDB_NEXT)) == 0) {
			item = (struct store_item) {key.mv_data, key.mv_size,
			    val.mv_data, val.mv_size};
			if (fn(&item, arg) != 0)
				break;
		}
		mdb_cursor_close(cur);
	}
	store_env_abort(&tx);
	return rc == 0 || rc == MDB_NOTFOUND
	    ? 0
	    : store_env_fail(s, rc, "read", err);
}
