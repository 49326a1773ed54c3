/* SPDX-License-Identifier: MIT */
/*
 * Dead letters: events set aside because they ended a plugin more than once,
 * in LMDB, written by the handler, read and dropped by the CLI.  Bounded in
 * number and bytes: the oldest go, and are counted.  Each call is one
 * transaction of store.h; adding one waits for the disk, so it is for what
 * happens rarely.
 */
#ifndef SHARED_STORE_DEADLETTER_H
#define SHARED_STORE_DEADLETTER_H

#include "shared/store/store.h"

#define DEADLETTER_MAX 1000
#define DEADLETTER_BYTES_MAX ((uint64_t)64 << 20)
#define DEADLETTER_RAW_MAX ((uint64_t)16 << 20) /* a longer event is cut */

struct deadletter {
	uint64_t id;   /* ascending, never given twice */
	int64_t at_ms; /* wall clock */
	uint64_t seq, recv_ms;
	uint64_t session;  /* store_session_key */
	uint64_t raw_len;  /* bytes of the event */
	uint64_t raw_kept; /* bytes that follow; less when it was cut */
	uint32_t shard, strikes;
	uint32_t t_off, t_len; /* the event's name in its bytes */
	char plugin[64], event[64];
	char session_id[CONTRACT_SESSION_MAX];
	char why[256];	 /* what it did, one sentence's end */
	char words[256]; /* the plugin's last line on stderr; "" : none */
};

/* Sets id and raw_kept.  *gone is how many older ones made room. */
int deadletter_add(const struct store *, struct deadletter *, const void *raw,
    uint64_t *gone, struct err *);
/* 1 with the bytes in *raw (owner frees), 0 none, -1. */
int deadletter_get(const struct store *, uint64_t id, struct deadletter *,
    char **raw, struct err *);
/* Oldest first; raw is borrowed; fn returns 0 to go on and must not use the
 * store. */
int deadletter_each(const struct store *,
    int (*fn)(const struct deadletter *, const char *raw, void *), void *,
    struct err *);
/* How many there are, and how many of them nobody has looked at. */
struct deadletter_sum {
	uint64_t kept, unseen;
	struct deadletter newest; /* of those nobody has; id 0: there is none */
};
/* Reads no events: cheap. */
int deadletter_sum(const struct store *, struct deadletter_sum *, struct err *);
/* Somebody has looked at all up to id; alone: at this one of them. */
int deadletter_seen(const struct store *, uint64_t id, bool alone,
    struct err *);
/* 1 dropped, 0 there was none, -1. */
int deadletter_drop(const struct store *, uint64_t id, struct err *);
int deadletter_drop_all(const struct store *, uint64_t *dropped, struct err *);

#endif
