/* SPDX-License-Identifier: MIT */
/* See store_copy.h. */
#include "shared/store/store_copy.h"

#include "shared/store/store_env.h"

#include <string.h>

#define IDENTIFY_KEY "identify/" /* 8 bytes of its id behind it */
#define IDENTIFY_KEY_LEN (sizeof(IDENTIFY_KEY) - 1 + 8)

int
store_copy_put(const struct store *s, const struct store_item *it, size_t n,
    struct err *err)
{
	struct store_tx tx;
	int rc = 0;

	if (store_env_begin(&tx, s, true, err) == -1)
		return -1;
	for (size_t i = 0; i < n && rc == 0; i++) {
		MDB_val k = {it[i].key_len, (void *)(uintptr_t)it[i].key};
		MDB_val v = {it[i].value_len, (void *)(uintptr_t)it[i].value};

		rc = mdb_put(tx.txn, tx.dbi, &k, &v, 0);
	}
	if (rc == 0)
		return store_env_commit(&tx, err);
	store_env_abort(&tx);
	return store_env_fail(s, rc, "write to", err);
}

static bool
begins(const struct store_item *it, const char *with)
{
	size_t n = strlen(with);

	return it->key_len > n && memcmp(it->key, with, n) == 0;
}

static bool
is(const struct store_item *it, const char *key)
{
	return it->key_len == strlen(key)
	    && memcmp(it->key, key, it->key_len) == 0;
}

enum store_copy_kind
store_copy_kind(const struct store_item *it)
{
	if (is(it, STORE_KEY_SCHEMA))
		return STORE_COPY_SCHEMA;
	if (is(it, "gateway"))
		return STORE_COPY_GATEWAY;
	if (begins(it, "session/"))
		return STORE_COPY_SESSION;
	if (begins(it, IDENTIFY_KEY) && it->key_len == IDENTIFY_KEY_LEN)
		return STORE_COPY_IDENTIFY;
	return begins(it, "blob/") ? STORE_COPY_BLOB : STORE_COPY_OTHER;
}

static size_t
size_of(enum store_copy_kind kind)
{
	switch (kind) {
	case STORE_COPY_SCHEMA:
		return sizeof(uint32_t);
	case STORE_COPY_SESSION:
		return sizeof(struct store_session);
	case STORE_COPY_IDENTIFY:
		return sizeof(struct store_identify);
	case STORE_COPY_GATEWAY:
		return sizeof(struct store_gateway);
	default:
		return 0;
	}
}

static enum store_copy_fault
read_record(const struct store_item *it, void *out, size_t size)
{
	struct store_head h;

	if (it->value_len < sizeof(h))
		return STORE_COPY_DAMAGED;
	memcpy(&h, it->value, sizeof(h));
	if (h.version > STORE_RECORD_VERSION)
		return STORE_COPY_NEWER;
	if (h.version != STORE_RECORD_VERSION || h.size != size
	    || it->value_len != sizeof(h) + size)
		return STORE_COPY_DAMAGED;
	if (out != NULL)
		memcpy(out, (const char *)it->value + sizeof(h), size);
	return STORE_COPY_FINE;
}

enum store_copy_fault
store_copy_check(const struct store_item *it)
{
	size_t size = size_of(store_copy_kind(it));
	enum store_copy_fault f;
	uint32_t schema;

	if (size == 0)
		return STORE_COPY_FINE;
	if (store_copy_kind(it) != STORE_COPY_SCHEMA)
		return read_record(it, NULL, size);
	if ((f = read_record(it, &schema, size)) != STORE_COPY_FINE)
		return f;
	if (schema > STORE_SCHEMA)
		return STORE_COPY_NEWER;
	return schema == STORE_SCHEMA ? STORE_COPY_FINE : STORE_COPY_DAMAGED;
}

bool
store_copy_session(const struct store_item *it, struct store_session *out)
{
	if (store_copy_kind(it) != STORE_COPY_SESSION
	    || read_record(it, out, sizeof(*out)) != STORE_COPY_FINE)
		return false;
	out->id[sizeof(out->id) - 1] = '\0';
	return true;
}

bool
store_copy_identify(const struct store_item *it, struct store_identify *out)
{
	return store_copy_kind(it) == STORE_COPY_IDENTIFY
	    && read_record(it, out, sizeof(*out)) == STORE_COPY_FINE;
}
