/* SPDX-License-Identifier: MIT */
/* See restore_build.h. */
#include "tools/cli/backup/restore_build.h"

#include "shared/base/buf.h"
#include "shared/store/kv.h"
#include "tools/cli/backup/backup_file.h"
#include "tools/cli/backup/ending.h"

#include <string.h>

#define BATCH 256
#define BATCH_BYTES (4u << 20)

struct building {
	struct restore_rules *rules;
	struct store store; /* the new one */
	/* What the next transaction puts: copies, one behind another. */
	struct store_item it[BATCH];
	size_t n;
	struct buf bytes;
	/* Ledger entries of the backup, as they lie in its store. */
	struct store_identify *own;
	unsigned char (*own_key)[8];
	size_t owns, own_room;
	struct kv *kv;
	struct kv_tx *tx;
	unsigned puts; /* in tx */
	struct err err;
};

/* ---- the store ------------------------------------------------------ */

static int
flush(struct building *b)
{
	const char *p = buf_data(&b->bytes);
	int rc;

	for (size_t i = 0; i < b->n; i++) {
		b->it[i].key = p;
		b->it[i].value = p + b->it[i].key_len;
		p += b->it[i].key_len + b->it[i].value_len;
	}
	rc = store_copy_put(&b->store, b->it, b->n, &b->err);
	buf_eat(&b->bytes, buf_len(&b->bytes));
	b->n = 0;
	return rc;
}

static int
put(struct building *b, const struct store_item *it)
{
	if (ending_asked())
		return err_set(&b->err, EXIT_DEGRADED,
		    "Interrupted: nothing was changed.");
	if (b->n == BATCH || buf_len(&b->bytes) > BATCH_BYTES)
		if (flush(b) == -1)
			return -1;
	buf_add(&b->bytes, it->key, it->key_len);
	buf_add(&b->bytes, it->value, it->value_len);
	b->it[b->n++] = *it;
	return 0;
}

static const unsigned char *
number(const struct store_item *it)
{
	return (const unsigned char *)it->key + it->key_len - 8;
}

static void
remember(struct building *b, const struct store_item *it)
{
	struct store_identify e;

	if (!store_copy_identify(it, &e))
		return;
	if (b->owns == b->own_room) {
		b->own_room = b->own_room * 2 + 64;
		b->own = base_realloc(b->own, b->own_room * sizeof(*b->own));
		b->own_key = base_realloc(b->own_key,
		    b->own_room * sizeof(*b->own_key));
	}
	memcpy(b->own_key[b->owns], number(it), 8);
	b->own[b->owns++] = e;
}

/* Those of a store come in the order of their numbers. */
static const struct store_identify *
own_of(const struct building *b, const unsigned char *key)
{
	size_t from = 0, to = b->owns;

	while (from < to) {
		size_t at = from + (to - from) / 2;
		int order = memcmp(key, b->own_key[at], 8);

		if (order == 0)
			return &b->own[at];
		if (order < 0)
			to = at;
		else
			from = at + 1;
	}
	return NULL;
}

static int
on_there(const struct store_item *it, void *arg)
{
	restore_rules_there(arg, it);
	return 0;
}

/* What is there goes over what the backup has under the same key. */
static int
put_there(const struct store_item *it, void *arg)
{
	struct building *b = arg;
	const struct store_identify *e;
	struct store_identify other;

	if (store_copy_identify(it, &other)
	    && (e = own_of(b, number(it))) != NULL)
		restore_rules_ledger(b->rules, e, &other);
	return put(b, it);
}

/* ---- the plugins' storage ------------------------------------------- */

static int
kv_begun(struct building *b)
{
	if (b->tx != NULL && ++b->puts % BATCH != 0)
		return 0;
	if (b->tx != NULL && kv_commit(b->tx, &b->err) == -1) {
		b->tx = NULL;
		return -1;
	}
	b->tx = kv_begin(b->kv, NULL, true, &b->err);
	return b->tx != NULL ? 0 : -1;
}

/* What kv.c holds for its caller's fault is here the file's. */
static int
put_kv(struct building *b, const struct backup_file_record *r)
{
	if (r->key_len > KV_KEY_MAX || strlen(r->key) != r->key_len)
		return err_set(&b->err, EXIT_DEGRADED,
		    "The backup has an entry of the plugins' storage whose key "
		    "is none: it was not written by shardherd.");
	if (kv_begun(b) == -1)
		return -1;
	return kv_put(b->tx, r->key, r->value, r->value_len, &b->err);
}

/* ---- the backup ----------------------------------------------------- */

static int
put_record(struct building *b, const struct backup_file_record *r)
{
	struct store_item it = {r->key, r->key_len, r->value, r->value_len};

	if (r->kind == BACKUP_FILE_KV)
		return put_kv(b, r);
	if (r->kind != BACKUP_FILE_STORE || !restore_rules_take(b->rules, &it))
		return 0;
	remember(b, &it);
	return put(b, &it);
}

static int
put_backup(struct building *b, struct backup_file_in *from)
{
	struct backup_file_record r;
	int rc;

	if (backup_file_rewind(from, &b->err) == -1)
		return -1;
	while ((rc = backup_file_next(from, &r, &b->err)) == 1)
		if (put_record(b, &r) == -1)
			break;
	return rc == 0 ? 0 : -1;
}

static int
build(struct building *b, const char *dir, struct backup_file_in *from,
    const struct store *there)
{
	struct restore_rules *r = b->rules;

	if (there != NULL && store_each(there, on_there, r, &b->err) == -1)
		return -1;
	if (store_init(&b->store, dir, &b->err) == -1
	    || (b->kv = kv_open(dir, true, &b->err)) == NULL
	    || put_backup(b, from) == -1)
		return -1;
	if (there != NULL
	    && (store_each(there, put_there, b, &b->err) == -1
		|| b->err.code != 0))
		return -1;
	if (flush(b) == -1
	    || store_identify_add(&b->store, r->stray, r->strays, &b->err)
		== -1)
		return -1;
	return kv_begun(b);
}

int
restore_build(const char *dir, struct backup_file_in *from,
    const struct store *there, struct restore_rules *rules, struct err *e)
{
	struct building *b = base_alloc(sizeof(*b));
	int rc;

	memset(b, 0, sizeof(*b));
	b->rules = rules;
	rc = build(b, dir, from, there);
	if (b->tx != NULL && rc == 0)
		rc = kv_commit(b->tx, &b->err);
	else if (b->tx != NULL)
		kv_abort(b->tx);
	kv_close(b->kv);
	if (rc == -1)
		*e = b->err;
	buf_free(&b->bytes);
	free(b->own);
	free(b->own_key);
	free(b);
	return rc;
}
