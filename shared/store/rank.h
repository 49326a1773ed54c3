/* SPDX-License-Identifier: MIT */
/*
 * Access ranks, -1 to 999, of users and roles, in the storage of kv.h
 * ("rank/user/ID", "rank/role/ID").  Who has none has 0; -1 means: may
 * nothing.  The owners of the configuration have 999 whatever is stored.
 */
#ifndef SHARED_STORE_RANK_H
#define SHARED_STORE_RANK_H

#include "shared/store/kv.h"

#define RANK_LOWEST (-1)
#define RANK_HIGHEST 999

enum rank_kind { RANK_USER, RANK_ROLE, RANK_KINDS };
extern const char *const rank_kind_name[RANK_KINDS];

int rank_set(struct kv *, enum rank_kind, uint64_t id, int rank, struct err *);
/* 1 it had one, 0 it had none, -1. */
int rank_unset(struct kv *, enum rank_kind, uint64_t id, struct err *);
/* In the order of the keys' text; fn returns 0 to go on. */
typedef int rank_each_fn(enum rank_kind, uint64_t id, int rank, void *arg);
int rank_each(struct kv *, rank_each_fn *, void *arg, struct err *);

/*
 * A user's rank: 999 for the owners (config_ranges.h's text), else the user's
 * own, else the highest of the roles', else 0.  0, or -1.
 */
int rank_of(struct kv *, const char *owners, uint64_t user,
    const uint64_t *roles, size_t n, int *out, struct err *);

/* The same within a transaction of the caller's. */
int rank_tx_set(struct kv_tx *, enum rank_kind, uint64_t id, int rank,
    struct err *);
int rank_tx_unset(struct kv_tx *, enum rank_kind, uint64_t id, struct err *);
/* What is stored for it: 1, 0 nothing, -1. */
int rank_tx_get(struct kv_tx *, enum rank_kind, uint64_t id, int *out,
    struct err *);
int rank_tx_of(struct kv_tx *, const char *owners, uint64_t user,
    const uint64_t *roles, size_t n, int *out, struct err *);

#endif
