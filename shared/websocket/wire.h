/* SPDX-License-Identifier: MIT */
/*
 * This room: the server's side of a websocket: bytes, the upgrade, frames,
 * compression.  It knows nothing of gateways and sessions.
 *
 * One accepted TCP connection, plain or TLS, non-blocking, with its own output
 * buffer: whatever is put there during a turn of the loop leaves in one write
 * (wire_flush_all).  Knows nothing of HTTP or websockets.  It has no bound of
 * its own: who puts looks at wire_backlog first.
 */
#ifndef SHARED_WEBSOCKET_WIRE_H
#define SHARED_WEBSOCKET_WIRE_H

#include "shared/base/buf.h"

#include <ev.h>
#include <openssl/ssl.h>

struct wire;

/* Bytes arrived; the callee may end the wire. */
typedef void wire_bytes_fn(struct wire *, const char *, size_t);
/* The peer is gone or the transport broke; the wire is ended already. */
typedef void wire_gone_fn(struct wire *, const char *why);
/* The output buffer has become empty. */
typedef void wire_drained_fn(struct wire *);

/* For who makes a line slow on purpose. */
struct wire_pace {
	void (*put)(struct wire *); /* more is in the backlog */
	/* Of the backlog what may leave now; for the rest wire_flush is called
	 * later. */
	size_t (*allow)(struct wire *);
	void (*end)(struct wire *);
};

struct wire {
	struct ev_loop *loop;
	int fd;	  /* -1: ended */
	SSL *ssl; /* NULL: plain */
	bool handshaking;
	bool corked; /* holds everything back until uncorked */
	bool shut;   /* FIN once everything is written */
	ev_io rd, wr;
	struct buf out;
	struct list dirty;  /* in the list of wires to flush */
	size_t retry;	    /* bytes of a TLS write to be tried again */
	uint64_t put, gone; /* bytes appended, written, so far */
	const struct wire_pace *pace; /* NULL: as fast as the peer reads */
	wire_bytes_fn *on_bytes;
	wire_gone_fn *on_gone;
	wire_drained_fn *on_drained; /* may be NULL */
};

/*
 * Takes fd over; tls may be NULL; pace and callbacks are set.  Reads from then
 * on.  0, or -1 with fd closed.
 */
int wire_open(struct wire *, struct ev_loop *, int fd, SSL_CTX *tls);
/* Appends to the output; dirty is flushed by wire_flush_all on that list. */
void wire_put(struct wire *, const void *, size_t, struct list *dirty);
size_t wire_backlog(const struct wire *);
/* The last n bytes of the backlog never leave. */
void wire_cut(struct wire *, size_t n);
/*
 * clock_boot_ms() at which the kernel had the newest bytes of the peer: what it
 * is judged by must not depend on how soon we came to read them.
 */
uint64_t wire_arrived_ms(const struct wire *);
/* The kernel has bytes of the peer that we have not read yet. */
bool wire_unread(const struct wire *);
void wire_flush(struct wire *);
void wire_flush_all(struct list *dirty);
/* Reads, or leaves it to the kernel to hold the peer up. */
void wire_read(struct wire *, bool);
/* Corked, the peer hears nothing: as over a line that is dead one way. */
void wire_cork(struct wire *, bool);
/* FIN after what is buffered; reading goes on. */
void wire_shut(struct wire *);
/* Ends it: reset sends RST instead of FIN.  Idempotent, no callback. */
void wire_end(struct wire *, bool reset);

#endif
