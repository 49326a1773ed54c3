/* SPDX-License-Identifier: MIT */
/*
 * Keys and values that outlive every process: the plugins' storage, timers and
 * ranks, in an LMDB environment of its own (state_dir/kv), so that a plugin
 * that fills its share never touches the sessions beside it.  The handler and
 * the CLI use it.  It knows nothing of quotas or of whose a key is.  A process
 * opens it once and never closes it, for the reasons store.h gives.
 */
#ifndef SHARED_STORE_KV_H
#define SHARED_STORE_KV_H

#include "shared/base/err.h"

#define KV_KEY_MAX 500 /* bytes; LMDB's own bound is 511 */

struct kv;
struct kv_tx;

/* create: makes what is missing; else EXIT_DOWN when there is none. */
struct kv *kv_open(const char *state_dir, bool create, struct err *);
void kv_close(struct kv *); /* NULL is fine */

/*
 * One transaction; within a writing one, one nested in it (parent), which can
 * fail alone.  NULL with err set, EXIT_TRY_LATER when another process is
 * writing for longer than dbenv_patience.  Each ends with one kv_commit or
 * kv_abort; a commit of the outermost is on disk when it returns.
 */
struct kv_tx *kv_begin(struct kv *, struct kv_tx *parent, bool write,
    struct err *);
int kv_commit(struct kv_tx *, struct err *);
void kv_abort(struct kv_tx *);

/* 1 with value borrowed until the next write, 0 none, -1. */
int kv_get(struct kv_tx *, const char *key, const void **value, size_t *len,
    struct err *);
int kv_put(struct kv_tx *, const char *key, const void *, size_t, struct err *);
/* 1 it was there, 0 it was not, -1. */
int kv_del(struct kv_tx *, const char *key, struct err *);
/*
 * Keys that begin with prefix (all with "") and, with after not NULL, sort behind it; in
 * byte order.  fn returns 0 to go on, and must not write.  0, or -1.
 */
typedef int kv_each_fn(const char *key, const void *value, size_t len,
    void *arg);
int kv_each(struct kv_tx *, const char *prefix, const char *after, kv_each_fn *,
    void *arg, struct err *);

#endif
