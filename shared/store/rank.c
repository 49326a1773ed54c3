/* SPDX-License-Identifier: MIT */
/* Access ranks; see rank.h. */
#include "shared/store/rank.h"

#include "shared/config/config_ranges.h"

#include <inttypes.h>
#include <string.h>

const char *const rank_kind_name[RANK_KINDS] = {"user", "role"};

static void
rank_key(char key[64], enum rank_kind kind, uint64_t id)
{
	must(str_format(key, 64, "rank/%s/%" PRIu64, rank_kind_name[kind], id));
}

/* 1 with the rank, 0 when the record is none of ours. */
static int
rank_read(const void *value, size_t len, int *out)
{
	char text[16];
	int64_t n;

	if (len >= sizeof(text))
		return 0;
	memcpy(text, value, len);
	text[len] = '\0';
	if (!str_to_i64(text, &n) || n < RANK_LOWEST || n > RANK_HIGHEST)
		return 0;
	*out = (int)n;
	return 1;
}

int
rank_tx_set(struct kv_tx *tx, enum rank_kind kind, uint64_t id, int rank,
    struct err *e)
{
	char key[64], text[16];

	must(rank >= RANK_LOWEST && rank <= RANK_HIGHEST);
	rank_key(key, kind, id);
	str_format(text, sizeof(text), "%d", rank);
	return kv_put(tx, key, text, strlen(text), e);
}

int
rank_tx_unset(struct kv_tx *tx, enum rank_kind kind, uint64_t id, struct err *e)
{
	char key[64];

	rank_key(key, kind, id);
	return kv_del(tx, key, e);
}

int
rank_set(struct kv *kv, enum rank_kind kind, uint64_t id, int rank,
    struct err *e)
{
	struct kv_tx *tx = kv_begin(kv, NULL, true, e);

	if (tx == NULL)
		return -1;
	if (rank_tx_set(tx, kind, id, rank, e) == 0)
		return kv_commit(tx, e);
	kv_abort(tx);
	return -1;
}

int
rank_unset(struct kv *kv, enum rank_kind kind, uint64_t id, struct err *e)
{
	struct kv_tx *tx = kv_begin(kv, NULL, true, e);
	int rc;

	if (tx == NULL)
		return -1;
	rc = rank_tx_unset(tx, kind, id, e);
	if (rc == 1)
		return kv_commit(tx, e) < 0 ? -1 : 1;
	kv_abort(tx);
	return rc;
}

struct walk {
	enum rank_kind kind;
	size_t prefix;
	rank_each_fn *fn;
	void *arg;
	int stop;
};

static int
walk_one(const char *key, const void *value, size_t len, void *arg)
{
	struct walk *w = arg;
	uint64_t id;
	int rank;

	if (!str_to_u64(key + w->prefix, &id) || !rank_read(value, len, &rank))
		return 0;
	w->stop = w->fn(w->kind, id, rank, w->arg);
	return w->stop;
}

int
rank_each(struct kv *kv, rank_each_fn *fn, void *arg, struct err *e)
{
	struct kv_tx *tx = kv_begin(kv, NULL, false, e);
	struct walk w = {.fn = fn, .arg = arg};
	char prefix[64];
	int rc = 0;

	if (tx == NULL)
		return -1;
	for (int k = 0; k < RANK_KINDS && rc == 0 && w.stop == 0; k++) {
		w.kind = (enum rank_kind)k;
		str_format(prefix, sizeof(prefix), "rank/%s/",
		    rank_kind_name[k]);
		w.prefix = strlen(prefix);
		rc = kv_each(tx, prefix, NULL, walk_one, &w, e);
	}
	kv_abort(tx);
	return rc;
}

/* 1 it has one, 0 none, -1. */
int
rank_tx_get(struct kv_tx *tx, enum rank_kind kind, uint64_t id, int *out,
    struct err *e)
{
	const void *value;
	char key[64];
	size_t len;
	int rc;

	rank_key(key, kind, id);
	rc = kv_get(tx, key, &value, &len, e);
	return rc == 1 ? rank_read(value, len, out) : rc;
}

static int
rank_look_up(struct kv_tx *tx, uint64_t user, const uint64_t *roles, size_t n,
    int *out, struct err *e)
{
	int rc = rank_tx_get(tx, RANK_USER, user, out, e), one;
	bool any = false;

	if (rc != 0)
		return rc < 0 ? -1 : 0;
	for (size_t i = 0; i < n; i++) {
		rc = rank_tx_get(tx, RANK_ROLE, roles[i], &one, e);
		if (rc < 0)
			return -1;
		if (rc == 1 && (!any || one > *out))
			*out = one;
		any |= rc == 1;
	}
	if (!any)
		*out = 0;
	return 0;
}

int
rank_tx_of(struct kv_tx *tx, const char *owners, uint64_t user,
    const uint64_t *roles, size_t n, int *out, struct err *e)
{
	struct config_ranges r;
	bool owner = false;

	/* "" stands for every number there, and for nobody here. */
	if (owners[0] != '\0' && config_ranges_parse(&r, owners) == 0) {
		owner = config_ranges_have(&r, user);
		config_ranges_free(&r);
	}
	*out = RANK_HIGHEST;
	return owner ? 0 : rank_look_up(tx, user, roles, n, out, e);
}

int
rank_of(struct kv *kv, const char *owners, uint64_t user, const uint64_t *roles,
    size_t n, int *out, struct err *e)
{
	struct kv_tx *tx = kv_begin(kv, NULL, false, e);
	int rc;

	if (tx == NULL)
		return -1;
	rc = rank_tx_of(tx, owners, user, roles, n, out, e);
	kv_abort(tx);
	return rc;
}
