/* SPDX-License-Identifier: MIT */
/*
 * Clients' sessions in the fleet's store, and up to where each client has the
 * log: what a gate that was killed begins with.
 *
 * A session goes into it when it begins, and, a batch every few seconds, when
 * what is acknowledged has moved.  The cursor of its client goes along in the
 * same transaction and stays when the session ends: by it a bot that IDENTIFYs
 * afresh gets what it missed.
 *
 * Writes wait for the disk, and for other writers as store.h says.
 */
#ifndef HANDLER_GATE_SESSION_CLIENT_STORE_H
#define HANDLER_GATE_SESSION_CLIENT_STORE_H

#include "handler/gate/session/client_session.h"

#include "shared/store/store.h"

#define CLIENT_STORE_BATCH 64 /* sessions in one call */

/* 0, or -1 with err and nothing written. */
int client_store_save(const struct store *,
    const struct client_session *const *, size_t n, struct err *);
/* It ended; its client's cursor stays, and is of now when what it acknowledged
 * has moved since it was saved. */
int client_store_end(const struct store *, const struct client_session *,
    bool moved, struct err *);

/* Every session there is; fn returns 0 to go on and must not use the store.
 * *bad counts records that are none: they can be resumed no more. */
int client_store_each(const struct store *,
    int (*fn)(const struct client_session *, void *), void *, unsigned *bad,
    struct err *);

/*
 * Up to where a client has the log of this life: its last session of the same
 * shard and count, or, when there was none, the least of all its cursors, so
 * that a bot that comes back with another count misses nothing.  1 with
 * *position, 0 it is not known, -1.
 */
int client_store_cursor(const struct store *, const char *client,
    uint32_t shard, uint32_t shard_count, uint64_t life, uint64_t *position,
    struct err *);
/* Nothing of that client stays. */
int client_store_forget(const struct store *, const char *client, struct err *);

#endif
