/* SPDX-License-Identifier: MIT */
/*
 * The identify ledger (I3): one entry per permit, in the order of their ids.
 * An entry is on disk before the IDENTIFY it stands for is sent.
 */
#include "shared/store/store_env.h"

#include "shared/base/clock.h"

#include <string.h>

#define LEDGER_MS ((int64_t)8 * 24 * 3600 * 1000)
#define PRUNE_MAX 256	  /* entries dropped by one add */
#define LEDGER_MAX 200000 /* entries read in one go */

_Static_assert(sizeof(struct store_identify) == 64, "on disk");

#define IDENTIFY_PREFIX "identify/"

static void
key_identify(struct store_key *k, uint64_t id)
{
	size_t n = strlen(IDENTIFY_PREFIX);

	store_env_key(k, IDENTIFY_PREFIX);
	for (int i = 0; i < 8; i++)
		k->text[n + i] = (char)(id >> (56 - 8 * i));
	k->val.mv_size = n + 8;
}

static bool
is_identify(const MDB_val *key)
{
	size_t n = strlen(IDENTIFY_PREFIX);

	return key->mv_size == n + 8
	    && memcmp(key->mv_data, IDENTIFY_PREFIX, n) == 0;
}

static uint64_t
id_of(const MDB_val *key)
{
	const unsigned char *p = key->mv_data;
	uint64_t id = 0;

	for (size_t i = strlen(IDENTIFY_PREFIX); i < key->mv_size; i++)
		id = id << 8 | p[i];
	return id;
}

/* The newest id, 0 when there is none. */
static int
ledger_last(struct store_tx *tx, uint64_t *id, struct err *err)
{
	MDB_cursor *cur;
	MDB_val val;
	struct store_key k;
	int rc;

	*id = 0;
	if ((rc = mdb_cursor_open(tx->txn, tx->dbi, &cur)) != 0)
		return store_env_fail(tx->store, rc, "read", err);
	key_identify(&k, UINT64_MAX);
	rc = mdb_cursor_get(cur, &k.val, &val, MDB_SET_RANGE);
	rc = mdb_cursor_get(cur, &k.val, &val, rc == 0 ? MDB_PREV : MDB_LAST);
	if (rc == 0 && is_identify(&k.val))
		*id = id_of(&k.val);
	mdb_cursor_close(cur);
	return rc == 0 || rc == MDB_NOTFOUND
	    ? 0
	    : store_env_fail(tx->store, rc, "read", err);
}

/* Old entries go, a bounded number at a time. */
static int
ledger_prune(struct store_tx *tx, int64_t before_ms, struct err *err)
{
	struct store_identify e;
	MDB_cursor *cur;
	MDB_val val;
	struct store_key k;
	int rc, r = 0;

	if ((rc = mdb_cursor_open(tx->txn, tx->dbi, &cur)) != 0)
		return store_env_fail(tx->store, rc, "read", err);
	key_identify(&k, 0);
	rc = mdb_cursor_get(cur, &k.val, &val, MDB_SET_RANGE);
	for (int i = 0; i < PRUNE_MAX && rc == 0 && is_identify(&k.val); i++) {
		if ((r = store_env_check(tx->store, &val, "ledger", sizeof(e),
			 err))
		    == -1)
			break;
		memcpy(&e, (char *)val.mv_data + sizeof(struct store_head),
		    sizeof(e));
		if (e.asked_ms >= before_ms
		    || (rc = mdb_cursor_del(cur, 0)) != 0)
			break;
		rc = mdb_cursor_get(cur, &k.val, &val, MDB_NEXT);
	}
	mdb_cursor_close(cur);
	if (r == 0 && rc != 0 && rc != MDB_NOTFOUND)
		r = store_env_fail(tx->store, rc, "write to", err);
	return r;
}

int
store_identify_add(const struct store *s, struct store_identify *e, size_t n,
    struct err *err)
{
	struct store_tx tx;
	struct store_key k;
	uint64_t last;
	int r;

	if (n == 0)
		return 0;
	if (store_env_begin(&tx, s, true, err) == -1)
		return -1;
	if ((r = ledger_last(&tx, &last, err)) == 0)
		r = ledger_prune(&tx, e->asked_ms - LEDGER_MS, err);
	for (size_t i = 0; i < n && r == 0; i++) {
		e[i].id = last + 1 + i;
		key_identify(&k, e[i].id);
		r = store_env_put(&tx, &k, &e[i], sizeof(e[i]), err);
	}
	if (r == 0)
		return store_env_commit(&tx, err);
	store_env_abort(&tx);
	return -1;
}

int
store_env_settle(struct store_tx *tx, uint64_t id, uint32_t outcome,
    uint32_t close_code, int64_t at_ms, struct err *err)
{
	struct store_identify e;
	struct store_key k;
	int r;

	key_identify(&k, id);
	if ((r = store_env_get(tx, &k, "ledger", &e, sizeof(e), err)) != 1)
		return r;
	e.outcome = outcome;
	e.close_code = close_code;
	e.settled_ms = at_ms;
	return store_env_put(tx, &k, &e, sizeof(e), err) == -1 ? -1 : 1;
}

struct ledger {
	struct store_identify *e;
	size_t n, room;
};

static void
ledger_keep(struct ledger *l, const struct store_identify *e)
{
	if (l->n == l->room) {
		l->room = l->room * 2 + 64;
		l->e = base_realloc(l->e, l->room * sizeof(*l->e));
	}
	l->e[l->n++] = *e;
}

static int
ledger_read(struct store_tx *tx, int64_t since_ms, struct ledger *l,
    struct err *err)
{
	struct store_identify e;
	MDB_cursor *cur;
	MDB_val val;
	struct store_key k;
	int rc, r = 0;

	if ((rc = mdb_cursor_open(tx->txn, tx->dbi, &cur)) != 0)
		return store_env_fail(tx->store, rc, "read", err);
	key_identify(&k, 0);
	rc = mdb_cursor_get(cur, &k.val, &val, MDB_SET_RANGE);
	while (rc == 0 && is_identify(&k.val) && l->n < LEDGER_MAX) {
		if ((r = store_env_check(tx->store, &val, "ledger", sizeof(e),
			 err))
		    == -1)
			break;
		memcpy(&e, (char *)val.mv_data + sizeof(struct store_head),
		    sizeof(e));
		if (e.sent_ms >= since_ms)
			ledger_keep(l, &e);
		rc = mdb_cursor_get(cur, &k.val, &val, MDB_NEXT);
	}
	mdb_cursor_close(cur);
	return r;
}

/* fn runs after the environment is closed, so it may use the store itself. */
int
store_identify_each(const struct store *s, int64_t since_ms,
    int (*fn)(const struct store_identify *, void *), void *arg,
    struct err *err)
{
	struct ledger l = {0};
	struct store_tx tx;
	int r;

	if (store_env_begin(&tx, s, false, err) == -1)
		return -1;
	r = ledger_read(&tx, since_ms, &l, err);
	store_env_abort(&tx);
	for (size_t i = 0; r == 0 && i < l.n; i++)
		if (fn(&l.e[i], arg) != 0)
			break;
	free(l.e);
	return r;
}
