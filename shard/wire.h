/* SPDX-License-Identifier: MIT */
/*
 * A connected socket, with or without TLS.  Reads from the kernel go through
 * one buffer, so a wake-up costs one recv() however many TLS records came, and
 * no second one to learn that there is nothing more.
 */
#ifndef SHARD_WIRE_H
#define SHARD_WIRE_H

#include "shared/net/tls.h"

#define WIRE_BUFFER 32768u

struct wire {
	int fd;
	SSL *ssl;		/* NULL: plain */
	unsigned char *in;	/* WIRE_BUFFER bytes from the kernel */
	size_t in_off, in_len;
	unsigned char *pre;	/* given back by wire_unread */
	size_t pre_off, pre_len;
	bool drained;		/* the kernel has no more until it says so */
	bool eof;
	bool want_write;	/* the last call waits for room, not bytes */
	bool want_read;		/* the last write waits for bytes, not room */
	char why[160];		/* after -1 */
};

/* Takes the non-blocking fd over; owner frees with wire_free. */
struct wire *wire_new(int fd);
/* Closes the fd too, unless it was set to -1. */
void wire_free(struct wire *);
/* Prepares TLS to host, a name or an address, verified as such: 0 or -1. */
int wire_tls(struct wire *, SSL_CTX *, const char *host);
/* 1 done, 0 not yet, -1 failed. */
int wire_handshake(struct wire *);
/* The loop says there may be bytes. */
static inline void
wire_wake(struct wire *w)
{
	w->drained = false;
}
/* Bytes, 0 nothing now, -1 ended (why says how). */
ssize_t wire_read(struct wire *, void *, size_t);
ssize_t wire_write(struct wire *, const void *, size_t);
/*
 * After a call that did less than it should: is it room in the socket that is
 * to be waited for (else bytes from the peer)?  writing: there is more to write.
 */
bool wire_needs_room(const struct wire *, bool writing);
/* These bytes are read again before any others; once. */
void wire_unread(struct wire *, const void *, size_t);

#endif
