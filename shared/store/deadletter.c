/* SPDX-License-Identifier: MIT */
/* Dead letters in the store; see deadletter.h. */
#include "shared/store/deadletter.h"

#include "shared/store/store_env.h"

#include <string.h>

#define KEY_PREFIX "blob/dead/"
#define KEY_META "blob/dead-meta"
#define KEY_SEEN "blob/dead-seen" /* uint64_t: up to here */

/* Beside the entries, so that ids go on when all of them were dropped. */
struct meta {
	uint64_t next, gone;
};

static void
key_of(struct store_key *k, uint64_t id)
{
	char text[48];

	str_format(text, sizeof(text), KEY_PREFIX "%016llx",
	    (unsigned long long)id);
	store_env_key(k, text);
}

static bool
key_is_ours(const MDB_val *k)
{
	size_t n = strlen(KEY_PREFIX);

	return k->mv_size == n + 16 && memcmp(k->mv_data, KEY_PREFIX, n) == 0;
}

static int
meta_get(struct store_tx *tx, struct meta *m, struct err *e)
{
	struct store_key k;
	int r;

	*m = (struct meta) {.next = 1};
	store_env_key(&k, KEY_META);
	r = store_env_get(tx, &k, "dead letter count", m, sizeof(*m), e);
	return r < 0 ? -1 : 0;
}

/* A record that is not whole is none: it is left where it is. */
static bool
entry_read(const MDB_val *v, struct deadletter *d, const char **raw)
{
	if (v->mv_size < sizeof(*d))
		return false;
	memcpy(d, v->mv_data, sizeof(*d));
	d->plugin[sizeof(d->plugin) - 1] = '\0';
	d->event[sizeof(d->event) - 1] = '\0';
	d->session_id[sizeof(d->session_id) - 1] = '\0';
	d->why[sizeof(d->why) - 1] = '\0';
	d->words[sizeof(d->words) - 1] = '\0';
	*raw = (const char *)v->mv_data + sizeof(*d);
	return d->raw_kept == v->mv_size - sizeof(*d)
	    && (uint64_t)d->t_off + d->t_len <= d->raw_len;
}

/* ---- walking -------------------------------------------------------- */

/* Places cur on the first entry; MDB_NOTFOUND when there is none. */
static int
first(MDB_cursor *cur, MDB_val *key, MDB_val *val)
{
	char text[] = KEY_PREFIX;
	int rc;

	*key = (MDB_val) {strlen(text), text};
	rc = mdb_cursor_get(cur, key, val, MDB_SET_RANGE);
	return rc == 0 && !key_is_ours(key) ? MDB_NOTFOUND : rc;
}

static int
next(MDB_cursor *cur, MDB_val *key, MDB_val *val)
{
	int rc = mdb_cursor_get(cur, key, val, MDB_NEXT);

	return rc == 0 && !key_is_ours(key) ? MDB_NOTFOUND : rc;
}

/* Counts, then drops from the front until `more` bytes have room. */
static int
make_room(struct store_tx *tx, uint64_t more, uint64_t *gone)
{
	uint64_t entries = 0, bytes = 0;
	MDB_cursor *cur;
	MDB_val k, v;
	int rc;

	*gone = 0;
	if ((rc = mdb_cursor_open(tx->txn, tx->dbi, &cur)) != 0)
		return rc;
	for (rc = first(cur, &k, &v); rc == 0; rc = next(cur, &k, &v)) {
		entries++;
		bytes += v.mv_size;
	}
	while (rc == MDB_NOTFOUND && entries > 0
	    && (entries >= DEADLETTER_MAX
		|| bytes + more > DEADLETTER_BYTES_MAX)) {
		if ((rc = first(cur, &k, &v)) != 0)
			break;
		bytes -= v.mv_size;
		entries--;
		if ((rc = mdb_cursor_del(cur, 0)) != 0)
			break;
		++*gone;
		rc = MDB_NOTFOUND;
	}
	mdb_cursor_close(cur);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

/* ---- the handler ---------------------------------------------------- */

static int
put(struct store_tx *tx, const struct deadletter *d, const void *raw)
{
	struct store_key k;
	MDB_val v = {sizeof(*d) + d->raw_kept, NULL};
	int rc;

	key_of(&k, d->id);
	rc = mdb_put(tx->txn, tx->dbi, &k.val, &v, MDB_RESERVE);
	if (rc != 0)
		return rc;
	memcpy(v.mv_data, d, sizeof(*d));
	memcpy((char *)v.mv_data + sizeof(*d), raw, d->raw_kept);
	return 0;
}

int
deadletter_add(const struct store *s, struct deadletter *d, const void *raw,
    uint64_t *gone, struct err *e)
{
	struct store_key k;
	struct store_tx tx;
	struct meta m;
	int rc;

	d->raw_kept = d->raw_len <= DEADLETTER_RAW_MAX ? d->raw_len
						       : DEADLETTER_RAW_MAX;
	if (store_env_begin(&tx, s, true, e) < 0)
		return -1;
	if (meta_get(&tx, &m, e) < 0)
		goto err1;
	rc = make_room(&tx, sizeof(*d) + d->raw_kept, gone);
	d->id = m.next++;
	m.gone += *gone;
	if (rc == 0)
		rc = put(&tx, d, raw);
	if (rc != 0) {
		store_env_fail(s, rc, "write to", e);
		goto err1;
	}
	store_env_key(&k, KEY_META);
	if (store_env_put(&tx, &k, &m, sizeof(m), e) < 0)
		goto err1;
	return store_env_commit(&tx, e);
err1:
	store_env_abort(&tx);
	return -1;
}

/* ---- the CLI -------------------------------------------------------- */

int
deadletter_get(const struct store *s, uint64_t id, struct deadletter *d,
    char **raw, struct err *e)
{
	const char *bytes;
	struct store_key k;
	struct store_tx tx;
	MDB_val v;
	int rc;

	*raw = NULL;
	if (store_env_begin(&tx, s, false, e) < 0)
		return -1;
	key_of(&k, id);
	rc = mdb_get(tx.txn, tx.dbi, &k.val, &v);
	if (rc == 0 && entry_read(&v, d, &bytes)) {
		*raw = base_alloc(d->raw_kept + 1);
		memcpy(*raw, bytes, d->raw_kept);
	}
	store_env_abort(&tx);
	if (rc != 0 && rc != MDB_NOTFOUND)
		return store_env_fail(s, rc, "read", e);
	return *raw != NULL;
}

int
deadletter_each(const struct store *s,
    int (*fn)(const struct deadletter *, const char *raw, void *), void *arg,
    struct err *e)
{
	struct deadletter d;
	struct store_tx tx;
	const char *raw;
	MDB_cursor *cur;
	MDB_val k, v;
	int rc;

	if (store_env_begin(&tx, s, false, e) < 0)
		return -1;
	if ((rc = mdb_cursor_open(tx.txn, tx.dbi, &cur)) == 0) {
		for (rc = first(cur, &k, &v); rc == 0; rc = next(cur, &k, &v))
			if (entry_read(&v, &d, &raw) && fn(&d, raw, arg) != 0)
				break;
		mdb_cursor_close(cur);
	}
	store_env_abort(&tx);
	return rc == 0 || rc == MDB_NOTFOUND ? 0
					     : store_env_fail(s, rc, "read", e);
}

int
deadletter_drop(const struct store *s, uint64_t id, struct err *e)
{
	struct store_key k;
	struct store_tx tx;
	int rc;

	if (store_env_begin(&tx, s, true, e) < 0)
		return -1;
	key_of(&k, id);
	rc = mdb_del(tx.txn, tx.dbi, &k.val, NULL);
	if (rc == 0)
		return store_env_commit(&tx, e) < 0 ? -1 : 1;
	store_env_abort(&tx);
	return rc == MDB_NOTFOUND ? 0 : store_env_fail(s, rc, "write to", e);
}

int
deadletter_drop_all(const struct store *s, uint64_t *dropped, struct err *e)
{
	struct store_tx tx;
	MDB_cursor *cur;
	MDB_val k, v;
	int rc;

	*dropped = 0;
	if (store_env_begin(&tx, s, true, e) < 0)
		return -1;
	if ((rc = mdb_cursor_open(tx.txn, tx.dbi, &cur)) == 0) {
		while ((rc = first(cur, &k, &v)) == 0
		    && (rc = mdb_cursor_del(cur, 0)) == 0)
			++*dropped;
		mdb_cursor_close(cur);
	}
	if (rc == MDB_NOTFOUND)
		return store_env_commit(&tx, e);
	store_env_abort(&tx);
	return store_env_fail(s, rc, "write to", e);
}

/* ---- who has looked ------------------------------------------------- */

static int
seen_get(struct store_tx *tx, uint64_t *id, struct err *e)
{
	struct store_key k;

	*id = 0;
	store_env_key(&k, KEY_SEEN);
	return store_env_get(tx, &k, "dead letters seen", id, sizeof(*id), e);
}

int
deadletter_sum(const struct store *s, struct deadletter_sum *sum, struct err *e)
{
	struct deadletter d;
	struct store_tx tx;
	const char *raw;
	uint64_t seen;
	MDB_cursor *cur;
	MDB_val k, v;
	int rc;

	*sum = (struct deadletter_sum) {0};
	if (store_env_begin(&tx, s, false, e) < 0)
		return -1;
	if (seen_get(&tx, &seen, e) < 0) {
		store_env_abort(&tx);
		return -1;
	}
	if ((rc = mdb_cursor_open(tx.txn, tx.dbi, &cur)) == 0) {
		for (rc = first(cur, &k, &v); rc == 0; rc = next(cur, &k, &v)) {
			if (!entry_read(&v, &d, &raw))
				continue;
			sum->kept++;
			if (d.id <= seen)
				continue;
			sum->unseen++;
			sum->newest = d;
		}
		mdb_cursor_close(cur);
	}
	store_env_abort(&tx);
	return rc == 0 || rc == MDB_NOTFOUND ? 0
					     : store_env_fail(s, rc, "read", e);
}

struct before {
	uint64_t seen, id;
	bool any;
};

/* Is there one before it that nobody has looked at? */
static int
find_before(const struct deadletter *d, const char *raw, void *arg)
{
	struct before *b = arg;

	b->any |= d->id > b->seen && d->id < b->id;
	return b->any || d->id >= b->id;
}

int
deadletter_seen(const struct store *s, uint64_t id, bool alone, struct err *e)
{
	struct before b = {.id = id};
	struct store_key k;

	store_env_key(&k, KEY_SEEN);
	if (store_env_get_one(s, &k, "dead letters seen", &b.seen,
		sizeof(b.seen), e)
	    < 0)
		return -1;
	if (id <= b.seen)
		return 0;
	if (alone && deadletter_each(s, find_before, &b, e) < 0)
		return -1;
	/* It is looked at, and those before it are not: they count. */
	if (b.any)
		return 0;
	return store_env_put_one(s, &k, &id, sizeof(id), e);
}
