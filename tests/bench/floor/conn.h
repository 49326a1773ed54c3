/* SPDX-License-Identifier: MIT */
/*
 * What floor_server sends to a connection, and in which form: see there.  All
 * is encrypted at once, into memory, and leaves with conn_flush.  Whatever goes
 * wrong with it only sets dead; its owner frees it.
 */
#ifndef TESTS_BENCH_FLOOR_CONN_H
#define TESTS_BENCH_FLOOR_CONN_H

#include "shared/base/base.h"
#include "shared/base/buf.h"
#include "tests/bench/floor.h"

#include <openssl/ssl.h>
#include <zlib.h>
#include <zstd.h>

struct stream {
	const struct floor_head *head; /* NULL: not mapped yet */
	const uint64_t *offsets;
	const char *data;
};

struct group { /* readers of one token */
	char name[80];
	uint64_t sent, bytes, identifies, resumes, acks;
};

/* It outlives its connection. */
struct session {
	struct group *group;
	uint64_t next, until; /* events: the next one; to be sent by RESUME */
	unsigned shard, shards;
	uint64_t resumed_ns;
	struct conn *conn; /* NULL: none */
};

struct conn {
	int fd;
	SSL *ssl;
	BIO *out;
	size_t gone;   /* bytes of out that have left */
	struct buf in; /* as read */
	bool open, upgraded, ready, want, dead;
	enum floor_mode mode;
	struct session *session; /* NULL: none */
	uint64_t due_ns;	 /* it is sent something then */
	bool begun;		 /* the compressed stream has */
	bool lives;		 /* it has a compressor of its own, */
	bool fresh;		 /* which has said nothing yet */
	bool ready_made;	 /* the last event was compressed before */
	z_stream z;
	ZSTD_CStream *zstd;
};

extern const char *conn_prefix; /* of the streams' files */
extern int conn_epoll;

noreturn_fn void conn_die(const char *what);
/* Mapped when it is first asked for. */
const struct stream *conn_stream(enum floor_mode);

struct conn *conn_new(int fd, SSL_CTX *);
void conn_free(struct conn *, bool reset);
/* Told when the socket has room. */
void conn_watch(struct conn *, bool want);
/* Its stream goes on as blocks that are compressed for it alone. */
void conn_lives(struct conn *);
void conn_record(struct conn *, const void *, size_t);
/* A message that is none of the stream's. */
void conn_say(struct conn *, const char *, ...) printflike(2, 3);
/* The next event of its session. */
void conn_event(struct conn *);
/* Encrypted bytes that have not left; those and what the peer has not read. */
size_t conn_backlog(const struct conn *);
size_t conn_unread(const struct conn *);
/* Sends all, or once and at most so many bytes: true, nothing is left.  When
 * the socket is full it is watched. */
bool conn_flush(struct conn *, size_t most);

#endif
