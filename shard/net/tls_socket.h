/* SPDX-License-Identifier: MIT */
/*
 * A connected socket, with or without TLS.  A wake-up costs one recv() however
 * many TLS records came, and no second one to learn that there is nothing
 * more: OpenSSL's own buffer is large and reads ahead.  It is kept while there
 * is traffic and given back by tls_socket_trim.
 */
#ifndef SHARD_NET_TLS_SOCKET_H
#define SHARD_NET_TLS_SOCKET_H

#include "shared/net/tls.h"

#define TLS_SOCKET_BUFFER 32768u

struct tls_socket {
	int fd;
	SSL *ssl;	    /* NULL: plain */
	unsigned char *pre; /* given back by tls_socket_unread */
	size_t pre_off, pre_len;
	bool drained; /* the kernel has no more until it says so */
	bool empty;   /* the last read took all there was */
	bool over;    /* no read will bring any more, why says why */
	bool eof;
	bool want_write; /* the last call waits for room, not bytes */
	bool want_read;	 /* the last write waits for bytes, not room */
	char why[160];	 /* after -1 */
};

/* Takes the non-blocking fd over; owner frees with tls_socket_free. */
struct tls_socket *tls_socket_new(int fd);
/* Closes the fd too, unless it was set to -1. */
void tls_socket_free(struct tls_socket *);
/* Prepares TLS to host, a name or an address, verified as such: 0 or -1. */
int tls_socket_tls(struct tls_socket *, SSL_CTX *, const char *host);
/* 1 done, 0 not yet, -1 failed. */
int tls_socket_handshake(struct tls_socket *);
/* The loop says there may be bytes. */
static inline void
tls_socket_wake(struct tls_socket *w)
{
	w->drained = false;
}
/* Bytes, of as many TLS records as fit; 0 nothing now, -1 ended (why says
 * how).  After it, empty spares the question whether there is more. */
ssize_t tls_socket_read(struct tls_socket *, void *, size_t);
ssize_t tls_socket_write(struct tls_socket *, const void *, size_t);
/*
 * After a call that did less than it should: is it room in the socket that is
 * to be waited for (else bytes from the peer)?  writing: there is more to
 * write.
 */
bool tls_socket_needs_room(const struct tls_socket *, bool writing);
/* Nothing has come for a while: gives the buffers back until something does. */
void tls_socket_trim(struct tls_socket *);
/* These bytes are read again before any others; once. */
void tls_socket_unread(struct tls_socket *, const void *, size_t);

#endif
